// Package letters knows the scripts of French, Arabic and English: which texts
// people take for the same, in which order they expect them, and how a text is
// written in an address. It is pure.
package letters

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// foldings are the letters that Unicode does not decompose though people type
// them in other ways. Each maps to letters that fold to themselves.
var foldings = map[rune]string{
	'œ': "oe", 'æ': "ae", 'ß': "ss", 'ø': "o", 'đ': "d", 'ł': "l", 'ı': "i", 'þ': "th", 'ð': "d",
	'ـ': "", // tatweel
	'ٱ': "ا", 'ى': "ي", 'ة': "ه", 'ک': "ك", 'ی': "ي", 'ء': "",
	'’': "'", '‘': "'", 'ʼ': "'", '`': "'", '«': `"`, '»': `"`, '“': `"`, '”': `"`,
	'–': "-", '—': "-", '‑': "-", '\u00ad': "",
	'\u200b': "", '\u200c': "", '\u200d': "", '\u200e': "", '\u200f': "", '\ufeff': "",
}

// SortKey folds a text so that texts which people take for the same compare
// equal and the others in an order that French, Arabic and English readers
// expect: without case, accents and vowel signs, with œ as oe, the carriers of
// hamza as their letters, taa marbuta as haa, and all digits as 0 to 9. It is
// used for the orders of text and, on both sides, for comparing, contains and
// starts_with. It is idempotent; equal keys do not mean equal texts.
func SortKey(s string) string {
	if key, ok := plainKey(s); ok {
		return key
	}
	// Folding can bring together what composes or decomposes again; twice is
	// enough, and the result is a fixed point.
	for range 4 {
		next := foldOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// plainKey is the short way for ASCII.
func plainKey(s string) (string, bool) {
	for _, c := range []byte(s) {
		if c >= 0x7f || c < ' ' || c == '`' {
			return "", false
		}
	}
	return strings.Join(strings.Fields(strings.ToLower(s)), " "), true
}

func foldOnce(s string) string {
	var out strings.Builder
	out.Grow(len(s))
	space := false
	for _, r := range norm.NFKD.String(s) {
		r = unicode.ToLower(r)
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = true
			continue
		}
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) {
			continue
		}
		if space && out.Len() > 0 {
			out.WriteByte(' ')
		}
		space = false
		if folded, ok := foldings[r]; ok {
			out.WriteString(folded)
		} else {
			out.WriteRune(digit(r))
		}
	}
	return out.String()
}

// digit gives the ASCII digit for a decimal digit of any script.
func digit(r rune) rune {
	if r < 0x80 || !unicode.Is(unicode.Nd, r) {
		return r
	}
	// Unicode keeps the ten digits of a script together, zero first, so that a
	// run of digits begins with a zero and has a multiple of ten members.
	zero := r
	for unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return '0' + (r-zero)%10
}

// Digits writes the decimal digits of any script as 0 to 9.
func Digits(s string) string { return strings.Map(digit, s) }
