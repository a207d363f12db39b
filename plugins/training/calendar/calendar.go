// Package calendar writes iCalendar (RFC 5545, with NAME and REFRESH-INTERVAL
// of RFC 7986): feeds that people subscribe to, and the invitations and
// cancellations that go with letters (RFC 6047). The same events always give
// the same bytes.
package calendar

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// The methods of a calendar in a letter; a feed has Publish.
const (
	Publish = "PUBLISH"
	Request = "REQUEST"
	Cancel  = "CANCEL"
)

// Event is one half-day.
type Event struct {
	UID      string // for ever the same, whatever changes
	Sequence int    // one more with each change that people have to notice
	Changed  time.Time
	From, To time.Time // in the zone of the place
	Title    string
	Text     string
	Place    string
	URL      string
	// Cancelled keeps the event in calendars, struck out.
	Cancelled bool
	Tentative bool
	Organiser string // an address; required with Request and Cancel
	Attendee  string // an address: in a letter to one person
}

// Calendar is what is written.
type Calendar struct {
	Method string
	Name   string
	Events []Event
}

// zones are the time zones that this knows, as RFC 5545 writes them. Another
// one is written in UTC.
var zones = map[string]string{
	"Africa/Algiers": "BEGIN:VTIMEZONE\r\nTZID:Africa/Algiers\r\nBEGIN:STANDARD\r\nDTSTART:19810501T000000\r\nTZOFFSETFROM:+0100\r\n" +
		"TZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
	"Europe/Paris": "BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\nBEGIN:DAYLIGHT\r\nDTSTART:19960331T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" +
		"TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nTZNAME:CEST\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\n" +
		"RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nTZNAME:CET\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
}

// Zone gives a time zone that sessions may be in. The fixed one of Algiers (no
// daylight saving since 1981) needs no data of the system; Paris without data
// is an error.
func Zone(name string) (*time.Location, error) {
	switch name {
	case "", "algiers":
		return time.FixedZone("Africa/Algiers", 3600), nil
	case "paris":
		return time.LoadLocation("Europe/Paris")
	}
	return nil, fmt.Errorf("time zone %q is not one of sessions", name)
}

// Write gives the file.
func (c Calendar) Write() []byte {
	w := &writer{}
	w.line("BEGIN", "VCALENDAR")
	w.line("VERSION", "2.0")
	w.line("PRODID", "-//Recueil//training//FR")
	w.line("CALSCALE", "GREGORIAN")
	w.line("METHOD", c.Method)
	if c.Method == Publish {
		w.text("NAME", c.Name)
		w.text("X-WR-CALNAME", c.Name)
		w.line("REFRESH-INTERVAL;VALUE=DURATION", "PT6H")
		w.line("X-PUBLISHED-TTL", "PT6H")
	}
	seen := map[string]bool{}
	for _, e := range c.Events {
		name := e.From.Location().String()
		if def, ok := zones[name]; ok && !seen[name] {
			seen[name] = true
			w.b.WriteString(def)
		}
	}
	for i := range c.Events {
		c.event(w, &c.Events[i])
	}
	w.line("END", "VCALENDAR")
	return []byte(w.b.String())
}

func (c Calendar) event(w *writer, e *Event) {
	w.line("BEGIN", "VEVENT")
	w.line("UID", e.UID)
	w.line("SEQUENCE", fmt.Sprint(e.Sequence))
	w.line("DTSTAMP", utc(e.Changed))
	w.line("LAST-MODIFIED", utc(e.Changed))
	w.moment("DTSTART", e.From)
	w.moment("DTEND", e.To)
	w.text("SUMMARY", e.Title)
	w.text("DESCRIPTION", e.Text)
	w.text("LOCATION", e.Place)
	w.line("URL", e.URL)
	switch {
	case e.Cancelled || c.Method == Cancel:
		w.line("STATUS", "CANCELLED")
	case e.Tentative:
		w.line("STATUS", "TENTATIVE")
	default:
		w.line("STATUS", "CONFIRMED")
	}
	if c.Method != Publish {
		w.line("ORGANIZER", "mailto:"+e.Organiser)
		if e.Attendee != "" {
			w.line("ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=FALSE", "mailto:"+e.Attendee)
		}
	}
	w.line("END", "VEVENT")
}

const form = "20060102T150405"

func utc(t time.Time) string { return t.UTC().Format(form) + "Z" }

type writer struct{ b strings.Builder }

func (w *writer) moment(name string, t time.Time) {
	if zone := t.Location().String(); zones[zone] != "" {
		w.line(name+";TZID="+zone, t.Format(form))
		return
	}
	w.line(name, utc(t))
}

var escapes = strings.NewReplacer("\\", "\\\\", ";", "\\;", ",", "\\,", "\r\n", "\\n", "\n", "\\n", "\r", "\\n")

// text writes a property whose value is for people; nothing for an empty one.
func (w *writer) text(name, value string) { w.line(name, escapes.Replace(value)) }

// maxLine is how many bytes a line has; more are folded, between characters.
const maxLine = 75

func (w *writer) line(name, value string) {
	if value == "" {
		return
	}
	rest, room := name+":"+strings.Map(printable, value), maxLine
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		w.b.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], maxLine-1
	}
	w.b.WriteString(rest + "\r\n")
}

// printable drops what would end a line.
func printable(r rune) rune {
	if r < ' ' && r != '\t' || r == 0x7f {
		return -1
	}
	return r
}
