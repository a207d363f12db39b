package book

import (
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/book/layout"
	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
	"github.com/recueil-cms/recueil/core/content"
)

// profile sets one association: its head with the code that leads to its page,
// then its texts and facts; in a book of two languages one beside the other.
func (c *composer) profile(under *pdf.Elem, mark *pdf.Bookmark, p *profile) error {
	sect := under.Add("Sect")
	if err := c.profileHead(sect, mark, p); err != nil {
		return err
	}
	width := c.body.Width()
	gap := c.size * 2
	switch {
	case len(c.m.locales) == 2:
		half := (width - gap) / 2
		first := layout.Cell{Width: half}
		second := layout.Cell{X: half + gap, Width: half}
		if c.g.RightToLeft {
			first.X, second.X = second.X, first.X
		}
		for i, cell := range []*layout.Cell{&first, &second} {
			l := c.m.locales[i]
			e := sect.Add("Div")
			if l != c.l {
				e.Lang(string(l))
			}
			cell.Blocks = append(c.texts(e, p, l), c.facts(e, p, l)...)
		}
		c.body.Row(first, second)
	case c.o.Form.Paper == "a4":
		main := layout.Cell{Width: width*0.62 - gap/2}
		aside := layout.Cell{X: width*0.62 + gap/2, Width: width*0.38 - gap/2}
		if c.g.RightToLeft {
			main.X, aside.X = width-main.Width, 0
		}
		main.Blocks, aside.Blocks = c.texts(sect, p, c.l), c.facts(sect, p, c.l)
		if len(main.Blocks) == 0 {
			main = layout.Cell{Width: width, Blocks: aside.Blocks}
			aside = layout.Cell{}
		}
		c.body.Row(main, aside)
	default:
		c.body.Put(append(c.texts(sect, p, c.l), c.facts(sect, p, c.l)...)...)
	}
	c.body.Down(c.size * 1.6)
	return nil
}

// qrSide is the side of a code in points: 19 mm, 16 mm on the smaller paper.
func (c *composer) qrSide() float64 {
	if c.o.Form.Paper == "a5" {
		return 46
	}
	return 54
}

// profileHead sets the names, what the association is, and the code.
func (c *composer) profileHead(sect *pdf.Elem, mark *pdf.Bookmark, p *profile) error {
	s := p.sides[c.l]
	side := c.qrSide()
	width := c.body.Width() - side - 10
	blocks := c.names(sect, p)
	// The head stays in one piece, together with the beginning of a text.
	c.body.Room(side + c.size*7)
	pageBefore, top := c.body.Number(), c.body.Y()
	page, x := c.body.Page(), c.body.X()
	page.Open(nil)
	page.Area(x, top, c.body.Width(), 1.2, c.accent)
	page.Close()
	at := spot{name: "p" + strconv.Itoa(len(c.at)), page: pageBefore}
	c.at[p] = at
	c.doc.Place(at.name, page, top+6)
	c.doc.Bookmark(mark, plain(s.name), page, top+6)
	cell := layout.Cell{Width: width, Blocks: blocks}
	qx := x + width + 10
	if c.g.RightToLeft {
		cell.X, qx = side+10, x
	}
	figure := sect.Add("Figure")
	if err := layout.QR(page, figure, s.url, c.t(c.l, "book.qr_alt", "name", plain(s.name)), qx, top-side-5, side); err != nil {
		return err
	}
	c.body.Down(6)
	c.body.Row(cell)
	if c.body.Number() == pageBefore && top-c.body.Y() < side+8 {
		c.body.Down(side + 8 - (top - c.body.Y()))
	}
	return nil
}

// names are the blocks of the head.
func (c *composer) names(sect *pdf.Elem, p *profile) []layout.Block {
	s := p.sides[c.l]
	name := s.name
	if s.short != "" && !strings.Contains(name, s.short) {
		name += " (\u2068" + s.short + "\u2069)"
	}
	title := c.block(sect.Add("H2"), c.l, typeset.Style{Size: c.size * 1.5, Bold: true, Colour: ink}, name)
	title.Keep, title.Leading, title.After = true, 1.25, 2
	out := []layout.Block{title}
	other, locale := s.arabic, content.Locale("ar")
	if c.l == "ar" {
		other, locale = s.latin, "fr"
	}
	if other != "" && other != s.name {
		b := c.block(sect.Add("P"), locale, typeset.Style{Size: c.size * 1.15, Colour: grey}, other)
		if locale.RightToLeft() != c.l.RightToLeft() {
			b.Align = layout.End // below the name, where its line begins
		}
		b.Keep, b.After = true, 2
		out = append(out, b)
	}
	if len(s.line) > 0 {
		b := c.block(sect.Add("P"), c.l, c.style(-0.6, grey), strings.Join(s.line, " · "))
		b.Keep = true
		out = append(out, b)
	}
	online := sect.Add("P")
	b := c.block(online, c.l, c.style(-1.6, c.accent), "\u2066"+strings.TrimPrefix(strings.TrimPrefix(s.url, "https://"), "http://")+"\u2069")
	b.Text.Spans[0].Mark = 1
	b.Links = []layout.Link{{Address: s.url, Alt: c.t(c.l, "book.online", "name", plain(s.name))}}
	b.After = 4
	return append(out, b)
}

