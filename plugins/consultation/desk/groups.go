package desk

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func pressGroups(ctx context.Context, v *visit) (string, error) {
	switch v.Action {
	case "mandate":
		return "desk.saved", v.work.Designate(ctx, v.Host, act.Designation{Group: v.get("group"), Association: v.get("association"), Authority: v.get("authority"),
			Role: v.get("role"), Name: v.get("name"), Email: v.get("email"), Locale: v.get("language"), From: v.get("from"), To: v.get("to")})
	case "revoke":
		return "desk.saved", v.work.Revoke(ctx, v.Host, v.get("id"), v.get("why"))
	case "topic":
		return "desk.saved", v.work.OpenTopic(ctx, v.Host, v.get("group"), v.get("title"), v.get("body"))
	case "ballot":
		return "desk.asked", v.work.Ask(ctx, v.Host, act.Question{Group: v.get("group"), Title: v.get("title"), Text: v.get("text"), Kind: v.get("kind"),
			Closes: v.get("closes"), Quorum: v.number("quorum"), Reason: v.yes("reason"), Hidden: v.yes("hidden")})
	case "close":
		return "desk.saved", v.work.CloseBallot(ctx, v.Host, v.get("id"))
	}
	return "", nil
}

func showGroups(ctx context.Context, v *visit) (sdk.Node, error) {
	if id := v.get("group"); id != "" {
		return showGroup(ctx, v, id)
	}
	groups, err := record.All[record.Group](ctx, v.book(), record.Groups, record.Q{}, 200)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, g := range groups {
		seats, err := act.Mandates(ctx, v.book(), g.ID)
		if err != nil {
			return nil, err
		}
		late, err := record.Total(ctx, v.book(), record.Actions, record.Q{"group": g.ID, "state": "open", "due _lt": v.work.Today()})
		if err != nil {
			return nil, err
		}
		rows = append(rows, map[string]any{"group": sdk.Link(g.Title, "?group="+g.ID), "associations": len(rules.Voters(record.Rules(seats), v.work.Today())),
			"visibility": v.t("visibility." + g.Visibility), "actions.late": late, "do": sdk.Link(v.t("desk.edit"), "entry:"+record.Groups+"/"+g.ID)})
	}
	if len(rows) == 0 {
		return sdk.Empty(v.t("none.groups"), v.t("desk.groups.begin")), nil
	}
	return sdk.Stack(sdk.Table(columns(v, "group", "associations", "visibility", "actions.late", "do"), rows)), nil
}

func showGroup(ctx context.Context, v *visit, id string) (sdk.Node, error) {
	g, err := record.Get[record.Group](ctx, v.book(), record.Groups, id)
	if err != nil {
		return nil, err
	}
	if g == nil {
		return sdk.Empty(v.t("fault.missing"), ""), nil
	}
	members, err := membersOf(ctx, v, g)
	if err != nil {
		return nil, err
	}
	ballots, err := ballotsOf(ctx, v, g)
	if err != nil {
		return nil, err
	}
	topic := sdk.Form("topic", v.t("desk.add"), sdk.Input("title", v.t("title"), "text", nil), area("body", v.t("text"), "", 5))
	return sdk.Stack(sdk.Link(v.t("desk.back"), "?"), sdk.Heading(2, g.Title), sdk.Link(v.t("desk.edit"), "entry:"+record.Groups+"/"+g.ID),
		sdk.Section(v.t("desk.members"), members), sdk.Section(v.t("ballots"), ballots), sdk.Section(v.t("desk.topic.new"), topic)), nil
}

