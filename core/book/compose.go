package book

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/book/layout"
	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Facts are what is known of a book that was made.
type Facts struct {
	Pages    int `json:"pages"`
	Profiles int `json:"profiles"`
}

// Make reads what the book holds, sets it and writes it. ctx and the limits
// bound it.
func (s Source) Make(ctx context.Context, o Order, w io.Writer) (Facts, error) {
	ctx, cancel := context.WithTimeout(ctx, MaxTime)
	defer cancel()
	m, err := s.gather(ctx, o.Form.Locales)
	if err != nil {
		return Facts{}, err
	}
	set, err := typeset.New()
	if err != nil {
		return Facts{}, err
	}
	c := &composer{Source: s, o: o, m: m, l: o.Form.Locales[0], accent: colour(m.accent), set: set}
	if err := c.compose(ctx); err != nil {
		return Facts{}, err
	}
	return Facts{Pages: len(c.order), Profiles: len(m.profiles)}, c.doc.Write(w)
}

// composer sets a manuscript.
type composer struct {
	Source
	o      Order
	m      *manuscript
	l      content.Locale // the first
	accent pdf.Colour
	set    *typeset.Setter
	doc    *pdf.Doc
	press  *layout.Press
	g      layout.Geometry
	size   float64 // of the running text

	front, contents, body, back *layout.Flow
	tocElem                     *pdf.Elem
	order                       []*pdf.Page
	running                     string // head of the page
	at                          map[*profile]spot
	heads                       []head
}

// spot is where something stands in the book.
type spot struct {
	name string // of the place
	page int
}

// head is a chapter as the table of contents has it.
type head struct {
	title    string
	spot     spot
	profiles []*profile
}

var (
	ink  = pdf.Colour{R: 0.08, G: 0.09, B: 0.1}
	grey = pdf.Colour{R: 0.34, G: 0.36, B: 0.38}
	rule = pdf.Colour{R: 0.8, G: 0.8, B: 0.8}
)

// colour reads "#0b5d3b"; anything else, or a colour too light to be read on
// paper, is our own.
func colour(hex string) pdf.Colour {
	v, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	c := pdf.Colour{R: float64(v>>16&255) / 255, G: float64(v>>8&255) / 255, B: float64(v&255) / 255}
	if err != nil || len(hex) != 7 || 0.3*c.R+0.59*c.G+0.11*c.B > 0.42 {
		return pdf.Colour{R: 11.0 / 255, G: 93.0 / 255, B: 59.0 / 255}
	}
	return c
}

func (c *composer) geometry() {
	c.g = layout.Geometry{W: 595.276, H: 841.89, Top: 68, Bottom: 64, Inner: 62, Outer: 52, RightToLeft: c.l.RightToLeft()}
	c.size = 9.6
	if c.o.Form.Paper == "a5" {
		c.g = layout.Geometry{W: 419.528, H: 595.276, Top: 52, Bottom: 50, Inner: 48, Outer: 38, RightToLeft: c.l.RightToLeft()}
		c.size = 8.8
	}
}

// t gives a text of the catalogue; args are names and values in turn.
func (c *composer) t(l content.Locale, key string, args ...any) string {
	m := map[string]any{}
	for i := 0; i+1 < len(args); i += 2 {
		m[args[i].(string)] = args[i+1] //nolint:forcetypeassert // written in this package
	}
	return c.Texts.Text(string(l), key, m)
}

// title of the book, and of the edition.
func (c *composer) title(l content.Locale) string {
	if t := c.o.Title[l]; t != "" {
		return t
	}
	for _, t := range c.o.Form.Locales {
		if c.o.Title[t] != "" {
			return c.o.Title[t]
		}
	}
	return c.t(l, "book.title")
}

func (c *composer) date(l content.Locale) string {
	return wording.Date(c.o.Made.Format(time.DateOnly), l)
}

func (c *composer) compose(ctx context.Context) error {
	c.geometry()
	c.at = map[*profile]spot{}
	c.doc = pdf.New(pdf.Info{Title: c.title(c.l), Author: c.m.site[c.l], Subject: c.t(c.l, "book.subject", "site", c.m.site[c.l]),
		Language: string(c.l), Program: "Recueil", Created: c.o.Made, RightToLeft: c.l.RightToLeft()})
	var err error
	if c.press, err = layout.NewPress(c.doc, c.set); err != nil {
		return err
	}
	flow := func() *layout.Flow { return &layout.Flow{Press: c.press, G: c.g, First: 1, Furnish: c.furnish} }
	c.front, c.contents, c.body, c.back = flow(), flow(), flow(), flow()
	c.front.Furnish, c.contents.Furnish = nil, c.label
	c.contents.First = 3
	if err := c.cover(); err != nil {
		return err
	}
	c.tocElem = c.doc.Root().Add("Sect")
	c.doc.Bookmark(nil, c.t(c.l, "book.contents"), c.contents.Page(), c.g.H)
	if err := c.chapters(ctx); err != nil {
		return err
	}
	if err := c.body.Finish(); err != nil {
		return err
	}
	c.back.First = c.body.Number() + 1
	c.indexes()
	c.tableOfContents()
	for _, f := range []*layout.Flow{c.front, c.contents, c.body, c.back} {
		if f != c.body {
			if err := f.Finish(); err != nil {
				return err
			}
		}
		c.order = append(c.order, f.Pages()...)
	}
	c.doc.Order(c.order)
	return nil
}

