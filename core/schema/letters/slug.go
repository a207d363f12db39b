package letters

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

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
		return string(digit(r))
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
