// Package texts holds what the program says to people, in three languages, and
// looks it up. A catalogue is a JSON file of key and text per part and locale,
// catalogue/<part>.<locale>.json; a text has places such as {limit}, and may
// come in the CLDR plural forms as key#one, key#few …, chosen by {n}.
package texts

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed catalogue/*.json
var files embed.FS

// Locales are the languages in which the program itself speaks, first choice
// first. A site may have others.
var Locales = [...]string{"fr", "ar", "en"}

// Catalogue finds texts. It is immutable.
type Catalogue struct {
	texts map[string]map[string]string // locale -> key -> text
}

// Load reads the embedded catalogues. A key that two parts define is an error.
func Load() (*Catalogue, error) {
	c := &Catalogue{texts: map[string]map[string]string{}}
	names, err := fs.Glob(files, "catalogue/*.json")
	if err != nil {
		return nil, fmt.Errorf("list catalogues: %w", err)
	}
	for _, name := range names {
		if err := c.add(name); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Catalogue) add(name string) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read catalogue: %w", err)
	}
	var texts map[string]string
	if err := json.Unmarshal(raw, &texts); err != nil {
		return fmt.Errorf("catalogue %s: %w", name, err)
	}
	parts := strings.Split(strings.TrimSuffix(name, ".json"), ".")
	locale := parts[len(parts)-1]
	if c.texts[locale] == nil {
		c.texts[locale] = map[string]string{}
	}
	for key, text := range texts {
		if _, taken := c.texts[locale][key]; taken {
			return fmt.Errorf("catalogue %s: %q is defined twice", name, key)
		}
		c.texts[locale][key] = text
	}
	return nil
}

// Text gives the text of a key in a locale, its places filled. A locale
// without the text falls back to the locales in order, and a key that no
// catalogue has gives the key itself.
func (c *Catalogue) Text(locale, key string, args map[string]any) string {
	for _, l := range append([]string{primary(locale)}, Locales[:]...) {
		if text, ok := c.find(l, key, args); ok {
			return fill(locale, text, args)
		}
	}
	return key
}

// Has reports whether the locale itself has a text for the key.
func (c *Catalogue) Has(locale, key string) bool {
	_, ok := c.find(locale, key, map[string]any{"n": 1})
	return ok
}

// Keys yields every key of a locale, plural forms apart.
func (c *Catalogue) Keys(locale string) []string {
	keys := make([]string, 0, len(c.texts[locale]))
	for k := range c.texts[locale] {
		keys = append(keys, k)
	}
	return keys
}

func (c *Catalogue) find(locale, key string, args map[string]any) (string, bool) {
	texts := c.texts[locale]
	if text, ok := texts[key]; ok {
		return text, true
	}
	n, ok := asInt(args["n"])
	if !ok {
		return "", false
	}
	if text, ok := texts[key+"#"+form(locale, n)]; ok {
		return text, true
	}
	text, ok := texts[key+"#other"]
	return text, ok
}

func form(locale string, n int) string {
	names := map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two",
		plural.Few: "few", plural.Many: "many", plural.Other: "other",
	}
	return names[plural.Cardinal.MatchPlural(language.Make(locale), n, 0, 0, 0, 0)]
}

func asInt(v any) (int, bool) {
	switch n := v.(type) {
	case int:
		return n, true
	case int64:
		return int(n), true
	case uint64:
		return int(n), true
	case float64: // as JSON has it
		return int(n), n == float64(int(n))
	}
	return 0, false
}

func fill(locale, text string, args map[string]any) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, v := range args {
		pairs = append(pairs, "{"+name+"}", show(locale, v))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Translated is an argument that itself has a text per locale, such as the
// label of a field.
type Translated interface{ In(locale string) string }

func show(locale string, v any) string {
	switch v := v.(type) {
	case Translated:
		return v.In(locale)
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case []string:
		return strings.Join(v, ", ")
	}
	return fmt.Sprint(v)
}

func primary(locale string) string {
	tag, _, _ := strings.Cut(strings.ToLower(locale), "-")
	return tag
}

// Negotiate picks the locale for an Accept-Language header (RFC 9110 §12.5.4)
// among the offered ones; the first offered when none fits.
func Negotiate(accept string, offered []string) string {
	if accept == "" || len(offered) == 0 {
		return first(offered)
	}
	if len(accept) > 500 {
		accept = accept[:500]
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return first(offered)
	}
	for _, w := range wanted {
		base, _ := w.Base()
		for _, o := range offered {
			if primary(o) == base.String() {
				return o
			}
		}
	}
	return first(offered)
}

func first(offered []string) string {
	if len(offered) == 0 {
		return Locales[0]
	}
	return offered[0]
}
