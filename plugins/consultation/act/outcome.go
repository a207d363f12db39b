package act

import (
	"context"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Send puts a recommendation to its authority: from that day the delay runs,
// for everybody to see. Who supports it, and with what reservations, comes from
// the positions, if a question was asked about it.
func (w *Work) Send(ctx context.Context, h *sdk.Host, recommendation, ballot string) error {
	b := record.Book{Host: h, Draft: true}
	r, err := record.Get[record.Recommendation](ctx, b, record.Recommendations, recommendation)
	if err != nil || r == nil {
		return orMissing(err)
	}
	if r.State != "draft" && r.State != "" {
		return b.Publish(ctx, r.ID, 0) // sent before
	}
	values := record.Values{"state": "sent", "sent_on": w.Today()}
	if r.Deadline == "" {
		values["deadline"] = rules.After(w.Today(), w.Settings().AnswerDays)
	}
	if ballot != "" {
		supported, reserved, err := w.support(ctx, b, ballot)
		if err != nil {
			return err
		}
		values["supported_by"], values["reservations"] = supported, reserved
	}
	return b.Show(ctx, r.ID, r.Revision, values)
}

// support gives the associations that agree, and the reservations.
func (w *Work) support(ctx context.Context, b record.Book, ballot string) ([]string, []map[string]any, error) {
	all, err := record.All[record.Position](ctx, b, record.Positions, record.Q{"ballot": ballot}, maxMandates)
	supported, reserved := []string{}, []map[string]any{}
	for _, p := range all {
		switch p.Value {
		case "agree", "consent", "reserve":
			supported = append(supported, p.Association)
		}
		if p.Reservation != "" {
			reserved = append(reserved, map[string]any{"association": p.Association, "text": p.Reservation})
		}
	}
	return supported, reserved, err
}

// Official is what an authority answers.
type Official struct {
	Recommendation, Authority, Signatory, State, Reasons, On string
}

// Record writes an official answer down and shows it. The same words of the same
// day are the same answer.
func (w *Work) Record(ctx context.Context, h *sdk.Host, o Official) (string, error) {
	b := record.Book{Host: h, Draft: true}
	r, err := record.Get[record.Recommendation](ctx, b, record.Recommendations, o.Recommendation)
	if err != nil || r == nil {
		return "", orMissing(err)
	}
	if r.State == "draft" {
		return "", fault("not_sent")
	}
	if said("fr", "answer."+o.State) == "" {
		return "", fault("statement")
	}
	if o.Reasons, err = checkText(o.Reasons, 1, 6000, "statement"); err != nil {
		return "", err
	}
	if o.On == "" {
		o.On = w.Today()
	}
	if o.Authority == "" {
		o.Authority = r.AddressedTo
	}
	same, err := record.All[record.Answer](ctx, b, record.Answers, record.Q{"recommendation": r.ID, "answered_on": o.On, "state": o.State}, most)
	if err != nil {
		return "", err
	}
	var id string
	for _, was := range same {
		if was.Reasons == o.Reasons {
			id = was.ID
		}
	}
	if id == "" {
		done, err := b.Create(ctx, record.Answers, record.Values{"recommendation": r.ID, "authority": none(o.Authority), "signatory": none(o.Signatory), "state": o.State,
			"reasons": o.Reasons, "answered_on": o.On}, true, "")
		if err != nil {
			return "", err
		}
		id = done.ID
	}
	if o.State == "studied" {
		return id, nil // the delay goes on
	}
	return id, b.Show(ctx, r.ID, 0, record.Values{"state": "answered"})
}

// Promise is a commitment to write down.
type Promise struct {
	Recommendation, Answer, Authority, Title, Indicator, Due string
	Milestones                                               []record.Milestone
}

// Commit writes a commitment down and shows it.
func (w *Work) Commit(ctx context.Context, h *sdk.Host, p Promise) (string, error) {
	b := record.Book{Host: h, Draft: true}
	title, err := checkText(p.Title, 3, 300, "title")
	if err != nil {
		return "", err
	}
	was, err := record.One[record.Commitment](ctx, b, record.Commitments, record.Q{"recommendation": p.Recommendation, "title": title})
	if err != nil {
		return "", err
	}
	if was != nil {
		return was.ID, b.Publish(ctx, was.ID, 0)
	}
	done, err := b.Create(ctx, record.Commitments, record.Values{"title": title, "recommendation": p.Recommendation, "answer": none(p.Answer), "authority": none(p.Authority),
		"indicator": none(p.Indicator), "due": none(p.Due), "state": "planned", "progress": 0, "milestones": milestones(p.Milestones)}, true, "")
	if err != nil {
		return "", err
	}
	return done.ID, nil
}

func milestones(all []record.Milestone) []map[string]any {
	out := make([]map[string]any, len(all))
	for i, m := range all {
		out[i] = map[string]any{"date": none(m.Date), "text": m.Text, "done": m.Done}
		if m.ID != "" {
			out[i]["id"] = m.ID
		}
	}
	return out
}

// Progress says how far a commitment is, and which milestones are reached.
func (w *Work) Progress(ctx context.Context, h *sdk.Host, commitment string, progress int, state string, reached []string) error {
	b := record.Book{Host: h, Draft: true}
	if progress < 0 || progress > 100 {
		return fault("progress")
	}
	return retried(func() error {
		c, err := record.Get[record.Commitment](ctx, b, record.Commitments, commitment)
		if err != nil || c == nil {
			return orMissing(err)
		}
		for i := range c.Milestones {
			for _, id := range reached {
				if c.Milestones[i].ID == id {
					c.Milestones[i].Done = true
				}
			}
		}
		if state == "" {
			switch {
			case progress == 100:
				state = "done"
			case progress > 0:
				state = "under_way"
			default:
				state = "planned"
			}
		}
		return b.Show(ctx, c.ID, c.Revision, record.Values{"progress": progress, "state": state, "milestones": milestones(c.Milestones)})
	})
}

// Proposal is a recommendation to write down.
type Proposal struct {
	Group, Consultation, Ref, Text, AddressedTo, Addressee string
	Cites                                                  []string
}

// Recommend writes a recommendation down, as a draft; its reference makes it
// one.
func (w *Work) Recommend(ctx context.Context, h *sdk.Host, p Proposal) (string, error) {
	b := record.Book{Host: h, Draft: true}
	text, err := checkText(p.Text, 10, 4000, "body")
	if err != nil {
		return "", err
	}
	if p.Ref = strings.TrimSpace(p.Ref); p.Ref == "" {
		return "", fault("title")
	}
	if p.AddressedTo == "" && p.Addressee == "" {
		return "", fault("addressee")
	}
	done, err := b.Create(ctx, record.Recommendations, record.Values{"ref": p.Ref, "text": text, "group": none(p.Group), "consultation": none(p.Consultation),
		"addressed_to": none(p.AddressedTo), "addressee": none(p.Addressee), "cites": append([]string{}, p.Cites...), "state": "draft"}, false, "")
	if record.Taken(err, "ref") {
		was, err := record.One[record.Recommendation](ctx, b, record.Recommendations, record.Q{"ref": p.Ref})
		if err != nil || was == nil || was.Text != text || was.State != "draft" {
			return "", orFault(err, "ref")
		}
		return was.ID, nil // said again
	}
	if err != nil {
		return "", err
	}
	return done.ID, nil
}
