package exports

import (
	"time"

	"github.com/recueil-cms/recueil/core/site/entry"
)

// Subject is an entry of which something is said in the words of schema.org.
type Subject struct {
	Entry *entry.Entry
	// URL is its address, Base what addresses of the site begin with.
	URL, Base, Description string
	// Publisher is the name of the site.
	Publisher string
}

// JSONLD writes what an entry is in the words of schema.org.
func (w Writer) JSONLD(e *entry.Entry) ([]byte, error) {
	about, err := w.About(e)
	if err != nil {
		return nil, err
	}
	about["@context"] = "https://schema.org"
	return []byte(entry.JSON(about)), nil
}

// Thing begins a thing of schema.org, without members that are empty.
func Thing(kind string, pairs ...any) map[string]any {
	out := map[string]any{"@type": kind}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case nil:
			continue
		case string:
			if v == "" {
				continue
			}
		case []string:
			if len(v) == 0 {
				continue
			}
		case []map[string]any:
			if len(v) == 0 {
				continue
			}
		case map[string]any:
			if v == nil {
				continue
			}
		}
		out[name] = pairs[i+1]
	}
	return out
}

// About says what an entry is in the words of schema.org.
func About(s Subject) map[string]any {
	e := s.Entry
	published := entry.Stamp(e.Published, time.RFC3339)
	common := []any{"@id", s.URL, "url", s.URL, "inLanguage", e.Locale, "description", s.Description}
	switch e.Kind() {
	case "associations", "authorities":
		return organisation(s, common)
	case "studies":
		year, _ := e.Raw("published_on").(string)
		return Thing("ScholarlyArticle", append(common, "headline", e.Title, "datePublished", year, "author", authors(e),
			"publisher", named("Organization", e.Text("publisher")), "isbn", e.Text("isbn"), "sameAs", e.DOI(),
			"keywords", e.LinkTitles("themes"))...)
	case "news":
		return Thing("NewsArticle", append(common, "headline", e.Title, "datePublished", published,
			"publisher", named("Organization", s.Publisher))...)
	case "experiences":
		return Thing("Article", append(common, "headline", e.Title, "datePublished", published, "keywords", e.LinkTitles("themes"))...)
	case "people":
		return Thing("Person", append(common, "name", e.Title, "jobTitle", e.Text("role"))...)
	case "terms":
		return Thing("DefinedTerm", append(common, "name", e.Title)...)
	case "territories":
		return Thing("AdministrativeArea", append(common, "name", e.Title)...)
	}
	return Thing("CreativeWork", append(common, "name", e.Title)...)
}

func organisation(s Subject, common []any) map[string]any {
	e := s.Entry
	kind := "GovernmentOrganization"
	if e.Kind() == "associations" {
		kind = "NGO"
	}
	founded, _ := e.Raw("founded_on").(string)
	site, _ := e.Raw("website").(string)
	var areas []map[string]any
	for _, l := range append(e.Links("areas_of_action"), e.Links("territories")...) {
		areas = append(areas, Thing("AdministrativeArea", "name", l.Title))
	}
	var member []map[string]any
	for _, l := range e.Links("networks") {
		member = append(member, Thing("Organization", "name", l.Title, "url", s.Base+l.URL))
	}
	return Thing(kind, append(common, "name", e.Text("name"), "alternateName", e.Text("short_name"), "foundingDate", founded,
		"email", e.Text("public_email")+e.Text("email"), "sameAs", site, "areaServed", areas, "memberOf", member,
		"address", address(e), "knowsLanguage", e.Languages())...)
}

func address(e *entry.Entry) map[string]any {
	region := ""
	if l := e.Links("wilaya"); len(l) > 0 {
		region = l[0].Title
	}
	if e.Text("commune")+region == "" {
		return nil
	}
	return Thing("PostalAddress", "addressLocality", e.Text("commune"), "addressRegion", region)
}

func named(kind, name string) map[string]any {
	if name == "" {
		return nil
	}
	return Thing(kind, "name", name)
}

func authors(e *entry.Entry) []map[string]any {
	var out []map[string]any
	if f := e.Field("authors"); f != nil {
		for _, a := range f.Items {
			out = append(out, Thing("Person", "name", a.Text("author"), "affiliation", named("Organization", a.Text("affiliation"))))
		}
	}
	return out
}
