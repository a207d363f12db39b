package act

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// maxMandates bounds the mandates of a group that are looked at.
const maxMandates = 1000

// Mandates lists those of a group.
func Mandates(ctx context.Context, b record.Book, group string) ([]record.Mandate, error) {
	return record.All[record.Mandate](ctx, b, record.Mandates, record.Q{"group": group}, maxMandates)
}

// Seen leaves out the meetings that only members may know of: private ones, and
// those of private groups.
func Seen(ctx context.Context, b record.Book, all []record.Meeting) ([]record.Meeting, error) {
	groups, err := record.All[record.Head](ctx, b.Newest(), record.Groups, record.Q{"visibility": "private", "fields": "id"}, most)
	return slices.DeleteFunc(all, func(m record.Meeting) bool {
		return m.Visibility == "private" || slices.ContainsFunc(groups, func(g record.Head) bool { return g.ID == m.Group })
	}), err
}

// Mandate reads one that is in force; the day is today.
func (w *Work) Mandate(ctx context.Context, h *sdk.Host, id string) (*record.Mandate, error) {
	m, err := record.Get[record.Mandate](ctx, record.Book{Host: h, Draft: true}, record.Mandates, id)
	switch {
	case err != nil || m == nil:
		return nil, orMissing(err)
	case !m.Rule().Holds(w.Today()):
		return nil, fault("mandate_over")
	}
	return m, nil
}

// Reply answers an invitation for the association of a mandate. All replies of
// a meeting are in one entry, so that a seat is given once among all nodes. Who
// comes to a seat by it is told by TellSeats.
func (w *Work) Reply(ctx context.Context, h *sdk.Host, m *record.Mandate, meeting string, comes bool) error {
	b := record.Book{Host: h, Draft: true}
	mt, err := record.Get[record.Meeting](ctx, b, record.Meetings, meeting)
	switch {
	case err != nil || mt == nil:
		return orMissing(err)
	case mt.Group != "" && mt.Group != m.Group:
		return fault("members_only")
	case m.Association == "":
		return fault("no_association")
	case mt.State == "cancelled" || mt.State == "held" || mt.State == "closed" || mt.Closes != "" && record.Over(mt.Closes, w.Now()):
		return fault("closed")
	}
	r := rules.Reply{Association: m.Association, Mandate: m.ID, Answer: "no", Substitute: m.Role == rules.Substitute, At: record.Moment(w.Now())}
	if comes {
		r.Answer = "yes"
	}
	return retried(func() error {
		reg, err := w.register(ctx, b, meeting)
		if err != nil {
			return err
		}
		replies, full := rules.Register(reg.Replies, r, mt.Capacity, mt.Waiting)
		if full {
			return fault("full")
		}
		_, err = b.Save(ctx, reg.ID, reg.Revision, record.Values{"replies": rows(replies)})
		return err
	})
}

func rows(replies []rules.Reply) []map[string]any {
	out := make([]map[string]any, len(replies))
	for i, r := range replies {
		out[i] = map[string]any{"association": r.Association, "mandate": none(r.Mandate), "answer": r.Answer, "state": r.State, "substitute": r.Substitute, "at": none(r.At), "promoted": r.Promoted}
	}
	return out
}

// register reads the replies of a meeting; whoever is first makes the entry.
func (w *Work) register(ctx context.Context, b record.Book, meeting string) (*record.Register, error) {
	for range 3 {
		reg, err := record.One[record.Register](ctx, b, record.Registers, record.Q{"key": meeting})
		if err != nil || reg != nil {
			return reg, err
		}
		_, err = b.Create(ctx, record.Registers, record.Values{"key": meeting, "meeting": meeting, "replies": []any{}}, false, "")
		if err != nil && !record.Taken(err, "key") {
			return nil, err
		}
	}
	return nil, fault("busy")
}

// Registered reads the replies of a meeting without making anything.
func Registered(ctx context.Context, b record.Book, meeting string) (*record.Register, error) {
	reg, err := record.One[record.Register](ctx, b.Newest(), record.Registers, record.Q{"key": meeting})
	if reg == nil {
		reg = &record.Register{}
	}
	return reg, err
}

