// Package question is what a visitor searches for, as the address of the search
// says it: words, what is chosen of the facets, the order.
package question

import (
	"net/url"
	"slices"

	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/shelf"
)

// MaxTyped bounds what is searched for, in bytes.
const MaxTyped = 300

// Question is a search as the address has it.
type Question struct {
	Text   string
	chosen map[string]string // facet of the address to value
	Sort   string
	Exact  bool
}

// facets gives the facets of the search: the name in the address, and
// that of the engine.
var facets = [][2]string{{"type", query.FacetCollection}, {"theme", "themes"}, {"wilaya", "wilaya"},
	{"public", "target_groups"}, {"annee", "published_on"}, {"langue", query.FacetLocale}}

// Sorts are the orders that are offered besides relevance.
var Sorts = []string{"-date", "title"}

// Parameters are those that an address of the search may have.
func Parameters() []string {
	known := []string{shelf.ParamQuery, shelf.ParamPage, "tri", "exact"}
	for _, f := range facets {
		known = append(known, f[0])
	}
	return known
}

// Parse reads what the address says.
func Parse(q url.Values) Question {
	a := Question{Text: entry.Cut(q.Get(shelf.ParamQuery), MaxTyped), chosen: map[string]string{}, Exact: q.Get("exact") != ""}
	if slices.Contains(Sorts, q.Get("tri")) {
		a.Sort = q.Get("tri")
	}
	for _, f := range facets {
		if value := q.Get(f[0]); value != "" {
			a.chosen[f[0]] = entry.Cut(value, 200)
		}
	}
	return a
}

// Empty says that nothing is asked.
func (a Question) Empty() bool { return a.Text == "" && len(a.chosen) == 0 }

// Facets are those that the engine is asked to count, Filter what the chosen
// ones say; names are the words of addresses. nil: nothing is chosen.
func (a Question) Facets() []string {
	var out []string
	for _, f := range facets {
		out = append(out, f[1])
	}
	return out
}

func (a Question) Filter(names *shelf.Shelf) any {
	filter := map[string]any{}
	for _, f := range facets {
		if value := a.chosen[f[0]]; value != "" {
			filter[f[1]] = map[string]any{"_eq": names.ID(value)}
		}
	}
	if len(filter) == 0 {
		return nil
	}
	return filter
}

// Address is the address of the search with one thing changed; value ""
// leaves it out.
func (a Question) Address(list, name, value string) string {
	q := url.Values{}
	set := func(key, text string) {
		if text != "" && key != name {
			q.Set(key, text)
		}
	}
	set(shelf.ParamQuery, a.Text)
	set("tri", a.Sort)
	if a.Exact {
		set("exact", "1")
	}
	for key, text := range a.chosen {
		set(key, text)
	}
	if value != "" {
		q.Set(name, value)
	}
	if len(q) == 0 {
		return list
	}
	return list + "?" + q.Encode()
}

// Choices makes links of the counts.
func (a Question) Choices(r *reader.Reader, counts []query.FacetCounts, names *shelf.Shelf, list string) []page.Facet {
	var out []page.Facet
	for _, c := range counts {
		name := c.Name
		for _, f := range facets {
			if f[1] == c.Name {
				name = f[0]
			}
		}
		facet := page.Facet{Name: name, Label: c.Label}
		if c.Name == query.FacetCollection || c.Name == query.FacetLocale {
			facet.Label = r.T("site.search.facet." + name)
		}
		for _, value := range c.Values {
			word := names.Word(value.Value)
			choice := page.Choice{Key: word, Label: value.Label, N: value.Entries, Chosen: a.chosen[name] == word, URL: a.Address(list, name, word)}
			if c.Name == query.FacetLocale {
				choice.Label = r.Texts.Text(value.Value, "site.language", nil)
			}
			if choice.Label == "" {
				choice.Label = value.Value
			}
			if choice.Chosen {
				facet.Chosen, facet.Remove = choice.Label, a.Address(list, name, "")
			}
			facet.Choices = append(facet.Choices, choice)
		}
		if key := a.chosen[name]; key != "" && facet.Chosen == "" {
			facet.Chosen, facet.Remove = key, a.Address(list, name, "")
		}
		if len(facet.Choices) > 1 || facet.Chosen != "" {
			out = append(out, facet)
		}
	}
	return out
}
