package texts

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T) *Catalogue {
	t.Helper()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A plural form apart, every locale has the same keys.
func TestLocalesHaveTheSameKeys(t *testing.T) {
	c := load(t)
	all := map[string]bool{}
	for _, l := range Locales {
		for key := range c.texts[l] {
			all[bare(key)] = true
		}
	}
	if len(all) == 0 {
		t.Fatal("no texts")
	}
	for key := range all {
		for _, l := range Locales {
			if !c.Has(l, key) {
				t.Errorf("%s: no text for %q", l, key)
			}
		}
	}
}

func bare(key string) string {
	key, _, _ = strings.Cut(key, "#")
	return key
}

var place = regexp.MustCompile(`\{[a-z_]+\}`)

// All locales fill the same places, so that none keeps something from its
// readers. The forms of a plural count together.
func TestLocalesHaveTheSamePlaces(t *testing.T) {
	c := load(t)
	places := map[string]map[string][]string{}
	for _, l := range Locales {
		for key, text := range c.texts[l] {
			key = bare(key)
			if places[key] == nil {
				places[key] = map[string][]string{}
			}
			places[key][l] = append(places[key][l], place.FindAllString(text, -1)...)
		}
	}
	for key, byLocale := range places {
		want := unique(byLocale[Locales[0]])
		for _, l := range Locales[1:] {
			if got := unique(byLocale[l]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the places %v, %s has %v", key, l, got, Locales[0], want)
			}
		}
	}
}

func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}

// A text with plural forms has every form that its locale's rules can pick.
func TestPluralFormsAreComplete(t *testing.T) {
	c := load(t)
	for _, l := range Locales {
		needed := map[string]bool{"other": true}
		for n := range 1000 {
			needed[form(l, n)] = true
		}
		needed[form(l, 1_000_000)] = true
		forms := map[string][]string{}
		for key := range c.texts[l] {
			if name, f, plural := strings.Cut(key, "#"); plural {
				forms[name] = append(forms[name], f)
				if !slices.Contains([]string{"zero", "one", "two", "few", "many", "other"}, f) {
					t.Errorf("%s: %q is no plural form", l, key)
				}
			}
		}
		for name, have := range forms {
			if _, both := c.texts[l][name]; both {
				t.Errorf("%s: %q is both a text and a plural", l, name)
			}
			for f := range needed {
				if !slices.Contains(have, f) {
					t.Errorf("%s: %q lacks the form %q", l, name, f)
				}
			}
		}
	}
}

func TestTextsAreWritten(t *testing.T) {
	c := load(t)
	for _, l := range Locales {
		for key, text := range c.texts[l] {
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %q is empty or has space around it", l, key)
			}
		}
	}
}

type word map[string]string

func (w word) In(locale string) string { return w[locale] }

func TestTextFillsPlaces(t *testing.T) {
	c := &Catalogue{texts: map[string]map[string]string{
		"fr": {"only": "seul", "n#one": "{n} champ", "n#other": "{n} champs", "f": "{field} : {limit} ; {list}"},
		"ar": {"n#zero": "لا", "n#one": "واحد", "n#two": "اثنان", "n#few": "{n} قليل", "n#many": "{n} كثير", "n#other": "{n} آخر", "f": "{field}: {limit}"},
		"en": {"n#one": "{n} field", "n#other": "{n} fields"},
	}}
	for _, try := range []struct {
		locale, key string
		args        map[string]any
		want        string
	}{
		{"en", "only", nil, "seul"},
		{"fr-DZ", "only", nil, "seul"},
		{"en", "none", nil, "none"},
		{"fr", "n", map[string]any{"n": 0}, "0 champ"},
		{"en", "n", map[string]any{"n": 0}, "0 fields"},
		{"en", "n", map[string]any{"n": int64(1)}, "1 field"},
		{"ar", "n", map[string]any{"n": 2}, "اثنان"},
		{"ar", "n", map[string]any{"n": 3}, "3 قليل"},
		{"ar", "n", map[string]any{"n": 11}, "11 كثير"},
		{"ar", "n", map[string]any{"n": 100}, "100 آخر"},
		{"fr", "f", map[string]any{"field": word{"fr": "Nom", "ar": "الاسم"}, "limit": 1.5, "list": []string{"a", "b"}}, "Nom : 1.5 ; a, b"},
		{"ar", "f", map[string]any{"field": word{"fr": "Nom", "ar": "الاسم"}, "limit": 1e6}, "الاسم: 1000000"},
		// What fills a place is not read for places again.
		{"ar", "f", map[string]any{"field": "{limit}", "limit": 3}, "{limit}: 3"},
	} {
		if got := c.Text(try.locale, try.key, try.args); got != try.want {
			t.Errorf("%s %s %v: %q, want %q", try.locale, try.key, try.args, got, try.want)
		}
	}
}

func TestNegotiate(t *testing.T) {
	offered := []string{"fr", "ar", "en"}
	for _, try := range []struct{ accept, want string }{
		{"", "fr"},
		{"ar-DZ,ar;q=0.9,fr;q=0.8", "ar"},
		{"en-GB,en;q=0.5", "en"},
		{"de, en;q=0.3, fr;q=0.7", "fr"},
		{"de", "fr"},
		{"*", "fr"},
		{"en;q=0, ar", "ar"},
		{"AR", "ar"},
		{";;;q=nonsense", "fr"},
		{strings.Repeat("de,", 100_000) + "ar", "fr"},
	} {
		if got := Negotiate(try.accept, offered); got != try.want {
			t.Errorf("%.60q: %s, want %s", try.accept, got, try.want)
		}
	}
	if got := Negotiate("en", nil); got != "fr" {
		t.Errorf("nothing offered: %s", got)
	}
	if got := Negotiate("en-US", []string{"en-gb", "fr"}); got != "en-gb" {
		t.Errorf("regional: %s", got)
	}
}
