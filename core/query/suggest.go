package query

import (
	"context"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/search/phrase"
)

// SuggestResult is what someone may be typing.
type SuggestResult struct {
	Basis
	Hits []SearchHit // without excerpts
	// Queries are what others searched for that begins as typed, and finds
	// something for the caller.
	Queries []string
}

// Suggest finds entries whose title the caller may read and has the words
// typed so far. Of the parameters Text, Collections, Locale, Version and
// Page.Size count.
func (e *Engine) Suggest(ctx context.Context, by content.Actor, p SearchParams) (*SuggestResult, error) {
	out := &SuggestResult{}
	basis, err := e.finding(ctx, by, &p, func(f *finder) error {
		f.titled()
		f.depend(Dependency{Noun: content.NounSearchDocument})
		found, seq, err := e.o.Search.Suggest(f.tx.Context(), search.SuggestRequest{
			Text: strings.TrimSpace(p.Text), Live: f.live, Locale: f.locales[0], Groups: f.groups, Size: p.size()})
		if err != nil {
			return err
		}
		f.basis.Seq = seq
		hits := make([]search.Hit, len(found))
		for i, s := range found {
			hits[i] = search.Hit{Entry: s.Entry, Collection: s.Collection, Locale: s.Locale, Distance: -1}
		}
		if out.Hits, err = f.hits(hits); err != nil {
			return err
		}
		out.Queries, err = f.past()
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Basis = basis
	return out, nil
}

// Limits of past queries.
const (
	maxPast   = 3 // that are suggested
	triedPast = 6 // that are looked into for it
)

// past lists past queries that find something for the caller: entries with all
// of the words, in what the caller may read, so that no query tells of others.
func (f *finder) past() ([]string, error) {
	said := f.e.o.Search.Rules()
	if f.e.o.Past == nil || said == nil || !f.live {
		return nil, nil
	}
	var out []string
	for _, q := range f.e.o.Past(strings.TrimSpace(f.p.Text), f.locales[0], triedPast) {
		all, ok := phrase.Every(q)
		if !ok || len(out) == maxPast || !said.MaySuggest(q, f.locales[0]) {
			continue
		}
		found, err := f.e.o.Search.Search(f.tx.Context(), search.Request{Text: all, Live: true, Locale: f.locales[0],
			Groups: f.groups, Verbatim: true})
		if err != nil {
			return nil, err
		}
		if found.Total > 0 {
			out = append(out, q)
		}
	}
	return out, nil
}

// titled leaves the collections whose titles the caller may read.
func (f *finder) titled() {
	for _, b := range f.cols {
		if d := b.col.Field(b.col.Title); d != nil && b.visible().Fields.Has(d) {
			continue
		}
		for i := range f.groups {
			delete(f.groups[i].In, b.col.ID)
		}
	}
}

// Similar finds entries that speak of what one speaks of. One that the caller
// may not read is NotFound. Of the parameters Collections, Locale, Version and
// Page.Size count.
func (e *Engine) Similar(ctx context.Context, by content.Actor, collection, idOrSlug string, p SearchParams) (*SearchResult, error) {
	out := &SearchResult{}
	basis, err := e.finding(ctx, by, &p, func(f *finder) error {
		b, err := f.open(collection, f.live, false)
		if err != nil {
			return err
		}
		row, err := f.one(b, idOrSlug)
		if err != nil {
			return err
		}
		req := search.Request{Live: f.live, Locale: row.Locale, Groups: f.groups, Size: p.size(), Only: f.p.Locales}
		found, err := e.o.Search.Similar(f.tx.Context(), row.ID, row.Locale, req)
		if err != nil {
			return err
		}
		f.basis.Seq = found.Seq
		out.Took, out.Size, out.Number = found.Took, p.size(), 1
		out.Hits, err = f.hits(found.Hits)
		out.Total = len(out.Hits)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Basis = basis
	return out, nil
}

// finding calls f in a turn of the index with what the caller may read. f sets
// the seq of the basis to that of the index.
func (e *Engine) finding(ctx context.Context, by content.Actor, p *SearchParams, f func(*finder) error) (Basis, error) {
	if e.o.Search == nil {
		return Basis{}, problem.New(problem.Unavailable, "search_building", nil)
	}
	leave, err := e.o.Search.Turn(ctx) // before a reader of the view, of which there are few
	if err != nil {
		return Basis{}, err
	}
	defer leave()
	seq := e.o.Search.Seq()
	basis, err := e.read(ctx, by, &p.Params, func(s *session) error {
		finder := &finder{session: s, p: p, live: !p.Version.Draft}
		// A rebuild changes answers without a commit.
		s.basis.Volatile = s.basis.Volatile || e.o.Search.Building()
		if err := finder.divide(); err != nil {
			return err
		}
		if err := finder.reach(); err != nil {
			return err
		}
		err := f(finder)
		seq = s.basis.Seq
		return err
	})
	basis.Seq = min(basis.Seq, seq)
	return basis, err
}
