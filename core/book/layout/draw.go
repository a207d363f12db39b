package layout

import (
	"cmp"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
)

// numberRoom is kept for a page number at the end of a line, in points.
const numberRoom = 34

// draw draws the first lines of a block below y, and gives where it ended.
func (f *Flow) draw(c Cell, b *set, lines int, y float64) float64 {
	p, left := f.Page(), f.X()+c.X
	links := map[int]*pdf.Elem{}
	for i, line := range b.lines[:lines] {
		step := line.Size * b.Leading
		base := y - (step-line.Size)/2 - line.Size*0.8
		if b.Bullet != "" {
			f.bullet(b, left, c.Width, base, line.Size)
		}
		x := left + b.offset(line.Width)
		if b.Text.RightToLeft {
			x = left + c.Width - b.Indent - line.Width - b.offset(line.Width)
		}
		f.line(p, b, line, x, base, links)
		if b.Number != "" && i == len(b.lines)-1 {
			f.number(p, b, line, left, c.Width, x, base)
		}
		y -= step
	}
	return y
}

// offset is how far a line is from where its language begins lines.
func (b *set) offset(width float64) float64 {
	indent := b.Indent
	if b.Text.RightToLeft {
		indent = 0
	}
	switch b.Align {
	case Center:
		return indent + (b.Text.Width-width)/2
	case End:
		return indent + b.Text.Width - width
	}
	return indent
}

// line draws the runs of a line in the order in which they are read.
func (f *Flow) line(p *pdf.Page, b *set, line typeset.Line, x, base float64, links map[int]*pdf.Elem) {
	runs := slices.Clone(line.Runs)
	slices.SortStableFunc(runs, func(a, b typeset.Run) int { return cmp.Compare(a.Order, b.Order) })
	for i := 0; i < len(runs); {
		mark, to := runs[i].Mark, i
		for to < len(runs) && runs[to].Mark == mark {
			to++
		}
		elem := b.Elem
		if mark > 0 && mark <= len(b.Links) && elem != nil {
			if links[mark] == nil {
				links[mark] = b.Elem.Add("Link")
			}
			elem = links[mark]
		}
		p.Open(elem)
		for _, r := range runs[i:to] {
			p.Text(f.fonts[r.Font], r.Size, x+r.X, base, r.Colour, r.RightToLeft, r.Glyphs)
		}
		p.Close()
		if elem != b.Elem {
			l := b.Links[mark-1]
			lo, hi := extent(runs[i:to])
			f.lay(p, elem, x+lo, base-line.Size*0.25, hi-lo, line.Size*1.2, l)
		}
		i = to
	}
}

func extent(runs []typeset.Run) (lo, hi float64) {
	lo, hi = runs[0].X, runs[0].X+runs[0].Width
	for _, r := range runs[1:] {
		lo, hi = min(lo, r.X), max(hi, r.X+r.Width)
	}
	return lo, hi
}

func (f *Flow) lay(p *pdf.Page, e *pdf.Elem, x, y, w, h float64, l Link) {
	if l.To != "" {
		p.LinkTo(e, x, y, w, h, l.To, l.Alt)
		return
	}
	p.LinkOut(e, x, y, w, h, l.Address, l.Alt)
}

// bullet draws the sign of a list's item once.
func (f *Flow) bullet(b *set, left, width, base, size float64) {
	style := b.Text.Spans[0].Style
	style.Size, style.Bold, style.Italic = size, false, false
	f.Say(f.Page(), b.BulletElem, style, b.Text.RightToLeft, b.Bullet, left, base, width, Start)
	b.Bullet = ""
}

// number draws a page number, and the dots that lead to it.
func (f *Flow) number(p *pdf.Page, b *set, line typeset.Line, left, width, x, base float64) {
	style := b.Text.Spans[len(b.Text.Spans)-1].Style
	style.Bold, style.Italic = false, false
	rtl := b.Text.RightToLeft
	elem := b.Elem
	if len(b.Links) > 0 {
		elem = b.Elem.Add("Link")
	}
	w := f.Say(p, elem, style, rtl, b.Number, left, base, width, End)
	if len(b.Links) > 0 {
		at := left + width - w
		if rtl {
			at = left
		}
		f.lay(p, elem, at, base-style.Size*0.25, w, style.Size*1.2, b.Links[0])
	}
	from, to := x+line.Width+3, left+width-w-3
	if rtl {
		from, to = left+w+3, x-3
	}
	const pitch = 4.0
	var dots [][4]float64
	for at := float64(int(from/pitch)+1) * pitch; at < to-0.6; at += pitch {
		dots = append(dots, [4]float64{at, base, 0.6, 0.6})
	}
	if len(dots) > 0 {
		p.Open(nil)
		p.Areas(dots, pdf.Colour{R: 0.6, G: 0.6, B: 0.6})
		p.Close()
	}
}

// Say writes one line at a height, and gives its width. A nil element is an
// ornament.
func (f *Press) Say(p *pdf.Page, e *pdf.Elem, style typeset.Style, rtl bool, text string, left, base, width float64, align Align) float64 {
	language := "fr"
	if rtl {
		language = "ar"
	}
	lines := f.Set.Lines(typeset.Paragraph{Spans: []typeset.Span{{Style: style, Text: strings.TrimSpace(text)}}, Language: language, RightToLeft: rtl, Width: 10_000})
	if len(lines) == 0 {
		return 0
	}
	line := lines[0]
	x := left
	if atEnd := align == End; atEnd != rtl && align != Center {
		x = left + width - line.Width
	}
	if align == Center {
		x = left + (width-line.Width)/2
	}
	p.Open(e)
	for _, r := range line.Runs {
		p.Text(f.fonts[r.Font], r.Size, x+r.X, base, r.Colour, r.RightToLeft, r.Glyphs)
	}
	p.Close()
	return line.Width
}
