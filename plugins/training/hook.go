package training

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// beforeCommit dates trainings, numbers the versions of calendars, and refuses
// what would harm somebody: fewer seats than are taken, or, where the site
// wants it so, a training that is published without what the law asks for.
func (p *program) beforeCommit(ctx context.Context, c *sdk.Commit) error {
	for _, change := range c.Changes {
		if change.After == nil {
			continue
		}
		if change.After.Trashed {
			if err := p.checkTrash(ctx, c, change); err != nil {
				return err
			}
			continue
		}
		switch change.After.Collection {
		case trainings:
			p.checkTraining(c, change)
		case sessions:
			if err := p.checkSession(ctx, c, change); err != nil {
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
func (p *program) checkTrash(ctx context.Context, c *sdk.Commit, change sdk.Change) error {
	if change.After.Collection != sessions || change.Before == nil || change.Before.Trashed {
		return nil
	}
	r, err := p.seen(ctx, change.After.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(r.Board.Lines, func(l *seats.Line) bool { return l.Who != "" }) {
		c.Refuse(change.After, "", words()["session.people"].texts())
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

func (p *program) checkTraining(c *sdk.Commit, change sdk.Change) {
	if saves(c) {
		if today := p.now().UTC().Format(time.DateOnly); change.After.Values["updated_on"] != today {
			c.Set(change.After, "updated_on", today)
		}
	}
	if !change.After.Published || !p.setup.Load().Qualiopi {
		return
	}
	t, err := decoded[training](change.After)
	if err != nil {
		return // the site's own checks say what is wrong
	}
	for _, field := range t.missing() {
		c.Refuse(change.After, field, words()["qualiopi.missing"].texts())
	}
}

// missing lists what indicator 1 of the French quality reference asks to be
// public and the training does not say, by the names of the fields.
func (t *training) missing() []string {
	var out []string
	for _, f := range []struct {
		name string
		said bool
	}{
		{"objectives", len(t.Objectives) > 0}, {"results", t.Results != ""}, {"contents", t.Contents != ""}, {"audience", t.Audience != ""},
		{"prerequisites", t.Prerequisites != ""}, {"methods", t.Methods != ""}, {"evaluation", t.Evaluation != ""}, {"hours", t.Hours != nil},
		{"price", t.Price != nil}, {"access_delay", t.AccessDelay != nil}, {"access_how", t.AccessHow != ""}, {"accessibility", t.Accessibility != ""},
		{"disability_contact", t.DisabilityContact != ""}, {"contact", t.Contact != ""},
	} {
		if !f.said {
			out = append(out, f.name)
		}
	}
	return out
}

func (p *program) checkSession(ctx context.Context, c *sdk.Commit, change sdk.Change) error {
	s, err := decoded[session](change.After)
	if err != nil {
		return nil //nolint:nilerr // the site's own checks say what is wrong
	}
	if saves(c) {
		p.number(c, change, s)
	}
	if change.Before == nil || s.Capacity == 0 {
		return nil
	}
	before, err := decoded[session](change.Before)
	if err != nil || before.Capacity > 0 && s.Capacity >= before.Capacity {
		return nil //nolint:nilerr // as above
	}
	r, err := p.seen(ctx, change.After.ID)
	if err != nil {
		return err
	}
	if n := r.Board.Taken(); n > s.Capacity {
		c.Refuse(change.After, "capacity", words()["capacity.taken"].with(n, n).texts())
	}
	return nil
}

// number fills in when the session is, and counts changes that calendars have
// to notice.
func (p *program) number(c *sdk.Commit, change sdk.Change, s *session) {
	days := make([]string, len(s.HalfDays))
	for i, h := range s.HalfDays {
		days[i] = h.Day
		if h.From >= h.To {
			c.Refuse(change.After, "half_days", words()["halfday.order"].with(h.Day).texts())
		}
		if slices.ContainsFunc(s.HalfDays[:i], func(o halfDay) bool { return o.key() == h.key() }) {
			c.Refuse(change.After, "half_days", words()["halfday.twice"].with(h.Day).texts())
		}
	}
	if len(days) > 0 {
		if first := slices.Min(days); first != s.Starts {
			c.Set(change.After, "starts", first)
		}
		if last := slices.Max(days); last != s.Ends {
			c.Set(change.After, "ends", last)
		}
	}
	if change.Before == nil {
		return
	}
	before, err := decoded[session](change.Before)
	if err != nil {
		return
	}
	same := reflect.DeepEqual(before.HalfDays, s.HalfDays) && before.Venue == s.Venue && before.Mode == s.Mode && before.Zone == s.Zone &&
		(before.Status == s.Status || !strings.Contains("postponed cancelled", before.Status) && !strings.Contains("postponed cancelled", s.Status))
	if !same {
		c.Set(change.After, "sequence", before.Sequence+1)
	}
}

// seen reads the roster of a session without making one: nobody may be in it.
func (p *program) seen(ctx context.Context, session string) (*roster, error) {
	found, err := find[roster](ctx, p.setup.Load().host, rosters, map[string][]string{"version": {"draft"}, "filter[session][_eq]": {session}})
	if err != nil {
		return nil, fmt.Errorf("read the seats: %w", err)
	}
	if len(found) == 0 || found[0].Board == nil {
		return &roster{Session: session, Board: &seats.Roster{}}, nil
	}
	return &found[0], nil
}
