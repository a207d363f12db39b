package site

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/feeds"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/question"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/shelf"
)

// searchPath is where the search is, in every language.
const searchPath = "recherche"

// search answers with the search page, or with what is newly found as a feed.
func (v *visit) search(format string) error {
	if format == "json" {
		return v.suggest()
	}
	a := question.Parse(v.params(question.Parameters()...))
	number := pageNumber(v.params())
	p, err := v.page("search")
	if err != nil {
		return err
	}
	p.Title, p.Description = v.T("site.search"), v.T("site.search.label")
	p.Crumbs = []page.Crumb{v.homeCrumb()}
	p.Results = &page.Results{Query: a.Text}
	p.List = &page.List{Number: number, Query: a.Text}
	list := v.Address([]string{searchPath})
	if format != "" && (format != "atom" || a.Text == "") {
		return reader.Missing()
	}
	if !a.Empty() {
		if err := v.look(p, a, number, format); err != nil {
			return err
		}
	}
	if format != "" {
		return v.searchFeed(p, a)
	}
	p.Paginate(a.Address(list, "", ""), listSize)
	p.At("/" + searchPath)
	p.NoIndex = !a.Empty()
	if p.NoIndex {
		p.Canonical, p.Alternates = "", nil
		for i := range p.Languages {
			p.Languages[i].URL = a.Address("/"+p.Languages[i].Locale+"/"+searchPath, "", "")
		}
	}
	if a.Text != "" {
		p.Formats = []page.Format{{Title: "Atom", Type: "application/atom+xml", URL: a.Address(list+".atom", "", "")}}
	}
	return v.send(p)
}

// suggested is how many suggestions there are at once.
const suggested = 8

// suggest answers with what somebody may be typing, as OpenSearch Suggestions
// has it: the words, then titles, kinds and addresses.
func (v *visit) suggest() error {
	text := entry.Cut(v.params(shelf.ParamQuery).Get(shelf.ParamQuery), question.MaxTyped)
	titles, kinds, urls := []string{}, []string{}, []string{}
	if text != "" {
		p := query.SearchParams{Text: text}
		p.Locale, p.AnyLocale, p.Present = v.Locale, true, true
		p.Page.Size = suggested
		r, err := v.Engine.Suggest(v.Reader.Ctx, v.By, p)
		if err != nil {
			return err
		}
		v.Note(r.Basis)
		for _, q := range r.Queries {
			titles, kinds = append(titles, q), append(kinds, v.T("site.search"))
			urls = append(urls, question.Question{Text: q}.Address(v.Address([]string{searchPath}), "", ""))
		}
		for _, h := range r.Hits {
			if h.URL != "" {
				titles = append(titles, h.Title)
				kinds = append(kinds, entry.Label(h.Item.Collection.One, v.Locale, h.Item.Collection.Name))
				urls = append(urls, h.URL)
			}
		}
	}
	return v.body("application/x-suggestions+json", []byte(entry.JSON([]any{text, titles, kinds, urls})))
}

// look asks the engine. That it is busy, or not ready, is said on the page.
func (v *visit) look(p *page.Page, a question.Question, number int, format string) error {
	names, err := v.vocabulary()
	if err != nil {
		return err
	}
	params := query.SearchParams{Text: a.Text, Verbatim: a.Exact}
	params.Locale, params.AnyLocale, params.Present = v.Locale, true, true
	params.Page = query.Page{Size: listSize, Number: number}
	params.Facets, params.Filter = a.Facets(), a.Filter(names)
	switch {
	case a.Sort == "-date" || format != "":
		params.Sort = "-date"
	case a.Sort == "title":
		params.Sort = "title"
	}
	r, err := v.Engine.Search(v.Reader.Ctx, v.By, params)
	if k := problem.KindOf(err); k == problem.Unavailable || k == problem.Limited {
		p.Results.Busy, v.Volatile = true, true
		return nil
	}
	if err != nil {
		return err
	}
	v.Note(r.Basis)
	if count := v.site.o.Searched; count != nil && r.Counts && format == "" {
		text, locale, hits, corrected := a.Text, v.Locale, r.Total, len(r.Corrections) > 0
		server.Each(v.Ctx, func() { count(text, locale, hits, corrected) })
	}
	p.List.Total = r.Total
	p.Results.Corrections, p.Results.Also, p.Results.Cut = r.Corrections, r.Also, r.Cut
	list := v.Address([]string{searchPath})
	if len(r.Corrections)+len(r.Also) > 0 {
		p.Results.Exact = a.Address(list, "exact", "1")
	}
	p.Results.Facets = a.Choices(v.Reader, r.Facets, names, list)
	for _, order := range append([]string{""}, question.Sorts...) {
		p.Results.Sorts = append(p.Results.Sorts, page.Choice{Key: order, Label: v.T("site.search.sort." + strings.TrimPrefix(order, "-")),
			URL: a.Address(list, "tri", order), Chosen: order == a.Sort})
	}
	return v.showHits(p, r.Hits)
}

// vocabulary gives words for the terms and territories, for addresses.
func (v *visit) vocabulary() (*shelf.Shelf, error) {
	col := v.Named("associations")
	if col == nil {
		return nil, nil
	}
	s, err := v.shelf(col)
	return s, reader.IgnoreMissing(err)
}

