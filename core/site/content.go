package site

import (
	"html/template"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// showTree answers with a page of the tree.
func (v *visit) showTree(_ *schema.Collection, item *query.Item) error {
	v.params()
	p, err := v.page("page")
	if err != nil {
		return err
	}
	p.Entry = v.Shown(item)
	p.Title, p.Lead, p.Image = p.Entry.Title, p.Entry.Text("summary"), p.Entry.Image()
	p.Description = p.Entry.Summary()
	p.Crumbs = append([]page.Crumb{v.homeCrumb()}, v.frame.Tree.Above(item.ID)...)
	p.Section, p.Children = v.frame.Tree.Section(item.ID), v.frame.Tree.Children(item.ID)
	p.States = v.frame.Statement != nil && v.frame.Accessibility != nil && v.frame.Accessibility.ID == item.ID
	if err := v.fillBlocks(p.Entry); err != nil {
		return err
	}
	if err := v.of(p, p.Entry); err != nil {
		return err
	}
	p.JSONLD = v.structured(v.breadcrumbs(p), v.aboutPage(p))
	return v.send(p)
}

// study adds what only studies have: that the file cannot be had yet, that a
// newer version has come out, and the signposts for programs.
func (v *visit) study(p *page.Page) {
	v.Set(fiber.HeaderLink, v.signpost(p.Entry))
	p.Embargoed = p.Entry.Embargoed(v.Now())
	if v.readable(p.Entry) != nil {
		p.ReadURL = readURL(p.Entry.URL, 1, "")
	}
	for i, g := range p.Related {
		for j, l := range g.Links {
			if l.Field == "replaces" {
				p.Newer = &p.Related[i].Links[j]
			}
		}
	}
}

func (v *visit) homeCrumb() page.Crumb {
	return page.Crumb{Title: v.T("site.home"), URL: "/" + string(v.Locale) + "/"}
}

// entry answers with the page of one entry.
func (v *visit) entry(col *schema.Collection, slug string) error {
	v.params()
	item, err := v.Live(col.Name, slug)
	if err != nil {
		return err
	}
	if item.URL != v.Address(v.segments[1:]) {
		return v.redirect(item.URL, fiber.StatusMovedPermanently)
	}
	return v.showEntry(col, item)
}

func (v *visit) showEntry(col *schema.Collection, item *query.Item) error {
	p, err := v.page("entry-" + col.Name)
	if err != nil {
		return err
	}
	p.Entry = v.Shown(item)
	p.Title, p.Lead, p.Image = p.Entry.Title, p.Entry.Text("summary"), p.Entry.Image()
	p.Description = p.Entry.Summary()
	p.Crumbs = []page.Crumb{v.homeCrumb(), {Title: entry.Label(col.Label, v.Locale, col.Name), URL: v.ListAddress(col)}}
	if p.Related, err = v.related(p.Entry); err != nil {
		return err
	}
	p.Formats = v.entryFormats(p.Entry)
	if p.Unconfirmed = v.unconfirmed(p.Entry); v.site.o.Profiles != nil && col.Name == profile.Collection && p.Entry.URL != "" {
		p.KeepURL = p.Entry.URL + "/" + profile.Segment
	}
	if v.site.o.Mail != nil && v.frame.Email != "" && p.Entry.URL != "" {
		p.CorrectURL = p.Entry.URL + "/" + correctPath
	}
	if col.Name == "studies" {
		v.study(p)
	}
	if p.Entry.Withdrawn() != nil && v.Draft == nil {
		return v.tombstone(p)
	}
	if err := v.of(p, p.Entry); err != nil {
		return err
	}
	p.JSONLD = v.structured(v.breadcrumbs(p), v.aboutEntry(p))
	return v.send(p)
}

// maxRelated bounds the links of one group.
const maxRelated = 30

// related gives the entries that point at this one, by collection and field,
// but for those that it points at itself.
func (v *visit) related(e *entry.Entry) ([]page.Group, error) {
	p := query.Params{Locale: v.Locale, AnyLocale: true, Present: true}
	links, basis, err := v.Engine.Backlinks(v.Reader.Ctx, v.By, content.Ref{Kind: content.RefEntry, ID: string(e.ID)}, p)
	if err != nil {
		return nil, err
	}
	v.Note(basis)
	shown := map[content.EntryID]bool{}
	for _, f := range e.All() {
		for _, l := range f.Links {
			shown[l.ID] = true
		}
	}
	var out []page.Group
	at := map[string]int{}
	for _, b := range links {
		if b.Item.URL == "" || shown[b.Item.ID] || b.Item.Collection.Tree || b.Item.Collection.Singleton {
			continue
		}
		shown[b.Item.ID] = true
		key := b.Item.Collection.Name
		if _, ok := at[key]; !ok {
			at[key] = len(out)
			out = append(out, page.Group{Title: entry.Label(b.Item.Collection.Label, v.Locale, key)})
		}
		g := &out[at[key]]
		if len(g.Links) == maxRelated {
			g.More++
			continue
		}
		for _, l := range v.Presenter().Links(b.Item) {
			l.Field = b.Field
			g.Links = append(g.Links, l)
		}
	}
	return out, nil
}

// fillBlocks reads the entries that blocks of an entry show.
func (v *visit) fillBlocks(e *entry.Entry) error {
	for _, f := range e.All() {
		if f.Shape == "blocks" {
			if err := v.fill(f.Items, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *visit) fill(blocks []*entry.Values, depth int) error {
	if depth > schema.MaxDepth {
		return nil
	}
	for _, b := range blocks {
		var err error
		switch b.Type {
		case "latest":
			err = v.latest(b)
		case "module":
			v.placed = append(v.placed, b)
		case "entries":
			err = v.chosen(b)
		}
		if err != nil {
			return err
		}
		for _, f := range b.All() {
			if f.Shape == "blocks" || f.Shape == "items" {
				if err := v.fill(f.Items, depth+1); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// maxCards bounds the entries that one block shows.
const maxCards = 24

// latest fills a block with the newest entries of a collection.
func (v *visit) latest(b *entry.Values) error {
	name, _ := b.Raw("of").(string)
	count, _ := b.Raw("count").(float64)
	col := v.Named(name)
	if col == nil {
		return nil
	}
	p := query.Params{Fields: reader.ListFields(col), Page: query.Page{Size: min(max(int(count), 1), maxCards)}}
	if themes := b.Links("themes"); len(themes) > 0 && col.FieldNamed("themes") != nil {
		ids := make([]any, len(themes))
		for i, t := range themes {
			ids[i] = string(t.ID)
		}
		p.Filter = map[string]any{"themes": map[string]any{"_some": map[string]any{"id": map[string]any{"_in": ids}}}}
	}
	r, err := v.Find(name, p)
	if err != nil {
		return reader.IgnoreMissing(err)
	}
	b.Cards, b.Of = entry.Standing(v.ShownAll(r.Items)), v.ListAddress(col)
	return nil
}

// chosen fills a block with the entries that an editor picked, in that order.
func (v *visit) chosen(b *entry.Values) error {
	links := b.Links("entries")
	links = links[:min(len(links), maxCards)]
	found, err := v.Cards(links)
	if err != nil {
		return err
	}
	for _, l := range links {
		if e := found[l.ID]; e != nil {
			b.Cards = append(b.Cards, e)
		}
	}
	return nil
}

// structured makes the JSON-LD of a page.
func (v *visit) structured(things ...map[string]any) template.JS {
	var graph []map[string]any
	for _, t := range things {
		if t != nil {
			graph = append(graph, t)
		}
	}
	if len(graph) == 0 {
		return ""
	}
	return template.JS(entry.JSON(map[string]any{"@context": "https://schema.org", "@graph": graph})) // escaped by encoding/json
}
