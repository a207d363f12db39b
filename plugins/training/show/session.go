package show

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/seats"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// sessionPage shows a session and its form.
func (site *Site) sessionPage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l := item.Locale
	found, err := record.Find[record.Session](ctx, item.Host, record.Sessions, url.Values{"filter[code][_eq]": {item.Places["code"]}, "locale": {l}})
	if err != nil || len(found) == 0 || found[0].Status == "draft" {
		return nil, err
	}
	s := &found[0]
	t, err := record.Get[record.Training](ctx, item.Host, record.Trainings, s.Training, l)
	if err != nil && !sdk.IsNotFound(err) {
		return nil, err
	}
	title := s.Title
	if title == "" {
		title = t.Title
	}
	room, full, err := site.Work.Room(ctx, s, l)
	if err != nil {
		return nil, err
	}
	out := &page{}
	out.fault(l, item.Query["fault"])
	if text := words.Find(l, "status."+s.Status); text != "" {
		out.add(`<p class="notice warning">{}</p>`, text)
	}
	if s.Original != "" && s.Status != "cancelled" && !s.Over(site.Work.Now()) {
		out.add(`<p class="notice">{}</p>`, words.Say(l, "session.moved", words.Day(l, s.Original)))
	}
	if t.Summary != "" {
		out.paragraphs(t.Summary)
	}
	if s.Takes(site.Work.Now()) {
		out.add(`<p><a href="#training-register">{}</a></p>`, words.Say(l, "register"))
	}
	out.add(`<dl class="facts">`)
	out.fact(words.Say(l, "when"), words.Span(l, s.Starts, s.Ends))
	out.fact(words.Say(l, "how"), words.Say(l, "mode."+s.Mode))
	site.place(ctx, out, item.Host, s, l)
	if !s.Over(site.Work.Now()) {
		out.fact(words.Say(l, "seats"), room)
	}
	out.fact(words.Say(l, "logistics"), logistics(s.Logistics, l))
	out.fact(words.Say(l, "trainers"), names(record.TrainersOf(ctx, item.Host, s, t, l), l))
	out.mail(words.Say(l, "contact"), s.Contact)
	out.add(`</dl>`)
	timetable(out, s, l)
	if t.Slug != "" {
		out.add(`<p><a href="/{}/formations/{}">{}</a></p>`, l, t.Slug, words.Say(l, "training")+words.Say(l, "colon")+t.Title)
	}
	out.add(`<p><a href="`+home+`/sessions/{}/calendar.ics">{}</a></p>`, s.ID, words.Say(l, "mine.calendar"))
	roster, err := site.Work.Seen(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	if err := site.others(ctx, out, words.Say(l, "session.others"), s, roster.Board, "", "all"); err != nil {
		return nil, err
	}
	if s.Takes(site.Work.Now()) {
		if err := site.registerForm(ctx, out, s, l, full); err != nil {
			return nil, err
		}
	} else if words.Find(l, "status."+s.Status) == "" {
		out.add(`<p class="notice">{}</p>`, words.Say(l, "closed"))
	}
	told, err := site.instance(ctx, item.Host, s, t, l)
	if err != nil {
		return nil, err
	}
	told["@context"] = "https://schema.org"
	return &sdk.Content{Structured: told, Title: title, Description: words.Joined(words.Span(l, s.Starts, s.Ends), t.Summary), HTML: out.String(), MaxAge: 0}, nil
}

func logistics(x record.Logistics, locale string) string {
	var out []string
	for _, one := range []struct {
		there bool
		key   string
	}{{x.Meals, "meals"}, {x.Lodging, "lodging"}, {x.Transport, "transport"}, {x.Childcare, "childcare"}} {
		if one.there {
			out = append(out, words.Say(locale, one.key))
		}
	}
	return strings.Join(out, words.Say(locale, "comma"))
}

func (site *Site) place(ctx context.Context, out *page, h *sdk.Host, s *record.Session, l string) {
	if s.Venue == "" {
		return
	}
	v, err := record.Get[record.Venue](ctx, h, record.Venues, s.Venue, l)
	if err != nil {
		return // it is not shown to visitors
	}
	out.fact(words.Say(l, "where"), words.Joined(v.Where(l), v.Address))
	out.fact(words.Say(l, "access"), v.Access)
}

// names gives the names of trainers in one line.
func names(all []record.Trainer, l string) string {
	var out []string
	for _, t := range all {
		out = append(out, t.Name)
	}
	return strings.Join(out, words.Say(l, "comma"))
}

// others lists those with a seat whose name some kind of reader may see: "all",
// or "participants" too.
func (site *Site) others(ctx context.Context, out *page, title string, s *record.Session, board *seats.Roster, but string, seen ...string) error {
	regs, err := record.Seated(ctx, site.Work.Host(), s, board)
	if err != nil {
		return err
	}
	var body page
	for _, g := range regs {
		if g.ID != but && g.Name != "" && slices.Contains(seen, g.Visible) {
			body.add(`<li><span dir="auto">{}</span></li>`, words.Joined(g.Name, g.Organisation))
		}
	}
	if body.Len() > 0 {
		out.add(`<h2>{}</h2><ul>`, title)
		out.WriteString(body.String())
		out.add(`</ul>`)
	}
	return nil
}

func timetable(out *page, s *record.Session, l string) {
	if len(s.HalfDays) == 0 {
		return
	}
	out.add(`<h2>{}</h2><table><thead><tr><th scope="col">{}</th><th scope="col">{}</th></tr></thead><tbody>`, words.Say(l, "halfdays"), words.Say(l, "day"), words.Say(l, "hours"))
	for _, h := range s.HalfDays {
		out.add(`<tr><td>{}</td><td><span dir="ltr">{} – {}</span></td></tr>`, words.Day(l, h.Day)+words.Say(l, "comma")+words.Say(l, "part."+h.Part), h.From, h.To)
	}
	out.add(`</tbody></table>`)
}
