// Package feeds writes what is new in a list for programs that follow it: Atom,
// JSON Feed and iCalendar.
package feeds

import (
	"bytes"
	"encoding/xml"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/folded"
)

// Head is what a feed says of itself.
type Head struct {
	Title, Subtitle, Author, Locale string
	// Base begins all addresses; Page and Self are what follows, of the page
	// that shows the same and of the feed.
	Base, Page, Self string
}

type atomFeed struct {
	XMLName xml.Name    `xml:"feed"`
	Space   string      `xml:"xmlns,attr"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Sub     string      `xml:"subtitle,omitempty"`
	Updated string      `xml:"updated"`
	Author  atomAuthor  `xml:"author"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Lang string `xml:"hreflang,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Lang      string         `xml:"xml:lang,attr,omitempty"`
	ID        string         `xml:"id"`
	Title     string         `xml:"title"`
	Updated   string         `xml:"updated"`
	Published string         `xml:"published,omitempty"`
	Links     []atomLink     `xml:"link"`
	Summary   string         `xml:"summary,omitempty"`
	Topics    []atomCategory `xml:"category"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// Atom writes a feed of RFC 4287.
func Atom(h Head, entries []*entry.Entry) ([]byte, error) {
	f := atomFeed{Space: "http://www.w3.org/2005/Atom", Lang: h.Locale, ID: h.Base + h.Page, Title: h.Title, Sub: h.Subtitle,
		Author: atomAuthor{h.Author}, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: h.Base + h.Self}, {Rel: "alternate", Type: "text/html", Href: h.Base + h.Page}}}
	for _, e := range entries {
		f.add(h.Base, e)
	}
	return XML(f)
}

func (f *atomFeed) add(base string, e *entry.Entry) {
	at := entry.Stamp(e.Published, time.RFC3339)
	f.Updated = max(f.Updated, at)
	one := atomEntry{Lang: e.Locale, ID: "urn:ulid:" + string(e.ID), Title: e.Title, Updated: at, Published: at, Summary: e.Summary(),
		Links: []atomLink{{Rel: "alternate", Type: "text/html", Lang: e.Locale, Href: base + e.URL}}}
	for _, t := range e.LinkTitles("themes") {
		one.Topics = append(one.Topics, atomCategory{t})
	}
	f.Entries = append(f.Entries, one)
}

// XML writes a document.
func XML(doc any) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(xml.Header)
	if err := xml.NewEncoder(&out).Encode(doc); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// JSON writes a JSON Feed 1.1.
func JSON(h Head, entries []*entry.Entry) []byte {
	items := []map[string]any{}
	for _, e := range entries {
		item := entry.Filled("id", "urn:ulid:"+string(e.ID), "url", h.Base+e.URL, "title", e.Title, "content_text", e.Summary(),
			"date_published", entry.Stamp(e.Published, time.RFC3339), "language", e.Locale)
		if tags := e.LinkTitles("themes"); len(tags) > 0 {
			item["tags"] = tags
		}
		if item["content_text"] == nil {
			item["content_text"] = e.Title
		}
		items = append(items, item)
	}
	out := entry.Filled("version", "https://jsonfeed.org/version/1.1", "title", h.Title, "home_page_url", h.Base+h.Page,
		"feed_url", h.Base+h.Self, "language", h.Locale, "description", h.Subtitle)
	out["items"] = items
	return []byte(entry.JSON(out))
}

// Calendar writes the periods that a field holds as iCalendar (RFC 5545).
func Calendar(h Head, entries []*entry.Entry, field string) []byte {
	var b strings.Builder
	for _, line := range []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Recueil//Site//" + strings.ToUpper(h.Locale), "METHOD:PUBLISH",
		"X-WR-CALNAME:" + folded.Escape(h.Title)} {
		folded.Line(&b, line)
	}
	for _, e := range entries {
		event(&b, h, e, field)
	}
	folded.Line(&b, "END:VCALENDAR")
	return []byte(b.String())
}

func event(b *strings.Builder, h Head, e *entry.Entry, field string) {
	m, _ := e.Raw(field).(map[string]any)
	start, _ := m["start"].(string)
	end, _ := m["end"].(string)
	from, last := firstDay(start), lastDay(end)
	if from.IsZero() {
		return // without a beginning there is no event
	}
	if last.IsZero() {
		last = lastDay(start)
	}
	for _, line := range []string{"BEGIN:VEVENT", "UID:" + string(e.ID) + "@" + strings.TrimPrefix(strings.TrimPrefix(h.Base, "https://"), "http://"),
		"DTSTAMP:" + entry.Stamp(e.Published, "20060102T150405Z"), "DTSTART;VALUE=DATE:" + from.Format("20060102"),
		"DTEND;VALUE=DATE:" + last.AddDate(0, 0, 1).Format("20060102"), "SUMMARY;LANGUAGE=" + e.Locale + ":" + folded.Escape(e.Title),
		"DESCRIPTION:" + folded.Escape(e.Summary()), "URL:" + h.Base + e.URL, "END:VEVENT"} {
		folded.Line(b, line)
	}
}

// firstDay and lastDay give the bounds of a day, a month or a year.
func firstDay(iso string) time.Time { at, _ := span(iso); return at }
func lastDay(iso string) time.Time  { _, at := span(iso); return at }

func span(iso string) (first, last time.Time) {
	iso = wording.Day(iso)
	for _, try := range []struct {
		layout              string
		years, months, days int
	}{{time.DateOnly, 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if at, err := time.Parse(try.layout, iso); err == nil {
			return at, at.AddDate(try.years, try.months, try.days).AddDate(0, 0, -1)
		}
	}
	return first, last
}
