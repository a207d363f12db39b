package documents

import (
	"fmt"
	"strconv"

	"github.com/recueil-cms/recueil/core/book/layout"
	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/plugins/host/tree"
)

// node sets one component; level is that of the next heading.
func (s *sheet) node(in *pdf.Elem, n *tree.Node, level int) error {
	text := func(name string) string { v, _ := n.Values[name].(string); return v }
	switch n.Type {
	case "stack", "grid":
		return s.children(in, n, level)
	case "section":
		in = in.Add("Sect")
		if title := text("title"); title != "" {
			s.heading(in, title, level)
			level++
		}
		return s.children(in, n, level)
	case "heading":
		if l, ok := n.Values["level"]; ok {
			level, _ = strconv.Atoi(fmt.Sprint(l))
		}
		s.heading(in, text("text"), level)
	case "text", "badge":
		s.words(in.Add("P"), text("text"), look{size: s.sized(10.5, 13), after: s.sized(5, 9)})
	case "notice":
		if title := text("title"); title != "" {
			s.words(in.Add("P"), title, look{size: 10.5, bold: true, after: 2, keep: true})
		}
		s.words(in.Add("P"), text("text"), look{size: s.sized(10.5, 13), italic: !s.rtl, after: 6})
	case "stat":
		s.words(in.Add("P"), text("label")+" : "+text("value"), look{size: 10.5, after: 3})
	case "link":
		s.words(in.Add("P"), text("label"), look{size: 10.5, after: 3})
	case "empty":
		s.words(in.Add("P"), text("title"), look{size: 10.5, italic: !s.rtl, after: 5})
	case "divider":
		s.rule()
	case "facts":
		s.facts(in, n)
	case "list":
		s.list(in, n)
	case "table":
		s.table(in, n)
	}
	return nil
}

func (s *sheet) children(in *pdf.Elem, n *tree.Node, level int) error {
	for _, c := range n.Children {
		if err := s.node(in, c, level); err != nil {
			return err
		}
	}
	return nil
}

func (s *sheet) heading(in *pdf.Elem, text string, level int) {
	level = min(max(level, 2), 4)
	size := []float64{13.5, 11.5, 10.5}[level-2]
	s.words(in.Add(fmt.Sprintf("H%d", level)), text, look{size: s.sized(size, size+5), bold: true, before: s.sized(9, 14), after: s.sized(4, 10), keep: true})
}

// rule draws a line across.
func (s *sheet) rule() {
	s.flow.Room(14)
	s.flow.Down(6)
	p := s.flow.Page()
	p.Open(nil)
	p.Area(s.flow.X(), s.flow.Y(), s.flow.Width(), 0.6, pdf.Colour{R: 0.6, G: 0.6, B: 0.6})
	p.Close()
	s.flow.Down(8)
}

func items(n *tree.Node) []map[string]any {
	list, _ := n.Values["items"].([]any)
	var out []map[string]any
	for _, i := range list {
		if m, ok := i.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

func word(m map[string]any, name string) string { v, _ := m[name].(string); return v }

// facts sets labels beside their values.
func (s *sheet) facts(in *pdf.Elem, n *tree.Node) {
	l := in.Add("L")
	for _, i := range items(n) {
		li := l.Add("LI")
		label, value := li.Add("Lbl"), li.Add("LBody")
		if s.centered {
			s.words(label, word(i, "label")+" : "+word(i, "value"), look{size: 13, after: 6})
			continue
		}
		w := s.flow.Width()
		a := layout.Cell{X: 0, Width: w * 0.3, Blocks: []layout.Block{s.block(label, word(i, "label"), look{size: 10, bold: true})}}
		b := layout.Cell{X: w * 0.32, Width: w * 0.68, Blocks: []layout.Block{s.block(value, word(i, "value"), look{size: 10})}}
		if s.rtl {
			a.X, b.X = w*0.7, 0
		}
		s.flow.Room(14)
		s.flow.Row(a, b)
		s.flow.Down(3)
	}
	s.flow.Down(4)
}

func (s *sheet) list(in *pdf.Elem, n *tree.Node) {
	l := in.Add("L")
	for _, i := range items(n) {
		li := l.Add("LI")
		text := word(i, "text")
		if help := word(i, "help"); help != "" {
			text += " — " + help
		}
		look := look{size: 10.5, after: 2.5, indent: 12, bullet: "•", bulletElem: li.Add("Lbl")}
		if s.centered {
			look.indent, look.bullet = 0, ""
		}
		s.words(li.Add("LBody"), text, look)
	}
	s.flow.Down(4)
}

// said is what a cell of a table says.
func said(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "✓"
		}
		return ""
	case map[string]any:
		if t := word(v, "text"); t != "" {
			return t
		}
		return word(v, "label")
	}
	return fmt.Sprint(v)
}

