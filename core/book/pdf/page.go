package pdf

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Colour is a colour of the screen, 0 to 1 each.
type Colour struct{ R, G, B float64 }

// Page is a page that is being filled. Measures are in points, from the lower
// left corner.
type Page struct {
	doc    *Doc
	ref    int
	W, H   float64
	label  string
	buf    bytes.Buffer
	packed []byte // once it is closed
	owners []*Elem
	parent int // place in the parent tree
	fonts  map[*Font]bool
	links  []link
	fill   Colour
}

type link struct {
	ref, parent int
	box         [4]float64
	to, address string
	alt         string
}

// Page begins a page.
func (d *Doc) Page(w, h float64) *Page {
	p := &Page{doc: d, ref: d.reserve(), W: w, H: h, parent: len(d.parents), fonts: map[*Font]bool{}}
	d.pages = append(d.pages, p)
	d.parents = append(d.parents, p)
	return p
}

// Label is the number printed on the page where it is not the place in the
// file.
func (p *Page) Label(label string) { p.label = label }

// Open begins content of an element, Close ends it. nil is content that is no
// part of what is read: ornaments, running heads.
func (p *Page) Open(e *Elem) {
	if e == nil {
		p.buf.WriteString("/Artifact BMC\n")
		return
	}
	if e.page == nil {
		e.page = p
	}
	mcid := len(p.owners)
	p.owners = append(p.owners, e)
	e.kids = append(e.kids, kid{page: p, mcid: mcid})
	fmt.Fprintf(&p.buf, "/%s << /MCID %d >> BDC\n", e.kind, mcid)
}

// Close ends the content begun last.
func (p *Page) Close() { p.buf.WriteString("EMC\n") }

// Glyph is one shaped glyph: where its origin is relative to where the pen
// stands, how far the pen goes on, and the text that it stands for. A glyph
// without a text, such as a vowel mark whose letter stands for both, is drawn
// as a shape: those who read the text out of the file meet each letter once,
// on its line. Measures are in thousandths of the size.
type Glyph struct {
	ID      uint16
	Advance int
	DX, DY  int
	Text    string
}

// Text draws glyphs in the order from left to right, the first at x, y. Those
// of a script that is read from right to left are marked as such.
func (p *Page) Text(f *Font, size, x, y float64, colour Colour, reversed bool, glyphs []Glyph) {
	p.fonts[f] = true
	if reversed {
		p.buf.WriteString("/ReversedChars BMC\n")
	}
	p.colour(colour)
	fmt.Fprintf(&p.buf, "BT /%s %s Tf %s %s Td ", f.name, num(size), num(x), num(y))
	w := writer{Page: p, font: f, size: size}
	pen := 0
	for _, g := range glyphs {
		if g.Text != "" {
			if reversed {
				g.Text = backwards(g.Text)
			}
			w.glyph(g)
		} else {
			w.lead += g.Advance
		}
	}
	w.finish()
	if w.rise != 0 {
		p.buf.WriteString("0 Ts ")
	}
	p.buf.WriteString("ET\n")
	for _, g := range glyphs {
		if g.Text == "" {
			p.shape(f, size/1000, x+float64(pen+g.DX)*size/1000, y+float64(g.DY)*size/1000, g.ID)
		}
		pen += g.Advance
	}
	if reversed {
		p.buf.WriteString("EMC\n")
	}
}

// backwards turns a text round. Programs that read text out of a file find
// what is read from right to left in the order in which it stands, and turn it
// round, letter by letter: also within what one glyph stands for.
func backwards(text string) string {
	runes := []rune(text)
	slices.Reverse(runes)
	return string(runes)
}

// writer writes the glyphs of one text.
type writer struct {
	*Page
	font *Font
	size float64
	rise int
	open bool // in an array
	lead int  // how far the pen stands to the left of where it should
}

func (w *writer) finish() {
	if w.open {
		w.buf.WriteString("] TJ ")
		w.open = false
	}
}

func (w *writer) glyph(g Glyph) {
	if g.DY != w.rise {
		w.finish()
		w.rise = g.DY
		fmt.Fprintf(&w.buf, "%s Ts ", num(float64(w.rise)*w.size/1000))
	}
	if !w.open {
		w.buf.WriteString("[")
		w.open = true
	}
	if shift := w.lead + g.DX; shift != 0 {
		fmt.Fprintf(&w.buf, "%d", -shift)
	}
	cid, width := w.font.use(g)
	fmt.Fprintf(&w.buf, "<%04X>", cid)
	w.lead = g.Advance - g.DX - width
}

// shape fills the outline of a glyph at a point.
func (p *Page) shape(f *Font, scale, x, y float64, glyph uint16) {
	strokes := f.outline(glyph)
	for _, s := range strokes {
		n := 2
		if s.Op == 'c' {
			n = 6
		}
		for i := 0; i < n; i += 2 {
			fmt.Fprintf(&p.buf, "%s %s ", num(x+s.Points[i]*scale), num(y+s.Points[i+1]*scale))
		}
		p.buf.WriteByte(s.Op)
		p.buf.WriteByte(' ')
	}
	if len(strokes) > 0 {
		p.buf.WriteString("f\n")
	}
}

