package schema

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxSlug is the most characters of a slug that is given, and slugLength of
// one that is made.
const (
	maxSlug    = 200
	slugLength = 80
)

type slugSettings struct {
	// Source is the top-level field that a slug is made from when none is
	// given; empty: none is made.
	Source content.FieldID `json:"source,omitempty"`
	// Latin writes Arabic letters in Latin ones. Otherwise they stay, and
	// addresses carry them percent-encoded.
	Latin bool `json:"latin,omitempty"`
}

func (s *slugSettings) check() []problem.Field {
	if len(s.Source) > MaxNameBytes {
		return []problem.Field{{Pointer: "/source", Code: "definition_id"}}
	}
	return nil
}

// slugKind names an entry in addresses: lower-case letters and digits of any
// script, and hyphens between. What is typed is brought into that form. That
// it is unique is for the view and the action to keep.
type slugKind struct{ settings[slugSettings] }

var _ Kind = slugKind{}

func (slugKind) Name() string { return "slug" }

func (slugKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := line(f, v)
	if err != nil || text == "" {
		return nil, err
	}
	slug := Slug(text, maxSlug, settingsOf[slugSettings](f).Latin)
	switch {
	case slug == "":
		return nil, wrong(f, "slug_empty", nil)
	case utf8.RuneCountInString(text) > 2*maxSlug:
		return nil, wrong(f, "text_too_long", problem.Args{"n": maxSlug, "limit": maxSlug, "got": utf8.RuneCountInString(text)})
	case validEntryID(slug):
		return nil, wrong(f, "slug_like_id", nil)
	}
	return slug, nil
}

func (slugKind) Column(Field) ColumnType { return TextColumn }

func (slugKind) Cells(_ Field, v any) []any { return asCell(v) }

func (slugKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "maxLength": maxSlug}
}

// Slug makes a slug of at most limit characters, cut between words where it
// can be: "Études & rapports" is "etudes-rapports". It gives "" for a text
// without a letter or digit, and is idempotent.
func Slug(s string, limit int, latin bool) string {
	if len(s) > 8*limit {
		s = strings.ToValidUTF8(s[:8*limit], "")
	}
	var out strings.Builder
	hyphen := false
	for _, r := range norm.NFC.String(strings.ToLower(norm.NFKC.String(s))) {
		word := slugLetters(r, latin)
		switch {
		case word != "":
			if hyphen && out.Len() > 0 {
				out.WriteByte('-')
			}
			hyphen = false
			out.WriteString(word)
		case silent(r):
		default:
			hyphen = true
		}
	}
	return cutSlug(out.String(), limit)
}

// silent are the signs within a word that a slug does without.
func silent(r rune) bool {
	return unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) || r == 'ـ' || r == 'ʼ'
}

func slugLetters(r rune, latin bool) string {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return string(r)
	case r < 0x80 || r == 'ـ':
		return ""
	case unicode.Is(unicode.Nd, r):
		return string(foldDigit(r))
	case latin && arabicLatin[r] != "":
		return arabicLatin[r]
	case unicode.Is(unicode.Latin, r):
		return latinLetters(r)
	case unicode.IsLetter(r):
		return string(r)
	}
	return ""
}

// latinLetters gives a Latin letter without its marks, in a to z.
func latinLetters(r rune) string {
	for _, base := range norm.NFKD.String(string(r)) {
		base = unicode.ToLower(base)
		if folded, ok := foldings[base]; ok {
			return folded
		}
		if base >= 'a' && base <= 'z' {
			return string(base)
		}
		if unicode.IsLetter(base) && !unicode.Is(unicode.Lm, base) {
			return string(base)
		}
	}
	return ""
}

func cutSlug(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	cut := string(runes[:limit])
	if i := strings.LastIndexByte(cut, '-'); i > len(cut)/2 && runes[limit] != '-' {
		cut = cut[:i]
	}
	return strings.Trim(cut, "-")
}

// arabicLatin writes Arabic letters as they are written in Algeria in Latin
// ones. Short vowels are not written in Arabic and so are missing here.
var arabicLatin = map[rune]string{
	'ا': "a", 'أ': "a", 'إ': "i", 'آ': "a", 'ٱ': "a", 'ب': "b", 'ت': "t", 'ث': "th", 'ج': "dj", 'ح': "h",
	'خ': "kh", 'د': "d", 'ذ': "dh", 'ر': "r", 'ز': "z", 'س': "s", 'ش': "ch", 'ص': "s", 'ض': "d", 'ط': "t",
	'ظ': "dh", 'ع': "a", 'غ': "gh", 'ف': "f", 'ق': "k", 'ك': "k", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h",
	'و': "ou", 'ي': "i", 'ى': "a", 'ة': "a", 'ؤ': "ou", 'ئ': "i", 'ء': "a", 'پ': "p", 'ڤ': "v", 'گ': "g",
}
