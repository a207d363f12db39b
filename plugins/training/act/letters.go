package act

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/calendar"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// write writes the letter of a template to somebody who registered.
func (w *Work) write(ctx context.Context, h *sdk.Host, template string, s *record.Session, reg *record.Registration, position int, l *seats.Line, key string) error {
	values, err := w.about(ctx, s, reg.Language)
	if err != nil {
		return err
	}
	token, err := w.token(ctx, reg.ID)
	if err != nil {
		return err
	}
	values["r"], values["t"], values["position"] = reg.ID, token, fmt.Sprint(position)
	if l != nil && l.Until > 0 {
		values["until"] = words.Moment(reg.Language, time.Unix(l.Until, 0).In(s.Location()))
	}
	if l != nil && l.State.TurnedAway() {
		values["reason"] = reg.Reason
	}
	letter := sdk.Letter{Template: template, ID: reg.ID, Locale: reg.Language, Values: values, Key: key}
	switch template {
	case "accepted", "changed":
		letter.Attachments, err = w.invitation(ctx, s, reg, calendar.Request)
	case "cancelled", "replaced", "called-off":
		letter.Attachments, err = w.invitation(ctx, s, reg, calendar.Cancel)
	}
	if err != nil {
		return err
	}
	return w.send(ctx, h, letter)
}

// about are the values that letters on a session have.
func (w *Work) about(ctx context.Context, s *record.Session, locale string) (map[string]string, error) {
	title, place, err := w.Named(ctx, s, locale)
	return map[string]string{"title": title, "when": words.Span(locale, s.Starts, s.Ends), "place": place, "locale": locale, "code": "", "reason": "",
		"position": "", "until": "", "session": s.Code}, err
}

// Named gives what a session is called, and where it is.
func (w *Work) Named(ctx context.Context, s *record.Session, locale string) (title, place string, err error) {
	h := w.Host()
	place = words.Say(locale, "mode."+s.Mode)
	if s.Venue != "" {
		if v, err := record.Get[record.Venue](ctx, h, record.Venues, s.Venue, locale); err == nil {
			place = v.Where(locale)
		} else if !sdk.IsNotFound(err) {
			return "", "", err
		}
	}
	if title = s.Title; title == "" {
		t, err := record.Get[record.Training](ctx, h, record.Trainings, s.Training, locale)
		if err != nil && !sdk.IsNotFound(err) {
			return "", "", err
		}
		title = t.Title
	}
	return clip(title), clip(place), nil
}

// clip keeps a text to what a letter takes.
func clip(text string) string {
	const most = 400
	for len(text) > most {
		r := []rune(text)
		text = string(r[:len(r)-max(1, (len(text)-most)/4)])
	}
	return text
}

// invitation is the calendar that goes with a letter.
func (w *Work) invitation(ctx context.Context, s *record.Session, reg *record.Registration, method string) ([]sdk.Attachment, error) {
	events, err := w.Events(ctx, s, reg.Language)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	for i := range events {
		events[i].Attendee = reg.Email
		if s.OnlineURL != "" {
			events[i].Place = words.Joined(events[i].Place, s.OnlineURL)
		}
	}
	return []sdk.Attachment{{Name: s.Code + ".ics", MediaType: "text/calendar; charset=utf-8; method=" + method,
		Data: calendar.Calendar{Method: method, Events: events}.Write()}}, nil
}

// Events gives the half-days of a session as events. Their names count the
// half-days, so that one that is moved stays the same event.
func (w *Work) Events(ctx context.Context, s *record.Session, locale string) ([]calendar.Event, error) {
	title, place, err := w.Named(ctx, s, locale)
	if err != nil {
		return nil, err
	}
	c := w.Settings()
	changed, err := time.Parse(time.RFC3339, s.UpdatedAt)
	if err != nil {
		changed = time.Unix(0, 0)
	}
	var out []calendar.Event
	for i, h := range s.HalfDays {
		from, to, err := h.Times(s.Location())
		if err != nil {
			continue // it cannot be shown at a time
		}
		out = append(out, calendar.Event{UID: fmt.Sprintf("%s-%d@%s", s.ID, i+1, c.domain()), Sequence: s.Sequence, Changed: changed, From: from, To: to,
			Title: title, Place: place, URL: c.URL + "/" + locale + "/training/sessions/" + url.PathEscape(s.Code), Organiser: c.organiser(),
			Cancelled: s.Status == "cancelled", Tentative: s.Status == "postponed" || s.Status == "draft"})
	}
	return out, nil
}

// Mail writes to everybody who has a seat, once for a text however often the
// button is pressew.
func (w *Work) Mail(ctx context.Context, h *sdk.Host, s *record.Session, subject, text string) (n int, err error) {
	var parts []string
	for part := range strings.SplitSeq(text, "\n") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 || len(parts) > 5 || len(subject) > 300 || slices.ContainsFunc(parts, func(s string) bool { return len(s) > 500 }) {
		return 0, FaultError("long")
	}
	sum, err := w.digest(ctx, "mailing", s.ID, subject, text)
	if err != nil {
		return 0, err
	}
	roster, err := w.Seen(ctx, s.ID)
	if err != nil {
		return 0, err
	}
	regs, err := record.Seated(ctx, h, s, roster.Board)
	if err != nil {
		return 0, err
	}
	for i := range regs {
		values, err := w.about(ctx, s, regs[i].Language)
		if err != nil {
			return n, err
		}
		values["subject"] = subject
		for j := range 5 {
			values[fmt.Sprint("p", j+1)] = ""
			if j < len(parts) {
				values[fmt.Sprint("p", j+1)] = parts[j]
			}
		}
		token, err := w.token(ctx, regs[i].ID)
		if err != nil {
			return n, err
		}
		values["r"], values["t"] = regs[i].ID, token
		l := sdk.Letter{Template: "message", ID: regs[i].ID, Locale: regs[i].Language, Values: values, Key: fmt.Sprintf("mailing %x %s", sum[:8], regs[i].ID)}
		if err := w.send(ctx, w.Host(), l); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Room says how many seats there are, in words.
func (w *Work) Room(ctx context.Context, s *record.Session, locale string) (text string, full bool, err error) {
	if s.Capacity == 0 {
		return words.Say(locale, "unlimited"), false, nil
	}
	r, err := w.Seen(ctx, s.ID)
	if err != nil {
		return "", false, err
	}
	taken, waits := r.Board.Taken(), r.Board.Count(seats.Waiting)
	if taken >= s.Capacity || waits > 0 {
		return words.Say(locale, "fullup", waits), true, nil
	}
	return words.Say(locale, "free", s.Capacity-taken, s.Capacity), false, nil
}
