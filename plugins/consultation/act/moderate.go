package act

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Ruling is what a moderator decides about something.
type Ruling struct {
	Kind, ID  string
	Action    string // publish, hide, restore, keep
	Rule      string
	Statement string // the reasons, which the author gets
	By        string // account
}

// object is what is moderated.
type object struct {
	record.Head
	record.Said
	Topic string `json:"topic"`
}

// Rule carries a decision out, writes it down with its reasons, and tells the
// author. Hiding takes reasons: nobody is silenced without a word. h acts for
// the moderator.
func (w *Work) Rule(ctx context.Context, h *sdk.Host, r Ruling) error {
	collection := collectionOf(r.Kind)
	b := record.Book{Host: h, Draft: true}
	it, err := record.Get[object](ctx, b, collection, r.ID)
	if err != nil || it == nil {
		return orMissing(err)
	}
	if r.Action == "hide" && (len(r.Statement) < 5 || r.Rule == "") {
		return fault("statement")
	}
	ruling, err := w.writeDown(ctx, h, b, it, r)
	if err != nil {
		return err
	}
	if err := w.carryOut(ctx, b, it, r.Action); err != nil {
		return err
	}
	if err := w.settleReports(ctx, b, r); err != nil {
		return err
	}
	switch {
	case ruling != nil:
		return w.explain(ctx, h, b, it, ruling)
	case r.Action == "keep":
		return nil
	}
	return w.letter(ctx, h, "published", r.Kind, it.ID, locale(it.Locale), "published "+it.ID, map[string]string{"ref": it.Ref})
}

func (w *Work) carryOut(ctx context.Context, b record.Book, it *object, action string) error {
	switch action {
	case "publish", "restore":
		if it.State == record.Erased || it.State == record.Withdrawn || it.State == record.PendingEmail {
			return fault("moved")
		}
		return b.Show(ctx, it.ID, it.Revision, record.Values{"state": record.Published, "reports": 0})
	case "hide":
		if it.State == record.Erased || it.State == record.Withdrawn {
			return fault("moved")
		}
		return b.Hide(ctx, it.ID, record.Values{"state": record.Hidden})
	case "keep":
		_, err := b.Save(ctx, it.ID, 0, record.Values{"reports": 0})
		if err != nil || it.State != record.Published {
			return err
		}
		return b.Publish(ctx, it.ID, 0)
	}
	return fault("missing")
}

// settleReports answers the open reports about something.
func (w *Work) settleReports(ctx context.Context, b record.Book, r Ruling) error {
	open, err := record.All[record.Report](ctx, b, record.Reports, record.Q{"object": r.ID, "state": "open"}, 500)
	if err != nil {
		return err
	}
	state := "dismissed"
	if r.Action == "hide" {
		state = "upheld"
	}
	for _, one := range open {
		if _, err := b.Save(ctx, one.ID, 0, record.Values{"state": state}); err != nil {
			return err
		}
	}
	return nil
}

// writeDown writes a ruling before it is carried out, so that whoever tries again
// finds it: it is unfinished until its reasons are sent. What is published for
// the first time, or kept, takes no ruling; then it gives nil.
func (w *Work) writeDown(ctx context.Context, h *sdk.Host, b record.Book, it *object, r Ruling) (*record.Ruling, error) {
	if r.Action == "keep" || it.State == record.Erased || it.State == record.Withdrawn {
		return nil, nil
	}
	last, err := w.LastRuling(ctx, h, r.Kind, r.ID)
	if err != nil {
		return nil, err
	}
	hidden := it.State == record.Hidden
	if last != nil && last.Action == r.Action && (last.NotifiedAt == "" || hidden && r.Action == "hide") {
		return last, nil
	}
	if r.Action != "hide" && !hidden {
		return nil, nil
	}
	done, err := b.Create(ctx, record.Rulings, record.Values{"kind": r.Kind, "object": r.ID, "action": r.Action, "rule": none(r.Rule), "statement": none(r.Statement),
		"decided_by": none(r.By), "decided_at": record.Moment(w.Now()), "outcome": "none"}, false, fmt.Sprintf("ruling %s %d", r.ID, it.Revision))
	if err != nil {
		return nil, err
	}
	return &record.Ruling{Head: record.Head{ID: done.ID}, Kind: r.Kind, Action: r.Action, Rule: r.Rule, Statement: r.Statement}, nil
}

