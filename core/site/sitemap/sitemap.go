// Package sitemap lists the pages of the site in all their languages for search
// engines.
package sitemap

import (
	"encoding/xml"
	"net/url"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/feeds"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// most bounds the addresses: the protocol allows 50,000.
const most = 50_000

// Write writes the sitemap: addresses that are the same in all languages, and
// the entries of collections that are listed, but for those to skip.
func Write(r *reader.Reader, fixed []string, skip func(*query.Item) bool) ([]byte, error) {
	out := &set{Xmlns: "http://www.sitemaps.org/schemas/sitemap/0.9", XHTML: "http://www.w3.org/1999/xhtml"}
	for _, rest := range fixed {
		var links []alternate
		for _, l := range r.Locales {
			links = append(links, alternate{"alternate", string(l), r.Base() + "/" + string(l) + rest})
		}
		for _, l := range links {
			out.URLs = append(out.URLs, pageURL{Loc: l.Href, Links: links})
		}
	}
	for _, col := range r.Collections {
		if !Listed(col) {
			continue
		}
		if err := add(r, col, skip, out); err != nil {
			return nil, err
		}
	}
	return feeds.XML(out)
}

// Listed reports whether a collection has pages that search engines should
// know.
func Listed(col *schema.Collection) bool {
	return !col.Singleton && col.Path != "" && (col.Tree || reader.BasePath(col) != nil)
}

type pageURL struct {
	Loc     string      `xml:"loc"`
	LastMod string      `xml:"lastmod,omitempty"`
	Links   []alternate `xml:"xhtml:link"`
}

type alternate struct {
	Rel  string `xml:"rel,attr"`
	Lang string `xml:"hreflang,attr"`
	Href string `xml:"href,attr"`
}

type set struct {
	XMLName xml.Name  `xml:"urlset"`
	Xmlns   string    `xml:"xmlns,attr"`
	XHTML   string    `xml:"xmlns:xhtml,attr"`
	URLs    []pageURL `xml:"url"`
}

// add adds the entries of a collection: each language that an entry has
// is read, because its address differs.
func add(r *reader.Reader, col *schema.Collection, skip func(*query.Item) bool, out *set) error {
	pages := map[content.EntryID][]pageURL{}
	var order []content.EntryID
	for _, l := range r.Locales {
		after := ""
		for len(out.URLs)+len(order) < most {
			found, err := r.Engine.Find(r.Ctx, content.Actor{Kind: content.ActorVisitor}, col.Name, query.Params{
				Locale: l, Present: true, Fields: fields(col), Sort: schema.SysID,
				Page: query.Page{Size: query.MaxPage, After: after}})
			if err != nil {
				return reader.IgnoreMissing(err)
			}
			r.Note(found.Basis)
			for _, it := range found.Items {
				if r.Shown(it).Withdrawn() != nil || skip(it) {
					continue
				}
				if pages[it.ID] == nil {
					order = append(order, it.ID)
				}
				u := pageURL{Loc: r.Base() + it.URL}
				if it.PublishedAt != nil {
					u.LastMod = it.PublishedAt.UTC().Format(time.DateOnly)
				}
				u.Links = []alternate{{"alternate", string(l), u.Loc}}
				pages[it.ID] = append(pages[it.ID], u)
			}
			if after = found.Next; after == "" {
				break
			}
		}
	}
	for _, id := range order {
		var links []alternate
		for _, u := range pages[id] {
			if !slices.Contains(links, u.Links[0]) {
				links = append(links, u.Links[0])
			}
		}
		for _, u := range pages[id] {
			if _, err := url.Parse(u.Loc); err == nil {
				u.Links = links
				out.URLs = append(out.URLs, u)
			}
		}
	}
	return nil
}

func fields(col *schema.Collection) string {
	if entry.Withdrawable(col) {
		return schema.SysLocale + "," + schema.SysPublishedAt + ",withdrawn"
	}
	return schema.SysLocale + "," + schema.SysPublishedAt
}
