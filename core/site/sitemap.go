package site

import (
	"strings"

	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/sitemap"
)

// robots tells crawlers what to leave alone, and where the sitemap is.
func (v *visit) robots() error {
	if err := v.enter(); err != nil {
		return err
	}
	body := "User-agent: *\nDisallow: /api/\nDisallow: /admin/\n"
	for _, l := range v.Locales {
		body += "Disallow: /" + string(l) + "/recherche\n"
	}
	return v.body("text/plain; charset=utf-8", []byte(body+"\nSitemap: "+v.Base()+"/sitemap.xml\n"))
}

// sitemap lists all pages with their languages.
func (v *visit) sitemap() error {
	v.params()
	if err := v.enter(); err != nil {
		return err
	}
	fixed := []string{"/"}
	for _, col := range v.Collections {
		if sitemap.Listed(col) && !col.Tree {
			fixed = append(fixed, strings.TrimPrefix(v.ListAddress(col), "/"+string(v.Locale)))
		}
	}
	for _, page := range v.slots().Pages {
		if page.Listed {
			fixed = append(fixed, page.Path)
		}
	}
	body, err := sitemap.Write(v.Reader, fixed, func(it *query.Item) bool { return it.ID == v.frame.Home || v.frame.Lists[it.ID] != nil })
	return v.document("application/xml", body, err)
}
