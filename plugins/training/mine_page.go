package training

import (
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// acts writes what somebody may do with their registration, as forms.
func (p *program) acts(out *page, l, id, token string, s *session, line *seats.Line) {
	begin := func() {
		out.add(`<form class="letter" method="post" action="` + home + `/mine">`)
		out.hidden("locale", l)
		out.hidden("r", id)
		out.hidden("t", token)
	}
	if line == nil {
		begin()
		out.add(`<details><summary>{}</summary>`, say(l, "mine.erase"))
		out.words(say(l, "mine.erase.lead"))
		out.button(say(l, "mine.erase"), "do", "erase")
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
			out.button(say(l, "mine."+d), "do", d)
		}
		out.add(`</p></form>`)
	}
	if line.State == seats.Accepted || line.State == seats.Confirmed {
		if s.OnlineURL != "" {
			out.add(`<p><a href="{}">{}</a></p>`, s.OnlineURL, say(l, "mine.online"))
		}
		out.add(`<p><a href="`+home+`/sessions/{}/calendar.ics">{}</a></p>`, s.ID, say(l, "mine.calendar"))
		p.presence(out, l, s, begin)
	}
	p.afterwards(out, l, id, token, line)
	if !line.State.Over() && line.State != seats.Offered && line.Association != "" && !s.over(p.now()) {
		begin()
		out.hidden("do", "replace")
		out.add(`<details><summary>{}</summary>`, say(l, "mine.replace"))
		out.words(say(l, "mine.replace.lead"))
		out.input("name", say(l, "form.name"), "text", "off", true, "150")
		out.input("email", say(l, "form.email"), "email", "off", true, "254")
		out.button(say(l, "mine.replace.send"), "", "")
		out.add(`</details></form>`)
	}
	begin()
	out.add(`<details><summary>{}</summary>`, say(l, "mine.erase"))
	out.words(say(l, "mine.erase.lead"))
	out.button(say(l, "mine.erase"), "do", "erase")
	out.add(`</details></form>`)
}

// presence lets somebody sign a half-day with the code that is shown in the
// room.
func (p *program) presence(out *page, l string, s *session, begin func()) {
	today := p.now().In(s.zone()).Format("2006-01-02")
	for _, h := range s.HalfDays {
		if h.Day != today {
			continue
		}
		begin()
		out.hidden("do", "sign")
		out.hidden("half", h.key())
		out.add(`<p><label>{} <input name="code" type="text" autocomplete="off" maxlength="8" required></label></p>`,
			say(l, "mine.sign.code")+" ("+say(l, "part."+h.Part)+")")
		out.button(say(l, "mine.sign"), "", "")
		out.add(`</form>`)
	}
}

// afterwards leads to what there is when the session is over.
func (p *program) afterwards(out *page, l, id, token string, line *seats.Line) {
	switch line.State {
	case seats.Attended, seats.Partial:
	default:
		return
	}
	out.add(`<p><a href="`+home+`/papers/certificate.pdf?r={}&amp;t={}&amp;locale={}">{}</a></p>`, id, token, l, say(l, "mine.papers"))
	if !line.Evaluated {
		out.add(`<p><a href="/{}/training/evaluate?r={}&amp;t={}">{}</a></p>`, l, id, token, say(l, "mine.evaluate"))
	}
}
