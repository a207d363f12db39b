package query

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage/view"
)

// hits reads what was found from the view, which is never behind the index,
// with the caller's rights.
func (f *finder) hits(found []search.Hit) ([]SearchHit, error) {
	type group struct {
		col    content.CollectionID
		locale content.Locale
	}
	byGroup := map[group][]content.EntryID{}
	for _, h := range found {
		if content.IsSearchDocument(h.Entry) {
			continue
		}
		k := group{h.Collection, h.Locale}
		byGroup[k] = append(byGroup[k], h.Entry)
	}
	items := map[content.EntryID]*Item{}
	for k, ids := range byGroup {
		if err := f.items(k.col, k.locale, ids, items); err != nil {
			return nil, err
		}
	}
	var out []SearchHit
	for i := range found {
		h := &found[i]
		if content.IsSearchDocument(h.Entry) {
			hit, err := f.page(h)
			if err != nil {
				return nil, err
			}
			if hit != nil {
				out = append(out, *hit)
			}
			continue
		}
		it := items[h.Entry]
		if it == nil {
			continue
		}
		hit := SearchHit{Item: it, Snippet: h.Snippet, Pinned: h.Pinned, Distance: h.Distance}
		if hit.Title, hit.URL = f.shownAs(it); hit.Title != "" {
			hit.TitleHTML = h.TitleHTML
		}
		for _, p := range h.Pages {
			a, err := f.asset(p.File)
			if err != nil {
				return nil, err
			}
			if a != nil && (a.Text == nil || !a.Text.Paged) {
				p.Number = 0 // parts of our own
			}
			if a != nil {
				hit.Pages = append(hit.Pages, PageHit{a, p.Number, p.Snippet})
			}
		}
		out = append(out, hit)
	}
	return out, nil
}

// page is what was found of a plugin's page, unless it is gone, the plugin does
// not run, or the caller may not read what it goes by any more.
func (f *finder) page(h *search.Hit) (*SearchHit, error) {
	f.depend(Dependency{Noun: content.NounPlugin})
	var d content.SearchDocument
	var p content.Plugin
	if ok, err := f.noun(content.NounSearchDocument, string(h.Entry), f.tx.Noun, &d); !ok {
		return nil, err
	}
	if ok, err := f.noun(content.NounPlugin, d.Plugin, f.tx.NounByLookup, &p); !ok || !p.Enabled || p.Current == nil {
		return nil, err
	}
	col := f.tx.Collection(string(d.Collection))
	if col == nil || d.Collection != h.Collection {
		return nil, nil
	}
	b, field := f.boundsOf(col, f.live, false), col.Field(d.Field)
	text, ok := d.Texts[h.Locale]
	if b.err != nil || field == nil || !b.visible().Fields.Has(field) || !ok {
		return nil, nil
	}
	it := &Item{ID: h.Entry, Collection: col, Locale: h.Locale, UpdatedAt: d.UpdatedAt}
	return &SearchHit{Item: it, Plugin: d.Plugin, Title: text.Title, TitleHTML: h.TitleHTML, Snippet: h.Snippet, Distance: h.Distance,
		URL: "/" + string(h.Locale) + "/" + d.Plugin + strings.TrimSuffix(d.Path, "/")}, nil
}

// noun reads a noun; false: there is none.
func (f *finder) noun(kind content.NounKind, name string, find func(content.NounKind, string) (*content.Noun, error), into any) (bool, error) {
	n, err := find(kind, name)
	if errors.Is(err, view.ErrNotFound) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(n.Body, into)
	}
	if err != nil {
		return false, fmt.Errorf("read %s %s: %w", kind, name, err)
	}
	return true, nil
}

