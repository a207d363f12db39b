// Package desk shows the screens of the consultation module in the console:
// groups, meetings, moderation, contributions on paper, the synthesis, the
// follow-up, and a member's own space. It acts for the person who is there.
package desk

import (
	"context"
	"fmt"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Desk shows the screens.
type Desk struct{ Work *act.Work }

// visit is somebody at a screen.
type visit struct {
	*sdk.Visit
	work   *act.Work
	values map[string]any
}

// t says something.
func (v *visit) t(key string, args ...any) string { return words.Say(v.Locale, key, args...) }

// get reads a value of the form or the button, or of the screen's address.
func (v *visit) get(name string) string {
	switch x := v.values[name].(type) {
	case string:
		return strings.TrimSpace(x)
	case float64:
		return fmt.Sprintf("%.0f", x)
	case nil:
		return v.Params[name]
	}
	return ""
}

// many reads a list of values.
func (v *visit) many(name string) []string {
	var out []string
	list, _ := v.values[name].([]any)
	for _, x := range list {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func (v *visit) number(name string) int {
	switch x := v.values[name].(type) {
	case float64:
		return int(x)
	case string:
		n := 0
		if _, err := fmt.Sscanf(x, "%d", &n); err != nil {
			return 0
		}
		return n
	}
	return 0
}

func (v *visit) yes(name string) bool { b, _ := v.values[name].(bool); return b }

// book reads what is newest, with the person's rights.
func (v *visit) book() record.Book {
	return record.Book{Host: v.Host, Locale: v.Locale, Draft: true}
}

// screen is what a place does when something is pressed, and what it shows.
type screen struct {
	press func(ctx context.Context, v *visit) (done string, err error)
	show  func(ctx context.Context, v *visit) (sdk.Node, error)
}

// Show answers at a place of the console. What somebody can mend is a word to
// them; the screen stays.
func (d Desk) Show(ctx context.Context, sv *sdk.Visit) (*sdk.View, error) {
	v := &visit{Visit: sv, work: d.Work, values: map[string]any{}}
	if err := sv.Values(&v.values); err != nil {
		return nil, err
	}
	s, ok := map[string]screen{
		"groups":     {pressGroups, showGroups},
		"meetings":   {pressMeetings, showMeetings},
		"moderation": {pressModeration, showModeration},
		"paper":      {pressPaper, showPaper},
		"synthesis":  {pressSynthesis, showSynthesis},
		"follow":     {pressFollow, showFollow},
		"mine":       {pressMine, showMine},
		"todo":       {nil, showTodo},
	}[v.Place]
	if !ok {
		return nil, nil
	}
	view := &sdk.View{}
	if v.Action != "" && s.press != nil {
		done, err := s.press(ctx, v)
		code := act.FaultOf(err)
		switch {
		case code != "":
			view.Toast, view.Tone = v.t("fault."+code), "danger"
		case err != nil:
			return nil, err
		case done != "":
			view.Toast, view.Tone = v.t(done), "success"
		}
	}
	var err error
	view.Tree, err = s.show(ctx, v)
	return view, err
}

// area is a textarea.
func area(name, label, value string, rows int) sdk.Node {
	n := sdk.Node{"type": "textarea", "name": name, "label": label, "rows": rows}
	if value != "" {
		n["value"] = value
	}
	return n
}

// option is a choice.
type option struct{ Value, Label string }

func choice(name, label, value string, options []option) sdk.Node {
	list := make([]any, 0, min(len(options), 500))
	for _, o := range options[:min(len(options), 500)] {
		text := o.Label
		if text == "" {
			text = o.Value
		}
		list = append(list, map[string]any{"value": o.Value, "label": cut(text, 290)})
	}
	n := sdk.Node{"type": "select", "name": name, "label": label, "options": list}
	if value != "" {
		n["value"] = value
	}
	return n
}

func choices(name, label string, options []option) sdk.Node {
	return choice(name, label, "", options).With("multiple", true)
}

func check(name, label string) sdk.Node {
	return sdk.Node{"type": "checkbox", "name": name, "label": label, "value": false}
}

func badge(text, tone string) sdk.Node {
	return sdk.Node{"type": "badge", "text": text, "tone": tone}
}

// cut shortens a text to some letters.
func cut(text string, most int) string {
	r := []rune(text)
	if len(r) <= most {
		return text
	}
	return string(r[:most-1]) + "…"
}

// named are choices of words by a prefix.
func (v *visit) named(prefix string, keys ...string) []option {
	var out []option
	for _, k := range keys {
		out = append(out, option{k, v.t(prefix + k)})
	}
	return out
}

// list reads what a choice is made from.
func list[T any](ctx context.Context, v *visit, collection string, q record.Q, each func(*T) option) ([]option, error) {
	all, err := record.All[T](ctx, v.book(), collection, q, 500)
	var out []option
	for i := range all {
		out = append(out, each(&all[i]))
	}
	return out, err
}

// associations are all that can be chosen.
func associations(ctx context.Context, v *visit) ([]option, error) {
	all, err := record.All[struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}](ctx, record.Book{Host: v.Host, Locale: v.Locale}, record.Associations, record.Q{"fields": "id,name", "sort": "name"}, 500)
	var out []option
	for _, a := range all {
		out = append(out, option{a.ID, a.Name})
	}
	return out, err
}

func authorities(ctx context.Context, v *visit) ([]option, error) {
	all, err := record.All[struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}](ctx, record.Book{Host: v.Host, Locale: v.Locale}, record.Authorities, record.Q{"fields": "id,name"}, 500)
	out := []option{{"", "—"}}
	for _, a := range all {
		out = append(out, option{a.ID, a.Name})
	}
	return out, err
}

func columns(v *visit, keys ...string) []sdk.Column {
	var out []sdk.Column
	for _, k := range keys {
		label := ""
		if k != "do" && k != "do2" {
			label = v.t(k)
		}
		out = append(out, sdk.Column{Key: k, Label: label})
	}
	return out
}

// late is a badge for a deadline that has passed; nil otherwise.
func (v *visit) late(deadline string) any {
	n := rules.Late(deadline, v.work.Today())
	if n == 0 {
		return act.When(deadline, v.Locale)
	}
	return badge(v.t("late", n), "danger")
}

// showTodo is the card on the console's home page.
func showTodo(ctx context.Context, v *visit) (sdk.Node, error) {
	var figures []sdk.Node
	for _, x := range []struct {
		label, collection string
		q                 record.Q
	}{
		{"todo.contributions", record.Contributions, record.Q{"state": record.PendingModeration}},
		{"todo.comments", record.Comments, record.Q{"state": record.PendingModeration}},
		{"todo.reports", record.Reports, record.Q{"state": "open"}},
		{"todo.appeals", record.Rulings, record.Q{"outcome": "open"}},
		{"todo.late", record.Recommendations, record.Q{"state": "sent", "deadline _lt": v.work.Today()}},
	} {
		n, err := record.Total(ctx, v.book(), x.collection, x.q)
		if err != nil {
			return nil, err
		}
		figures = append(figures, sdk.Stat(v.t(x.label), fmt.Sprint(n)))
	}
	return sdk.Stack(append(figures, sdk.Link(v.t("todo.open"), "/x/consultation/moderation"))...), nil
}
