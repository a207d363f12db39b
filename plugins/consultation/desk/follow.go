package desk

import (
	"context"
	"fmt"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func pressFollow(ctx context.Context, v *visit) (string, error) {
	r := v.get("recommendation")
	switch v.Action {
	case "recommend":
		_, err := v.work.Recommend(ctx, v.Host, act.Proposal{Group: v.get("group"), Consultation: v.get("consultation"), Ref: v.get("ref"), Text: v.get("text"),
			AddressedTo: v.get("authority"), Addressee: v.get("addressee"), Cites: v.many("cites")})
		return "desk.saved", err
	case "send":
		return "desk.sent", v.work.Send(ctx, v.Host, r, v.get("ballot"))
	case "answer":
		_, err := v.work.Record(ctx, v.Host, act.Official{Recommendation: r, Authority: v.get("authority"), Signatory: v.get("signatory"), State: v.get("state"),
			Reasons: v.get("reasons"), On: v.get("on")})
		return "desk.saved", err
	case "promise":
		_, err := v.work.Commit(ctx, v.Host, act.Promise{Recommendation: r, Authority: v.get("authority"), Title: v.get("title"), Indicator: v.get("indicator"), Due: v.get("due"),
			Milestones: steps(v.get("milestones"))})
		return "desk.saved", err
	case "progress":
		return "desk.saved", v.work.Progress(ctx, v.Host, v.get("commitment"), v.number("progress"), v.get("state"), v.many("reached"))
	}
	return "", nil
}

// steps reads milestones, one a line: "2027-05-01 text".
func steps(text string) []record.Milestone {
	var out []record.Milestone
	for _, line := range splitLines(text) {
		m := record.Milestone{Text: line}
		if len(line) > 11 && line[4] == '-' && line[7] == '-' {
			m.Date, m.Text = line[:10], line[11:]
		}
		out = append(out, m)
	}
	return out
}

func showFollow(ctx context.Context, v *visit) (sdk.Node, error) {
	if id := v.Params["recommendation"]; id != "" {
		return showRecommendation(ctx, v, id)
	}
	n := max(v.number("page"), 1)
	all, page, err := record.List[record.Recommendation](ctx, v.book(), record.Recommendations, record.Q{"sort": "deadline", "size": "50", "number": strconv.Itoa(n), "count": "exact"})
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, r := range all {
		row := map[string]any{"ref": sdk.Link(r.Ref, "?recommendation="+r.ID), "recommendation": cut(r.Text, 300), "state": v.t("recommendation." + r.State), "deadline": act.When(r.Deadline, v.Locale)}
		if r.State == "sent" {
			row["deadline"] = v.late(r.Deadline)
		}
		rows = append(rows, row)
	}
	parts := []sdk.Node{sdk.Table(columns(v, "ref", "recommendation", "state", "deadline"), rows)}
	if n*50 < page.Total {
		parts = append(parts, sdk.Button(v.t("turn.after"), "page", map[string]any{"page": n + 1}))
	}
	form, err := recommendForm(ctx, v)
	if err != nil {
		return nil, err
	}
	return sdk.Stack(append(parts, sdk.Section(v.t("desk.recommend"), form))...), nil
}

func recommendForm(ctx context.Context, v *visit) (sdk.Node, error) {
	groups, err := list(ctx, v, record.Groups, record.Q{}, func(g *record.Group) option { return option{g.ID, g.Title} })
	if err != nil {
		return nil, err
	}
	consultations, err := list(ctx, v, record.Consultations, record.Q{}, func(c *record.Consultation) option { return option{c.ID, c.Title} })
	if err != nil {
		return nil, err
	}
	statements, err := list(ctx, v, record.Statements, record.Q{"kind": "kept", "sort": "-created_at"}, func(s *record.Statement) option { return option{s.ID, s.Title} })
	if err != nil {
		return nil, err
	}
	offices, err := authorities(ctx, v)
	if err != nil {
		return nil, err
	}
	nothing := option{"", "—"}
	return sdk.Form("recommend", v.t("desk.add"), sdk.Input("ref", v.t("ref"), "text", nil), area("text", v.t("text"), "", 5), choice("group", v.t("group"), "", append([]option{nothing}, groups...)),
		choice("consultation", v.t("consultation"), "", append([]option{nothing}, consultations...)), choices("cites", v.t("statements"), statements),
		choice("authority", v.t("authority"), "", offices), sdk.Input("addressee", v.t("addressee"), "text", nil)), nil
}

func showRecommendation(ctx context.Context, v *visit, id string) (sdk.Node, error) {
	r, err := record.Get[record.Recommendation](ctx, v.book(), record.Recommendations, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return sdk.Empty(v.t("fault.missing"), ""), nil
	}
	parts := []sdk.Node{sdk.Link(v.t("desk.back"), "?"), sdk.Heading(2, r.Ref), sdk.Text(cut(r.Text, 4000)), badge(v.t("recommendation."+r.State), "info"),
		sdk.Link(v.t("desk.edit"), "entry:"+record.Recommendations+"/"+r.ID)}
	if n := rules.Late(r.Deadline, v.work.Today()); n > 0 && r.State == "sent" {
		parts = append(parts, sdk.Notice("warning", v.t("late", n)))
	}
	if r.State == "draft" || r.State == "" {
		ballots, err := list(ctx, v, record.Ballots, record.Q{"group": r.Group}, func(b *record.Ballot) option { return option{b.ID, b.Title} })
		if err != nil {
			return nil, err
		}
		return sdk.Stack(append(parts, sdk.Section(v.t("desk.send"), sdk.Form("send", v.t("desk.send"), choice("ballot", v.t("ballots"), "", append([]option{{"", "—"}}, ballots...)))))...), nil
	}
	answers, err := record.All[record.Answer](ctx, v.book(), record.Answers, record.Q{"recommendation": id}, 50)
	if err != nil {
		return nil, err
	}
	for _, a := range answers {
		parts = append(parts, sdk.Section(v.t("answer."+a.State), sdk.Text(act.When(a.AnsweredOn, v.Locale)+" "+a.Signatory), sdk.Text(cut(a.Reasons, 6000))))
	}
	commitments, err := record.All[record.Commitment](ctx, v.book(), record.Commitments, record.Q{"recommendation": id}, 50)
	if err != nil {
		return nil, err
	}
	for _, c := range commitments {
		parts = append(parts, promised(v, &c))
	}
	offices, err := authorities(ctx, v)
	if err != nil {
		return nil, err
	}
	return sdk.Stack(append(parts,
		sdk.Section(v.t("desk.answer.new"), sdk.Form("answer", v.t("desk.save"), choice("state", v.t("state"), "accepted", v.named("answer.", "accepted", "partly", "refused", "studied", "elsewhere")),
			area("reasons", v.t("ruling.reasons"), "", 5), sdk.Input("signatory", v.t("desk.signatory"), "text", nil), choice("authority", v.t("authority"), r.AddressedTo, offices),
			sdk.Input("on", v.t("when"), "date", v.work.Today()))),
		sdk.Section(v.t("desk.promise.new"), sdk.Form("promise", v.t("desk.save"), sdk.Input("title", v.t("commitment"), "text", nil), sdk.Input("indicator", v.t("indicator"), "text", nil),
			sdk.Input("due", v.t("due"), "date", nil), choice("authority", v.t("authority"), r.AddressedTo, offices), area("milestones", v.t("desk.milestones"), "", 4))))...), nil
}

// promised is a commitment with what says how far it is.
func promised(v *visit, c *record.Commitment) sdk.Node {
	var reached []option
	var lines []sdk.ListItem
	for _, m := range c.Milestones {
		lines = append(lines, sdk.ListItem{Text: m.Text, Help: act.When(m.Date, v.Locale) + map[bool]string{true: " ✓"}[m.Done]})
		if !m.Done {
			reached = append(reached, option{m.ID, m.Text})
		}
	}
	form := []sdk.Node{sdk.Input("progress", v.t("desk.progress"), "number", c.Progress),
		choice("state", v.t("state"), c.State, v.named("commitment.", "planned", "under_way", "done", "late", "dropped")),
		choice("commitment", v.t("commitment"), c.ID, []option{{c.ID, c.Title}})}
	if len(reached) > 0 {
		form = append(form, choices("reached", v.t("desk.reached"), reached))
	}
	parts := []sdk.Node{{"type": "progress", "label": fmt.Sprintf("%s, %d %%", v.t("commitment."+c.State), c.Progress), "fraction": float64(c.Progress) / 100}}
	if len(lines) > 0 {
		parts = append(parts, sdk.List(lines...))
	}
	return sdk.Section(cut(c.Title, 290), append(parts, sdk.Form("progress", v.t("desk.save"), form...))...)
}
