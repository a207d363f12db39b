// Package words holds what the module of trainings says on pages and screens, in
// French, Arabic and English, and how it writes days; letters have their texts
// in the manifest.
package words

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed words.json
var file []byte

// locales are the languages of the texts, in their order.
var locales = [3]string{"fr", "ar", "en"}

// load reads the texts once; that they are whole is what the tests see to.
var load = sync.OnceValue(func() map[string][3]string {
	var out map[string][3]string
	if err := json.Unmarshal(file, &out); err != nil {
		panic(fmt.Sprintf("words.json: %v", err)) // it is embedded: a test would have said so
	}
	return out
})

// Find gives a text, or "" when there is none.
func Find(locale, key string) string {
	texts := load()[key]
	for i, l := range locales {
		if l == locale {
			return texts[i]
		}
	}
	return texts[0]
}

// Say gives a text with its places filled in; an unknown one shows as its key,
// which a test forbids.
func Say(locale, key string, args ...any) string {
	text := Find(locale, key)
	if text == "" {
		return key
	}
	if len(args) > 0 {
		return fmt.Sprintf(text, args...)
	}
	return text
}

// Texts says something in all languages.
func Texts(key string, args ...any) map[string]string {
	out := map[string]string{}
	for _, l := range locales {
		out[l] = Say(l, key, args...)
	}
	return out
}

// Or stands for what is empty.
func Or(text string) string {
	if text == "" {
		return "—"
	}
	return text
}

// Joined puts what is not empty in one line.
func Joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " · ")
}

// Month writes a month of a year.
func Month(locale string, t time.Time) string {
	return monthName(locale, t.Month()) + " " + strconv.Itoa(t.Year())
}

func monthName(locale string, m time.Month) string {
	return Say(locale, fmt.Sprintf("month.%02d", m))
}

// Day writes a day as people do.
func Day(locale, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return fmt.Sprintf("%s %s %d", dayOf(locale, t), monthName(locale, t.Month()), t.Year())
}

func dayOf(locale string, t time.Time) string {
	if locale == "fr" && t.Day() == 1 {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

// Span writes the days of a session.
func Span(locale, starts, ends string) string {
	if starts == "" {
		return Say(locale, "later")
	}
	if ends == "" || ends == starts {
		return Day(locale, starts)
	}
	from, err := time.Parse(time.DateOnly, starts)
	to, err2 := time.Parse(time.DateOnly, ends)
	if err == nil && err2 == nil && from.Year() == to.Year() {
		if from.Month() == to.Month() {
			return Say(locale, "span", dayOf(locale, from), Day(locale, ends))
		}
		return Say(locale, "span", dayOf(locale, from)+" "+monthName(locale, from.Month()), Day(locale, ends))
	}
	return Say(locale, "span", Day(locale, starts), Day(locale, ends))
}

// Moment writes a time of day in a zone.
func Moment(locale string, t time.Time) string {
	return Day(locale, t.Format(time.DateOnly)) + " " + t.Format("15:04")
}
