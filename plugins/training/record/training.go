package record

import (
	"context"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Line is an item of a list of texts.
type Line struct {
	Text string `json:"text"`
}

// Result is one year of published results.
type Result struct {
	Year         int      `json:"year"`
	Participants *int     `json:"participants,omitempty"`
	Satisfaction *float64 `json:"satisfaction,omitempty"`
	Completion   *float64 `json:"completion,omitempty"`
}

// Training is an entry of the catalogue, in one language.
type Training struct {
	Head
	Title             string   `json:"title"`
	Slug              string   `json:"slug"`
	Ref               string   `json:"ref"`
	Summary           string   `json:"summary"`
	Themes            []string `json:"themes"`
	Objectives        []Line   `json:"objectives"`
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
	LHEO              Codes    `json:"lheo"`
	PublishedResults  []Result `json:"published_results"`
	UpdatedOn         string   `json:"updated_on"`
	ValidUntil        string   `json:"valid_until"`
}

// Codes are those of the French exchange format.
type Codes struct {
	Formacodes     string `json:"formacodes"`
	NSF            string `json:"nsf"`
	ROME           string `json:"rome"`
	AudienceCodes  string `json:"audience_codes"`
	Pathway        string `json:"pathway"`
	EntryLevel     string `json:"entry_level"`
	ActivityNumber string `json:"activity_number"`
	SIRET          string `json:"siret"`
}

// Missing lists what indicator 1 of the French quality reference asks to be
// public and the training does not say, by the names of the fields.
func (t *Training) Missing() []string {
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

// Part is a module of a training.
type Part struct {
	Head
	Title         string   `json:"title"`
	Objectives    string   `json:"objectives"`
	Hours         *float64 `json:"hours"`
	Prerequisites []string `json:"prerequisites"`
}

// PartsOf are the modules of a training that readers may see, in their order.
func PartsOf(ctx context.Context, h *sdk.Host, t *Training, l string) ([]Part, error) {
	var out []Part
	for _, id := range t.Modules[:min(len(t.Modules), 50)] {
		m, err := Get[Part](ctx, h, Modules, id, l)
		if sdk.IsNotFound(err) {
			continue // it is not published
		}
		if err != nil {
			return nil, err
		}
		out = append(out, *m)
	}
	return out, nil
}

// Length is how many hours it has, in words; "" when nobody says.
func (p *Part) Length(locale string) string {
	if p.Hours == nil {
		return ""
	}
	return words.Say(locale, "modules.hours", strconv.FormatFloat(*p.Hours, 'f', -1, 64))
}

// Venue is a place.
type Venue struct {
	Head
	Name     string `json:"name"`
	Address  string `json:"address"`
	Commune  string `json:"commune"`
	Postcode string `json:"postcode"`
	Wilaya   string `json:"wilaya"`
	Access   string `json:"access"`
}

// Where is the venue in one line.
func (v *Venue) Where(locale string) string {
	if v.Commune != "" && v.Commune != v.Name {
		return v.Name + words.Say(locale, "comma") + v.Commune
	}
	return v.Name
}

// Trainer gives trainings.
type Trainer struct {
	Head
	Name    string `json:"name"`
	Profile string `json:"profile"`
}

// TrainersOf are those of a session, as readers may see them.
func TrainersOf(ctx context.Context, h *sdk.Host, s *Session, t *Training, l string) []Trainer {
	ids := s.Trainers
	if len(ids) == 0 {
		ids = t.Trainers
	}
	var out []Trainer
	for _, id := range ids[:min(len(ids), 20)] {
		if one, err := Get[Trainer](ctx, h, Trainers, id, l); err == nil && one.Name != "" {
			out = append(out, *one)
		}
	}
	return out
}
