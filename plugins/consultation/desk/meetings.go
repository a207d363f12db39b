package desk

import (
	"context"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func pressMeetings(ctx context.Context, v *visit) (string, error) {
	meeting, group := v.get("meeting"), ""
	if m, err := record.Get[record.Meeting](ctx, v.book(), record.Meetings, meeting); err != nil {
		return "", err
	} else if m != nil {
		group = m.Group
	}
	switch v.Action {
	case "invite":
		_, err := v.Host.StartJob(ctx, "invite", map[string]string{"meeting": meeting}, sdk.JobOptions{})
		return "desk.invited", err
	case "refill":
		return "desk.saved", v.work.Refill(ctx, v.Host, meeting)
	case "minutes":
		m, err := v.work.MinutesOf(ctx, v.Host, meeting)
		if err != nil {
			return "", err
		}
		values := record.Values{"text": v.get("text")}
		if rules.Settled(m.State) {
			return "", &act.FaultError{Code: "step"}
		}
		_, err = v.book().Save(ctx, m.ID, m.Revision, values)
		return "desk.saved", err
	case "move":
		return "desk.saved", v.work.MoveMinutes(ctx, v.Host, v.get("id"), v.get("to"), v.get("in"))
	case "correction":
		return "desk.saved", v.work.SettleCorrection(ctx, v.Host, v.get("id"), v.get("correction"), v.get("taken") == "yes", "")
	case "decide":
		_, _, err := v.work.LogDecision(ctx, v.Host, act.Decision{Group: group, Meeting: meeting, Text: v.get("text"), Kind: v.get("kind")})
		return "desk.saved", err
	case "act":
		return "desk.saved", v.work.AddAction(ctx, v.Host, group, meeting, v.get("decision"), v.get("text"), v.get("owner"), v.get("due"))
	case "done":
		return "desk.saved", v.work.FinishAction(ctx, v.Host, v.get("id"))
	}
	return "", nil
}

func showMeetings(ctx context.Context, v *visit) (sdk.Node, error) {
	if id := v.get("meeting"); id != "" {
		return showMeeting(ctx, v, id)
	}
	all, err := record.All[record.Meeting](ctx, v.book(), record.Meetings, record.Q{"sort": "-starts"}, 200)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, m := range all {
		reg, err := act.Registered(ctx, v.book(), m.ID)
		if err != nil {
			return nil, err
		}
		mn, err := record.One[record.Minute](ctx, v.book(), record.Minutes, record.Q{"key": m.ID})
		if err != nil {
			return nil, err
		}
		state := "—"
		if mn != nil {
			state = v.t("minutes." + mn.State)
		}
		rows = append(rows, map[string]any{"meeting": sdk.Link(m.Title, "?meeting="+m.ID), "when": act.When(m.Starts, v.Locale), "replies": len(reg.Replies), "minutes": state,
			"do": sdk.Link(v.t("desk.edit"), "entry:"+record.Meetings+"/"+m.ID)})
	}
	if len(rows) == 0 {
		return sdk.Empty(v.t("none.meetings"), v.t("desk.meetings.begin")), nil
	}
	return sdk.Table(columns(v, "meeting", "when", "replies", "minutes", "do"), rows), nil
}

func showMeeting(ctx context.Context, v *visit, id string) (sdk.Node, error) {
	m, err := record.Get[record.Meeting](ctx, v.book(), record.Meetings, id)
	if err != nil {
		return nil, err
	}
	if m == nil {
		return sdk.Empty(v.t("fault.missing"), ""), nil
	}
	replies, err := repliesTo(ctx, v, m)
	if err != nil {
		return nil, err
	}
	minutes, err := minutesOf(ctx, v, m)
	if err != nil {
		return nil, err
	}
	log, err := logOf(ctx, v, m)
	if err != nil {
		return nil, err
	}
	return sdk.Stack(sdk.Link(v.t("desk.back"), "?"), sdk.Heading(2, m.Title), sdk.Text(act.When(m.Starts, v.Locale)),
		sdk.Section(v.t("replies"), replies), sdk.Section(v.t("minutes"), minutes), sdk.Section(v.t("decisions"), log)), nil
}

// tone of the states of a reply.
var tone = map[string]string{rules.Seated: "success", rules.Waiting: "warning", rules.Declined: "neutral"}

func repliesTo(ctx context.Context, v *visit, m *record.Meeting) (sdk.Node, error) {
	reg, err := act.Registered(ctx, v.book(), m.ID)
	if err != nil {
		return nil, err
	}
	mandates, err := act.Mandates(ctx, v.book(), m.Group)
	if err != nil {
		return nil, err
	}
	voters := rules.Voters(record.Rules(mandates), v.work.Today())
	ids := slices.Clone(voters)
	for _, r := range reg.Replies {
		ids = append(ids, r.Association)
	}
	names, err := v.book().Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, r := range reg.Replies[:min(len(reg.Replies), 400)] {
		how := ""
		if r.Substitute {
			how = v.t("by.substitute")
		}
		rows = append(rows, map[string]any{"owner": names[r.Association], "state": badge(v.t("desk.reply."+r.State), tone[r.State]), "how": how})
	}
	silent := []string{}
	for _, a := range rules.Silent(reg.Replies, voters) {
		silent = append(silent, names[a])
	}
	parts := []sdk.Node{sdk.Table(columns(v, "owner", "state", "how"), rows)}
	if len(silent) > 0 {
		parts = append(parts, sdk.Notice("info", cut(v.t("desk.silent")+" : "+strings.Join(silent, ", "), 4900)))
	}
	values := map[string]any{"meeting": m.ID}
	return sdk.Stack(append(parts, sdk.Button(v.t("desk.invite"), "invite", values), sdk.Button(v.t("desk.refill"), "refill", values))...), nil
}

func minutesOf(ctx context.Context, v *visit, m *record.Meeting) (sdk.Node, error) {
	mn, err := record.One[record.Minute](ctx, v.book(), record.Minutes, record.Q{"key": m.ID})
	if err != nil {
		return nil, err
	}
	text, state := "", rules.Draft
	if mn != nil {
		text, state = mn.Text, mn.State
	}
	parts := []sdk.Node{badge(v.t("minutes."+state), "info")}
	if !rules.Settled(state) {
		parts = append(parts, sdk.Form("minutes", v.t("desk.save"), area("text", v.t("text"), cut(text, 19_000), 16)))
	}
	if mn == nil {
		return sdk.Stack(parts...), nil
	}
	parts = append(parts, sdk.Link(v.t("desk.edit"), "entry:"+record.Minutes+"/"+mn.ID))
	names, err := v.book().Named(ctx, record.Associations, associationsOf(mn)...)
	if err != nil {
		return nil, err
	}
	for _, c := range mn.Corrections {
		line := []sdk.Node{sdk.Text(names[c.Association] + " : " + c.Text), badge(v.t("correction."+c.State), "neutral")}
		if c.State == "asked" && !rules.Settled(state) {
			for _, taken := range []string{"yes", "no"} {
				line = append(line, sdk.Button(v.t("desk.correction."+taken), "correction", map[string]any{"id": mn.ID, "correction": c.ID, "taken": taken, "meeting": m.ID}))
			}
		}
		parts = append(parts, sdk.Stack(line...))
	}
	for _, to := range []string{rules.Circulated, rules.Approved, rules.Published} {
		if rules.Step(state, to) {
			parts = append(parts, sdk.Button(v.t("desk.move."+to), "move", map[string]any{"id": mn.ID, "to": to, "meeting": m.ID}))
		}
	}
	return sdk.Stack(parts...), nil
}

func associationsOf(mn *record.Minute) []string {
	var out []string
	for _, c := range mn.Corrections {
		out = append(out, c.Association)
	}
	return out
}

// logOf shows decisions and actions of a meeting, and takes new ones.
func logOf(ctx context.Context, v *visit, m *record.Meeting) (sdk.Node, error) {
	decisions, err := record.All[record.Decision](ctx, v.book(), record.Decisions, record.Q{"meeting": m.ID, "sort": "ref"}, 100)
	if err != nil {
		return nil, err
	}
	actions, err := record.All[record.Action](ctx, v.book(), record.Actions, record.Q{"meeting": m.ID}, 200)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range actions {
		ids = append(ids, a.Owner)
	}
	names, err := v.book().Named(ctx, record.Associations, ids...)
	if err != nil {
		return nil, err
	}
	var log, todo []map[string]any
	refs := []option{{"", "—"}}
	for _, d := range decisions {
		log = append(log, map[string]any{"ref": sdk.Link(d.Ref, "entry:"+record.Decisions+"/"+d.ID), "decision": cut(d.Text, 1900), "kind": v.t("decision.kind." + d.Kind)})
		refs = append(refs, option{d.ID, d.Ref})
	}
	for _, a := range actions {
		row := map[string]any{"action": a.Text, "owner": names[a.Owner], "due": act.When(a.Due, v.Locale), "do": badge(v.t("action.state."+a.State), "success")}
		if a.State == "open" {
			row["due"] = v.late(a.Due)
			row["do"] = sdk.Button(v.t("desk.done"), "done", map[string]any{"id": a.ID, "meeting": m.ID})
		}
		todo = append(todo, row)
	}
	choose, err := associations(ctx, v)
	if err != nil {
		return nil, err
	}
	parts := []sdk.Node{sdk.Table(columns(v, "ref", "decision", "kind"), log), sdk.Table(columns(v, "action", "owner", "due", "do"), todo)}
	if m.Group != "" {
		parts = append(parts,
			sdk.Section(v.t("desk.decision.new"), sdk.Form("decide", v.t("desk.add"), area("text", v.t("decision"), "", 3),
				choice("kind", v.t("kind"), "consensus", v.named("decision.kind.", "consensus", "consent", "vote", "information")))),
			sdk.Section(v.t("desk.action.new"), sdk.Form("act", v.t("desk.add"), sdk.Input("text", v.t("action"), "text", nil), choice("owner", v.t("owner"), "", choose),
				sdk.Input("due", v.t("due"), "date", rules.After(v.work.Today(), 30)), choice("decision", v.t("decision"), "", refs))))
	}
	return sdk.Stack(parts...), nil
}
