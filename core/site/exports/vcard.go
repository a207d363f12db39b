package exports

import (
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/folded"
)

// VCards writes organisations one after another.
func (w Writer) VCards(entries []*entry.Entry) ([]byte, error) {
	var b strings.Builder
	for _, e := range entries {
		writeCard(&b, w.Base, e)
	}
	return []byte(b.String()), nil
}

// VCard writes one organisation.
func (w Writer) VCard(e *entry.Entry) ([]byte, error) { return w.VCards([]*entry.Entry{e}) }

// writeCard writes an organisation as a vCard 4.0 (RFC 6350).
func writeCard(b *strings.Builder, base string, e *entry.Entry) {
	line := func(name, value string) {
		if value != "" {
			folded.Line(b, name+":"+value)
		}
	}
	name := e.Text("name")
	line("BEGIN", "VCARD")
	line("VERSION", "4.0")
	line("KIND", "org")
	line("UID", "urn:ulid:"+string(e.ID))
	line("FN", folded.Escape(name))
	line("ORG", folded.Escape(name))
	if ar := e.Text("name_ar"); ar != "" {
		line("FN;LANGUAGE=ar", folded.Escape(ar))
	}
	line("NICKNAME", folded.Escape(e.Text("short_name")))
	line("NOTE;LANGUAGE="+e.Locale, folded.Escape(e.Summary()))
	line("EMAIL", folded.Escape(e.Text("public_email")+e.Text("email")))
	if phones := e.Field("phones"); phones != nil {
		for _, p := range phones.Items {
			if n, ok := p.Raw("number").(string); ok {
				line("TEL;VALUE=uri", "tel:"+n)
			}
		}
	}
	if site, ok := e.Raw("website").(string); ok {
		line("URL", site)
	}
	if region := entry.Titles(e.Links("wilaya")); region+e.Text("commune") != "" {
		line("ADR", ";;;"+folded.Escape(e.Text("commune"))+";"+folded.Escape(region)+";;")
	}
	if place := entry.Place(e.Raw("location")); place != nil {
		line("GEO", "geo:"+coordinate(place.Lat)+","+coordinate(place.Lon))
	}
	for _, l := range e.Languages() {
		line("LANG", l)
	}
	line("CATEGORIES", folded.List(e.LinkTitles("themes")))
	line("SOURCE", base+e.URL+".vcf")
	line("REV", entry.Stamp(e.Published, "20060102T150405Z"))
	line("END", "VCARD")
}

func coordinate(deg float64) string { return strconv.FormatFloat(deg, 'f', -1, 64) }
