package typeset

import (
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/bidi"
	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/book/pdf"
)

// Style is how a text looks.
type Style struct {
	Size         float64 // points
	Bold, Italic bool
	Colour       pdf.Colour
}

// Span is a text in one style.
type Span struct {
	Style
	Text string
	// Mark is the caller's, to know the runs of the span again.
	Mark int
}

// Paragraph is a text to be broken into lines.
type Paragraph struct {
	Spans       []Span
	Language    string
	RightToLeft bool
	Width       float64 // points
}

// Run is a part of a line in one font.
type Run struct {
	Font        int // in Names
	Size        float64
	Colour      pdf.Colour
	RightToLeft bool
	Mark        int
	Order       int     // in which the runs are read
	X, Width    float64 // from the left end of the line
	Glyphs      []pdf.Glyph
}

// Line is a line with its runs from left to right.
type Line struct {
	Runs  []Run
	Width float64
	Size  float64 // of its largest text
}

// MaxRunes is the longest paragraph; what exceeds it is cut.
const MaxRunes = 50_000

// Setter sets texts. It is not safe for concurrent use.
type Setter struct {
	fonts   *fonts
	shaper  shaping.HarfbuzzShaper
	seg     shaping.Segmenter
	wrapper shaping.LineWrapper
	bidi    bidi.Paragraph
}

// New makes a setter.
func New() (*Setter, error) {
	f, err := load()
	if err != nil {
		return nil, err
	}
	return &Setter{fonts: f}, nil
}

// fine is by how much measures are larger while shaping, so that nothing is
// lost by rounding.
const fine = 64

// Lines breaks a paragraph into lines. An empty one has none.
func (s *Setter) Lines(p Paragraph) []Line {
	text, owner := s.runes(p.Spans)
	if len(text) == 0 {
		return nil
	}
	dir, def := di.DirectionLTR, bidi.LeftToRight
	if p.RightToLeft {
		dir, def = di.DirectionRTL, bidi.RightToLeft
	}
	levels := make([]bidi.Level, len(text))
	runs := s.bidi.Segment(text, def)
	for i, from := 0, 0; i < runs.NumRuns(); i++ {
		run := runs.Run(i)
		for ; from < run.End; from++ {
			levels[from] = run.Level
		}
	}
	var shaped []shaping.Output
	input := shaping.Input{Text: text, RunEnd: len(text), Direction: dir, Language: language.NewLanguage(p.Language)}
	for _, in := range s.split(input, p, owner) {
		shaped = append(shaped, s.shaper.Shape(in))
	}
	config := shaping.WrapConfig{Direction: dir, DisableTrailingWhitespaceTrim: true}
	wrapped, _ := s.wrapper.WrapParagraphF(config, fixed.Int26_6(p.Width*fine*64), text, shaping.NewSliceIterator(shaped))
	out := make([]Line, 0, len(wrapped))
	for _, line := range wrapped {
		out = append(out, s.line(line, p.Spans, text, owner, levels))
	}
	return out
}

// runes gives the text of the spans, and for each character its span. What no
// font has is shown as a box.
func (s *Setter) runes(spans []Span) ([]rune, []int) {
	var text []rune
	var owner []int
	for i := range spans {
		for _, r := range norm.NFC.String(strings.ToValidUTF8(spans[i].Text, "")) {
			switch {
			case len(text) >= MaxRunes:
				return text, owner
			case r == '\n' || r == '\t' || r == '\r':
				r = ' '
			case r == '\u00ad' || unicode.IsControl(r) || unicode.Is(unicode.Variation_Selector, r) || r == '\ufeff':
				continue
			case !direction(r) && !unicode.IsSpace(r) && !s.fonts.has(r):
				r = '■'
			}
			text, owner = append(text, r), append(owner, i)
		}
	}
	return text, owner
}

// direction reports whether a character only directs the others.
func direction(r rune) bool {
	return r >= 0x200b && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2060 && r <= 0x2064 || r >= 0x2066 && r <= 0x2069
}

// anyFace keeps the segmenter from choosing fonts: that takes the style, too.
type anyFace struct{ choice }

func (a anyFace) ResolveFace(rune) *faceType { return a.faces[0] }

// split cuts the text where direction, script, style or font change.
func (s *Setter) split(input shaping.Input, p Paragraph, owner []int) []shaping.Input {
	var out []shaping.Input
	segments := s.seg.Split(input, anyFace{s.fonts.choice(Style{}, false)})
	for _, in := range segments {
		for from := in.RunStart; from < in.RunEnd; {
			to := from + 1
			for to < in.RunEnd && owner[to] == owner[from] {
				to++
			}
			style := p.Spans[owner[from]].Style
			part := in
			part.RunStart, part.RunEnd, part.Face = from, to, nil
			for _, one := range shaping.SplitByFace(part, s.fonts.choice(style, in.Script == language.Arabic || p.RightToLeft && in.Script != language.Latin)) {
				one.Size = fixed.Int26_6(s.size(one.Face, style.Size) * fine * 64)
				out = append(out, one)
			}
			from = to
		}
	}
	return out
}

