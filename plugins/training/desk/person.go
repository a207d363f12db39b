package desk

import (
	"context"
	"fmt"
	"net/url"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/act"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// person is the screen on which somebody is turned away, with a reason.
func (d *Desk) person(ctx context.Context, v *sdk.Visit, s *record.Session, id string) (sdk.Node, error) {
	l := v.Locale
	var reg record.Registration
	if err := v.Host.Get(ctx, record.Registrations, id, record.Newest, &reg); err != nil {
		return nil, err
	}
	roster, err := d.Work.Seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	back := sdk.Link(words.Say(l, "board.back"), "?session="+s.ID)
	line := roster.Board.Find(id)
	if line == nil {
		return sdk.Stack(back, sdk.Empty(words.Say(l, "fault.state"), "")), nil
	}
	act := ""
	switch line.State {
	case seats.Submitted, seats.Waiting:
		act = "reject"
	case seats.Accepted, seats.Confirmed, seats.Offered:
		act = "cancel"
	}
	parts := []sdk.Node{back, sdk.Heading(2, words.Or(reg.Name)), sdk.Facts(sdk.Fact{Label: words.Say(l, "form.association"), Value: words.Or(reg.Organisation)},
		sdk.Fact{Label: words.Say(l, "board.state"), Value: words.Say(l, "state."+string(line.State))})}
	if act != "" {
		parts = append(parts, sdk.Form(act, words.Say(l, "board."+act+".go"),
			sdk.Node{"type": "textarea", "name": "reason", "label": words.Say(l, "board.reason"), "help": words.Say(l, "board.reason.help"), "rows": 4}))
	}
	return sdk.Stack(parts...), nil
}

// registerForm is what an editor fills in for somebody on the telephone.
func (d *Desk) registerForm(ctx context.Context, v *sdk.Visit, s *record.Session) (sdk.Node, error) {
	l := v.Locale
	input := func(name, kind string) sdk.Node {
		return sdk.Input(name, words.Say(l, "form."+name), kind, nil)
	}
	parts := []sdk.Node{sdk.Text(words.Say(l, "board.register.lead")), input("name", "text").With("required", true), input("phone", "text"),
		input("email", "email").With("help", words.Say(l, "board.register.email")), input("function", "text")}
	for _, c := range []struct{ name, collection, kind string }{{"association", "associations", ""}, {"wilaya", "territories", "wilaya"}} {
		all, err := record.Choices(ctx, v.Host, c.collection, l, c.kind)
		if err != nil {
			return nil, err
		}
		if len(all) > 0 {
			parts = append(parts, choose(c.name, words.Say(l, "form."+c.name), named(all)))
		}
	}
	parts = append(parts, input("organisation", "text"))
	for _, q := range s.Questions {
		parts = append(parts, asked(q, l))
	}
	parts = append(parts, choose("language", words.Say(l, "board.language"), [][2]string{{"fr", "Français"}, {"ar", "العربية"}, {"en", "English"}}),
		sdk.Node{"type": "checkbox", "name": "consent", "label": words.Say(l, "board.consent")})
	return sdk.Form("register", words.Say(l, "board.register.go"), parts...), nil
}

func named(all []record.Named) [][2]string {
	out := [][2]string{{"", "—"}}
	for _, e := range all[:min(len(all), 499)] {
		out = append(out, [2]string{e.ID, e.Name})
	}
	return out
}

// choose is a choice among values with their labels.
func choose(name, label string, options [][2]string) sdk.Node {
	list := make([]any, len(options))
	for i, o := range options {
		list[i] = map[string]any{"value": o[0], "label": o[1]}
	}
	return sdk.Node{"type": "select", "name": name, "label": label, "options": list, "value": options[0][0]}
}

func asked(q record.Question, l string) sdk.Node {
	options := [][2]string{{"", "—"}}
	switch q.Kind {
	case "yesno":
		options = append(options, [2]string{"yes", words.Say(l, "form.yes")}, [2]string{"no", words.Say(l, "form.no")})
	case "choice":
		for _, o := range q.Choices() {
			options = append(options, [2]string{o, o})
		}
	default:
		return sdk.Input("q_"+q.Key, q.Label(l), "text", nil)
	}
	return choose("q_"+q.Key, q.Label(l), options)
}

// form reads what an editor filled in.
func form(v *sdk.Visit) (act.Form, error) {
	var values map[string]any
	err := v.Values(&values)
	f := act.Form{Values: url.Values{}}
	for name, value := range values {
		f.Set(name, fmt.Sprint(value))
	}
	if f.Locale = f.Get("language"); f.Locale == "" {
		f.Locale = "fr"
	}
	return f, err
}