func membersOf(ctx context.Context, v *visit, g *record.Group) (sdk.Node, error) {
	all, err := act.Mandates(ctx, v.book(), g.ID)
	if err != nil {
		return nil, err
	}
	var ids, offices []string
	for _, m := range all {
		ids, offices = append(ids, m.Association), append(offices, m.Authority)
	}
	names, err := v.book().Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, err
	}
	authority, err := v.book().Named(ctx, record.Authorities, offices...)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, m := range all[:min(len(all), 300)] {
		row := map[string]any{"owner": names[m.Association] + authority[m.Authority], "role": v.t("role." + m.Role), "name": m.Name, "from": act.When(m.From, v.Locale),
			"to": act.When(m.To, v.Locale), "do": sdk.Link(v.t("desk.edit"), "entry:"+record.Mandates+"/"+m.ID)}
		if m.Rule().Holds(v.work.Today()) {
			row["do2"] = sdk.Button(v.t("desk.revoke"), "revoke", map[string]any{"id": m.ID, "group": g.ID}).Confirmed(v.t("desk.revoke.sure"), v.t("desk.revoke"))
		} else {
			row["do2"] = badge(v.t("desk.over"), "neutral")
		}
		rows = append(rows, row)
	}
	choose, err := associations(ctx, v)
	if err != nil {
		return nil, err
	}
	offer, err := authorities(ctx, v)
	if err != nil {
		return nil, err
	}
	form := sdk.Form("mandate", v.t("desk.add"), choice("association", v.t("owner"), "", append([]option{{"", "—"}}, choose...)), choice("authority", v.t("authority"), "", offer),
		choice("role", v.t("role"), "titular", v.named("role.", "titular", "substitute", "observer", "expert", "facilitator", "rapporteur")),
		sdk.Input("name", v.t("name"), "text", nil), sdk.Input("email", v.t("form.email"), "email", nil),
		choice("language", v.t("language"), "fr", []option{{"fr", "français"}, {"ar", "العربية"}, {"en", "English"}}),
		sdk.Input("from", v.t("from"), "date", v.work.Today()), sdk.Input("to", v.t("to"), "date", nil))
	return sdk.Stack(sdk.Table(columns(v, "owner", "role", "name", "from", "to", "do", "do2"), rows), sdk.Section(v.t("desk.mandate.new"), form)), nil
}

// ballotsOf shows where the questions stand, and who has not answered.
func ballotsOf(ctx context.Context, v *visit, g *record.Group) (sdk.Node, error) {
	all, err := record.All[record.Ballot](ctx, v.book(), record.Ballots, record.Q{"group": g.ID}, 50)
	if err != nil {
		return nil, err
	}
	mandates, err := act.Mandates(ctx, v.book(), g.ID)
	if err != nil {
		return nil, err
	}
	voters := rules.Voters(record.Rules(mandates), v.work.Today())
	names, err := v.book().Named(ctx, record.Associations, voters...)
	if err != nil {
		return nil, err
	}
	var parts []sdk.Node
	for _, b := range all {
		positions, err := record.All[record.Position](ctx, v.book(), record.Positions, record.Q{"ballot": b.ID}, 1000)
		if err != nil {
			return nil, err
		}
		var plain []rules.Position
		for _, p := range positions {
			plain = append(plain, rules.Position{Association: p.Association, Value: p.Value})
		}
		t := rules.Count(plain, voters, b.Quorum)
		facts := []sdk.Fact{{Label: v.t("desk.heard"), Value: fmt.Sprintf("%d / %d", t.Heard, t.Voters)}}
		for _, value := range rules.Values(b.Kind, b.Keys()) {
			facts = append(facts, sdk.Fact{Label: v.label(&b, value), Value: fmt.Sprint(t.Counts[value])})
		}
		silent := ""
		for _, s := range t.Silent {
			if silent != "" {
				silent += ", "
			}
			silent += names[s]
		}
		if silent != "" {
			facts = append(facts, sdk.Fact{Label: v.t("desk.silent"), Value: cut(silent, 1900)})
		}
		part := []sdk.Node{sdk.Facts(facts...)}
		if !b.Over(v.work.Today()) {
			part = append(part, sdk.Button(v.t("desk.close"), "close", map[string]any{"id": b.ID, "group": g.ID}).Confirmed(v.t("desk.close.sure"), v.t("desk.close")))
		}
		parts = append(parts, sdk.Section(b.Title, part...))
	}
	form := sdk.Form("ballot", v.t("desk.ask"), sdk.Input("title", v.t("title"), "text", nil), area("text", v.t("text"), "", 5),
		choice("kind", v.t("kind"), "agreement", v.named("ballot.kind.", "agreement", "consent")), sdk.Input("closes", v.t("to"), "date", rules.After(v.work.Today(), 15)),
		sdk.Input("quorum", v.t("quorum"), "number", 50), check("reason", v.t("desk.reason")), check("hidden", v.t("desk.hidden.results")))
	return sdk.Stack(append(parts, sdk.Section(v.t("desk.ballot.new"), form))...), nil
}

// label is what an answer is called.
func (v *visit) label(b *record.Ballot, value string) string {
	for _, o := range b.Options {
		if o.Key == value {
			return o.Label
		}
	}
	return v.t("position." + value)
}
