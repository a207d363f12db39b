package act

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// most bounds what one daily run looks at of a kind.
const most = 5000

// Daily does what a day brings: closes questions that are over, reminds of
// actions, writes digests, and forgets what need not be kept. Each part may be
// done again on the same day.
func (w *Work) Daily(ctx context.Context, h *sdk.Host, told func(part, of int) error) error {
	parts := []func(context.Context, *sdk.Host) error{w.closeBallots, w.closeSurveys, w.remind, w.digests, w.news, w.forgetUnconfirmed, w.forgetAuthors, w.forgetReplies, w.forgetMandates}
	for i, part := range parts {
		if err := part(ctx, h); err != nil {
			return err
		}
		if err := told(i+1, len(parts)); err != nil {
			return err
		}
	}
	return nil
}

func (w *Work) closeBallots(ctx context.Context, h *sdk.Host) error {
	over, err := record.All[record.Ballot](ctx, record.Book{Host: h, Draft: true}, record.Ballots, record.Q{"state": "open", "closes _lt": w.Today()}, most)
	if err != nil {
		return err
	}
	for _, b := range over {
		if err := w.CloseBallot(ctx, h, b.ID); err != nil {
			return err
		}
	}
	return nil
}

// remind writes to whoever has an action to do soon: once per action.
func (w *Work) remind(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	open, err := record.All[record.Action](ctx, b, record.Actions, record.Q{"state": "open", "due _gte": w.Today()}, most)
	if err != nil {
		return err
	}
	mandates := map[string][]record.Mandate{}
	for _, a := range open {
		if !rules.Remind(a.Due, w.Today(), a.Remind) {
			continue
		}
		if mandates[a.Group] == nil {
			if mandates[a.Group], err = Mandates(ctx, b, a.Group); err != nil {
				return err
			}
		}
		for _, m := range mandates[a.Group] {
			if !m.Rule().Holds(w.Today()) || a.Mandate != "" && m.ID != a.Mandate || a.Mandate == "" && m.Association != a.Owner {
				continue
			}
			err := w.letter(ctx, h, "reminder", KindMandate, m.ID, locale(m.Locale), "reminder "+a.ID+" "+m.ID+" "+a.Due,
				map[string]string{"title": a.Text, "date": When(a.Due, m.Locale)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// since is the day from which a digest tells; weekly ones come on Mondays.
func since(now time.Time, pace string) (from string, due bool) {
	switch pace {
	case "daily":
		return rules.Day(now.AddDate(0, 0, -1)), true
	case "weekly":
		return rules.Day(now.AddDate(0, 0, -7)), now.UTC().Weekday() == time.Monday
	}
	return "", false
}

// fresh is what is new in a group.
type fresh struct {
	meetings, decisions, topics []string
	ballots                     []record.Ballot
}

// digests writes to the members of groups.
func (w *Work) digests(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	groups, err := record.All[record.Group](ctx, b, record.Groups, record.Q{}, most)
	if err != nil {
		return err
	}
	for _, g := range groups {
		mandates, err := Mandates(ctx, b, g.ID)
		if err != nil {
			return err
		}
		news := map[string]*fresh{}
		for _, m := range mandates {
			from, due := since(w.Now(), m.Digest)
			if !due || !m.Rule().Holds(w.Today()) {
				continue
			}
			if news[from] == nil {
				if news[from], err = w.fresh(ctx, b, g.ID, from); err != nil {
					return err
				}
			}
			if err := w.digest(ctx, h, b, &g, &m, news[from]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Work) fresh(ctx context.Context, b record.Book, group, from string) (*fresh, error) {
	f := &fresh{}
	start := from + "T00:00:00Z"
	meetings, err := record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"group": group, "created_at _gte": start}, 20)
	if err != nil {
		return nil, err
	}
	for _, m := range meetings {
		f.meetings = append(f.meetings, m.Title)
	}
	decisions, err := record.All[record.Decision](ctx, b, record.Decisions, record.Q{"group": group, "created_at _gte": start}, 20)
	if err != nil {
		return nil, err
	}
	for _, d := range decisions {
		f.decisions = append(f.decisions, d.Ref+" "+d.Text)
	}
	topics, err := record.All[record.Topic](ctx, b, record.Topics, record.Q{"group": group}, 100)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		n, err := record.Total(ctx, b, record.Comments, record.Q{"topic": t.ID, "state": record.Published, "sent _gte": start})
		if err != nil {
			return nil, err
		}
		if n > 0 {
			f.topics = append(f.topics, fmt.Sprintf("%s (%d)", t.Title, n))
		}
	}
	f.ballots, err = record.All[record.Ballot](ctx, b, record.Ballots, record.Q{"group": group, "state": "open"}, 50)
	return f, err
}

// digest writes one letter, unless there is nothing to tell.
func (w *Work) digest(ctx context.Context, h *sdk.Host, b record.Book, g *record.Group, m *record.Mandate, f *fresh) error {
	var wanted []string
	for _, bl := range f.ballots {
		if bl.Over(w.Today()) || !m.Rule().Speaks(w.Today()) {
			continue
		}
		was, err := record.One[record.Head](ctx, b, record.Positions, record.Q{"key": bl.ID + ":" + m.Association, "fields": "id"})
		if err != nil {
			return err
		}
		if was == nil {
			wanted = append(wanted, bl.Title)
		}
	}
	if len(f.meetings)+len(f.decisions)+len(f.topics)+len(wanted) == 0 {
		return nil
	}
	l := locale(m.Locale)
	line := func(key string, items []string) string {
		if len(items) == 0 {
			return said(l, "digest.none."+key)
		}
		return said(l, "digest."+key) + " : " + strings.Join(items, " · ")
	}
	return w.letter(ctx, h, "digest", KindMandate, m.ID, l, "digest "+m.ID+" "+w.Today(), map[string]string{"title": g.Title,
		"meetings": line("meetings", f.meetings), "decisions": line("decisions", f.decisions), "topics": line("topics", f.topics), "wanted": line("wanted", wanted)})
}

// news writes to those who follow.
func (w *Work) news(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	return record.Each(ctx, b, record.Followers, record.Q{"state": "active"}, func(all []record.Follower) (bool, error) {
		for _, f := range all {
			if from, due := since(w.Now(), f.Digest); due {
				if err := w.newsFor(ctx, h, &f, from+"T00:00:00Z"); err != nil {
					return false, err
				}
			}
		}
		return true, nil
	})
}

func (w *Work) newsFor(ctx context.Context, h *sdk.Host, f *record.Follower, start string) error {
	b := record.Book{Host: h, Locale: locale(f.Locale)}
	l, title := locale(f.Locale), said(f.Locale, "home.title")
	own := record.Q{}
	switch f.Kind {
	case "consultation":
		c, err := record.Get[record.Consultation](ctx, b, record.Consultations, f.Object)
		if err != nil || c == nil {
			return err
		}
		title, own["consultation"] = c.Title, c.ID
	case "group":
		g, err := record.Get[record.Group](ctx, b, record.Groups, f.Object)
		if err != nil || g == nil {
			return err
		}
		title, own["group"] = g.Title, g.ID
	}
	values, some := map[string]string{"title": title}, false
	for _, c := range []struct{ name, collection string }{{"contributions", record.Contributions}, {"statements", record.Statements}, {"answers", record.Recommendations}} {
		q := record.Q{"created_at _gte": start}
		if c.name == "answers" {
			delete(q, "created_at _gte")
			q["updated_at _gte"] = start
		}
		for k, v := range own {
			q[k] = v
		}
		if f.Kind == "group" && c.name != "answers" {
			values[c.name] = "" // a group has none of its own
			continue
		}
		n, err := record.Total(ctx, b, c.collection, q)
		if err != nil {
			return err
		}
		some = some || n > 0
		values[c.name] = fmt.Sprintf("%s : %d", said(l, "news."+c.name), n)
	}
	if !some {
		return nil
	}
	return w.letter(ctx, h, "news", KindFollower, f.ID, l, "news "+f.ID+" "+w.Today(), values)
}

// forgetUnconfirmed erases what nobody confirmed in time. What is found by its
// state goes into the trash last.
func (w *Work) forgetUnconfirmed(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	for _, kind := range []string{KindContribution, KindComment, KindFollower, KindResponse} {
		over, err := record.All[record.Head](ctx, b, collectionOf(kind), record.Q{"state": record.PendingEmail, "expires _lt": record.Moment(w.Now()), "fields": "id,revision"}, most)
		if err != nil {
			return err
		}
		for _, one := range over {
			var all sdk.Batch
			all.Save(one.ID, 0, record.Saved(record.Values{"fingerprint": nil, "code": nil}))
			all.Erase(one.ID, 0)
			if err := b.Commit(ctx, &all, asked); err != nil {
				return err
			}
			if _, err := h.Trash(ctx, one.ID, sdk.Options{Reason: "not confirmed"}); err != nil && !gone(err) {
				return err
			}
		}
	}
	return nil
}

// forgetAuthors takes who wrote out of the contributions and comments of
// consultations whose time of keeping is over: some months after the last phase,
// or a day that is set. What was said stays. Sealed older revisions go when an
// entry is erased.
func (w *Work) forgetAuthors(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	all, err := record.All[record.Consultation](ctx, b, record.Consultations, record.Q{}, most)
	if err != nil {
		return err
	}
	for _, c := range all {
		if until := w.keptUntil(&c); until == "" || w.Today() <= until {
			continue
		}
		answered, err := record.All[record.Head](ctx, b, record.Responses, record.Q{"consultation": c.ID, "state": record.Counted, "fields": "id,revision"}, most)
		if err != nil {
			return err
		}
		for _, one := range answered { // the counts stay
			if err := w.Erase(ctx, h, KindResponse, one.ID); err != nil {
				return err
			}
		}
		for _, of := range []struct{ collection, field string }{{record.Contributions, "consultation"}, {record.Comments, "contribution.consultation"}} {
			for _, mark := range []string{"author_key", "mandate"} {
				mine, err := record.All[record.Head](ctx, b, of.collection, record.Q{of.field: c.ID, mark + " _null": "false", "fields": "id,revision,status"}, most)
				if err != nil {
					return err
				}
				for _, m := range mine {
					values := record.Values{"author": nil, "email": nil, "author_key": nil, "mandate": nil}
					if m.Status == "published" {
						err = b.Show(ctx, m.ID, m.Revision, values)
					} else {
						_, err = b.Save(ctx, m.ID, m.Revision, values)
					}
					if err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

// forgetReplies takes the people out of the replies to meetings that are past for
// long: which associations came stays.
func (w *Work) forgetReplies(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	before := rules.Day(w.Now().AddDate(0, 0, -w.Settings().ReplyDays)) + "T00:00:00Z"
	past, err := record.All[record.Register](ctx, b, record.Registers, record.Q{"meeting.starts _lt": before, "forgotten _null": "true"}, most)
	if err != nil {
		return err
	}
	for _, reg := range past {
		for i, r := range reg.Replies {
			reg.Replies[i] = rules.Reply{Association: r.Association, Answer: r.Answer, State: r.State}
		}
		if _, err := b.Save(ctx, reg.ID, reg.Revision, record.Values{"replies": rows(reg.Replies), "forgotten": true}); err != nil {
			return err
		}
	}
	return nil
}

// forgetMandates erases the names and addresses of those whose mandate has been
// over for as long as authors are kept; that an association had it stays.
func (w *Work) forgetMandates(ctx context.Context, h *sdk.Host) error {
	b := record.Book{Host: h, Draft: true}
	before := rules.Day(w.Now().AddDate(0, -w.Settings().RetentionMonths, 0))
	for _, over := range []string{"to _lt", "revoked _lt"} {
		past, err := record.All[record.Mandate](ctx, b, record.Mandates, record.Q{over: before}, most)
		if err != nil {
			return err
		}
		for _, m := range past {
			if m.Name == "" && m.Email == "" {
				continue // forgotten before
			}
			if _, err := h.Erase(ctx, m.ID, sdk.Options{Reason: "time of keeping"}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *Work) keptUntil(c *record.Consultation) string {
	if c.RetentionEnd != "" {
		return c.RetentionEnd
	}
	if len(c.Phases) == 0 {
		return ""
	}
	last := slices.MaxFunc(c.Phases, func(a, b rules.Phase) int { return strings.Compare(a.Ends, b.Ends) })
	t, err := time.Parse(time.DateOnly, last.Ends)
	if err != nil {
		return ""
	}
	return rules.Day(t.AddDate(0, w.Settings().RetentionMonths, 0))
}
