package site

import (
	"errors"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/forms"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// A visitor can write to an association, or to the programme, without being
// told the address. Against machines there is a field that people do not see,
// and the least time that a person needs; nothing is asked of anybody, and
// nobody else is told.

// correctPath ends the address at which visitors say what is wrong on a page.
const correctPath = "corriger"

// formPaths are what addresses end with that take forms in.
var formPaths = []string{entry.WritePath, correctPath, profile.Segment}

// Limits of a letter from a visitor.
const (
	maxName     = 150
	maxLetter   = 5000
	perReceiver = 20 // letters an hour
)

// receiver is who a letter goes to.
type receiver struct {
	name, email, url string
	id               content.EntryID // empty: the programme
	about            string          // what is to be corrected
}

// receiver finds who the form at an address writes to.
func (v *visit) receiver(rest []string) (*receiver, error) {
	corrects := rest[len(rest)-1] == correctPath
	rest = rest[:len(rest)-1]
	if len(rest) == 0 && !corrects {
		if v.frame.Email == "" {
			return nil, reader.Missing()
		}
		return &receiver{name: v.frame.Name, email: v.frame.Email, url: "/" + string(v.Locale) + "/"}, nil
	}
	col, left := v.Under(rest)
	if col == nil || len(left) != 1 {
		return nil, reader.Missing()
	}
	item, err := v.Read(col.Name, left[0], "")
	if err != nil {
		return nil, err
	}
	e := v.Shown(item)
	if corrects {
		if v.frame.Email == "" {
			return nil, reader.Missing()
		}
		return &receiver{name: e.Title, email: v.frame.Email, url: e.URL, about: e.Title}, nil
	}
	if entry.HiddenEmail(e) == "" {
		return nil, reader.Missing()
	}
	return &receiver{name: e.Title, email: entry.HiddenEmail(e), url: e.URL, id: e.ID}, nil
}

// write answers with a form, or takes one in.
func (v *visit) write(rest []string) error {
	to, err := v.receiver(rest)
	if err != nil {
		return err
	}
	v.Volatile = true // each form is one of its own
	p, err := v.page("contact")
	if err != nil {
		return err
	}
	p.Title, p.NoIndex = v.T("site.contact.title"), true
	lead := "site.contact.lead"
	if to.about != "" {
		p.Title, lead = v.T("site.correct.title"), "site.correct.lead"
	}
	p.Description = v.Texts.Text(string(v.Locale), lead, map[string]any{"name": to.name})
	p.Crumbs = []page.Crumb{v.homeCrumb(), {Title: to.name, URL: to.url}}
	for i := range p.Languages {
		p.Languages[i].URL = "/" + p.Languages[i].Locale + strings.TrimPrefix(v.Address(rest), "/"+string(v.Locale))
	}
	p.Form = &page.Form{Action: v.Address(rest), To: to.name, Corrects: to.about != "", Sent: v.params("envoye").Get("envoye") != ""}
	if v.Method() == fiber.MethodPost {
		done, err := v.takeIn(p.Form, to)
		if err != nil {
			return err
		}
		if done {
			return v.redirect(v.Address(rest)+"?envoye=1", fiber.StatusSeeOther)
		}
		p.Status = fiber.StatusUnprocessableEntity
	}
	if p.Form.Token, err = forms.Mark(v.site.o.Random, v.Now()); err != nil {
		return err
	}
	return v.sendNow(p)
}

// takeIn reads a form that was sent; done means that there is nothing more to
// ask.
func (v *visit) takeIn(f *page.Form, to *receiver) (done bool, err error) {
	if err := server.LimitSignIn(v.Ctx); err != nil {
		return false, err
	}
	raw, err := server.Body(v.Ctx)
	if err != nil {
		return false, err
	}
	sent, err := url.ParseQuery(string(raw))
	if err != nil {
		return false, problem.Wrap(err, problem.BadRequest, "request_malformed", nil)
	}
	field := func(name string, limit int) string {
		return entry.Cut(strings.TrimSpace(strings.ToValidUTF8(sent.Get(name), "")), limit*utf8.UTFMax)
	}
	f.Name, f.Email, f.Message = strings.Join(strings.Fields(field("name", maxName)), " "), field("email", forms.MaxAddress), field("message", maxLetter)
	if sent.Get("website") != "" {
		return true, nil // only a machine fills in what nobody sees: it learns nothing
	}
	v.examine(f, sent.Get("token"))
	if len(f.Faults) > 0 {
		return false, nil
	}
	if !v.site.sent.First(sent.Get("token"), v.Now()) {
		return true, nil // sent again by a reload or a second click
	}
	if !v.site.letters.Take(string(to.id)).OK {
		v.site.sent.Forget(sent.Get("token"))
		f.Faults = append(f.Faults, page.Fault{Field: "message", Text: v.T("site.contact.busy")})
		return false, nil
	}
	return v.post(f, to, sent.Get("token"))
}

func (v *visit) examine(f *page.Form, token string) {
	fault := func(field, key string) {
		f.Faults = append(f.Faults, page.Fault{Field: field, Text: v.T("site.contact." + key)})
	}
	if f.Name == "" || utf8.RuneCountInString(f.Name) > maxName {
		fault("name", "name.fault")
	}
	if !forms.Address(f.Email) {
		fault("email", "email.fault")
	}
	if f.Message == "" || utf8.RuneCountInString(f.Message) > maxLetter {
		fault("message", "message.fault")
	}
	switch age := forms.Age(token, v.Now()); {
	case age < forms.Least:
		fault("message", "fast")
	case age > forms.Most:
		fault("message", "old")
	}
}

// post hands the letter over. Its words are in the language of the page.
func (v *visit) post(f *page.Form, to *receiver, token string) (bool, error) {
	t := func(key string, args map[string]any) string {
		return v.Texts.Text(string(v.Locale), "site.contact."+key, args)
	}
	subject := t("subject", map[string]any{"name": f.Name})
	if to.about != "" {
		subject = v.Texts.Text(string(v.Locale), "site.correct.subject", map[string]any{"name": to.about})
	}
	m := mail.Message{
		Kind: "contact", To: mail.Person{Name: to.name, Email: to.email}, Locale: v.Locale,
		Subject: subject,
		Lines:   strings.FieldsFunc(f.Message, func(r rune) bool { return r == '\n' || r == '\r' }),
		Button:  mail.Button{Label: t("reply", nil), URL: "mailto:" + f.Email},
		Note:    t("note", map[string]any{"name": f.Name, "email": f.Email, "url": v.Base() + to.url}),
	}
	err := v.site.o.Mail(m)
	if errors.Is(err, mail.ErrFull) {
		v.site.sent.Forget(token)
		f.Faults = append(f.Faults, page.Fault{Field: "message", Text: v.T("site.contact.busy")})
		return false, nil
	}
	return err == nil, err
}

func problemOf(err error) (*problem.Error, bool) { return errors.AsType[*problem.Error](err) }
