package training

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// beforeCommit dates trainings, numbers the versions of calendars, and refuses
// what would harm somebody: fewer seats than are taken, or, where the site
// wants it so, a training that is published without what the law asks for.
func (m *module) beforeCommit(ctx context.Context, c *sdk.Commit) error {
	for _, change := range c.Changes {
		if change.After == nil {
			continue
		}
		if change.After.Trashed {
			if err := m.checkTrash(ctx, c, change); err != nil {
				return err
			}
			continue
		}
		switch change.After.Collection {
		case record.Trainings:
			m.checkTraining(c, change)
		case record.Sessions:
			if err := m.checkSession(ctx, c, change); err != nil {
				return err
			}
		}
	}
	return nil
}

// saves reports whether a commit may save values: the commits of several acts do.
func saves(c *sdk.Commit) bool {
	return c.Action == "entry.save" || c.Action == "entry.create" || c.Action == "entry.several"
}

// checkTrash keeps sessions of which people are known: thrown away, they would
// be found by nothing that erases after its time.
func (m *module) checkTrash(ctx context.Context, c *sdk.Commit, change sdk.Change) error {
	if change.After.Collection != record.Sessions || change.Before == nil || change.Before.Trashed {
		return nil
	}
	r, err := m.work.Seen(ctx, change.After.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(r.Board.Lines, func(l *seats.Line) bool { return l.Who != "" }) {
		c.Refuse(change.After, "", words.Texts("session.people"))
	}
	return nil
}

// decoded reads the values of an entry as the API gives them.
func decoded[T any](e *sdk.Entry) (*T, error) {
	v := new(T)
	raw, err := json.Marshal(e.Values)
	if err != nil {
		return nil, err
	}
	return v, json.Unmarshal(raw, v)
}

func (m *module) checkTraining(c *sdk.Commit, change sdk.Change) {
	if saves(c) {
		if today := m.work.Now().UTC().Format(time.DateOnly); change.After.Values["updated_on"] != today {
			c.Set(change.After, "updated_on", today)
		}
	}
	if !change.After.Published || !m.work.Settings().Qualiopi {
		return
	}
	t, err := decoded[record.Training](change.After)
	if err != nil {
		return // the site's own checks say what is wrong
	}
	for _, field := range t.Missing() {
		c.Refuse(change.After, field, words.Texts("qualiopi.missing"))
	}
}

func (m *module) checkSession(ctx context.Context, c *sdk.Commit, change sdk.Change) error {
	s, err := decoded[record.Session](change.After)
	if err != nil {
		return nil //nolint:nilerr // the site's own checks say what is wrong
	}
	if saves(c) {
		m.number(c, change, s)
	}
	if change.Before == nil || s.Capacity == 0 {
		return nil
	}
	before, err := decoded[record.Session](change.Before)
	if err != nil || before.Capacity > 0 && s.Capacity >= before.Capacity {
		return nil //nolint:nilerr // as above
	}
	r, err := m.work.Seen(ctx, change.After.ID)
	if err != nil {
		return err
	}
	if n := r.Board.Taken(); n > s.Capacity {
		c.Refuse(change.After, "capacity", words.Texts("capacity.taken", n, n))
	}
	return nil
}

// number fills in when the session is, and counts changes that calendars have
// to notice.
func (m *module) number(c *sdk.Commit, change sdk.Change, s *record.Session) {
	days := make([]string, len(s.HalfDays))
	for i, h := range s.HalfDays {
		days[i] = h.Day
		if h.From >= h.To {
			c.Refuse(change.After, "half_days", words.Texts("halfday.order", h.Day))
		}
		if slices.ContainsFunc(s.HalfDays[:i], func(o record.HalfDay) bool { return o.Key() == h.Key() }) {
			c.Refuse(change.After, "half_days", words.Texts("halfday.twice", h.Day))
		}
	}
	for _, q := range s.Quotas {
		if q.By == "group" && !slices.ContainsFunc(s.Questions, func(a record.Question) bool { return a.Key == q.Question && a.Offers(q.Answer) }) {
			c.Refuse(change.After, "quotas", words.Texts("quota.question", q.Question, q.Answer))
		}
	}
	if len(days) > 0 {
		if first := slices.Min(days); first != s.Starts {
			s.Starts = first
			c.Set(change.After, "starts", first)
		}
		if last := slices.Max(days); last != s.Ends {
			c.Set(change.After, "ends", last)
		}
	}
	if change.Before == nil {
		return
	}
	before, err := decoded[record.Session](change.Before)
	if err != nil {
		return
	}
	if from := before.MovedFrom(change.Before.Published, s.Starts); from != s.Original {
		c.Set(change.After, "original", from)
	}
	same := reflect.DeepEqual(before.HalfDays, s.HalfDays) && before.Venue == s.Venue && before.Mode == s.Mode && before.Zone == s.Zone &&
		(before.Status == s.Status || !strings.Contains("postponed cancelled", before.Status) && !strings.Contains("postponed cancelled", s.Status))
	if !same {
		c.Set(change.After, "sequence", before.Sequence+1)
	}
}
