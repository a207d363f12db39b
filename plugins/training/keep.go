package training

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// each sees every session that a query gives, with its roster.
func (p *program) each(ctx context.Context, h *sdk.Host, query url.Values, see func(s *session, board *seats.Roster) error) error {
	query.Set("locale", "fr")
	all, err := find[session](ctx, h, sessions, query)
	if err != nil {
		return err
	}
	for i := range all {
		r, err := p.seen(ctx, all[i].ID)
		if err != nil {
			return err
		}
		if err := see(&all[i], r.Board); err != nil {
			return err
		}
	}
	return nil
}

// remind writes to everybody with a seat a week before a session and the day
// before it, and asks for opinions when it is over. The key of a letter keeps
// anybody from being written to twice.
func (p *program) remind(ctx context.Context, _ *sdk.Run) error {
	h := p.setup.Load().host
	return p.each(ctx, h, url.Values{}, func(s *session, board *seats.Roster) error {
		starts, err := time.ParseInLocation(time.DateOnly, s.Starts, s.zone())
		if err != nil || s.Status == "cancelled" || s.Status == "postponed" {
			return nil //nolint:nilerr // a session without dates reminds nobody
		}
		today, err := time.ParseInLocation(time.DateOnly, p.now().In(s.zone()).Format(time.DateOnly), s.zone())
		if err != nil {
			return err
		}
		days := int(starts.Sub(today).Hours() / 24)
		var which string
		template := "reminder"
		switch {
		case s.over(p.now()) && p.now().Before(starts.AddDate(0, 1, 0)):
			template, which = "evaluation", "after"
		case days == 1:
			which = "day"
		case days > 1 && days <= 7:
			which = "week"
		default:
			return nil
		}
		for _, l := range board.Lines {
			asked := l.State == seats.Accepted || l.State == seats.Confirmed
			if template == "evaluation" {
				asked = l.State == seats.Attended || l.State == seats.Partial
			}
			if !asked || l.Who == "" {
				continue
			}
			reg, err := p.registration(ctx, l.ID)
			if sdk.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			if err := p.write(ctx, h, template, s, reg, 0, nil, fmt.Sprintf("remind %s %s %s", which, s.Starts, l.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// retain erases what has been kept for its time: answers that are kept apart
// each after its own days, registrations after the months of the settings, and
// those of people who were there after the years for which attendance is
// proved. Counts remain.
func (p *program) retain(ctx context.Context, _ *sdk.Run) error {
	h := p.setup.Load().host
	return p.each(ctx, h, url.Values{"version": {"draft"}}, func(s *session, board *seats.Roster) error {
		ends, err := time.Parse(time.DateOnly, s.Ends)
		if err != nil {
			return nil //nolint:nilerr // without an end nothing is over
		}
		apart, err := find[struct {
			meta
			KeepDays int `json:"keep_days"`
		}](ctx, h, needs, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
		if err != nil {
			return err
		}
		for _, n := range apart {
			if p.now().After(ends.AddDate(0, 0, n.KeepDays+1)) {
				if err := p.destroy(ctx, h, n.ID); err != nil {
					return err
				}
			}
		}
		return p.retainPeople(ctx, s, board, ends)
	})
}

// retainPeople erases the registrations of a session, those too that have no
// place in its roster: of people who were replaced, or whom editors noted.
func (p *program) retainPeople(ctx context.Context, s *session, board *seats.Roster, ends time.Time) error {
	c := p.setup.Load()
	if p.now().Before(ends.AddDate(0, c.KeepMonths, 1)) {
		return nil
	}
	all, err := find[registration](ctx, c.host, registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return err
	}
	for _, reg := range all {
		l := board.Find(reg.ID)
		proof := l != nil && (l.State == seats.Attended || l.State == seats.Partial)
		if reg.Name == "" && reg.Email == "" || proof && p.now().Before(ends.AddDate(c.keepYears(), 0, 1)) {
			continue
		}
		if _, err := c.host.Erase(ctx, reg.ID, sdk.Options{Reason: "kept for its time"}); err != nil && !sdk.IsNotFound(err) {
			return err
		}
	}
	return nil
}
