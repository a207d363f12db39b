package analysis

import (
	"iter"
	"unicode"
	"unicode/utf8"
)

// maxWordRunes bounds a term: what is longer is no word, and its tail says
// nothing.
const maxWordRunes = 64

// word is where one stands in a text. Its marks are apostrophes and full
// stops inside it.
type word struct {
	start, end int
	// apostrophe is where the first one stands, or 0.
	apostrophe int
	// joined says that only a hyphen parts it from the word before it.
	joined bool
}

type class uint8

const (
	between class = iota
	letter
	digit
	single // a letter that is a word alone, as in Chinese
	inside // marks and joiners: part of a word that has begun
)

func classify(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
			return letter
		case '0' <= r && r <= '9':
			return digit
		}
		return between
	case r == utf8.RuneError:
		return between
	case invisible(r), unicode.Is(unicode.M, r), r == '\u0640':
		return inside
	case unicode.In(r, unicode.Han, unicode.Hiragana):
		return single
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	}
	return between
}

// invisible reports whether a rune steers how a word looks and is none of it:
// soft hyphen, joiners, marks of direction, byte order mark.
func invisible(r rune) bool {
	switch {
	case r == '\u00AD', '\u200B' <= r && r <= '\u200F', '\u202A' <= r && r <= '\u202E',
		r == '\u2060', '\u2066' <= r && r <= '\u2069', r == '\uFEFF', r == '\u061C':
		return true
	}
	return false
}

func isApostrophe(r rune) bool {
	switch r {
	case '\'', '\u2019', '\u02BC', '\u2018', '\uFF07', '\u00B4', '`':
		return true
	}
	return false
}

func isHyphen(r rune) bool {
	switch r {
	case '-', '\u2010', '\u2011':
		return true
	}
	return false
}

// findWords finds the words of a text from left to right. They never overlap,
// and start and end on rune borders.
func findWords(text []byte) iter.Seq[word] {
	return func(yield func(word) bool) {
		last, hyphen := -1, false // end of the word before, and whether a hyphen follows it
		for at := 0; at < len(text); {
			r, n := utf8.DecodeRune(text[at:])
			c := classify(r)
			if c == between || c == inside {
				hyphen = isHyphen(r) && at == last
				at += n
				continue
			}
			w := word{start: at, end: at + n}
			if c != single {
				w = scan(text, at, c)
			}
			w.joined = hyphen
			if !yield(w) {
				return
			}
			at, last, hyphen = w.end, w.end, false
		}
	}
}

// scan follows a word to its end. An apostrophe between letters is inside
// it, and so is the full stop of an acronym (P.C.P.A.) and what groups digits
// (10 000 with a fixed space, 3,5).
func scan(text []byte, start int, c class) word {
	w := word{start: start}
	letters := 0 // since the last mark
	for at := start; at < len(text); {
		r, n := utf8.DecodeRune(text[at:])
		switch k := classify(r); k {
		case letter, digit, inside:
			if k != inside {
				c = k
				letters++
			}
			at += n
			w.end = at
			continue
		case single:
			return w
		}
		next, size := utf8.DecodeRune(text[at+n:])
		follows := classify(next)
		switch {
		case isApostrophe(r) && c == letter && follows == letter:
			if w.apostrophe == 0 {
				w.apostrophe = at
			}
		case r == '.' && c == letter && letters == 1 && follows == letter && aloneAt(text, at+n+size):
		case c == digit && follows == digit && groups(r):
		default:
			return w
		}
		letters = 0
		at += n
	}
	return w
}

// aloneAt reports whether no letter stands at a place, so that the one before
// it is a word of one letter.
func aloneAt(text []byte, at int) bool {
	r, _ := utf8.DecodeRune(text[at:])
	c := classify(r)
	return c != letter && c != digit
}

// groups reports whether a rune between digits makes one number of them.
func groups(r rune) bool {
	switch r {
	case '.', ',', '\u00A0', '\u202F', '\u2009', '\u066B', '\u066C':
		return true
	}
	return false
}
