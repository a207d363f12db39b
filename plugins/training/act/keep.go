package act

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// each sees every session that a query gives, with its roster.
func (w *Work) each(ctx context.Context, h *sdk.Host, query url.Values, see func(s *record.Session, board *seats.Roster) error) error {
	query.Set("locale", "fr")
	all, err := record.Find[record.Session](ctx, h, record.Sessions, query)
	if err != nil {
		return err
	}
	for i := range all {
		r, err := w.Seen(ctx, all[i].ID)
		if err != nil {
			return err
		}
		if err := see(&all[i], r.Board); err != nil {
			return err
		}
	}
	return nil
}

// Remind writes to everybody with a seat a week before a session and the day
// before it, and asks for opinions when it is over. The key of a letter keeps
// anybody from being written to twice.
func (w *Work) Remind(ctx context.Context, _ *sdk.Run) error {
	h := w.Host()
	return w.each(ctx, h, url.Values{}, func(s *record.Session, board *seats.Roster) error {
		starts, err := time.ParseInLocation(time.DateOnly, s.Starts, s.Location())
		if err != nil || s.Status == "cancelled" || s.Status == "postponed" {
			return nil //nolint:nilerr // a session without dates reminds nobody
		}
		today, err := time.ParseInLocation(time.DateOnly, w.Now().In(s.Location()).Format(time.DateOnly), s.Location())
		if err != nil {
			return err
		}
		days := int(starts.Sub(today).Hours() / 24)
		var which string
		template := "reminder"
		switch {
		case s.Over(w.Now()) && w.Now().Before(starts.AddDate(0, 1, 0)):
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
			reg, err := w.Registration(ctx, l.ID)
			if sdk.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			if err := w.write(ctx, h, template, s, reg, 0, nil, fmt.Sprintf("remind %s %s %s", which, s.Starts, l.ID)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Retain erases what has been kept for its time: answers that are kept apart
// each after its own days, registrations after the months of the settings, and
// those of people who were there after the years for which attendance is
// proved. Counts remain.
func (w *Work) Retain(ctx context.Context, _ *sdk.Run) error {
	h := w.Host()
	return w.each(ctx, h, url.Values{"version": {"draft"}}, func(s *record.Session, board *seats.Roster) error {
		ends, err := time.Parse(time.DateOnly, s.Ends)
		if err != nil {
			return nil //nolint:nilerr // without an end nothing is over
		}
		apart, err := record.Find[struct {
			record.Head
			KeepDays int `json:"keep_days"`
		}](ctx, h, record.Needs, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
		if err != nil {
			return err
		}
		for _, n := range apart {
			if w.Now().After(ends.AddDate(0, 0, n.KeepDays+1)) {
				if err := w.destroy(ctx, h, n.ID); err != nil {
					return err
				}
			}
		}
		return w.retainPeople(ctx, s, board, ends)
	})
}

// retainPeople erases the registrations of a session, those too that have no
// place in its roster: of people who were replaced, or whom editors noted.
func (w *Work) retainPeople(ctx context.Context, s *record.Session, board *seats.Roster, ends time.Time) error {
	c := w.Settings()
	if w.Now().Before(ends.AddDate(0, c.KeepMonths, 1)) {
		return nil
	}
	all, err := record.Find[record.Registration](ctx, c.host, record.Registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return err
	}
	for _, reg := range all {
		l := board.Find(reg.ID)
		proof := l != nil && (l.State == seats.Attended || l.State == seats.Partial)
		if reg.Name == "" && reg.Email == "" || proof && w.Now().Before(ends.AddDate(c.keepYears(), 0, 1)) {
			continue
		}
		if _, err := c.host.Erase(ctx, reg.ID, sdk.Options{Reason: "kept for its time"}); err != nil && !sdk.IsNotFound(err) {
			return err
		}
	}
	return nil
}
