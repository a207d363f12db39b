package training

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/seats"
)

// home is where forms of the module lead.
const home = "/api/v1/plugins/training"

// render writes pages and blocks for visitors.
func (p *program) render(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	switch item.Block {
	case "sessions":
		return p.sessionsOf(ctx, item)
	case "next":
		return p.nextBlock(ctx, item)
	case "modules":
		return p.modulesOf(ctx, item)
	}
	switch item.Page {
	case "agenda":
		return p.agendaPage(ctx, item)
	case "session":
		return p.sessionPage(ctx, item)
	case "confirm":
		return p.confirmPage(item), nil
	case "mine":
		return p.minePage(ctx, item)
	case "certificate":
		return p.certificatePage(ctx, item)
	case "evaluate":
		return p.evaluatePage(ctx, item)
	}
	return nil, nil
}

// room says how many seats there are, in words.
func (p *program) room(ctx context.Context, s *session, locale string) (text string, full bool, err error) {
	if s.Capacity == 0 {
		return say(locale, "unlimited"), false, nil
	}
	r, err := p.seen(ctx, s.ID)
	if err != nil {
		return "", false, err
	}
	taken, waits := r.Board.Taken(), r.Board.Count(seats.Waiting)
	if taken >= s.Capacity || waits > 0 {
		return say(locale, "fullup", waits), true, nil
	}
	return say(locale, "free", s.Capacity-taken, s.Capacity), false, nil
}

// sessionPage shows a session and its form.
func (p *program) sessionPage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l := item.Locale
	found, err := find[session](ctx, item.Host, sessions, url.Values{"filter[code][_eq]": {item.Places["code"]}, "locale": {l}})
	if err != nil || len(found) == 0 || found[0].Status == "draft" {
		return nil, err
	}
	s := &found[0]
	t, err := get[training](ctx, item.Host, trainings, s.Training, l)
	if err != nil && !sdk.IsNotFound(err) {
		return nil, err
	}
	title := s.Title
	if title == "" {
		title = t.Title
	}
	room, full, err := p.room(ctx, s, l)
	if err != nil {
		return nil, err
	}
	out := &page{}
	out.fault(l, item.Query["fault"])
	if text, ok := words()["status."+s.Status]; ok {
		out.add(`<p class="notice warning">{}</p>`, text.in(l))
	}
	if t.Summary != "" {
		out.words(t.Summary)
	}
	if s.takes(p.now()) {
		out.add(`<p><a href="#training-register">{}</a></p>`, say(l, "register"))
	}
	out.add(`<dl class="facts">`)
	out.fact(say(l, "when"), span(l, s.Starts, s.Ends))
	out.fact(say(l, "how"), say(l, "mode."+s.Mode))
	p.place(ctx, out, item.Host, s, l)
	if !s.over(p.now()) {
		out.fact(say(l, "seats"), room)
	}
	out.fact(say(l, "logistics"), s.Logistics.words(l))
	out.fact(say(l, "trainers"), names(p.trainersOf(ctx, item.Host, s, t, l), l))
	out.mail(say(l, "contact"), s.Contact)
	out.add(`</dl>`)
	s.timetable(out, l)
	if t.Slug != "" {
		out.add(`<p><a href="/{}/formations/{}">{}</a></p>`, l, t.Slug, say(l, "training")+say(l, "colon")+t.Title)
	}
	out.add(`<p><a href="`+home+`/sessions/{}/calendar.ics">{}</a></p>`, s.ID, say(l, "mine.calendar"))
	roster, err := p.seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if err := p.others(ctx, out, say(l, "session.others"), s, roster.Board, "", "all"); err != nil {
		return nil, err
	}
	if s.takes(p.now()) {
		if err := p.registerForm(ctx, out, s, l, full); err != nil {
			return nil, err
		}
	} else if _, told := words()["status."+s.Status]; !told {
		out.add(`<p class="notice">{}</p>`, say(l, "closed"))
	}
	told, err := p.instance(ctx, item.Host, s, t, l)
	if err != nil {
		return nil, err
	}
	told["@context"] = "https://schema.org"
	return &sdk.Content{Structured: told, Title: title, Description: joined(span(l, s.Starts, s.Ends), t.Summary), HTML: out.String(), MaxAge: 0}, nil
}

func (x logistics) words(locale string) string {
	var out []string
	for _, one := range []struct {
		there bool
		key   string
	}{{x.Meals, "meals"}, {x.Lodging, "lodging"}, {x.Transport, "transport"}, {x.Childcare, "childcare"}} {
		if one.there {
			out = append(out, say(locale, one.key))
		}
	}
	return strings.Join(out, say(locale, "comma"))
}

