package act

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func said(l, key string) string { return words.Find(l, key) }

// MinutesOf reads the minutes of a meeting, or makes a draft from its agenda.
func (w *Work) MinutesOf(ctx context.Context, h *sdk.Host, meeting string) (*record.Minute, error) {
	b := record.Book{Host: h, Draft: true}
	for range 3 {
		m, err := record.One[record.Minute](ctx, b, record.Minutes, record.Q{"key": meeting})
		if err != nil || m != nil {
			return m, err
		}
		mt, err := record.Get[record.Meeting](ctx, b, record.Meetings, meeting)
		if err != nil || mt == nil {
			return nil, orMissing(err)
		}
		items := []map[string]any{}
		for _, it := range mt.Agenda {
			items = append(items, map[string]any{"title": it.Title})
		}
		reg, err := Registered(ctx, b, meeting)
		if err != nil {
			return nil, err
		}
		present, excused := []string{}, []string{}
		for _, r := range reg.Replies {
			switch r.State {
			case rules.Seated:
				present = append(present, r.Association)
			case rules.Declined:
				excused = append(excused, r.Association)
			}
		}
		_, err = b.Create(ctx, record.Minutes, record.Values{"key": meeting, "title": mt.Title, "meeting": meeting, "group": none(mt.Group), "state": rules.Draft,
			"edition": 1, "items": items, "present": present, "excused": excused, "attendance": len(present)}, false, "")
		if err != nil && !record.Taken(err, "key") {
			return nil, err
		}
	}
	return nil, fault("busy")
}

// MoveMinutes takes minutes a step further. A step that was taken before is
// taken again without harm; letters have keys of their own.
func (w *Work) MoveMinutes(ctx context.Context, h *sdk.Host, id, to, approvedIn string) error {
	b := record.Book{Host: h, Draft: true}
	m, err := record.Get[record.Minute](ctx, b, record.Minutes, id)
	if err != nil || m == nil {
		return orMissing(err)
	}
	if m.State != to {
		if !rules.Step(m.State, to) {
			return fault("step")
		}
		values := record.Values{"state": to}
		switch to {
		case rules.Circulated:
			values["circulated_at"] = record.Moment(w.Now())
			if m.State == rules.Corrected {
				values["edition"] = m.Version + 1
			}
		case rules.Approved:
			values["approved_at"], values["approved_in"] = record.Moment(w.Now()), none(approvedIn)
		}
		if _, err := b.Save(ctx, id, m.Revision, values); err != nil {
			return err
		}
	}
	private, err := w.private(ctx, b, m)
	if err != nil {
		return err
	}
	if to == rules.Published && !private {
		if err := b.Publish(ctx, id, 0); err != nil {
			return err
		}
	}
	return w.tellMinutes(ctx, h, b, m, to)
}

// private reports whether only members may see minutes.
func (w *Work) private(ctx context.Context, b record.Book, m *record.Minute) (bool, error) {
	if m.Group == "" {
		return false, nil
	}
	g, err := record.Get[record.Group](ctx, b, record.Groups, m.Group)
	if err != nil || g == nil {
		return true, err
	}
	return g.Visibility == "private", nil
}

func (w *Work) tellMinutes(ctx context.Context, h *sdk.Host, b record.Book, m *record.Minute, state string) error {
	if m.Group == "" || state == rules.Corrected {
		return nil
	}
	now, err := record.Get[record.Minute](ctx, b, record.Minutes, m.ID)
	if err != nil || now == nil {
		return err
	}
	all, err := Mandates(ctx, b, m.Group)
	if err != nil {
		return err
	}
	for _, md := range all {
		if !md.Rule().Holds(w.Today()) {
			continue
		}
		l := locale(md.Locale)
		err := w.letter(ctx, h, "minutes", KindMandate, md.ID, l, fmt.Sprintf("minutes %s %s %d %s", m.ID, state, now.Version, md.ID),
			map[string]string{"title": now.Title, "state": said(l, "minutes."+state)})
		if err != nil {
			return err
		}
	}
	return nil
}

// Correct asks for a correction of minutes that were circulated; the same wish
// twice is one.
func (w *Work) Correct(ctx context.Context, h *sdk.Host, m *record.Mandate, minutes, text string) error {
	text, err := checkText(text, 3, maxComment, "correction")
	if err != nil {
		return err
	}
	b := record.Book{Host: h, Draft: true}
	return retried(func() error {
		it, err := record.Get[record.Minute](ctx, b, record.Minutes, minutes)
		switch {
		case err != nil || it == nil:
			return orMissing(err)
		case it.Group != m.Group:
			return fault("members_only")
		case it.State != rules.Circulated && it.State != rules.Corrected:
			return fault("closed")
		}
		for _, c := range it.Corrections {
			if c.Mandate == m.ID && c.Text == text {
				return nil
			}
		}
		it.Corrections = append(it.Corrections, record.Correction{Association: m.Association, Mandate: m.ID, Text: text, At: record.Moment(w.Now()), State: "asked"})
		_, err = b.Save(ctx, it.ID, it.Revision, record.Values{"corrections": corrections(it.Corrections)})
		return err
	})
}

