package layout

import (
	"bytes"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
)

// flow is a part of a book of small pages: 20 lines of 10 points.
func flow(t *testing.T) *Flow {
	t.Helper()
	set, err := typeset.New()
	if err != nil {
		t.Fatal(err)
	}
	press, err := NewPress(pdf.New(pdf.Info{Title: "t", Language: "fr"}), set)
	if err != nil {
		t.Fatal(err)
	}
	return &Flow{Press: press, First: 1, G: Geometry{W: 200, H: 240, Top: 20, Bottom: 20, Inner: 30, Outer: 10}}
}

// lines is a block of so many lines.
func lines(f *Flow, n int) Block {
	words := strings.TrimSuffix(strings.Repeat("Constantinoplesurbosphore ", n), " ") // one fills a line
	return Block{Elem: f.Doc.Root().Add("P"), Leading: 1, Text: typeset.Paragraph{Language: "fr", Spans: []typeset.Span{{Style: typeset.Style{Size: 10}, Text: words}}}}
}

// placed notes on which page a block begins, by the number of the page.
func placed(f *Flow, b Block, at *int) Block {
	b.Placed = func(*pdf.Page, float64) { *at = f.Number() }
	return b
}

func TestTextFlowsOn(t *testing.T) {
	f := flow(t)
	var first, second int
	f.Put(placed(f, lines(f, 30), &first), placed(f, lines(f, 5), &second))
	if first != 1 || second != 2 || len(f.Pages()) != 2 {
		t.Errorf("blocks begin on %d and %d of %d", first, second, len(f.Pages()))
	}
	if want := 220 - 150.0; f.Y() < want-1 || f.Y() > want+1 {
		t.Errorf("the text ends at %.1f, want %.1f", f.Y(), want)
	}
}

// No line stands alone: neither a heading at the end of a page, nor the first
// or last line of a paragraph.
func TestNothingStandsAlone(t *testing.T) {
	for _, before := range []int{17, 18, 19, 20} {
		f := flow(t)
		var heading, text int
		h := placed(f, lines(f, 1), &heading)
		h.Keep = true
		f.Put(lines(f, before), h, placed(f, lines(f, 4), &text))
		if heading != text {
			t.Errorf("after %d lines the heading is on %d and its text on %d", before, heading, text)
		}
		if want := map[bool]int{true: 1, false: 2}[before == 17]; text != want {
			t.Errorf("after %d lines the text is on %d, want %d", before, text, want)
		}
	}
	f := flow(t)
	f.Put(lines(f, 16), lines(f, 5)) // 4 fit: 3 and 2 are better than 4 and 1
	if want := 220 - 20.0; f.Y() < want-1 || f.Y() > want+1 {
		t.Errorf("the paragraph ends at %.1f, want %.1f", f.Y(), want)
	}
}

// Cells go on beside one another, each in its column, and what follows begins
// below the longer one.
func TestRow(t *testing.T) {
	f := flow(t)
	f.G.W = 400
	left, right := Cell{Width: 160, Blocks: []Block{lines(f, 25)}}, Cell{X: 180, Width: 160, Blocks: []Block{lines(f, 3), lines(f, 3)}}
	f.Row(left, right)
	if len(f.Pages()) != 2 || f.Y() > 220-50+1 || f.Y() < 220-50-1 {
		t.Errorf("%d pages, ends at %.1f", len(f.Pages()), f.Y())
	}
}

func TestColumnsAndSides(t *testing.T) {
	for _, rtl := range []bool{false, true} {
		f := flow(t)
		f.G.RightToLeft, f.Columns, f.Gap = rtl, 2, 10
		first := f.X()
		f.Down(195)
		f.Room(20)
		if second := f.X(); (second > first) == rtl || len(f.Pages()) != 1 {
			t.Errorf("right to left %v: columns at %.0f and %.0f", rtl, first, second)
		}
		inner := f.Left()
		f.NewPage()
		if other := f.Left(); (inner == f.G.Inner) == (other == f.G.Inner) {
			t.Errorf("right to left %v: both pages begin at %.0f", rtl, other)
		}
	}
}

// A block that is taller than a page, or a page without any room, does not
// keep the book from ending.
func TestTooTall(t *testing.T) {
	f := flow(t)
	f.G.Bottom = 215 // not a line fits
	f.Put(lines(f, 7))
	if n := len(f.Pages()); n != 7 {
		t.Errorf("%d pages", n)
	}
	if err := f.Finish(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := f.Doc.Write(&out); err != nil {
		t.Fatal(err)
	}
}
