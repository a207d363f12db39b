package query

import (
	"errors"
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxAncestors bounds the path of an entry in a tree.
const maxAncestors = 20

// presentAll gives items the form that pages show; see Params.Present.
func (s *session) presentAll(items []*Item, rows []*view.Row, b *bounds) error {
	if err := s.nameTargets(items, rows, b); err != nil {
		return err
	}
	sets, err := s.fieldSets(rows, b)
	if err != nil {
		return err
	}
	for i, it := range items {
		named, err := s.nameOf(rows[i], b, sets[i].fields)
		if err != nil {
			return err
		}
		it.URL = named.URL
		for j := range it.Fields {
			v := &it.Fields[j]
			f := b.col.FieldNamed(v.Name)
			if v.V == nil || f == nil || populated(v.V) {
				continue
			}
			if v.V, err = s.presented(f, rows[i].Values[f.ID], it.Locale, b); err != nil {
				return fmt.Errorf("present %s: %w", f.Name, err)
			}
		}
	}
	return nil
}

func populated(v any) bool {
	switch v.(type) {
	case *Item, []*Item:
		return true
	}
	return false
}

// presented gives the presented form of one kept value.
func (s *session) presented(f *schema.Field, kept any, l content.Locale, b *bounds) (any, error) {
	var failed error
	out := s.e.kinds.Present(*f, kept, func(inner schema.Field, v any) any {
		shown, err := s.presentedLeaf(&inner, v, f, l, b)
		if err != nil && failed == nil {
			failed = err
		}
		return shown
	})
	return out, failed
}

// presentedLeaf presents a value without fields inside; outer is the field of
// the collection that it stands in, whose rights are the ones that count.
func (s *session) presentedLeaf(inner *schema.Field, v any, outer *schema.Field, l content.Locale, b *bounds) (any, error) {
	switch inner.Kind {
	case "markdown":
		if source, ok := v.(string); ok {
			return s.htmlOf(source, outer, b)
		}
		return nil, nil
	case "asset", "gallery":
		return s.facts(v, l)
	}
	if _, ok := s.e.kinds.Relation(*inner); ok {
		return s.linksOf(v), nil
	}
	return v, nil
}

// linksOf gives the links in the place of a relation's ids. What the caller may
// not read is left out.
func (s *session) linksOf(v any) any {
	out := []Link{}
	for _, id := range targetIDs(v) {
		if l := s.named[id]; l != nil {
			out = append(out, *l)
		}
	}
	if _, many := v.([]any); many {
		return out
	}
	if len(out) == 0 {
		return nil
	}
	return out[0]
}

// nameTargets finds, all at once, the entries that the items point at and that
// are not populated.
func (s *session) nameTargets(items []*Item, rows []*view.Row, b *bounds) error {
	byCollection := map[content.CollectionID][]content.EntryID{}
	wanted := 0
	for i, it := range items {
		for j := range it.Fields {
			f := b.col.FieldNamed(it.Fields[j].Name)
			if f == nil || populated(it.Fields[j].V) {
				continue
			}
			for _, id := range s.targetsIn(f, rows[i].Values[f.ID]) {
				if _, known := s.named[id]; known || wanted >= MaxPopulated {
					continue
				}
				if s.named == nil {
					s.named = map[content.EntryID]*Link{}
				}
				s.named[id] = nil
				wanted++
				col, err := s.collectionOf(id, f)
				if err != nil {
					return err
				}
				for _, c := range col {
					byCollection[c] = append(byCollection[c], id)
				}
			}
		}
	}
	for _, col := range sortedKeysOf(byCollection) {
		if err := s.nameIn(col, byCollection[col], b.live); err != nil {
			return err
		}
	}
	return nil
}

func sortedKeysOf(m map[content.CollectionID][]content.EntryID) []content.CollectionID {
	out := make([]content.CollectionID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// targetsIn lists the entries that a value points at, at any depth.
func (s *session) targetsIn(f *schema.Field, v any) []content.EntryID {
	r, ok := s.e.kinds[f.Kind].(schema.Referrer)
	if !ok || v == nil || f.Kind == "markdown" {
		return nil
	}
	var out []content.EntryID
	for _, ref := range r.Refs(*f, v) {
		if ref.Kind == content.RefEntry {
			out = append(out, content.EntryID(ref.ID))
		}
	}
	return out
}

// collectionOf says where the target of a field may be: a relation names its
// collections, of what stands deeper inside the entry is asked.
func (s *session) collectionOf(id content.EntryID, f *schema.Field) ([]content.CollectionID, error) {
	if r, ok := s.e.kinds.Relation(*f); ok {
		return r.To, nil
	}
	e, err := s.tx.Entry(id)
	if err != nil {
		if errors.Is(err, view.ErrNotFound) {
			return nil, nil
		}
		return nil, fmt.Errorf("read entry %s: %w", id, err)
	}
	return []content.CollectionID{e.Collection}, nil
}

// nameIn names the entries among ids that are in a collection.
func (s *session) nameIn(id content.CollectionID, ids []content.EntryID, live bool) error {
	s.depend(Dependency{Collection: id})
	col := s.tx.Collection(string(id))
	if col == nil {
		return nil
	}
	for _, side := range s.sides(live, col) {
		rows, err := s.fetch(ids, side)
		if err != nil {
			return err
		}
		sets, err := s.fieldSets(rows, side)
		if err != nil {
			return err
		}
		for i, row := range rows {
			if s.named[row.ID] == nil {
				if s.named[row.ID], err = s.nameOf(row, side, sets[i].fields); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// nameOf gives the title and the address of a row, of what may be read of it.
func (s *session) nameOf(row *view.Row, b *bounds, set access.FieldSet) (*Link, error) {
	text := func(row *view.Row, id content.FieldID) string {
		if !set.Has(b.col.Field(id)) {
			return ""
		}
		v, _ := row.Values[id].(string)
		return v
	}
	slug := text(row, b.col.Slug)
	if b.col.Tree && slug != "" {
		up, err := s.ancestors(row, b)
		if err != nil {
			return nil, err
		}
		for _, a := range up {
			if above := text(a, b.col.Slug); above != "" {
				slug = above + "/" + slug
			}
		}
	}
	locale := row.Locale
	if s.present && slices.Contains(s.e.o.Locales(), s.locales[0]) {
		locale = s.locales[0] // visitors stay in their language
	}
	return &Link{ID: row.ID, Collection: b.col.Name, Locale: row.Locale, Title: text(row, b.col.Title),
		URL: s.e.o.EntryURL(b.col, row.ID, slug, locale)}, nil
}

// ancestors gives the rows above one in a tree, the nearest first.
func (s *session) ancestors(row *view.Row, b *bounds) ([]*view.Row, error) {
	var out []*view.Row
	for up := row.Parent; up != "" && len(out) < maxAncestors; {
		rows, err := s.parent(up, b)
		if err != nil || len(rows) == 0 {
			return out, err
		}
		out = append(out, rows[0])
		up = rows[0].Parent
	}
	return out, nil
}

type parentKey struct {
	id   content.EntryID
	side *bounds
}

// parent finds a row once for all its children.
func (s *session) parent(id content.EntryID, b *bounds) ([]*view.Row, error) {
	if b.preview {
		b = s.boundsOf(b.col, true, false)
	}
	key := parentKey{id, b}
	if rows, ok := s.parents[key]; ok {
		return rows, nil
	}
	// The address of an entry is the same for all who may read it, whatever
	// locale they ask for first.
	locales := s.locales
	s.locales = withLocales(locales, s.e.o.Locales())
	rows, err := s.fetch([]content.EntryID{id}, b)
	s.locales = locales
	if s.parents == nil {
		s.parents = map[parentKey][]*view.Row{}
	}
	s.parents[key] = rows
	return rows, err
}
