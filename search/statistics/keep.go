package statistics

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/lease"
)

// prefix is where the counts are: prefix/<week>/<name>.
const prefix = "statistics/search/"

// merged is the name of the object that takes the place of all those of a week
// that is over.
const merged = "merged"

const (
	maxObject  = 8 << 20       // bytes of an object
	mergeAfter = 2 * time.Hour // after the end of a week its objects are merged
	mergeSpan  = 2 * time.Minute
)

// page is an object: what one book counted in a week, or several.
type page struct {
	Version int `json:"version"`
	// Of names the objects that were merged: they no longer count.
	Of  []string                   `json:"of,omitempty"`
	All map[content.Locale]*Counts `json:"all"`
	// Queries are in the order of the alphabet.
	Queries []line `json:"queries"`
}

type line struct {
	Locale content.Locale `json:"locale"`
	Query  string         `json:"query"`
	Counts
}

// page writes a sheet, without what is rare.
func (s *sheet) page() *page {
	p := &page{Version: 1, All: map[content.Locale]*Counts{}}
	for l, c := range s.all {
		p.All[l] = new(*c)
	}
	for k, c := range s.queries {
		if c.Searches >= Threshold {
			p.Queries = append(p.Queries, line{k.locale, k.query, *c})
		}
	}
	p.sort()
	return p
}

func (p *page) sort() {
	slices.SortFunc(p.Queries, func(a, b line) int {
		return cmp.Or(strings.Compare(a.Query, b.Query), strings.Compare(string(a.Locale), string(b.Locale)))
	})
}

// add takes in another page.
func (p *page) add(o *page) {
	for l, c := range o.All {
		if p.All[l] == nil {
			p.All[l] = &Counts{}
		}
		p.All[l].add(*c)
	}
	at := map[key]int{}
	for i, q := range p.Queries {
		at[key{q.Locale, q.Query}] = i
	}
	for _, q := range o.Queries {
		if i, ok := at[key{q.Locale, q.Query}]; ok {
			p.Queries[i].add(q.Counts)
			continue
		}
		p.Queries = append(p.Queries, q)
	}
	p.sort()
}

// Flush puts what was counted since the last time into the bucket. Putting it
// there twice is putting it there once.
func (b *Book) Flush(ctx context.Context) error {
	b.mu.Lock()
	now := WeekOf(b.o.Now())
	due := map[Week]*page{}
	for w, s := range b.weeks {
		switch {
		case s.dirty:
			due[w] = s.page()
			s.dirty = false
		case w != now: // over, and all of it is in the bucket
			delete(b.weeks, w)
		}
	}
	b.mu.Unlock()
	var errs []error
	for w, p := range due {
		err := b.put(ctx, w, b.name, p)
		b.mu.Lock()
		switch s := b.weeks[w]; {
		case err != nil:
			errs = append(errs, err)
			if s != nil {
				s.dirty = true
			}
		case w != now && s != nil && !s.dirty:
			delete(b.weeks, w)
		}
		b.mu.Unlock()
	}
	return errors.Join(errs...)
}

func (b *Book) put(ctx context.Context, w Week, name string, p *page) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write the statistics of %s: %w", w, err)
	}
	if _, err := b.o.Bucket.Put(ctx, prefix+string(w)+"/"+name, bytes.NewReader(raw), int64(len(raw)), storage.Cond{}); err != nil {
		return fmt.Errorf("write the statistics of %s: %w", w, err)
	}
	return nil
}

// read reads an object; nil when there is none. One that cannot be understood
// counts nothing.
func (b *Book) read(ctx context.Context, name string) (*page, error) {
	body, _, err := b.o.Bucket.Get(ctx, name, storage.Range{})
	if errors.Is(err, storage.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxObject))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var p page
	if err := json.Unmarshal(raw, &p); err != nil || p.Version != 1 {
		b.o.Log.Warn("statistics of the search cannot be read and are left out", "object", name, "error", err)
		return nil, nil
	}
	return &p, nil
}

// stored lists the objects of the weeks in the bucket from one on, by week.
func (b *Book) stored(ctx context.Context, from Week) (map[Week][]string, error) {
	out := map[Week][]string{}
	for o, err := range b.o.Bucket.List(ctx, prefix, prefix+string(from)) {
		if err != nil {
			return nil, fmt.Errorf("list the statistics of the search: %w", err)
		}
		week, name, ok := strings.Cut(strings.TrimPrefix(o.Key, prefix), "/")
		if w, valid := ParseWeek(week); ok && valid {
			out[w] = append(out[w], name)
		}
	}
	return out, nil
}

// week adds up all objects of a week but the book's own.
func (b *Book) week(ctx context.Context, w Week, names []string) (*page, error) {
	sum := &page{Version: 1, All: map[content.Locale]*Counts{}}
	if slices.Contains(names, merged) {
		p, err := b.read(ctx, prefix+string(w)+"/"+merged)
		if err != nil {
			return nil, err
		}
		if p != nil {
			sum = p
		}
	}
	for _, name := range names {
		if name == merged || name == b.name || slices.Contains(sum.Of, name) {
			continue
		}
		p, err := b.read(ctx, prefix+string(w)+"/"+name)
		if err != nil {
			return nil, err
		}
		if p != nil {
			sum.add(p)
		}
	}
	return sum, nil
}

// tidy merges the objects of weeks that are over, and removes those that are
// too old.
func (b *Book) tidy(ctx context.Context) error {
	now := b.o.Now()
	stored, err := b.stored(ctx, "")
	if err != nil {
		return err
	}
	oldest := WeekOf(now).Back(Retention - 1)
	for w, names := range stored {
		switch {
		case w < oldest:
			for _, name := range names {
				if err := b.o.Bucket.Delete(ctx, prefix+string(w)+"/"+name); err != nil {
					return fmt.Errorf("remove old statistics: %w", err)
				}
			}
		case len(names) > 1 && now.After(w.monday().AddDate(0, 0, 7).Add(mergeAfter)):
			if err := b.merge(ctx, w, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// merge makes one object of all those of a week. That names the others, so
// that none counts twice if they are still there.
func (b *Book) merge(ctx context.Context, w Week, names []string) error {
	held, err := lease.Take(ctx, b.o.Bucket, "leases/statistics/"+string(w), b.o.Now(), mergeSpan)
	if errors.Is(err, lease.ErrHeld) {
		return nil
	}
	if err != nil {
		return err
	}
	b.mu.Lock()
	mine := b.weeks[w] != nil
	b.mu.Unlock()
	if mine { // it still has something to add, and does so first
		return held.Release(ctx)
	}
	own := b.name
	if slices.Contains(names, own) {
		own = "" // it counts like all others now
	}
	sum, err := (&Book{o: b.o, name: own}).week(ctx, w, names)
	if err == nil {
		for _, name := range names {
			if name != merged && !slices.Contains(sum.Of, name) {
				sum.Of = append(sum.Of, name)
			}
		}
		err = b.put(ctx, w, merged, sum)
	}
	for _, name := range names {
		if err == nil && name != merged {
			err = b.o.Bucket.Delete(ctx, prefix+string(w)+"/"+name)
		}
	}
	return errors.Join(err, held.Release(ctx))
}
