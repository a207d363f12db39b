package act

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Step is something that happened to what people said, of which they are told.
type Step struct {
	Collection string `json:"collection"`
	ID         string `json:"id"`
}

// about is what the authors are told of a step: since which statements it goes,
// a key that is another one when it is another step, and the words.
type about struct {
	statements []string
	key        string
	step       func(l string) string
	text       string
}

// look reads what a step is about; nil: nothing to tell.
func (w *Work) look(ctx context.Context, b record.Book, s Step) (*about, error) {
	switch s.Collection {
	case record.Statements:
		it, err := record.Get[record.Statement](ctx, b, record.Statements, s.ID)
		if err != nil || it == nil {
			return nil, err
		}
		return &about{[]string{it.ID}, "cited", func(l string) string { return said(l, "step.cited."+it.Kind) }, it.Title + " — " + it.Text + it.Why}, nil
	case record.Recommendations:
		it, err := record.Get[record.Recommendation](ctx, b, record.Recommendations, s.ID)
		if err != nil || it == nil || it.State == "draft" {
			return nil, err
		}
		return &about{it.Cites, "sent", func(l string) string { return said(l, "step.sent") }, it.Ref + " — " + it.Text}, nil
	case record.Answers:
		it, err := record.Get[record.Answer](ctx, b, record.Answers, s.ID)
		if err != nil || it == nil {
			return nil, err
		}
		r, err := record.Get[record.Recommendation](ctx, b, record.Recommendations, it.Recommendation)
		if err != nil || r == nil {
			return nil, err
		}
		return &about{r.Cites, it.State, func(l string) string { return said(l, "answer."+it.State) }, it.Reasons}, nil
	case record.Commitments:
		it, err := record.Get[record.Commitment](ctx, b, record.Commitments, s.ID)
		if err != nil || it == nil {
			return nil, err
		}
		r, err := record.Get[record.Recommendation](ctx, b, record.Recommendations, it.Recommendation)
		if err != nil || r == nil {
			return nil, err
		}
		reached := 0
		for _, m := range it.Milestones {
			if m.Done {
				reached++
			}
		}
		return &about{r.Cites, fmt.Sprintf("%s %d %d", it.State, it.Progress, reached),
			func(l string) string {
				return said(l, "step.commitment") + " : " + said(l, "commitment."+it.State) + fmt.Sprintf(", %d %%", it.Progress)
			}, it.Title}, nil
	}
	return nil, nil
}

// Notify tells the authors of all contributions that a step goes back to, also
// of those that were merged into them or from which they were split. Each is
// told once per step. progress is told how many; it may begin after some.
func (w *Work) Notify(ctx context.Context, h *sdk.Host, s Step, after int, progress func(done int) error) error {
	b := record.Book{Host: h}
	a, err := w.look(ctx, b, s)
	if err != nil || a == nil {
		return err
	}
	ids, err := Sources(ctx, b, a.statements)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if i < after {
			continue
		}
		c, err := record.Get[record.Contribution](ctx, b.Newest(), record.Contributions, id)
		if err != nil {
			return err
		}
		if c != nil && c.State != record.Erased {
			l := locale(c.Locale)
			err := w.letter(ctx, h, "step", KindContribution, id, l, strings.Join([]string{"step", s.ID, a.key, id}, " "),
				map[string]string{"ref": c.Ref, "step": a.step(l), "text": a.text})
			if err != nil {
				return err
			}
		}
		if err := progress(i + 1); err != nil {
			return err
		}
	}
	return nil
}

// maxSources bounds the contributions that one step goes back to.
const maxSources = 20_000

// Sources are the contributions that statements go back to, in order: those that
// are cited, those that were merged into them, and those that they were split
// from.
func Sources(ctx context.Context, b record.Book, statements []string) ([]string, error) {
	var out []string
	add := func(id string) {
		if id != "" && !slices.Contains(out, id) && len(out) < maxSources {
			out = append(out, id)
		}
	}
	for _, id := range statements {
		s, err := record.Get[record.Statement](ctx, b, record.Statements, id)
		if err != nil {
			return nil, err
		}
		if s == nil {
			continue
		}
		for _, c := range s.Cites {
			add(c)
		}
	}
	for i := 0; i < len(out); i++ { // what is added is looked at too
		c, err := record.Get[record.Contribution](ctx, b.Newest(), record.Contributions, out[i])
		if err != nil {
			return nil, err
		}
		if c != nil {
			add(c.SplitFrom)
		}
		err = record.Each(ctx, b.Newest(), record.Contributions, record.Q{"merged_into": out[i], "fields": "id"}, func(all []record.Head) (bool, error) {
			for _, m := range all {
				add(m.ID)
			}
			return len(out) < maxSources, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Recount makes the counts that lists sort by and pages show true again, after a
// comment or a citation came or went.
func (w *Work) Recount(ctx context.Context, h *sdk.Host, contribution string) error {
	b := record.Book{Host: h, Draft: true}
	return retried(func() error {
		c, err := record.Get[record.Contribution](ctx, b, record.Contributions, contribution)
		if err != nil || c == nil {
			return err
		}
		values, same := record.Values{}, true
		for _, x := range []struct {
			name, collection string
			was              int
			q                record.Q
		}{
			{"comments", record.Comments, c.Comments, record.Q{"contribution": c.ID, "state": record.Published}},
			{"pros", record.Comments, c.Pros, record.Q{"contribution": c.ID, "state": record.Published, "side": "for"}},
			{"cons", record.Comments, c.Cons, record.Q{"contribution": c.ID, "state": record.Published, "side": "against"}},
			{"cited", record.Statements, c.Cited, record.Q{"cites": c.ID}},
		} {
			n, err := record.Total(ctx, record.Book{Host: h}, x.collection, x.q)
			if err != nil {
				return err
			}
			values[x.name], same = n, same && n == x.was
		}
		if same {
			return nil
		}
		if c.Status == "published" {
			return b.Show(ctx, c.ID, c.Revision, values)
		}
		_, err = b.Save(ctx, c.ID, c.Revision, values)
		return err
	})
}
