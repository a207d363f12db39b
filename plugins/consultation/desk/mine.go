package desk

import (
	"context"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func splitLines(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// mandates are those of who is signed in: by account, or, for an account that
// acts for an association, those of the association that name no account.
func (v *visit) mandates(ctx context.Context) ([]record.Mandate, error) {
	who, err := v.Host.Who(ctx)
	if err != nil {
		return nil, err
	}
	b := record.Book{Host: v.Host.Alone(), Locale: v.Locale, Draft: true}
	all, err := record.All[record.Mandate](ctx, b, record.Mandates, record.Q{"user": who.User}, 50)
	if err != nil || who.Association == "" {
		return inForce(v, all), err
	}
	more, err := record.All[record.Mandate](ctx, b, record.Mandates, record.Q{"association": who.Association, "user _null": "true"}, 50)
	return inForce(v, append(all, more...)), err
}

func inForce(v *visit, all []record.Mandate) []record.Mandate {
	var out []record.Mandate
	for _, m := range all {
		if m.Rule().Holds(v.work.Today()) {
			out = append(out, m)
		}
	}
	return out
}

// pressMine acts for the association of a member, by the mandate that they have.
// The person has no right to change entries; the module checks the mandate, and
// acts itself.
func pressMine(ctx context.Context, v *visit) (string, error) {
	all, err := v.mandates(ctx)
	if err != nil {
		return "", err
	}
	var m *record.Mandate
	for i := range all {
		if all[i].ID == v.get("mandate") {
			m = &all[i]
		}
	}
	if m == nil {
		return "", &act.FaultError{Code: "mandate_over"}
	}
	h := v.Host.Alone()
	switch v.Action {
	case "yes", "no":
		return "done.replied", v.work.Reply(ctx, h, m, v.get("meeting"), v.Action == "yes")
	case "position":
		return "done.position", v.work.TakePosition(ctx, h, m, v.get("ballot"), v.get("value"), v.get("reason"), v.get("reservation"))
	case "correct":
		return "done.corrected", v.work.Correct(ctx, h, m, v.get("minutes"), v.get("text"))
	}
	return "", nil
}

func showMine(ctx context.Context, v *visit) (sdk.Node, error) {
	all, err := v.mandates(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return sdk.Empty(v.t("desk.mine.none"), ""), nil
	}
	var parts []sdk.Node
	for i := range all {
		part, err := v.mandate(ctx, &all[i])
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return sdk.Stack(parts...), nil
}

func (v *visit) mandate(ctx context.Context, m *record.Mandate) (sdk.Node, error) {
	b := record.Book{Host: v.Host.Alone(), Locale: v.Locale, Draft: true}
	g, err := record.Get[record.Group](ctx, b, record.Groups, m.Group)
	if err != nil || g == nil {
		return sdk.Empty(v.t("fault.missing"), ""), err
	}
	parts := []sdk.Node{badge(v.t("role."+m.Role), "info")}
	meetings, err := record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"group": m.Group, "starts _gte": v.work.Today() + "T00:00:00Z", "sort": "starts"}, 20)
	if err != nil {
		return nil, err
	}
	for _, mt := range meetings {
		reg, err := act.Registered(ctx, b, mt.ID)
		if err != nil {
			return nil, err
		}
		state := "—"
		for _, r := range reg.Replies {
			if r.Association == m.Association {
				state = v.t("reply." + r.State)
			}
		}
		values := map[string]any{"mandate": m.ID, "meeting": mt.ID}
		parts = append(parts, sdk.Section(mt.Title, sdk.Text(act.When(mt.Starts, v.Locale)+" · "+mt.Place), badge(state, "neutral"),
			sdk.Stack(sdk.Button(v.t("rsvp.yes"), "yes", values), sdk.Button(v.t("rsvp.no"), "no", values)).With("direction", "row")))
	}
	ballots, err := record.All[record.Ballot](ctx, b, record.Ballots, record.Q{"group": m.Group, "state": "open"}, 20)
	if err != nil {
		return nil, err
	}
	for _, on := range ballots {
		if on.Over(v.work.Today()) || !m.Rule().Speaks(v.work.Today()) {
			continue
		}
		was, err := record.One[record.Position](ctx, b, record.Positions, record.Q{"key": on.ID + ":" + m.Association})
		if err != nil {
			return nil, err
		}
		if was == nil {
			was = &record.Position{}
		}
		var values []option
		for _, x := range rules.Values(on.Kind, on.Keys()) {
			values = append(values, option{x, v.label(&on, x)})
		}
		parts = append(parts, sdk.Section(on.Title, sdk.Text(cut(on.Text, 6000)+" "), sdk.Form("position", v.t("ballot.go"),
			choice("mandate", v.t("role"), m.ID, []option{{m.ID, v.t("role." + m.Role)}}), choice("ballot", v.t("ballots"), on.ID, []option{{on.ID, on.Title}}),
			choice("value", v.t("ballot.position"), was.Value, values), area("reason", v.t("ballot.reason"), was.Reason, 3), area("reservation", v.t("reservation"), was.Reservation, 3))))
	}
	return sdk.Section(g.Title, parts...), nil
}
