package site

import (
	"strconv"

	"github.com/recueil-cms/recueil/core/site/exports"
	"github.com/recueil-cms/recueil/core/site/page"
)

func itoa(n int) string { return strconv.Itoa(n) }

func (v *visit) aboutSite(p *page.Page) map[string]any {
	return exports.Thing("WebSite", "name", p.Name, "description", p.Frame.Description, "url", p.Base+"/"+p.Locale+"/", "inLanguage", p.Locale)
}

func (v *visit) breadcrumbs(p *page.Page) map[string]any {
	if len(p.Crumbs) == 0 {
		return nil
	}
	var steps []map[string]any
	for i, c := range append(p.Crumbs[:len(p.Crumbs):len(p.Crumbs)], page.Crumb{Title: p.Title, URL: p.URL}) {
		steps = append(steps, exports.Thing("ListItem", "position", i+1, "name", c.Title, "item", p.Base+c.URL))
	}
	return exports.Thing("BreadcrumbList", "itemListElement", steps)
}

func (v *visit) aboutPage(p *page.Page) map[string]any {
	return exports.Thing("WebPage", "name", p.Title, "description", p.Description, "url", p.Canonical, "inLanguage", p.Entry.Locale)
}

// aboutEntry says what an entry is in the words of schema.org.
func (v *visit) aboutEntry(p *page.Page) map[string]any {
	return exports.About(exports.Subject{Entry: p.Entry, URL: p.Canonical, Base: p.Base, Description: p.Description, Publisher: p.Name})
}
