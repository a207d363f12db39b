package site

import (
	"strings"

	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/oai"
)

// oai answers a harvester.
func (v *visit) oai() error {
	v.Locale = v.Locales[0]
	if err := v.enter(); err != nil {
		return err
	}
	v.Volatile = true // each answer says when it was given
	repository := oai.Repository{Reader: v.Reader, Name: v.frame.Name, Email: v.frame.Email, URL: v.Base() + "/oai"}
	body, err := repository.Answer(string(v.Context().URI().QueryString()))
	if err != nil {
		return err
	}
	return v.body("text/xml; charset=utf-8", body)
}

// signpost says in the headers of an entry's page where its parts are, for
// programs that do not read pages (FAIR Signposting).
func (v *visit) signpost(e *entry.Entry) string {
	base := v.Base()
	link := func(to, rel, kind string) string {
		out := "<" + to + `>; rel="` + rel + `"`
		if kind != "" {
			out += `; type="` + kind + `"`
		}
		return out
	}
	cite := base + "/" + e.Locale + strings.TrimPrefix(e.URL, "/"+string(v.Locale))
	if doi := e.DOI(); doi != "" {
		cite = doi
	}
	parts := []string{link(cite, "cite-as", ""), link("https://schema.org/ScholarlyArticle", "type", ""), link("https://schema.org/AboutPage", "type", "")}
	for _, f := range v.entryFormats(e) {
		parts = append(parts, link(base+f.URL, "describedby", f.Type))
	}
	if f := e.Field("document"); f != nil && !e.Embargoed(v.Now()) {
		for _, file := range f.Files {
			parts = append(parts, link(base+file.URL, "item", file.MediaType))
		}
	}
	if licence := licences[e.Code("rights")]; licence != "" {
		parts = append(parts, link(licence, "license", ""))
	}
	return strings.Join(parts, ", ")
}

// licences are the addresses of the rights that studies may have.
var licences = map[string]string{
	"lo-2.0": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/", "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
	"cc-by-sa-4.0": "https://creativecommons.org/licenses/by-sa/4.0/", "cc-by-nc-4.0": "https://creativecommons.org/licenses/by-nc/4.0/",
	"cc-by-nc-nd-4.0": "https://creativecommons.org/licenses/by-nc-nd/4.0/", "public-domain": "https://creativecommons.org/publicdomain/mark/1.0/",
}