// explain sends the reasons of a ruling, once, and then writes when.
func (w *Work) explain(ctx context.Context, h *sdk.Host, b record.Book, it *object, r *record.Ruling) error {
	if r.NotifiedAt != "" {
		return nil
	}
	l := locale(it.Locale)
	err := w.letter(ctx, h, "ruling", r.Kind, it.ID, l, "ruling "+r.ID, map[string]string{"ref": it.Ref, "action": said(l, "action."+r.Action),
		"rule": said(l, "rule."+r.Rule), "statement": r.Statement})
	if err != nil {
		return err
	}
	_, err = b.Save(ctx, r.ID, 0, record.Values{"notified_at": record.Moment(w.Now())})
	return err
}

func none(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// Report says that something should not stand there; the same one twice is one.
func (w *Work) Report(ctx context.Context, h *sdk.Host, kind, id, reason, text, trap string) error {
	if trap != "" {
		return nil
	}
	collection := collectionOf(kind)
	it, err := record.Get[object](ctx, record.Book{Host: h}, collection, id)
	if err != nil || it == nil {
		return orMissing(err)
	}
	if text, err = checkText(text, 0, 2000, "report"); err != nil {
		return err
	}
	if said("fr", "rule."+reason) == "" {
		return fault("reason")
	}
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return err
	}
	b := record.Book{Host: h, Draft: true}
	mark := seal.Mark("report", kind, id, reason, text)
	_, err = b.Create(ctx, record.Reports, record.Values{"kind": kind, "object": id, "reason": reason, "text": none(text), "state": "open", "fingerprint": mark}, false, "")
	if err != nil && !record.Taken(err, "fingerprint") {
		return err
	}
	return retried(func() error {
		now, err := record.Get[object](ctx, b, collection, id)
		if err != nil || now == nil {
			return orMissing(err)
		}
		n, err := record.Total(ctx, b, record.Reports, record.Q{"object": id, "state": "open"})
		if err != nil {
			return err
		}
		if now.State == record.Published {
			return b.Show(ctx, id, now.Revision, record.Values{"reports": n})
		}
		_, err = b.Save(ctx, id, now.Revision, record.Values{"reports": n})
		return err
	})
}

// Appeal asks that another person looks at the last decision about something.
func (w *Work) Appeal(ctx context.Context, h *sdk.Host, kind, id, text string) error {
	text, err := checkText(text, 5, 3000, "appeal")
	if err != nil {
		return err
	}
	r, err := w.LastRuling(ctx, h, kind, id)
	if err != nil || r == nil {
		return orMissing(err)
	}
	if r.Outcome == "open" && r.Appeal == text {
		return nil // said again
	}
	if r.Outcome != "none" && r.Outcome != "" {
		return fault("appealed")
	}
	_, err = record.Book{Host: h, Draft: true}.Save(ctx, r.ID, r.Revision, record.Values{"appeal": text, "appealed_at": record.Moment(w.Now()), "outcome": "open"})
	return err
}

// LastRuling is the last decision about something, or nil.
func (w *Work) LastRuling(ctx context.Context, h *sdk.Host, kind, id string) (*record.Ruling, error) {
	return record.One[record.Ruling](ctx, record.Book{Host: h, Draft: true}, record.Rulings, record.Q{"kind": kind, "object": id, "sort": "-created_at"})
}

// Decide settles an appeal. Whoever took the decision may not.
func (w *Work) Decide(ctx context.Context, h *sdk.Host, ruling, outcome, why, by string) error {
	b := record.Book{Host: h, Draft: true}
	r, err := record.Get[record.Ruling](ctx, b, record.Rulings, ruling)
	switch {
	case err != nil || r == nil:
		return orMissing(err)
	case r.Outcome == outcome && r.OutcomeBy == by && r.OutcomeWhy == why: // said again
	case r.Outcome != "open":
		return fault("moved")
	case by == "" || by == r.DecidedBy:
		return fault("same_person")
	case outcome != "upheld" && outcome != "reversed" || len(why) < 5:
		return fault("statement")
	}
	it, err := record.Get[object](ctx, b, collectionOf(r.Kind), r.Object)
	if err != nil || it == nil {
		return orMissing(err)
	}
	if outcome == "reversed" && r.Outcome == "open" {
		back := "restore"
		if r.Action != "hide" {
			back = "hide"
		}
		if err := w.carryOut(ctx, b, it, back); err != nil {
			return err
		}
	}
	if _, err := b.Save(ctx, r.ID, r.Revision, record.Values{"outcome": outcome, "outcome_by": by, "outcome_why": why}); err != nil {
		return err
	}
	l := locale(it.Locale)
	return w.letter(ctx, h, "outcome", r.Kind, it.ID, l, "outcome "+r.ID, map[string]string{"ref": it.Ref, "outcome": said(l, "outcome."+outcome), "statement": why})
}
