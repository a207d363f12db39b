package training

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// console answers at the module's screens. The manifest lets in who may update
// sessions; what is read is read as that person.
func (p *program) console(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	id := v.Params["session"]
	if v.Place == "next" || id == "" {
		return p.sessionsScreen(ctx, v)
	}
	s, err := get[session](ctx, v.Host, sessions, id, v.Locale)
	if err != nil {
		return nil, err
	}
	view := &sdk.View{}
	if v.Action != "" {
		if err := p.press(ctx, v, s, view); err != nil {
			fault, _, ours := faulty(err)
			if ours != nil {
				return nil, ours
			}
			view.Toast, view.Tone = say(v.Locale, "fault."+fault), "danger"
		}
	}
	return view, p.boardScreen(ctx, v, s, view)
}

// sessionsScreen is the calendar of sessions, each with its board.
func (p *program) sessionsScreen(ctx context.Context, v *sdk.Visit) (*sdk.View, error) {
	l := v.Locale
	all, err := find[session](ctx, v.Host, sessions, url.Values{"version": {"draft"}, "locale": {l}, "sort": {"-starts"}})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return &sdk.View{Tree: sdk.Empty(say(l, "agenda.none"), "")}, nil
	}
	var rows []map[string]any
	for i := range all[:min(len(all), 100)] {
		s := &all[i]
		title, place, err := p.named(ctx, s, l)
		if err != nil {
			return nil, err
		}
		room, _, err := p.room(ctx, s, l)
		if err != nil {
			return nil, err
		}
		rows = append(rows, map[string]any{"title": sdk.Link(or(title), "/x/training/board?session="+s.ID), "when": span(l, s.Starts, s.Ends), "place": place, "seats": room})
	}
	return &sdk.View{Tree: sdk.Table([]sdk.Column{{Key: "title", Label: say(l, "session")}, {Key: "when", Label: say(l, "when")},
		{Key: "place", Label: say(l, "where")}, {Key: "seats", Label: say(l, "seats")}}, rows)}, nil
}

// press does what was pressed on the board of a session.
func (p *program) press(ctx context.Context, v *sdk.Visit, s *session, view *sdk.View) error {
	var in struct {
		ID, Half, Subject, Text string // ID is of a registration, or of a trainer
		There                   bool
	}
	if err := v.Values(&in); err != nil {
		return err
	}
	view.Toast, view.Tone = say(v.Locale, "board.done"), "success"
	switch v.Action {
	case "mail":
		n, fault, err := p.mailing(ctx, v, s, in.Subject, in.Text)
		if fault != "" {
			view.Toast, view.Faults = "", []sdk.Fault{{Pointer: "/text", Text: words()[fault].texts()}}
		} else {
			view.Toast = say(v.Locale, "board.sent", n)
		}
		return err
	case "publish":
		return p.publishResults(ctx, v.Host, s.Training)
	}
	signers, err := p.signers(ctx, v.Host, s, v.Locale)
	if err != nil {
		return err
	}
	return p.change(ctx, s.ID, func(r *seats.Roster, rules seats.Rules, _ time.Time) error {
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
			if !slices.Contains(s.keys(), in.Half) {
				return seats.ErrMissing
			}
			return r.Sign(in.ID, in.Half, seats.Mark{At: v.Pressed.Unix(), Source: "desk"}, in.There)
		case "trainer":
			if !slices.Contains(s.keys(), in.Half) || !slices.ContainsFunc(signers, func(t trainer) bool { return t.ID == in.ID }) {
				return seats.ErrMissing
			}
			r.SignTrainer(in.ID, in.Half, seats.Mark{At: v.Pressed.Unix(), Source: "trainer"}, in.There)
			return nil
		case "close":
			r.Close(s.keys())
			return nil
		}
		return seats.ErrState
	})
}

