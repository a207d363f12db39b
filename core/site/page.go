package site

import (
	"net/url"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// page begins a page with what all have.
func (v *visit) page(kind string) (*page.Page, error) {
	if v.frame == nil {
		if err := v.enter(); err != nil {
			return nil, err
		}
	}
	p := &page.Page{Frame: &v.frame.Frame, Kind: kind, Locale: string(v.Locale), Dir: entry.Direction(v.Locale), Status: 200,
		Base: v.Base(), URL: v.OriginalURL()}
	p.URL, _, _ = strings.Cut(p.URL, "?")
	for _, l := range v.Locales {
		p.Languages = append(p.Languages, page.Language{Locale: string(l), Dir: entry.Direction(l), Current: l == v.Locale,
			Name: v.Texts.Text(string(l), "site.language", nil), URL: "/" + string(l) + "/"})
	}
	return p, nil
}

// of places a page that shows an entry: its address differs by language, and
// it may not exist in all of them.
func (v *visit) of(p *page.Page, e *entry.Entry) error {
	p.URL, p.Canonical = e.URL, p.Base+e.URL
	for i := range p.Languages {
		l := &p.Languages[i]
		if content.Locale(l.Locale) == v.Locale {
			l.URL = e.URL
		} else {
			fields := "id"
			if f := e.Collection.Field(e.Collection.Slug); f != nil {
				fields = f.Name
			}
			it, err := v.In(content.Locale(l.Locale)).Read(e.Collection.Name, string(e.ID), fields)
			if err != nil {
				return err
			}
			l.URL = it.URL
		}
		l.Missing = len(e.Locales) > 0 && !slices.Contains(e.Locales, content.Locale(l.Locale))
		if !l.Missing {
			p.Alternates = append(p.Alternates, page.Alternate{Locale: l.Locale, URL: p.Base + l.URL})
		} else if l.Locale == p.Locale {
			p.NoIndex = true // the same text stands at the address of its own language
		}
		if l.Locale == e.Locale {
			p.Canonical = p.Base + l.URL
		}
	}
	return nil
}

// home is the page that the settings name.
func (v *visit) home() error {
	p, err := v.page("home")
	if err != nil {
		return err
	}
	p.Title, p.Description = v.frame.Name, v.frame.Description
	if v.frame.Home != "" {
		if err := v.homeEntry(p); err != nil {
			return err
		}
	}
	p.At("/")
	if len(v.segments) == 0 {
		p.URL = "/"
	}
	p.JSONLD = v.structured(v.aboutSite(p))
	return v.send(p)
}

func (v *visit) homeEntry(p *page.Page) error {
	for _, col := range v.Collections {
		if !col.Tree {
			continue
		}
		item, err := v.Read(col.Name, string(v.frame.Home), "")
		if err != nil {
			return reader.IgnoreMissing(err)
		}
		p.Entry = v.Shown(item)
		p.Lead, p.Image = p.Entry.Summary(), p.Entry.Image()
		return v.fillBlocks(p.Entry)
	}
	return nil
}

// pageNumber reads ?page=2.
func pageNumber(q url.Values) int {
	n := 0
	for _, r := range q.Get("page") {
		if r < '0' || r > '9' || n > 10_000 {
			return 1
		}
		n = n*10 + int(r-'0')
	}
	return max(n, 1)
}
