package site

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/exports"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/scrutari"
	"github.com/recueil-cms/recueil/core/site/shelf"
)

func (v *visit) writer() exports.Writer {
	return exports.Writer{Base: v.Base(), Columns: shelf.Fields, About: v.about}
}

// listFormats lists what a selection can be had as.
func (v *visit) listFormats(col *schema.Collection, s *shelf.Shelf, sel *shelf.Selection) []page.Format {
	var out []page.Format
	list := v.ListAddress(col)
	for _, f := range exports.Formats() {
		if f.List != nil && f.Fits(col) && len(s.Items) > 0 {
			out = append(out, page.Format{Title: f.Name, Type: mediaType(f.MediaType), URL: sel.Address(list+"."+f.Ext, "", "")})
		}
	}
	if v.site.o.Books != nil && col.Name == "associations" {
		out = append(out, page.Format{Title: "PDF", Type: mediaType(pageType), URL: v.Address([]string{bookPath})})
	}
	if slices.Contains(scrutari.Corpora, col.Name) {
		out = append(out, page.Format{Title: "Scrutari", Type: "application/xml", URL: "/" + scrutariFile})
	}
	return append(v.feedsOf(col), out...)
}

// mediaType is a content type without its parameters.
func mediaType(contentType string) string {
	bare, _, _ := strings.Cut(contentType, ";")
	return bare
}

// download answers with a selection as a file.
func (v *visit) download(col *schema.Collection, ext string, entries []*entry.Entry) error {
	for _, f := range exports.Formats() {
		if f.Ext == ext && f.List != nil && f.Fits(col) {
			body, err := f.List(v.writer(), entries)
			if err != nil {
				return fmt.Errorf("write %s.%s: %w", col.Name, ext, err)
			}
			v.Set(fiber.HeaderContentDisposition, `attachment; filename="`+col.Name+"."+ext+`"`)
			return v.body(f.MediaType, body)
		}
	}
	return reader.Missing()
}

// entryFormats lists what an entry can be had as.
func (v *visit) entryFormats(e *entry.Entry) []page.Format {
	var out []page.Format
	for _, f := range exports.Formats() {
		if f.Entry != nil && f.Fits(e.Collection) && e.URL != "" {
			out = append(out, page.Format{Title: f.Name, Type: mediaType(f.MediaType), URL: e.URL + "." + f.Ext})
		}
	}
	return out
}

// entryFile answers with one entry as a file.
func (v *visit) entryFile(col *schema.Collection, slug, ext string) error {
	v.params()
	for _, f := range exports.Formats() {
		if f.Ext != ext || f.Entry == nil || !f.Fits(col) {
			continue
		}
		item, err := v.Live(col.Name, slug)
		if err != nil {
			return err
		}
		if at := v.Address(v.segments[1:]); item.URL+"."+ext != at {
			return v.redirect(item.URL+"."+ext, fiber.StatusMovedPermanently)
		}
		body, err := f.Entry(v.writer(), v.Shown(item))
		if err != nil {
			return fmt.Errorf("write %s.%s: %w", col.Name, ext, err)
		}
		if body == nil {
			return reader.Missing()
		}
		return v.body(f.MediaType, body)
	}
	return reader.Missing()
}

// about is what the page says of an entry in the words of schema.org.
func (v *visit) about(e *entry.Entry) (map[string]any, error) {
	p, err := v.page("entry")
	if err != nil {
		return nil, err
	}
	p.Entry, p.Title, p.Description = e, e.Title, e.Summary()
	if err := v.of(p, e); err != nil {
		return nil, err
	}
	return v.aboutEntry(p), nil
}
