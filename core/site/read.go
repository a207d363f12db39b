package site

import (
	"net/url"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/question"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/shelf"
)

// readPath is the part of an address between a study and the number of a page.
const readPath = "p"

// readable gives the document of an entry that can be read page by page, or
// nil: its text was found, and nothing holds it back.
func (v *visit) readable(e *entry.Entry) *entry.File {
	if v.site.o.PageText == nil || e.HeldBack() {
		return nil
	}
	for _, value := range e.All() {
		if value.Kind != "asset" || len(value.Files) == 0 {
			continue
		}
		if f := &value.Files[0]; !f.Picture() && hasText(entry.Asset(*f)) {
			return f
		}
	}
	return nil
}

// hasText reports whether text was found on any page of a document.
func hasText(a *content.Asset) bool { return a != nil && a.Text != nil && a.Text.Pages > a.Text.Blank }

// readURL is the address of a page of an entry's document.
func readURL(entry string, number int, query string) string {
	to := entry + "/" + readPath + "/" + strconv.Itoa(number)
	if query != "" {
		to += "?" + url.Values{shelf.ParamQuery: {query}}.Encode()
	}
	return to
}

// read answers with one page of a document.
func (v *visit) readPage(col *schema.Collection, slug, page string) error {
	q := v.params(shelf.ParamQuery)
	number, err := strconv.Atoi(page)
	if err != nil || number < 1 || strconv.Itoa(number) != page {
		return reader.Missing()
	}
	item, err := v.Live(col.Name, slug)
	if err != nil {
		return err
	}
	e := v.Shown(item)
	if e.Withdrawn() != nil || e.Embargoed(v.Now()) {
		return v.redirect(e.URL, fiber.StatusFound) // which says why
	}
	text := entry.Cut(q.Get(shelf.ParamQuery), question.MaxTyped)
	if here := readURL(item.URL, number, ""); here != v.Address(v.segments[1:]) {
		return v.redirect(readURL(item.URL, number, text), fiber.StatusMovedPermanently)
	}
	f := v.readable(e)
	if f == nil {
		return reader.Missing()
	}
	pages, err := v.site.o.PageText(v.Reader.Ctx, entry.Asset(*f).Blob)
	if err != nil {
		return problem.Wrap(err, problem.NotFound, "route_not_found", nil)
	}
	if number > len(pages) {
		return reader.Missing()
	}
	return v.sendReading(e, f, pages, number, text)
}

func (v *visit) sendReading(e *entry.Entry, f *entry.File, pages []string, number int, text string) error {
	p, err := v.page("reading")
	if err != nil {
		return err
	}
	l := entry.Asset(*f).Text.Language
	if l == "" {
		l = content.Locale(e.Locale)
	}
	r := &page.Reading{Number: number, Total: len(pages), Query: text, Locale: string(l), Dir: entry.Direction(l),
		Paragraphs: v.site.marker.Page(pages[number-1], string(l), text)}
	if entry.Asset(*f).Text.Paged {
		r.File = f.URL + "#page=" + strconv.Itoa(number)
	}
	if number > 1 {
		r.Prev = readURL(e.URL, number-1, text)
	}
	if number < len(pages) {
		r.Next = readURL(e.URL, number+1, text)
	}
	p.Entry, p.Reading = e, r
	p.Title = e.Title + v.T("site.comma") + " " + v.Texts.Text(string(v.Locale), "site.search.page", map[string]any{"n": number})
	p.Description = entry.Shorten(pages[number-1], entry.MaxSummary)
	p.Crumbs = []page.Crumb{v.homeCrumb(), {Title: entry.Label(e.Collection.Label, v.Locale, e.Collection.Name), URL: v.ListAddress(e.Collection)}, {Title: e.Title, URL: e.URL}}
	p.URL = readURL(e.URL, number, "")
	p.Canonical = p.Base + p.URL
	if err := v.of(p, e); err != nil {
		return err
	}
	for i := range p.Languages {
		p.Languages[i].URL = readURL(p.Languages[i].URL, number, text)
	}
	p.URL, p.Alternates = readURL(e.URL, number, ""), nil
	p.Canonical = p.Base + p.URL
	p.NoIndex = p.NoIndex || text != "" || len(r.Paragraphs) == 0
	p.JSONLD = v.structured(v.breadcrumbs(p))
	return v.send(p)
}
