package analysis

import (
	_ "embed"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis/lang/fr"
	"golang.org/x/text/unicode/norm"
)

//go:embed families/fr.txt
var frenchFamilies string

// newFrench uses Bleve's list of stop words and its light stemmer, which sees
// folded words: measured, that is a little better than to fold after it, and
// light is better than minimal or Snowball on short queries.
func newFrench(f *folder) grammar {
	stop := map[string]bool{}
	for w := range stopWords(fr.FrenchStopWords) {
		if strings.HasPrefix(w, "été") {
			continue // summer, and not only the past of to be
		}
		stop[norm.NFC.String(w)] = true
		stop[string(f.word(nil, []byte(w)))] = true
	}
	g := grammar{
		stop: stop,
		question: set("comment combien quel quelle quels quelles ou quand pourquoi quoi que qui " +
			"lequel laquelle lesquels lesquelles faut puis peut peux dois doit"),
		elides: set("l d j m t s c n qu jusqu lorsqu puisqu quoiqu"),
		stem:   fr.NewFrenchLightStemmerFilter(),
	}
	g.readFamilies(f, frenchFamilies)
	return g
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}
