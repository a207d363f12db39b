package shelf

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/site/chart"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
)

// Selection is what a visitor narrows a list by.
type Selection struct {
	words []string
	// Query is what was typed.
	Query  string
	chosen map[string]string // facet to key
	near   string            // key of a place
	radius int               // kilometres
	centre *chart.Place
}

// radii are the distances that are offered, in kilometres.
var radii = []int{25, 50, 100, 200}

// names of parameters of lists besides the facets.
const (
	ParamPage, ParamQuery, ParamNear, ParamRadius = "page", "q", "autour", "rayon"
)

// Select reads what the address says. What it does not know is nothing.
func (s *Shelf) Select(q url.Values) *Selection {
	sel := &Selection{Query: entry.Cut(q.Get(ParamQuery), 200), chosen: map[string]string{}}
	sel.words = strings.Fields(entry.Fold(sel.Query))
	for _, f := range s.facets {
		if key := q.Get(f.name); key != "" {
			sel.chosen[f.name] = entry.Cut(key, 200)
		}
	}
	if near := q.Get(ParamNear); near != "" {
		for _, t := range s.names {
			if t.key == near && t.place != nil {
				sel.near, sel.centre, sel.radius = near, t.place, radii[1]
			}
		}
		if n, err := strconv.Atoi(q.Get(ParamRadius)); err == nil && slices.Contains(radii, n) {
			sel.radius = n
		}
	}
	return sel
}

// Any says that there is anything to narrow by.
func (sel *Selection) Any() bool {
	return len(sel.words) > 0 || len(sel.chosen) > 0 || sel.centre != nil
}

// Address is the address of the list with one facet changed: key "" leaves it
// out.
func (sel *Selection) Address(list, facet, key string) string {
	q := url.Values{}
	if sel.Query != "" && facet != ParamQuery {
		q.Set(ParamQuery, sel.Query)
	}
	for name, k := range sel.chosen {
		if name != facet {
			q.Set(name, k)
		}
	}
	if sel.centre != nil && facet != ParamNear {
		q.Set(ParamNear, sel.near)
		q.Set(ParamRadius, strconv.Itoa(sel.radius))
	}
	if key != "" {
		q.Set(facet, key)
	}
	if len(q) == 0 {
		return list
	}
	return list + "?" + q.Encode()
}

// takes reports whether an entry is in the selection, all facets but one
// considered.
func (sel *Selection) takes(item *Item, but string) bool {
	for name, key := range sel.chosen {
		if name != but && !slices.Contains(item.keys[name], key) {
			return false
		}
	}
	for _, w := range sel.words {
		if !strings.Contains(item.words, w) {
			return false
		}
	}
	if sel.centre != nil {
		return item.place != nil && chart.Distance(*sel.centre, *item.place) <= float64(sel.radius)
	}
	return true
}

// Of gives the entries of the selection, the nearest first when it has a
// centre.
func (sel *Selection) Of(s *Shelf) []*Item {
	var out []*Item
	for _, item := range s.Items {
		if sel.takes(item, "") {
			out = append(out, item)
		}
	}
	if sel.centre != nil {
		slices.SortStableFunc(out, func(a, b *Item) int {
			return cmp.Compare(chart.Distance(*sel.centre, *a.place), chart.Distance(*sel.centre, *b.place))
		})
	}
	return out
}

// Narrow makes the facets of a list with their counts: how many entries each
// choice would leave.
func (s *Shelf) Narrow(sel *Selection, list string, l content.Locale) []page.Facet {
	titles := map[string]string{}
	for _, t := range s.names {
		titles[t.key] = t.title
	}
	var out []page.Facet
	for _, f := range s.facets {
		facet := page.Facet{Name: f.name, Label: f.label}
		counts := map[string]int{}
		for _, item := range s.Items {
			if sel.takes(item, f.name) {
				for _, k := range item.keys[f.name] {
					counts[k]++
				}
			}
		}
		for key, n := range counts {
			c := page.Choice{Key: key, N: n, URL: sel.Address(list, f.name, key), Chosen: sel.chosen[f.name] == key}
			if c.Label = entry.OptionLabel(f.field, key, l); c.Label == key && titles[key] != "" {
				c.Label = titles[key]
			}
			facet.Choices = append(facet.Choices, c)
		}
		if key := sel.chosen[f.name]; key != "" {
			facet.Chosen, facet.Remove = key, sel.Address(list, f.name, "")
			for _, c := range facet.Choices {
				if c.Key == key {
					facet.Chosen = c.Label
				}
			}
		}
		slices.SortFunc(facet.Choices, func(a, b page.Choice) int {
			return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(entry.Fold(a.Label), entry.Fold(b.Label)))
		})
		if len(facet.Choices) > 1 || facet.Chosen != "" {
			out = append(out, facet)
		}
	}
	return out
}

// Areas draws the places of a facet as a map, or gives nil when it has none.
func (s *Shelf) Areas(facet *page.Facet) []page.Area {
	byKey := map[string]page.Choice{}
	most := 1
	for _, c := range facet.Choices {
		byKey[c.Key] = c
		most = max(most, c.N)
	}
	var keys []string
	places := map[string]chart.Place{}
	for _, t := range s.names {
		if t.place != nil && len(t.key) == 2 { // the code of a wilaya
			places[t.key] = *t.place
			keys = append(keys, t.key)
		}
	}
	slices.Sort(keys)
	list := make([]chart.Place, len(keys))
	for i, k := range keys {
		list[i] = places[k]
	}
	var out []page.Area
	for i, path := range chart.Areas(list) {
		c := byKey[keys[i]]
		out = append(out, page.Area{Choice: c, Path: path, Level: (4*c.N + most - 1) / most})
	}
	slices.SortFunc(out, func(a, b page.Area) int { return cmp.Compare(entry.Fold(a.Label), entry.Fold(b.Label)) })
	return out
}

// Parameters are those that an address of the list may have.
func (s *Shelf) Parameters() []string {
	known := []string{ParamPage, ParamQuery, ParamNear, ParamRadius}
	for _, f := range s.facets {
		known = append(known, f.name)
	}
	return known
}

// Place puts onto a list what of a selection is no facet: the places around
// which one can search, and how to take back what holds.
func (s *Shelf) Place(l *page.List, sel *Selection, list string) {
	if sel.Query != "" {
		l.QueryRemove = sel.Address(list, ParamQuery, "")
	}
	for name, key := range sel.chosen {
		l.Kept = append(l.Kept, page.Choice{Label: name, Key: key})
	}
	slices.SortFunc(l.Kept, func(a, b page.Choice) int { return strings.Compare(a.Label, b.Label) })
	if !slices.ContainsFunc(s.Items, func(i *Item) bool { return i.place != nil }) {
		return
	}
	for _, t := range s.names {
		if t.place != nil && t.title != "" {
			l.Places = append(l.Places, page.Choice{Key: t.key, Label: t.title, Chosen: sel.near == t.key})
		}
	}
	slices.SortFunc(l.Places, func(a, b page.Choice) int { return strings.Compare(entry.Fold(a.Label), entry.Fold(b.Label)) })
	for _, r := range radii {
		l.Radii = append(l.Radii, page.Choice{Key: strconv.Itoa(r), N: r, Chosen: sel.radius == r})
	}
	if sel.centre != nil {
		l.NearRemove = sel.Address(list, ParamNear, "")
	}
}
