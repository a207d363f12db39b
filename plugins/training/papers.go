package training

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// seated gives who has a seat, by name.
func (p *program) seated(ctx context.Context, h *sdk.Host, s *session, board *seats.Roster) ([]registration, error) {
	regs, err := find[registration](ctx, h, registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {s.ID}})
	if err != nil {
		return nil, err
	}
	regs = slices.DeleteFunc(regs, func(g registration) bool {
		l := board.Find(g.ID)
		return l == nil || !l.State.Seated() || l.State == seats.Offered
	})
	slices.SortFunc(regs, func(a, b registration) int { return strings.Compare(a.Name, b.Name) })
	return regs, nil
}

// attendance is the sheet of a half-day, to be signed by hand. Marks that were
// made on a device are printed in the place of the signature.
func (p *program) attendance(w http.ResponseWriter, r *http.Request) {
	ctx, h, l := r.Context(), sdk.From(r).Host, localeOf(r)
	s, err := get[session](ctx, h, sessions, r.PathValue("id"), l)
	if err != nil {
		p.broken(w, "a sheet", err)
		return
	}
	i := slices.Index(s.keys(), r.PathValue("half"))
	if i < 0 {
		refuse(w, http.StatusNotFound, "training_missing", "The session has no such half-day.")
		return
	}
	paper, err := p.sheet(ctx, h, s, s.HalfDays[i], l)
	if err != nil {
		p.broken(w, "a sheet", err)
		return
	}
	sendFile(w, "application/pdf", s.Code+"-"+s.HalfDays[i].key()+".pdf", paper)
}

func (p *program) sheet(ctx context.Context, h *sdk.Host, s *session, half halfDay, l string) ([]byte, error) {
	roster, err := p.seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	regs, err := p.seated(ctx, h, s, roster.Board)
	if err != nil {
		return nil, err
	}
	title, place, err := p.named(ctx, s, l)
	if err != nil {
		return nil, err
	}
	t, err := get[training](ctx, h, trainings, s.Training, l)
	if err != nil && !sdk.IsNotFound(err) {
		return nil, err
	}
	var rows []map[string]any
	for i, g := range regs {
		sign := ""
		if m, ok := roster.Board.Find(g.ID).Marks[half.key()]; ok {
			sign = say(l, "sheet.signed", time.Unix(m.At, 0).In(s.zone()).Format("15:04"), say(l, "source."+m.Source))
		}
		rows = append(rows, map[string]any{"n": i + 1, "name": g.Name, "organisation": g.Organisation, "sign": sign})
	}
	columns := []sdk.Column{{Key: "n", Label: "N°"}, {Key: "name", Label: say(l, "form.name")}, {Key: "organisation", Label: say(l, "form.association")}, {Key: "sign", Label: say(l, "sheet.signature")}}
	signers := p.trainersOf(ctx, h, s, t, l)
	names := names(signers, l)
	signatures := []map[string]any{}
	for _, one := range signers {
		sign := ""
		if m, ok := roster.Board.Signs[half.key()][one.ID]; ok {
			sign = say(l, "sheet.signed", time.Unix(m.At, 0).In(s.zone()).Format("15:04"), say(l, "source."+m.Source))
		}
		signatures = append(signatures, map[string]any{"name": one.Name, "sign": sign})
	}
	if len(signatures) == 0 {
		signatures = append(signatures, map[string]any{"name": "—", "sign": ""})
	}
	tree := sdk.Stack(
		sdk.Facts(sdk.Fact{Label: say(l, "training"), Value: title}, sdk.Fact{Label: say(l, "day"), Value: dated(l, half.Day) + ", " + say(l, "part."+half.Part)},
			sdk.Fact{Label: say(l, "hours"), Value: half.From + " – " + half.To}, sdk.Fact{Label: say(l, "where"), Value: place}, sdk.Fact{Label: say(l, "trainers"), Value: or(names)}),
		sdk.Table(columns, rows),
		sdk.Table([]sdk.Column{{Key: "name", Label: say(l, "trainers")}, {Key: "sign", Label: say(l, "sheet.signature")}}, signatures),
	)
	return h.Print(ctx, sdk.Print{Locale: l, Title: say(l, "sheet.title"), Tree: tree, Paper: "a4", Footer: joined(title, s.Code), Made: p.now()})
}