// texts are the longer texts of a profile in a language. One that is only in
// another language is set once, where the book has no column for it, and says
// so.
func (c *composer) texts(e *pdf.Elem, p *profile, l content.Locale) []layout.Block {
	var out []layout.Block
	for _, t := range p.sides[l].texts {
		foreign := t.language != "" && t.language != l
		if foreign && c.has(t.language) {
			continue
		}
		title := t.label
		if foreign {
			title += " (" + c.t(t.language, "site.language") + ")"
		}
		h := c.block(e.Add("H3"), l, typeset.Style{Size: c.size * 0.95, Bold: true, Colour: c.accent}, title)
		h.Before, h.After, h.Keep = c.size*0.5, 1.5, true
		out = append(out, h)
		written := t.language
		if written == "" {
			written = l
		}
		out = append(out, c.passage(e, t, written)...)
	}
	return out
}

func (c *composer) has(l content.Locale) bool {
	for _, have := range c.m.locales {
		if have == l {
			return true
		}
	}
	return false
}

// passage sets the body of a text.
func (c *composer) passage(e *pdf.Elem, t passage, l content.Locale) []layout.Block {
	var out []layout.Block
	style := c.style(0, ink)
	if t.markup == "" {
		if len(t.lines) == 1 {
			b := c.block(e.Add("P"), l, style, t.lines[0])
			b.After = c.size * 0.5
			return []layout.Block{b}
		}
		items := e.Add("L").Numbered("Disc")
		for _, line := range t.lines {
			out = append(out, c.item(items, l, 1, "•", []typeset.Span{{Style: style, Text: line}}, nil))
		}
		return out
	}
	var items *pdf.Elem
	for _, piece := range c.pieces(t.markup, c.m.hidden) {
		spans, links := c.spans(piece, style)
		switch {
		case piece.item != "":
			if items == nil {
				items = e.Add("L").Numbered("Disc")
			}
			out = append(out, c.item(items, l, piece.depth, piece.item, spans, links))
			continue
		case piece.heading:
			for i := range spans {
				spans[i].Bold = true
			}
		}
		items = nil
		kind := "P"
		if piece.heading {
			kind = "H4"
		}
		b := c.block(e.Add(kind), l, style, "")
		b.Text.Spans, b.Links, b.Keep = spans, links, piece.heading
		b.After = c.size * 0.5
		if piece.heading {
			b.After = c.size * 0.2
		}
		out = append(out, b)
	}
	return out
}

// spans gives the words of a piece in their styles, with their links.
func (c *composer) spans(p piece, style typeset.Style) ([]typeset.Span, []layout.Link) {
	var spans []typeset.Span
	var links []layout.Link
	for _, w := range p.spans {
		span := typeset.Span{Style: style, Text: w.text}
		span.Bold, span.Italic = w.bold, w.italic
		if w.address != "" {
			links = append(links, layout.Link{Address: w.address, Alt: strings.TrimSpace(w.text)})
			span.Mark, span.Colour = len(links), c.accent
		}
		spans = append(spans, span)
	}
	return spans, links
}

func (c *composer) item(list *pdf.Elem, l content.Locale, depth int, bullet string, spans []typeset.Span, links []layout.Link) layout.Block {
	li := list.Add("LI")
	sign := li.Add("Lbl")
	b := c.block(li.Add("LBody"), l, c.style(0, ink), "")
	b.Text.Spans, b.Links = spans, links
	b.Bullet, b.BulletElem, b.Indent, b.After = bullet, sign, c.size*1.2*float64(max(1, depth)), c.size*0.2
	return b
}

// facts are the short values of a profile, a line each.
func (c *composer) facts(e *pdf.Elem, p *profile, l content.Locale) []layout.Block {
	var out []layout.Block
	for _, f := range p.sides[l].facts {
		name := c.style(-1, c.accent)
		name.Bold = true
		b := c.block(e.Add("P"), l, name, "")
		b.Text.Spans = []typeset.Span{{Style: name, Text: c.t(l, "book.label", "label", f.label) + " "}, {Style: c.style(-1, ink), Text: f.text}}
		b.After, b.Leading = c.size*0.22, 1.3
		out = append(out, b)
	}
	if len(out) > 0 {
		out[0].Before = c.size * 0.5
	}
	return out
}
