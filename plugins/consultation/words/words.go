// Package words holds what the consultation module says to people, in French,
// Arabic and English.
package words

import (
	"embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed *.json
var files embed.FS

// Locales are the languages of the texts, French first.
var Locales = [3]string{"fr", "ar", "en"}

// load reads the texts once; that they are whole is what the tests see to.
var load = sync.OnceValue(func() map[string][3]string {
	out := map[string][3]string{}
	for _, name := range []string{"pages.json", "desk.json"} {
		raw, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it is embedded
		}
		var part map[string][3]string
		if err := json.Unmarshal(raw, &part); err != nil {
			panic(fmt.Sprintf("%s: %v", name, err)) // a test would have said so
		}
		for key, texts := range part {
			out[key] = texts
		}
	}
	return out
})

// Find gives a text, or "" when there is none.
func Find(locale, key string) string {
	texts, ok := load()[key]
	if !ok {
		return ""
	}
	for i, l := range Locales {
		if l == locale {
			return texts[i]
		}
	}
	return texts[0]
}

// Say gives a text with its places filled in, or its key when there is none, so
// that the mistake is seen.
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

// Keys lists all of them.
func Keys() []string {
	var out []string
	for key := range load() {
		out = append(out, key)
	}
	return out
}
