package act

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Fill takes the answers to the questionnaire of a consultation in: once per
// address, which a code confirms. Until then they may be sent anew.
func (w *Work) Fill(ctx context.Context, h *sdk.Host, consultation string, v Voice, sent func(key string) []string) (*Receipt, error) {
	if v.Trap != "" {
		return &Receipt{}, nil
	}
	to, err := record.Get[record.Consultation](ctx, record.Book{Host: h, Locale: locale(v.Locale)}, record.Consultations, consultation)
	switch {
	case err != nil || to == nil || len(to.Questions) == 0:
		return nil, orMissing(err)
	case !rules.Open(to.Phases, w.Today(), rules.Survey):
		return nil, fault("closed")
	case !v.Consent:
		return nil, fault("consent")
	}
	if v.Email, err = address(v.Email); err != nil {
		return nil, err
	}
	got, wrong := rules.Answers(to.Questions, sent)
	if wrong != "" {
		return nil, fault("question")
	}
	raw, err := json.Marshal(got)
	if err != nil {
		return nil, fmt.Errorf("write answers: %w", err)
	}
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return nil, err
	}
	mark := seal.Mark("survey", v.Email, to.ID)
	b := record.Book{Host: h, Draft: true}
	values := record.Values{"consultation": to.ID, "answers": string(raw), "email": v.Email, "fingerprint": mark, "letters_in": locale(v.Locale), "sent": record.Moment(w.Now())}
	was, err := record.One[record.Response](ctx, b, record.Responses, record.Q{"fingerprint": mark})
	if err != nil {
		return nil, err
	}
	if was == nil {
		if err := w.awaits(&v, values, ""); err != nil {
			return nil, err
		}
		_, err = b.Create(ctx, record.Responses, values, false, "")
	} else if was.State == record.PendingEmail && was.Answers != string(raw) {
		_, err = b.Save(ctx, was.ID, was.Revision, record.Values{"answers": string(raw)})
	}
	if err != nil && !record.Taken(err, "fingerprint") {
		return nil, err
	}
	return w.before(ctx, h, KindResponse, mark)
}

// CountResponses makes the number of answers true that pages show. Those whose
// people were forgotten count on.
func (w *Work) CountResponses(ctx context.Context, h *sdk.Host, response string) error {
	b := record.Book{Host: h, Draft: true}
	one, err := record.Get[record.Response](ctx, b, record.Responses, response)
	if err != nil || one == nil {
		return err
	}
	return retried(func() error {
		c, err := record.Get[record.Consultation](ctx, b, record.Consultations, one.Consultation)
		if err != nil || c == nil {
			return err
		}
		n, err := record.Total(ctx, b, record.Responses, record.Q{"consultation": c.ID, "state _in": record.Counted + "," + record.Erased})
		if err != nil || n == c.Responses {
			return err
		}
		return w.change(ctx, b, c, record.Values{"responses": n})
	})
}

// change saves a value of a consultation, and shows it where nothing else waits
// to be shown.
func (w *Work) change(ctx context.Context, b record.Book, c *record.Consultation, v record.Values) error {
	if c.Status == "published" {
		return b.Show(ctx, c.ID, c.Revision, v)
	}
	_, err := b.Save(ctx, c.ID, c.Revision, v)
	return err
}

// Results counts the answers of a questionnaire and shows the counts: of what
// people wrote themselves only how many did.
func (w *Work) Results(ctx context.Context, h *sdk.Host, consultation string) error {
	b := record.Book{Host: h, Draft: true}
	c, err := record.Get[record.Consultation](ctx, b, record.Consultations, consultation)
	if err != nil || c == nil || len(c.Questions) == 0 {
		return orMissing(err)
	}
	counts := rules.Counts{}
	err = record.Each(ctx, b, record.Responses, record.Q{"consultation": c.ID, "state": record.Counted, "fields": "id,answers"}, func(all []record.Response) (bool, error) {
		for _, one := range all {
			var answers map[string][]string
			if err := json.Unmarshal([]byte(one.Answers), &answers); err == nil { // what was erased has none
				counts.Add(c.Questions, answers)
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	rows := []map[string]any{}
	for _, r := range counts.Results(c.Questions) {
		rows = append(rows, map[string]any{"question": r.Question, "choice": r.Choice, "count": r.Count})
	}
	return b.Show(ctx, c.ID, c.Revision, record.Values{"results": rows, "results_on": w.Today()})
}

// closeSurveys shows the results of questionnaires that nobody can answer any
// more.
func (w *Work) closeSurveys(ctx context.Context, h *sdk.Host) error {
	all, err := record.All[record.Consultation](ctx, record.Book{Host: h, Draft: true}, record.Consultations, record.Q{"responses _gt": "0", "results_on _null": "true"}, most)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Status != "published" || rules.Coming(c.Phases, w.Today(), rules.Survey) {
			continue
		}
		if err := w.Results(ctx, h, c.ID); err != nil {
			return err
		}
	}
	return nil
}
