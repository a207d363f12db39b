package search

import (
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Limits of a request.
const (
	MaxText   = 500  // bytes of what a person types
	MaxFacets = 20   // counted at once
	MaxChosen = 100  // values chosen in one facet
	MaxValues = 100  // shown of one facet
	MaxHits   = 100  // of a page
	MaxSkip   = 5000 // hits before a page
	pagesKept = 3    // of a file, per hit
)

// Request asks for entries. What it does not let through has no influence on
// anything in the answer.
type Request struct {
	// Text is what a person typed; empty asks for everything.
	Text string
	Live bool // what is published; otherwise the newest values
	// Locale is the reader's own, which counts more; Only, when not empty,
	// lets no other through.
	Locale content.Locale
	Only   []content.Locale
	// Groups say what counts for whoever asks.
	Groups []Group
	Facets []Facet
	Near   *Near
	Sort   Sort
	// Recency, in days, halves the score of what is that old.
	Recency map[content.CollectionID]float64
	// Pins are entries that come first, in this order, when the order is
	// ByRelevance: whether they have the words or not, but only where they meet
	// the rest of the request.
	Pins []content.EntryID
	// Verbatim looks for words as they were typed, without correcting them.
	Verbatim bool
	Skip     int
	Size     int
}

// Group is a part of the content in which the same classes of fields may be
// read.
type Group struct {
	Classes Classes
	// In lists the collections, each with the entries that count.
	In map[content.CollectionID]*Set
}

// Facet is something whose values are counted, and some may be chosen: the
// same question in several collections.
type Facet struct {
	Name   string
	Fields map[content.CollectionID]content.FieldID
	Chosen []string // one of them has to be there; empty: whatever
	Limit  int      // values in the answer; 0: MaxValues
}

// Near keeps what is within a distance of a place.
type Near struct {
	Fields   map[content.CollectionID]content.FieldID
	Lat, Lon float64
	Radius   float64 // kilometres; 0: any
}

// Sort is the order of hits.
type Sort string

// The orders. ByRelevance is the order of a request with words, ByNewest of
// one without.
const (
	ByRelevance Sort = ""
	ByNewest    Sort = "-date"
	ByOldest    Sort = "date"
	ByTitle     Sort = "title"
	ByTitleBack Sort = "-title"
	ByDistance  Sort = "distance"
)

// Sorts lists all orders by name.
var Sorts = [...]Sort{"relevance", ByNewest, ByOldest, ByTitle, ByTitleBack, ByDistance}

// Answer is what was found.
type Answer struct {
	Hits  []Hit
	Total int // entries
	// Facets are in the order in which they were asked for.
	Facets []Counts
	// Corrections are words that were taken for others.
	Corrections []ranking.Correction
	// Also are words that were searched for besides those that were typed.
	Also []ranking.Correction
	// Cut says that the commonest words were left out, because they are too
	// common for the time that a search may take.
	Cut bool
	// Seq is how far the index was.
	Seq  commitlog.Seq
	Took time.Duration
}

// Hit is an entry that was found, in the locale that fits best.
type Hit struct {
	Entry      content.EntryID
	Collection content.CollectionID
	Locale     content.Locale
	// Pinned says that the request put the entry where it is.
	Pinned bool
	// Distance from the place asked for, in kilometres; -1 without one.
	Distance float64
	// TitleHTML is the title and Snippet an excerpt, in HTML, with the words of
	// the request marked.
	TitleHTML, Snippet string
	Pages              []PageHit
}

// PageHit is a page of a file of the entry in which the words are.
type PageHit struct {
	File    content.AssetID
	Number  int    // from 1
	Snippet string // HTML
}

// Counts are the values of one facet, most frequent first.
type Counts struct {
	Name   string
	Values []Count
	More   int // further values that have entries
}

// Count is how many of the entries have a value, if the choices in all other
// facets stay.
type Count struct {
	Value   string
	Entries int
	Chosen  bool
}
