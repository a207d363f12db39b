// Package frame reads what all pages of one language share: who we are, the
// menus, the tree of pages. It is what a visitor may see, whoever asks, and stays
// right until something that it was made from changes.
package frame

import (
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/page"
	"github.com/recueil-cms/recueil/core/site/reader"
	"github.com/recueil-cms/recueil/core/site/theme"
	"github.com/recueil-cms/recueil/core/site/tree"
)

// Frame is what templates are given of it, and what else pages need.
type Frame struct {
	page.Frame

	Home content.EntryID
	Tree *tree.Tree
	// Intros are the pages that introduce a list, because they stand at its
	// address in one of the languages; Lists is the same the other way round.
	Intros      map[content.CollectionID]content.EntryID
	Lists       map[content.EntryID]*schema.Collection
	Collections []*schema.Collection
	Colours     theme.Colours
	// Basis is what it was made from.
	Basis query.Basis
}

// maxTree bounds the pages of the tree.
const maxTree = 1000

// Bare is a frame of nothing but a name and a look.
func Bare(look *theme.Theme) *Frame {
	return &Frame{Frame: page.Frame{Name: "Recueil", Stylesheet: look.Stylesheet(theme.Colours{}).Path}, Tree: tree.New()}
}

// Make reads a frame as a visitor would.
func Make(as *reader.Reader, look *theme.Theme) (*Frame, error) {
	r := as.Apart(content.Actor{Kind: content.ActorVisitor})
	f := &Frame{Tree: tree.New(), Intros: map[content.CollectionID]content.EntryID{}, Lists: map[content.EntryID]*schema.Collection{}}
	cols, basis, err := r.Engine.Collections(r.Ctx, r.By)
	if err != nil {
		return nil, err
	}
	r.Note(basis)
	f.Collections, r.Collections = cols, cols
	for _, read := range []func(*reader.Reader) error{f.settings, f.introductions, f.menus, f.pages} {
		if err := read(r); err != nil {
			return nil, err
		}
	}
	f.Writes = r.Forms && f.Email != ""
	if f.Name == "" {
		f.Name = "Recueil"
	}
	f.Stylesheet = look.Stylesheet(f.Colours).Path
	f.Basis = r.Basis()
	return f, nil
}

// Has reports whether visitors may read a collection.
func (f *Frame) Has(name string) bool {
	return slices.ContainsFunc(f.Collections, func(c *schema.Collection) bool { return c.Name == name })
}

// settings reads the entry that names the site.
func (f *Frame) settings(r *reader.Reader) error {
	if !f.Has("settings") {
		return nil
	}
	found, err := r.Find("settings", query.Params{Page: query.Page{Size: 1}})
	if err != nil || len(found.Items) == 0 {
		return err
	}
	e := r.Shown(found.Items[0])
	f.Name, f.Tagline, f.Description = e.Text("site_name"), e.Text("tagline"), e.Text("description")
	f.FooterText = e.HTML("footer")
	f.Colours = theme.ColoursOf(e.Text("main_colour"), e.Text("accent_colour"))
	if logo := e.Field("logo"); logo != nil && len(logo.Files) > 0 {
		f.Logo = &logo.Files[0]
	}
	if partners := e.Field("partner_logos"); partners != nil {
		f.Partners = partners.Files
	}
	if l := e.Link("home"); l != nil {
		f.Home = l.ID
	}
	f.Legal, f.Privacy, f.Accessibility = e.Link("legal_page"), e.Link("privacy_page"), e.Link("accessibility_page")
	if a := e.Field("accessibility"); a != nil && len(a.Items) == 1 && a.Items[0].Text("state") != "" {
		f.Statement = a.Items[0]
	}
	if contact := e.Field("contact"); contact != nil && len(contact.Items) == 1 {
		f.Email, f.Phone = contact.Items[0].Text("email"), contact.Items[0].Text("phone")
	}
	if socials := e.Field("socials"); socials != nil {
		for _, s := range socials.Items {
			f.Socials = append(f.Socials, page.MenuItem{Label: s.Text("network"), URL: s.Text("url")})
		}
	}
	return nil
}

// introductions finds the pages that introduce a list.
func (f *Frame) introductions(r *reader.Reader) error {
	for _, tree := range f.Collections {
		if !tree.Tree {
			continue
		}
		for _, col := range f.Collections {
			base := reader.BasePath(col)
			if len(base) != 1 || f.Intros[col.ID] != "" {
				continue
			}
			it, err := r.Read(tree.Name, base[0], schema.SysParent)
			if reader.IgnoreMissing(err) != nil {
				return err
			}
			if err == nil && it.Parent == "" {
				f.Intros[col.ID], f.Lists[it.ID] = it.ID, col
			}
		}
	}
	return nil
}

// menus reads the menus "main" and "footer".
func (f *Frame) menus(r *reader.Reader) error {
	if !f.Has("menus") {
		return nil
	}
	for name, menu := range map[string]*[]page.MenuItem{"main": &f.Main, "footer": &f.Footer} {
		found, err := r.Find("menus", query.Params{Filter: map[string]any{"key": map[string]any{"_eq": name}}, Page: query.Page{Size: 1}})
		if err != nil {
			return err
		}
		if len(found.Items) > 0 {
			*menu = f.menu(r, found.Items[0].Value("items"))
		}
	}
	return nil
}

func (f *Frame) menu(r *reader.Reader, value any) []page.MenuItem {
	list, _ := value.([]any)
	var out []page.MenuItem
	for _, one := range list {
		m, _ := one.(map[string]any)
		item := page.MenuItem{Items: f.menu(r, m["items"])}
		item.Label, _ = m["label"].(string)
		if l, ok := m["entry"].(query.Link); ok {
			item.URL = l.URL
			if col := f.Lists[l.ID]; col != nil {
				item.URL = r.ListAddress(col)
			}
			if item.Label == "" {
				item.Label = l.Title
			}
		} else if to, _ := m["url"].(string); to != "" {
			item.URL = r.Inside(to)
		}
		if item.Label != "" && (item.URL != "" || len(item.Items) > 0) {
			out = append(out, item)
		}
	}
	return out
}

// pages reads the tree of pages in the language of the frame.
func (f *Frame) pages(r *reader.Reader) error {
	for _, col := range f.Collections {
		if !col.Tree || col.Path == "" {
			continue
		}
		after := ""
		for f.Tree.Size() < maxTree {
			fields := []string{schema.SysParent}
			for _, name := range []string{"menu_label", "hidden"} {
				if col.FieldNamed(name) != nil {
					fields = append(fields, name)
				}
			}
			if title := col.Field(col.Title); title != nil {
				fields = append(fields, title.Name)
			}
			found, err := r.Engine.Find(r.Ctx, r.By, col.Name, query.Params{Locale: r.Locale, Present: true,
				Fields: strings.Join(fields, ","), Sort: schema.SysPosition, Page: query.Page{Size: query.MaxPage, After: after}})
			if problem.KindOf(err) == problem.NotFound {
				break
			}
			if err != nil {
				return err
			}
			r.Note(found.Basis)
			for _, it := range found.Items {
				if list := f.Lists[it.ID]; list != nil {
					it.URL = r.ListAddress(list)
				}
				f.Tree.Add(it)
			}
			if after = found.Next; after == "" {
				break
			}
		}
	}
	f.Tree.Link()
	return nil
}
