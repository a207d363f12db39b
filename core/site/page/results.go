package page

import (
	"html/template"

	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/entry"
)

// Results is what a search has found.
type Results struct {
	Query string
	Hits  []Hit
	// Corrections are words that were taken for others; Exact is the address of
	// the search without that.
	Corrections []query.Correction
	Exact       string
	// Also are words that were searched for besides; Exact leads away from them, too.
	Also []query.Correction
	// Cut says that words that stand everywhere were left out.
	Cut    bool
	Facets []Facet
	// Sorts are the orders, one of them chosen.
	Sorts []Choice
	// Busy says that there is no answer just now.
	Busy bool
}

// Hit is one entry that was found. Snippet has the words in <mark>.
type Hit struct {
	*entry.Entry
	// Open leads to the entry and counts that; it is a page of ours.
	Open string
	// Pinned says that editors put it first.
	Pinned  bool
	Snippet template.HTML
	Pages   []PageHit
}

// PageHit is a page of a document in which the words are. URL leads to it as
// HTML, or to File where it cannot be read here.
type PageHit struct {
	Number  int
	URL     string
	File    string
	Snippet template.HTML
}
