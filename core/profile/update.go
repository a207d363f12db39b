package profile

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

// offered are the fields that the form has, in its order, those of them that
// the collection has. What is sensitive always waits for a coordinator: by it
// somebody could take a profile over, or pass for another.
var (
	offered   = []string{"name", "name_ar", "short_name", "motto", "mission", "commune", "opening_hours", "website", "public_email", "members_count", "volunteers", "employees"}
	sensitive = []string{"name", "name_ar", "short_name", "public_email"}
)

// Field is one control of the form.
type Field struct {
	Name, Kind string
	Label      schema.Texts
	Help       schema.Texts
	Localized  bool
	Sensitive  bool
	Required   bool
}

// Fields gives the controls.
func (p *Profile) Fields() []Field {
	var out []Field
	for _, name := range offered {
		f := p.item.Collection.FieldNamed(name)
		if f == nil || !slices.Contains([]string{"text", "longtext", "url", "email", "number"}, f.Kind) {
			continue
		}
		out = append(out, Field{Name: name, Kind: f.Kind, Label: f.Label, Help: f.Help, Localized: f.Localized,
			Sensitive: slices.Contains(sensitive, name), Required: f.Required})
	}
	return out
}

// Difference is one change of a profile, for people to compare.
type Difference struct {
	Field   Field
	Was, Is string
	value   any
}

// Differences compares what was typed with what there is. What is not typed
// stays as it is.
func (p *Profile) Differences(typed map[string]string) ([]Difference, error) {
	var out []Difference
	var faults []problem.Field
	for _, f := range p.Fields() {
		text, ok := typed[f.Name]
		was := p.Text(f.Name)
		text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
		if !ok || text == strings.TrimSpace(was) {
			continue
		}
		d := Difference{Field: f, Was: was, Is: text, value: text}
		if text == "" {
			d.value = nil
		} else if f.Kind == "number" {
			n, err := strconv.ParseFloat(strings.ReplaceAll(text, " ", ""), 64)
			if err != nil {
				faults = append(faults, problem.Field{Pointer: f.Name, Code: "profile_number"})
				continue
			}
			d.value = n
		}
		out = append(out, d)
	}
	return out, problem.OfFields(problem.Invalid, "invalid_values", faults)
}

// Outcome says what became of a proposal.
type Outcome string

// The outcomes: nothing to change, live at once, or with a coordinator.
const (
	Confirmed Outcome = "confirmed"
	Live      Outcome = "live"
	Waiting   Outcome = "waiting"
)

// Update confirms a profile, with the changes that there are. key makes that it
// happens once, however often it is sent. Problems of kind Invalid have fields
// named as the form has them.
func (k *Keeper) Update(ctx context.Context, c Claim, p *Profile, changes []Difference, key string) (Outcome, error) {
	settings, err := k.settings(ctx)
	if err != nil {
		return "", err
	}
	outcome := Confirmed
	if len(changes) > 0 {
		outcome = Live
		if !settings.selfPublish || p.Pending() || slices.ContainsFunc(changes, func(d Difference) bool { return d.Field.Sensitive }) {
			outcome = Waiting
		}
		if err := k.save(ctx, p, changes, outcome, key); err != nil {
			return "", err
		}
	}
	if err := k.confirm(ctx, p.ID, c); err != nil {
		return "", err
	}
	if outcome != Confirmed {
		k.tell(settings, p, changes, outcome)
	}
	return outcome, nil
}

func (k *Keeper) save(ctx context.Context, p *Profile, changes []Difference, outcome Outcome, key string) error {
	l := p.item.Locale
	values := map[string]any{}
	for _, d := range changes {
		values[d.Field.Name] = d.value
		if d.Field.Localized || l == content.Shared {
			l = p.locale
		}
	}
	do := func(a action.Action, step string) error {
		_, err := k.o.Do(ctx, by, a, action.Options{Key: "profile:" + key + ":" + step, Reason: "update by link"})
		return err
	}
	if err := do(action.SaveDraft{ID: p.ID, Inputs: action.Inputs{l: values}}, "save"); err != nil {
		return err
	}
	if outcome == Live {
		return do(action.PublishEntry{ID: p.ID, Locales: []content.Locale{l}}, "publish")
	}
	return do(action.SubmitEntry{ID: p.ID, Locale: l, Comment: describe(changes)}, "submit")
}

// describe writes changes for a reviewer.
func describe(changes []Difference) string {
	var b strings.Builder
	for _, d := range changes {
		fmt.Fprintf(&b, "%s: %q → %q\n", d.Field.Name, d.Was, d.Is)
	}
	text := b.String()
	if len(text) > action.MaxComment {
		text = strings.ToValidUTF8(text[:action.MaxComment], "")
	}
	return strings.TrimSpace(text)
}

// confirm notes that a profile is right as of today.
func (k *Keeper) confirm(ctx context.Context, id content.EntryID, c Claim) error {
	today := k.o.Now().UTC()
	_, err := k.o.Do(ctx, by, action.MarkEntry{ID: id, Values: map[string]any{
		"last_confirmed_on": today.Format(time.DateOnly), "confirmed_by": c.sign(),
		"next_check_on": today.AddDate(0, 0, stages[0].day).Format(time.DateOnly)}}, action.Options{Reason: "confirmed by link"})
	return err
}

// Silence ends or takes up again the letters that ask to confirm a profile.
func (k *Keeper) Silence(ctx context.Context, id content.EntryID, silent bool) error {
	_, err := k.o.Do(ctx, by, action.MarkEntry{ID: id, Values: map[string]any{"no_letters": silent}}, action.Options{Reason: "asked for by link"})
	return err
}

// settings are what the programme wants of this package.
type settings struct {
	selfPublish bool // what is not sensitive goes live at once
	remind      bool // profiles are asked about
	email, name string
}

func (k *Keeper) settings(ctx context.Context) (settings, error) {
	var out settings
	r, err := k.o.Query.Find(ctx, by, "settings", query.Params{Locale: k.o.Locales[0], AnyLocale: true, Page: query.Page{Size: 1}})
	if problem.KindOf(err) == problem.NotFound || err == nil && len(r.Items) == 0 {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	it := r.Items[0]
	if m, ok := it.Value("profiles").(map[string]any); ok {
		out.selfPublish, _ = m["self_publish"].(bool)
		out.remind, _ = m["remind"].(bool)
	}
	if m, ok := it.Value("contact").(map[string]any); ok {
		out.email, _ = m["email"].(string)
	}
	out.name, _ = it.Value("site_name").(string)
	return out, nil
}

// tell writes to the programme what an association has changed.
func (k *Keeper) tell(s settings, p *Profile, changes []Difference, outcome Outcome) {
	if s.email == "" {
		return
	}
	l := k.o.Locales[0]
	t := k.words(l, map[string]any{"name": p.Name})
	lines := []string{t("told." + string(outcome))}
	for _, d := range changes {
		label := d.Field.Label[l]
		if label == "" {
			label = d.Field.Name
		}
		lines = append(lines, fmt.Sprintf("%s : « %s » → « %s »", label, d.Was, d.Is))
	}
	err := k.o.Mail(mail.Message{Kind: "profile.changed", To: mail.Person{Name: s.name, Email: s.email}, Locale: l,
		Subject: t("told.subject"), Lines: lines,
		Button: mail.Button{Label: t("told.button"), URL: k.o.BaseURL() + "/admin/content/" + Collection + "/" + string(p.ID)}})
	if err != nil {
		k.o.Log.Warn("nobody is told of a changed profile; the review queue has it", "entry", string(p.ID), "error", err)
	}
}
