package analysis

import (
	"iter"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/token/porter"
)

func newEnglish(f *folder) grammar {
	stop := map[string]bool{}
	for w := range stopWords(en.EnglishStopWords) {
		stop[string(f.word(nil, []byte(w)))] = true
	}
	return grammar{
		stop:       stop,
		question:   set("how what when where which who whom whose why can may should please"),
		stem:       porter.NewPorterStemmer(),
		possessive: true,
	}
}

// stopWords reads a list in the form of the Snowball project: words parted by
// white space, a comment after each bar or hash.
func stopWords(list []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line := range strings.Lines(string(list)) {
			if i := strings.IndexAny(line, "|#"); i >= 0 {
				line = line[:i]
			}
			for w := range strings.FieldsSeq(line) {
				if !yield(w) {
					return
				}
			}
		}
	}
}