func (s *Setter) size(face *faceType, size float64) float64 {
	if i := s.fonts.index(face); i == arabic || i == arabicBold {
		return size * arabicScale
	}
	return size
}

// line puts the runs of a line into the order in which they stand.
func (s *Setter) line(line shaping.Line, spans []Span, text []rune, owner []int, levels []bidi.Level) Line {
	var out Line
	trim(line, text)
	for _, at := range visual(line, levels) {
		o := &line[at]
		span := &spans[owner[o.Runes.Offset]]
		run := Run{Font: s.fonts.index(o.Face), Size: s.size(o.Face, span.Size), Colour: span.Colour, Mark: span.Mark, Order: at,
			RightToLeft: o.Direction.Progression() == di.TowardTopLeft, X: out.Width}
		run.Glyphs = glyphs(o, text)
		for _, g := range run.Glyphs {
			run.Width += float64(g.Advance) * run.Size / 1000
		}
		out.Width += run.Width
		out.Size = max(out.Size, span.Size)
		out.Runs = append(out.Runs, run)
	}
	return out
}

// trim lets the spaces at the end of a line take no room.
func trim(line shaping.Line, text []rune) {
	for i := len(line) - 1; i >= 0; i-- {
		o := &line[i]
		for j := range o.Glyphs {
			g := &o.Glyphs[len(o.Glyphs)-1-j]
			if o.Direction.Progression() == di.TowardTopLeft {
				g = &o.Glyphs[j]
			}
			if r := text[g.TextIndex()]; !unicode.IsSpace(r) && !direction(r) {
				return
			}
			g.Advance = 0
		}
	}
}

// visual gives the order of the runs from left to right: rule L2 of UAX 9.
func visual(line shaping.Line, levels []bidi.Level) []int {
	order := make([]int, len(line))
	var highest, lowestOdd bidi.Level = 0, 127
	at := func(i int) bidi.Level { return levels[line[i].Runes.Offset] }
	for i := range line {
		order[i] = i
		highest = max(highest, at(i))
		if at(i)%2 == 1 {
			lowestOdd = min(lowestOdd, at(i))
		}
	}
	for level := highest; level >= lowestOdd && level > 0; level-- {
		for from := 0; from < len(order); from++ {
			to := from
			for to < len(order) && at(order[to]) >= level {
				to++
			}
			for a, b := from, to-1; a < b; a, b = a+1, b-1 {
				order[a], order[b] = order[b], order[a]
			}
			from = max(from, to)
		}
	}
	return order
}

// glyphs gives the glyphs of a run with the texts that they stand for. Those
// that only direct others are left out.
func glyphs(o *shaping.Output, text []rune) []pdf.Glyph {
	out := make([]pdf.Glyph, 0, len(o.Glyphs))
	thousandths := func(v fixed.Int26_6) int {
		x := float64(v) / float64(o.Size) * 1000
		if x < 0 {
			return -int(-x + 0.5)
		}
		return int(x + 0.5)
	}
	for i := 0; i < len(o.Glyphs); {
		n := max(1, o.Glyphs[i].GlyphsCount())
		n = min(n, len(o.Glyphs)-i)
		cluster := o.Glyphs[i : i+n]
		from := cluster[0].TextIndex()
		stands := text[from:min(len(text), from+max(1, cluster[0].RunesCount()))]
		i += n
		if len(stands) == 1 && direction(stands[0]) {
			continue
		}
		texts := share(cluster, stands, o.Direction.Progression() == di.TowardTopLeft)
		for j := range cluster {
			g := &cluster[j]
			out = append(out, pdf.Glyph{ID: uint16(g.GlyphID), Advance: thousandths(g.Advance), DX: thousandths(g.XOffset), DY: thousandths(g.YOffset),
				Text: texts[j]})
		}
	}
	return out
}

// share says what each glyph of a cluster stands for. As many glyphs as
// characters stand for one each, if all of them move the pen; else the first
// one read that does stands for all, and the others are marks on it.
func share(cluster []shaping.Glyph, stands []rune, reversed bool) []string {
	texts := make([]string, len(cluster))
	place := func(i int) int { // of the glyph that is read as the i-th
		if reversed {
			return len(cluster) - 1 - i
		}
		return i
	}
	marks := slices.ContainsFunc(cluster, func(g shaping.Glyph) bool { return g.Advance == 0 })
	if len(cluster) == len(stands) && (!marks || len(stands) == 1) {
		for i, r := range stands {
			texts[place(i)] = string(r)
		}
		return texts
	}
	base := place(0)
	for i := range cluster {
		if cluster[place(i)].Advance != 0 {
			base = place(i)
			break
		}
	}
	texts[base] = string(stands)
	return texts
}
