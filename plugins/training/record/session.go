package record

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/calendar"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// HalfDay is one half-day of a session, in the zone of the session.
type HalfDay struct {
	Day  string `json:"day"`
	Part string `json:"part"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Key names a half-day of a session.
func (h HalfDay) Key() string { return h.Day + "-" + h.Part }

// Times are when it begins and ends.
func (h HalfDay) Times(zone *time.Location) (from, to time.Time, err error) {
	if from, err = time.ParseInLocation("2006-01-02 15:04", h.Day+" "+h.From, zone); err == nil {
		to, err = time.ParseInLocation("2006-01-02 15:04", h.Day+" "+h.To, zone)
	}
	return from, to, err
}

// Question is one of the form.
type Question struct {
	Key      string `json:"key"`
	LabelFR  string `json:"label_fr"`
	LabelAR  string `json:"label_ar"`
	LabelEN  string `json:"label_en"`
	Kind     string `json:"kind"`
	Options  string `json:"options"`
	Required bool   `json:"required"`
	OnlyIf   string `json:"only_if"`
	KeepDays *int   `json:"keep_days"`
}

// Label is what is asked, in a language.
func (q Question) Label(locale string) string {
	text := map[string]string{"ar": q.LabelAR, "en": q.LabelEN}[locale]
	if text == "" {
		return q.LabelFR
	}
	return text
}

// Choices are those of a question that has some.
func (q Question) Choices() []string {
	var out []string
	for o := range strings.SplitSeq(q.Options, ";") {
		if o = strings.TrimSpace(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

// Offers reports whether an answer is one of those to choose among, and is kept
// with the registration.
func (q Question) Offers(answer string) bool {
	switch {
	case q.KeepDays != nil:
		return false
	case q.Kind == "yesno":
		return answer == "yes" || answer == "no"
	}
	return q.Kind == "choice" && slices.Contains(q.Choices(), answer)
}

// Quota bounds the seats of one value of a property, or keeps some for it; of
// each, where Of is empty. A group are those who gave an answer to a question.
type Quota struct {
	By       string `json:"by"`
	Of       string `json:"of"`
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Max      *int   `json:"max"`
	Kept     int    `json:"kept"`
}

// Key is what a seat is counted by: the value, or the group.
func (q Quota) Key() string {
	if q.By == "group" {
		return q.Question + "=" + q.Answer
	}
	return q.Of
}

// Logistics is what the organiser sees to.
type Logistics struct {
	Meals     bool `json:"meals"`
	Lodging   bool `json:"lodging"`
	Transport bool `json:"transport"`
	Childcare bool `json:"childcare"`
}

// Session is a training at a time and a place.
type Session struct {
	Head
	Title       string     `json:"title"`
	Code        string     `json:"code"`
	Training    string     `json:"training"`
	HalfDays    []HalfDay  `json:"half_days"`
	Starts      string     `json:"starts"`
	Ends        string     `json:"ends"`
	Zone        string     `json:"zone"`
	Mode        string     `json:"mode"`
	Venue       string     `json:"venue"`
	OnlineURL   string     `json:"online_url"`
	Status      string     `json:"stage"`
	Recruitment string     `json:"recruitment"`
	Opens       string     `json:"registration_opens"`
	Closes      string     `json:"registration_closes"`
	EditUntil   string     `json:"edit_until"`
	Capacity    int        `json:"capacity"`
	Minimum     int        `json:"min_participants"`
	Quotas      []Quota    `json:"quotas"`
	First       []string   `json:"first"`
	Approval    bool       `json:"approval"`
	OfferHours  *float64   `json:"offer_hours"`
	Questions   []Question `json:"questions"`
	Trainers    []string   `json:"trainers"`
	Logistics   Logistics  `json:"logistics"`
	Contact     string     `json:"contact"`
	Sequence    int        `json:"sequence"`
	Original    string     `json:"original"` // when it was to begin, before it was moved
}

// Keys are those of the half-days, in order.
func (s *Session) Keys() []string {
	out := make([]string, len(s.HalfDays))
	for i, h := range s.HalfDays {
		out[i] = h.Key()
	}
	return out
}

// Location is the time zone of its hours.
func (s *Session) Location() *time.Location {
	zone, err := calendar.Zone(s.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Groups are those of the quotas that somebody is in, by their answers.
func (s *Session) Groups(answers map[string]string) []string {
	var out []string
	for _, q := range s.Quotas {
		if q.By == "group" && q.Answer != "" && answers[q.Question] == q.Answer && !slices.Contains(out, q.Key()) {
			out = append(out, q.Key())
		}
	}
	return out
}

// MovedFrom is when the session was to begin at first, now that it begins on
// another day; empty: it was never told otherwise.
func (s *Session) MovedFrom(told bool, starts string) string {
	from := s.Original
	if from == "" && told && s.Status != "draft" {
		from = s.Starts
	}
	if from == starts {
		return ""
	}
	return from
}

// Over reports whether the last half-day is behind.
func (s *Session) Over(now time.Time) bool {
	return s.Ends != "" && now.In(s.Location()).Format(time.DateOnly) > s.Ends
}

// Takes reports whether registrations are taken at a moment.
func (s *Session) Takes(now time.Time) bool {
	if s.Recruitment != "open" || !slices.Contains([]string{"announced", "open", "full", "confirmed"}, s.Status) || s.Over(now) {
		return false
	}
	if t, err := time.Parse(time.RFC3339, s.Opens); err == nil && now.Before(t) {
		return false
	}
	t, err := time.Parse(time.RFC3339, s.Closes)
	return err != nil || now.Before(t)
}

// Edits reports whether people may change what they answered: until the moment
// that is said, or else until registration closes, or the session begins.
func (s *Session) Edits(now time.Time) bool {
	if s.Over(now) || !slices.Contains([]string{"announced", "open", "full", "confirmed", "postponed"}, s.Status) {
		return false
	}
	for _, until := range []string{s.EditUntil, s.Closes} {
		if t, err := time.Parse(time.RFC3339, until); err == nil {
			return now.Before(t)
		}
	}
	return s.Starts == "" || now.In(s.Location()).Format(time.DateOnly) < s.Starts
}

// Rules are those of the seats, at a moment.
func (s *Session) Rules(now time.Time) seats.Rules {
	hours := 48.0
	if s.OfferHours != nil {
		hours = *s.OfferHours
	}
	r := seats.Rules{Capacity: s.Capacity, Approval: s.Approval, Open: s.Takes(now), First: s.First, Offer: time.Duration(hours * float64(time.Hour))}
	for _, q := range s.Quotas {
		r.Quotas = append(r.Quotas, seats.Quota{By: q.By, Key: q.Key(), Max: q.Max, Kept: q.Kept})
	}
	if s.Over(now) || s.Status == "cancelled" || s.Status == "done" || s.Status == "archived" {
		r.Offer = 0 // nobody is offered a seat any more
	}
	return r
}

// Coming lists the sessions that are ahead, in order.
func Coming(ctx context.Context, h *sdk.Host, now time.Time, locale string, filter url.Values) ([]Session, error) {
	q := url.Values{"locale": {locale}, "sort": {"starts"}, "filter[ends][_gte]": {now.UTC().Format(time.DateOnly)},
		"filter[stage][_nin]": {"draft,archived,done"}}
	for k, v := range filter {
		q[k] = v
	}
	return Find[Session](ctx, h, Sessions, q)
}
