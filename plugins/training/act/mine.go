package act

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// Own does what somebody asks for their own registration.
func (w *Work) Own(ctx context.Context, reg *record.Registration, act string, f Form) error {
	switch act {
	case "replace":
		return w.invite(ctx, reg, f)
	case "edit":
		return w.amend(ctx, reg, f)
	case "erase":
		_, err := w.Host().Erase(ctx, reg.ID, sdk.Options{Reason: "asked for by the person"})
		return err // the rest follows from the event, also when somebody erases in the console
	case "sign":
		return w.signSelf(ctx, reg, f)
	}
	do := own(act, reg.ID)
	if do == nil {
		return seats.ErrState
	}
	return w.Change(ctx, reg.Session, do)
}

// own gives the change of the roster that an act of a person is.
func own(act, id string) func(*seats.Roster, seats.Rules, time.Time) error {
	switch act {
	case "accept":
		return func(r *seats.Roster, _ seats.Rules, now time.Time) error { return r.Accept(id, now) }
	case "decline":
		return func(r *seats.Roster, _ seats.Rules, _ time.Time) error { return r.Decline(id) }
	case "confirm":
		return func(r *seats.Roster, _ seats.Rules, _ time.Time) error { return r.Confirm(id) }
	case "cancel":
		return func(r *seats.Roster, _ seats.Rules, _ time.Time) error { return r.Cancel(id, seats.CancelledByPerson) }
	}
	return nil
}

// invite offers the place of somebody to a colleague, who takes it by a code.
// Until then it stays whose it is.
func (w *Work) invite(ctx context.Context, reg *record.Registration, f Form) error {
	s, err := record.Get[record.Session](ctx, w.Host(), record.Sessions, reg.Session, f.Locale)
	if err != nil {
		return err
	}
	roster, err := w.Seen(ctx, s.ID)
	if err != nil {
		return err
	}
	if l := roster.Board.Find(reg.ID); l == nil || l.State.Over() || l.State == seats.Offered {
		return seats.ErrState
	} else if l.Association == "" {
		return seats.ErrOther
	}
	f.Set("consent", "on") // the colleague agrees by using the code
	plain := *s
	plain.Questions = nil // asked of whoever takes the place, by the organiser
	values, _, err := fill(&plain, f)
	if err != nil {
		return err
	}
	values["replaces"], values["source"] = reg.ID, "substitution"
	values["association"], values["organisation"], values["wilaya"] = reg.Association, reg.Organisation, reg.Wilaya
	id, err := w.enter(ctx, s, values, nil)
	if err != nil {
		return err
	}
	return w.sendCode(ctx, "substitute", id, s, f.Locale)
}

// amend takes in what somebody changes in their registration. The address stays,
// and so does what seats are counted by besides answers: association and wilaya.
// The seats are decided first: cut short, the same form finishes the rest.
func (w *Work) amend(ctx context.Context, reg *record.Registration, f Form) error {
	s, err := record.Get[record.Session](ctx, w.Host(), record.Sessions, reg.Session, f.Locale)
	if err != nil {
		return err
	}
	if !s.Edits(w.Now()) {
		return FaultError("late")
	}
	f.Set("email", reg.Email)
	f.Set("consent", "on") // given, and not taken back
	f.Told = reg.Email == ""
	values, apart, err := fill(s, f)
	if err != nil {
		return err
	}
	answers, _ := values["answers"].(map[string]string)
	before, err := w.Apart(ctx, reg.ID)
	if err != nil {
		return err
	}
	if changed := change(apart, before); len(changed) > 0 || !maps.Equal(answers, reg.Answers) || values["function"] != reg.Function {
		err := w.Change(ctx, s.ID, func(r *seats.Roster, rules seats.Rules, _ time.Time) error {
			return r.Amend(reg.ID, s.Groups(answers), rules)
		})
		if err != nil {
			return err
		}
		for _, q := range changed {
			if err := w.keepApart(ctx, reg, q, before[q.Key], apart[q]); err != nil {
				return err
			}
		}
	}
	if answers == nil {
		answers = map[string]string{}
	}
	now := map[string]any{"name": values["name"], "phone": values["phone"], "function": values["function"], "visible": values["visible"],
		"answers": answers, "consents": values["consents"]}
	if now["name"] == reg.Name && now["phone"] == reg.Phone && now["function"] == reg.Function && now["visible"] == reg.Visible && maps.Equal(answers, reg.Answers) {
		return nil
	}
	for range maxTries {
		newest, err := w.Registration(ctx, reg.ID)
		if err != nil {
			return err
		}
		_, err = w.Host().Save(ctx, reg.ID, sdk.Locales{"fr": now}, sdk.Options{Revision: newest.Revision})
		if err == nil || !sdk.IsStale(err) {
			return err
		}
	}
	return errBusy
}

