package book

import (
	"cmp"
	"slices"
	"strconv"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/book/layout"
	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
)

// What stands before and behind the chapters.

// cover sets the title page, and behind it the page that says what this is.
func (c *composer) cover() error {
	f := c.front
	sect := c.doc.Root().Add("Sect")
	p := f.Page()
	band := c.g.H * 0.56
	p.Open(nil)
	p.Area(0, c.g.H-band, c.g.W, band, c.accent)
	p.Close()
	white := pdf.Colour{R: 1, G: 1, B: 1}
	f.Down(band * 0.36)
	var blocks []layout.Block
	for i, l := range c.m.locales {
		site := c.block(sect.Add("P"), l, typeset.Style{Size: c.size * 1.5, Bold: true, Colour: white}, c.m.site[l])
		site.After = c.size
		title := c.block(sect.Add("P"), l, typeset.Style{Size: c.size * 3.4, Bold: true, Colour: white}, c.title(l))
		title.After, title.Leading = c.size, 1.2
		if i > 0 {
			title.Text.Spans[0].Size = c.size * 2.6
			blocks = append(blocks, title)
			continue
		}
		blocks = append(blocks, site, title)
	}
	f.Put(blocks...)
	if below := c.g.H - band - c.size*3; f.Y() > below {
		f.Down(f.Y() - below)
	}
	blocks = nil
	for _, l := range c.m.locales {
		if tag := c.m.tagline[l]; tag != "" {
			b := c.block(sect.Add("P"), l, c.style(3, ink), tag)
			b.After = c.size
			blocks = append(blocks, b)
		}
		b := c.block(sect.Add("P"), l, c.style(1, grey), c.t(l, "book.count", "n", len(c.m.profiles))+" · "+c.t(l, "book.made", "date", c.date(l)))
		b.After = c.size * 1.6
		blocks = append(blocks, b)
	}
	f.Put(blocks...)
	return c.imprint(sect)
}

func (c *composer) imprint(sect *pdf.Elem) error {
	f := c.front
	f.NewPage()
	f.Down(c.g.H * 0.42)
	for _, l := range c.m.locales {
		address := c.BaseURL()
		if path := c.o.Address[l]; path != "" {
			address += path
		} else {
			address += "/" + string(l) + "/"
		}
		var blocks []layout.Block
		for _, text := range []string{
			c.t(l, "book.imprint", "site", c.m.site[l], "date", c.date(l)),
			c.t(l, "book.imprint_personal"),
			c.t(l, "book.imprint_qr"),
		} {
			b := c.block(sect.Add("P"), l, c.style(0, ink), text)
			b.After = c.size * 0.7
			blocks = append(blocks, b)
		}
		b := c.block(sect.Add("P"), l, c.style(0, c.accent), "\u2066"+address+"\u2069")
		b.Text.Spans[0].Mark, b.After = 1, c.size*2
		b.Links = []layout.Link{{Address: address, Alt: address}}
		f.Put(append(blocks, b)...)
	}
	return nil
}

// tableOfContents is set last and bound first.
func (c *composer) tableOfContents() {
	f := c.contents
	f.Gap = c.size * 2.4
	if c.o.Form.Paper == "a4" && len(c.m.profiles) > 40 {
		f.Columns = 2
	}
	toc := c.tocElem
	title := c.block(toc.Add("H1"), c.l, typeset.Style{Size: c.size * 2, Bold: true, Colour: c.accent}, c.t(c.l, "book.contents"))
	title.After, title.Keep = c.size*1.2, true
	f.Put(title)
	list := toc.Add("TOC")
	for _, h := range c.heads {
		b := c.entry(list, c.l, h.title, h.spot)
		for i := range b.Text.Spans {
			b.Text.Spans[i].Bold = true
		}
		b.Before, b.Keep = c.size*0.7, true
		f.Put(b)
		for _, p := range h.profiles {
			e := c.entry(list, c.l, p.sides[c.l].name, c.at[p])
			e.Indent = c.size
			f.Put(e)
		}
	}
}

// entry is a line with a page number.
func (c *composer) entry(list *pdf.Elem, l content.Locale, text string, at spot) layout.Block {
	item := list.Add("TOCI")
	b := c.block(item.Add("Reference"), l, c.style(-0.4, ink), text)
	b.Text.Spans[0].Mark = 1
	b.Links = []layout.Link{{To: at.name, Alt: c.t(c.l, "book.to_page", "page", at.page)}}
	b.Number, b.After = strconv.Itoa(at.page), 1.5
	return b
}

