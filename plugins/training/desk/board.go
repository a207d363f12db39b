package desk

import (
	"context"
	"net/url"
	"slices"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// board shows who registered for a session, and what may be done.
func (d *Desk) board(ctx context.Context, v *sdk.Visit, s *record.Session) (sdk.Node, error) {
	l := v.Locale
	roster, err := d.Work.Seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	regs, err := record.Find[record.Registration](ctx, v.Host, record.Registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return nil, err
	}
	names := map[string]record.Registration{}
	for _, g := range regs {
		names[g.ID] = g
	}
	title, place, err := d.Work.Named(ctx, s, l)
	if err != nil {
		return nil, err
	}
	room, _, err := d.Work.Room(ctx, s, l)
	if err != nil {
		return nil, err
	}
	if room, err = d.short(ctx, s, l, room); err != nil {
		return nil, err
	}
	signers, err := d.signers(ctx, v.Host, s, l)
	if err != nil {
		return nil, err
	}
	checkin, err := d.checkin(ctx, s, roster.Board, names, signers, l)
	if err != nil {
		return nil, err
	}
	told, err := d.registerForm(ctx, v, s)
	if err != nil {
		return nil, err
	}
	message := sdk.Form("mail", words.Say(l, "board.send"), sdk.Input("subject", words.Say(l, "board.subject"), "text", nil).With("required", true),
		sdk.Node{"type": "textarea", "name": "text", "label": words.Say(l, "board.text"), "rows": 8, "required": true})
	tab := func(id, label string, children ...sdk.Node) map[string]any {
		return map[string]any{"id": id, "label": label, "children": children}
	}
	return sdk.Stack(sdk.Heading(2, words.Or(title)), sdk.Facts(sdk.Fact{Label: words.Say(l, "when"), Value: words.Span(l, s.Starts, s.Ends)},
		sdk.Fact{Label: words.Say(l, "where"), Value: words.Or(place)}, sdk.Fact{Label: words.Say(l, "seats"), Value: room}),
		sdk.Node{"type": "tabs", "tabs": []any{
			tab("people", words.Say(l, "board.people"), peopleTable(s, roster.Board, names, l), sdk.Link(words.Say(l, "board.csv"), file(s, "registrations.csv", l))),
			tab("register", words.Say(l, "board.register"), told),
			tab("checkin", words.Say(l, "board.checkin"), checkin),
			tab("mail", words.Say(l, "board.mail"), message),
		}}), nil
}

// file is the address of a paper of a session.
func file(s *record.Session, name, l string) string {
	return "/api/v1/plugins/training/sessions/" + s.ID + "/" + name + "?locale=" + l
}

// maxShown bounds the lines of a table: a tree has a limit too.
const maxShown = 250

func peopleTable(s *record.Session, board *seats.Roster, names map[string]record.Registration, l string) sdk.Node {
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
		away := func(act string) sdk.Node {
			return sdk.Link(words.Say(l, "board."+act), "?session="+s.ID+"&person="+line.ID)
		}
		switch line.State {
		case seats.Submitted:
			if line.Held {
				row["state"] = words.Say(l, "state.held")
			}
			row["one"], row["two"] = button("approve", "success"), away("reject")
		case seats.Waiting:
			row["one"], row["two"] = button("prefer", "neutral"), away("reject")
		case seats.Accepted, seats.Confirmed, seats.Offered:
			row["one"] = away("cancel")
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
		part := []sdk.Node{sdk.Text(words.Say(l, "board.room", code)), sdk.Link(words.Say(l, "board.sheet"), file(s, "attendance/"+h.Key(), l))}
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
