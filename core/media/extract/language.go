package extract

import (
	"strings"
	"unicode"
)

// Small words that tell a language: frequent in one and not words of another.
var smallWords = map[string]map[string]bool{
	"fr": set("le la les des et du une est pour dans que qui par sur au aux avec ce cette ne pas plus sont ont leur leurs ses ou nous vous être il elle ils"),
	"en": set("the of and to in is that for it with as was are be this by from at have has not which their or an were been will can they we you its"),
}

// enoughWords is from when on a language is told.
const enoughWords = 20

// language tells French, Arabic and English apart by script and small words;
// "" when a text is too short or none of the three.
func language(pages []string) string {
	var arabic, latin, words int
	hits := map[string]int{}
	for _, p := range pages {
		for w := range strings.FieldsFuncSeq(p, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
			for _, r := range w {
				if unicode.Is(unicode.Arabic, r) {
					arabic++
				} else if unicode.Is(unicode.Latin, r) {
					latin++
				}
				break
			}
			words++
			lower := strings.ToLower(w)
			for l, small := range smallWords {
				if small[lower] {
					hits[l]++
				}
			}
		}
		if words > 20_000 {
			break
		}
	}
	switch {
	case arabic+latin < enoughWords:
		return ""
	case arabic > latin:
		return "ar"
	case hits["fr"] > 2*hits["en"] && hits["fr"]*12 > latin:
		return "fr"
	case hits["en"] > 2*hits["fr"] && hits["en"]*12 > latin:
		return "en"
	}
	return ""
}
