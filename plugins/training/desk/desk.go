// Package desk shows the screens of the module of trainings in the console: the
// sessions, and of each its board with registrations, check-in and letters. It
// acts for the person who is there.
package desk

import (
	"context"
	"net/url"
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
	view := &sdk.View{}
	if v.Action != "" {
		if err := d.press(ctx, v, s, view); err != nil {
			fault := act.FaultOf(err)
			if fault == "" {
				return nil, err
			}
			view.Toast, view.Tone = words.Say(v.Locale, "fault."+string(fault)), "danger"
		}
	}
	return view, d.boardScreen(ctx, v, s, view)
}

// sessionsScreen is the calendar of sessions, each with its board.
func (d *Desk) sessionsScreen(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	l := v.Locale
	all, err := record.Find[record.Session](ctx, v.Host, record.Sessions, url.Values{"version": {"draft"}, "locale": {l}, "sort": {"-starts"}})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return &sdk.View{Tree: sdk.Empty(words.Say(l, "agenda.none"), "")}, nil
	}
	var rows []map[string]any
	for i := range all[:min(len(all), 100)] {
		s := &all[i]
		title, place, err := d.Work.Named(ctx, s, l)
		if err != nil {
			return nil, err
		}
		room, _, err := d.Work.Room(ctx, s, l)
		if err != nil {
			return nil, err
		}
		rows = append(rows, map[string]any{"title": sdk.Link(words.Or(title), "/x/training/board?session="+s.ID), "when": words.Span(l, s.Starts, s.Ends), "place": place, "seats": room})
	}
	return &sdk.View{Tree: sdk.Table([]sdk.Column{{Key: "title", Label: words.Say(l, "session")}, {Key: "when", Label: words.Say(l, "when")},
		{Key: "place", Label: words.Say(l, "where")}, {Key: "seats", Label: words.Say(l, "seats")}}, rows)}, nil
}

