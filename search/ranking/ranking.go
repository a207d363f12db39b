// Package ranking finds the documents of an index that answer a query, and
// weighs them.
//
// The weight is that of BM25 word by word: the best field of a document counts
// in full and the others a little, so that a word in title and text is no two
// words; the sum is multiplied with the share of the query that the document
// has at all, so that all words beat many of one. What reads as a word itself
// beats another reading of it, and that a related word; a word that nobody
// wrote is taken for its nearest neighbour, and only then. Words that stand
// together as they were asked for weigh more.
//
// It reads the index one word at a time and not one document at a time,
// because facets and totals need every document that matches anyway.
//
// The index has text fields that were filled by Language.Text of package
// analysis, one for each language, and beside each a field of the same words
// by Language.Words, for spelling. The caller says which fields there are and
// which documents count in each: of other documents the outcome tells nothing,
// its weights and corrections included, but how many there are and how long
// their texts are on average.
package ranking

import (
	"sync"

	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/phrase"
)

// Limits of one search. What is beyond them is left out, the commonest words
// first, and the outcome says so.
const (
	maxReadings = 12        // stems that one word may stand for
	maxPostings = 4_000_000 // places in the index that are looked at
	maxRefined  = 40        // documents whose word order is looked at
)

// Request is what to look for and where.
type Request struct {
	Query phrase.Query
	// Locale is the reader's: its language counts more than the others.
	Locale string
	// Fields are where to look.
	Fields []Field
	// Applied reports whether the caller sees to a filter such as lieu:Oran
	// itself; nil: none. Other filters are searched for as text.
	Applied func(c phrase.Clause) bool
	// Synonyms may be nil.
	Synonyms *Synonyms
	Stop     StopWords
	// Verbatim keeps words as they were typed, without correction.
	Verbatim bool
}

// Field is a field of the index.
type Field struct {
	// Name and Words are the names of the text and of its words, without the
	// tag of the language that ends both. No Words: nothing is corrected by it.
	Name, Words string
	// Weight is what a word in this field counts; 0 means 1.
	Weight float64
	// Short says that the length of this field tells much: a title that holds
	// nothing but the words is a better answer than a long one.
	Short bool
	// Docs are the documents in which this field counts; nil: all.
	Docs Set
}

// Set is a set of documents by their number in a moment of the index: document
// n is in it when bit n%64 of element n/64 is set.
type Set []uint64

// Has reports whether a document is in the set.
func (s Set) Has(doc uint64) bool {
	return doc/64 < uint64(len(s)) && s[doc/64]>>(doc%64)&1 == 1
}

// Add puts a document into the set, which must be large enough.
func (s Set) Add(doc uint64) { s[doc/64] |= 1 << (doc % 64) }

// NewSet makes a set that has room for documents 0 to n-1.
func NewSet(n uint64) Set { return make(Set, (n+63)/64) }

// Ranker answers requests. It is safe for concurrent use.
type Ranker struct {
	languages *analysis.Languages
	boards    sync.Pool

	mu      sync.Mutex
	lengths map[string]length
}

// New makes a ranker.
func New(languages *analysis.Languages) *Ranker {
	return &Ranker{languages: languages, lengths: map[string]length{}}
}

// Languages are those that it was made with.
func (r *Ranker) Languages() *analysis.Languages { return r.languages }