// TellSeats writes to those who came from the waiting list to a seat, and then
// forgets that they are to be told. It follows the log, so that nobody is left
// out whoever made room and whatever became of them.
func (w *Work) TellSeats(ctx context.Context, h *sdk.Host, register string) error {
	b := record.Book{Host: h, Draft: true}
	return retried(func() error {
		reg, err := record.Get[record.Register](ctx, b, record.Registers, register)
		if err != nil || reg == nil || !slices.ContainsFunc(reg.Replies, func(r rules.Reply) bool { return r.Promoted }) {
			return err
		}
		mt, err := record.Get[record.Meeting](ctx, b, record.Meetings, reg.Meeting)
		if err != nil || mt == nil {
			return err
		}
		for i, r := range reg.Replies {
			if r.Promoted && r.State == rules.Seated {
				if err := w.tellSeat(ctx, h, b, mt, r.Association); err != nil {
					return err
				}
			}
			reg.Replies[i].Promoted = false
		}
		_, err = b.Save(ctx, reg.ID, reg.Revision, record.Values{"replies": rows(reg.Replies)})
		return err
	})
}

// tellSeat writes to those who speak for an association that came to a seat.
func (w *Work) tellSeat(ctx context.Context, h *sdk.Host, b record.Book, mt *record.Meeting, association string) error {
	all, err := Mandates(ctx, b, mt.Group)
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.Association == association && m.Rule().Holds(w.Today()) {
			err := w.letter(ctx, h, "seat", KindMandate, m.ID, locale(m.Locale), "seat "+mt.ID+" "+m.ID+" "+rules.Day(w.Now()),
				map[string]string{"title": mt.Title, "date": When(mt.Starts, m.Locale)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Refill gives seats to those who wait after a meeting got more of them.
func (w *Work) Refill(ctx context.Context, h *sdk.Host, meeting string) error {
	b := record.Book{Host: h, Draft: true}
	mt, err := record.Get[record.Meeting](ctx, b, record.Meetings, meeting)
	if err != nil || mt == nil {
		return orMissing(err)
	}
	return retried(func() error {
		reg, err := w.register(ctx, b, meeting)
		if err != nil || !rules.Fill(reg.Replies, mt.Capacity) {
			return err
		}
		_, err = b.Save(ctx, reg.ID, reg.Revision, record.Values{"replies": rows(reg.Replies)})
		return err
	})
}

// Invite writes to everybody who has a mandate in the group of a meeting; each
// once, however often it is done.
func (w *Work) Invite(ctx context.Context, h *sdk.Host, meeting string, told func(done, of int) error) (int, error) {
	b := record.Book{Host: h, Draft: true}
	mt, err := record.Get[record.Meeting](ctx, b, record.Meetings, meeting)
	if err != nil || mt == nil {
		return 0, orMissing(err)
	}
	all, err := Mandates(ctx, b, mt.Group)
	if err != nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(m record.Mandate) bool { return !m.Rule().Holds(w.Today()) })
	for i, m := range all {
		err := w.letter(ctx, h, "invitation", KindMandate, m.ID, locale(m.Locale), fmt.Sprintf("invitation %s %s %d", mt.ID, m.ID, mt.Sequence),
			map[string]string{"title": mt.Title, "date": When(mt.Starts, m.Locale), "place": mt.Place})
		if err != nil {
			return i, err
		}
		if err := told(i+1, len(all)); err != nil {
			return i, err
		}
	}
	return len(all), nil
}

// TakePosition says what the association of a mandate thinks. There is one
// position per association and question: a later one takes its place, whoever
// of the two speaks.
func (w *Work) TakePosition(ctx context.Context, h *sdk.Host, m *record.Mandate, ballot, value, reason, reservation string) error {
	b := record.Book{Host: h, Draft: true}
	on, err := record.Get[record.Ballot](ctx, b, record.Ballots, ballot)
	today := w.Today()
	switch {
	case err != nil || on == nil:
		return orMissing(err)
	case on.Group != m.Group:
		return fault("members_only")
	case !m.Rule().Speaks(today):
		return fault("no_voice")
	case on.Over(today) || on.Opens != "" && today < on.Opens:
		return fault("closed")
	case !slices.Contains(rules.Values(on.Kind, on.Keys()), value):
		return fault("value")
	}
	if reason, err = checkText(reason, 0, 3000, "reason"); err != nil {
		return err
	}
	if reservation, err = checkText(reservation, 0, 3000, "reason"); err != nil {
		return err
	}
	if on.Reason && reason == "" && reservation == "" || value == "reserve" && reservation == "" {
		return fault("reason")
	}
	public := !on.Hidden && on.Secrecy != "aggregate"
	key := ballot + ":" + m.Association
	values := record.Values{"key": key, "ballot": ballot, "association": m.Association, "mandate": m.ID, "value": value, "reason": none(reason),
		"reservation": none(reservation), "cast": record.Moment(w.Now()), "substitute": m.Role == rules.Substitute}
	return retried(func() error {
		was, err := record.One[record.Position](ctx, b, record.Positions, record.Q{"key": key})
		switch {
		case err != nil:
			return err
		case was == nil:
			_, err = b.Create(ctx, record.Positions, values, public, "")
			if record.Taken(err, "key") { // the other one of the association was first
				return w.replace(ctx, b, key, values, public)
			}
			return err
		}
		return w.replace(ctx, b, key, values, public)
	})
}

func (w *Work) replace(ctx context.Context, b record.Book, key string, values record.Values, public bool) error {
	was, err := record.One[record.Position](ctx, b, record.Positions, record.Q{"key": key})
	if err != nil || was == nil {
		return orMissing(err)
	}
	reason, _ := values["reason"].(string)
	reservation, _ := values["reservation"].(string)
	if was.Value == values["value"] && was.Reason == reason && was.Reservation == reservation && was.Mandate == values["mandate"] && (was.Public() || !public) {
		return nil // said again
	}
	values["replaced"] = was.Replaced + 1
	if public {
		return b.Show(ctx, was.ID, was.Revision, values)
	}
	_, err = b.Save(ctx, was.ID, was.Revision, values)
	return err
}

// CloseBallot ends a question; hidden positions are shown then, unless only
// totals are to be public.
func (w *Work) CloseBallot(ctx context.Context, h *sdk.Host, ballot string) error {
	b := record.Book{Host: h, Draft: true}
	on, err := record.Get[record.Ballot](ctx, b, record.Ballots, ballot)
	if err != nil || on == nil {
		return orMissing(err)
	}
	if on.Secrecy != "aggregate" {
		all, err := record.All[record.Position](ctx, b, record.Positions, record.Q{"ballot": ballot}, maxMandates)
		if err != nil {
			return err
		}
		for _, p := range all {
			if p.Status != "published" {
				if err := b.Publish(ctx, p.ID, 0); err != nil {
					return err
				}
			}
		}
	}
	if on.State == "closed" && on.Status == "published" {
		return nil
	}
	return b.Show(ctx, on.ID, on.Revision, record.Values{"state": "closed"})
}

// months in the three languages, as they are said in Algeria.
var months = map[string][12]string{
	"fr": {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	"ar": {"جانفي", "فيفري", "مارس", "أفريل", "ماي", "جوان", "جويلية", "أوت", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
	"en": {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
}

// When writes a moment, or a day, as people read it, in the time of Algiers.
func When(moment, l string) string {
	names, ok := months[l]
	if !ok {
		names = months["fr"]
	}
	if t, err := time.Parse(time.DateOnly, moment); err == nil {
		return fmt.Sprintf("%d %s %d", t.Day(), names[t.Month()-1], t.Year())
	}
	t, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		return moment
	}
	t = t.In(time.FixedZone("Africa/Algiers", 3600)) // no summer time there
	return fmt.Sprintf("%d %s %d%s%02d:%02d", t.Day(), names[t.Month()-1], t.Year(), said(l, "comma"), t.Hour(), t.Minute())
}

// Pace sets how often a member gets digests.
func (w *Work) Pace(ctx context.Context, h *sdk.Host, m *record.Mandate, pace string) error {
	if pace != "none" && pace != "daily" && pace != "weekly" {
		return fault("value")
	}
	b := record.Book{Host: h, Draft: true}
	values := record.Values{"digest": pace}
	if m.Public() {
		return b.Show(ctx, m.ID, 0, values)
	}
	_, err := b.Save(ctx, m.ID, 0, values)
	return err
}
