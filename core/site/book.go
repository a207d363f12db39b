package site

import (
	"fmt"
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/storage"
)

// bookPath is where the recueil is ordered and found.
const bookPath = "livre"

// refresh is after how many seconds the page asks again while a book is made.
const refresh = "3"

// book answers with the page of the recueil, with one of its files, or takes
// an order.
func (v *visit) book(rest []string) error {
	if len(rest) == 1 {
		name, ok := strings.CutSuffix(rest[0], ".pdf")
		if !ok {
			return reader.Missing()
		}
		return v.bookFile(name)
	}
	v.Volatile = true
	p, err := v.page("book")
	if err != nil {
		return err
	}
	p.Title, p.Lead = v.T("site.book.title"), v.T("site.book.lead")
	p.Description = p.Lead
	p.Crumbs = []page.Crumb{v.homeCrumb()}
	p.At("/" + bookPath)
	p.Book = &page.Book{Action: v.Address([]string{bookPath})}
	if v.Method() == fiber.MethodPost {
		return v.orderBook()
	}
	if err := v.editions(p.Book); err != nil {
		return err
	}
	for _, f := range v.site.o.Books.Forms() {
		c, err := v.copyOf(f)
		if err != nil {
			return err
		}
		p.Book.Copies = append(p.Book.Copies, c)
	}
	v.Set(fiber.HeaderCacheControl, "no-cache")
	if p.Book.Running() {
		v.Set("Refresh", refresh)
		v.Set(fiber.HeaderCacheControl, "no-store")
	}
	return v.send(p)
}

// orderBook takes the order of a book of today.
func (v *visit) orderBook() error {
	f, err := v.formNamed(string(v.Context().PostArgs().Peek("form")))
	if err != nil {
		return err
	}
	if _, err := v.site.o.Books.AskCopy(v.Reader.Ctx, f); err != nil {
		return err
	}
	return v.redirect(v.Address([]string{bookPath})+"#"+f.Name(), fiber.StatusSeeOther)
}

func (v *visit) formNamed(name string) (book.Form, error) {
	for _, f := range v.site.o.Books.Forms() {
		if f.Name() == name {
			return f, nil
		}
	}
	return book.Form{}, reader.Missing()
}

// editions finds the newest ones.
func (v *visit) editions(b *page.Book) error {
	col := v.Named("editions")
	if col == nil {
		return nil
	}
	r, err := v.Find(col.Name, query.Params{Page: query.Page{Size: 10}})
	if err != nil {
		return reader.IgnoreMissing(err)
	}
	b.Editions, b.EditionsURL = v.ShownAll(r.Items), v.ListAddress(col)
	return nil
}

func (v *visit) copyOf(f book.Form) (page.Copy, error) {
	out := page.Copy{Form: f.Name(), Title: v.formTitle(f)}
	j, _, err := v.site.o.Books.Copy(v.Reader.Ctx, f)
	if err != nil || j == nil {
		return out, err
	}
	switch out.Percent = j.Percent(); j.State {
	case desk.Done:
		out.URL = v.Address([]string{bookPath, f.Name() + ".pdf"})
		out.Pages, out.Size = j.Files[0].Pages, wording.Size(j.Files[0].Size, v.Locale)
	case desk.Failed:
		out.Fault = v.Texts.Text(string(v.Locale), j.Problem, j.Args)
	default:
		out.Making = true
	}
	return out, nil
}

// formTitle names a form: "A4, Français – العربية".
func (v *visit) formTitle(f book.Form) string {
	names := make([]string, len(f.Locales))
	for i, l := range f.Locales {
		names[i] = "\u2068" + v.Texts.Text(string(l), "site.language", nil) + "\u2069"
	}
	return strings.ToUpper(f.Paper) + " · " + strings.Join(names, " – ")
}

// bookFile answers with a book of today, or leads to where it is ordered.
func (v *visit) bookFile(name string) error {
	v.Volatile = true
	f, err := v.formNamed(name)
	if err != nil {
		return err
	}
	j, _, err := v.site.o.Books.Copy(v.Reader.Ctx, f)
	if err != nil {
		return err
	}
	if j == nil || j.State != desk.Done {
		return v.redirect(v.Address([]string{bookPath})+"#"+f.Name(), fiber.StatusSeeOther)
	}
	body, _, err := v.site.o.Books.Open(v.Reader.Ctx, j, storage.Range{})
	if err != nil {
		return err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, book.MaxBytes))
	if err != nil {
		return fmt.Errorf("read the book %s: %w", j.ID, err)
	}
	v.Set(fiber.HeaderCacheControl, "no-cache")
	v.Set(fiber.HeaderContentDisposition, `inline; filename="`+j.Files[0].Name+`"`)
	v.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'")
	return v.body("application/pdf", data)
}

// editionFile leads from the permanent address of an edition's book to its
// bytes: "/fr/recueils/mars-2026/a4-fr.pdf".
func (v *visit) editionFile(slug, name string) error {
	item, err := v.Read("editions", slug, "files")
	if err != nil {
		return err
	}
	list, _ := item.Value("files").([]any)
	for _, one := range list {
		m, _ := one.(map[string]any)
		facts, _ := m["file"].(query.Facts)
		paper, _ := m["paper"].(string)
		languages, _ := m["languages"].(string)
		f := book.Form{Paper: paper}
		for l := range strings.SplitSeq(languages, ", ") {
			f.Locales = append(f.Locales, content.Locale(l))
		}
		if f.Name() == name && facts.URL != "" {
			return v.redirect(facts.URL, fiber.StatusFound)
		}
	}
	return reader.Missing()
}
