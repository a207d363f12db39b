package rules

import (
	"slices"
	"strings"
	"unicode"
)

// alike is the least likeness of texts that are told of.
const alike = 0.35

// accents are the letters that are written with and without in the languages of
// the programme.
var accents = strings.NewReplacer("à", "a", "â", "a", "ä", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e", "î", "i", "ï", "i",
	"ô", "o", "ö", "o", "ù", "u", "û", "u", "ü", "u", "œ", "oe", "أ", "ا", "إ", "ا", "آ", "ا", "ة", "ه", "ى", "ي")

// Fold writes a text in lower case without accents and with single spaces.
func Fold(text string) string {
	return accents.Replace(strings.ToLower(strings.Join(strings.Fields(text), " ")))
}

// terms are the longer words of a text, cut to a stem of six letters, each once.
func terms(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		r := []rune(w)
		if len(r) < 4 {
			continue
		}
		out = append(out, string(r[:min(len(r), 6)]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Likeness is the share of words that the shorter of two texts has in common
// with the longer, from 0 to 1.
func Likeness(a, b string) float64 {
	x, y := terms(a), terms(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < 3 {
		return 0
	}
	n := 0
	for _, w := range x {
		if _, ok := slices.BinarySearch(y, w); ok {
			n++
		}
	}
	return float64(n) / float64(len(x))
}

// Alike gives the indexes of the texts that are like one, the likest first, at
// most some.
func Alike(one string, texts []string, most int) []int {
	type like struct {
		at int
		by float64
	}
	var found []like
	for i, t := range texts {
		if l := Likeness(one, t); l >= alike {
			found = append(found, like{i, l})
		}
	}
	slices.SortStableFunc(found, func(a, b like) int {
		switch {
		case a.by > b.by:
			return -1
		case a.by < b.by:
			return 1
		}
		return 0
	})
	out := []int{}
	for _, f := range found[:min(len(found), most)] {
		out = append(out, f.at)
	}
	return out
}
