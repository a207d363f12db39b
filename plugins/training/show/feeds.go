package show

import (
	"context"
	"encoding/csv"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training/calendar"
	"github.com/recueil-cms/recueil/plugins/training/record"
	"github.com/recueil-cms/recueil/plugins/training/words"
)

// Feed is the calendar of all sessions, or of a theme, a wilaya, or one training.
func (site *Site) Feed(ctx context.Context, h *sdk.Host, query url.Values, l string) (*File, error) {
	// Calendars keep what is over, and show what does not happen struck out.
	all, err := record.Find[record.Session](ctx, h, record.Sessions, url.Values{"locale": {l}, "sort": {"starts"}, "filter[stage][_nin]": {"draft,archived"},
		"filter[ends][_gte]": {site.Work.Now().AddDate(-1, 0, 0).UTC().Format(time.DateOnly)}})
	if err != nil {
		return nil, err
	}
	list, err := site.shownOf(ctx, h, l, all[:min(len(all), 500)])
	if err != nil {
		return nil, err
	}
	c := calendar.Calendar{Method: calendar.Publish, Name: words.Say(l, "agenda.title")}
	wanted := map[string]string{"theme": query.Get("theme"), "wilaya": query.Get("wilaya")}
	for _, s := range list {
		if t := query.Get("training"); !s.fits(wanted, "") || t != "" && t != s.Training {
			continue
		}
		events, err := site.Work.Events(ctx, &s.Session, l)
		if err != nil {
			return nil, err
		}
		c.Events = append(c.Events, events...)
	}
	return ics("formations.ics", c), nil
}

// SessionFeed is the calendar of one session.
func (site *Site) SessionFeed(ctx context.Context, h *sdk.Host, id, l string) (*File, error) {
	s, err := record.Get[record.Session](ctx, h, record.Sessions, id, l)
	if err != nil {
		return nil, err
	}
	events, err := site.Work.Events(ctx, s, l)
	if err != nil {
		return nil, err
	}
	return ics(s.Code+".ics", calendar.Calendar{Method: calendar.Publish, Name: words.Say(l, "agenda.title"), Events: events}), nil
}

func ics(name string, c calendar.Calendar) *File {
	return &File{Kind: "text/calendar; charset=utf-8", Name: name, Body: c.Write(), Public: 900}
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

// Sessions lists the sessions to come as a table; it has nothing personal.
func (site *Site) Sessions(ctx context.Context, h *sdk.Host, l string) (*File, error) {
	all, err := record.Coming(ctx, h, site.Work.Now(), l, nil)
	if err != nil {
		return nil, err
	}
	list, err := site.shownOf(ctx, h, l, all)
	if err != nil {
		return nil, err
	}
	rows := [][]string{{"code", "title", "starts", "ends", "place", "mode", "stage", "seats"}}
	for _, s := range list {
		rows = append(rows, []string{s.Code, s.title, s.Starts, s.Ends, s.place, s.Mode, s.Status, s.room})
	}
	return &File{Kind: "text/csv; charset=utf-8", Name: "sessions.csv", Body: table(rows)}, nil
}

// Registrations lists who registered as a table, for whoever may see them.
func (site *Site) Registrations(ctx context.Context, h *sdk.Host, id string) (*File, error) {
	regs, err := record.Find[record.Registration](ctx, h, record.Registrations, url.Values{"version": {"draft"}, "filter[session][_eq]": {id}})
	if err != nil {
		return nil, err
	}
	roster, err := site.Work.Seen(ctx, id)
	if err != nil {
		return nil, err
	}
	rows := [][]string{{"rank", "state", "name", "email", "phone", "function", "organisation", "half_days", "certificate"}}
	slices.SortFunc(regs, func(a, b record.Registration) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range regs {
		row := []string{"", g.State, g.Name, g.Email, g.Phone, g.Function, g.Organisation, "", ""}
		if line := roster.Board.Find(g.ID); line != nil {
			row[0], row[7], row[8] = strconv.Itoa(line.Rank), strconv.Itoa(len(line.Marks)), line.Certificate
		}
		rows = append(rows, row)
	}
	return &File{Kind: "text/csv; charset=utf-8", Name: "registrations.csv", Body: table(rows)}, nil
}
