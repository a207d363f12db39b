// Package typeset turns texts into lines of placed glyphs: direction (UAX 9),
// shaping, and where lines end (UAX 14). Shaping is HarfBuzz, ported to Go by
// go-text, because Arabic decides: letters join, stack and carry marks as the
// font says. The fonts are part of the program, so that a book comes out alike
// on every machine.
package typeset

import (
	"bytes"
	"embed"
	"fmt"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"

	"github.com/recueil-cms/recueil/core/book/pdf"
)

//go:embed fonts/*.ttf
var files embed.FS

// The fonts, by their place in Fonts.
const (
	regular = iota
	bold
	italic
	arabic
	arabicBold
	tifinagh
	fontCount
)

// Names are the fonts by their PostScript names, in the order in which runs
// number them.
var Names = [fontCount]string{"NotoSerif-Regular", "NotoSerif-Bold", "NotoSerif-Italic", "NotoNaskhArabic-Regular", "NotoNaskhArabic-Bold", "NotoSansTifinagh-Regular"}

// arabicScale makes Arabic look as large as the Latin beside it.
const arabicScale = 1.14

// Data gives a font, for embedding.
func Data(i int) ([]byte, error) {
	data, err := files.ReadFile("fonts/" + Names[i] + ".ttf")
	if err != nil {
		return nil, fmt.Errorf("read font: %w", err)
	}
	return data, nil
}

type fonts struct {
	faces [fontCount]*font.Face
}

func load() (*fonts, error) {
	f := &fonts{}
	for i := range f.faces {
		data, err := Data(i)
		if err != nil {
			return nil, err
		}
		if f.faces[i], err = font.ParseTTF(bytes.NewReader(data)); err != nil {
			return nil, fmt.Errorf("read font %s: %w", Names[i], err)
		}
	}
	return f, nil
}

// order is in which order fonts are asked for a character.
func order(s Style, rightToLeft bool) []int {
	latin, naskh := regular, arabic
	switch {
	case s.Bold:
		latin, naskh = bold, arabicBold
	case s.Italic:
		latin = italic // Arabic has no italics
	}
	if rightToLeft {
		return []int{naskh, latin, tifinagh}
	}
	return []int{latin, naskh, tifinagh}
}

// faceType is a font at work.
type faceType = font.Face

type choice struct {
	faces []*font.Face
}

func (f *fonts) choice(s Style, rightToLeft bool) choice {
	c := choice{}
	for _, i := range order(s, rightToLeft) {
		c.faces = append(c.faces, f.faces[i])
	}
	return c
}

// ResolveFace implements shaping.Fontmap.
func (c choice) ResolveFace(r rune) *font.Face {
	for _, face := range c.faces {
		if _, ok := face.NominalGlyph(r); ok {
			return face
		}
	}
	return c.faces[0]
}

func (f *fonts) index(face *font.Face) int {
	for i := range f.faces {
		if f.faces[i] == face {
			return i
		}
	}
	return regular
}

// has reports whether any font has a character.
func (f *fonts) has(r rune) bool {
	for _, face := range f.faces {
		if _, ok := face.NominalGlyph(r); ok {
			return true
		}
	}
	return false
}

// Outline gives the outline of a glyph of a font, for glyphs that are drawn as
// shapes.
func (s *Setter) Outline(i int, glyph uint16) []pdf.Stroke {
	face := s.fonts.faces[i]
	data, _ := face.GlyphData(font.GID(glyph)).(font.GlyphOutline)
	scale := 1000 / float64(face.Upem())
	var out []pdf.Stroke
	var x, y float64 // where the pen is
	for _, seg := range data.Segments {
		at := func(n int) (float64, float64) {
			return float64(seg.Args[n].X) * scale, float64(seg.Args[n].Y) * scale
		}
		a, b := at(0)
		switch seg.Op {
		case opentype.SegmentOpMoveTo:
			out = append(out, pdf.Stroke{Op: 'm', Points: [6]float64{a, b}})
			x, y = a, b
		case opentype.SegmentOpLineTo:
			out = append(out, pdf.Stroke{Op: 'l', Points: [6]float64{a, b}})
			x, y = a, b
		case opentype.SegmentOpQuadTo: // raised to a cubic curve
			c, d := at(1)
			out = append(out, pdf.Stroke{Op: 'c', Points: [6]float64{x + (a-x)*2/3, y + (b-y)*2/3, c + (a-c)*2/3, d + (b-d)*2/3, c, d}})
			x, y = c, d
		case opentype.SegmentOpCubeTo:
			c, d := at(1)
			e, f := at(2)
			out = append(out, pdf.Stroke{Op: 'c', Points: [6]float64{a, b, c, d, e, f}})
			x, y = e, f
		}
	}
	return out
}
