package site

import (
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/forms"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// keepProfile answers where an association asks for a link, and where the link
// leads.
func (v *visit) keepProfile(rest []string) error {
	v.Volatile = true
	if len(rest) == 1 {
		return v.updateProfile()
	}
	col, left := v.Under(rest[:len(rest)-1])
	if col == nil || col.Name != profile.Collection || len(left) != 1 {
		return reader.Missing()
	}
	item, err := v.Read(col.Name, left[0], "")
	if err != nil {
		return err
	}
	e := v.Shown(item)
	p, err := v.formPage("claim", v.T("site.claim.title"), rest)
	if err != nil {
		return err
	}
	p.Crumbs = append(p.Crumbs, page.Crumb{Title: e.Title, URL: e.URL})
	p.Form = &page.Form{Action: v.Address(rest), To: e.Title}
	p.Description = v.Texts.Text(string(v.Locale), "site.claim.lead", map[string]any{"name": e.Title})
	if v.params("envoye").Get("envoye") != "" {
		p.Form.Outcome = "asked"
	}
	if v.Method() == fiber.MethodPost {
		done, err := v.askForLink(p.Form, e.ID)
		if err != nil {
			return err
		}
		if done {
			return v.redirect(v.Address(rest)+"?envoye=1", fiber.StatusSeeOther)
		}
		p.Status = fiber.StatusUnprocessableEntity
	}
	return v.sendForm(p)
}

func (v *visit) formPage(kind, title string, rest []string) (*page.Page, error) {
	p, err := v.page(kind)
	if err != nil {
		return nil, err
	}
	p.Title, p.NoIndex = title, true
	p.Crumbs = []page.Crumb{v.homeCrumb()}
	for i := range p.Languages {
		p.Languages[i].URL = "/" + p.Languages[i].Locale + strings.TrimPrefix(v.Address(rest), "/"+string(v.Locale))
	}
	return p, nil
}

// sendForm marks the rendering of a form and answers with it.
func (v *visit) sendForm(p *page.Page) (err error) {
	if p.Form.Token, err = forms.Mark(v.site.o.Random, v.Now()); err != nil {
		return err
	}
	v.Set(fiber.HeaderReferrerPolicy, "no-referrer") // the address may be a key
	return v.sendNow(p)
}

// sentForm reads a form and looks whether a person sent it, and for the first
// time: again is what was taken in already, machine what nobody need answer.
func (v *visit) sentForm(f *page.Form, faultAt string) (values url.Values, again bool, err error) {
	if err := server.LimitSignIn(v.Ctx); err != nil {
		return nil, false, err
	}
	raw, err := server.Body(v.Ctx)
	if err != nil {
		return nil, false, err
	}
	values, err = url.ParseQuery(string(raw))
	if err != nil {
		return nil, false, problem.Wrap(err, problem.BadRequest, "request_malformed", nil)
	}
	if values.Get("trap") != "" {
		return values, true, nil
	}
	switch age := forms.Age(values.Get("token"), v.Now()); {
	case age < forms.Least:
		f.Faults = append(f.Faults, page.Fault{Field: faultAt, Text: v.T("site.contact.fast")})
	case age > forms.Most:
		f.Faults = append(f.Faults, page.Fault{Field: faultAt, Text: v.T("site.contact.old")})
	}
	return values, false, nil
}

// askForLink sends a link to an address of the association. The answer is the
// same whether there was one to send.
func (v *visit) askForLink(f *page.Form, id content.EntryID) (done bool, err error) {
	values, again, err := v.sentForm(f, "email")
	if err != nil || again {
		return again, err
	}
	f.Email = entry.Cut(strings.TrimSpace(strings.ToValidUTF8(values.Get("email"), "")), forms.MaxAddress)
	if !forms.Address(f.Email) {
		f.Faults = append(f.Faults, page.Fault{Field: "email", Text: v.T("site.contact.email.fault")})
	}
	if len(f.Faults) > 0 {
		return false, nil
	}
	token := values.Get("token")
	if !v.site.sent.First(token, v.Now()) {
		return true, nil
	}
	if !v.site.letters.Take("claim " + string(id)).OK {
		return true, nil // one who asks so often has links enough
	}
	return true, v.site.o.Profiles.Ask(v.Reader.Ctx, id, f.Email, v.Locale)
}

// updateProfile answers with the form behind a link, or takes it in.
func (v *visit) updateProfile() error {
	rest := []string{profile.Segment}
	p, err := v.formPage("update", v.T("site.claim.title"), rest)
	if err != nil {
		return err
	}
	q := v.params(profile.Parameter, "fait")
	if done := q.Get("fait"); done != "" {
		p.Form = &page.Form{Outcome: done}
		return v.sendForm(p)
	}
	if v.Method() == fiber.MethodPost {
		return v.takeProfile(p, rest)
	}
	kept, ticket, err := v.site.o.Profiles.Open(v.Reader.Ctx, q.Get(profile.Parameter), v.Locale)
	if err != nil {
		return err
	}
	for i := range p.Languages {
		p.Languages[i].URL = profile.Path(content.Locale(p.Languages[i].Locale), q.Get(profile.Parameter))
	}
	p.Form = &page.Form{Action: v.Address(rest), Ticket: ticket}
	v.fillProfile(p, kept, nil)
	return v.sendForm(p)
}

// fillProfile makes the controls, with what was typed over what there is.
func (v *visit) fillProfile(p *page.Page, kept *profile.Profile, typed map[string]string) {
	p.Form.Profile, p.Form.To = kept, kept.Name
	p.Crumbs = append(p.Crumbs, page.Crumb{Title: kept.Name, URL: kept.URL})
	for _, f := range kept.Fields() {
		one := page.FormField{Name: f.Name, Kind: f.Kind, Label: entry.Label(f.Label, v.Locale, f.Name), Help: entry.Label(f.Help, v.Locale, ""),
			Value: kept.Text(f.Name), Fault: p.Form.Fault(f.Name), Sensitive: f.Sensitive, Required: f.Required}
		if text, ok := typed[f.Name]; ok {
			one.Value = text
		}
		p.Form.Fields = append(p.Form.Fields, one)
	}
}

func (v *visit) takeProfile(p *page.Page, rest []string) error {
	p.Form = &page.Form{Action: v.Address(rest)}
	values, machine, err := v.sentForm(p.Form, "name")
	if err != nil {
		return err
	}
	if machine {
		return v.redirect(v.Address(rest)+"?fait=confirmed", fiber.StatusSeeOther)
	}
	p.Form.Ticket = values.Get("ticket")
	kept, claim, err := v.site.o.Profiles.Ticket(v.Reader.Ctx, p.Form.Ticket, v.Locale)
	if problem.KindOf(err) == problem.Gone && !v.site.sent.First(values.Get("token"), v.Now()) {
		return v.redirect(v.Address(rest)+"?fait=confirmed", fiber.StatusSeeOther) // sent again by a second click
	}
	if err != nil {
		return err
	}
	if values.Get("letters") == "off" {
		if err := v.site.o.Profiles.Silence(v.Reader.Ctx, kept.ID, true); err != nil {
			return err
		}
		return v.redirect(v.Address(rest)+"?fait=silent", fiber.StatusSeeOther)
	}
	typed := map[string]string{}
	if values.Get("confirm") == "" {
		for _, f := range kept.Fields() {
			if values.Has(f.Name) {
				typed[f.Name] = entry.Cut(strings.ToValidUTF8(values.Get(f.Name), ""), maxLetter*4)
			}
		}
	}
	changes, err := kept.Differences(typed)
	var outcome profile.Outcome
	if err == nil && len(p.Form.Faults) == 0 {
		v.site.sent.First(values.Get("token"), v.Now())
		outcome, err = v.site.o.Profiles.Update(v.Reader.Ctx, claim, kept, changes, entry.Cut(values.Get("token"), 60))
	}
	if problem.KindOf(err) == problem.Invalid {
		v.faultsOf(p.Form, err)
	} else if err != nil {
		return err
	}
	if len(p.Form.Faults) > 0 {
		p.Status = fiber.StatusUnprocessableEntity
		v.fillProfile(p, kept, typed)
		return v.sendForm(p)
	}
	return v.redirect(v.Address(rest)+"?fait="+string(outcome), fiber.StatusSeeOther)
}

// faultsOf takes what is wrong with values over into a form, by the last part
// of each pointer.
func (v *visit) faultsOf(f *page.Form, err error) {
	p, ok := problemOf(err)
	if !ok {
		return
	}
	for _, one := range p.Fields {
		name := one.Pointer[strings.LastIndexByte(one.Pointer, '/')+1:]
		f.Faults = append(f.Faults, page.Fault{Field: name, Text: v.Texts.Text(string(v.Locale), one.Code, one.Args)})
	}
}

// unconfirmed gives the day since when nobody has confirmed a profile, when
// that is long ago.
func (v *visit) unconfirmed(e *entry.Entry) string {
	f := e.Field("last_confirmed_on")
	if f == nil {
		return ""
	}
	text, _ := f.Raw.(string)
	at, err := time.Parse(time.DateOnly, text)
	if err != nil || v.Now().Sub(at) < profile.StaleAfter*24*time.Hour {
		return ""
	}
	return f.Text
}
