package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// reading makes documents from one moment of the view, for an index of one
// shape.
type reading struct {
	*sheets
	tx    *view.Tx
	shape *Shape
	known map[content.EntryID][]title // of entries that others point at
	some  *bool                       // whether plugins add anything; nil: not looked yet
}

func (s *sheets) reading(tx *view.Tx, shape *Shape) *reading {
	return &reading{sheets: s, tx: tx, shape: shape, known: map[content.EntryID][]title{}}
}

// title is what an entry is called in one language.
type title struct {
	locale content.Locale
	text   string
}

// Limits of the titles of other entries.
const (
	maxTitles = 200 // entries that one points at
	maxKnown  = 10_000
)

// titles adds what the entries are called that the fields of this one point
// at, where that is published: in all languages, so that an association is
// found by the name of its wilaya in any.
func (p *sheet) titles(d *document.Document) error {
	byField := map[string]*strings.Builder{}
	var order []string
	count := 0
	for _, r := range p.s.kinds.Refs(p.col, p.values) {
		f := p.col.Field(r.Field)
		if r.Ref.Kind != content.RefEntry || f == nil || count == maxTitles {
			continue
		}
		class, ok := p.s.shape.class(p.col.ID, r.Field, related, f.Sees.Level())
		if !ok {
			continue
		}
		count++
		all, err := p.s.titlesOf(content.EntryID(r.Ref.ID))
		if err != nil {
			return err
		}
		for _, t := range all {
			name := fieldOf(bandOther, class) + p.s.language(t.locale, t.text).Tag
			if byField[name] == nil {
				byField[name], order = &strings.Builder{}, append(order, name)
			}
			byField[name].WriteString(t.text + "\n")
		}
	}
	for _, name := range order {
		_, tag, _ := strings.Cut(name, ".")
		d.AddField(newField(name, byField[name].String(), index.IndexField|index.IncludeTermVectors, guarded{p.s.languages.Of(tag).Text}))
	}
	return nil
}

// titlesOf gives the published titles of an entry.
func (s *reading) titlesOf(id content.EntryID) ([]title, error) {
	if all, ok := s.known[id]; ok {
		return all, nil
	}
	e, err := s.tx.Entry(id)
	if err != nil && !errors.Is(err, view.ErrNotFound) {
		return nil, fmt.Errorf("read the title of %s: %w", id, err)
	}
	var all []title
	if e != nil && e.TrashedAt == nil {
		if col := s.tx.Collection(string(e.Collection)); col != nil && col.Field(col.Title) != nil {
			for _, l := range append(e.Locales(), content.Shared) {
				if text, _ := e.Live(l)[col.Title].(string); text != "" {
					all = append(all, title{l, text})
				}
			}
		}
	}
	if len(s.known) < maxKnown {
		s.known[id] = all
	}
	return all, nil
}

// renamed adds the entries that point at one of which the published titles are
// no longer those that the index has.
func (t *touched) renamed(ctx context.Context, tx *view.Tx, g *generation) error {
	s := (&sheets{}).reading(tx, g.shape)
	for _, id := range slices.Clone(t.ids) {
		old, err := g.live.titles(ctx, id)
		if err != nil {
			return err
		}
		now, err := s.titlesOf(id)
		if err != nil {
			return err
		}
		var texts []string
		for _, one := range now {
			texts = append(texts, one.text)
		}
		slices.Sort(texts)
		if slices.Equal(slices.Compact(texts), old) {
			continue
		}
		for _, live := range []bool{true, false} {
			links, err := tx.Backlinks(content.Ref{Kind: content.RefEntry, ID: string(id)}, live, maxBacklinks)
			if err != nil {
				return fmt.Errorf("find what points at %s: %w", id, err)
			}
			for _, l := range links {
				if g.shape.points(l.Collection, l.Field) {
					t.entry(l.Entry)
				}
			}
		}
	}
	return nil
}

// titles gives the titles of an entry that the store has, in order, each once.
func (s *store) titles(ctx context.Context, id content.EntryID) (out []string, err error) {
	docs, err := s.documents(ctx, id)
	if err != nil {
		return nil, err
	}
	r, err := s.reader()
	if err != nil {
		return nil, err
	}
	defer closing(r, &err)
	for _, name := range docs {
		if strings.Count(name, "/") > 1 {
			continue // a page of a file
		}
		d, err := r.Document(name)
		if err != nil {
			return nil, fmt.Errorf("read a document of the index: %w", err)
		}
		if d == nil {
			continue
		}
		d.VisitFields(func(f index.Field) {
			if f.Name() == fieldNames {
				out = append(out, string(f.Value()))
			}
		})
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
