package search

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/search/phrase"
	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/search/rules"
)

// weights are what a word counts in each band.
var weights = map[string]float64{bandTitle: 1.5, bandLead: 1.2, bandBody: 1, bandPages: 0.8, bandOther: 0.2}

// bandsOf lists the bands that a class has.
func bandsOf(c Class) []string {
	switch {
	case c.OfFiles():
		return []string{bandPages}
	case c.OfTitles():
		return []string{bandOther}
	}
	return []string{bandTitle, bandLead, bandBody}
}

// ask looks for the words of the request in what its groups allow.
func (r *run) ask(ctx context.Context, ranker *ranking.Ranker, said *rules.Rules) (*ranking.Outcome, error) {
	q := &ranking.Request{Query: phrase.Parse(r.req.Text), Locale: string(r.req.Locale), Verbatim: r.req.Verbatim}
	if said != nil {
		q.Synonyms, q.Stop = said.Synonyms, said.Stop
	}
	q.Fields = r.lookIn()
	r.fields = q.Fields
	out, err := ranker.Search(ctx, r.m.snapshot, r.m.size(), q)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	return out, nil
}

// lookIn lists the fields that the groups open, with the documents in which
// each counts.
func (r *run) lookIn() []ranking.Field {
	var out []ranking.Field
	for class := range Class(classes) {
		docs := r.docs(func(g *Group) bool { return g.Classes.Has(class) })
		if docs == nil {
			continue
		}
		words := ""
		if class.kind() == texts {
			words = fieldOf(bandWords, class)
		}
		for _, band := range bandsOf(class) {
			out = append(out, ranking.Field{Name: fieldOf(band, class), Words: words,
				Weight: weights[band], Short: band == bandTitle || band == bandOther, Docs: docs})
		}
	}
	return out
}

// docs gives the documents that the chosen groups allow; nil when there are
// none.
func (r *run) docs(chosen func(*Group) bool) ranking.Set {
	var out ranking.Set
	for i := range r.req.Groups {
		g := &r.req.Groups[i]
		if !chosen(g) {
			continue
		}
		if out == nil {
			out = ranking.NewSet(r.m.size())
		}
		a := r.allowed(g)
		for j := range r.m.parts {
			p := &r.m.parts[j]
			for n, col := range p.collection {
				if a.lets(p, n, col) {
					out.Add(p.first + uint64(n))
				}
			}
		}
	}
	return out
}

// size is a number that the number of no document reaches.
func (m *moment) size() uint64 {
	if len(m.parts) == 0 {
		return 0
	}
	last := &m.parts[len(m.parts)-1]
	return last.first + uint64(last.size)
}
