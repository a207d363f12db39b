package analysis

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// folder writes words in the few letters that tell them apart: lower case, no
// accents or vowel signs, no ligatures or presentation forms, one shape for
// each Arabic letter and for each digit.
type folder struct {
	// table has what becomes of the runes below its length; nil: themselves.
	table [][]byte
}

// tableSize covers Latin, Greek, Cyrillic, Hebrew and Arabic.
const tableSize = 0x0700

func newFolder() *folder {
	f := &folder{table: make([][]byte, tableSize)}
	for r := range rune(tableSize) {
		f.table[r] = foldRune(nil, r)
	}
	return f
}

// append adds the folded rune to dst.
func (f *folder) append(dst []byte, r rune) []byte {
	if r >= 0 && r < tableSize {
		return append(dst, f.table[r]...)
	}
	return foldRune(dst, r)
}

// word adds a folded word to dst, up to its maxWordRunes-th rune; marks inside
// it are dropped.
func (f *folder) word(dst, text []byte) []byte {
	runes := 0
	for len(text) > 0 && runes < maxWordRunes {
		r, n := utf8.DecodeRune(text)
		text = text[n:]
		dst = f.append(dst, r)
		runes++
	}
	return dst
}

// special are letters that Unicode does not take apart but readers do.
func special(r rune) string {
	switch r {
	case 'œ':
		return "oe"
	case 'æ':
		return "ae"
	case 'ß', 'ẞ':
		return "ss"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	case 'ى', 'ی', 'ې': // alef maqsura and the Persian ya
		return "ي"
	case 'ة', 'ە', 'ہ':
		return "ه"
	case 'ک', 'ڪ', 'گ':
		return "ك"
	case 'ٱ':
		return "ا"
	case 'ڨ': // the g of Maghreb names: Guelma is written with either
		return "ق"
	case 'ڤ', 'ڥ':
		return "ف"
	}
	return ""
}

// foldRune appends what is left of a rune. Compatibility decomposition takes
// ligatures, presentation forms and hamza carriers apart; marks are dropped.
func foldRune(dst []byte, r rune) []byte {
	r = unicode.ToLower(r)
	if s := special(r); s != "" {
		return append(dst, s...)
	}
	var one [utf8.UTFMax]byte
	n := utf8.EncodeRune(one[:], r)
	for _, d := range string(norm.NFKD.Bytes(one[:n])) {
		d = unicode.ToLower(d)
		switch {
		case unicode.IsDigit(d):
			dst = append(dst, '0'+decimal(d))
		case special(d) != "":
			dst = append(dst, special(d)...)
		case d == '\u0640' || d == utf8.RuneError: // tatweel only stretches a word
		case unicode.IsLetter(d), unicode.IsNumber(d):
			dst = utf8.AppendRune(dst, d)
		}
	}
	return dst
}

// decimal is the value of a digit of any script: in each range of digits the
// ten of a script follow each other.
func decimal(r rune) byte {
	for _, t := range unicode.Digit.R16 {
		if r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10)
		}
	}
	for _, t := range unicode.Digit.R32 {
		if r <= rune(t.Hi) {
			return byte((r - rune(t.Lo)) % 10)
		}
	}
	return 0
}
