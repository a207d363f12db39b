package search

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/search/highlight"
	"github.com/recueil-cms/recueil/search/ranking"
)

// refined is how many of the first hits are put in order again by how the
// words stand in them.
const refined = 100

// refine puts the first hits in the order that the ranking gives them when it
// looks at where words stand.
func (r *run) refine(ctx context.Context, found *ranking.Outcome, best []ranked) error {
	some := best[:min(len(best), refined)]
	hits := make([]ranking.Hit, len(some))
	byDoc := make(map[uint64]ranked, len(some))
	for i := range some {
		hits[i] = ranking.Hit{Doc: some[i].doc, Weight: some[i].score}
		byDoc[some[i].doc] = some[i]
	}
	if err := found.Refine(ctx, r.m.snapshot, hits); err != nil {
		return fmt.Errorf("search: %w", err)
	}
	for i, h := range hits {
		some[i] = byDoc[h.Doc]
		if some[i].pin == 0 {
			some[i].number = -h.Weight
		}
	}
	sortRanked(some)
	return nil
}

// excerpts cuts what is shown of each hit. Only text of classes that count for
// the document is looked at.
func (r *run) excerpts(ctx context.Context, found *ranking.Outcome, best []ranked, hits []Hit) error {
	var docs []uint64
	for i := range best {
		docs = append(docs, best[i].doc)
		for _, p := range best[i].pages {
			docs = append(docs, p.doc)
		}
	}
	e := &excerpts{texts: make([]map[string]string, len(docs)), places: map[string][][]highlight.Place{}}
	for i, doc := range docs {
		var err error
		if e.texts[i], err = r.m.texts(doc); err != nil {
			return err
		}
	}
	if found != nil {
		for _, f := range r.fields {
			at, err := found.Places(ctx, r.m.snapshot, f.Name, docs)
			if err != nil {
				return fmt.Errorf("search: %w", err)
			}
			e.places[f.Name] = at
		}
	}
	next := 0
	for i := range hits {
		hits[i].TitleHTML = e.title(r.fields, docs, next)
		hits[i].Snippet = e.cut(r.fields, docs, next)
		next++
		for j := range best[i].pages {
			hits[i].Pages[j].Snippet = e.cut(r.fields, docs, next)
			next++
		}
	}
	return nil
}

// excerpts has the texts of documents, by field without language, and where
// the words stand in them.
type excerpts struct {
	texts  []map[string]string
	places map[string][][]highlight.Place
}

// cut gives the excerpt of one document: from the longest text that has words
// of the request, else the beginning of what there is.
func (e *excerpts) cut(fields []ranking.Field, docs []uint64, at int) string {
	text, field := "", ""
	for _, band := range []string{bandPages, bandBody, bandLead} {
		for _, f := range fields {
			t := e.texts[at][f.Name]
			if f.Name[:1] != band || t == "" || !f.Docs.Has(docs[at]) {
				continue
			}
			if p := e.places[f.Name]; p != nil && len(p[at]) > 0 {
				return highlight.Excerpt(t, p[at], highlight.Options{})
			}
			if levelOf(f.Name) == 0 { // what is for everybody: a telephone number is no summary
				text, field = t, f.Name // the last one: the lead, of which the beginning says most
			}
		}
	}
	if field == "" {
		return ""
	}
	return highlight.Excerpt(text, nil, highlight.Options{Parts: 1})
}

// title marks the words in the title, which is how the text of the first band
// begins when that band may be read.
func (e *excerpts) title(fields []ranking.Field, docs []uint64, at int) string {
	title := e.texts[at][fieldNames]
	var places []highlight.Place
	for _, f := range fields {
		text := e.texts[at][f.Name]
		if f.Name[:1] != bandTitle || !f.Docs.Has(docs[at]) || len(text) < len(title) || text[:len(title)] != title {
			continue
		}
		if p := e.places[f.Name]; p != nil {
			for _, one := range p[at] {
				if one.End <= len(title) {
					places = append(places, one)
				}
			}
		}
	}
	return highlight.Whole(title, places)
}

// texts reads what is stored of a document, by field without language.
func (m *moment) texts(doc uint64) (map[string]string, error) {
	p, n := m.at(doc)
	out := map[string]string{}
	err := p.snap.VisitDocument(uint64(n), func(field string, _ byte, value []byte, _ []uint64) bool {
		for i := range len(field) {
			if field[i] == '.' {
				field = field[:i+1]
				break
			}
		}
		out[field] = string(value)
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("read a document of the index: %w", err)
	}
	return out, nil
}