// indexes are by theme, by wilaya and by name.
func (c *composer) indexes() {
	for _, l := range c.m.locales {
		c.index(l, "book.index_themes", c.byLink(l, func(s *side) []query.Link { return s.themes }))
		c.index(l, "book.index_wilayas", c.byLink(l, func(s *side) []query.Link { return s.places }))
	}
	for _, l := range c.m.locales {
		c.index(l, "book.index_names", c.byName(l))
	}
}

// group is a heading of an index with what it leads to.
type group struct {
	title    string
	profiles []*profile
}

// byLink groups the profiles by what they are filed under.
func (c *composer) byLink(l content.Locale, links func(*side) []query.Link) []group {
	at := map[content.EntryID]int{}
	var out []group
	for _, p := range c.m.profiles {
		seen := map[content.EntryID]bool{}
		for _, link := range links(p.sides[l]) {
			if seen[link.ID] {
				continue
			}
			seen[link.ID] = true
			i, ok := at[link.ID]
			if !ok {
				i = len(out)
				at[link.ID] = i
				out = append(out, group{title: link.Title})
			}
			out[i].profiles = append(out[i].profiles, p)
		}
	}
	order := collate.New(language.Make(string(l)))
	slices.SortStableFunc(out, func(a, b group) int { return order.CompareString(a.title, b.title) })
	return out
}

// byName groups them by the first letter of their names.
func (c *composer) byName(l content.Locale) []group {
	order := collate.New(language.Make(string(l)))
	sorted := slices.Clone(c.m.profiles)
	slices.SortStableFunc(sorted, func(a, b *profile) int {
		return cmp.Or(order.CompareString(a.sides[l].name, b.sides[l].name), cmp.Compare(a.id, b.id))
	})
	var out []group
	for _, p := range sorted {
		first := initial(p.sides[l].name)
		if len(out) == 0 || out[len(out)-1].title != first {
			out = append(out, group{title: first})
		}
		out[len(out)-1].profiles = append(out[len(out)-1].profiles, p)
	}
	return out
}

// initial is the letter under which a name stands: without marks, and all
// forms of alif as one.
func initial(name string) string {
	for _, r := range norm.NFD.String(name) {
		if unicode.IsLetter(r) {
			return string(unicode.ToUpper(r))
		}
		if unicode.IsDigit(r) {
			return "0–9"
		}
	}
	return "…"
}

// index sets one index, in two columns.
func (c *composer) index(l content.Locale, key string, groups []group) {
	if len(groups) == 0 {
		return
	}
	f := c.back
	if len(f.Pages()) > 0 {
		f.NewPage()
	}
	f.Columns, f.Gap = 2, c.size*2.4
	title := c.t(l, key)
	c.running = title
	sect := c.doc.Root().Add("Sect")
	if l != c.l {
		sect.Lang(string(l))
	}
	h := c.block(sect.Add("H1"), l, typeset.Style{Size: c.size * 1.7, Bold: true, Colour: c.accent}, title)
	h.After, h.Keep, h.Leading = c.size, true, 1.25
	h.Placed = func(p *pdf.Page, y float64) {
		at := spot{name: "i" + strconv.Itoa(len(c.heads)), page: f.Number()}
		c.doc.Place(at.name, p, y+8)
		c.doc.Bookmark(nil, title, p, y+8)
		c.heads = append(c.heads, head{title: title, spot: at})
	}
	f.Put(h)
	for _, g := range groups {
		b := c.block(sect.Add("H2"), l, typeset.Style{Size: c.size, Bold: true, Colour: c.accent}, g.title)
		b.Before, b.After, b.Keep = c.size*0.7, 1.5, true
		list := sect.Add("L").Numbered("None")
		blocks := []layout.Block{b}
		for _, p := range g.profiles {
			at := c.at[p]
			e := c.block(list.Add("LI").Add("LBody"), l, c.style(-0.8, ink), p.sides[l].name)
			e.Text.Spans[0].Mark = 1
			e.Links = []layout.Link{{To: at.name, Alt: c.t(l, "book.to_page", "page", at.page)}}
			e.Number, e.After = strconv.Itoa(at.page), 1.2
			blocks = append(blocks, e)
		}
		f.Put(blocks...)
	}
}
