package training

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

func isCode(err error, code string) bool {
	var p *sdk.ProblemError
	return errors.As(err, &p) && p.Code == code
}

// mine does what somebody asks for their own registration, which the token in
// their letters shows to be theirs.
func (p *program) mine(r *http.Request, f form) (outcome, error) {
	ctx, id, token := r.Context(), f.text("r", 26), f.text("t", 40)
	o := outcome{page: "mine", query: url.Values{"r": {id}, "t": {token}}, status: http.StatusUnprocessableEntity}
	if ok, err := p.holds(ctx, id, token); err != nil || !ok {
		o.fault, o.status = "link", http.StatusForbidden
		return o, err
	}
	reg, err := p.registration(ctx, id)
	if err != nil {
		return o, err
	}
	act := f.Get("do")
	switch act {
	case "replace":
		o.fault, err = p.invite(ctx, reg, f)
	case "erase":
		err = p.erase(ctx, reg)
	case "sign":
		o.fault, err = p.selfSign(ctx, reg, f)
	default:
		do := p.own(act, id)
		if do == nil {
			o.fault = "state"
			return o, nil
		}
		err = p.change(ctx, reg.Session, do)
	}
	if err == nil && o.fault == "" {
		o.query.Set("done", act)
	}
	return o, err
}

// own gives the change of the roster that an act of a person is.
func (p *program) own(act, id string) func(*seats.Roster, seats.Rules, time.Time) error {
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
func (p *program) invite(ctx context.Context, reg *registration, f form) (fault string, err error) {
	s, err := get[session](ctx, p.setup.Load().host, sessions, reg.Session, f.locale)
	if err != nil {
		return "", err
	}
	roster, err := p.seen(ctx, s.ID)
	if err != nil {
		return "", err
	}
	if l := roster.Board.Find(reg.ID); l == nil || l.State.Over() || l.State == seats.Offered {
		return "state", nil
	} else if l.Association == "" {
		return "other", nil
	}
	f.Set("consent", "on") // the colleague agrees by using the code
	plain := *s
	plain.Questions = nil // asked of whoever takes the place, by the organiser
	values, _, fault := fill(&plain, f)
	if fault != "" {
		return fault, nil
	}
	values["replaces"], values["source"] = reg.ID, "substitution"
	values["association"], values["organisation"], values["wilaya"] = reg.Association, reg.Organisation, reg.Wilaya
	id, err := p.enter(ctx, s, values, nil)
	if err != nil {
		return "", err
	}
	return "", p.sendCode(ctx, "substitute", id, s, f.locale)
}

// erase destroys what is kept of a person, at once; the rest follows from the
// event, also when somebody erases in the console.
func (p *program) erase(ctx context.Context, reg *registration) error {
	_, err := p.setup.Load().host.Erase(ctx, reg.ID, sdk.Options{Reason: "asked for by the person"})
	return err
}

// roomCode is shown in the room of a half-day: whoever gives it was there.
func (p *program) roomCode(ctx context.Context, session, half string) (string, error) {
	sum, err := p.digest(ctx, "room", session, half)
	return fmt.Sprintf("%04d", (int(sum[0])<<8|int(sum[1]))%10_000), err
}

// selfSign has somebody sign a half-day on their own telephone, on its day.
func (p *program) selfSign(ctx context.Context, reg *registration, f form) (fault string, err error) {
	s, err := get[session](ctx, p.setup.Load().host, sessions, reg.Session, f.locale)
	if err != nil {
		return "", err
	}
	half := f.text("half", 20)
	want, err := p.roomCode(ctx, s.ID, half)
	if err != nil {
		return "", err
	}
	today := p.now().In(s.zone()).Format(time.DateOnly)
	if !slices.Contains(s.keys(), half) || !strings.HasPrefix(half, today) || f.text("code", 8) != want {
		return "code", nil
	}
	return "", p.change(ctx, s.ID, func(r *seats.Roster, _ seats.Rules, now time.Time) error {
		return r.Sign(reg.ID, half, seats.Mark{At: now.Unix(), Source: "self"}, true)
	})
}
