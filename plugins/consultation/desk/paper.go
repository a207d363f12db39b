package desk

import (
	"context"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// pressPaper writes down what came on paper, by letter, or was said at a
// meeting. With an address its author is told like anybody else.
func pressPaper(ctx context.Context, v *visit) (string, error) {
	if v.Action != "write" {
		return "", nil
	}
	voice := act.Voice{Clerk: true, Author: v.get("author"), Email: v.get("email"), Channel: v.get("channel"), Lang: v.get("lang"), Locale: v.get("lang")}
	_, err := v.work.Contribute(ctx, v.Host, act.Contribution{Voice: voice, Consultation: v.get("consultation"), Section: v.get("section"), Title: v.get("title"),
		Body: v.get("body"), Place: v.get("place")})
	return "desk.written", err
}

func showPaper(ctx context.Context, v *visit) (sdk.Node, error) {
	consultations, err := list(ctx, v, record.Consultations, record.Q{}, func(c *record.Consultation) option { return option{c.ID, c.Title} })
	if err != nil {
		return nil, err
	}
	if len(consultations) == 0 {
		return sdk.Empty(v.t("none.consultations"), ""), nil
	}
	recent, err := record.All[record.Contribution](ctx, v.book(), record.Contributions, record.Q{"channel _in": "paper,meeting,email", "sort": "-created_at"}, 20)
	if err != nil {
		return nil, err
	}
	var rows []map[string]any
	for _, c := range recent {
		rows = append(rows, map[string]any{"ref": sdk.Link(c.Ref, "entry:"+record.Contributions+"/"+c.ID), "title": cut(c.Title, 300), "how": v.t("channel." + c.Channel)})
	}
	form := sdk.Form("write", v.t("desk.save"), choice("consultation", v.t("consultation"), consultations[0].Value, consultations),
		choice("channel", v.t("how"), "paper", v.named("channel.", "paper", "meeting", "email")),
		choice("section", v.t("section"), "general", v.named("section.", "general", "children", "youth", "civil", "access", "means")),
		choice("lang", v.t("language"), "fr", []option{{"fr", "français"}, {"ar", "العربية"}, {"en", "English"}}),
		sdk.Input("title", v.t("title"), "text", nil), area("body", v.t("text"), "", 8), sdk.Input("place", v.t("form.place"), "text", nil),
		sdk.Input("author", v.t("name"), "text", nil), sdk.Input("email", v.t("form.email"), "email", nil))
	return sdk.Stack(form, sdk.Table(columns(v, "ref", "title", "how"), rows)), nil
}
