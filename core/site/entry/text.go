package entry

import (
	"encoding/json"
	"html"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// Label picks a text of a definition: in the language, or the nearest.
func Label(t schema.Texts, l content.Locale, otherwise string) string {
	for _, try := range []content.Locale{l, "fr", "en"} {
		if t[try] != "" {
			return t[try]
		}
	}
	return otherwise
}

// Direction is that in which a language is written.
func Direction(l content.Locale) string {
	if l.RightToLeft() {
		return "rtl"
	}
	return "ltr"
}

// plain takes the markup out of sanitised HTML.
func plain(markup string) string {
	var b strings.Builder
	inside := false
	for _, r := range markup {
		switch {
		case r == '<':
			inside = true
			b.WriteByte(' ')
		case r == '>':
			inside = false
		case !inside:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// Shorten cuts a text after a whole word.
func Shorten(text string, limit int) string {
	text = strings.Join(strings.Fields(text), " ")
	r := []rune(text)
	if len(r) <= limit {
		return text
	}
	cut := string(r[:limit])
	if i := strings.LastIndexByte(cut, ' '); i > limit/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:.-–—،؛") + "…"
}

// Fold makes words comparable: without case, accents and Arabic vowel signs.
func Fold(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case unicode.Is(unicode.Mn, r), r == 'ـ':
		case r == 'œ':
			b.WriteString("oe")
		case r == 'ى':
			b.WriteRune('ي')
		case r == 'ة':
			b.WriteRune('ه')
		case r == '’', r == '\'':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Cut bounds a text to whole characters of so many bytes.
func Cut(text string, limit int) string {
	if len(text) > limit {
		return strings.ToValidUTF8(text[:limit], "")
	}
	return text
}

// JSON writes JSON in which "<", ">" and "&" are escaped, so that it may stand
// inside a page. What cannot be written is null.
func JSON(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(out)
}

// Filled is an object of the texts that are not empty.
func Filled(pairs ...string) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	return out
}

// Stamp is a moment in UTC; "" for none.
func Stamp(at *time.Time, layout string) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(layout)
}
