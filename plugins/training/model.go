package training

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/calendar"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// meta is what every entry has.
type meta struct {
	ID        string `json:"id"`
	Revision  int    `json:"revision"`
	UpdatedAt string `json:"updated_at"`
	CreatedAt string `json:"created_at"`
}

// line is an item of a list of texts.
type line struct {
	Text string `json:"text"`
}

// result is one year of published results.
type result struct {
	Year         int      `json:"year"`
	Participants *int     `json:"participants,omitempty"`
	Satisfaction *float64 `json:"satisfaction,omitempty"`
	Completion   *float64 `json:"completion,omitempty"`
}

// training is an entry of the catalogue, in one language.
type training struct {
	meta
	Title             string   `json:"title"`
	Slug              string   `json:"slug"`
	Ref               string   `json:"ref"`
	Summary           string   `json:"summary"`
	Themes            []string `json:"themes"`
	Objectives        []line   `json:"objectives"`
	Results           string   `json:"results"`
	Contents          string   `json:"contents"`
	Modules           []string `json:"modules"`
	Audience          string   `json:"audience"`
	Level             string   `json:"level"`
	Prerequisites     string   `json:"prerequisites"`
	Methods           string   `json:"methods"`
	Evaluation        string   `json:"evaluation"`
	Hours             *float64 `json:"hours"`
	Price             *float64 `json:"price"`
	Currency          string   `json:"currency"`
	Funding           string   `json:"funding"`
	AccessDelay       *int     `json:"access_delay"`
	AccessHow         string   `json:"access_how"`
	Accessibility     string   `json:"accessibility"`
	DisabilityContact string   `json:"disability_contact"`
	Contact           string   `json:"contact"`
	Languages         []string `json:"languages"`
	Certifying        bool     `json:"certifying"`
	Provider          string   `json:"provider"`
	CoProviders       []string `json:"co_providers"`
	Trainers          []string `json:"trainers"`
	LHEO              codes    `json:"lheo"`
	PublishedResults  []result `json:"published_results"`
	UpdatedOn         string   `json:"updated_on"`
	ValidUntil        string   `json:"valid_until"`
}

// codes are those of the French exchange format.
type codes struct {
	Formacodes     string `json:"formacodes"`
	NSF            string `json:"nsf"`
	ROME           string `json:"rome"`
	AudienceCodes  string `json:"audience_codes"`
	Pathway        string `json:"pathway"`
	EntryLevel     string `json:"entry_level"`
	ActivityNumber string `json:"activity_number"`
	SIRET          string `json:"siret"`
}

// halfDay is one half-day of a session, in the zone of the session.
type halfDay struct {
	Day  string `json:"day"`
	Part string `json:"part"`
	From string `json:"from"`
	To   string `json:"to"`
}

// key names a half-day of a session.
func (h halfDay) key() string { return h.Day + "-" + h.Part }

func (h halfDay) times(zone *time.Location) (from, to time.Time, err error) {
	if from, err = time.ParseInLocation("2006-01-02 15:04", h.Day+" "+h.From, zone); err == nil {
		to, err = time.ParseInLocation("2006-01-02 15:04", h.Day+" "+h.To, zone)
	}
	return from, to, err
}