// change lists the questions that are answered otherwise than before.
func change(now map[record.Question]string, before map[string]record.Need) []record.Question {
	var out []record.Question
	seen := map[string]bool{}
	for q, v := range now {
		seen[q.Key] = true
		if before[q.Key].Answer != v {
			out = append(out, q)
		}
	}
	for key := range before {
		if !seen[key] {
			out = append(out, record.Question{Key: key})
		}
	}
	return out
}

// Apart are the answers of a registration that are kept apart, by question.
func (w *Work) Apart(ctx context.Context, id string) (map[string]record.Need, error) {
	found, err := record.Find[record.Need](ctx, w.Host(), record.Needs, url.Values{"version": {"draft"}, "filter[registration][_eq]": {id}})
	out := map[string]record.Need{}
	for _, n := range found {
		out[n.Key] = n
	}
	return out, err
}

// keepApart keeps an answer in the place of the one that there was.
func (w *Work) keepApart(ctx context.Context, reg *record.Registration, q record.Question, old record.Need, answer string) (err error) {
	switch {
	case answer == "":
		return w.destroy(ctx, w.Host(), old.ID)
	case old.ID != "":
		_, err = w.Host().Save(ctx, old.ID, sdk.Locales{"fr": {"answer": answer}}, sdk.Options{})
	default:
		_, err = w.Host().Create(ctx, record.Needs, sdk.Locales{"fr": {"registration": reg.ID, "session": reg.Session, "key": q.Key, "answer": answer, "keep_days": *q.KeepDays}}, sdk.Options{})
	}
	return err
}

// RoomCode is shown in the room of a half-day: whoever gives it was there.
func (w *Work) RoomCode(ctx context.Context, session, half string) (string, error) {
	sum, err := w.digest(ctx, "room", session, half)
	return fmt.Sprintf("%04d", (int(sum[0])<<8|int(sum[1]))%10_000), err
}

// signSelf has somebody sign a half-day on their own telephone, on its day.
func (w *Work) signSelf(ctx context.Context, reg *record.Registration, f Form) error {
	s, err := record.Get[record.Session](ctx, w.Host(), record.Sessions, reg.Session, f.Locale)
	if err != nil {
		return err
	}
	half := f.Text("half", 20)
	want, err := w.RoomCode(ctx, s.ID, half)
	if err != nil {
		return err
	}
	today := w.Now().In(s.Location()).Format(time.DateOnly)
	if !slices.Contains(s.Keys(), half) || !strings.HasPrefix(half, today) || f.Text("code", 8) != want {
		return FaultError("code")
	}
	return w.Change(ctx, s.ID, func(r *seats.Roster, _ seats.Rules, now time.Time) error {
		return r.Sign(reg.ID, half, seats.Mark{At: now.Unix(), Source: "self"}, true)
	})
}

// maxReason bounds a reason, in bytes: a letter takes no more.
const maxReason = 500

// TurnAway refuses or cancels a registration for a reason, which the person reads
// in the letter and on their page. The reason is kept first, with what is
// personal: cut short, whoever presses again finishes it.
func (w *Work) TurnAway(ctx context.Context, session, id, reason string, do func(*seats.Roster) error) error {
	if reason = strings.Join(strings.Fields(reason), " "); len(reason) > maxReason {
		return FaultError("reason")
	}
	for range maxTries {
		reg, err := w.Registration(ctx, id)
		if err != nil {
			return err
		}
		if reg.Reason == reason {
			return w.Change(ctx, session, func(r *seats.Roster, _ seats.Rules, _ time.Time) error { return do(r) })
		}
		_, err = w.Host().Save(ctx, id, sdk.Locales{"fr": {"reason": reason}}, sdk.Options{Revision: reg.Revision})
		if err != nil && !sdk.IsStale(err) {
			return err
		}
	}
	return errBusy
}
