package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/search"
)

var searchParams = []string{"q", "collections", "locales", "filter", "facets", "fields", "sort", "near", "radius",
	"page[size]", "page[number]", "locale", "version", "verbatim"}

var (
	suggestParams = []string{"q", "collections", "fields", "page[size]", "locale", "version"}
	similarParams = []string{"collections", "locales", "fields", "page[size]", "locale", "version"}
)

func (a *API) searchRoutes() []route {
	return []route{
		{method: "GET", path: "/search", op: "search.find", handle: findByText, query: searchParams, headers: noneHeader,
			status: 200, answer: []searchHit{}, verb: access.Read},
		{method: "GET", path: "/suggest", op: "search.suggest", handle: suggest, query: suggestParams, headers: noneHeader,
			status: 200, answer: []searchHit{}, verb: access.Read},
		{method: "GET", path: "/similar/:collection/:entry", op: "search.similar", handle: similar, query: similarParams,
			headers: noneHeader, status: 200, answer: []searchHit{}, verb: access.Read},
	}
}

// searchHit is one entry that was found.
type searchHit struct {
	Entry      *query.Item    `json:"entry,omitempty"`  // id, locale, title, slug, and the fields asked for; absent for a page of a plugin
	Plugin     string         `json:"plugin,omitempty"` // whose page it is
	Collection string         `json:"collection"`
	Title      string         `json:"title"`
	TitleHTML  string         `json:"title_html,omitempty"`
	URL        string         `json:"url,omitempty"`
	Locale     content.Locale `json:"locale"`
	Snippet    string         `json:"snippet,omitempty"` // HTML
	Distance   *float64       `json:"distance,omitempty"`
	Pinned     bool           `json:"pinned,omitempty"` // put first by editors
	Pages      []pageHit      `json:"pages,omitempty"`
}

// pageHit is a page of a file in which the words are.
type pageHit struct {
	Asset   content.AssetID `json:"asset"`
	Name    string          `json:"name"`
	Number  int             `json:"number,omitempty"`
	Snippet string          `json:"snippet,omitempty"` // HTML
	URL     string          `json:"url"`
}

type facetShape struct {
	Name   string       `json:"name"`
	Label  string       `json:"label,omitempty"`
	Values []facetValue `json:"values"`
	More   int          `json:"more,omitempty"`
}

type facetValue struct {
	Value  string `json:"value"`
	Label  string `json:"label,omitempty"`
	Count  int    `json:"count"`
	Chosen bool   `json:"chosen,omitempty"`
}

// suggest answers while someone types.
func suggest(k *call) error {
	p, err := k.searching(suggestParams)
	if err != nil {
		return err
	}
	if p.Page.Size == 0 {
		p.Page.Size = defaultSuggestions
	}
	r, err := k.api.o.Query.Suggest(k.ctx, k.by, p)
	if err != nil {
		return err
	}
	meta := map[string]any{}
	if len(r.Queries) > 0 {
		meta["queries"] = r.Queries
	}
	return k.found(p, r.Basis, r.Hits, meta, 0)
}

// similar answers with entries that speak of what one speaks of.
func similar(k *call) error {
	p, err := k.searching(similarParams)
	if err != nil {
		return err
	}
	if p.Page.Size == 0 {
		p.Page.Size = defaultSimilar
	}
	r, err := k.api.o.Query.Similar(k.ctx, k.by, k.param("collection"), k.param("entry"), p)
	if err != nil {
		return err
	}
	return k.found(p, r.Basis, r.Hits, map[string]any{}, r.Took)
}

// Sizes of answers that nobody asked for another size of.
const (
	defaultSuggestions = 8
	defaultSimilar     = 5
)

