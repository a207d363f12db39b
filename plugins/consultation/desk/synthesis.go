package desk

import (
	"context"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func pressSynthesis(ctx context.Context, v *visit) (string, error) {
	switch v.Action {
	case "state":
		id := v.get("consultation")
		return "desk.saved", v.work.MoveSynthesis(ctx, v.Host, id, v.get("to"))
	case "results":
		return "desk.saved", v.work.Results(ctx, v.Host, v.get("consultation"))
	case "statement":
		return "desk.saved", v.work.State(ctx, v.Host, v.get("consultation"), v.get("title"), v.get("text"), v.get("kind"), v.get("why"))
	case "cite":
		return "desk.cited", v.work.Cite(ctx, v.Host, v.get("statement"), v.many("ids"))
	case "merge":
		ids := v.many("ids")
		if len(ids) < 2 {
			return "", &act.FaultError{Code: "merge"}
		}
		return "desk.merged", v.work.Merge(ctx, v.Host, ids[0], ids[1:])
	case "split":
		var parts []act.Part
		for _, text := range strings.Split(v.get("parts"), "\n\n") {
			if text = strings.TrimSpace(text); text != "" {
				title, _, _ := strings.Cut(text, "\n")
				parts = append(parts, act.Part{Title: cut(title, 200), Body: text})
			}
		}
		_, err := v.work.Split(ctx, v.Host, v.get("id"), parts)
		return "desk.split", err
	}
	return "", nil
}

func showSynthesis(ctx context.Context, v *visit) (sdk.Node, error) {
	if id := v.Params["consultation"]; id != "" {
		return showDesk(ctx, v, id)
	}
	all, err := record.All[record.Consultation](ctx, v.book(), record.Consultations, record.Q{}, 200)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, c := range all {
		open, err := record.Total(ctx, v.book(), record.Contributions, record.Q{"consultation": c.ID, "state": record.Published, "cited": "0"})
		if err != nil {
			return nil, err
		}
		rows = append(rows, map[string]any{"consultation": sdk.Link(c.Title, "?consultation="+c.ID), "desk.uncited": open, "state": v.t("synthesis." + c.Synthesis)})
	}
	if len(rows) == 0 {
		return sdk.Empty(v.t("none.consultations"), ""), nil
	}
	return sdk.Table(columns(v, "consultation", "desk.uncited", "state"), rows), nil
}

// showDesk has the statements on one side and, below, the contributions that
// none of them cites yet.
func showDesk(ctx context.Context, v *visit, id string) (sdk.Node, error) {
	c, err := record.Get[record.Consultation](ctx, v.book(), record.Consultations, id)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return sdk.Empty(v.t("fault.missing"), ""), nil
	}
	all, err := record.All[record.Statement](ctx, v.book(), record.Statements, record.Q{"consultation": id, "sort": "order"}, 200)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	var to []option
	for _, s := range all {
		rows = append(rows, map[string]any{"title": sdk.Link(cut(s.Title, 290), "entry:"+record.Statements+"/"+s.ID), "kind": v.t("desk.statement." + s.Kind), "desk.cites": len(s.Cites)})
		to = append(to, option{s.ID, s.Title})
	}
	left, err := uncited(ctx, v, id, to)
	if err != nil {
		return nil, err
	}
	parts := []sdk.Node{sdk.Link(v.t("desk.back"), "?"), sdk.Heading(2, c.Title), badge(v.t("synthesis."+c.Synthesis), "info"),
		sdk.Table(columns(v, "title", "kind", "desk.cites"), rows),
		sdk.Section(v.t("desk.statement.new"), sdk.Form("statement", v.t("desk.add"), sdk.Input("title", v.t("title"), "text", nil), area("text", v.t("text"), "", 5),
			choice("kind", v.t("kind"), "kept", v.named("desk.statement.", "kept", "not_kept")), area("why", v.t("desk.why"), "", 3))),
		sdk.Section(v.t("desk.uncited"), left)}
	if len(c.Questions) > 0 {
		parts = append(parts, sdk.Section(v.t("survey.title"), sdk.Text(v.t("survey.responses", c.Responses)),
			sdk.Button(v.t("survey.publish"), "results", nil).Confirmed(v.t("survey.publish"), v.t("desk.save"))))
	}
	for _, next := range map[string][]string{"none": {"draft"}, "": {"draft"}, "draft": {"approved"}, "approved": {"published"}}[c.Synthesis] {
		parts = append(parts, sdk.Button(v.t("desk.synthesis."+next), "state", map[string]any{"to": next}).Confirmed(v.t("desk.synthesis."+next), v.t("desk.save")))
	}
	return sdk.Stack(parts...), nil
}

func uncited(ctx context.Context, v *visit, consultation string, to []option) (sdk.Node, error) {
	n := max(v.number("page"), 1)
	all, page, err := record.List[record.Contribution](ctx, v.book(), record.Contributions, record.Q{"consultation": consultation, "state": record.Published, "cited": "0",
		"sort": "sent", "size": "50", "number": strconv.Itoa(n), "count": "exact"})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return sdk.Empty(v.t("desk.queue.empty"), ""), nil
	}
	var pick []option
	var rows []map[string]any
	for _, c := range all {
		pick = append(pick, option{c.ID, c.Ref + " — " + c.Title})
		rows = append(rows, map[string]any{"ref": c.Ref, "title": cut(c.Title, 300), "text": cut(c.Body, 400)})
	}
	parts := []sdk.Node{sdk.Text(v.t("desk.queue", page.Total)), sdk.Table(columns(v, "ref", "title", "text"), rows)}
	if len(to) > 0 {
		parts = append(parts, sdk.Section(v.t("desk.cite"), sdk.Form("cite", v.t("desk.cite"), choice("statement", v.t("desk.statement"), to[0].Value, to), choices("ids", v.t("contributions"), pick))))
	}
	parts = append(parts, sdk.Section(v.t("desk.merge"), sdk.Text(v.t("desk.merge.help")), sdk.Form("merge", v.t("desk.merge"), choices("ids", v.t("contributions"), pick))),
		sdk.Section(v.t("desk.split"), sdk.Text(v.t("desk.split.help")), sdk.Form("split", v.t("desk.split"), choice("id", v.t("contributions"), "", pick), area("parts", v.t("text"), "", 8))))
	if n > 1 {
		parts = append(parts, sdk.Button(v.t("turn.before"), "page", map[string]any{"page": n - 1}))
	}
	if n*50 < page.Total {
		parts = append(parts, sdk.Button(v.t("turn.after"), "page", map[string]any{"page": n + 1}))
	}
	return sdk.Stack(parts...), nil
}
