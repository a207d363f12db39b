package site

import (
	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// previewPolicy is pagePolicy, but for that the console may show the page
// beside a form.
const previewPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

// openPreview answers with the page that the draft of an entry will be.
func (v *visit) openPreview() error {
	if v.site.o.Previews == nil {
		return reader.Missing()
	}
	text := v.params(preview.Parameter).Get(preview.Parameter)
	link, err := v.site.o.Previews.Open(v.Reader.Ctx, text)
	if err != nil {
		return err
	}
	v.preview, v.Draft, v.By = text, &link, content.Actor{Kind: content.ActorVisitor}
	if err := v.enter(); err != nil {
		return err
	}
	var col *schema.Collection
	for _, c := range v.Collections {
		if c.ID == link.Collection {
			col = c
		}
	}
	if col == nil {
		return reader.Missing()
	}
	item, err := v.Read(col.Name, string(link.Entry), "")
	if err != nil {
		return err
	}
	return v.showDraft(col, item)
}

// showDraft picks the page on which an entry is seen: its own, the list that
// it introduces, or the home page for what all pages share.
func (v *visit) showDraft(col *schema.Collection, item *query.Item) error {
	switch list := v.frame.Lists[item.ID]; {
	case list != nil:
		return v.list(list, "")
	case item.ID == v.frame.Home, col.Singleton, col.Name == "menus":
		return v.home()
	case col.Tree:
		return v.showTree(col, item)
	}
	return v.showEntry(col, item)
}

// sendPreview answers with a page that nobody keeps, lists or hands on.
func (v *visit) sendPreview(p *page.Page) error {
	p.Preview = &page.PreviewNote{Until: v.Draft.Until}
	if e := p.Entry; e != nil && e.Published != nil {
		p.Preview.Live = e.URL
	}
	for i := range p.Languages {
		l := &p.Languages[i]
		l.URL = preview.Path(content.Locale(l.Locale), v.preview)
	}
	if err := v.sendPrivate(p); err != nil {
		return err
	}
	v.Set(fiber.HeaderContentSecurityPolicy, previewPolicy)
	return nil
}
