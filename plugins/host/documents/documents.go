// Package documents sets papers for plugins: trees of components as tagged PDF.
// It is a service of the host because Arabic decides here too: letters have to
// be joined and fonts embedded, which libraries that a plugin could bring do
// not do; and so papers of all modules look alike. It reads nothing of the
// site, so it takes no right.
package documents

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/book/layout"
	"github.com/recueil-cms/recueil/core/book/pdf"
	"github.com/recueil-cms/recueil/core/book/typeset"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/host/tree"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Limits of a paper.
const (
	maxBytes = 3 << 20
	maxWords = 500 // bytes of a title or a foot
)

// papers are the sizes, in points.
var papers = map[string]layout.Geometry{
	"":             {W: 595.28, H: 841.89, Top: 56, Bottom: 62, Inner: 50, Outer: 50},
	"a4":           {W: 595.28, H: 841.89, Top: 56, Bottom: 62, Inner: 50, Outer: 50},
	"a4-landscape": {W: 841.89, H: 595.28, Top: 48, Bottom: 56, Inner: 44, Outer: 44},
	"a5":           {W: 419.53, H: 595.28, Top: 40, Bottom: 48, Inner: 36, Outer: 36},
}

// Service lets a plugin have papers set.
func Service(to grpc.ServiceRegistrar, _ asked.Acting) {
	pluginpb.RegisterDocumentsServer(to, server{})
}

type server struct {
	pluginpb.UnimplementedDocumentsServer
}

func (server) Print(_ context.Context, r *pluginpb.PrintRequest) (*pluginpb.PrintResponse, error) {
	raw, err := Print(r)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxBytes {
		return nil, problem.New(problem.TooLarge, "print_too_large", problem.Args{"limit": maxBytes})
	}
	return &pluginpb.PrintResponse{Pdf: raw}, nil
}

// Print sets a paper.
func Print(r *pluginpb.PrintRequest) ([]byte, error) {
	g, ok := papers[r.Paper]
	if !ok || len(r.Title) > maxWords || len(r.Footer) > maxWords || len(r.CodeUrl) > maxWords {
		return nil, problem.New(problem.BadRequest, "print_form", problem.Args{"papers": "a4, a4-landscape, a5", "limit": maxWords})
	}
	root, err := tree.Parse(r.TreeJson, tree.Site)
	if err != nil {
		return nil, problem.Wrap(err, problem.BadRequest, "print_tree", problem.Args{"reason": err.Error()})
	}
	set, err := typeset.New()
	if err != nil {
		return nil, err
	}
	rtl := content.Locale(r.Locale).RightToLeft()
	g.RightToLeft = rtl
	doc := pdf.New(pdf.Info{Title: r.Title, Language: r.Locale, Program: "Recueil", Created: time.UnixMilli(r.MadeUnixMs).UTC(), RightToLeft: rtl})
	press, err := layout.NewPress(doc, set)
	if err != nil {
		return nil, err
	}
	s := &sheet{locale: r.Locale, rtl: rtl, centered: r.Centered, footer: r.Footer,
		flow: &layout.Flow{Press: press, G: g, First: 1}}
	s.flow.Furnish = s.foot
	s.frame()
	if r.Title != "" {
		s.words(doc.Root().Add("H1"), r.Title, look{size: s.sized(17, 26), bold: true, after: s.sized(10, 26), keep: true})
	}
	if err := s.node(doc.Root(), root, 2); err != nil {
		return nil, err
	}
	if err := s.code(r.CodeUrl); err != nil {
		return nil, err
	}
	if err := s.flow.Finish(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := doc.Write(&out); err != nil {
		return nil, fmt.Errorf("write a paper: %w", err)
	}
	return out.Bytes(), nil
}

// sheet is a paper that is being set.
type sheet struct {
	locale, footer string
	rtl, centered  bool
	flow           *layout.Flow
}

// sized gives a size for sheets or for certificates.
func (s *sheet) sized(plain, centered float64) float64 {
	if s.centered {
		return centered
	}
	return plain
}

// look is how words are set.
type look struct {
	size          float64
	bold, italic  bool
	before, after float64
	indent        float64
	keep          bool
	bullet        string
	bulletElem    *pdf.Elem
	grey          bool
}

func (s *sheet) block(e *pdf.Elem, text string, l look) layout.Block {
	style := typeset.Style{Size: l.size, Bold: l.bold, Italic: l.italic}
	if l.grey {
		style.Colour = pdf.Colour{R: 0.35, G: 0.35, B: 0.35}
	}
	b := layout.Block{Elem: e, Before: l.before, After: l.after, Indent: l.indent, Keep: l.keep, Bullet: l.bullet, BulletElem: l.bulletElem,
		Text: typeset.Paragraph{Spans: []typeset.Span{{Style: style, Text: text}}, Language: s.locale, RightToLeft: s.rtl}}
	if s.centered {
		b.Align = layout.Center
	}
	return b
}

// words sets a text, paragraph by paragraph.
func (s *sheet) words(e *pdf.Elem, text string, l look) {
	for p := range strings.SplitSeq(text, "\n") {
		if p = strings.TrimSpace(p); p != "" {
			s.flow.Put(s.block(e, p, l))
		}
	}
}

// frame draws the border of a certificate on its first page.
func (s *sheet) frame() {
	if !s.centered {
		return
	}
	p, g := s.flow.Page(), s.flow.G
	const inset, thick = 24.0, 1.6
	w, h := g.W-2*inset, g.H-2*inset
	p.Open(nil)
	p.Areas([][4]float64{{inset, inset, w, thick}, {inset, inset + h - thick, w, thick}, {inset, inset, thick, h}, {inset + w - thick, inset, thick, h}},
		pdf.Colour{R: 0.2, G: 0.3, B: 0.4})
	p.Close()
	s.flow.Down(s.sized(0, 40))
}

// foot draws the foot of a page.
func (s *sheet) foot(p *pdf.Page, number int) {
	g := s.flow.G
	style := typeset.Style{Size: 8, Colour: pdf.Colour{R: 0.35, G: 0.35, B: 0.35}}
	if s.footer != "" {
		s.flow.Say(p, nil, style, s.rtl, s.footer, g.Inner, 34, g.W-2*g.Inner-40, layout.Start)
	}
	s.flow.Say(p, nil, style, s.rtl, fmt.Sprint(number), g.Inner, 34, g.W-2*g.Inner, layout.End)
}

// code draws the QR code of an address, which is also written below it.
func (s *sheet) code(address string) error {
	if address == "" {
		return nil
	}
	const side = 84.0
	s.flow.Room(side + 24)
	s.flow.Down(10)
	p, root := s.flow.Page(), s.flow.Doc.Root()
	x := s.flow.X() + (s.flow.Width()-side)/2
	if !s.centered {
		x = s.flow.X()
	}
	if err := layout.QR(p, root.Add("Figure"), address, address, x, s.flow.Y()-side, side); err != nil {
		return problem.Wrap(err, problem.BadRequest, "print_form", problem.Args{"papers": "", "limit": maxWords})
	}
	s.flow.Down(side + 4)
	s.words(root.Add("P"), address, look{size: 8, grey: true})
	return nil
}
