package open

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/act"
	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// stamp is how iCalendar writes a moment in UTC.
const stamp = "20060102T150405Z"

// Calendar answers with meetings as iCalendar (RFC 5545): all.ics, or those of
// a group, or one. The UID of a meeting stays for ever and its SEQUENCE grows,
// so that a calendar moves what has moved.
func (d Desk) Calendar(w http.ResponseWriter, r *http.Request, h *sdk.Host) {
	id, ok := strings.CutSuffix(r.PathValue("file"), ".ics")
	if !ok {
		http.NotFound(w, r)
		return
	}
	b := record.Book{Host: h, Locale: "fr"}
	meetings, err := d.meetings(r.Context(), b, id)
	if err != nil {
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	if meetings == nil {
		http.NotFound(w, r)
		return
	}
	if meetings, err = act.Seen(r.Context(), b, meetings); err != nil {
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write([]byte(ICS(meetings))) // the caller may have gone
}

func (d Desk) meetings(ctx context.Context, b record.Book, id string) ([]record.Meeting, error) {
	if id == "all" {
		all, err := record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"sort": "-starts"}, 500)
		return append([]record.Meeting{}, all...), err
	}
	g, err := record.Get[record.Group](ctx, b, record.Groups, id)
	if err != nil {
		return nil, err
	}
	if g != nil {
		all, err := record.All[record.Meeting](ctx, b, record.Meetings, record.Q{"group": id, "sort": "-starts"}, 500)
		return append([]record.Meeting{}, all...), err
	}
	m, err := record.Get[record.Meeting](ctx, b, record.Meetings, id)
	if err != nil || m == nil {
		return nil, err
	}
	return []record.Meeting{*m}, nil
}

// ICS writes meetings as a calendar.
func ICS(meetings []record.Meeting) string {
	var b strings.Builder
	line := func(name, value string) { b.WriteString(fold(name + ":" + value)) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Recueil//consultation//FR")
	line("CALSCALE", "GREGORIAN")
	line("REFRESH-INTERVAL;VALUE=DURATION", "PT6H")
	for _, m := range meetings {
		starts, err := time.Parse(time.RFC3339, m.Starts)
		if err != nil || m.Visibility == "private" {
			continue
		}
		ends, err := time.Parse(time.RFC3339, m.Ends)
		if err != nil {
			ends = starts.Add(2 * time.Hour)
		}
		line("BEGIN", "VEVENT")
		line("UID", m.ID+"@recueil")
		line("SEQUENCE", fmt.Sprint(m.Sequence))
		line("DTSTAMP", m.UpdatedAt.UTC().Format(stamp))
		line("DTSTART", starts.UTC().Format(stamp))
		line("DTEND", ends.UTC().Format(stamp))
		line("SUMMARY", escape(m.Title))
		if m.Place != "" {
			line("LOCATION", escape(m.Place))
		}
		if m.Description != "" {
			line("DESCRIPTION", escape(m.Description))
		}
		status := "CONFIRMED"
		switch m.State {
		case "cancelled":
			status = "CANCELLED"
		case "planned", "postponed":
			status = "TENTATIVE"
		}
		line("STATUS", status)
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return b.String()
}

func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`).Replace(text)
}

// fold cuts a line after at most 75 bytes, between letters.
func fold(line string) string {
	var b strings.Builder
	n := 0
	for _, r := range line {
		size := len(string(r))
		if n+size > 75 {
			b.WriteString("\r\n ")
			n = 1
		}
		b.WriteRune(r)
		n += size
	}
	return b.String() + "\r\n"
}
