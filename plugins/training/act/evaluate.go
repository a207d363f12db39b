package act

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// Rated are the questions of the evaluation.
var Rated = []string{"content", "trainer", "organisation", "usefulness"}

// Opine keeps an opinion, once a person, and notes then that there is one: cut short in
// between, whoever sends it again has it kept once. The key under which it is
// kept leads to nobody without the secret of the site: what is kept does not say
// whose it is.
func (w *Work) Opine(ctx context.Context, reg *record.Registration, f Form) error {
	values := map[string]any{"session": reg.Session, "comment": f.Text("comment", 2000)}
	for _, q := range Rated {
		n, err := strconv.Atoi(f.Get(q))
		if err != nil || n < 1 || n > 5 {
			return FaultError("question")
		}
		values[q] = n
	}
	r, err := w.Seen(ctx, reg.Session)
	if err != nil {
		return err
	}
	l := r.Board.Find(reg.ID)
	switch {
	case l == nil:
		return seats.ErrMissing
	case l.State != seats.Attended && l.State != seats.Partial:
		return seats.ErrState
	case l.Evaluated:
		return nil
	}
	sum, err := w.digest(ctx, "opinion", reg.ID)
	if err != nil {
		return err
	}
	if _, err := w.Host().Create(ctx, record.Answers, sdk.Locales{"fr": values}, sdk.Options{Key: fmt.Sprintf("opinion %x", sum)}); err != nil {
		return err
	}
	return w.Change(ctx, reg.Session, func(b *seats.Roster, _ seats.Rules, _ time.Time) error {
		if l := b.Find(reg.ID); l != nil {
			l.Evaluated = true
		}
		return nil
	})
}

// results sums the opinions on a training up by year, and with them how many
// came and how regularly. Fewer than five opinions are not published: who gave
// them could be guessed.
const fewest = 5

func (w *Work) results(ctx context.Context, h *sdk.Host, id string) ([]record.Result, error) {
	all, err := record.Find[record.Session](ctx, h, record.Sessions, url.Values{"version": {"draft"}, "filter[training][_eq]": {id}})
	if err != nil {
		return nil, err
	}
	type sum struct{ people, marks, opinions, seen, halves int }
	years := map[int]*sum{}
	for i := range all {
		s := &all[i]
		if len(s.Starts) < 4 {
			continue
		}
		year, err := strconv.Atoi(s.Starts[:4])
		if err != nil {
			continue
		}
		r, err := w.Seen(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		if years[year] == nil {
			years[year] = &sum{}
		}
		y := years[year]
		for _, l := range r.Board.Lines {
			if l.State == seats.Attended || l.State == seats.Partial {
				y.people++
				y.seen += len(l.Marks)
				y.halves += len(s.HalfDays)
			}
		}
		said, err := record.Find[map[string]any](ctx, h, record.Answers, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
		if err != nil {
			return nil, err
		}
		for _, a := range said {
			y.opinions++
			for _, q := range Rated {
				n, _ := a[q].(float64)
				y.marks += int(n)
			}
		}
	}
	var out []record.Result
	for year, y := range years {
		if y.people == 0 {
			continue
		}
		one := record.Result{Year: year, Participants: &y.people}
		if y.halves > 0 {
			c := float64(100 * y.seen / y.halves)
			one.Completion = &c
		}
		if y.opinions >= fewest {
			m := float64(10*y.marks/(len(Rated)*y.opinions)) / 10
			one.Satisfaction = &m
		}
		out = append(out, one)
	}
	return out, nil
}

// PublishResults puts what the evaluations say into the training, as the person
// at the console.
func (w *Work) PublishResults(ctx context.Context, h *sdk.Host, id string) error {
	found, err := w.results(ctx, w.Host(), id)
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b record.Result) int { return b.Year - a.Year })
	var t record.Training
	if err := h.Get(ctx, record.Trainings, id, record.Newest, &t); err != nil {
		return err
	}
	done, err := h.Save(ctx, id, sdk.Locales{"fr": {"published_results": found}}, sdk.Options{Revision: t.Revision})
	if err == nil {
		_, err = h.Publish(ctx, id, nil, sdk.Options{Revision: done.Revision})
	}
	return err
}
