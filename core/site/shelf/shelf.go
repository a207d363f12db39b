// Package shelf holds a whole collection as its list needs it, for filters with
// counts, the map and the search around a place, and narrows it.
package shelf

import (
	"net/url"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/chart"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// Shelf is a whole collection as its list needs it: for filters with counts,
// the map and the files. It is as one reader sees it; that of visitors is kept
// until something that it was made from changes.
type Shelf struct {
	Items  []*Item
	facets []facetOf
	names  map[content.EntryID]*target
	// Basis is what it was made from.
	Basis query.Basis
}

// Item is one entry with what it is filed under.
type Item struct {
	*entry.Entry
	keys  map[string][]string // by facet
	words string              // folded, for the search in the list
	place *chart.Place
}

// target is an entry that others are filed under.
type target struct {
	key, title string
	place      *chart.Place
}

// facetOf is a field by which a list can be narrowed.
type facetOf struct {
	name, label string
	field       *schema.Field
	inside      string // of a group: the field in it
}

// maxShelf bounds the entries of a list that can be filtered; a longer one is
// only paged through, and searched.
const maxShelf = 5000

// Fill reads a collection; nil: it is too long.
func Fill(r *reader.Reader, col *schema.Collection) (*Shelf, error) {
	s := &Shelf{names: map[content.EntryID]*target{}}
	fields := Fields(col)
	for page, after := 0, ""; ; page++ {
		p := query.Params{Fields: fields, Page: query.Page{Size: query.MaxPage, After: after}}
		if page == 0 {
			p.Count = query.CountExact
		}
		found, err := r.Find(col.Name, p)
		if err != nil {
			return nil, err
		}
		if page == 0 && found.Total != nil && *found.Total > maxShelf {
			return nil, nil
		}
		for _, it := range found.Items {
			if e := r.Shown(it); e.Withdrawn() == nil {
				s.Items = append(s.Items, &Item{Entry: e})
			}
		}
		if after = found.Next; after == "" || len(s.Items) > maxShelf {
			break
		}
	}
	s.facets = facets(r, col)
	if err := nameTargets(r, s); err != nil {
		return nil, err
	}
	for _, item := range s.Items {
		file(s, item)
	}
	return s, nil
}

// filed are fields that files have and lists do not show.
var filed = []string{"networks", "legal", "name_en", "founded_on", "public_email", "contact_form", "email", "website", "phones", "services", "last_confirmed_on",
	"subtitle", "publisher", "series", "isbn", "doi", "page_count", "published_on"}

// Fields are those of a list and of its files.
func Fields(col *schema.Collection) string {
	names := strings.Split(reader.ListFields(col), ",")
	for i := range col.Fields {
		f := &col.Fields[i]
		if (slices.Contains(filed, f.Name) || f.Kind == "geopoint") && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ",")
}

// first are the facets that visitors ask for most; the others follow in the
// order of the collection.
var first = []string{"themes", "wilaya", "territories", "target_groups", "kind", "fund", "state", "skills_offered", "needs"}

// facets lists the fields by which a list can be narrowed.
func facets(r *reader.Reader, col *schema.Collection) []facetOf {
	var out []facetOf
	for i := range col.Fields {
		f := &col.Fields[i]
		switch {
		case f.Facet && f.Kind != "text" && f.Kind != "boolean" && f.Name != "areas_of_action", f.Name == "networks":
			out = append(out, facetOf{name: f.Name, label: entry.Label(f.Label, r.Locale, f.Name), field: f})
		case f.Name == "legal" && f.Kind == "group":
			out = append(out, scale(r, f)...)
		}
	}
	rank := func(f facetOf) int {
		if i := slices.Index(first, f.name); i >= 0 {
			return i
		}
		return len(first)
	}
	slices.SortStableFunc(out, func(a, b facetOf) int { return rank(a) - rank(b) })
	return out
}

// scale is the facet inside the legal facts of an association.
func scale(r *reader.Reader, group *schema.Field) []facetOf {
	nester, ok := r.Kinds[group.Kind].(schema.Nester)
	if !ok {
		return nil
	}
	for _, inner := range nester.Nested(*group)[""] {
		if inner.Name == "scale" && inner.Kind == "select" {
			return []facetOf{{name: "scale", label: entry.Label(inner.Label, r.Locale, inner.Name), field: &inner, inside: group.Name}}
		}
	}
	return nil
}

// nameTargets gives the entries that the shelf is filed under names for
// addresses: the last part of their own address in the site's main language,
// so that a filter is the same in all languages.
func nameTargets(r *reader.Reader, s *Shelf) error {
	main := r.In(r.Locales[0])
	seen := map[content.CollectionID]bool{}
	for _, f := range s.facets {
		relation, ok := r.Kinds.Relation(*f.field)
		if !ok {
			continue
		}
		for _, id := range relation.To {
			col := r.Named(string(id))
			if col == nil || seen[id] {
				continue
			}
			seen[id] = true
			if err := nameFrom(main, s, col); err != nil {
				return err
			}
		}
	}
	return nil
}

func nameFrom(r *reader.Reader, s *Shelf, col *schema.Collection) error {
	fields := []string{schema.SysLocale}
	for _, name := range []string{"code", "location"} {
		if col.FieldNamed(name) != nil {
			fields = append(fields, name)
		}
	}
	for after := ""; ; {
		found, err := r.Find(col.Name, query.Params{Fields: strings.Join(fields, ","), Sort: schema.SysID,
			Page: query.Page{Size: query.MaxPage, After: after}})
		if err != nil {
			return reader.IgnoreMissing(err)
		}
		for _, it := range found.Items {
			key := it.URL[strings.LastIndexByte(it.URL, '/')+1:]
			if code, _ := it.Value("code").(string); code != "" {
				key = code
			}
			s.names[it.ID] = &target{key: decoded(key), place: entry.Place(it.Value("location"))}
		}
		if after = found.Next; after == "" || len(s.names) > maxShelf {
			return nil
		}
	}
}

// file notes what an entry is filed under.
func file(s *Shelf, item *Item) {
	item.keys = map[string][]string{}
	for _, f := range s.facets {
		item.keys[f.name] = keysOf(s, item, f)
	}
	item.place = entry.Place(item.Raw("location"))
	text := []string{item.Title}
	for _, name := range append([]string{"name", "short_name", "name_ar", "name_en", "commune"}, entry.Summaries...) {
		text = append(text, item.Text(name))
	}
	item.words = entry.Fold(strings.Join(text, " "))
}

func keysOf(s *Shelf, item *Item, f facetOf) []string {
	value := item.Field(f.name)
	if f.inside != "" {
		value = nil
		if group := item.Field(f.inside); group != nil && len(group.Items) > 0 {
			value = group.Items[0].Field(f.name)
		}
	}
	if value == nil {
		return nil
	}
	var out []string
	for _, l := range value.Links {
		if t := s.names[l.ID]; t != nil {
			t.title = l.Title
			out = append(out, t.key)
		}
	}
	switch raw := value.Raw.(type) {
	case string:
		if f.field.Kind == "date" {
			raw = raw[:min(4, len(raw))]
		}
		out = append(out, raw)
	case []any:
		for _, one := range raw {
			if text, ok := one.(string); ok {
				out = append(out, text)
			}
		}
	}
	return out
}

func decoded(key string) string {
	if plain, err := url.PathUnescape(key); err == nil {
		return plain
	}
	return key
}

// ID gives the entry of a word of an address, or the word.
func (s *Shelf) ID(word string) string {
	if s != nil {
		for id, t := range s.names {
			if t.key == word {
				return string(id)
			}
		}
	}
	return word
}

// Word is the other way round.
func (s *Shelf) Word(id string) string {
	if s != nil {
		if t := s.names[content.EntryID(id)]; t != nil {
			return t.key
		}
	}
	return id
}