// showHits reads what lists show of the entries that were found.
func (v *visit) showHits(p *page.Page, hits []query.SearchHit) error {
	var links []entry.Link
	for _, h := range hits {
		if h.Plugin == "" {
			links = append(links, entry.Link{ID: h.Item.ID, Collection: h.Item.Collection.Name})
		}
	}
	entries, err := v.Cards(links)
	if err != nil {
		return err
	}
	for i := range hits {
		h := &hits[i]
		e := entries[h.Item.ID]
		if h.Plugin != "" {
			p.Results.Hits = append(p.Results.Hits, v.moduleHit(h))
			continue
		}
		if e == nil || e.URL == "" {
			continue
		}
		hit := page.Hit{Entry: e, Open: v.opening(p.Results.Query, h.Item, e.URL), Pinned: h.Pinned, Snippet: template.HTML(h.Snippet)} // escaped by the engine
		for _, found := range h.Pages {
			hit.Pages = append(hit.Pages, v.pageHit(e, found, p.Results.Query))
		}
		p.Results.Hits = append(p.Results.Hits, hit)
		p.List.Items = append(p.List.Items, e)
	}
	return nil
}

// moduleHit is a page of a module: no entry, and drawn like one.
func (v *visit) moduleHit(h *query.SearchHit) page.Hit {
	e := v.Shown(h.Item)
	e.Title, e.URL = h.Title, h.URL
	return page.Hit{Entry: e, Open: h.URL, Snippet: template.HTML(h.Snippet)} // escaped by the engine
}

func (v *visit) pageHit(e *entry.Entry, found query.PageHit, text string) page.PageHit {
	file := v.site.o.AssetURL(found.Asset) + "#page=" + strconv.Itoa(found.Number)
	hit := page.PageHit{Number: found.Number, URL: file, File: file, Snippet: template.HTML(found.Snippet)} // escaped by the engine
	if v.site.o.PageText != nil && found.Asset.Text != nil && reader.BasePath(e.Collection) != nil {
		hit.URL = readURL(e.URL, found.Number, text)
	}
	return hit
}

// openPath is where a result is opened by way of, below searchPath.
const openPath = "vers"

// opening is the address by which a result is opened and counted.
func (v *visit) opening(text string, it *query.Item, otherwise string) string {
	if text == "" || v.site.o.Clicked == nil {
		return otherwise
	}
	q := url.Values{shelf.ParamQuery: {text}, "type": {it.Collection.Name}, "id": {string(it.ID)}}
	return v.Address([]string{searchPath, openPath}) + "?" + q.Encode()
}

// open counts a result that is opened, and leads to it: to the address of an
// entry that the visitor may read, and nowhere else.
func (v *visit) open() error {
	q := v.params(shelf.ParamQuery, "type", "id")
	item, err := v.Read(q.Get("type"), q.Get("id"), "")
	if err != nil {
		return err
	}
	if item.URL == "" {
		return reader.Missing()
	}
	if text := entry.Cut(q.Get(shelf.ParamQuery), question.MaxTyped); text != "" && v.site.o.Clicked != nil {
		v.site.o.Clicked(text, v.Locale)
	}
	v.Set("X-Robots-Tag", "noindex")
	return v.redirect(item.URL, fiber.StatusSeeOther)
}

// searchFeed lets a reader follow a search.
func (v *visit) searchFeed(p *page.Page, a question.Question) error {
	list := v.Address([]string{searchPath})
	entries := make([]*entry.Entry, len(p.Results.Hits))
	for i, h := range p.Results.Hits {
		entries[i] = h.Entry
	}
	body, err := feeds.Atom(feeds.Head{Title: a.Text + " – " + v.frame.Name, Author: v.frame.Name, Locale: string(v.Locale), Base: v.Base(),
		Page: a.Address(list, "", ""), Self: a.Address(list+".atom", "", "")}, entries)
	return v.document("application/atom+xml; charset=utf-8", body, err)
}

// openSearch describes the search to browsers.
func (v *visit) openSearch() error {
	if err := v.enter(); err != nil {
		return err
	}
	type address struct {
		Type     string `xml:"type,attr"`
		Template string `xml:"template,attr"`
	}
	doc := struct {
		XMLName struct{}  `xml:"OpenSearchDescription"`
		Space   string    `xml:"xmlns,attr"`
		Short   string    `xml:"ShortName"`
		Words   string    `xml:"Description"`
		Input   string    `xml:"InputEncoding"`
		URL     []address `xml:"Url"`
	}{Space: "http://a9.com/-/spec/opensearch/1.1/", Short: entry.Shorten(v.frame.Name, 16), Words: v.frame.Name, Input: "UTF-8"}
	if v.frame.Description != "" {
		doc.Words = entry.Shorten(v.frame.Description, 1000)
	}
	at := v.Base() + v.Address([]string{searchPath})
	doc.URL = []address{{"text/html", at + "?q={searchTerms}"}, {"application/atom+xml", at + ".atom?q={searchTerms}"},
		{"application/x-suggestions+json", at + ".json?q={searchTerms}"}}
	body, err := feeds.XML(doc)
	return v.document("application/opensearchdescription+xml", body, err)
}