// items reads entries of one collection in one locale: the title, the slug,
// and those of the fields asked for that the collection has.
func (f *finder) items(id content.CollectionID, l content.Locale, ids []content.EntryID, into map[content.EntryID]*Item) error {
	col := f.tx.Collection(string(id))
	if col == nil {
		return nil
	}
	b := f.boundsOf(col, f.live, false)
	if b.err != nil {
		return nil
	}
	wanted := f.locales
	f.locales = []content.Locale{l}
	defer func() { f.locales = wanted }()
	rows, err := f.fetch(ids, b)
	if err != nil {
		return err
	}
	sel, err := f.selection(b, f.selected(b))
	if err != nil {
		return err
	}
	items, err := f.build(rows, b, sel)
	if err != nil {
		return err
	}
	for _, it := range items {
		into[it.ID] = it
	}
	return nil
}

// selected names what is given of an entry.
func (f *finder) selected(b *bounds) string {
	names := []string{schema.SysID, schema.SysLocale, schema.SysPublishedAt}
	for _, id := range []content.FieldID{b.col.Title, b.col.Slug} {
		if d := b.col.Field(id); d != nil && b.visible().Grants(d) {
			names = append(names, d.Name)
		}
	}
	if f.p.Fields != "" {
		for name := range strings.SplitSeq(f.p.Fields, ",") {
			head, _, _ := strings.Cut(name, ".")
			if d := b.col.FieldNamed(head); d != nil && b.visible().Grants(d) && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, ",")
}

func (f *finder) shownAs(it *Item) (title, url string) {
	text := func(id content.FieldID) string {
		if d := it.Collection.Field(id); d != nil {
			t, _ := it.Value(d.Name).(string)
			return t
		}
		return ""
	}
	locale := it.Locale
	if locale == content.Shared {
		locale = f.locales[0]
	}
	return text(it.Collection.Title), f.e.o.EntryURL(it.Collection, it.ID, text(it.Collection.Slug), locale)
}

// labels says what people call the values of facets. A value that stands for
// an entry which the caller may not read is left out.
func (f *finder) labels(counts []search.Counts) ([]FacetCounts, error) {
	out := make([]FacetCounts, 0, len(counts))
	for i, c := range counts {
		fc := FacetCounts{Name: c.Name, More: c.More}
		field := f.facets[i].field
		labels := map[string]string{}
		var err error
		closed := false // only values with a label are shown
		switch {
		case c.Name == FacetCollection:
			for _, b := range f.cols {
				labels[string(b.col.ID)] = b.col.Label.In(f.locales[0])
			}
		case field != nil:
			fc.Label = field.Label.In(f.locales[0])
			if labels = f.e.kinds.OptionLabels(*field, f.locales[0]); labels == nil {
				if labels, closed, err = f.titles(field, c.Values); err != nil {
					return nil, err
				}
			}
		}
		for _, v := range c.Values {
			label, ok := labels[v.Value]
			if !ok && closed {
				continue
			}
			value := v.Value
			if c.Name == FacetCollection {
				col := f.tx.Collection(v.Value)
				if col == nil {
					continue
				}
				value = col.Name
			}
			fc.Values = append(fc.Values, FacetValue{value, label, v.Entries, v.Chosen})
		}
		out = append(out, fc)
	}
	return out, nil
}

// titles gives the titles of the entries that the values of a relation stand
// for, of those that the caller may read; relation is false for other fields.
func (f *finder) titles(field *schema.Field, values []search.Count) (labels map[string]string, relation bool, err error) {
	r, ok := f.e.kinds.Relation(*field)
	if !ok {
		return nil, false, nil
	}
	labels = map[string]string{}
	ids := make([]content.EntryID, len(values))
	for i, v := range values {
		ids[i] = content.EntryID(v.Value)
	}
	wanted := f.locales
	f.locales = withLocales(wanted, f.e.o.Locales())
	defer func() { f.locales = wanted }()
	for _, id := range r.To {
		col := f.tx.Collection(string(id))
		if col == nil {
			continue
		}
		f.depend(Dependency{Collection: id})
		b := f.boundsOf(col, true, false)
		title := col.Field(col.Title)
		if b.err != nil || title == nil || !b.visible().Fields.Has(title) {
			continue
		}
		rows, err := f.fetch(ids, b)
		if err != nil {
			return nil, true, err
		}
		for _, row := range rows {
			text, _ := row.Values[title.ID].(string)
			labels[string(row.ID)] = text
		}
	}
	return labels, true, nil
}
