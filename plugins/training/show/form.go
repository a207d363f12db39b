package show

import (
	"cmp"
	"context"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// choices are entries that somebody chooses among, after what stands for none.
func choices(all []record.Named, none string) []choice {
	out := []choice{{"", none}}
	for _, e := range all {
		out = append(out, choice{e.ID, e.Name})
	}
	return out
}

// registerForm writes the form of a session.
func (site *Site) registerForm(ctx context.Context, out *page, s *record.Session, l string, full bool) error {
	label := "register"
	if full {
		label = "register.wait"
	}
	out.add(`<h2 id="training-register">{}</h2><form class="letter" method="post" action="`+home+`/sessions/{}/register">`, words.Say(l, label), s.ID)
	out.hidden("locale", l)
	out.input("name", words.Say(l, "form.name"), "text", "name", true, "150")
	out.input("email", words.Say(l, "form.email"), "email", "email", true, "254")
	out.input("phone", words.Say(l, "form.phone"), "tel", "tel", false, "40")
	out.input("function", words.Say(l, "form.function"), "text", "organization-title", false, "150")
	h := site.Work.Host()
	associations, err := record.Choices(ctx, h, "associations", l, "")
	if err != nil {
		return err
	}
	if len(associations) > 0 {
		out.choose("association", words.Say(l, "form.association"), false, choices(associations, words.Say(l, "form.none")))
	}
	out.input("organisation", words.Say(l, "form.organisation"), "text", "organization", false, "200")
	wilayas, err := record.Choices(ctx, h, "territories", l, "wilaya")
	if err != nil {
		return err
	}
	if len(wilayas) > 0 {
		out.choose("wilaya", words.Say(l, "form.wilaya"), false, choices(wilayas, words.Say(l, "form.choose")))
	}
	for _, q := range s.Questions {
		control(out, q, l)
	}
	visible(out, l)
	out.add(`<p class="trap"><label>{} <input name="website" type="text" autocomplete="off"></label></p>`, words.Say(l, "form.trap"))
	out.add(`<p><label><input name="consent" type="checkbox" required> {}</label></p><p><small>{}</small></p>`, words.Say(l, "form.consent"), words.Say(l, "form.keeps", site.Work.Settings().KeepMonths))
	out.button(words.Say(l, "form.send"), "", "")
	out.add(`</form>`)
	return nil
}

// visible asks who may see the name.
func visible(out *page, l string) {
	out.choose("visible", words.Say(l, "form.visible"), false, []choice{{"nobody", words.Say(l, "visible.nobody")}, {"participants", words.Say(l, "visible.participants")}, {"all", words.Say(l, "visible.all")}})
}

// editPage has somebody change their registration. It shows what is personal, and
// the manifest says that nobody keeps it.
func (site *Site) editPage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	return site.own(ctx, item, "mine.edit", func(out *page, reg *record.Registration) error { return site.editForm(ctx, item, out, reg) })
}

func (site *Site) editForm(ctx context.Context, item *sdk.Item, out *page, reg *record.Registration) error {
	l := item.Locale
	s, err := record.Get[record.Session](ctx, site.Work.Host(), record.Sessions, reg.Session, l)
	if err != nil {
		return err
	}
	if !s.Edits(site.Work.Now()) {
		out.fault(l, "late")
		return nil
	}
	apart, err := site.Work.Apart(ctx, reg.ID)
	if err != nil {
		return err
	}
	out.typed = map[string]string{"name": reg.Name, "phone": reg.Phone, "function": reg.Function, "visible": reg.Visible}
	for _, q := range s.Questions {
		out.typed["q_"+q.Key] = cmp.Or(reg.Answers[q.Key], apart[q.Key].Answer)
	}
	out.fault(l, item.Query["fault"])
	if s.Approval {
		out.paragraphs(words.Say(l, "mine.edit.again"))
	}
	out.add(`<form class="letter" method="post" action="` + home + `/mine">`)
	out.hidden("locale", l)
	out.hidden("r", reg.ID)
	out.hidden("t", item.Query["t"])
	out.hidden("do", "edit")
	out.input("name", words.Say(l, "form.name"), "text", "name", true, "150")
	out.input("phone", words.Say(l, "form.phone"), "tel", "tel", false, "40")
	out.input("function", words.Say(l, "form.function"), "text", "organization-title", false, "150")
	for _, q := range s.Questions {
		control(out, q, l)
	}
	visible(out, l)
	out.button(words.Say(l, "mine.edit.send"), "", "")
	out.add(`</form>`)
	return nil
}

func control(out *page, q record.Question, l string) {
	name, label := "q_"+q.Key, q.Label(l)
	switch q.Kind {
	case "yesno":
		out.choose(name, label, q.Required, []choice{{"", ""}, {"yes", words.Say(l, "form.yes")}, {"no", words.Say(l, "form.no")}})
	case "choice":
		list := []choice{{"", words.Say(l, "form.choose")}}
		for _, o := range q.Choices() {
			list = append(list, choice{o, o})
		}
		out.choose(name, label, q.Required && q.OnlyIf == "", list)
	default:
		out.input(name, label, "text", "off", q.Required && q.OnlyIf == "", "1000")
	}
}

// confirmPage asks for the code. Opening it changes nothing: programs that
// follow links in letters confirm nobody.
func (site *Site) confirmPage(item *sdk.Item) *sdk.Content {
	l, out := item.Locale, &page{}
	out.fault(l, item.Query["fault"])
	out.paragraphs(words.Say(l, "confirm.lead"))
	out.add(`<form class="letter" method="post" action="` + home + `/confirm">`)
	out.hidden("locale", l)
	out.hidden("r", item.Query["r"])
	out.add(`<p><label>{} <input name="c" type="text" autocomplete="one-time-code" maxlength="6" required value="{}"></label></p>`, words.Say(l, "confirm.code"), item.Query["c"])
	out.button(words.Say(l, "confirm.send"), "", "")
	out.add(`</form>`)
	return &sdk.Content{Title: words.Say(l, "confirm.title"), HTML: out.String()}
}
