// Package analysis turns text into terms, in French, Arabic and English, and
// terms of a query into terms of the index. All its analyzers keep the byte
// offsets of the text they were given, always on rune borders, so that
// whoever marks a hit never cuts a letter.
//
// Analyzers are values that callers pass on, to document.NewTextFieldCustom
// when an entry is indexed and to package ranking when one is searched. They
// are not put into Bleve's registry: that is global, is filled by init
// functions, and makes an index on disk depend on names in a program.
package analysis

import (
	"strings"

	bleve "github.com/blevesearch/bleve/v2/analysis"
)

// Whole is a term that every text has once; no word is written like it.
const Whole = "\x01"

// Language is how text of one language becomes terms.
type Language struct {
	// Tag is the primary subtag of its locales: "fr", "ar", "en"; "und" for
	// all others, whose words are folded and not stemmed.
	Tag string
	// Text gives the stems that are indexed. Terms at the same position are
	// readings of one word, or a compound written as one. Every text that is
	// not empty also has the term Whole, so that an index can tell how many
	// texts it has in a language, and how long they are.
	Text bleve.Analyzer
	// Words gives folded words, unstemmed, stop words included: for exact
	// matches, suggestions and the dictionary of spelling.
	Words bleve.Analyzer

	query *analyzer
}

// Term is a word of a query.
type Term struct {
	// Word is the word as Words has it.
	Word string
	// Start and End say where it stands in the query, in bytes.
	Start, End int
	// Position counts the words of the query, those that were left out
	// included.
	Position int
	// Readings are the stems to look for, any of which will do, the likeliest
	// first.
	Readings []Reading
}

// Reading is one stem that a word of a query may stand for.
type Reading struct {
	Stem string
	// Weight is 1 for the word itself, and less for what is only likely.
	Weight float64
}

// Languages holds every language. It is safe for concurrent use.
type Languages struct {
	known []*Language
	other *Language
}

// New builds the languages: a few milliseconds, so build them once.
func New() *Languages {
	f := newFolder()
	return &Languages{
		known: []*Language{
			language("fr", f, newFrench(f)),
			language("ar", f, newArabic(f)),
			language("en", f, newEnglish(f)),
		},
		other: language("und", f, grammar{}),
	}
}

// Of finds the language of a locale such as "fr" or "fr-DZ".
func (l *Languages) Of(locale string) *Language {
	tag, _, _ := strings.Cut(strings.ToLower(locale), "-")
	for _, k := range l.known {
		if k.Tag == tag {
			return k
		}
	}
	return l.other
}

// All lists every language, the one of other locales last.
func (l *Languages) All() []*Language {
	return append(append(make([]*Language, 0, len(l.known)+1), l.known...), l.other)
}

// Fold writes the words of a text as they are indexed in Words, one space
// between two of them: for comparing whole titles, and keys of synonyms.
func (l *Language) Fold(text string) string {
	var b strings.Builder
	last := 0
	for _, t := range l.Words.Analyze([]byte(text)) {
		if t.Position == last {
			continue // the same word in another reading
		}
		if last > 0 {
			b.WriteByte(' ')
		}
		b.Write(t.Term)
		last = t.Position
	}
	return b.String()
}

func language(tag string, f *folder, g grammar) *Language {
	return &Language{
		Tag:   tag,
		Text:  &analyzer{fold: f, grammar: g, purpose: forText},
		Words: &analyzer{fold: f, grammar: grammar{elides: g.elides, possessive: g.possessive}, purpose: forWords},
		query: &analyzer{fold: f, grammar: g, purpose: forQuery},
	}
}

// grammar is what one language knows beyond folding. The zero grammar knows
// nothing: every word is its own stem.
type grammar struct {
	stop     map[string]bool // folded or accented words without meaning of their own
	question map[string]bool // folded words that make a question
	elides   map[string]bool // folded words that lose their vowel before another
	stem     bleve.TokenFilter
	// families has the stems of related words for a stem.
	families map[string][]string
	// possessive says that 's at the end of a word is not part of it.
	possessive bool
}

type purpose int

const (
	forText purpose = iota
	forQuery
	forWords
)

// analyzer makes terms of words for one purpose.
type analyzer struct {
	fold    *folder
	grammar grammar
	purpose purpose
}

// Analyze implements Bleve's analysis.Analyzer.
func (a *analyzer) Analyze(text []byte) bleve.TokenStream {
	b := builder{analyzer: a, text: text, terms: make([]byte, 0, len(text)+len(text)/8)}
	b.tokens = make(bleve.TokenStream, 0, len(text)/6+1)
	for w := range findWords(text) {
		b.add(w)
	}
	b.endCompound()
	if a.purpose != forWords {
		b.stem()
		b.onlyStopWords()
	}
	if a.purpose == forText && len(b.tokens) > 0 {
		last := b.tokens[len(b.tokens)-1]
		b.token([]byte(Whole), last.Start, last.End, last.Position)
	}
	return b.tokens
}
