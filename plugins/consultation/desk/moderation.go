package desk

import (
	"context"
	"fmt"
	"strconv"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// queueSize is how much of the queue a page has.
const queueSize = 20

// statements are the reasons that stand ready, by rule.
var statements = []string{"spam", "off_topic", "abusive", "personal_data", "illegal"}

func pressModeration(ctx context.Context, v *visit) (string, error) {
	kind, id := v.get("kind"), v.get("id")
	switch v.Action {
	case "publish", "keep", "restore":
		return "desk.saved", v.work.Rule(ctx, v.Host, act.Ruling{Kind: kind, ID: id, Action: v.Action, By: v.person(ctx)})
	case "hide": // with the reasons that stand ready
		rule := v.get("rule")
		return "desk.hidden", v.work.Rule(ctx, v.Host, act.Ruling{Kind: kind, ID: id, Action: "hide", Rule: rule, Statement: v.t("reasons." + rule), By: v.person(ctx)})
	case "explain": // in the moderator's own words
		return "desk.hidden", v.work.Rule(ctx, v.Host, act.Ruling{Kind: v.Params["kind"], ID: v.Params["id"], Action: "hide", Rule: v.get("rule"), Statement: v.get("statement"), By: v.person(ctx)})
	case "decide":
		return "desk.saved", v.work.Decide(ctx, v.Host, v.Params["ruling"], v.get("outcome"), v.get("why"), v.person(ctx))
	}
	return "", nil
}

// person is the account of who is there.
func (v *visit) person(ctx context.Context) string {
	who, err := v.Host.Who(ctx)
	if err != nil {
		return ""
	}
	return who.User
}

func showModeration(ctx context.Context, v *visit) (sdk.Node, error) {
	if id := v.Params["ruling"]; id != "" {
		return showAppeal(ctx, v, id)
	}
	if id := v.Params["id"]; id != "" && v.Action != "explain" {
		return showOne(ctx, v, v.Params["kind"], id)
	}
	contributions, err := queue(ctx, v, act.KindContribution, record.Contributions)
	if err != nil {
		return nil, err
	}
	comments, err := queue(ctx, v, act.KindComment, record.Comments)
	if err != nil {
		return nil, err
	}
	reports, err := reported(ctx, v)
	if err != nil {
		return nil, err
	}
	appeals, err := appealed(ctx, v)
	if err != nil {
		return nil, err
	}
	tab := func(id, label string, n sdk.Node) map[string]any {
		return map[string]any{"id": id, "label": label, "children": []sdk.Node{n}}
	}
	return sdk.Node{"type": "tabs", "id": "queues", "tabs": []any{tab("contributions", v.t("contributions"), contributions), tab("comments", v.t("comments.word"), comments),
		tab("reports", v.t("desk.reports"), reports), tab("appeals", v.t("desk.appeals"), appeals)}}, nil
}

// waiting is one of a queue.
type waiting struct {
	record.Head
	record.Said
	Title string `json:"title"`
}

// queue shows what waits, the oldest first, with an act for each usual case: one
// press, and the next one moves up.
func queue(ctx context.Context, v *visit, kind, collection string) (sdk.Node, error) {
	n := max(v.number("page."+kind), 1)
	all, page, err := record.List[waiting](ctx, v.book(), collection, record.Q{"state": record.PendingModeration, "sort": "sent", "size": strconv.Itoa(queueSize),
		"number": strconv.Itoa(n), "count": "exact"})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return sdk.Empty(v.t("desk.queue.empty"), ""), nil
	}
	parts := []sdk.Node{sdk.Text(v.t("desk.queue", page.Total))}
	for _, it := range all {
		parts = append(parts, one(v, kind, &it))
	}
	var turn []sdk.Node
	if n > 1 {
		turn = append(turn, sdk.Button(v.t("turn.before"), "page", map[string]any{"page." + kind: n - 1}))
	}
	if n*queueSize < page.Total {
		turn = append(turn, sdk.Button(v.t("turn.after"), "page", map[string]any{"page." + kind: n + 1}))
	}
	return sdk.Stack(append(parts, turn...)...), nil
}

func one(v *visit, kind string, it *waiting) sdk.Node {
	values := func(more ...string) map[string]any {
		out := map[string]any{"kind": kind, "id": it.ID}
		for i := 0; i+1 < len(more); i += 2 {
			out[more[i]] = more[i+1]
		}
		return out
	}
	acts := []sdk.Node{sdk.Button(v.t("desk.publish"), "publish", values())}
	for _, rule := range statements {
		acts = append(acts, sdk.Button(v.t("desk.hide", v.t("rule."+rule)), "hide", values("rule", rule)))
	}
	acts = append(acts, sdk.Link(v.t("desk.explain"), fmt.Sprintf("?kind=%s&id=%s", kind, it.ID)))
	row := sdk.Stack(acts...).With("direction", "row")
	title := it.Ref
	if it.Title != "" {
		title += " — " + it.Title
	}
	return sdk.Section(cut(title, 290), sdk.Text(cut(it.Body, 4000)), sdk.Text(v.t("channel."+it.Channel)+" · "+act.When(it.Sent, v.Locale)), row)
}

