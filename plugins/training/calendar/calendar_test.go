package calendar

import (
	"strings"
	"testing"
	"time"
)

func event(t *testing.T, zone string) Event {
	t.Helper()
	z, err := Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	return Event{UID: "s1-1@site.example", Sequence: 3, Changed: time.Date(2027, 4, 1, 8, 0, 0, 0, time.UTC),
		From: time.Date(2027, 5, 12, 9, 0, 0, 0, z), To: time.Date(2027, 5, 12, 12, 30, 0, 0, z),
		Title: "Gestion du cycle de projet; module 1, Béjaïa", Text: "Première ligne\nBEGIN:VEVENT\r\nDeuxième", Place: "قاعة المحاضرات، بجاية",
		URL: "https://site.example/fr/training/session/gcp", Organiser: "pact@example.org", Attendee: "nadia@example.org"}
}

func TestFeed(t *testing.T) {
	got := string(Calendar{Method: Publish, Name: "Formations", Events: []Event{event(t, ""), event(t, "paris")}}.Write())
	for _, want := range []string{"METHOD:PUBLISH\r\n", "NAME:Formations\r\n", "REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n", "UID:s1-1@site.example\r\n", "SEQUENCE:3\r\n",
		"DTSTART;TZID=Africa/Algiers:20270512T090000\r\n", "DTEND;TZID=Europe/Paris:20270512T123000\r\n", "TZID:Europe/Paris\r\n",
		"SUMMARY:Gestion du cycle de projet\\; module 1\\, Béjaïa\r\n", "DESCRIPTION:Première ligne\\nBEGIN:VEVENT\\nDeuxième\r\n", "STATUS:CONFIRMED"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Count(got, "BEGIN:VTIMEZONE") != 2 || strings.Count(got, "\r\nBEGIN:VEVENT") != 2 || strings.Contains(got, "ATTENDEE") {
		t.Errorf("%s", got)
	}
	for _, line := range strings.Split(strings.TrimSuffix(got, "\r\n"), "\r\n") {
		if len(line) > maxLine || strings.ContainsAny(line, "\r\n") {
			t.Errorf("the line %q has %d bytes", line, len(line))
		}
	}
}

func TestLetters(t *testing.T) {
	e := event(t, "")
	got := string(Calendar{Method: Request, Events: []Event{e}}.Write())
	if !strings.Contains(got, "ORGANIZER:mailto:pact@example.org\r\n") || !strings.Contains(strings.ReplaceAll(got, "\r\n ", ""), "mailto:nadia@example.org") {
		t.Errorf("%s", got)
	}
	if got = string(Calendar{Method: Cancel, Events: []Event{e}}.Write()); !strings.Contains(got, "STATUS:CANCELLED") {
		t.Errorf("%s", got)
	}
}

// Lines of several bytes a character are folded between characters.
func TestFolding(t *testing.T) {
	e := event(t, "")
	e.Title = strings.Repeat("تكوين ", 60)
	got := string(Calendar{Method: Publish, Events: []Event{e}}.Write())
	if !strings.Contains(strings.ReplaceAll(got, "\r\n ", ""), "SUMMARY:"+e.Title+"\r\n") {
		t.Errorf("%s", got)
	}
	if _, err := Zone("Mars/Olympus"); err == nil {
		t.Error("a zone that is none")
	}
}
