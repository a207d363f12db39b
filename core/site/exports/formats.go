package exports

import (
	"slices"

	"github.com/recueil-cms/recueil/core/cite"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
)

// Writer writes entries in the forms that other programs read.
type Writer struct {
	// Base begins all addresses.
	Base string
	// Columns names the fields that a table has of a collection, with commas
	// between them.
	Columns func(*schema.Collection) string
	// About says what an entry is in the words of schema.org.
	About func(*entry.Entry) (map[string]any, error)
}

// Format is a form in which a list or an entry can be had besides its page.
type Format struct {
	Ext, MediaType string
	// Name is how it is called where it is offered.
	Name string
	// of says for which collections there is one; empty: for all.
	of []string
	// List and Entry write it; nil where there is none. Entry gives nil for an
	// entry that it has nothing to say of.
	List  func(Writer, []*entry.Entry) ([]byte, error)
	Entry func(Writer, *entry.Entry) ([]byte, error)
}

// directoryOnly are the collections of organisations.
var directoryOnly = []string{"associations", "authorities"}

// Formats are all of them, in the order in which they are offered.
func Formats() []Format {
	out := []Format{
		{Ext: "csv", Name: "CSV", MediaType: "text/csv; charset=utf-8", List: Writer.CSV},
		{Ext: "geojson", Name: "GeoJSON", MediaType: "application/geo+json", of: []string{"associations"}, List: Writer.GeoJSON, Entry: Writer.Feature},
		{Ext: "vcf", Name: "vCard", MediaType: "text/vcard; charset=utf-8", of: directoryOnly, List: Writer.VCards, Entry: Writer.VCard},
		{Ext: "hsds.json", Name: "HSDS", MediaType: "application/json", of: directoryOnly, List: Writer.HSDSList, Entry: Writer.HSDS},
		{Ext: "jsonld", Name: "JSON-LD", MediaType: "application/ld+json", Entry: Writer.JSONLD},
	}
	return append(out, references()...)
}

// Fits reports whether a collection has this form.
func (f Format) Fits(col *schema.Collection) bool {
	if len(f.of) == 0 {
		return true
	}
	return slices.Contains(f.of, col.Name)
}

// references are the forms of studies that software of references reads, as
// core/cite writes them.
func references() []Format {
	names := map[string]string{"bib": "BibTeX", "ris": "RIS", "csl.json": "CSL-JSON"}
	var out []Format
	for _, f := range cite.Formats {
		ext := f.Extension
		if ext == "json" { // which would say too little
			ext = f.Name + ".json"
		}
		out = append(out, Format{Ext: ext, Name: names[ext], MediaType: f.MediaType, of: []string{"studies"},
			List: func(w Writer, entries []*entry.Entry) ([]byte, error) {
				works := make([]cite.Work, len(entries))
				for i, e := range entries {
					works[i] = w.Work(e)
				}
				return f.Write(works...)
			},
			Entry: func(w Writer, e *entry.Entry) ([]byte, error) { return f.Write(w.Work(e)) }})
	}
	return out
}

// Work is a study as it is cited.
func (w Writer) Work(e *entry.Entry) cite.Work {
	work := cite.Of(string(e.ID), e.Locale, e.Raw)
	work.URL = w.Base + e.URL
	return work
}