func (p *Page) colour(c Colour) {
	if c != p.fill {
		fmt.Fprintf(&p.buf, "%s %s %s rg ", num(c.R), num(c.G), num(c.B))
		p.fill = c
	}
}

// Area fills a rectangle.
func (p *Page) Area(x, y, w, h float64, c Colour) {
	p.colour(c)
	fmt.Fprintf(&p.buf, "%s %s %s %s re f\n", num(x), num(y), num(w), num(h))
}

// Areas fills rectangles of x, y, width and height.
func (p *Page) Areas(boxes [][4]float64, c Colour) {
	p.colour(c)
	for _, b := range boxes {
		fmt.Fprintf(&p.buf, "%s %s %s %s re ", num(b[0]), num(b[1]), num(b[2]), num(b[3]))
	}
	p.buf.WriteString("f\n")
}

// LinkTo lays a link over a box: to the place of a name. alt says where it
// leads. The element holds the text of the link.
func (p *Page) LinkTo(e *Elem, x, y, w, h float64, to, alt string) {
	p.link(e, link{box: [4]float64{x, y, x + w, y + h}, to: to, alt: alt})
}

// LinkOut lays a link to an address over a box.
func (p *Page) LinkOut(e *Elem, x, y, w, h float64, address, alt string) {
	p.link(e, link{box: [4]float64{x, y, x + w, y + h}, address: address, alt: alt})
}

func (p *Page) link(e *Elem, l link) {
	l.ref, l.parent = p.doc.reserve(), len(p.doc.parents)
	p.doc.parents = append(p.doc.parents, e)
	if e.page == nil {
		e.page = p
	}
	e.kids = append(e.kids, kid{page: p, link: l.ref})
	p.links = append(p.links, l)
}

// Done says that little more will be drawn: what is there is packed, so that a
// thick book takes little memory.
func (p *Page) Done() error {
	packed, err := deflate(p.buf.Bytes())
	if err != nil {
		return err
	}
	p.packed, p.buf = packed, bytes.Buffer{}
	p.fill = Colour{-1, -1, -1} // a stream of its own: whatever the one before left
	return nil
}

func (d *Doc) writePages() error {
	var kids strings.Builder
	for _, p := range d.order {
		if err := p.write(); err != nil {
			return err
		}
		fmt.Fprintf(&kids, " %d 0 R", p.ref)
	}
	for _, p := range d.pages { // those left out
		if d.objects[p.ref-1] == nil {
			if len(p.owners) > 0 || len(p.links) > 0 {
				return fmt.Errorf("pdf: a page with content is left out")
			}
			d.set(p.ref, "null")
		}
	}
	d.set(d.pageTree, "<< /Type /Pages /Count %d /Kids [%s ] >>", len(d.order), kids.String())
	return nil
}

func (p *Page) write() error {
	var contents []string
	if p.packed != nil {
		contents = append(contents, fmt.Sprintf("%d 0 R", p.doc.raw("/Filter /FlateDecode", p.packed)))
	}
	if p.buf.Len() > 0 || len(contents) == 0 {
		ref, err := p.doc.stream("", p.buf.Bytes())
		if err != nil {
			return err
		}
		contents = append(contents, fmt.Sprintf("%d 0 R", ref))
	}
	var fonts, annots strings.Builder
	for _, f := range p.doc.fonts {
		if p.fonts[f] {
			fmt.Fprintf(&fonts, " /%s %d 0 R", f.name, f.ref)
		}
	}
	for _, l := range p.links {
		target := fmt.Sprintf("/Dest /%s", l.to)
		if l.address != "" {
			target = fmt.Sprintf("/A << /S /URI /URI %s >>", plainText(l.address))
		}
		p.doc.set(l.ref, "<< /Type /Annot /Subtype /Link /Rect [%s %s %s %s] /Border [0 0 0] /F 4 /StructParent %d /Contents %s %s >>",
			num(l.box[0]), num(l.box[1]), num(l.box[2]), num(l.box[3]), l.parent, text(l.alt), target)
		fmt.Fprintf(&annots, " %d 0 R", l.ref)
	}
	tabs := ""
	if len(p.links) > 0 {
		tabs = " /Tabs /S /Annots [" + annots.String() + " ]"
	}
	p.doc.set(p.ref, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources << /Font <<%s >> >> /Contents [%s] /StructParents %d%s >>",
		p.doc.pageTree, num(p.W), num(p.H), fonts.String(), strings.Join(contents, " "), p.parent, tabs)
	p.packed, p.buf = nil, bytes.Buffer{}
	return nil
}
