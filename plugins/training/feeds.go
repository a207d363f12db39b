package training

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/calendar"
)

// localeOf is the language that a request asks for.
func localeOf(r *http.Request) string {
	if l := r.URL.Query().Get("locale"); l == "ar" || l == "en" {
		return l
	}
	return "fr"
}

// broken answers a request that cannot be answered.
func (p *program) broken(w http.ResponseWriter, what string, err error) {
	if sdk.IsNotFound(err) {
		refuse(w, http.StatusNotFound, "training_missing", "There is no such thing.")
		return
	}
	if sdk.IsForbidden(err) {
		refuse(w, http.StatusForbidden, "training_forbidden", "The right is missing.")
		return
	}
	p.note(what, err)
	refuse(w, http.StatusServiceUnavailable, "training_busy", say("en", "fault.busy"))
}

// feed is the calendar of all sessions, or of a theme, a wilaya, or one training.
func (p *program) feed(w http.ResponseWriter, r *http.Request) {
	ctx, h, l, query := r.Context(), sdk.From(r).Host, localeOf(r), r.URL.Query()
	// Calendars keep what is over, and show what does not happen struck out.
	all, err := find[session](ctx, h, sessions, url.Values{"locale": {l}, "sort": {"starts"}, "filter[stage][_nin]": {"draft,archived"},
		"filter[ends][_gte]": {p.now().AddDate(-1, 0, 0).UTC().Format(time.DateOnly)}})
	if err != nil {
		p.broken(w, "a calendar", err)
		return
	}
	list, err := p.shownOf(ctx, h, l, all[:min(len(all), 500)])
	if err != nil {
		p.broken(w, "a calendar", err)
		return
	}
	c := calendar.Calendar{Method: calendar.Publish, Name: say(l, "agenda.title")}
	wanted := map[string]string{"theme": query.Get("theme"), "wilaya": query.Get("wilaya")}
	for _, s := range list {
		if t := query.Get("training"); !s.fits(wanted, "") || t != "" && t != s.Training {
			continue
		}
		events, err := p.calendarOf(ctx, &s.session, l)
		if err != nil {
			p.broken(w, "a calendar", err)
			return
		}
		c.Events = append(c.Events, events...)
	}
	sendCalendar(w, "formations.ics", c)
}

// sessionFeed is the calendar of one session.
func (p *program) sessionFeed(w http.ResponseWriter, r *http.Request) {
	l := localeOf(r)
	s, err := get[session](r.Context(), sdk.From(r).Host, sessions, r.PathValue("id"), l)
	if err != nil {
		p.broken(w, "a calendar", err)
		return
	}
	events, err := p.calendarOf(r.Context(), s, l)
	if err != nil {
		p.broken(w, "a calendar", err)
		return
	}
	sendCalendar(w, s.Code+".ics", calendar.Calendar{Method: calendar.Publish, Name: say(l, "agenda.title"), Events: events})
}

func sendFile(w http.ResponseWriter, kind, name string, body []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	_, _ = w.Write(body) // the caller may have gone
}

func sendCalendar(w http.ResponseWriter, name string, c calendar.Calendar) {
	w.Header().Set("Cache-Control", "public, max-age=900")
	sendFile(w, "text/calendar; charset=utf-8", name, c.Write())
}

// course is a training with its sessions as schema.org describes them.
func (p *program) course(w http.ResponseWriter, r *http.Request) {
	ctx, h, l := r.Context(), sdk.From(r).Host, localeOf(r)
	t, err := get[training](ctx, h, trainings, r.PathValue("id"), l)
	if err != nil {
		p.broken(w, "a course", err)
		return
	}
	all, err := p.coming(ctx, h, l, url.Values{"filter[training][_eq]": {t.ID}})
	if err != nil {
		p.broken(w, "a course", err)
		return
	}
	doc, err := p.courseOf(ctx, h, t, all, l)
	if err != nil {
		p.broken(w, "a course", err)
		return
	}
	w.Header().Set("Content-Type", "application/ld+json")
	_ = json.NewEncoder(w).Encode(doc) // the caller may have gone
}

// courseOf is a training with some of its sessions as schema.org describes them.
func (p *program) courseOf(ctx context.Context, h *sdk.Host, t *training, all []session, l string) (map[string]any, error) {
	c := p.setup.Load()
	doc := map[string]any{"@context": "https://schema.org", "@type": "Course", "@id": c.url + "/" + l + "/formations/" + t.Slug,
		"url": c.url + "/" + l + "/formations/" + t.Slug, "name": t.Title, "description": t.Summary, "inLanguage": t.Languages, "courseCode": t.Ref,
		"coursePrerequisites": t.Prerequisites, "educationalCredentialAwarded": t.Results, "educationalLevel": t.Level}
	var teaches []string
	for _, o := range t.Objectives {
		teaches = append(teaches, o.Text)
	}
	doc["teaches"] = teaches
	if t.Audience != "" {
		doc["audience"] = map[string]any{"@type": "Audience", "audienceType": t.Audience}
	}
	if t.Provider != "" {
		for _, collection := range []string{"associations", "authorities"} {
			if n, err := get[named](ctx, h, collection, t.Provider, l); err == nil {
				doc["provider"] = map[string]any{"@type": "Organization", "name": n.Name}
			}
		}
	}
	var instances []any
	for i := range all {
		one, err := p.instance(ctx, h, &all[i], t, l)
		if err != nil {
			return nil, err
		}
		instances = append(instances, one)
	}
	doc["hasCourseInstance"] = instances
	return doc, nil
}

