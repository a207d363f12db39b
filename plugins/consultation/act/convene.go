package act

import (
	"context"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Designation makes a mandate.
type Designation struct {
	Group, Association, Authority, Role, Name, Email, Locale, From, To, User string
}

// Designate gives somebody a mandate. An association has one titular in a group
// at a time.
func (w *Work) Designate(ctx context.Context, h *sdk.Host, d Designation) error {
	b := record.Book{Host: h, Draft: true}
	g, err := record.Get[record.Group](ctx, b, record.Groups, d.Group)
	if err != nil || g == nil {
		return orMissing(err)
	}
	if d.From == "" {
		d.From = w.Today()
	}
	if d.Association == "" && d.Authority == "" {
		return fault("no_association")
	}
	if d.Email != "" {
		if d.Email, err = address(d.Email); err != nil {
			return err
		}
	}
	all, err := Mandates(ctx, b, d.Group)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Association == d.Association && m.Authority == d.Authority && m.Role == d.Role && m.Name == d.Name && m.Email == d.Email && m.From == d.From && m.Revoked == "" {
			return nil // given before
		}
	}
	one := rules.Mandate{Association: d.Association, Role: d.Role, From: d.From, To: d.To}
	if rules.Clash(record.Rules(all), one) != nil {
		return fault("titular")
	}
	names, err := b.Named(ctx, record.Associations, d.Association)
	if err != nil {
		return err
	}
	label := strings.TrimSpace(names[d.Association] + " — " + said("fr", "role."+d.Role))
	_, err = b.Create(ctx, record.Mandates, record.Values{"label": cutTo(label, 200), "group": d.Group, "association": none(d.Association), "authority": none(d.Authority),
		"role": d.Role, "name": none(d.Name), "email": none(d.Email), "user": none(d.User), "letters_in": locale(d.Locale), "from": d.From, "to": none(d.To),
		"digest": "weekly"}, g.Visibility != "private", "")
	return err
}

func cutTo(text string, most int) string {
	r := []rune(text)
	return string(r[:min(len(r), most)])
}

// Revoke ends a mandate, from today on.
func (w *Work) Revoke(ctx context.Context, h *sdk.Host, id, why string) error {
	b := record.Book{Host: h, Draft: true}
	m, err := record.Get[record.Mandate](ctx, b, record.Mandates, id)
	if err != nil || m == nil {
		return orMissing(err)
	}
	values := record.Values{"revoked": w.Today(), "revoked_why": none(why)}
	if m.Public() {
		return b.Show(ctx, id, m.Revision, values)
	}
	_, err = b.Save(ctx, id, m.Revision, values)
	return err
}

// OpenTopic begins a thread in a group, unless one of that title is open.
func (w *Work) OpenTopic(ctx context.Context, h *sdk.Host, group, title, body string) error {
	b := record.Book{Host: h, Draft: true}
	g, err := record.Get[record.Group](ctx, b, record.Groups, group)
	if err != nil || g == nil {
		return orMissing(err)
	}
	if title, err = checkText(title, 3, maxTitle, "title"); err != nil {
		return err
	}
	was, err := record.One[record.Head](ctx, b, record.Topics, record.Q{"group": group, "title": title, "state": "open"})
	if err != nil || was != nil {
		return err
	}
	_, err = b.Create(ctx, record.Topics, record.Values{"title": title, "group": group, "body": none(body), "visibility": g.Visibility, "state": "open"}, g.Visibility != "private", "")
	return err
}

// Question asks the associations of a group for their positions.
type Question struct {
	Group, Title, Text, Kind, Closes, Recommendation string
	Quorum                                           int
	Reason, Hidden                                   bool
}

// Ask puts a question, and writes to everybody who may answer for an
// association.
func (w *Work) Ask(ctx context.Context, h *sdk.Host, q Question) error {
	b := record.Book{Host: h, Draft: true}
	g, err := record.Get[record.Group](ctx, b, record.Groups, q.Group)
	if err != nil || g == nil {
		return orMissing(err)
	}
	if q.Title, err = checkText(q.Title, 3, 300, "title"); err != nil {
		return err
	}
	if q.Kind == "" {
		q.Kind = "agreement"
	}
	was, err := record.One[record.Ballot](ctx, b, record.Ballots, record.Q{"group": q.Group, "title": q.Title})
	if err != nil {
		return err
	}
	var id string
	if was != nil {
		id = was.ID
	} else {
		done, err := b.Create(ctx, record.Ballots, record.Values{"title": q.Title, "group": q.Group, "text": none(q.Text), "kind": q.Kind, "closes": none(q.Closes),
			"quorum": q.Quorum, "reason": q.Reason, "hidden": q.Hidden, "state": "open", "recommendation": none(q.Recommendation)}, g.Visibility != "private", "")
		if err != nil {
			return err
		}
		id = done.ID
	}
	all, err := Mandates(ctx, b, q.Group)
	if err != nil {
		return err
	}
	for _, m := range all {
		if !m.Rule().Speaks(w.Today()) {
			continue
		}
		err := w.letter(ctx, h, "ballot", KindMandate, m.ID, locale(m.Locale), "ballot "+id+" "+m.ID, map[string]string{"title": q.Title, "date": When(q.Closes, m.Locale)})
		if err != nil {
			return err
		}
	}
	return nil
}

// AddAction writes down what somebody has to do.
func (w *Work) AddAction(ctx context.Context, h *sdk.Host, group, meeting, decision, text, owner, due string) error {
	b := record.Book{Host: h, Draft: true}
	g, err := record.Get[record.Group](ctx, b, record.Groups, group)
	if err != nil || g == nil {
		return orMissing(err)
	}
	if text, err = checkText(text, 3, 500, "title"); err != nil {
		return err
	}
	same := record.Q{"group": group, "text": text}
	if meeting != "" {
		same["meeting"] = meeting
	}
	was, err := record.One[record.Action](ctx, b, record.Actions, same)
	if err != nil || was != nil {
		return err
	}
	_, err = b.Create(ctx, record.Actions, record.Values{"text": text, "group": group, "meeting": none(meeting), "decision": none(decision), "owner": none(owner),
		"due": none(due), "state": "open"}, g.Visibility != "private", "")
	return err
}

// FinishAction says that something is done.
func (w *Work) FinishAction(ctx context.Context, h *sdk.Host, id string) error {
	b := record.Book{Host: h, Draft: true}
	a, err := record.Get[record.Action](ctx, b, record.Actions, id)
	if err != nil || a == nil {
		return orMissing(err)
	}
	values := record.Values{"state": "done", "done": w.Today()}
	if a.Public() {
		return b.Show(ctx, id, a.Revision, values)
	}
	_, err = b.Save(ctx, id, a.Revision, values)
	return err
}