// mailing writes to everybody who has a seat, once for a text however often the
// button is pressed.
func (p *program) mailing(ctx context.Context, v *sdk.Visit, s *session, subject, text string) (n int, fault string, err error) {
	var parts []string
	for part := range strings.SplitSeq(text, "\n") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 || len(parts) > 5 || len(subject) > 300 || slices.ContainsFunc(parts, func(s string) bool { return len(s) > 500 }) {
		return 0, "board.long", nil
	}
	sum, err := p.digest(ctx, "mailing", s.ID, subject, text)
	if err != nil {
		return 0, "", err
	}
	roster, err := p.seen(ctx, s.ID)
	if err != nil {
		return 0, "", err
	}
	regs, err := p.seated(ctx, v.Host, s, roster.Board)
	if err != nil {
		return 0, "", err
	}
	for i := range regs {
		values, err := p.about(ctx, s, regs[i].Language)
		if err != nil {
			return n, "", err
		}
		values["subject"] = subject
		for j := range 5 {
			values[fmt.Sprint("p", j+1)] = ""
			if j < len(parts) {
				values[fmt.Sprint("p", j+1)] = parts[j]
			}
		}
		token, err := p.token(ctx, regs[i].ID)
		if err != nil {
			return n, "", err
		}
		values["r"], values["t"] = regs[i].ID, token
		l := sdk.Letter{Template: "message", ID: regs[i].ID, Locale: regs[i].Language, Values: values, Key: fmt.Sprintf("mailing %x %s", sum[:8], regs[i].ID)}
		if err := p.send(ctx, p.setup.Load().host, l); err != nil {
			return n, "", err
		}
		n++
	}
	return n, "", nil
}

// publishResults puts what the evaluations say into the training, as the person
// at the console.
func (p *program) publishResults(ctx context.Context, h *sdk.Host, id string) error {
	found, err := p.results(ctx, p.setup.Load().host, id)
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b result) int { return b.Year - a.Year })
	var t training
	if err := h.Get(ctx, trainings, id, newest, &t); err != nil {
		return err
	}
	done, err := h.Save(ctx, id, sdk.Locales{"fr": {"published_results": found}}, sdk.Options{Revision: t.Revision})
	if err == nil {
		_, err = h.Publish(ctx, id, nil, sdk.Options{Revision: done.Revision})
	}
	return err
}

// boardScreen shows who registered for a session, and what may be done.
func (p *program) boardScreen(ctx context.Context, v *sdk.Visit, s *session, view *sdk.View) error {
	l := v.Locale
	roster, err := p.seen(ctx, s.ID)
	if err != nil {
		return err
	}
	regs, err := find[registration](ctx, v.Host, registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return err
	}
	names := map[string]registration{}
	for _, g := range regs {
		names[g.ID] = g
	}
	title, place, err := p.named(ctx, s, l)
	if err != nil {
		return err
	}
	room, _, err := p.room(ctx, s, l)
	if err != nil {
		return err
	}
	signers, err := p.signers(ctx, v.Host, s, l)
	if err != nil {
		return err
	}
	checkin, err := p.checkin(ctx, s, roster.Board, names, signers, l)
	if err != nil {
		return err
	}
	message := sdk.Form("mail", say(l, "board.send"), sdk.Input("subject", say(l, "board.subject"), "text", nil).With("required", true),
		sdk.Node{"type": "textarea", "name": "text", "label": say(l, "board.text"), "rows": 8, "required": true})
	tab := func(id, label string, children ...sdk.Node) map[string]any {
		return map[string]any{"id": id, "label": label, "children": children}
	}
	view.Tree = sdk.Stack(sdk.Heading(2, or(title)), sdk.Facts(sdk.Fact{Label: say(l, "when"), Value: span(l, s.Starts, s.Ends)},
		sdk.Fact{Label: say(l, "where"), Value: or(place)}, sdk.Fact{Label: say(l, "seats"), Value: room}),
		sdk.Node{"type": "tabs", "tabs": []any{
			tab("people", say(l, "board.people"), p.peopleTable(roster.Board, names, l)),
			tab("checkin", say(l, "board.checkin"), checkin),
			tab("mail", say(l, "board.mail"), message),
		}})
	return nil
}

// maxShown bounds the lines of a table: a tree has a limit too.
const maxShown = 250

