package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/letters"
	"github.com/recueil-cms/recueil/storage/view"
)

// Plugins add text to the search: more of an entry, by which that is found, or
// pages that are no entries. Either is in the class of a field, so that whoever
// may read that field, and nobody else, finds it.

// said gives the documents that plugins add to an entry in the locales that it
// has on a side.
func (s *reading) said(e *content.Entry, col *schema.Collection, live bool) ([]*document.Document, error) {
	if some, err := s.anySaid(); err != nil || !some {
		return nil, err
	}
	all, err := searchDocuments(s.tx, content.SearchDocuments(e.ID, ""))
	if err != nil {
		return nil, err
	}
	var out []*document.Document
	for i := range all {
		d := &all[i]
		class, ok := s.classOf(col, d)
		if !ok {
			continue
		}
		for _, l := range slices.Sorted(maps.Keys(d.Texts)) {
			face := l
			if len(e.Locales()) == 0 {
				face = content.Shared
			}
			p := &sheet{s: s, tx: s.tx, e: e, col: col, locale: face, values: e.Working(face), live: live}
			if live {
				p.values = e.Live(face)
			}
			if p.values == nil {
				continue
			}
			doc := document.NewDocument(string(e.ID) + "/" + string(l) + "/" + d.ID)
			p.facts(doc)
			s.words(doc, fieldOf(bandBody, class), l, d.Texts[l].Text)
			doc.AddField(newField(fieldNames, p.title(), index.StoreField, nil))
			out = append(out, doc)
		}
	}
	return out, nil
}

// standing gives the documents of one that stands for itself; none when it is
// gone.
func (s *reading) standing(id content.EntryID) ([]*document.Document, error) {
	all, err := searchDocuments(s.tx, string(id))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	d := &all[0]
	col := s.tx.Collection(string(d.Collection))
	if col == nil {
		return nil, nil
	}
	class, ok := s.classOf(col, d)
	if !ok {
		return nil, nil
	}
	var out []*document.Document
	for _, l := range slices.Sorted(maps.Keys(d.Texts)) {
		t := d.Texts[l]
		doc := document.NewDocument(string(id) + "/" + string(l))
		exact(doc, fieldEntry, string(id))
		exact(doc, fieldCollection, string(col.ID))
		exact(doc, fieldLocale, string(l))
		exact(doc, fieldTitle, cut(letters.SortKey(t.Title), maxTerm))
		exact(doc, fieldDate, wholeTerm(d.UpdatedAt.Unix()))
		exact(doc, facetPrefix+string(FacetCollection), string(col.ID))
		exact(doc, facetPrefix+string(FacetLocale), string(l))
		s.words(doc, fieldOf(bandTitle, class), l, t.Title)
		s.words(doc, fieldOf(bandBody, class), l, t.Text)
		doc.AddField(newField(fieldNames, t.Title, index.IndexField|index.StoreField|index.SkipFreqNorm, guarded{s.language(l, t.Title).Words}))
		out = append(out, doc)
	}
	return out, nil
}

// classOf is the class of the field whose readers find the document.
func (s *reading) classOf(col *schema.Collection, d *content.SearchDocument) (Class, bool) {
	f := col.Field(d.Field)
	if f == nil || d.Collection != col.ID {
		return 0, false
	}
	return s.shape.class(col.ID, f.ID, texts, f.Sees.Level())
}

// words adds text to a field of the index, and its words for spelling.
func (s *sheets) words(d *document.Document, name string, l content.Locale, text string) {
	s.text(d, name, l, text)
	words := s.language(l, text)
	d.AddField(newField(bandWords+name[1:]+words.Tag, text, index.IndexField|index.SkipFreqNorm, guarded{words.Words}))
}

// anySaid reports whether plugins add anything at all.
func (s *reading) anySaid() (bool, error) {
	if s.some == nil {
		nouns, err := s.tx.Nouns(content.NounSearchDocument, "", 1)
		if err != nil {
			return false, err
		}
		some := len(nouns) > 0
		s.some = &some
	}
	return *s.some, nil
}

// searchDocuments reads the documents whose ids begin in a way.
func searchDocuments(tx *view.Tx, begin string) (out []content.SearchDocument, err error) {
	err = eachDocument(tx, begin, func(n *content.Noun) error {
		var d content.SearchDocument
		if err := json.Unmarshal(n.Body, &d); err != nil {
			return fmt.Errorf("read the search document %s: %w", n.ID, err)
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// eachDocument calls f with the nouns of the documents whose ids begin in a
// way.
func eachDocument(tx *view.Tx, begin string, f func(*content.Noun) error) error {
	if n, err := tx.Noun(content.NounSearchDocument, begin); err == nil {
		return f(n)
	} else if !errors.Is(err, view.ErrNotFound) {
		return err
	}
	const page = 100
	for after := begin; ; {
		nouns, err := tx.Nouns(content.NounSearchDocument, after, page)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			if !strings.HasPrefix(n.ID, begin) {
				return nil
			}
			if err := f(n); err != nil {
				return err
			}
			after = n.ID
		}
		if len(nouns) < page {
			return nil
		}
	}
}

// allStanding lists the documents that stand for themselves.
func allStanding(ctx context.Context, db *view.DB) (ids []content.EntryID, err error) {
	err = db.Read(ctx, func(tx *view.Tx) error {
		return eachDocument(tx, content.SearchDocuments("", ""), func(n *content.Noun) error {
			ids = append(ids, content.EntryID(n.ID))
			return nil
		})
	})
	return ids, err
}
