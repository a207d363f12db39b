package analysis

import (
	_ "embed"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis/lang/ar"
)

//go:embed families/ar.txt
var arabicFamilies string

func newArabic(f *folder) grammar {
	stop, question := map[string]bool{}, map[string]bool{}
	for w := range stopWords(ar.ArabicStopWords) {
		stop[string(f.word(nil, []byte(w)))] = true
	}
	for w := range set("ما ماذا متى أين كيف كم هل لماذا ماهو ماهي مالذي لمن بماذا") {
		question[string(f.word(nil, []byte(w)))] = true
	}
	g := grammar{stop: stop, question: question}
	g.readFamilies(f, arabicFamilies)
	return g
}

// arabic reports whether a folded word is in Arabic letters. Such words are
// stemmed as Arabic in text of every language.
func arabic(term []byte) bool {
	r, _ := utf8.DecodeRune(term)
	return 0x0600 <= r && r < 0x0700
}

// The endings, in the order in which they are taken off: each once, as long
// as two letters stay.
func arabicEndings() [8]string {
	return [8]string{"ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"}
}

// arabicStems gives the stem of a folded word, and a second one where the
// word can be read in two ways: the و of ولاية is its root, that of وكتاب is
// "and". Text is indexed under both, so that either reading is found.
func arabicStems(term []byte) (first, second []byte) {
	n := utf8.RuneCount(term)
	for _, article := range [...]string{"ال", "بال", "كال", "فال", "لل", "ولل"} {
		if rest, ok := cut(term, article); ok && n-utf8.RuneCountInString(article) >= 2 {
			return trimEndings(rest), nil
		}
	}
	if rest, ok := cut(term, "وال"); ok && n >= 6 {
		return trimEndings(rest), trimEndings(term)
	}
	if rest, ok := cut(term, "و"); ok && n >= 4 {
		return trimEndings(term), trimEndings(rest)
	}
	if rest, ok := cut(term, "ب"); ok && n >= 5 {
		return trimEndings(term), trimEndings(rest)
	}
	return trimEndings(term), nil
}

func cut(term []byte, prefix string) ([]byte, bool) {
	if len(term) >= len(prefix) && string(term[:len(prefix)]) == prefix {
		return term[len(prefix):], true
	}
	return term, false
}

func trimEndings(term []byte) []byte {
	n := utf8.RuneCount(term)
	for _, e := range arabicEndings() {
		size := len(e) / 2 // every Arabic letter takes two bytes
		if n-size >= 2 && len(term) > len(e) && string(term[len(term)-len(e):]) == e {
			term, n = term[:len(term)-len(e)], n-size
		}
	}
	return term[:len(term):len(term)]
}
