package search

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/search/rules"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// budget is how long one search may take, its turn not counted: what would
// take longer is refused and not left to run.
const budget = 1500 * time.Millisecond

// Turn waits until fewer searches than the limit are under way; leave ends the
// turn. Whoever holds something that others need takes the turn first. When
// too many wait already, or it takes too long, the problem is Unavailable with
// search_busy.
func (x *Index) Turn(ctx context.Context) (leave func(), err error) { return x.gate.enter(ctx) }

// Search finds entries; the caller has a Turn. Problems: Unavailable with
// search_building while there is no index, and with search_costly for a
// question that takes longer than one may.
func (x *Index) Search(ctx context.Context, req Request) (*Answer, error) {
	start := x.o.Now()
	var out *Answer
	err := x.reading(ctx, req.Live, func(ctx context.Context, s *store, m *moment, seq commitlog.Seq) (err error) {
		out, err = answer(ctx, m, &req, s.ranker, x.rules.Load(), seq, start)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Took = x.o.Now().Sub(start)
	return out, nil
}

// reading calls f with one moment of a side of the index, for at most as long
// as the budget. An index that panics is damaged, and is built anew.
func (x *Index) reading(ctx context.Context, live bool, f func(context.Context, *store, *moment, commitlog.Seq) error) (err error) {
	g, release, err := x.use()
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			x.o.Logger.Error("a search failed; the index will be built anew", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			x.want()
			err = problem.Wrap(fmt.Errorf("panic: %v", p), problem.Unavailable, "search_building", nil)
		}
	}()
	s, seq := g.store(live), g.seq()
	m, err := s.moment()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	err = f(ctx, s, m, seq)
	if errors.Is(err, context.DeadlineExceeded) {
		return problem.Wrap(err, problem.Unavailable, "search_costly", nil)
	}
	return err
}

func answer(ctx context.Context, m *moment, req *Request, ranker *ranking.Ranker, said *rules.Rules, seq commitlog.Seq, now time.Time) (*Answer, error) {
	r := newRun(m, req, now)
	defer r.end()
	out := &Answer{Seq: seq}
	var found *ranking.Outcome
	var err error
	if req.Text == "" {
		for i := range req.Groups {
			if err := r.everything(ctx, &req.Groups[i]); err != nil {
				return nil, err
			}
		}
	} else {
		if found, err = r.ask(ctx, ranker, said); err != nil {
			return nil, err
		}
		defer found.Close()
		out.Corrections, out.Also, out.Cut = found.Corrections, found.Also, found.Cut
		if err := r.text(found); err != nil {
			return nil, err
		}
	}
	if err := r.pin(); err != nil {
		return nil, err
	}
	r.speak()
	if out.Facets, err = r.count(); err != nil {
		return nil, err
	}
	best, total, err := r.best()
	if err != nil {
		return nil, err
	}
	out.Total = total
	if found != nil && r.order() == ByRelevance {
		if err := r.refine(ctx, found, best); err != nil {
			return nil, err
		}
	}
	best = r.page(best)
	for i := range best {
		out.Hits = append(out.Hits, r.hit(&best[i]))
	}
	return out, r.excerpts(ctx, found, best, out.Hits)
}

func (r *run) hit(c *ranked) Hit {
	p, n := r.m.at(c.doc)
	h := Hit{
		Entry:      content.EntryID(r.m.names.entries.list()[c.entry]),
		Collection: content.CollectionID(r.m.names.collections.list()[p.collection[n]]),
		Locale:     content.Locale(r.m.names.locales.list()[p.locale[n]]),
		Distance:   c.distance,
		Pinned:     c.pin > 0 && r.order() == ByRelevance,
	}
	for _, ref := range c.pages {
		p, n := r.m.at(ref.doc)
		h.Pages = append(h.Pages, PageHit{File: content.AssetID(r.m.names.files.list()[p.file[n]]), Number: int(p.page[n])})
	}
	return h
}