// instance is a session as schema.org describes it.
func (p *program) instance(ctx context.Context, h *sdk.Host, s *session, t *training, l string) (map[string]any, error) {
	c := p.setup.Load()
	modes := map[string]string{"onsite": "OfflineEventAttendanceMode", "online": "OnlineEventAttendanceMode", "blended": "MixedEventAttendanceMode"}
	states := map[string]string{"cancelled": "EventCancelled", "postponed": "EventPostponed"}
	state := states[s.Status]
	if state == "" {
		state = "EventScheduled"
	}
	out := map[string]any{"@type": "CourseInstance", "name": t.Title, "inLanguage": t.Languages, "url": c.url + "/" + l + "/training/sessions/" + s.Code, "courseMode": s.Mode,
		"startDate": s.Starts, "endDate": s.Ends, "eventStatus": "https://schema.org/" + state, "eventAttendanceMode": "https://schema.org/" + modes[s.Mode]}
	if t.Hours != nil {
		out["courseWorkload"] = "PT" + strconv.FormatFloat(*t.Hours, 'f', -1, 64) + "H"
	}
	if s.Capacity > 0 {
		r, err := p.seen(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		out["maximumAttendeeCapacity"], out["remainingAttendeeCapacity"] = s.Capacity, max(0, s.Capacity-r.Board.Taken())
	}
	if s.Venue != "" {
		if v, err := get[venue](ctx, h, venues, s.Venue, l); err == nil {
			out["location"] = map[string]any{"@type": "Place", "name": v.Name, "address": joined(v.Address, v.Commune)}
		}
	}
	var people []any
	for _, one := range p.trainersOf(ctx, h, s, t, l) {
		people = append(people, map[string]any{"@type": "Person", "name": one.Name})
	}
	if people != nil {
		out["instructor"] = people
	}
	if t.Price != nil {
		out["offers"] = map[string]any{"@type": "Offer", "price": *t.Price, "priceCurrency": t.Currency}
	}
	return out, nil
}

// cell keeps a spreadsheet from taking somebody's words for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func table(rows [][]string) []byte {
	var b strings.Builder
	b.WriteString("\ufeff") // so that spreadsheets read Arabic and accents
	w := csv.NewWriter(&b)
	for _, r := range rows {
		for i := range r {
			r[i] = cell(r[i])
		}
		_ = w.Write(r) // memory takes all
	}
	w.Flush()
	return []byte(b.String())
}

// sessionsCSV lists the sessions to come; it has nothing personal.
func (p *program) sessionsCSV(w http.ResponseWriter, r *http.Request) {
	ctx, h, l := r.Context(), sdk.From(r).Host, localeOf(r)
	all, err := p.coming(ctx, h, l, nil)
	if err != nil {
		p.broken(w, "a table", err)
		return
	}
	list, err := p.shownOf(ctx, h, l, all)
	if err != nil {
		p.broken(w, "a table", err)
		return
	}
	rows := [][]string{{"code", "title", "starts", "ends", "place", "mode", "stage", "seats"}}
	for _, s := range list {
		rows = append(rows, []string{s.Code, s.title, s.Starts, s.Ends, s.place, s.Mode, s.Status, s.room})
	}
	sendFile(w, "text/csv; charset=utf-8", "sessions.csv", table(rows))
}

// registrationsCSV lists who registered, for whoever may see them.
func (p *program) registrationsCSV(w http.ResponseWriter, r *http.Request) {
	ctx, h, id := r.Context(), sdk.From(r).Host, r.PathValue("id")
	regs, err := find[registration](ctx, h, registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {id}})
	if err != nil {
		p.broken(w, "a table", err)
		return
	}
	roster, err := p.seen(ctx, id)
	if err != nil {
		p.broken(w, "a table", err)
		return
	}
	rows := [][]string{{"rank", "state", "name", "email", "phone", "function", "organisation", "half_days", "certificate"}}
	slices.SortFunc(regs, func(a, b registration) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range regs {
		row := []string{"", g.State, g.Name, g.Email, g.Phone, g.Function, g.Organisation, "", ""}
		if line := roster.Board.Find(g.ID); line != nil {
			row[0], row[7], row[8] = strconv.Itoa(line.Rank), strconv.Itoa(len(line.Marks)), line.Certificate
		}
		rows = append(rows, row)
	}
	sendFile(w, "text/csv; charset=utf-8", "registrations.csv", table(rows))
}
