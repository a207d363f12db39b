package pdf

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// Font is a TrueType font of a file. Only the glyphs that are used go into it.
type Font struct {
	name string // in pages
	ps   string // PostScript name
	ref  int
	sfnt *sfnt
	uses []use
	ids  map[use]uint16
	// outline gives the outline of a glyph in thousandths; see Glyph.Text.
	outline func(glyph uint16) []Stroke
}

// Stroke is a step of an outline: a move, a line, or a cubic curve by its two
// controls, to a point. Measures are in thousandths of the size.
type Stroke struct {
	Op     byte // 'm', 'l' or 'c', as in a file
	Points [6]float64
}

// use is a glyph with the text that it stands for. A shaper may take the same
// glyph for different characters; each use has its own number in the file, so
// that the text can be read out of it exactly.
type use struct {
	glyph uint16
	text  string
}

// maxUses is what a number of two bytes can tell apart.
const maxUses = 65535

// Font brings a TrueType font in, under its PostScript name, with what gives
// the outlines of its glyphs.
func (d *Doc) Font(ps string, data []byte, outline func(glyph uint16) []Stroke) (*Font, error) {
	s, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", ps, err)
	}
	f := &Font{name: fmt.Sprintf("F%d", len(d.fonts)+1), ps: ps, ref: d.reserve(), sfnt: s, uses: []use{{}}, ids: map[use]uint16{}, outline: outline}
	d.fonts = append(d.fonts, f)
	return f, nil
}

// use gives the number of a glyph in the file, and its width in thousandths.
func (f *Font) use(g Glyph) (id uint16, width int) {
	u := use{g.ID, g.Text}
	id, ok := f.ids[u]
	if !ok {
		if len(f.uses) >= maxUses {
			return 0, f.sfnt.width(0)
		}
		id = uint16(len(f.uses))
		f.uses = append(f.uses, u)
		f.ids[u] = id
	}
	return id, f.sfnt.width(g.ID)
}

func (d *Doc) writeFonts() error {
	for _, f := range d.fonts {
		if err := f.write(d); err != nil {
			return fmt.Errorf("font %s: %w", f.ps, err)
		}
	}
	return nil
}

func (f *Font) write(d *Doc) error {
	keep := map[uint16]bool{0: true}
	toGlyph := make([]byte, 0, 2*len(f.uses))
	for _, u := range f.uses {
		keep[u.glyph] = true
		toGlyph = append(toGlyph, byte(u.glyph>>8), byte(u.glyph))
	}
	data, err := f.sfnt.subset(keep)
	if err != nil {
		return err
	}
	file, err := d.stream(fmt.Sprintf("/Length1 %d", len(data)), data)
	if err != nil {
		return err
	}
	mapping, err := d.stream("", toGlyph)
	if err != nil {
		return err
	}
	unicode, err := d.stream("", f.toUnicode())
	if err != nil {
		return err
	}
	name := subsetTag(data) + "+" + f.ps
	m := f.sfnt.metrics
	descriptor := d.add("<< /Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%d %d %d %d] /ItalicAngle %d /Ascent %d /Descent %d /CapHeight %d /StemV 80 /FontFile2 %d 0 R >>",
		name, 4, m.box[0], m.box[1], m.box[2], m.box[3], m.italic, m.ascent, m.descent, m.capHeight, file)
	var widths strings.Builder
	for id, u := range f.uses {
		fmt.Fprintf(&widths, " %d [%d]", id, f.sfnt.width(u.glyph))
	}
	cid := d.add("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /CIDToGIDMap %d 0 R /DW 0 /W [%s ] >>",
		name, descriptor, mapping, widths.String())
	d.set(f.ref, "<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>", name, cid, unicode)
	return nil
}

// subsetTag is six letters that differ where the parts of a font differ.
func subsetTag(data []byte) string {
	sum := sha256.Sum256(data)
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	return string(tag)
}

// toUnicode says which text each number stands for.
func (f *Font) toUnicode() []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	const most = 100 // lines of one table
	var lines []string
	for id, u := range f.uses {
		if u.text == "" {
			continue
		}
		var hex strings.Builder
		for _, c := range utf16.Encode([]rune(u.text)) {
			fmt.Fprintf(&hex, "%04X", c)
		}
		lines = append(lines, fmt.Sprintf("<%04X> <%s>", id, hex.String()))
	}
	for part := range slices.Chunk(lines, most) {
		fmt.Fprintf(&b, "%d beginbfchar\n%s\nendbfchar\n", len(part), strings.Join(part, "\n"))
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}
