// Package exchange gives the catalogue of trainings to other programs, and takes
// it in from them, in LHEO.
package exchange

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
	"github.com/recueil-cms/recueil/plugins/training/lheo"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Catalogue is what is exchanged.
type Catalogue struct{ Work *act.Work }

// Export writes the public catalogue in LHEO. What a catalogue elsewhere would
// refuse is left out, and counted.
func (x *Catalogue) Export(ctx context.Context, h *sdk.Host) (file []byte, left int, err error) {
	all, err := record.Find[record.Training](ctx, h, record.Trainings, url.Values{"locale": {"fr"}})
	if err != nil {
		return nil, 0, err
	}
	var out []lheo.Training
	for i := range all[:min(len(all), lheo.MaxOffers)] {
		one, err := x.offer(ctx, h, &all[i])
		if err != nil {
			return nil, 0, err
		}
		out = append(out, *one)
	}
	var b bytes.Buffer
	refused, err := lheo.Write(&b, out)
	return b.Bytes(), len(refused), err
}

func flag(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// offer says a training in the words of LHEO.
func (x *Catalogue) offer(ctx context.Context, h *sdk.Host, t *record.Training) (*lheo.Training, error) {
	c := x.Work.Settings()
	var objectives []string
	for _, o := range t.Objectives {
		objectives = append(objectives, o.Text)
	}
	who := lheo.Coordinates{Email: t.Contact}
	if t.Provider != "" {
		for _, collection := range []string{"associations", "authorities"} {
			if n, err := record.Get[record.Named](ctx, h, collection, t.Provider, "fr"); err == nil {
				who.Name = n.Name
			}
		}
	}
	out := &lheo.Training{ID: t.Ref, Changed: t.UpdatedAt, Domain: lheo.Domain{Formacodes: strings.Fields(t.LHEO.Formacodes), NSF: strings.Fields(t.LHEO.NSF), ROME: strings.Fields(t.LHEO.ROME)},
		Title: t.Title, Objective: cut(strings.Join(objectives, "\n"), 3000), Results: t.Results, Contents: cut(t.Contents, 3000), Certifying: flag(t.Certifying),
		Contacts: []lheo.Contact{{Type: lheo.TeachingContact, Coordinates: who}}, Pathway: t.LHEO.Pathway, EntryLevel: t.LHEO.EntryLevel,
		URLs: &lheo.URLs{Web: []string{c.URL + "/fr/formations/" + t.Slug}}, ModuleID: t.Ref,
		Provider: lheo.Provider{ActivityNumber: t.LHEO.ActivityNumber, SIRET: t.LHEO.SIRET, Name: who.Name, LegalName: who.Name,
			Coordinates: []lheo.Coordinates{who}, Contacts: []lheo.Coordinates{who}}}
	if t.DisabilityContact != "" {
		out.Contacts = append(out.Contacts, lheo.Contact{Type: lheo.DisabilityContact, Coordinates: lheo.Coordinates{Email: t.DisabilityContact}})
	}
	all, err := record.Coming(ctx, h, x.Work.Now(), "fr", url.Values{"filter[training][_eq]": {t.ID}})
	if err != nil {
		return nil, err
	}
	modes := map[string]string{"onsite": "0", "blended": "1", "online": "2"}
	byMode := map[string]int{}
	for i := range all {
		s := &all[i]
		at, ok := byMode[s.Mode]
		if !ok {
			at = len(out.Actions)
			byMode[s.Mode] = at
			a := lheo.Action{Rhythm: words.Span("fr", s.Starts, s.Ends), Audience: strings.Fields(t.LHEO.AudienceCodes), EntryRequired: flag(t.Level != "any" && t.Level != ""),
				Alternation: "aucune", Mode: modes[s.Mode], Conditions: t.Prerequisites, Funding: flag(t.Funding != ""), Entries: "0", Access: cut(t.Accessibility, 250),
				Languages: t.Languages[:min(len(t.Languages), 5)], Methods: cut(t.Methods, 200), FundingText: cut(t.Funding, 600)}
			if t.Price != nil {
				a.Price = fmt.Sprintf("%.2f", *t.Price)
			}
			if t.Hours != nil {
				a.Hours = fmt.Sprintf("%.0f", *t.Hours)
			}
			out.Actions = append(out.Actions, a)
		}
		one := lheo.Session{ID: s.Code, Period: lheo.Period{From: strings.ReplaceAll(s.Starts, "-", ""), To: strings.ReplaceAll(s.Ends, "-", "")},
			HowTo: cut(t.AccessHow, 255), Recruiting: map[string]string{"open": "1", "closed": "2", "suspended": "3"}[s.Recruitment],
			URLs: &lheo.URLs{Web: []string{c.URL + "/fr/training/sessions/" + s.Code}}}
		if s.Venue != "" {
			if v, err := record.Get[record.Venue](ctx, h, record.Venues, s.Venue, "fr"); err == nil {
				one.Where = &lheo.Address{Lines: []string{v.Name}, Postcode: v.Postcode, Town: v.Commune}
			}
		}
		out.Actions[at].Sessions = append(out.Actions[at].Sessions, one)
	}
	return out, nil
}