// found answers with hits. How long it took is not part of what the tag is
// made from.
func (k *call) found(p query.SearchParams, basis query.Basis, found []query.SearchHit, meta map[string]any, took time.Duration) error {
	hits := make([]searchHit, len(found))
	for i := range found {
		hits[i] = shownHit(&found[i])
	}
	if !p.Version.Draft {
		k.keep(basis)
	}
	same, err := json.Marshal(envelope{Data: hits, Meta: meta})
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	body := same
	if took > 0 {
		meta["took"] = float64(took.Microseconds()) / 1000
		if body, err = json.Marshal(envelope{Data: hits, Meta: meta}); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	return server.SendTagged(k.Ctx, fiber.MIMEApplicationJSON, server.BodyTag(-1, same), body)
}

func findByText(k *call) error {
	p, err := k.searching(searchParams)
	if err != nil {
		return err
	}
	r, err := k.api.o.Query.Search(k.ctx, k.by, p)
	if err != nil {
		return err
	}
	k.counted(&p, r)
	return k.found(p, r.Basis, r.Hits, metaOf(r), r.Took)
}

// metaOf is what is told of a search besides its hits.
func metaOf(r *query.SearchResult) map[string]any {
	facets := make([]facetShape, len(r.Facets))
	for i, f := range r.Facets {
		facets[i] = facetShape{Name: f.Name, Label: f.Label, More: f.More, Values: make([]facetValue, len(f.Values))}
		for j, v := range f.Values {
			facets[i].Values[j] = facetValue{v.Value, v.Label, v.Entries, v.Chosen}
		}
	}
	meta := map[string]any{"total": r.Total, "page": map[string]any{"size": r.Size, "number": r.Number}, "facets": facets}
	if len(r.Corrections) > 0 {
		meta["corrections"] = r.Corrections
	}
	if len(r.Also) > 0 {
		meta["also"] = r.Also
	}
	if r.Cut {
		meta["cut"] = true
	}
	return meta
}

// FindText answers a search as GET /search does, for whoever is no request: a
// plugin.
func FindText(ctx context.Context, engine *query.Engine, by content.Actor, raw string, l content.Locale) ([]byte, error) {
	p, err := searchOf(raw, searchParams, l)
	if err != nil {
		return nil, err
	}
	r, err := engine.Search(ctx, by, p)
	if err != nil {
		return nil, err
	}
	hits := make([]searchHit, len(r.Hits))
	for i := range r.Hits {
		hits[i] = shownHit(&r.Hits[i])
	}
	body, err := json.Marshal(envelope{Data: hits, Meta: metaOf(r)})
	if err != nil {
		return nil, fmt.Errorf("write answer: %w", err)
	}
	return body, nil
}

func shownHit(h *query.SearchHit) searchHit {
	out := searchHit{Entry: h.Item, Collection: h.Item.Collection.Name, Title: h.Title, TitleHTML: h.TitleHTML, URL: h.URL, Locale: h.Item.Locale, Snippet: h.Snippet, Pinned: h.Pinned}
	if out.Plugin = h.Plugin; h.Plugin != "" {
		out.Entry = nil
	}
	if h.Distance >= 0 {
		out.Distance = &h.Distance
	}
	for _, p := range h.Pages {
		address := Prefix + "/assets/" + string(p.Asset.ID) + "/file"
		if p.Number > 0 {
			address += "#page=" + strconv.Itoa(p.Number)
		}
		out.Pages = append(out.Pages, pageHit{p.Asset.ID, p.Asset.Name, p.Number, p.Snippet, address})
	}
	return out
}

// searching reads the parameters of a search; known are those of the route.
func (k *call) searching(known []string) (query.SearchParams, error) {
	return searchOf(k.queryString(), known, server.Locale(k.Ctx))
}

func searchOf(raw string, known []string, l content.Locale) (query.SearchParams, error) {
	base, err := query.ParseParams(raw, "q", "collections", "locales", "facets", "near", "radius", "verbatim")
	if err != nil {
		return query.SearchParams{}, err
	}
	if err := notHere(&base, known); err != nil {
		return query.SearchParams{}, err
	}
	if base.Locale == "" {
		base.Locale = l
	}
	p := query.SearchParams{Params: base, Text: base.Also["q"], Collections: listed(base.Also["collections"]), Facets: listed(base.Also["facets"])}
	switch base.Also["verbatim"] {
	case "", "false":
	case "true":
		p.Verbatim = true
	default:
		return p, problem.Parameter("verbatim", "parameter_not_boolean", nil)
	}
	if len(p.Text) > search.MaxText {
		return p, problem.Parameter("q", "search_text_long", problem.Args{"limit": search.MaxText})
	}
	for _, l := range listed(base.Also["locales"]) {
		if !content.ValidLocale(l) {
			return p, problem.Parameter("locales", "parameter_locale", problem.Args{"value": l})
		}
		p.Locales = append(p.Locales, content.Locale(l))
	}
	if p.Sort, err = searchSort(base.Sort); err != nil {
		return p, err
	}
	p.Near, err = near(base.Also)
	return p, err
}

// notHere refuses parameters that reads know and the route does not.
func notHere(p *query.Params, known []string) error {
	given := map[string]bool{"page[after]": p.Page.After != "", "page[before]": p.Page.Before != "", "count": p.Count != "",
		"trashed": p.Trashed, "version": p.Version.Revision > 0, "fallback": p.Fallback != nil || p.AnyLocale,
		"filter": p.Filter != nil, "sort": p.Sort != "", "page[number]": p.Page.Number > 0}
	for name := range p.Also {
		given[name] = true
	}
	for name, is := range given {
		if is && (!slices.Contains(known, name) || name == "version") {
			return problem.Parameter(name, "parameter_not_here", nil)
		}
	}
	return nil
}

func listed(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func searchSort(text string) (search.Sort, error) {
	if text == "" || text == "relevance" {
		return search.ByRelevance, nil
	}
	if s := search.Sort(text); slices.Contains(search.Sorts[:], s) {
		return s, nil
	}
	choices := make([]string, len(search.Sorts))
	for i, s := range search.Sorts {
		choices[i] = string(s)
	}
	return "", problem.Parameter("sort", "parameter_choice", problem.Args{"choices": choices})
}

// near reads "36.75,3.05" and a radius in kilometres.
func near(also map[string]string) (*query.Place, error) {
	text, ok := also["near"]
	if !ok {
		if also["radius"] != "" {
			return nil, problem.Parameter("near", "near_needed", nil)
		}
		return nil, nil
	}
	lat, lon, _ := strings.Cut(text, ",")
	p := &query.Place{}
	var err error
	if p.Lat, err = strconv.ParseFloat(lat, 64); err != nil || !(p.Lat >= -90 && p.Lat <= 90) {
		return nil, problem.Parameter("near", "near_malformed", nil)
	}
	if p.Lon, err = strconv.ParseFloat(lon, 64); err != nil || !(p.Lon >= -180 && p.Lon <= 180) {
		return nil, problem.Parameter("near", "near_malformed", nil)
	}
	if r := also["radius"]; r != "" {
		if p.Radius, err = strconv.ParseFloat(r, 64); err != nil || !(p.Radius > 0 && p.Radius <= maxRadius) {
			return nil, problem.Parameter("radius", "radius_malformed", problem.Args{"max": maxRadius})
		}
	}
	return p, nil
}

const maxRadius = 20_000 // kilometres: half way around