// style is the running text, larger by so many points.
func (c *composer) style(larger float64, col pdf.Colour) typeset.Style {
	return typeset.Style{Size: c.size + larger, Colour: col}
}

// block is a paragraph of one text.
func (c *composer) block(e *pdf.Elem, l content.Locale, s typeset.Style, text string) layout.Block {
	if e != nil && l != c.l {
		e.Lang(string(l))
	}
	return layout.Block{Elem: e, Text: typeset.Paragraph{Spans: []typeset.Span{{Style: s, Text: text}}, Language: string(l), RightToLeft: l.RightToLeft()}}
}

// furnish draws the head and the number of a page.
func (c *composer) furnish(p *pdf.Page, number int) {
	p.Label(strconv.Itoa(number))
	outerRight := (number%2 == 1) != c.g.RightToLeft
	left, width := c.g.Outer, c.g.W-c.g.Inner-c.g.Outer
	if outerRight {
		left = c.g.Inner
	}
	rtl := c.l.RightToLeft()
	align := layout.Start
	if outerRight != rtl {
		align = layout.End
	}
	foot := c.style(-1.4, grey)
	c.press.Say(p, nil, foot, rtl, strconv.Itoa(number), left, c.g.Bottom/2, width, align)
	opposite := layout.End
	if align == layout.End {
		opposite = layout.Start
	}
	c.press.Say(p, nil, foot, rtl, c.title(c.l), left, c.g.Bottom/2, width, opposite)
	top := c.g.H - c.g.Top*0.62
	c.press.Say(p, nil, foot, rtl, c.running, left, top, width, align)
	p.Open(nil)
	p.Area(left, top-6, width, 0.5, rule)
	p.Close()
}

// label numbers the pages before the first chapter.
func (c *composer) label(p *pdf.Page, number int) { p.Label("(" + strconv.Itoa(number) + ")") }

// chapters sets the body of the book.
func (c *composer) chapters(ctx context.Context) error {
	part := c.doc.Root().Add("Part")
	done := 0
	for i, ch := range c.m.chapters {
		sect := part.Add("Sect")
		title := c.chapterTitle(ch)
		if i > 0 {
			c.body.Down(c.size * 1.4)
		}
		c.body.Room(c.g.H * 0.25)
		c.running = title
		h := c.block(sect.Add("H1"), c.l, typeset.Style{Size: c.size * 2, Bold: true, Colour: c.accent}, title)
		h.After, h.Keep, h.Leading = c.size*1.2, true, 1.25
		at := head{title: title, spot: spot{name: "c" + strconv.Itoa(i)}, profiles: ch.profiles}
		var mark *pdf.Bookmark
		h.Placed = func(p *pdf.Page, y float64) {
			at.spot.page = c.body.Number()
			c.doc.Place(at.spot.name, p, y+8)
			mark = c.doc.Bookmark(nil, plain(title), p, y+8)
		}
		c.body.Put(h)
		for _, p := range ch.profiles {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("make the book: %w", problem.Wrap(err, problem.Unavailable, "book_too_slow", problem.Args{"minutes": int(MaxTime.Minutes())}))
			}
			if err := c.profile(sect, mark, p); err != nil {
				return err
			}
			if len(c.press.Pages) > MaxPages {
				return problem.New(problem.TooLarge, "book_too_thick", problem.Args{"limit": MaxPages})
			}
			done++
			c.o.progress(done, len(c.m.profiles))
		}
		c.heads = append(c.heads, at)
	}
	return nil
}

// chapterTitle is the name of the wilaya in the languages of the book.
func (c *composer) chapterTitle(ch *chapter) string {
	var parts []string
	for _, l := range c.m.locales {
		name := ch.title[l]
		if name == "" {
			name = c.t(l, "book.elsewhere")
		}
		if name = "\u2068" + name + "\u2069"; len(parts) == 0 || parts[0] != name {
			parts = append(parts, name)
		}
	}
	title := strings.Join(parts, " · ")
	if ch.code != "" {
		title = ch.code + " · " + title
	}
	return title
}

// plain takes out what only directs a text.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x2066 && r <= 0x2069 {
			return -1
		}
		return r
	}, s)
}

func itoa(n int) string { return strconv.Itoa(n) }