func corrections(all []record.Correction) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, c := range all {
		out[i] = map[string]any{"association": none(c.Association), "mandate": c.Mandate, "text": c.Text, "at": c.At, "state": c.State}
		if c.ID != "" {
			out[i]["id"] = c.ID
		}
	}
	return out
}

// SettleCorrection takes a wish in, or sets it aside; with a new text of the
// minutes when there is one. What was taken in makes them corrected.
func (w *Work) SettleCorrection(ctx context.Context, h *sdk.Host, minutes, correction string, taken bool, text string) error {
	b := record.Book{Host: h, Draft: true}
	return retried(func() error {
		it, err := record.Get[record.Minute](ctx, b, record.Minutes, minutes)
		if err != nil || it == nil {
			return orMissing(err)
		}
		if it.State != rules.Circulated && it.State != rules.Corrected {
			return fault("step")
		}
		found := false
		for i := range it.Corrections {
			if it.Corrections[i].ID == correction {
				found = true
				it.Corrections[i].State = map[bool]string{true: "taken", false: "refused"}[taken]
			}
		}
		if !found {
			return fault("missing")
		}
		values := record.Values{"corrections": corrections(it.Corrections)}
		if taken {
			values["state"] = rules.Corrected
			if text != "" {
				values["text"] = text
			}
		}
		_, err = b.Save(ctx, it.ID, it.Revision, values)
		return err
	})
}

// Decision is a line for the log.
type Decision struct {
	Group, Meeting, Text, Kind, Supersedes, Review string
}

// LogDecision writes a decision into the log of a group, under the next
// reference: the group's short name, the year, a number. The same words of the
// same day are the same decision.
func (w *Work) LogDecision(ctx context.Context, h *sdk.Host, d Decision) (ref, id string, err error) {
	b := record.Book{Host: h, Draft: true}
	g, err := record.Get[record.Group](ctx, b, record.Groups, d.Group)
	if err != nil || g == nil {
		return "", "", orMissing(err)
	}
	text, err := checkText(d.Text, 3, 3000, "decision")
	if err != nil {
		return "", "", err
	}
	taken := w.Today()
	if mt, err := record.Get[record.Meeting](ctx, b, record.Meetings, d.Meeting); err != nil {
		return "", "", err
	} else if mt != nil && len(mt.Starts) >= 10 {
		taken = mt.Starts[:10]
	}
	if d.Kind == "" {
		d.Kind = "consensus"
	}
	same, err := record.All[record.Decision](ctx, b, record.Decisions, record.Q{"group": d.Group, "taken": taken}, most)
	if err != nil {
		return "", "", err
	}
	for _, was := range same {
		if was.Text == text {
			return was.Ref, was.ID, w.supersede(ctx, b, d.Supersedes)
		}
	}
	n, err := record.Total(ctx, b, record.Decisions, record.Q{"group": d.Group, "taken _gte": taken[:4] + "-01-01", "taken _lte": taken[:4] + "-12-31"})
	if err != nil {
		return "", "", err
	}
	for range maxRetry {
		n++
		ref = fmt.Sprintf("%s-%s-%02d", g.Ref, taken[:4], n)
		done, err := b.Create(ctx, record.Decisions, record.Values{"ref": ref, "group": d.Group, "meeting": none(d.Meeting), "text": text, "kind": d.Kind,
			"state": "valid", "taken": taken, "supersedes": none(d.Supersedes), "review": none(d.Review)}, g.Visibility != "private", "")
		if record.Taken(err, "ref") {
			continue
		}
		if err != nil {
			return "", "", err
		}
		return ref, done.ID, w.supersede(ctx, b, d.Supersedes)
	}
	return "", "", fault("busy")
}

// supersede marks the decision that another one takes the place of.
func (w *Work) supersede(ctx context.Context, b record.Book, id string) error {
	was, err := record.Get[record.Decision](ctx, b, record.Decisions, id)
	if err != nil || was == nil {
		return err
	}
	values := record.Values{"state": "superseded"}
	if was.Public() {
		return b.Show(ctx, id, 0, values)
	}
	_, err = b.Save(ctx, id, 0, values)
	return err
}
