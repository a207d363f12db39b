package training

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// rated are the questions of the evaluation.
var rated = []string{"content", "trainer", "organisation", "usefulness"}

// evaluatePage asks somebody who was there what they think of it.
func (p *program) evaluatePage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, id, token, out := item.Locale, item.Query["r"], item.Query["t"], &page{}
	ok, err := p.holds(ctx, id, token)
	if err != nil {
		return nil, err
	}
	out.fault(l, item.Query["fault"])
	if !ok {
		out.fault(l, "link")
		return &sdk.Content{Title: say(l, "evaluate.title"), HTML: out.String()}, nil
	}
	out.words(say(l, "evaluate.lead"))
	out.add(`<form class="letter" method="post" action="` + home + `/evaluate">`)
	out.hidden("locale", l)
	out.hidden("r", id)
	out.hidden("t", token)
	marks := []choice{{"", say(l, "form.choose")}}
	for i := 5; i >= 1; i-- {
		marks = append(marks, choice{strconv.Itoa(i), say(l, "mark."+strconv.Itoa(i))})
	}
	for _, q := range rated {
		out.choose(q, say(l, "rate."+q), true, marks)
	}
	out.add(`<p><label>{} <textarea name="comment" rows="5" maxlength="2000"></textarea></label></p>`, say(l, "evaluate.comment"))
	out.button(say(l, "evaluate.send"), "", "")
	out.add(`</form>`)
	return &sdk.Content{Title: say(l, "evaluate.title"), HTML: out.String()}, nil
}

// evaluate takes an opinion, once a person. What is kept does not say whose it
// is: that somebody has answered is noted in the roster, what they answered in
// an entry of its own.
func (p *program) evaluate(r *http.Request, f form) (outcome, error) {
	ctx, id, token := r.Context(), f.text("r", 26), f.text("t", 40)
	back := outcome{page: "evaluate", query: url.Values{"r": {id}, "t": {token}}, status: http.StatusUnprocessableEntity}
	if ok, err := p.holds(ctx, id, token); err != nil || !ok {
		back.fault, back.status = "link", http.StatusForbidden
		return back, err
	}
	reg, err := p.registration(ctx, id)
	if err != nil {
		return back, err
	}
	values := map[string]any{"session": reg.Session, "comment": f.text("comment", 2000)}
	for _, q := range rated {
		n, err := strconv.Atoi(f.Get(q))
		if err != nil || n < 1 || n > 5 {
			back.fault = "question"
			return back, nil
		}
		values[q] = n
	}
	return outcome{page: "mine", query: url.Values{"r": {id}, "t": {token}, "done": {"evaluate"}}}, p.opine(ctx, reg, values)
}

// opine keeps an opinion, and notes then that there is one: cut short in
// between, whoever sends it again has it kept once. The key under which it is
// kept leads to nobody without the secret of the site.
func (p *program) opine(ctx context.Context, reg *registration, values map[string]any) error {
	r, err := p.seen(ctx, reg.Session)
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
	sum, err := p.digest(ctx, "opinion", reg.ID)
	if err != nil {
		return err
	}
	if _, err := p.setup.Load().host.Create(ctx, answers, sdk.Locales{"fr": values}, sdk.Options{Key: fmt.Sprintf("opinion %x", sum)}); err != nil {
		return err
	}
	return p.change(ctx, reg.Session, func(b *seats.Roster, _ seats.Rules, _ time.Time) error {
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

func (p *program) results(ctx context.Context, h *sdk.Host, id string) ([]result, error) {
	all, err := find[session](ctx, h, sessions, url.Values{"version": {"draft"}, "filter[training][_eq]": {id}})
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
		r, err := p.seen(ctx, s.ID)
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
		said, err := find[map[string]any](ctx, h, answers, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
		if err != nil {
			return nil, err
		}
		for _, a := range said {
			y.opinions++
			for _, q := range rated {
				n, _ := a[q].(float64)
				y.marks += int(n)
			}
		}
	}
	var out []result
	for year, y := range years {
		if y.people == 0 {
			continue
		}
		one := result{Year: year, Participants: &y.people}
		if y.halves > 0 {
			c := float64(100 * y.seen / y.halves)
			one.Completion = &c
		}
		if y.opinions >= fewest {
			m := float64(10*y.marks/(len(rated)*y.opinions)) / 10
			one.Satisfaction = &m
		}
		out = append(out, one)
	}
	return out, nil
}
