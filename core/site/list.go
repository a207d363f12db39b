package site

import (
	"strings"

	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/shelf"
)

// Sizes of lists.
const (
	listSize       = 20
	vocabularySize = query.MaxPage
)

// list answers with one page of a collection's list, or with all that is
// selected as a file.
func (v *visit) list(col *schema.Collection, format string) error {
	if f := feed(format); f != nil {
		return f(v, col)
	}
	s, err := v.shelf(col)
	if err != nil {
		return err
	}
	if s == nil {
		if format != "" {
			return reader.Missing()
		}
		return v.longList(col)
	}
	sel := s.Select(v.params(s.Parameters()...))
	found := sel.Of(s)
	if format != "" {
		entries := make([]*entry.Entry, len(found))
		for i, item := range found {
			entries[i] = item.Entry
		}
		return v.download(col, format, entries)
	}
	p, err := v.listPage(col)
	if err != nil {
		return err
	}
	size := sizeOf(col)
	number := pageNumber(v.params())
	from := min((number-1)*size, len(found))
	if from == len(found) && number > 1 {
		return reader.Missing()
	}
	p.List = &page.List{Number: number, Total: len(found), Query: sel.Query, Narrowed: sel.Any(), Facets: s.Narrow(sel, v.ListAddress(col), v.Locale)}
	for _, item := range found[from:min(from+size, len(found))] {
		p.List.Items = append(p.List.Items, item.Entry)
	}
	s.Place(p.List, sel, v.ListAddress(col))
	for i := range p.List.Facets {
		if f := &p.List.Facets[i]; f.Name == "wilaya" && col.Name == "associations" {
			p.List.Map = s.Areas(f)
		}
	}
	p.Paginate(sel.Address(v.ListAddress(col), "", ""), size)
	p.Formats = v.listFormats(col, s, sel)
	return v.finishList(p, col, sel.Any())
}

// longList pages through a collection that is too long for filters.
func (v *visit) longList(col *schema.Collection) error {
	number := pageNumber(v.params(shelf.ParamPage))
	size := sizeOf(col)
	r, err := v.Find(col.Name, query.Params{Fields: reader.ListFields(col), Count: query.CountExact,
		Page: query.Page{Size: size, Number: number}})
	if err != nil {
		return err
	}
	if len(r.Items) == 0 && number > 1 {
		return reader.Missing()
	}
	p, err := v.listPage(col)
	if err != nil {
		return err
	}
	p.List = &page.List{Items: v.ShownAll(r.Items), Number: number, Total: len(r.Items)}
	if r.Total != nil {
		p.List.Total = *r.Total
	}
	p.Paginate(v.ListAddress(col), size)
	return v.finishList(p, col, false)
}

func sizeOf(col *schema.Collection) int {
	if col.Group == "vocabulary" {
		return vocabularySize
	}
	return listSize
}

func (v *visit) listPage(col *schema.Collection) (*page.Page, error) {
	p, err := v.page("list-" + col.Name)
	if err != nil {
		return nil, err
	}
	p.Title = entry.Label(col.Label, v.Locale, col.Name)
	p.Crumbs = []page.Crumb{v.homeCrumb()}
	return p, nil
}

// finishList sends a list with its words and addresses. A narrowed one is
// nothing for search engines: there are too many of them.
func (v *visit) finishList(p *page.Page, col *schema.Collection, narrowed bool) error {
	if err := v.introduce(p, col); err != nil {
		return err
	}
	p.At(strings.TrimPrefix(v.ListAddress(col), "/"+string(v.Locale)))
	if p.List.Number > 1 || narrowed {
		p.NoIndex = narrowed
		p.Canonical = ""
		if !narrowed {
			p.Canonical = p.Base + v.ListAddress(col) + "?page=" + itoa(p.List.Number)
		}
		p.Alternates = nil
		if raw := string(v.Context().URI().QueryString()); raw != "" && !v.Volatile {
			for i := range p.Languages {
				p.Languages[i].URL += "?" + raw
			}
		}
	}
	p.JSONLD = v.structured(v.breadcrumbs(p))
	return v.send(p)
}

// introduce puts the words of the editors' page at the same address, or those
// of the collection, over a list.
func (v *visit) introduce(p *page.Page, col *schema.Collection) error {
	if id := v.frame.Intros[col.ID]; id != "" {
		for _, tree := range v.Collections {
			if !tree.Tree {
				continue
			}
			item, err := v.Read(tree.Name, string(id), "")
			if err != nil {
				return reader.IgnoreMissing(err)
			}
			intro := v.Shown(item)
			p.Title, p.Lead, p.List.Intro = intro.Title, intro.Text("summary"), intro
			p.Description = intro.Summary()
			return v.fillBlocks(intro)
		}
	}
	p.Lead = v.About(col)
	p.Description = p.Lead
	return nil
}
