package exchange

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/lheo"
	"github.com/recueil-cms/recueil/plugins/training/record"
)

// Report says what an import came to.
type Report struct {
	Made     int `json:"made"`
	There    int `json:"there"`
	Sessions int `json:"sessions"` // made
	// Faults are what the schema, or this site, refuses, by title.
	Faults map[string][]string `json:"faults"`
}

// ErrFile says that a file is no LHEO that can be read.
var ErrFile = errors.New("the file is no LHEO that can be read")

// maxSessions bounds what is made of one file.
const maxSessions = 2000

// Import makes drafts of the trainings of a file and of their sessions, as the
// person who sends it. A file that is sent again makes none twice, and brings
// the sessions that are new: references and codes tell.
func (x *Catalogue) Import(ctx context.Context, h *sdk.Host, file io.Reader) (*Report, error) {
	all, err := lheo.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFile, err)
	}
	out := &Report{Faults: map[string][]string{}}
	for i := range all {
		t := &all[i]
		for _, f := range t.Check() {
			out.Faults[t.Title] = append(out.Faults[t.Title], f.String())
		}
		err := x.take(ctx, h, t, out)
		var refused *sdk.ProblemError
		if errors.As(err, &refused) && len(refused.Faults) > 0 { // the rest of the file goes on
			for _, f := range refused.Faults {
				out.Faults[t.Title] = append(out.Faults[t.Title], f.Pointer+": "+f.Text["en"])
			}
		} else if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// take makes a draft of a training and of its sessions, of what is not there.
func (x *Catalogue) take(ctx context.Context, h *sdk.Host, t *lheo.Training, out *Report) error {
	ref := cut(cmp.Or(t.ID, t.ModuleID), 40)
	id, err := there(ctx, h, record.Trainings, "ref", ref)
	switch {
	case err != nil:
		return err
	case id != "":
		out.There++
	default:
		done, err := bring(ctx, h, record.Trainings, drafted(t, ref))
		if err != nil {
			return err
		}
		if id = done.ID; done.Replayed {
			out.There++
		} else {
			out.Made++
		}
	}
	for i := range t.Actions {
		for j := range t.Actions[i].Sessions {
			if out.Sessions >= maxSessions {
				return nil
			}
			made, err := session(ctx, h, id, ref, &t.Actions[i], &t.Actions[i].Sessions[j])
			if err != nil {
				return err
			}
			if made {
				out.Sessions++
			}
		}
	}
	return nil
}

// there finds an entry by the value of a field; "" for none.
func there(ctx context.Context, h *sdk.Host, collection, field, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	found, err := h.Find(ctx, collection, url.Values{"version": {"draft"}, "fallback": {"*"}, "filter[" + field + "][_eq]": {value}, "page[size]": {"1"}}.Encode())
	if err != nil || len(found.Entries) == 0 {
		return "", err
	}
	var heads []record.Head
	if err := found.Into(&heads); err != nil {
		return "", err
	}
	return heads[0].ID, nil
}

// bring makes a draft, once within a day for the same values: what has no
// reference is not there twice when a file is sent again that was cut short.
func bring(ctx context.Context, h *sdk.Host, collection string, values map[string]any) (*sdk.Done, error) {
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	return h.Create(ctx, collection, sdk.Locales{"fr": values}, sdk.Options{Key: fmt.Sprintf("lheo %s %x", collection, sha256.Sum256(raw))})
}

// drafted gives the values of a training that was read.
func drafted(t *lheo.Training, ref string) map[string]any {
	var objectives []map[string]any
	for line := range strings.SplitSeq(t.Objective, "\n") {
		if line = strings.TrimSpace(line); line != "" && len(objectives) < 20 {
			objectives = append(objectives, map[string]any{"text": cut(line, 300)})
		}
	}
	codes := map[string]any{"formacodes": some(t.Domain.Formacodes, 5), "nsf": some(t.Domain.NSF, 3), "rome": some(t.Domain.ROME, 5), "pathway": t.Pathway,
		"entry_level": cut(t.EntryLevel, 2), "activity_number": cut(t.Provider.ActivityNumber, 11), "siret": cut(t.Provider.SIRET, 14)}
	out := map[string]any{"title": cut(t.Title, 255), "results": cut(t.Results, 3000), "contents": t.Contents, "certifying": t.Certifying == "1", "objectives": objectives, "lheo": codes}
	if ref != "" {
		out["ref"] = ref
	}
	for _, c := range t.Contacts {
		if c.Coordinates.Email == "" {
			continue
		}
		switch c.Type {
		case lheo.DisabilityContact:
			out["disability_contact"] = c.Coordinates.Email
		case lheo.TeachingContact:
			out["contact"] = c.Coordinates.Email
		}
	}
	if len(t.Actions) == 0 {
		return out
	}
	a := &t.Actions[0]
	codes["audience_codes"] = some(a.Audience, 10)
	out["prerequisites"], out["methods"], out["accessibility"], out["funding"] = cut(a.Conditions, 1000), cut(a.Methods, 1000), cut(a.Access, 250), cut(a.FundingText, 600)
	if price, err := strconv.ParseFloat(a.Price, 64); err == nil && price >= 0 {
		out["price"], out["currency"] = price, "EUR"
	}
	if hours, err := strconv.ParseFloat(a.Hours, 64); err == nil && hours >= 0 && hours <= 5000 {
		out["hours"] = hours
	}
	var languages []string
	for _, l := range a.Languages {
		if slices.Contains([]string{"ar", "fr", "ber", "en"}, l) {
			languages = append(languages, l)
		}
	}
	if languages != nil {
		out["languages"] = languages
	}
	return out
}

func some(codes []string, most int) string { return strings.Join(codes[:min(most, len(codes))], " ") }

// session makes a draft of a session, unless it is there. LHEO does not say its
// half-days: editors do, before they announce it.
func session(ctx context.Context, h *sdk.Host, training, ref string, a *lheo.Action, s *lheo.Session) (made bool, err error) {
	code := coded(ref, s)
	id, err := there(ctx, h, record.Sessions, "code", code)
	if err != nil || id != "" || code == "" {
		return false, err
	}
	values := map[string]any{"code": code, "training": training, "stage": "draft"}
	for name, day := range map[string]string{"starts": s.Period.From, "ends": s.Period.To} {
		// Years far away stand for one that is not known.
		if t, err := time.Parse("20060102", day); err == nil && t.Year() < 2200 {
			values[name] = t.Format(time.DateOnly)
		}
	}
	if mode := map[string]string{"0": "onsite", "1": "blended", "2": "online"}[a.Mode]; mode != "" {
		values["mode"] = mode
	}
	if state := map[string]string{"1": "open", "2": "closed", "3": "suspended"}[s.Recruiting]; state != "" {
		values["recruitment"] = state
	}
	if s.Where != nil && s.Where.Town != "" && a.Mode != "2" {
		if values["venue"], err = place(ctx, h, s.Where); err != nil {
			return false, err
		}
	}
	done, err := bring(ctx, h, record.Sessions, values)
	return err == nil && !done.Replayed, err
}

// place finds a venue by its name, or makes a draft of it.
func place(ctx context.Context, h *sdk.Host, at *lheo.Address) (string, error) {
	name := at.Town
	if len(at.Lines) > 0 && at.Lines[0] != "" {
		name = at.Lines[0]
	}
	name = cut(name, 150)
	all, err := record.Find[record.Venue](ctx, h, record.Venues, url.Values{"version": {"draft"}, "locale": {"fr"}})
	if err != nil {
		return "", err
	}
	for _, v := range all {
		if v.Name == name && v.Commune == cut(at.Town, 100) {
			return v.ID, nil
		}
	}
	done, err := bring(ctx, h, record.Venues, map[string]any{"name": name, "commune": cut(at.Town, 100), "postcode": cut(at.Postcode, 10), "address": cut(strings.Join(at.Lines, "\n"), 500)})
	if err != nil {
		return "", err
	}
	return done.ID, nil
}

// coded is the code of a session: its number as addresses take it, after the
// reference of the training unless it begins so; without a number, its first day.
func coded(ref string, s *lheo.Session) string {
	before, code := plain(ref), plain(cmp.Or(s.ID, s.Period.From))
	if before != "" && !strings.HasPrefix(code, before) {
		code = before + "-" + code
	}
	return strings.Trim(code[:min(len(code), 60)], "-")
}

// plain keeps small letters and digits; a hyphen stands for all between them.
func plain(text string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-")
}