func (p *program) place(ctx context.Context, out *page, h *sdk.Host, s *session, l string) {
	if s.Venue == "" {
		return
	}
	v, err := get[venue](ctx, h, venues, s.Venue, l)
	if err != nil {
		return // it is not shown to visitors
	}
	out.fact(say(l, "where"), joined(v.where(l), v.Address))
	out.fact(say(l, "access"), v.Access)
}

func (p *program) trainersOf(ctx context.Context, h *sdk.Host, s *session, t *training, l string) []trainer {
	ids := s.Trainers
	if len(ids) == 0 {
		ids = t.Trainers
	}
	var out []trainer
	for _, id := range ids[:min(len(ids), 20)] {
		if one, err := get[trainer](ctx, h, trainers, id, l); err == nil && one.Name != "" {
			out = append(out, *one)
		}
	}
	return out
}

// names gives the names of trainers in one line.
func names(all []trainer, l string) string {
	var out []string
	for _, t := range all {
		out = append(out, t.Name)
	}
	return strings.Join(out, say(l, "comma"))
}

// others lists those with a seat whose name some kind of reader may see: "all",
// or "participants" too.
func (p *program) others(ctx context.Context, out *page, title string, s *session, board *seats.Roster, but string, seen ...string) error {
	regs, err := p.seated(ctx, p.setup.Load().host, s, board)
	if err != nil {
		return err
	}
	var body page
	for _, g := range regs {
		if g.ID != but && g.Name != "" && slices.Contains(seen, g.Visible) {
			body.add(`<li dir="auto">{}</li>`, joined(g.Name, g.Organisation))
		}
	}
	if body.Len() > 0 {
		out.add(`<h2>{}</h2><ul>`, title)
		out.WriteString(body.String())
		out.add(`</ul>`)
	}
	return nil
}

func (s *session) timetable(out *page, l string) {
	if len(s.HalfDays) == 0 {
		return
	}
	out.add(`<h2>{}</h2><table><thead><tr><th scope="col">{}</th><th scope="col">{}</th></tr></thead><tbody>`, say(l, "halfdays"), say(l, "day"), say(l, "hours"))
	for _, h := range s.HalfDays {
		out.add(`<tr><td>{}</td><td><span dir="ltr">{} – {}</span></td></tr>`, dated(l, h.Day)+say(l, "comma")+say(l, "part."+h.Part), h.From, h.To)
	}
	out.add(`</tbody></table>`)
}

// named lists entries that somebody chooses among.
type named struct {
	meta
	Name  string `json:"name"`
	Title string `json:"title"`
	Label string `json:"label"`
}

func choices(ctx context.Context, h *sdk.Host, collection, locale, filter string) ([]choice, error) {
	q := url.Values{"locale": {locale}, "sort": {"name"}, "fields": {"id,name"}}
	if filter != "" {
		q.Set("filter[kind][_eq]", filter)
	}
	found, err := find[named](ctx, h, collection, q)
	if sdk.IsNotFound(err) || sdk.IsForbidden(err) {
		return nil, nil // a site without them, or that does not show them
	}
	var out []choice
	for _, e := range found[:min(len(found), 1000)] {
		out = append(out, choice{e.ID, e.Name})
	}
	return out, err
}

// registerForm writes the form of a session.
func (p *program) registerForm(ctx context.Context, out *page, s *session, l string, full bool) error {
	label := "register"
	if full {
		label = "register.wait"
	}
	out.add(`<h2 id="training-register">{}</h2><form class="letter" method="post" action="`+home+`/sessions/{}/register">`, say(l, label), s.ID)
	out.hidden("locale", l)
	out.input("name", say(l, "form.name"), "text", "name", true, "150")
	out.input("email", say(l, "form.email"), "email", "email", true, "254")
	out.input("phone", say(l, "form.phone"), "tel", "tel", false, "40")
	out.input("function", say(l, "form.function"), "text", "organization-title", false, "150")
	h := p.setup.Load().host
	associations, err := choices(ctx, h, "associations", l, "")
	if err != nil {
		return err
	}
	if len(associations) > 0 {
		out.choose("association", say(l, "form.association"), false, slices.Insert(associations, 0, choice{"", say(l, "form.none")}))
	}
	out.input("organisation", say(l, "form.organisation"), "text", "organization", false, "200")
	wilayas, err := choices(ctx, h, "territories", l, "wilaya")
	if err != nil {
		return err
	}
	if len(wilayas) > 0 {
		out.choose("wilaya", say(l, "form.wilaya"), false, slices.Insert(wilayas, 0, choice{"", say(l, "form.choose")}))
	}
	for _, q := range s.Questions {
		q.control(out, l)
	}
	out.choose("visible", say(l, "form.visible"), false, []choice{{"nobody", say(l, "visible.nobody")}, {"participants", say(l, "visible.participants")}, {"all", say(l, "visible.all")}})
	out.add(`<p class="trap"><label>{} <input name="website" type="text" autocomplete="off"></label></p>`, say(l, "form.trap"))
	out.add(`<p><label><input name="consent" type="checkbox" required> {}</label></p><p><small>{}</small></p>`, say(l, "form.consent"), say(l, "form.keeps", p.setup.Load().KeepMonths))
	out.button(say(l, "form.send"), "", "")
	out.add(`</form>`)
	return nil
}