// or stands for what is empty.
func or(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

// certificate is that of somebody who was there, for whoever has the token of
// their letters. The first time it gets its public code.
func (p *program) certificate(w http.ResponseWriter, r *http.Request) {
	ctx, q, l := r.Context(), r.URL.Query(), localeOf(r)
	id := q.Get("r")
	if ok, err := p.holds(ctx, id, q.Get("t")); err != nil || !ok {
		refuse(w, http.StatusForbidden, "training_link", say("en", "fault.link"))
		return
	}
	paper, err := p.certify(ctx, id, l)
	if errors.Is(err, seats.ErrState) || errors.Is(err, seats.ErrMissing) {
		refuse(w, http.StatusConflict, "training_state", say("en", "fault.state"))
		return
	}
	if err != nil {
		p.broken(w, "a certificate", err)
		return
	}
	sendFile(w, "application/pdf", "certificate.pdf", paper)
}

func (p *program) certify(ctx context.Context, id, l string) ([]byte, error) {
	h := p.setup.Load().host
	reg, err := p.registration(ctx, id)
	if err != nil {
		return nil, err
	}
	code, err := p.publicCode(ctx, id)
	if err != nil {
		return nil, err
	}
	seen := 0
	err = p.change(ctx, reg.Session, func(r *seats.Roster, _ seats.Rules, _ time.Time) error {
		line := r.Find(id)
		if line == nil {
			return seats.ErrMissing
		}
		if line.State != seats.Attended && line.State != seats.Partial {
			return seats.ErrState
		}
		line.Certificate, seen = code, len(line.Marks)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := h.State().Put(ctx, "certificate/"+code, map[string]string{"r": id, "session": reg.Session}, ""); err != nil {
		return nil, err
	}
	s, err := get[session](ctx, h, sessions, reg.Session, l)
	if err != nil {
		return nil, err
	}
	title, place, err := p.named(ctx, s, l)
	if err != nil {
		return nil, err
	}
	tree := sdk.Stack(sdk.Text(say(l, "certificate.says")), sdk.Heading(2, or(reg.Name)), sdk.Text(or(reg.Organisation)), sdk.Text(say(l, "certificate.followed")),
		sdk.Heading(2, title), sdk.Text(joined(span(l, s.Starts, s.Ends), place)), sdk.Text(say(l, "certificate.halves", seen, len(s.HalfDays))),
		sdk.Text(say(l, "certificate.code", code)))
	return h.Print(ctx, sdk.Print{Locale: l, Title: say(l, "certificate.title"), Tree: tree, Paper: "a4-landscape", Centered: true, Made: p.now(),
		CodeURL: p.setup.Load().url + "/" + l + "/training/certificate?code=" + code})
}

// certificatePage says whether a code is that of a certificate, and of what,
// without a word about whose it is.
func (p *program) certificatePage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, out := item.Locale, &page{}
	code := strings.ToUpper(strings.TrimSpace(item.Query["code"]))
	out.add(`<form class="letter" method="get" action="/{}/training/certificate"><p><label>{} <input name="code" type="text" autocomplete="off" maxlength="14" required value="{}"></label></p>`, l, say(l, "certificate.ask"), code)
	out.button(say(l, "certificate.check"), "", "")
	out.add(`</form>`)
	c := &sdk.Content{Title: say(l, "certificate.verify"), MaxAge: 30}
	if code != "" {
		s, line, err := p.certified(ctx, code)
		if err != nil {
			return nil, err
		}
		if line == nil {
			out.add(`<p class="notice warning">{}</p>`, say(l, "certificate.none"))
		} else {
			title, place, err := p.named(ctx, s, l)
			if err != nil {
				return nil, err
			}
			out.add(`<p class="notice">{}</p><dl class="facts">`, say(l, "certificate.good"))
			out.fact(say(l, "training"), title)
			out.fact(say(l, "when"), span(l, s.Starts, s.Ends))
			out.fact(say(l, "where"), place)
			out.fact(say(l, "mine.state"), say(l, "state."+string(line.State)))
			out.fact(say(l, "halfdays"), fmt.Sprintf("%d / %d", len(line.Marks), len(s.HalfDays)))
			out.add(`</dl>`)
		}
	}
	c.HTML = out.String()
	return c, nil
}

// certified finds what a code certifies; nil: nothing.
func (p *program) certified(ctx context.Context, code string) (*session, *seats.Line, error) {
	h := p.setup.Load().host
	var kept struct{ R, Session string }
	if len(code) > 20 {
		return nil, nil, nil
	}
	version, err := h.State().Get(ctx, "certificate/"+code, &kept)
	if err != nil || version == sdk.Absent {
		return nil, nil, err
	}
	s, err := get[session](ctx, h, sessions, kept.Session, "fr")
	if sdk.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	r, err := p.seen(ctx, kept.Session)
	if err != nil {
		return nil, nil, err
	}
	line := r.Board.Find(kept.R)
	if line == nil || line.Certificate != code {
		return nil, nil, nil
	}
	return s, line, nil
}
