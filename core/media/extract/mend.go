package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// mend makes the text of pages as a reader would type it: letters instead of
// ligatures and presentation forms, words that were divided at the end of a
// line in one piece, one kind of space.
func mend(pages []string) []string {
	out := make([]string, len(pages))
	for i, p := range pages {
		out[i] = tidy(p)
	}
	known := words(out)
	for i, p := range out {
		out[i] = join(p, known)
	}
	return out
}

// PDFium writes this in the place of a hyphen at the end of a line and the
// line's end.
const pdfiumHyphen = '\ufffe'

const softHyphen = '\u00ad'

// tidy replaces compatibility forms and spaces, and drops what cannot be seen.
func tidy(page string) string {
	var b strings.Builder
	b.Grow(len(page))
	space, lines := false, 0
	page = strings.NewReplacer("\r\n", "\n", string(pdfiumHyphen), "-\n").Replace(page)
	for _, r := range page {
		switch {
		case r == '\n' || r == '\r' || r == '\f' || r == '\v' || r == '\u2028' || r == '\u2029':
			lines++
			space = false
			continue
		case unicode.IsSpace(r):
			space = true
			continue
		case r != softHyphen && invisible(r):
			continue
		}
		if b.Len() > 0 && lines > 0 {
			b.WriteString("\n\n"[:min(lines, 2)])
		} else if b.Len() > 0 && space {
			b.WriteByte(' ')
		}
		space, lines = false, 0
		if compatible(r) {
			b.WriteString(norm.NFKC.String(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

func invisible(r rune) bool {
	switch {
	case r == '\u200c' || r == '\u200d': // joiners mean something in Arabic script
		return false
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
		return true
	case r >= 0xe000 && r <= 0xf8ff: // private use: bullets and ornaments of a font
		return true
	}
	return r&0xfffe == 0xfffe // not a character
}

// compatible letters are ligatures and the shapes of Arabic letters in a word.
func compatible(r rune) bool {
	return r >= 0xfb00 && r <= 0xfb06 || r >= 0xfb50 && r <= 0xfdff || r >= 0xfe70 && r <= 0xfefc
}

// words collects the words of a file that stand in one piece, with the hyphens
// inside of them.
func words(pages []string) map[string]bool {
	known := map[string]bool{}
	for _, p := range pages {
		for line := range strings.SplitSeq(p, "\n") {
			for w := range strings.FieldsFuncSeq(line, func(r rune) bool { return !partOfWord(r) }) {
				if len(known) < maxWords && strings.Trim(w, "-") == w {
					known[strings.ToLower(w)] = true
				}
			}
		}
	}
	return known
}

// maxWords bounds the words of a file that are remembered.
const maxWords = 200_000

func partOfWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || r == '-'
}

// join mends words divided at the end of a line: "concer-\ntation". The hyphen
// stays when the file has the word with it elsewhere, or when what stands
// before or after says so: "peut-\nêtre".
func join(page string, known map[string]bool) string {
	if !strings.ContainsAny(page, "-\u2010\u00ad") {
		return page
	}
	var b strings.Builder
	b.Grow(len(page))
	for i := 0; i < len(page); {
		r, size := utf8.DecodeRuneInString(page[i:])
		i += size
		if r != '-' && r != '\u2010' && r != softHyphen {
			b.WriteRune(r)
			continue
		}
		gap := len(page[i:]) - len(strings.TrimLeft(page[i:], " \n"))
		before, after := lastWord(b.String()), firstWord(page[i+gap:])
		first, _ := utf8.DecodeRuneInString(after)
		switch {
		case !strings.Contains(page[i:i+gap], "\n"), before == "", !unicode.IsLower(first) && unicode.ToLower(first) != unicode.ToUpper(first), after == "":
			if r != softHyphen { // inside of a line, or at the end of a list
				b.WriteRune(r)
			}
			continue
		case r != softHyphen && keepHyphen(strings.ToLower(before), strings.ToLower(after), known):
			b.WriteByte('-')
		}
		i += gap
	}
	return b.String()
}

// lastWord is the word that a text ends with, and firstWord the one that it
// begins with; hyphens belong to words.
func lastWord(text string) string {
	const longest = 200 // bytes that are looked at
	text = text[max(0, len(text)-longest):]
	i := strings.LastIndexFunc(text, func(r rune) bool { return !partOfWord(r) })
	if i < 0 {
		return text
	}
	_, size := utf8.DecodeRuneInString(text[i:])
	return text[i+size:]
}

func firstWord(text string) string {
	if i := strings.IndexFunc(text, func(r rune) bool { return !partOfWord(r) || r == '-' }); i >= 0 {
		return text[:i]
	}
	return text
}

// Words that stand before or after a hyphen in French and English more often
// than the first or last syllable of another word does.
var (
	beforeHyphen = set("peut est sont a sous non demi mi semi quasi vice ex mini grand petit celui celle ceux lui elle eux nous vous moi soi au par là ci cela contre avant arrière haut bas porte c'est self well co nord sud e")
	afterHyphen  = set("même mêmes ci là il ils elle elles on je tu nous vous y en être à dire t ce delà dessus dessous")
)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}

func keepHyphen(before, after string, known map[string]bool) bool {
	whole, parts := before+after, before+"-"+after
	switch {
	case known[parts]:
		return true
	case known[whole]:
		return false
	case strings.HasPrefix(after, "http"), strings.Contains(before, "-"):
		return true
	}
	// socio-économique, médico-social, franco-algérien
	return beforeHyphen[before] || afterHyphen[after] || len(before) > 4 && strings.HasSuffix(before, "o") && known[after]
}
