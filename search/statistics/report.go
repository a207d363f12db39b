package statistics

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// Report is what editors are told.
type Report struct {
	// Weeks are in order, each language apart, those without any search left
	// out.
	Weeks []WeekCounts `json:"weeks"`
	// Queries add up the weeks, the most frequent first. Their sum is less
	// than that of the weeks: what is rare or personal is only counted.
	Queries []QueryCounts `json:"queries"`
}

// WeekCounts are those of all searches of a week in a language.
type WeekCounts struct {
	Week   Week           `json:"week"`
	Locale content.Locale `json:"locale"`
	Counts
}

// QueryCounts are those of one query.
type QueryCounts struct {
	Query  string         `json:"query"`
	Locale content.Locale `json:"locale"`
	Counts
	// Last is the last of the weeks in which it was asked.
	Last Week `json:"last"`
}

// Report adds up the weeks from one to another, in some languages or, without
// any, in all.
func (b *Book) Report(ctx context.Context, from, to Week, locales []content.Locale) (*Report, error) {
	weeks, err := b.pages(ctx, from, to)
	if err != nil {
		return nil, err
	}
	wanted := func(l content.Locale) bool { return len(locales) == 0 || slices.Contains(locales, l) }
	r := &Report{Weeks: []WeekCounts{}, Queries: []QueryCounts{}}
	at := map[key]int{}
	for _, w := range slices.Sorted(maps.Keys(weeks)) {
		p := weeks[w]
		for _, l := range slices.Sorted(maps.Keys(p.All)) {
			if wanted(l) {
				r.Weeks = append(r.Weeks, WeekCounts{w, l, *p.All[l]})
			}
		}
		for _, q := range p.Queries {
			k := key{q.Locale, q.Query}
			i, ok := at[k]
			if !ok {
				if !wanted(q.Locale) {
					continue
				}
				i = len(r.Queries)
				at[k], r.Queries = i, append(r.Queries, QueryCounts{Query: q.Query, Locale: q.Locale})
			}
			r.Queries[i].add(q.Counts)
			r.Queries[i].Last = w
		}
	}
	slices.SortFunc(r.Queries, func(a, b QueryCounts) int {
		return cmp.Or(cmp.Compare(b.Searches, a.Searches), strings.Compare(a.Query, b.Query), strings.Compare(string(a.Locale), string(b.Locale)))
	})
	return r, nil
}

// pages adds up each of the weeks: what is in the bucket, and what this book
// has not put there yet.
func (b *Book) pages(ctx context.Context, from, to Week) (map[Week]*page, error) {
	stored, err := b.stored(ctx, from.Back(1))
	if err != nil {
		return nil, err
	}
	out := map[Week]*page{}
	for w, names := range stored {
		if w < from || w > to {
			continue
		}
		b.mu.Lock()
		own := b.weeks[w] != nil
		b.mu.Unlock()
		reader := b
		if !own { // it has put everything there and forgotten it
			reader = &Book{o: b.o}
		}
		if out[w], err = reader.week(ctx, w, names); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for w, s := range b.weeks {
		switch {
		case w < from || w > to:
		case out[w] == nil:
			out[w] = s.page()
		default:
			out[w].add(s.page())
		}
	}
	return out, nil
}

// pastQuery is one that found something often enough.
type pastQuery struct {
	key
	folded string
	found  int
}

// learn works out what may be suggested.
func (b *Book) learn(ctx context.Context) error {
	now := WeekOf(b.o.Now())
	r, err := b.Report(ctx, now.Back(suggestWeeks-1), now, nil)
	if err != nil {
		return err
	}
	var all []pastQuery
	for _, q := range r.Queries {
		if q.found() >= suggestFrom {
			all = append(all, pastQuery{key{q.Locale, q.Query}, b.o.Fold(q.Query, q.Locale), q.found()})
		}
	}
	slices.SortStableFunc(all, func(a, b pastQuery) int { return cmp.Compare(b.found, a.found) })
	all = all[:min(len(all), maxSuggested)]
	b.past.Store(&all)
	return nil
}

// Past lists queries that begin as typed and found something often, the most
// frequent first: whether they find anything for whoever types now is for the
// caller to see.
func (b *Book) Past(typed string, l content.Locale, limit int) []string {
	folded := b.o.Fold(typed, l)
	if folded == "" {
		return nil
	}
	var out []string
	for _, q := range *b.past.Load() {
		if len(out) == limit {
			break
		}
		if q.locale == l && q.folded != folded && strings.HasPrefix(q.folded, folded) {
			out = append(out, q.query)
		}
	}
	return out
}
