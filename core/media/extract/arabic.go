package extract

import (
	"slices"
	"strings"
	"unicode"
)

func isArabic(r rune) bool { return unicode.Is(unicode.Arabic, r) }

// logical gives a text in the order in which it is read. PDFium puts the words
// of a line in order, but leaves the letters of some as they stand on the
// page, from left to right, and of others not: their places tell which.
func logical(chars []char) string {
	var b strings.Builder
	for i := 0; i < len(chars); {
		start, end := i, i
		for end < len(chars) && (isArabic(chars[end].r) || unicode.Is(unicode.Mn, chars[end].r)) && !unicode.IsDigit(chars[end].r) {
			end++
		}
		if word := chars[i:end]; rightward(word) {
			slices.Reverse(word)
			reattach(word)
		}
		for ; i < end; i++ {
			b.WriteRune(chars[i].r)
		}
		end = i + latin(chars[i:])
		if phrase := chars[i:end]; len(phrase) > 1 && phrase[0].left > phrase[len(phrase)-1].left {
			chars = slices.Concat(chars[:i], reworded(phrase), chars[end:])
		}
		for ; i < end; i++ {
			b.WriteRune(chars[i].r)
		}
		if i == start {
			b.WriteRune(chars[i].r)
			i++
		}
	}
	return b.String()
}

// rightward reports whether the letters of a word follow one another to the
// right more often than to the left.
func rightward(word []char) bool {
	right, last := 0, -1
	for i, c := range word {
		if unicode.Is(unicode.Mn, c.r) {
			continue
		}
		if last >= 0 {
			switch before := word[last].left; {
			case c.left > before:
				right++
			case c.left < before:
				right--
			}
		}
		last = i
	}
	return right > 0
}

// reattach puts the marks of a word that was turned around behind their
// letters again.
func reattach(word []char) {
	for i := 0; i < len(word); i++ {
		end := i
		for end < len(word) && unicode.Is(unicode.Mn, word[end].r) {
			end++
		}
		if end > i && end < len(word) {
			letter := word[end]
			copy(word[i+1:end+1], word[i:end])
			word[i] = letter
			slices.Reverse(word[i+1 : end+1])
			i = end
		}
	}
}

// latin is how long a phrase in Latin letters is that a text begins with: it ends
// with the last such letter of the line before anything Arabic.
func latin(chars []char) int {
	end := 0
	for i, c := range chars {
		switch {
		case unicode.Is(unicode.Latin, c.r):
			end = i + 1
		case end == 0, isArabic(c.r), c.r == '\n', c.r == '\r':
			return end
		}
	}
	return end
}

// reworded gives the words of a phrase, and what parts them, from the last to the
// first: in a line of Arabic PDFium takes them from right to left, though not
// their letters.
func reworded(phrase []char) []char {
	out := make([]char, 0, len(phrase))
	for end := len(phrase); end > 0; {
		start := end - 1
		for inWord(phrase[start].r) && start > 0 && inWord(phrase[start-1].r) {
			start--
		}
		out = append(out, phrase[start:end]...)
		end = start
	}
	return out
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}
