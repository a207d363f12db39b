package training

import (
	_ "embed" // the texts
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

//go:embed words.json
var wordsFile []byte

// words are what the module says on pages, in French, Arabic and English;
// letters have theirs in the manifest.
var words = sync.OnceValue(func() map[string]said {
	var lists map[string][3]string
	if err := json.Unmarshal(wordsFile, &lists); err != nil {
		panic(fmt.Sprintf("words.json: %v", err)) // it is embedded: a test would have said so
	}
	out := make(map[string]said, len(lists))
	for key, texts := range lists {
		out[key] = said{texts[0], texts[1], texts[2]}
	}
	return out
})

// said is a text in the three languages.
type said struct{ fr, ar, en string }

func (s said) in(locale string) string {
	switch locale {
	case "ar":
		return s.ar
	case "en":
		return s.en
	}
	return s.fr
}

func (s said) texts() sdk.Texts { return sdk.Texts{"fr": s.fr, "ar": s.ar, "en": s.en} }

// with fills the text in, in all languages.
func (s said) with(args ...any) said {
	return said{fmt.Sprintf(s.fr, args...), fmt.Sprintf(s.ar, args...), fmt.Sprintf(s.en, args...)}
}

// say gives a text of the module; an unknown one shows as its key, which a test
// forbids.
func say(locale, key string, args ...any) string {
	s, ok := words()[key]
	if !ok {
		return key
	}
	text := s.in(locale)
	if len(args) > 0 {
		return fmt.Sprintf(text, args...)
	}
	return text
}

func monthName(locale string, m time.Month) string {
	return say(locale, fmt.Sprintf("month.%02d", m))
}

// dated writes a day as people do.
func dated(locale, day string) string {
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

// span writes the days of a session.
func span(locale, starts, ends string) string {
	if starts == "" {
		return say(locale, "later")
	}
	if ends == "" || ends == starts {
		return dated(locale, starts)
	}
	from, err := time.Parse(time.DateOnly, starts)
	to, err2 := time.Parse(time.DateOnly, ends)
	if err == nil && err2 == nil && from.Year() == to.Year() {
		if from.Month() == to.Month() {
			return say(locale, "span", dayOf(locale, from), dated(locale, ends))
		}
		return say(locale, "span", dayOf(locale, from)+" "+monthName(locale, from.Month()), dated(locale, ends))
	}
	return say(locale, "span", dated(locale, starts), dated(locale, ends))
}

// moment writes a time of day in a zone.
func moment(locale string, t time.Time) string {
	return dated(locale, t.Format(time.DateOnly)) + " " + t.Format("15:04")
}

// joined puts what is not empty in one line.
func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " · ")
}
