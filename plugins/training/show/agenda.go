package show

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// shown is a session with what lists show of it.
type shown struct {
	record.Session
	title, place, room string
	full               bool
	// values by facet: the keys of facets to ids and labels.
	values map[string][]choice
}

// facets of the agenda, in order.
var facetNames = []string{"theme", "wilaya", "mode", "month", "language"}

// shownOf looks up what lists show of sessions.
func (site *Site) shownOf(ctx context.Context, h *sdk.Host, l string, all []record.Session) ([]shown, error) {
	courses, places, labels := map[string]*record.Training{}, map[string]*record.Venue{}, map[string]string{}
	label := func(collection, id string) string {
		key := collection + "/" + id
		if _, ok := labels[key]; !ok {
			n, err := record.Get[record.Named](ctx, h, collection, id, l)
			if err != nil {
				labels[key] = ""
			} else if labels[key] = n.Name; labels[key] == "" {
				labels[key] = n.Label + n.Title
			}
		}
		return labels[key]
	}
	var out []shown
	for _, s := range all {
		t := courses[s.Training]
		if t == nil {
			var err error
			if t, err = record.Get[record.Training](ctx, h, record.Trainings, s.Training, l); err != nil && !sdk.IsNotFound(err) {
				return nil, err
			}
			courses[s.Training] = t
		}
		one := shown{Session: s, title: s.Title, values: map[string][]choice{"mode": {{s.Mode, words.Say(l, "mode."+s.Mode)}}}}
		if one.title == "" {
			one.title = t.Title
		}
		if len(s.Starts) >= 7 {
			month, err := time.Parse("2006-01", s.Starts[:7])
			if err == nil {
				one.values["month"] = []choice{{s.Starts[:7], words.Month(l, month)}}
			}
		}
		for _, id := range t.Themes {
			one.values["theme"] = append(one.values["theme"], choice{id, label("terms", id)})
		}
		for _, lang := range t.Languages {
			one.values["language"] = append(one.values["language"], choice{lang, words.Say(l, "language."+lang)})
		}
		one.place = words.Say(l, "mode."+s.Mode)
		if s.Venue != "" {
			v := places[s.Venue]
			if v == nil {
				v, _ = record.Get[record.Venue](ctx, h, record.Venues, s.Venue, l) // one that is not shown has no name
				places[s.Venue] = v
			}
			if v.Name != "" {
				one.place = v.Where(l)
			}
			if v.Wilaya != "" {
				one.values["wilaya"] = []choice{{v.Wilaya, label("territories", v.Wilaya)}}
			}
		}
		var err error
		if one.room, one.full, err = site.Work.Room(ctx, &one.Session, l); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (s *shown) fits(query map[string]string, but string) bool {
	for _, f := range facetNames {
		if want := query[f]; want != "" && f != but && !slices.ContainsFunc(s.values[f], func(c choice) bool { return c.value == want }) {
			return false
		}
	}
	return true
}

// agendaPage lists the sessions to come, with facets whose counts say what is
// left if one more is chosen.
func (site *Site) agendaPage(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l := item.Locale
	all, err := record.Coming(ctx, item.Host, site.Work.Now(), l, nil)
	if err != nil {
		return nil, err
	}
	list, err := site.shownOf(ctx, item.Host, l, all[:min(len(all), 300)])
	if err != nil {
		return nil, err
	}
	out := &page{}
	out.add(`<p class="lead">{} <a href="/{}/formations">{}</a></p>`, words.Say(l, "agenda.lead"), l, words.Say(l, "catalogue"))
	facets(out, l, item.Query, list)
	var fit []shown
	for _, s := range list {
		if s.fits(item.Query, "") {
			fit = append(fit, s)
		}
	}
	switch {
	case len(list) == 0:
		out.add(`<p class="notice">{}</p>`, words.Say(l, "agenda.none"))
	case len(fit) == 0:
		out.add(`<p class="notice">{}</p>`, words.Say(l, "agenda.filter"))
	default:
		lines(out, l, fit)
	}
	feed := url.Values{}
	for _, f := range []string{"theme", "wilaya"} {
		if v := item.Query[f]; v != "" {
			feed.Set(f, v)
		}
	}
	out.add(`<p><a href="`+home+`/calendar.ics?{}">{}</a></p>`, feed.Encode(), words.Say(l, "agenda.feed"))
	return &sdk.Content{Title: words.Say(l, "agenda.title"), Description: words.Say(l, "agenda.lead"), HTML: out.String(), MaxAge: 600}, nil
}

// facets writes links that narrow the list, and those that widen it again.
func facets(out *page, l string, query map[string]string, list []shown) {
	address := func(facet, value string) string {
		q := url.Values{}
		for _, f := range facetNames {
			if v := query[f]; v != "" {
				q.Set(f, v)
			}
		}
		q.Del(facet)
		if value != "" {
			q.Set(facet, value)
		}
		if len(q) == 0 {
			return "/" + l + "/training"
		}
		return "/" + l + "/training?" + q.Encode()
	}
	var body page
	chosen := false
	for _, f := range facetNames {
		counts, names := map[string]int{}, []choice{}
		for _, s := range list {
			if !s.fits(query, f) {
				continue
			}
			for _, v := range s.values[f] {
				if counts[v.value]++; counts[v.value] == 1 && v.label != "" {
					names = append(names, v)
				}
			}
		}
		if len(names) < 2 && query[f] == "" {
			continue
		}
		slices.SortFunc(names, func(a, b choice) int {
			if f == "month" {
				return strings.Compare(a.value, b.value)
			}
			return strings.Compare(a.label, b.label)
		})
		chosen = chosen || query[f] != ""
		body.add(`<dt>{}</dt><dd><ul class="tags">`, words.Say(l, "facet."+f))
		for _, n := range names {
			if query[f] == n.value {
				body.add(`<li><a href="{}"><strong>{}</strong></a></li>`, address(f, ""), words.Say(l, "facet.remove", n.label))
				continue
			}
			body.add(`<li><a href="{}">{} ({})</a></li>`, address(f, n.value), n.label, strconv.Itoa(counts[n.value]))
		}
		body.add(`</ul></dd>`)
	}
	if body.Len() > 0 {
		open := ""
		if chosen {
			open = " open"
		}
		out.add(`<details`+open+`><summary>{}</summary><dl class="facts">`, words.Say(l, "filters"))
		out.WriteString(body.String())
		out.add(`</dl></details>`)
	}
}

// lines writes a list of sessions.
func lines(out *page, l string, list []shown) {
	out.add(`<ul>`)
	for _, s := range list {
		out.add(`<li><p><strong><a href="/{}/training/sessions/{}" dir="auto">{}</a></strong><br>{}</p></li>`, l, url.PathEscape(s.Code), s.title,
			words.Joined(words.Span(l, s.Starts, s.Ends), s.place, s.room))
	}
	out.add(`</ul>`)
}

// sessionsOf stands on the page of a training.
func (site *Site) sessionsOf(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, out := item.Locale, &page{}
	all, err := record.Coming(ctx, item.Host, site.Work.Now(), l, url.Values{"filter[training][_eq]": {item.ID}})
	if err != nil {
		return nil, err
	}
	list, err := site.shownOf(ctx, item.Host, l, all[:min(len(all), 50)])
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		out.add(`<p>{}</p>`, words.Say(l, "sessions.none"))
	} else {
		lines(out, l, list)
	}
	out.add(`<p><a href="`+home+`/trainings/{}/sheet.pdf?locale={}">{}</a></p>`, item.ID, l, words.Say(l, "training.sheet"))
	t, err := record.Get[record.Training](ctx, item.Host, record.Trainings, item.ID, l)
	if err != nil {
		return nil, err
	}
	told, err := site.courseOf(ctx, item.Host, t, all[:min(len(all), 10)], l)
	return &sdk.Content{Title: words.Say(l, "agenda.next"), HTML: out.String(), Structured: told, MaxAge: 600}, err
}

// modulesOf stands on the page of a training: what its modules are about, and in
// which order they are taken.
func (site *Site) modulesOf(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, out := item.Locale, &page{}
	t, err := record.Get[record.Training](ctx, item.Host, record.Trainings, item.ID, l)
	if err != nil || len(t.Modules) == 0 {
		return nil, err
	}
	modules, err := record.PartsOf(ctx, item.Host, t, l)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	out.add(`<ol>`)
	for _, m := range modules {
		titles[m.ID] = m.Title
		after := ""
		for _, before := range m.Prerequisites {
			after = words.Joined(after, titles[before])
		}
		if after != "" {
			after = words.Say(l, "modules.after", after)
		}
		out.add(`<li><p><strong dir="auto">{}</strong><br><small>{}</small></p>`, m.Title, words.Joined(m.Length(l), after))
		out.paragraphs(m.Objectives)
		out.add(`</li>`)
	}
	out.add(`</ol>`)
	return &sdk.Content{Title: words.Say(l, "modules"), HTML: out.String()}, nil
}

// nextBlock stands on the home page.
func (site *Site) nextBlock(ctx context.Context, item *sdk.Item) (*sdk.Content, error) {
	l, out := item.Locale, &page{}
	all, err := record.Coming(ctx, item.Host, site.Work.Now(), l, nil)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	list, err := site.shownOf(ctx, item.Host, l, all[:min(len(all), 3)])
	if err != nil {
		return nil, err
	}
	lines(out, l, list)
	out.add(`<p><a href="/{}/training">{}</a></p>`, l, words.Say(l, "agenda.all"))
	return &sdk.Content{Title: words.Say(l, "agenda.home"), HTML: out.String(), MaxAge: 600}, nil
}