// showOne is for reasons in the moderator's own words.
func showOne(ctx context.Context, v *visit, kind, id string) (sdk.Node, error) {
	collection := map[string]string{act.KindContribution: record.Contributions, act.KindComment: record.Comments}[kind]
	it, err := record.Get[waiting](ctx, v.book(), collection, id)
	if err != nil {
		return nil, err
	}
	if it == nil {
		return sdk.Empty(v.t("fault.missing"), ""), nil
	}
	return sdk.Stack(sdk.Link(v.t("desk.back"), "?"), sdk.Heading(2, cut(it.Ref+" "+it.Title, 290)), badge(v.t("voice.state."+it.State), "info"), sdk.Text(cut(it.Body, 8000)),
		sdk.Button(v.t("desk.publish"), "publish", map[string]any{"kind": kind, "id": id}),
		sdk.Form("explain", v.t("desk.hide.go"), choice("rule", v.t("ruling.rule"), "off_topic", v.named("rule.", "spam", "off_topic", "abusive", "personal_data", "illegal", "error")),
			area("statement", v.t("ruling.reasons"), "", 5))), nil
}

// reported lists what people reported, with how often.
func reported(ctx context.Context, v *visit) (sdk.Node, error) {
	all, err := record.All[record.Report](ctx, v.book(), record.Reports, record.Q{"state": "open"}, 200)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, r := range all {
		values := map[string]any{"kind": r.Kind, "id": r.Object}
		rows = append(rows, map[string]any{"reason": v.t("rule." + r.Reason), "text": cut(r.Text, 1900), "object": sdk.Link(v.t("desk.look"), fmt.Sprintf("?kind=%s&id=%s", r.Kind, r.Object)),
			"do": sdk.Button(v.t("desk.keep"), "keep", values)})
	}
	if len(rows) == 0 {
		return sdk.Empty(v.t("desk.queue.empty"), ""), nil
	}
	return sdk.Table(columns(v, "reason", "text", "object", "do"), rows), nil
}

func appealed(ctx context.Context, v *visit) (sdk.Node, error) {
	all, err := record.All[record.Ruling](ctx, v.book(), record.Rulings, record.Q{"outcome": "open"}, 200)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, r := range all {
		rows = append(rows, map[string]any{"decision": v.t("action." + r.Action), "ruling.rule": v.t("rule." + r.Rule), "when": act.When(r.AppealedAt, v.Locale),
			"do": sdk.Link(v.t("desk.look"), "?ruling="+r.ID)})
	}
	if len(rows) == 0 {
		return sdk.Empty(v.t("desk.queue.empty"), ""), nil
	}
	return sdk.Table(columns(v, "decision", "ruling.rule", "when", "do"), rows), nil
}

// showAppeal shows an appeal to another person than the one who decided.
func showAppeal(ctx context.Context, v *visit, id string) (sdk.Node, error) {
	r, err := record.Get[record.Ruling](ctx, v.book(), record.Rulings, id)
	if err != nil {
		return nil, err
	}
	if r == nil {
		return sdk.Empty(v.t("fault.missing"), ""), nil
	}
	collection := map[string]string{act.KindContribution: record.Contributions, act.KindComment: record.Comments}[r.Kind]
	it, err := record.Get[waiting](ctx, v.book(), collection, r.Object)
	if err != nil {
		return nil, err
	}
	text := ""
	if it != nil {
		text = it.Title + " " + it.Body
	}
	parts := []sdk.Node{sdk.Link(v.t("desk.back"), "?"), sdk.Text(cut(text, 8000)), sdk.Facts(sdk.Fact{Label: v.t("decision"), Value: v.t("action." + r.Action)},
		sdk.Fact{Label: v.t("ruling.reasons"), Value: cut(r.Statement, 1900)}, sdk.Fact{Label: v.t("ruling.appeal"), Value: cut(r.Appeal, 1900)})}
	if r.Outcome == "open" {
		parts = append(parts, sdk.Form("decide", v.t("desk.save"), choice("outcome", v.t("ruling.appeal"), "upheld", v.named("outcome.", "upheld", "reversed")),
			area("why", v.t("ruling.reasons"), "", 4)))
	} else {
		parts = append(parts, badge(v.t("outcome."+r.Outcome), "info"))
	}
	return sdk.Stack(parts...), nil
}
