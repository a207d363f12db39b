// Package statistics counts what people search for, for editors, and knows
// nobody: per week, language and query how often it was asked, found nothing
// and led somewhere. There is no address, session or time of day in it; what
// looks like somebody's address or telephone is not written down at all, and
// what was asked less than a few times never leaves memory.
//
// Each node counts in memory and puts its counts into the bucket now and then,
// as an object of its own; whoever reads adds them up. The counts are no part
// of the log and of no archive: losing them loses nothing but themselves.
package statistics

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
)

// Limits.
const (
	// Threshold is how often a query is asked on one node in one week before
	// it is written down.
	Threshold = 3
	// Retention is for how many weeks counts are kept.
	Retention = 53
	// suggestFrom is how often a query found something, in the last
	// suggestWeeks, before it is suggested to others.
	suggestFrom  = 10
	suggestWeeks = 8
	maxQueries   = 10_000 // of one week on one node
	maxSuggested = 2_000
	flushEvery   = 5 * time.Minute
)

// Options of a book. Bucket and Now are needed.
type Options struct {
	Bucket storage.Bucket
	Now    func() time.Time
	// Fold writes a query so that what people take for the same is the same;
	// nil: as it is.
	Fold func(text string, l content.Locale) string
	Log  *slog.Logger // nil discards
}

// Book counts. It is safe for concurrent use.
type Book struct {
	o    Options
	name string // of this book's objects, new with each process

	mu    sync.Mutex
	weeks map[Week]*sheet
	past  atomic.Pointer[[]pastQuery]
}

// Counts are those of one query, or of all.
type Counts struct {
	Searches int `json:"searches"`
	// Empty found nothing, and Corrected only what other words find.
	Empty     int `json:"empty"`
	Corrected int `json:"corrected"`
	// Clicks are results that were opened.
	Clicks int `json:"clicks"`
}

func (c *Counts) add(o Counts) {
	c.Searches += o.Searches
	c.Empty += o.Empty
	c.Corrected += o.Corrected
	c.Clicks += o.Clicks
}

// found is how often the query found something as it was typed.
func (c *Counts) found() int { return c.Searches - c.Empty - c.Corrected }

// Search is one that was answered.
type Search struct {
	Query  string
	Locale content.Locale
	Hits   int
	// Corrected says that words were taken for others.
	Corrected bool
}

// key is a query in a language.
type key struct {
	locale content.Locale
	query  string
}

// sheet has the counts of one week.
type sheet struct {
	all     map[content.Locale]*Counts
	queries map[key]*Counts
	dirty   bool
}

// New makes an empty book.
func New(o Options) *Book {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Fold == nil {
		o.Fold = func(text string, _ content.Locale) string { return text }
	}
	b := &Book{o: o, name: strings.ToLower(rand.Text()), weeks: map[Week]*sheet{}}
	b.past.Store(&[]pastQuery{})
	return b
}

// Searched counts a search.
func (b *Book) Searched(s Search) {
	c := Counts{Searches: 1}
	switch {
	case s.Hits == 0:
		c.Empty = 1
	case s.Corrected:
		c.Corrected = 1
	}
	b.count(s.Query, s.Locale, c)
}

// Clicked counts a result that was opened.
func (b *Book) Clicked(query string, l content.Locale) { b.count(query, l, Counts{Clicks: 1}) }

func (b *Book) count(query string, l content.Locale, c Counts) {
	k := key{l, Normal(query)}
	if k.query == "" || !content.ValidLocale(string(l)) {
		return
	}
	week := WeekOf(b.o.Now())
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.weeks[week]
	if s == nil {
		s = &sheet{all: map[content.Locale]*Counts{}, queries: map[key]*Counts{}}
		b.weeks[week] = s
	}
	s.count(k, c)
}

// count adds to a sheet. Whoever looks for many different things costs no more
// room than maxQueries: then the rarest are forgotten, of which nobody would
// be told anyway.
func (s *sheet) count(k key, c Counts) {
	s.dirty = true
	if s.all[k.locale] == nil {
		if len(s.all) >= maxLocales {
			return
		}
		s.all[k.locale] = &Counts{}
	}
	s.all[k.locale].add(c)
	if Personal(k.query) {
		return
	}
	have := s.queries[k]
	if have == nil {
		if len(s.queries) >= maxQueries {
			s.forget()
		}
		have = &Counts{}
		s.queries[k] = have
	}
	have.add(c)
}

const maxLocales = 50

// forget drops the rarest queries, a quarter of all.
func (s *sheet) forget() {
	all := make([]key, 0, len(s.queries))
	for k := range s.queries {
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b key) int {
		return cmp.Or(cmp.Compare(s.queries[a].Searches, s.queries[b].Searches), strings.Compare(a.query, b.query))
	})
	for _, k := range all[:len(all)/4] {
		delete(s.queries, k)
	}
}

// Run puts counts into the bucket now and then, clears up there, and learns
// what is asked elsewhere, until ctx ends; then once more.
func (b *Book) Run(ctx context.Context, ticks func(time.Duration) (<-chan time.Time, func())) {
	tick, stop := ticks(flushEvery)
	defer stop()
	b.round(ctx)
	for {
		select {
		case <-tick:
			b.round(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			b.note(last, b.Flush(last))
			return
		}
	}
}

// lastFlush is how long the end of a node waits for its counts.
const lastFlush = 5 * time.Second

func (b *Book) round(ctx context.Context) {
	b.note(ctx, b.Flush(ctx))
	b.note(ctx, b.tidy(ctx))
	b.note(ctx, b.learn(ctx))
}

func (b *Book) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		b.o.Log.Warn("the statistics of the search were not kept; it will be tried again", "error", err)
	}
}

// Week is a week as ISO 8601 counts them, in UTC: "2026-W48".
type Week string

// WeekOf gives the week of a moment.
func WeekOf(at time.Time) Week {
	year, week := at.UTC().ISOWeek()
	return Week(fmt.Sprintf("%04d-W%02d", year, week))
}

// ParseWeek reads a week.
func ParseWeek(text string) (Week, bool) {
	var year, week int
	if n, err := fmt.Sscanf(text, "%4d-W%2d", &year, &week); err != nil || n != 2 || len(text) != len("2026-W48") {
		return "", false
	}
	w := Week(text)
	return w, WeekOf(w.monday()) == w
}

// monday is when the week begins.
func (w Week) monday() time.Time {
	var year, week int
	if _, err := fmt.Sscanf(string(w), "%4d-W%2d", &year, &week); err != nil {
		return time.Time{}
	}
	fourth := time.Date(year, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
	back := (int(fourth.Weekday()) + 6) % 7
	return fourth.AddDate(0, 0, 7*(week-1)-back)
}

// Back is the week so many weeks before.
func (w Week) Back(weeks int) Week { return WeekOf(w.monday().AddDate(0, 0, -7*weeks)) }
