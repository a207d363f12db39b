package query

import (
	"context"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/search/rules"
)

// The facets that every search has.
const (
	FacetCollection = "collection"
	FacetLocale     = "locale"
)

// SearchParams are the parameters of a search besides those of Params, of
// which Filter, Fields, Locale, Version, Page.Size and Page.Number count.
type SearchParams struct {
	Params
	Text        string
	Collections []string // names; empty: all that the caller may read
	Locales     []content.Locale
	// Facets names fields that are counted in every collection that has them,
	// or FacetCollection and FacetLocale. A condition of the filter on one of
	// them that is only _eq or _in is a choice: the facet's own counts are then
	// made without it.
	Facets []string
	Near   *Place
	Sort   search.Sort
	// Verbatim takes no word for another.
	Verbatim bool
}

// Place is where something should be near to.
type Place struct {
	Lat, Lon float64
	Radius   float64 // kilometres; 0: any
}

// SearchResult is one page of a search.
type SearchResult struct {
	Basis
	Hits   []SearchHit
	Total  int
	Facets []FacetCounts
	Size   int
	Number int
	Took   time.Duration
	// Corrections are words that were taken for others, because nothing that
	// the caller may read has them.
	Corrections []Correction
	// Also are words that were searched for besides rare ones that may be slips
	// of them.
	Also []Correction
	// Cut says that the commonest words were left out.
	Cut bool
	// Counts says that the search is one that statistics count: the first page
	// of what a reader typed, as it stands. Those who see the statistics do
	// not make them.
	Counts bool
}

// Correction is a word that was taken for another.
type Correction struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// SearchHit is an entry that was found, or a page of a plugin.
type SearchHit struct {
	Item *Item
	// Plugin names the plugin whose page it is; Item then stands for the page,
	// in the collection whose readers find it, and URL leads to it.
	Plugin string
	Title  string
	// TitleHTML is the title with the words that were found in <mark>.
	TitleHTML string
	URL       string // of its page on the site; "" when it has none
	// Snippet is an excerpt in HTML, the words that were found in <mark>.
	Snippet string
	// Pinned says that editors put the entry before all others.
	Pinned   bool
	Distance float64 // kilometres; -1 when no place was asked for
	Pages    []PageHit
}

// PageHit is a page of a file in which the words are.
type PageHit struct {
	Asset   *content.Asset
	Number  int    // 0 in a file that has no pages of its own
	Snippet string // HTML
}

// FacetCounts are the values of one facet.
type FacetCounts struct {
	Name   string
	Label  string
	Values []FacetValue
	More   int
}

// FacetValue is a value with the number of entries that have it.
type FacetValue struct {
	Value   string
	Label   string
	Entries int
	Chosen  bool
}

// Search finds entries of all collections. What the caller may not read is not
// in the answer and has no influence on it: neither on counts, nor on what
// words find. A condition that a collection does not know leaves the
// collection out; one that none knows is a BadRequest.
func (e *Engine) Search(ctx context.Context, by content.Actor, p SearchParams) (*SearchResult, error) {
	var out *SearchResult
	basis, err := e.finding(ctx, by, &p, func(f *finder) (err error) {
		out, err = f.search()
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Basis = basis
	return out, nil
}

// finder is one search on its way from rights to hits.
type finder struct {
	*session
	p      *SearchParams
	live   bool
	choice map[string][]string // chosen values by facet
	rest   map[string]any      // the filter without the choices

	cols   []*bounds
	groups []search.Group
	facets []facet
}

// facet is one facet with the field that it counts in each collection.
type facet struct {
	search.Facet
	field *schema.Field // one of them, for labels; nil for system facets
}

func (f *finder) search() (*SearchResult, error) {
	for _, id := range rules.Collections() {
		f.depend(Dependency{Collection: id})
	}
	f.depend(Dependency{Noun: content.NounSearchDocument})
	if err := f.count(); err != nil {
		return nil, err
	}
	req := search.Request{
		Text: strings.TrimSpace(f.p.Text), Live: f.live, Locale: f.locales[0], Only: f.p.Locales, Groups: f.groups,
		Sort: f.p.Sort, Verbatim: f.p.Verbatim, Recency: map[content.CollectionID]float64{}, Size: f.p.size(),
	}
	if said := f.e.o.Search.Rules(); req.Text != "" && said != nil {
		req.Pins = said.Pinned(req.Text, f.locales[0], f.e.o.Locales())
	}
	for i := range f.facets {
		req.Facets = append(req.Facets, f.facets[i].Facet)
	}
	for _, b := range f.cols {
		req.Recency[b.col.ID] = b.col.Recency
	}
	number := max(f.p.Page.Number, 1)
	if req.Skip = (number - 1) * req.Size; req.Skip > search.MaxSkip {
		return nil, problem.Parameter("page[number]", "page_too_far", problem.Args{"limit": search.MaxSkip})
	}
	if err := f.place(&req); err != nil {
		return nil, err
	}
	found, err := f.e.o.Search.Search(f.tx.Context(), req)
	if err != nil {
		return nil, err
	}
	out := &SearchResult{Total: found.Total, Size: req.Size, Number: number, Took: found.Took}
	f.basis.Seq, out.Cut = found.Seq, found.Cut
	out.Counts = f.live && req.Text != "" && number == 1 && req.Near == nil && len(f.rest) == 0 && len(f.choice) == 0 &&
		len(f.p.Collections) == 0 && !f.session.p.May(access.Read, access.Search)
	for _, c := range found.Corrections {
		out.Corrections = append(out.Corrections, Correction(c))
	}
	for _, c := range found.Also {
		out.Also = append(out.Also, Correction(c))
	}
	if out.Hits, err = f.hits(found.Hits); err != nil {
		return nil, err
	}
	out.Total -= len(found.Hits) - len(out.Hits) // what the index does not know yet to be gone
	out.Facets, err = f.labels(found.Facets)
	return out, err
}
