// Package layout fills pages: blocks of text flow through columns and from
// page to page, beside one another where a book has two languages. It draws as
// it goes and keeps no page open, so that a thick book takes little memory.
package layout

import (
	"slices"

	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
)

// Geometry is the form of the pages, in points.
type Geometry struct {
	W, H                      float64
	Top, Bottom, Inner, Outer float64
	RightToLeft               bool // is bound on the right
}

// Align is where lines stand.
type Align int

// Start is where the language begins its lines.
const (
	Start Align = iota
	Center
	End
)

// Link is where a marked part of a text leads.
type Link struct {
	To, Address string // a place in the book, or an address outside
	Alt         string
}

// Block is a paragraph that is ready to be set.
type Block struct {
	// Elem is what the block is; nil is an ornament.
	Elem   *pdf.Elem
	Text   typeset.Paragraph
	Align  Align
	Before float64 // room above, unless it is the first on a page
	After  float64
	Indent float64 // on the side where lines begin
	// Leading is the distance of lines in relation to their size; 0 is 1.35.
	Leading float64
	Keep    bool // on one page with the block that follows
	// Bullet stands before the first line, in the indent; BulletElem is its
	// element.
	Bullet     string
	BulletElem *pdf.Elem
	Links      []Link // by the marks of the spans, from 1
	// Number is printed at the end of the last line, after a row of dots.
	Number string
	// Place names where the block stands, for links; Mark adds it to the
	// outline.
	Placed func(p *pdf.Page, y float64)
}

// Cell is a column of blocks in a row. X is from the left of the flow's own
// column.
type Cell struct {
	X, Width float64
	Blocks   []Block
}

// Press has what all flows of a book share.
type Press struct {
	Doc   *pdf.Doc
	Set   *typeset.Setter
	fonts []*pdf.Font
	Pages []*pdf.Page // all of them, as they were begun
}

// NewPress makes a press for a file.
func NewPress(doc *pdf.Doc, set *typeset.Setter) (*Press, error) {
	p := &Press{Doc: doc, Set: set}
	for i, name := range typeset.Names {
		data, err := typeset.Data(i)
		if err != nil {
			return nil, err
		}
		f, err := doc.Font(name, data, func(glyph uint16) []pdf.Stroke { return set.Outline(i, glyph) })
		if err != nil {
			return nil, err
		}
		p.fonts = append(p.fonts, f)
	}
	return p, nil
}

// Flow is a part of a book that fills its own pages.
type Flow struct {
	*Press
	G       Geometry
	Columns int     // of a page; 0 is 1
	Gap     float64 // between them
	// First is the number of the part's first page, for the sides on which its
	// pages lie: odd ones are on the side where a book is opened.
	First int
	// Furnish draws what every page has, when it is full.
	Furnish func(p *pdf.Page, number int)

	pages []*pdf.Page
	col   int
	y     float64 // where the next line begins
	err   error
}

// Pages gives the pages of the part.
func (f *Flow) Pages() []*pdf.Page { return f.pages }

// Page is the one that is being filled, and Number its number.
func (f *Flow) Page() *pdf.Page {
	if len(f.pages) == 0 {
		f.NewPage()
	}
	return f.pages[len(f.pages)-1]
}

// Number of the page that is being filled.
func (f *Flow) Number() int { f.Page(); return f.First + len(f.pages) - 1 }

// Y is where the next block begins.
func (f *Flow) Y() float64 { f.Page(); return f.y }

// Down leaves room.
func (f *Flow) Down(h float64) { f.Page(); f.y -= h }

// Left is the left edge of what is printed on the page.
func (f *Flow) Left() float64 {
	f.Page()
	if f.right() {
		return f.G.Inner
	}
	return f.G.Outer
}

// right reports whether the page lies on the right of an open book.
func (f *Flow) right() bool { return (f.Number()%2 == 1) != f.G.RightToLeft }

// Width is that of a column.
func (f *Flow) Width() float64 {
	n := float64(max(1, f.Columns))
	return (f.G.W - f.G.Inner - f.G.Outer - (n-1)*f.Gap) / n
}

// X is the left edge of the present column.
func (f *Flow) X() float64 {
	at := f.col
	if f.G.RightToLeft {
		at = max(1, f.Columns) - 1 - f.col
	}
	return f.Left() + float64(at)*(f.Width()+f.Gap)
}

// NewPage begins a page.
func (f *Flow) NewPage() {
	f.finish()
	p := f.Doc.Page(f.G.W, f.G.H)
	f.pages = append(f.pages, p)
	f.Press.Pages = append(f.Press.Pages, p)
	f.col, f.y = 0, f.G.H-f.G.Top
}

