package show

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Attendance is the sheet of a half-day, to be signed by hand; nil: there is no
// such half-day. Marks that were made on a device are printed in the place of
// the signature.
func (site *Site) Attendance(ctx context.Context, h *sdk.Host, id, half, l string) (*File, error) {
	s, err := record.Get[record.Session](ctx, h, record.Sessions, id, l)
	if err != nil {
		return nil, err
	}
	i := slices.Index(s.Keys(), half)
	if i < 0 {
		return nil, nil
	}
	paper, err := site.sheet(ctx, h, s, s.HalfDays[i], l)
	return &File{Kind: "application/pdf", Name: s.Code + "-" + half + ".pdf", Body: paper}, err
}

func (site *Site) sheet(ctx context.Context, h *sdk.Host, s *record.Session, half record.HalfDay, l string) ([]byte, error) {
	roster, err := site.Work.Seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	regs, err := record.Seated(ctx, h, s, roster.Board)
	if err != nil {
		return nil, err
	}
	title, place, err := site.Work.Named(ctx, s, l)
	if err != nil {
		return nil, err
	}
	t, err := record.Get[record.Training](ctx, h, record.Trainings, s.Training, l)
	if err != nil && !sdk.IsNotFound(err) {
		return nil, err
	}
	var rows []map[string]any
	for i, g := range regs {
		sign := ""
		if m, ok := roster.Board.Find(g.ID).Marks[half.Key()]; ok {
			sign = words.Say(l, "sheet.signed", time.Unix(m.At, 0).In(s.Location()).Format("15:04"), words.Say(l, "source."+m.Source))
		}
		rows = append(rows, map[string]any{"n": i + 1, "name": g.Name, "organisation": g.Organisation, "sign": sign})
	}
	columns := []sdk.Column{{Key: "n", Label: "N°"}, {Key: "name", Label: words.Say(l, "form.name")}, {Key: "organisation", Label: words.Say(l, "form.association")}, {Key: "sign", Label: words.Say(l, "sheet.signature")}}
	signers := record.TrainersOf(ctx, h, s, t, l)
	names := names(signers, l)
	signatures := []map[string]any{}
	for _, one := range signers {
		sign := ""
		if m, ok := roster.Board.Signs[half.Key()][one.ID]; ok {
			sign = words.Say(l, "sheet.signed", time.Unix(m.At, 0).In(s.Location()).Format("15:04"), words.Say(l, "source."+m.Source))
		}
		signatures = append(signatures, map[string]any{"name": one.Name, "sign": sign})
	}
	if len(signatures) == 0 {
		signatures = append(signatures, map[string]any{"name": "—", "sign": ""})
	}
	tree := sdk.Stack(
		sdk.Facts(sdk.Fact{Label: words.Say(l, "training"), Value: title}, sdk.Fact{Label: words.Say(l, "day"), Value: words.Day(l, half.Day) + ", " + words.Say(l, "part."+half.Part)},
			sdk.Fact{Label: words.Say(l, "hours"), Value: half.From + " – " + half.To}, sdk.Fact{Label: words.Say(l, "where"), Value: place}, sdk.Fact{Label: words.Say(l, "trainers"), Value: words.Or(names)}),
		sdk.Table(columns, rows),
		sdk.Table([]sdk.Column{{Key: "name", Label: words.Say(l, "trainers")}, {Key: "sign", Label: words.Say(l, "sheet.signature")}}, signatures),
	)
	return h.Print(ctx, sdk.Print{Locale: l, Title: words.Say(l, "sheet.title"), Tree: tree, Paper: "a4", Footer: words.Joined(title, s.Code), Made: site.Work.Now()})
}

// Certificate is that of somebody who was there.
func (site *Site) Certificate(ctx context.Context, id, l string) (*File, error) {
	c, err := site.Work.Certify(ctx, id)
	if err != nil {
		return nil, err
	}
	h := site.Work.Host()
	s, err := record.Get[record.Session](ctx, h, record.Sessions, c.Of.Session, l)
	if err != nil {
		return nil, err
	}
	title, place, err := site.Work.Named(ctx, s, l)
	if err != nil {
		return nil, err
	}
	tree := sdk.Stack(sdk.Text(words.Say(l, "certificate.says")), sdk.Heading(2, words.Or(c.Of.Name)), sdk.Text(words.Or(c.Of.Organisation)), sdk.Text(words.Say(l, "certificate.followed")),
		sdk.Heading(2, title), sdk.Text(words.Joined(words.Span(l, s.Starts, s.Ends), place)), sdk.Text(words.Say(l, "certificate.halves", c.Seen, len(s.HalfDays))),
		sdk.Text(words.Say(l, "certificate.code", c.Code)))
	paper, err := h.Print(ctx, sdk.Print{Locale: l, Title: words.Say(l, "certificate.title"), Tree: tree, Paper: "a4-landscape", Centered: true, Made: site.Work.Now(),
		CodeURL: site.Work.Settings().URL + "/" + l + "/training/certificate?code=" + c.Code})
	return &File{Kind: "application/pdf", Name: "certificate.pdf", Body: paper}, err
}

// certificatePage says whether a code is that of a certificate, and of what,
// without a word about whose it is.
func (site *Site) certificatePage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, out := item.Locale, &page{}
	code := strings.ToUpper(strings.TrimSpace(item.Query["code"]))
	out.add(`<form class="letter" method="get" action="/{}/training/certificate"><p><label>{} <input name="code" type="text" autocomplete="off" maxlength="14" required value="{}"></label></p>`, l, words.Say(l, "certificate.ask"), code)
	out.button(words.Say(l, "certificate.check"), "", "")
	out.add(`</form>`)
	c := &sdk.Content{Title: words.Say(l, "certificate.verify"), MaxAge: 30}
	if code != "" {
		s, line, err := site.Work.Certified(ctx, code)
		if err != nil {
			return nil, err
		}
		if line == nil {
			out.add(`<p class="notice warning">{}</p>`, words.Say(l, "certificate.none"))
		} else {
			title, place, err := site.Work.Named(ctx, s, l)
			if err != nil {
				return nil, err
			}
			out.add(`<p class="notice">{}</p><dl class="facts">`, words.Say(l, "certificate.good"))
			out.fact(words.Say(l, "training"), title)
			out.fact(words.Say(l, "when"), words.Span(l, s.Starts, s.Ends))
			out.fact(words.Say(l, "where"), place)
			out.fact(words.Say(l, "mine.state"), words.Say(l, "state."+string(line.State)))
			out.fact(words.Say(l, "halfdays"), fmt.Sprintf("%d / %d", len(line.Marks), len(s.HalfDays)))
			out.add(`</dl>`)
		}
	}
	c.HTML = out.String()
	return c, nil
}