// press does what was pressed on the board of a session.
func (d *Desk) press(ctx context.Context, v *sdk.Visit, s *record.Session, view *sdk.View) error {
	var in struct {
		ID, Half, Subject, Text string // ID is of a registration, or of a trainer
		There                   bool
	}
	if err := v.Values(&in); err != nil {
		return err
	}
	view.Toast, view.Tone = words.Say(v.Locale, "board.done"), "success"
	switch v.Action {
	case "mail":
		n, err := d.Work.Mail(ctx, v.Host, s, in.Subject, in.Text)
		if act.FaultOf(err) == "long" {
			view.Toast, view.Faults = "", []sdk.Fault{{Pointer: "/text", Text: words.Texts("fault.long")}}
			return nil
		}
		view.Toast = words.Say(v.Locale, "board.sent", n)
		return err
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
		case "reject":
			return r.Reject(in.ID)
		case "cancel":
			return r.Cancel(in.ID, seats.CancelledByOrg)
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

// boardScreen shows who registered for a session, and what may be done.
func (d *Desk) boardScreen(ctx context.Context, v *sdk.Visit, s *record.Session, view *sdk.View) error {
	l := v.Locale
	roster, err := d.Work.Seen(ctx, s.ID)
	if err != nil {
		return err
	}
	regs, err := record.Find[record.Registration](ctx, v.Host, record.Registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return err
	}
	names := map[string]record.Registration{}
	for _, g := range regs {
		names[g.ID] = g
	}
	title, place, err := d.Work.Named(ctx, s, l)
	if err != nil {
		return err
	}
	room, _, err := d.Work.Room(ctx, s, l)
	if err != nil {
		return err
	}
	signers, err := d.signers(ctx, v.Host, s, l)
	if err != nil {
		return err
	}
	checkin, err := d.checkin(ctx, s, roster.Board, names, signers, l)
	if err != nil {
		return err
	}
	message := sdk.Form("mail", words.Say(l, "board.send"), sdk.Input("subject", words.Say(l, "board.subject"), "text", nil).With("required", true),
		sdk.Node{"type": "textarea", "name": "text", "label": words.Say(l, "board.text"), "rows": 8, "required": true})
	tab := func(id, label string, children ...sdk.Node) map[string]any {
		return map[string]any{"id": id, "label": label, "children": children}
	}
	view.Tree = sdk.Stack(sdk.Heading(2, words.Or(title)), sdk.Facts(sdk.Fact{Label: words.Say(l, "when"), Value: words.Span(l, s.Starts, s.Ends)},
		sdk.Fact{Label: words.Say(l, "where"), Value: words.Or(place)}, sdk.Fact{Label: words.Say(l, "seats"), Value: room}),
		sdk.Node{"type": "tabs", "tabs": []any{
			tab("people", words.Say(l, "board.people"), d.peopleTable(roster.Board, names, l)),
			tab("checkin", words.Say(l, "board.checkin"), checkin),
			tab("mail", words.Say(l, "board.mail"), message),
		}})
	return nil
}

// maxShown bounds the lines of a table: a tree has a limit too.
const maxShown = 250

func (d *Desk) peopleTable(board *seats.Roster, names map[string]record.Registration, l string) sdk.Node {
	if len(board.Lines) == 0 {
		return sdk.Empty(words.Say(l, "board.none"), "")
	}
	lines := slices.Clone(board.Lines)
	slices.SortStableFunc(lines, func(a, b *seats.Line) int { return a.Rank - b.Rank })
	var rows []map[string]any
	for _, line := range lines[:min(len(lines), maxShown)] {
		g := names[line.ID]
		row := map[string]any{"rank": line.Rank, "name": sdk.Link(words.Or(g.Name), "entry:"+record.Registrations+"/"+line.ID), "organisation": g.Organisation,
			"state": words.Say(l, "state."+string(line.State)), "one": "", "two": ""}
		button := func(act, tone string) sdk.Node {
			return sdk.Button(words.Say(l, "board."+act), act, map[string]any{"id": line.ID}).With("tone", tone)
		}
		switch line.State {
		case seats.Submitted:
			row["one"], row["two"] = button("approve", "success"), button("reject", "danger")
		case seats.Waiting:
			row["one"], row["two"] = button("prefer", "neutral"), button("reject", "danger")
		case seats.Accepted, seats.Confirmed, seats.Offered:
			row["one"] = button("cancel", "danger").Confirmed(words.Say(l, "board.sure", words.Or(g.Name)), words.Say(l, "board.cancel"))
		}
		rows = append(rows, row)
	}
	return sdk.Table([]sdk.Column{{Key: "rank", Label: words.Say(l, "board.rank")}, {Key: "name", Label: words.Say(l, "form.name")}, {Key: "organisation", Label: words.Say(l, "form.association")},
		{Key: "state", Label: words.Say(l, "board.state")}, {Key: "one", Label: words.Say(l, "board.act")}, {Key: "two", Label: words.Say(l, "board.act.two")}}, rows)
}

// signers are the trainers of a session, who sign each half-day.
func (d *Desk) signers(ctx context.Context, h *sdk.Host, s *record.Session, l string) ([]record.Trainer, error) {
	t, err := record.Get[record.Training](ctx, h, record.Trainings, s.Training, l)
	if err != nil && !sdk.IsNotFound(err) {
		return nil, err
	}
	return record.TrainersOf(ctx, h, s, t, l), nil
}

// signatures are those of the trainers at a half-day, given or to be given.
func signatures(board *seats.Roster, half string, signers []record.Trainer, l string) sdk.Node {
	var rows []map[string]any
	for _, one := range signers {
		_, signed := board.Signs[half][one.ID]
		label := "board.trainer"
		if signed {
			label = "board.unsigned"
		}
		rows = append(rows, map[string]any{"name": one.Name, "there": signed,
			"do": sdk.Button(words.Say(l, label), "trainer", map[string]any{"id": one.ID, "half": half, "there": !signed})})
	}
	return sdk.Table([]sdk.Column{{Key: "name", Label: words.Say(l, "trainers")}, {Key: "there", Label: words.Say(l, "sheet.signature")}, {Key: "do", Label: words.Say(l, "board.act")}}, rows)
}

// checkin is the list of a door: each half-day with everybody who has a seat.
func (d *Desk) checkin(ctx context.Context, s *record.Session, board *seats.Roster, names map[string]record.Registration, signers []record.Trainer, l string) (sdk.Node, error) {
	half := []sdk.Node{}
	for _, h := range s.HalfDays {
		code, err := d.Work.RoomCode(ctx, s.ID, h.Key())
		if err != nil {
			return nil, err
		}
		var rows []map[string]any
		for _, line := range board.Lines {
			if !line.State.Seated() || line.State == seats.Offered || len(rows) >= maxShown/max(1, len(s.HalfDays)) {
				continue
			}
			_, there := line.Marks[h.Key()]
			act := "board.present"
			if there {
				act = "board.absent"
			}
			rows = append(rows, map[string]any{"name": words.Or(names[line.ID].Name), "there": there,
				"do": sdk.Button(words.Say(l, act), "sign", map[string]any{"id": line.ID, "half": h.Key(), "there": !there})})
		}
		part := []sdk.Node{sdk.Text(words.Say(l, "board.room", code))}
		if len(rows) > 0 {
			part = append(part, sdk.Table([]sdk.Column{{Key: "name", Label: words.Say(l, "form.name")}, {Key: "there", Label: words.Say(l, "board.present")}, {Key: "do", Label: words.Say(l, "board.act")}}, rows))
		}
		if len(signers) > 0 {
			part = append(part, signatures(board, h.Key(), signers, l))
		}
		half = append(half, sdk.Section(words.Day(l, h.Day)+", "+words.Say(l, "part."+h.Part), part...))
	}
	half = append(half, sdk.Button(words.Say(l, "board.close"), "close", nil).Confirmed(words.Say(l, "board.close.sure"), words.Say(l, "board.close")),
		sdk.Button(words.Say(l, "board.publish"), "publish", nil))
	return sdk.Stack(half...), nil
}
