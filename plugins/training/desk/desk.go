// Package desk shows the screens of the module of trainings in the console: the
// sessions, and of each its board with registrations, check-in and letters. It
// acts for the person who is there.
package desk

import (
	"context"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Desk shows the screens.
type Desk struct{ Work *act.Work }

// controls are those of forms at which a fault is to be mended.
var controls = map[act.FaultError]string{"name": "name", "email": "email", "consent": "consent", "question": "consent", "there": "name", "reason": "reason", "long": "text"}

// Show answers at the module's screens. The manifest lets in who may update
// sessions; what is read is read as that person.
func (d *Desk) Show(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	id := v.Params["session"]
	if v.Place == "next" || id == "" {
		return d.sessionsScreen(ctx, v)
	}
	s, err := record.Get[record.Session](ctx, v.Host, record.Sessions, id, v.Locale)
	if err != nil {
		return nil, err
	}
	view, person := &sdk.View{}, v.Params["person"]
	if v.Action != "" {
		err := d.press(ctx, v, s, view)
		fault := act.FaultOf(err)
		switch {
		case err != nil && fault == "":
			return nil, err
		case fault != "":
			key := "fault." + string(fault)
			if words.Find(v.Locale, "board."+key) != "" { // it is not the reader's own registration
				key = "board." + key
			}
			view.Toast, view.Tone = words.Say(v.Locale, key), "danger"
			if at := controls[fault]; at != "" { // the screen stays, with what was filled in
				view.Faults = []sdk.Fault{{Pointer: "/" + at, Text: words.Texts(key)}}
				return view, nil
			}
		case person != "": // what was to be done there is done
			person, view.Navigate = "", "/x/training/board?session="+s.ID
		}
	}
	if person != "" {
		view.Tree, err = d.person(ctx, v, s, person)
	} else {
		view.Tree, err = d.board(ctx, v, s)
	}
	return view, err
}

// press does what was pressed on the board of a session.
func (d *Desk) press(ctx context.Context, v *sdk.Visit, s *record.Session, view *sdk.View) error {
	var in struct {
		ID, Half, Subject, Text, Reason string // ID is of a registration, or of a trainer
		There                           bool
	}
	if err := v.Values(&in); err != nil {
		return err
	}
	if in.ID == "" {
		in.ID = v.Params["person"]
	}
	view.Toast, view.Tone = words.Say(v.Locale, "board.done"), "success"
	switch v.Action {
	case "mail":
		n, err := d.Work.Mail(ctx, v.Host, s, in.Subject, in.Text)
		view.Toast = words.Say(v.Locale, "board.sent", n)
		return err
	case "register":
		f, err := form(v)
		if err != nil {
			return err
		}
		_, err = d.Work.RegisterFor(ctx, s, f)
		return err
	case "reject":
		return d.Work.TurnAway(ctx, s.ID, in.ID, in.Reason, func(r *seats.Roster) error { return r.Reject(in.ID) })
	case "cancel":
		return d.Work.TurnAway(ctx, s.ID, in.ID, in.Reason, func(r *seats.Roster) error { return r.Cancel(in.ID, seats.CancelledByOrg) })
	case "publish":
		return d.Work.PublishResults(ctx, v.Host, s.Training)
	}
	signers, err := d.signers(ctx, v.Host, s, v.Locale)
	if err != nil {
		return err
	}
	return d.Work.Change(ctx, s.ID, func(r *seats.Roster, rules seats.Rules, _ time.Time) error {
		switch v.Action {
		case "approve":
			return r.Approve(in.ID, rules)
		case "prefer":
			return r.Prefer(in.ID, 1)
		case "sign":
			if !slices.Contains(s.Keys(), in.Half) {
				return seats.ErrMissing
			}
			return r.Sign(in.ID, in.Half, seats.Mark{At: v.Pressed.Unix(), Source: "desk"}, in.There)
		case "trainer":
			if !slices.Contains(s.Keys(), in.Half) || !slices.ContainsFunc(signers, func(t record.Trainer) bool { return t.ID == in.ID }) {
				return seats.ErrMissing
			}
			r.SignTrainer(in.ID, in.Half, seats.Mark{At: v.Pressed.Unix(), Source: "trainer"}, in.There)
			return nil
		case "close":
			r.Close(s.Keys())
			return nil
		}
		return seats.ErrState
	})
}