// table sets a grid with lines. A column that is empty in every row is one to
// write in by hand: it is wide, and so are the rows high.
func (s *sheet) table(in *pdf.Elem, n *tree.Node) {
	columns, _ := n.Values["columns"].([]any)
	lines, _ := n.Values["rows"].([]any)
	var keys, labels []string
	for _, c := range columns {
		m, _ := c.(map[string]any)
		keys, labels = append(keys, word(m, "key")), append(labels, word(m, "label"))
	}
	rows := make([][]string, len(lines))
	weights, byHand := make([]float64, len(keys)), make([]bool, len(keys))
	for j := range keys {
		weights[j], byHand[j] = float64(max(4, len([]rune(labels[j])))), true
	}
	for i, l := range lines {
		m, _ := l.(map[string]any)
		cells, _ := m["cells"].(map[string]any)
		for j, k := range keys {
			text := said(cells[k])
			rows[i] = append(rows[i], text)
			weights[j] = max(weights[j], min(40, float64(len([]rune(text)))))
			byHand[j] = byHand[j] && text == ""
		}
	}
	hand := false
	for j := range keys {
		if byHand[j] && len(rows) > 0 {
			weights[j], hand = max(weights[j], 22), true
		}
	}
	if label, _ := n.Values["label"].(string); label != "" {
		s.words(in.Add("Caption"), label, look{size: 10.5, bold: true, before: 4, after: 4, keep: true})
	}
	g := &grid{s: s, elem: in.Add("Table"), widths: s.widths(weights), hand: hand}
	g.row(labels, "TH", true)
	for _, r := range rows {
		if s.flow.Y()-g.height(r, false) < s.flow.G.Bottom {
			s.flow.NewPage()
			g.row(labels, "TH", true)
		}
		g.row(r, "TD", false)
	}
	s.flow.Down(8)
}

func (s *sheet) widths(weights []float64) []float64 {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	out := make([]float64, len(weights))
	for i, w := range weights {
		out[i] = s.flow.Width() * w / total
	}
	return out
}

// grid draws the rows of one table.
type grid struct {
	s      *sheet
	elem   *pdf.Elem
	widths []float64
	hand   bool
}

const (
	cellSize = 9.0
	padding  = 3.5
	handRow  = 27.0 // the height of a row that is written in
)

// height is how much room a row takes, at least.
func (g *grid) height(texts []string, head bool) float64 {
	h := cellSize*1.35 + 2*padding
	for i, t := range texts {
		b := g.s.block(nil, t, look{size: cellSize, bold: head})
		b.Text.Width = max(10, g.widths[i]-2*padding)
		h = max(h, float64(len(g.s.flow.Set.Lines(b.Text)))*cellSize*1.35+2*padding)
	}
	if g.hand && !head {
		h = max(h, handRow)
	}
	return h
}

func (g *grid) row(texts []string, kind string, head bool) {
	f, h := g.s.flow, g.height(texts, head)
	f.Room(h)
	p, top, left := f.Page(), f.Y(), f.X()
	tr := g.elem.Add("TR")
	cells := make([]layout.Cell, 0, len(texts))
	at := 0.0
	var lines [][4]float64
	for i, t := range texts {
		x := at
		if g.s.rtl {
			x = f.Width() - at - g.widths[i]
		}
		lines = append(lines, [4]float64{left + x, top - h, 0.5, h})
		if t != "" {
			b := g.s.block(tr.Add(kind), t, look{size: cellSize, bold: head})
			b.Align = layout.Start
			cells = append(cells, layout.Cell{X: x + padding, Width: max(10, g.widths[i]-2*padding), Blocks: []layout.Block{b}})
		} else {
			tr.Add(kind)
		}
		at += g.widths[i]
	}
	lines = append(lines, [4]float64{left + f.Width() - 0.5, top - h, 0.5, h}, [4]float64{left, top - h, f.Width(), 0.5}, [4]float64{left, top - 0.5, f.Width(), 0.5})
	p.Open(nil)
	if head {
		p.Area(left, top-h, f.Width(), h, pdf.Colour{R: 0.93, G: 0.94, B: 0.95})
	}
	p.Areas(lines, pdf.Colour{R: 0.45, G: 0.45, B: 0.45})
	p.Close()
	f.Down(padding)
	if len(cells) > 0 {
		f.Row(cells...)
	}
	if rest := f.Y() - (top - h); rest > 0 && f.Page() == p {
		f.Down(rest)
	}
}
