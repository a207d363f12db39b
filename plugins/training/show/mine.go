package show

import (
	"context"
	"strconv"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// opened is the registration of whoever has its token; nil: they have not.
func (site *Site) opened(ctx context.Context, id, token string) (*record.Registration, error) {
	if ok, err := site.Work.Holds(ctx, id, token); err != nil || !ok {
		return nil, err
	}
	reg, err := site.Work.Registration(ctx, id)
	if sdk.IsNotFound(err) {
		return nil, nil
	}
	return reg, err
}

// own writes a page for whoever has the token of a registration; anybody else
// reads that the link is not valid.
func (site *Site) own(ctx context.Context, item *sdk.Item, title string, write func(out *page, reg *record.Registration) error) (*sdk.Content, error) {
	reg, err := site.opened(ctx, item.Query["r"], item.Query["t"])
	if err != nil {
		return nil, err
	}
	out := &page{}
	if reg == nil {
		out.fault(item.Locale, "link")
	} else if err := write(out, reg); err != nil {
		return nil, err
	}
	return &sdk.Content{Title: words.Say(item.Locale, title), HTML: out.String()}, nil
}

// minePage shows where somebody stands.
func (site *Site) minePage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	return site.own(ctx, item, "mine.title", func(out *page, reg *record.Registration) error { return site.stands(ctx, item, out, reg) })
}

// stands writes where a registration stands, and what may be done with it.
func (site *Site) stands(ctx context.Context, item *sdk.Item, out *page, reg *record.Registration) error {
	l, id, token := item.Locale, item.Query["r"], item.Query["t"]
	if text := words.Find(l, "done."+item.Query["done"]); text != "" {
		out.add(`<p class="notice">{}</p>`, text)
	}
	out.fault(l, item.Query["fault"])
	// Participants may see more of it than visitors do.
	s, err := record.Get[record.Session](ctx, site.Work.Host(), record.Sessions, reg.Session, l)
	if err != nil {
		return err
	}
	title, place, err := site.Work.Named(ctx, s, l)
	if err != nil {
		return err
	}
	roster, err := site.Work.Seen(ctx, s.ID)
	if err != nil {
		return err
	}
	line := roster.Board.Find(id)
	out.add(`<dl class="facts">`)
	out.fact(words.Say(l, "session"), title)
	out.fact(words.Say(l, "when"), words.Span(l, s.Starts, s.Ends))
	out.fact(words.Say(l, "where"), place)
	state := "new"
	if line != nil {
		state = string(line.State)
	} else if reg.State == "replaced" {
		state = reg.State
	}
	out.fact(words.Say(l, "mine.state"), words.Say(l, "state."+state))
	if line != nil && line.Held {
		out.fact(words.Say(l, "seats"), words.Say(l, "mine.held"))
	}
	if line != nil && line.State.TurnedAway() {
		out.fact(words.Say(l, "mine.reason"), reg.Reason)
	}
	if state == "waitlisted" {
		out.fact(words.Say(l, "mine.position"), strconv.Itoa(roster.Board.Position(id)))
	}
	if state == "offered" {
		out.fact(words.Say(l, "mine.until"), words.Moment(l, time.Unix(line.Until, 0).In(s.Location())))
	}
	out.add(`</dl>`)
	site.acts(out, l, id, token, s, line)
	if line != nil && line.State.Seated() && line.State != seats.Offered {
		if err := site.others(ctx, out, words.Say(l, "mine.others"), s, roster.Board, id, "participants", "all"); err != nil {
			return err
		}
	}
	return nil
}

// acts writes what somebody may do with their registration, as forms.
func (site *Site) acts(out *page, l, id, token string, s *record.Session, line *seats.Line) {
	begin := func() {
		out.add(`<form class="letter" method="post" action="` + home + `/mine">`)
		out.hidden("locale", l)
		out.hidden("r", id)
		out.hidden("t", token)
	}
	if line == nil {
		begin()
		out.add(`<details><summary>{}</summary>`, words.Say(l, "mine.erase"))
		out.paragraphs(words.Say(l, "mine.erase.lead"))
		out.button(words.Say(l, "mine.erase"), "do", "erase")
		out.add(`</details></form>`)
		return
	}
	var does []string
	switch line.State {
	case seats.Offered:
		does = []string{"accept", "decline"}
	case seats.Accepted:
		does = []string{"confirm", "cancel"}
	case seats.Confirmed, seats.Waiting, seats.Submitted:
		does = []string{"cancel"}
	}
	if len(does) > 0 {
		begin()
		out.add(`<p>`)
		for _, d := range does {
			out.button(words.Say(l, "mine."+d), "do", d)
		}
		out.add(`</p></form>`)
	}
	if line.State == seats.Accepted || line.State == seats.Confirmed {
		if s.OnlineURL != "" {
			out.add(`<p><a href="{}">{}</a></p>`, s.OnlineURL, words.Say(l, "mine.online"))
		}
		out.add(`<p><a href="`+home+`/sessions/{}/calendar.ics">{}</a></p>`, s.ID, words.Say(l, "mine.calendar"))
		site.presence(out, l, s, begin)
	}
	site.afterwards(out, l, id, token, line)
	if !line.State.Over() && line.State != seats.Offered && s.Edits(site.Work.Now()) {
		out.add(`<p><a href="/{}/training/edit?r={}&amp;t={}">{}</a></p>`, l, id, token, words.Say(l, "mine.edit"))
	}
	if !line.State.Over() && line.State != seats.Offered && line.Association != "" && !s.Over(site.Work.Now()) {
		begin()
		out.hidden("do", "replace")
		out.add(`<details><summary>{}</summary>`, words.Say(l, "mine.replace"))
		out.paragraphs(words.Say(l, "mine.replace.lead"))
		out.input("name", words.Say(l, "form.name"), "text", "off", true, "150")
		out.input("email", words.Say(l, "form.email"), "email", "off", true, "254")
		out.button(words.Say(l, "mine.replace.send"), "", "")
		out.add(`</details></form>`)
	}
	begin()
	out.add(`<details><summary>{}</summary>`, words.Say(l, "mine.erase"))
	out.paragraphs(words.Say(l, "mine.erase.lead"))
	out.button(words.Say(l, "mine.erase"), "do", "erase")
	out.add(`</details></form>`)
}

// presence lets somebody sign a half-day with the code that is shown in the
// room.
func (site *Site) presence(out *page, l string, s *record.Session, begin func()) {
	today := site.Work.Now().In(s.Location()).Format("2006-01-02")
	for _, h := range s.HalfDays {
		if h.Day != today {
			continue
		}
		begin()
		out.hidden("do", "sign")
		out.hidden("half", h.Key())
		out.add(`<p><label>{} <input name="code" type="text" autocomplete="off" maxlength="8" required></label></p>`,
			words.Say(l, "mine.sign.code")+" ("+words.Say(l, "part."+h.Part)+")")
		out.button(words.Say(l, "mine.sign"), "", "")
		out.add(`</form>`)
	}
}

// afterwards leads to what there is when the session is over.
func (site *Site) afterwards(out *page, l, id, token string, line *seats.Line) {
	switch line.State {
	case seats.Attended, seats.Partial:
	default:
		return
	}
	out.add(`<p><a href="`+home+`/papers/certificate.pdf?r={}&amp;t={}&amp;locale={}">{}</a></p>`, id, token, l, words.Say(l, "mine.papers"))
	if !line.Evaluated {
		out.add(`<p><a href="/{}/training/evaluate?r={}&amp;t={}">{}</a></p>`, l, id, token, words.Say(l, "mine.evaluate"))
	}
}