// finish completes the page that was being filled.
func (f *Flow) finish() {
	if len(f.pages) == 0 {
		return
	}
	p := f.pages[len(f.pages)-1]
	if f.Furnish != nil {
		f.Furnish(p, f.First+len(f.pages)-1)
	}
	if err := p.Done(); err != nil && f.err == nil {
		f.err = err
	}
}

// Finish completes the part.
func (f *Flow) Finish() error {
	f.finish()
	return f.err
}

// next goes on in the next column.
func (f *Flow) next() {
	if f.col+1 < max(1, f.Columns) {
		f.col++
		f.y = f.G.H - f.G.Top
		return
	}
	f.NewPage()
}

// Room makes sure of a height in one piece; a column is begun where there is
// none.
func (f *Flow) Room(h float64) {
	f.Page()
	if f.y-h < f.G.Bottom && f.y < f.G.H-f.G.Top {
		f.next()
	}
}

// Put sets blocks one below the other.
func (f *Flow) Put(blocks ...Block) {
	f.Row(Cell{Width: f.Width(), Blocks: blocks})
}

// Row sets cells beside one another. Each goes on over as many pages as it
// takes; what follows begins below the longest.
func (f *Flow) Row(cells ...Cell) {
	f.Page()
	rows := make([]*stack, len(cells))
	for i, c := range cells {
		rows[i] = f.stack(c)
	}
	for {
		top, low := f.y, f.y
		more := false
		for _, r := range rows {
			low = min(low, r.fill(f, top))
			more = more || !r.empty()
		}
		f.y = low
		if !more {
			return
		}
		f.next()
	}
}

// stack is what is left of a cell.
type stack struct {
	cell   Cell
	blocks []set
}

// set is a block with its lines.
type set struct {
	Block
	lines []typeset.Line
	begun bool
}

func (f *Flow) stack(c Cell) *stack {
	s := &stack{cell: c}
	for _, b := range c.Blocks {
		b.Text.Width = c.Width - b.Indent
		if b.Number != "" {
			b.Text.Width -= numberRoom
		}
		if b.Leading == 0 {
			b.Leading = 1.35
		}
		s.blocks = append(s.blocks, set{Block: b, lines: f.Set.Lines(b.Text)})
	}
	return s
}

func (s *stack) empty() bool { return len(s.blocks) == 0 }

func (b *set) height(lines int) float64 {
	h := 0.0
	for _, l := range b.lines[:min(lines, len(b.lines))] {
		h += l.Size * b.Leading
	}
	return h
}

// needs is the height that the first block takes at least: with what it must
// stay together with.
func (s *stack) needs() float64 {
	h := 0.0
	for i := range s.blocks {
		b := &s.blocks[i]
		if i > 0 {
			h += b.Before
		}
		if !b.Keep {
			least := 2
			if len(b.lines) == 3 {
				least = 3 // else one line would stand alone
			}
			return h + b.height(least)
		}
		h += b.height(len(b.lines)) + b.After
	}
	return h
}

// fill sets as much as there is room for, and gives how far down that went.
func (s *stack) fill(f *Flow, top float64) float64 {
	y := top
	whole := f.G.H - f.G.Top
	for len(s.blocks) > 0 {
		b := &s.blocks[0]
		if !b.begun {
			start := y
			if y < whole {
				start -= b.Before
			}
			if start-s.needs() < f.G.Bottom && y < whole {
				return y
			}
			y, b.begun = start, true
			if b.Placed != nil {
				b.Placed(f.Page(), min(start+b.sizeOfFirst(), f.G.H))
			}
		}
		n := b.fits(y - f.G.Bottom)
		if n == 0 && y >= whole {
			n = 1 // else it would never end
		}
		y = f.draw(s.cell, b, n, y)
		if b.lines = b.lines[n:]; len(b.lines) > 0 {
			return y
		}
		y -= b.After
		s.blocks = slices.Delete(s.blocks, 0, 1)
	}
	return y
}

func (b *set) sizeOfFirst() float64 {
	if len(b.lines) == 0 {
		return 0
	}
	return b.lines[0].Size * 0.4
}

// fits is how many lines fit into a height, without leaving one alone on the
// next page.
func (b *set) fits(h float64) int {
	n := 0
	for n < len(b.lines) && b.height(n+1) <= h+0.01 {
		n++
	}
	if n == len(b.lines)-1 && n > 1 {
		n--
	}
	return n
}