func (q question) control(out *page, l string) {
	name, label := "q_"+q.Key, q.label(l)
	switch q.Kind {
	case "yesno":
		out.choose(name, label, q.Required, []choice{{"", ""}, {"yes", say(l, "form.yes")}, {"no", say(l, "form.no")}})
	case "choice":
		list := []choice{{"", say(l, "form.choose")}}
		for _, o := range q.options() {
			list = append(list, choice{o, o})
		}
		out.choose(name, label, q.Required && q.OnlyIf == "", list)
	default:
		out.input(name, label, "text", "off", q.Required && q.OnlyIf == "", "1000")
	}
}

// confirmPage asks for the code. Opening it changes nothing: programs that
// follow links in letters confirm nobody.
func (p *program) confirmPage(item *sdk.Item) *sdk.Content {
	l, out := item.Locale, &page{}
	out.fault(l, item.Query["fault"])
	out.words(say(l, "confirm.lead"))
	out.add(`<form class="letter" method="post" action="` + home + `/confirm">`)
	out.hidden("locale", l)
	out.hidden("r", item.Query["r"])
	out.add(`<p><label>{} <input name="c" type="text" autocomplete="one-time-code" maxlength="6" required value="{}"></label></p>`, say(l, "confirm.code"), item.Query["c"])
	out.button(say(l, "confirm.send"), "", "")
	out.add(`</form>`)
	return &sdk.Content{Title: say(l, "confirm.title"), HTML: out.String()}
}

// minePage shows where somebody stands, without a word about who it is: the
// host keeps pages in memory.
func (p *program) minePage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, id, token, out := item.Locale, item.Query["r"], item.Query["t"], &page{}
	c := &sdk.Content{Title: say(l, "mine.title"), MaxAge: 5}
	ok, err := p.holds(ctx, id, token)
	if err != nil {
		return nil, err
	}
	var reg *registration
	if ok {
		if reg, err = p.registration(ctx, id); err != nil && !sdk.IsNotFound(err) {
			return nil, err
		}
		ok = err == nil
	}
	if !ok {
		out.fault(l, "link")
		c.HTML = out.String()
		return c, nil
	}
	if text, ok := words()["done."+item.Query["done"]]; ok {
		out.add(`<p class="notice">{}</p>`, text.in(l))
	}
	out.fault(l, item.Query["fault"])
	// Participants may see more of it than visitors do.
	s, err := get[session](ctx, p.setup.Load().host, sessions, reg.Session, l)
	if err != nil {
		return nil, err
	}
	title, place, err := p.named(ctx, s, l)
	if err != nil {
		return nil, err
	}
	roster, err := p.seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	line := roster.Board.Find(id)
	out.add(`<dl class="facts">`)
	out.fact(say(l, "session"), title)
	out.fact(say(l, "when"), span(l, s.Starts, s.Ends))
	out.fact(say(l, "where"), place)
	state := "new"
	if line != nil {
		state = string(line.State)
	} else if reg.State == "replaced" {
		state = reg.State
	}
	out.fact(say(l, "mine.state"), say(l, "state."+state))
	if state == "waitlisted" {
		out.fact(say(l, "mine.position"), strconv.Itoa(roster.Board.Position(id)))
	}
	if state == "offered" {
		out.fact(say(l, "mine.until"), moment(l, time.Unix(line.Until, 0).In(s.zone())))
	}
	out.add(`</dl>`)
	p.acts(out, l, id, token, s, line)
	if line != nil && line.State.Seated() && line.State != seats.Offered {
		if err := p.others(ctx, out, say(l, "mine.others"), s, roster.Board, id, "participants", "all"); err != nil {
			return nil, err
		}
	}
	c.HTML = out.String()
	return c, nil
}