func (p *program) peopleTable(board *seats.Roster, names map[string]registration, l string) sdk.Node {
	if len(board.Lines) == 0 {
		return sdk.Empty(say(l, "board.none"), "")
	}
	lines := slices.Clone(board.Lines)
	slices.SortStableFunc(lines, func(a, b *seats.Line) int { return a.Rank - b.Rank })
	var rows []map[string]any
	for _, line := range lines[:min(len(lines), maxShown)] {
		g := names[line.ID]
		row := map[string]any{"rank": line.Rank, "name": sdk.Link(or(g.Name), "entry:"+registrations+"/"+line.ID), "organisation": g.Organisation,
			"state": say(l, "state."+string(line.State)), "one": "", "two": ""}
		button := func(act, tone string) sdk.Node {
			return sdk.Button(say(l, "board."+act), act, map[string]any{"id": line.ID}).With("tone", tone)
		}
		switch line.State {
		case seats.Submitted:
			row["one"], row["two"] = button("approve", "success"), button("reject", "danger")
		case seats.Waiting:
			row["one"], row["two"] = button("prefer", "neutral"), button("reject", "danger")
		case seats.Accepted, seats.Confirmed, seats.Offered:
			row["one"] = button("cancel", "danger").Confirmed(say(l, "board.sure", or(g.Name)), say(l, "board.cancel"))
		}
		rows = append(rows, row)
	}
	return sdk.Table([]sdk.Column{{Key: "rank", Label: say(l, "board.rank")}, {Key: "name", Label: say(l, "form.name")}, {Key: "organisation", Label: say(l, "form.association")},
		{Key: "state", Label: say(l, "board.state")}, {Key: "one", Label: say(l, "board.act")}, {Key: "two", Label: say(l, "board.act.two")}}, rows)
}

// signers are the trainers of a session, who sign each half-day.
func (p *program) signers(ctx context.Context, h *sdk.Host, s *session, l string) ([]trainer, error) {
	t, err := get[training](ctx, h, trainings, s.Training, l)
	if err != nil && !sdk.IsNotFound(err) {
		return nil, err
	}
	return p.trainersOf(ctx, h, s, t, l), nil
}

// signatures are those of the trainers at a half-day, given or to be given.
func signatures(board *seats.Roster, half string, signers []trainer, l string) sdk.Node {
	var rows []map[string]any
	for _, one := range signers {
		_, signed := board.Signs[half][one.ID]
		label := "board.trainer"
		if signed {
			label = "board.unsigned"
		}
		rows = append(rows, map[string]any{"name": one.Name, "there": signed,
			"do": sdk.Button(say(l, label), "trainer", map[string]any{"id": one.ID, "half": half, "there": !signed})})
	}
	return sdk.Table([]sdk.Column{{Key: "name", Label: say(l, "trainers")}, {Key: "there", Label: say(l, "sheet.signature")}, {Key: "do", Label: say(l, "board.act")}}, rows)
}

// checkin is the list of a door: each half-day with everybody who has a seat.
func (p *program) checkin(ctx context.Context, s *session, board *seats.Roster, names map[string]registration, signers []trainer, l string) (sdk.Node, error) {
	half := []sdk.Node{}
	for _, h := range s.HalfDays {
		code, err := p.roomCode(ctx, s.ID, h.key())
		if err != nil {
			return nil, err
		}
		var rows []map[string]any
		for _, line := range board.Lines {
			if !line.State.Seated() || line.State == seats.Offered || len(rows) >= maxShown/max(1, len(s.HalfDays)) {
				continue
			}
			_, there := line.Marks[h.key()]
			act := "board.present"
			if there {
				act = "board.absent"
			}
			rows = append(rows, map[string]any{"name": or(names[line.ID].Name), "there": there,
				"do": sdk.Button(say(l, act), "sign", map[string]any{"id": line.ID, "half": h.key(), "there": !there})})
		}
		part := []sdk.Node{sdk.Text(say(l, "board.room", code))}
		if len(rows) > 0 {
			part = append(part, sdk.Table([]sdk.Column{{Key: "name", Label: say(l, "form.name")}, {Key: "there", Label: say(l, "board.present")}, {Key: "do", Label: say(l, "board.act")}}, rows))
		}
		if len(signers) > 0 {
			part = append(part, signatures(board, h.key(), signers, l))
		}
		half = append(half, sdk.Section(dated(l, h.Day)+", "+say(l, "part."+h.Part), part...))
	}
	half = append(half, sdk.Button(say(l, "board.close"), "close", nil).Confirmed(say(l, "board.close.sure"), say(l, "board.close")),
		sdk.Button(say(l, "board.publish"), "publish", nil))
	return sdk.Stack(half...), nil
}
