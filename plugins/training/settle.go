package training

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/calendar"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// events does what follows from a commit. Each of it is done so that twice is
// harmless, and comes again when the process ends in between.
func (p *program) events(ctx context.Context, h *sdk.Host, events []sdk.Event) error {
	// What is done here ends by itself: a state that is noted is not noted again.
	// As an answer to each event it would count as a chain of answers, because
	// events of many people come in one batch with those of the notes.
	h = h.Alone()
	seen := map[string]bool{}
	for _, e := range events {
		key := e.Collection + e.ID + e.What
		if seen[key] {
			continue // it is looked at as it is now
		}
		seen[key] = true
		var err error
		switch {
		case e.Collection == registrations && e.What != sdk.Changed:
			err = p.gone(ctx, h, e.ID)
		case e.Collection == rosters && e.What == sdk.Changed:
			var r roster
			if err = h.Get(ctx, rosters, e.ID, newest, &r); err == nil {
				err = p.settle(ctx, h, r.Session)
			}
		case e.Collection == sessions && e.What == sdk.Changed && len(e.Published) > 0:
			err = p.moved(ctx, h, e.ID)
		}
		if err != nil && !sdk.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// gone takes out of rosters what leads to an erased person, and erases what
// was kept apart.
func (p *program) gone(ctx context.Context, h *sdk.Host, id string) error {
	all, err := find[roster](ctx, h, rosters, url.Values{"version": {"draft"}})
	if err != nil {
		return err
	}
	for _, r := range all {
		if r.Board == nil || r.Board.Find(id) == nil {
			continue
		}
		err := p.change(ctx, r.Session, func(b *seats.Roster, _ seats.Rules, _ time.Time) error { return b.Erase(id) })
		if err != nil && !errors.Is(err, seats.ErrMissing) {
			return err
		}
	}
	if err := p.destroyApart(ctx, h, id); err != nil {
		return err
	}
	return h.State().Delete(ctx, "guesses/"+id)
}

// destroyApart destroys what was kept apart of a registration.
func (p *program) destroyApart(ctx context.Context, h *sdk.Host, id string) error {
	apart, err := find[meta](ctx, h, needs, url.Values{"version": {"draft"}, "filter[registration][_eq]": {id}})
	if err != nil {
		return err
	}
	for _, n := range apart {
		if err := p.destroy(ctx, h, n.ID); err != nil {
			return err
		}
	}
	return nil
}

// forget destroys a registration that does not count. What was kept apart of it
// goes first: nothing is thrown away while something points at it.
func (p *program) forget(ctx context.Context, h *sdk.Host, id string) error {
	if err := p.destroyApart(ctx, h, id); err != nil {
		return err
	}
	return p.destroy(ctx, h, id)
}

// destroy erases an entry and throws it away.
func (p *program) destroy(ctx context.Context, h *sdk.Host, id string) error {
	if _, err := h.Erase(ctx, id, sdk.Options{}); err != nil && !sdk.IsNotFound(err) {
		return err
	}
	if _, err := h.Trash(ctx, id, sdk.Options{}); err != nil && !sdk.IsNotFound(err) && !isCode(err, "entry_trashed") {
		return err
	}
	return nil
}

// settled is how far what follows from a roster is done.
type settled struct {
	N int `json:"n"`
}

// atOnce is how many letters are written at the same time.
const atOnce = 8

// settle writes to people whose place has changed, and notes in their
// registrations where they stand.
func (p *program) settle(ctx context.Context, h *sdk.Host, id string) error {
	key := "settled/" + id
	var done settled
	version, err := h.State().Get(ctx, key, &done)
	if err != nil {
		return err
	}
	r, err := p.seen(ctx, id)
	if err != nil {
		return err
	}
	var todo []*seats.Line
	for _, l := range r.Board.Lines {
		if l.Changed > done.N {
			todo = append(todo, l)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	s, err := get[session](ctx, h, sessions, id, "fr")
	if err != nil {
		return err
	}
	slices.SortFunc(todo, func(a, b *seats.Line) int { return cmp.Compare(a.Changed, b.Changed) })
	for part := range slices.Chunk(todo, 4*atOnce) {
		if err := p.tell(ctx, h, s, r.Board, part); err != nil {
			return err
		}
		done.N = part[len(part)-1].Changed
		if err := h.State().Put(ctx, key, done, version); err != nil {
			if sdk.IsStale(err) {
				return nil // another one does it
			}
			return err
		}
		if version, err = h.State().Get(ctx, key, &done); err != nil {
			return err
		}
	}
	return nil
}

// tell does what follows for some lines, several at a time.
func (p *program) tell(ctx context.Context, h *sdk.Host, s *session, board *seats.Roster, lines []*seats.Line) error {
	var all sync.WaitGroup
	faults, places := make([]error, len(lines)), make(chan struct{}, atOnce)
	for i, l := range lines {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			faults[i] = p.follow(ctx, h, s, board, l)
		})
	}
	all.Wait()
	return errors.Join(faults...)
}

// follow does what follows for one line.
func (p *program) follow(ctx context.Context, h *sdk.Host, s *session, board *seats.Roster, l *seats.Line) error {
	for _, old := range l.Was {
		if err := p.mirror(ctx, h, s, old, "replaced", 0, nil, l.Changed); err != nil {
			return err
		}
	}
	return p.mirror(ctx, h, s, l.ID, string(l.State), board.Position(l.ID), l, l.Changed)
}

// letterOf names the letter that tells of a state.
var letterOf = map[string]string{"submitted": "submitted", "accepted": "accepted", "waitlisted": "waitlisted", "offered": "offered",
	"withdrawn": "withdrawn", "rejected": "rejected", "cancelled_by_person": "cancelled", "cancelled_by_org": "cancelled", "replaced": "replaced"}

func (p *program) mirror(ctx context.Context, h *sdk.Host, s *session, id, state string, position int, l *seats.Line, changed int) error {
	for {
		var reg registration
		err := h.Get(ctx, registrations, id, newest, &reg)
		if sdk.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if reg.State != state {
			_, err := h.Save(ctx, id, sdk.Locales{"fr": {"state": state}}, sdk.Options{Revision: reg.Revision})
			if sdk.IsStale(err) {
				continue
			}
			if err != nil && !sdk.IsNotFound(err) {
				return err
			}
		}
		template, ok := letterOf[state]
		if !ok || reg.Email == "" {
			return nil
		}
		return p.write(ctx, h, template, s, &reg, position, l, fmt.Sprintf("%s %s %d", state, id, changed))
	}
}

// write writes the letter of a template to somebody who registered.
func (p *program) write(ctx context.Context, h *sdk.Host, template string, s *session, reg *registration, position int, l *seats.Line, key string) error {
	values, err := p.about(ctx, s, reg.Language)
	if err != nil {
		return err
	}
	token, err := p.token(ctx, reg.ID)
	if err != nil {
		return err
	}
	values["r"], values["t"], values["position"] = reg.ID, token, fmt.Sprint(position)
	if l != nil && l.Until > 0 {
		values["until"] = moment(reg.Language, time.Unix(l.Until, 0).In(s.zone()))
	}
	letter := sdk.Letter{Template: template, ID: reg.ID, Locale: reg.Language, Values: values, Key: key}
	switch template {
	case "accepted", "changed":
		letter.Attachments, err = p.invitation(ctx, s, reg, calendar.Request)
	case "cancelled", "replaced", "called-off":
		letter.Attachments, err = p.invitation(ctx, s, reg, calendar.Cancel)
	}
	if err != nil {
		return err
	}
	return p.send(ctx, h, letter)
}

// about are the values that letters on a session have.
func (p *program) about(ctx context.Context, s *session, locale string) (map[string]string, error) {
	title, place, err := p.named(ctx, s, locale)
	return map[string]string{"title": title, "when": span(locale, s.Starts, s.Ends), "place": place, "locale": locale, "code": "", "reason": "",
		"position": "", "until": "", "session": s.Code}, err
}

// named gives what a session is called, and where it is.
func (p *program) named(ctx context.Context, s *session, locale string) (title, place string, err error) {
	h := p.setup.Load().host
	place = say(locale, "mode."+s.Mode)
	if s.Venue != "" {
		if v, err := get[venue](ctx, h, venues, s.Venue, locale); err == nil {
			place = v.where(locale)
		} else if !sdk.IsNotFound(err) {
			return "", "", err
		}
	}
	if title = s.Title; title == "" {
		t, err := get[training](ctx, h, trainings, s.Training, locale)
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
func (p *program) invitation(ctx context.Context, s *session, reg *registration, method string) ([]sdk.Attachment, error) {
	events, err := p.calendarOf(ctx, s, reg.Language)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	for i := range events {
		events[i].Attendee = reg.Email
		if s.OnlineURL != "" {
			events[i].Place = joined(events[i].Place, s.OnlineURL)
		}
	}
	return []sdk.Attachment{{Name: s.Code + ".ics", MediaType: "text/calendar; charset=utf-8; method=" + method,
		Data: calendar.Calendar{Method: method, Events: events}.Write()}}, nil
}

// calendarOf gives the half-days of a session as events. Their names count the
// half-days, so that one that is moved stays the same event.
func (p *program) calendarOf(ctx context.Context, s *session, locale string) ([]calendar.Event, error) {
	title, place, err := p.named(ctx, s, locale)
	if err != nil {
		return nil, err
	}
	c := p.setup.Load()
	changed, err := time.Parse(time.RFC3339, s.UpdatedAt)
	if err != nil {
		changed = time.Unix(0, 0)
	}
	var out []calendar.Event
	for i, h := range s.HalfDays {
		from, to, err := h.times(s.zone())
		if err != nil {
			continue // it cannot be shown at a time
		}
		out = append(out, calendar.Event{UID: fmt.Sprintf("%s-%d@%s", s.ID, i+1, c.domain()), Sequence: s.Sequence, Changed: changed, From: from, To: to,
			Title: title, Place: place, URL: c.url + "/" + locale + "/training/sessions/" + url.PathEscape(s.Code), Organiser: c.organiser(),
			Cancelled: s.Status == "cancelled", Tentative: s.Status == "postponed" || s.Status == "draft"})
	}
	return out, nil
}

// moved does what follows from a change of a session: more seats are offered,
// and people are told when it is at another time or place, or does not happen.
func (p *program) moved(ctx context.Context, h *sdk.Host, id string) error {
	s, err := get[session](ctx, h, sessions, id, "fr")
	if err != nil {
		return err
	}
	if err := p.change(ctx, id, func(r *seats.Roster, _ seats.Rules, _ time.Time) error { return nil }); err != nil {
		return err
	}
	key := "told/" + id
	type told struct {
		Sequence int    `json:"sequence"`
		Status   string `json:"status"`
	}
	var before told
	version, err := h.State().Get(ctx, key, &before)
	if err != nil {
		return err
	}
	if version != sdk.Absent && s.Sequence > before.Sequence {
		template := "changed"
		if s.Status == "cancelled" {
			template = "called-off"
		}
		r, err := p.seen(ctx, id)
		if err != nil {
			return err
		}
		for _, l := range r.Board.Lines {
			if l.State.Over() || l.Who == "" {
				continue
			}
			var reg registration
			if err := h.Get(ctx, registrations, l.ID, newest, &reg); sdk.IsNotFound(err) || err == nil && reg.Email == "" {
				continue
			} else if err != nil {
				return err
			}
			if err := p.write(ctx, h, template, s, &reg, 0, nil, fmt.Sprintf("moved %s %d", l.ID, s.Sequence)); err != nil {
				return err
			}
		}
	}
	if version != sdk.Absent && s.Sequence <= before.Sequence && s.Status == before.Status {
		return nil
	}
	if err := h.State().Put(ctx, key, told{s.Sequence, s.Status}, version); err != nil && !sdk.IsStale(err) {
		return err
	}
	return nil
}