// question is one of the form.
type question struct {
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

func (q question) label(locale string) string {
	text := map[string]string{"ar": q.LabelAR, "en": q.LabelEN}[locale]
	if text == "" {
		return q.LabelFR
	}
	return text
}

func (q question) options() []string {
	var out []string
	for o := range strings.SplitSeq(q.Options, ";") {
		if o = strings.TrimSpace(o); o != "" {
			out = append(out, o)
		}
	}
	return out
}

type quota struct {
	By  string `json:"by"`
	Of  string `json:"of"`
	Max int    `json:"max"`
}

type logistics struct {
	Meals     bool `json:"meals"`
	Lodging   bool `json:"lodging"`
	Transport bool `json:"transport"`
	Childcare bool `json:"childcare"`
}

// session is a training at a time and a place.
type session struct {
	meta
	Title       string     `json:"title"`
	Code        string     `json:"code"`
	Training    string     `json:"training"`
	HalfDays    []halfDay  `json:"half_days"`
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
	Capacity    int        `json:"capacity"`
	Minimum     int        `json:"min_participants"`
	Quotas      []quota    `json:"quotas"`
	First       []string   `json:"first"`
	Approval    bool       `json:"approval"`
	OfferHours  *float64   `json:"offer_hours"`
	Questions   []question `json:"questions"`
	Trainers    []string   `json:"trainers"`
	Logistics   logistics  `json:"logistics"`
	Contact     string     `json:"contact"`
	Sequence    int        `json:"sequence"`
}

// keys are those of the half-days, in order.
func (s *session) keys() []string {
	out := make([]string, len(s.HalfDays))
	for i, h := range s.HalfDays {
		out[i] = h.key()
	}
	return out
}

func (s *session) zone() *time.Location {
	zone, err := calendar.Zone(s.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// over reports whether the last half-day is behind.
func (s *session) over(now time.Time) bool {
	return s.Ends != "" && now.In(s.zone()).Format(time.DateOnly) > s.Ends
}

// takes reports whether registrations are taken at a moment.
func (s *session) takes(now time.Time) bool {
	if s.Recruitment != "open" || !slices.Contains([]string{"announced", "open", "full", "confirmed"}, s.Status) || s.over(now) {
		return false
	}
	if t, err := time.Parse(time.RFC3339, s.Opens); err == nil && now.Before(t) {
		return false
	}
	t, err := time.Parse(time.RFC3339, s.Closes)
	return err != nil || now.Before(t)
}

// rules are those of the seats, at a moment.
func (s *session) rules(now time.Time) seats.Rules {
	hours := 48.0
	if s.OfferHours != nil {
		hours = *s.OfferHours
	}
	r := seats.Rules{Capacity: s.Capacity, Approval: s.Approval, Open: s.takes(now), First: s.First, Offer: time.Duration(hours * float64(time.Hour))}
	for _, q := range s.Quotas {
		r.Quotas = append(r.Quotas, seats.Quota{By: q.By, Key: q.Of, Max: q.Max})
	}
	if s.over(now) || s.Status == "cancelled" || s.Status == "done" || s.Status == "archived" {
		r.Offer = 0 // nobody is offered a seat any more
	}
	return r
}

type venue struct {
	meta
	Name     string `json:"name"`
	Address  string `json:"address"`
	Commune  string `json:"commune"`
	Postcode string `json:"postcode"`
	Wilaya   string `json:"wilaya"`
	Access   string `json:"access"`
}

// where is the venue in one line.
func (v *venue) where(locale string) string {
	if v.Commune != "" && v.Commune != v.Name {
		return v.Name + say(locale, "comma") + v.Commune
	}
	return v.Name
}

type trainer struct {
	meta
	Name    string `json:"name"`
	Profile string `json:"profile"`
}

// registration is somebody's wish to take part.
type registration struct {
	meta
	Session      string            `json:"session"`
	Name         string            `json:"name"`
	Email        string            `json:"email"`
	Phone        string            `json:"phone"`
	Function     string            `json:"function"`
	Association  string            `json:"association"`
	Organisation string            `json:"organisation"`
	Wilaya       string            `json:"wilaya"`
	Answers      map[string]string `json:"answers"`
	Visible      string            `json:"visible"`
	Language     string            `json:"language"`
	State        string            `json:"state"`
	Source       string            `json:"source"`
	Replaces     string            `json:"replaces"`
}

// side is the association that the person counts for, in quotas and
// substitutions: the profile, or else the words.
func (r *registration) side() string {
	if r.Association != "" {
		return r.Association
	}
	if words := strings.Join(strings.Fields(strings.ToLower(r.Organisation)), " "); words != "" {
		return "text:" + words
	}
	return ""
}

// newest reads the newest values, in any language.
const newest = "version=draft&fallback=*"

// get reads one entry as it is live, in a language.
func get[T any](ctx context.Context, h *sdk.Host, collection, id, locale string) (*T, error) {
	v := new(T)
	return v, h.Get(ctx, collection, id, url.Values{"locale": {locale}, "fallback": {"*"}}.Encode(), v)
}

// maxFound bounds what one list of the module holds.
const maxFound = 5000

// find lists entries, page by page.
func find[T any](ctx context.Context, h *sdk.Host, collection string, query url.Values) ([]T, error) {
	query.Set("page[size]", "100")
	if query.Get("fallback") == "" {
		query.Set("fallback", "*")
	}
	var out []T
	for len(out) < maxFound {
		page, err := h.Find(ctx, collection, query.Encode())
		if err != nil {
			return nil, err
		}
		var some []T
		if err := page.Into(&some); err != nil {
			return nil, fmt.Errorf("read entries of %s: %w", collection, err)
		}
		out = append(out, some...)
		if page.Next == "" {
			break
		}
		query.Set("page[after]", page.Next)
	}
	return out, nil
}
