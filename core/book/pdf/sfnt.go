package pdf

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// sfnt is a TrueType font as far as embedding it needs.
type sfnt struct {
	tables  map[string][]byte
	offsets []uint32 // of the outlines, one more than there are glyphs
	wide    int      // how many glyphs have an advance of their own
	upem    int
	metrics metrics
}

// metrics are in thousandths of the size.
type metrics struct {
	box                        [4]int
	ascent, descent, capHeight int
	italic                     int // degrees
}

var errFont = errors.New("not a whole TrueType font")

// kept are the tables that a reader of the file needs, in order.
var kept = []string{"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"}

func parse(data []byte) (*sfnt, error) {
	if len(data) < 12 || binary.BigEndian.Uint32(data) != 0x00010000 {
		return nil, errFont
	}
	s := &sfnt{tables: map[string][]byte{}}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		at := 12 + 16*i
		if at+16 > len(data) {
			return nil, errFont
		}
		from, size := uint64(binary.BigEndian.Uint32(data[at+8:])), uint64(binary.BigEndian.Uint32(data[at+12:]))
		if from+size > uint64(len(data)) {
			return nil, errFont
		}
		s.tables[string(data[at:at+4])] = data[from : from+size]
	}
	for name, least := range map[string]int{"head": 54, "hhea": 36, "maxp": 6, "loca": 2, "glyf": 1, "hmtx": 4, "OS/2": 78, "post": 32} {
		if len(s.tables[name]) < least {
			return nil, fmt.Errorf("%w: table %s", errFont, name)
		}
	}
	return s, s.read()
}

func (s *sfnt) read() error {
	head, hhea, os2 := s.tables["head"], s.tables["hhea"], s.tables["OS/2"]
	glyphs := int(binary.BigEndian.Uint16(s.tables["maxp"][4:]))
	s.upem = int(binary.BigEndian.Uint16(head[18:]))
	s.wide = int(binary.BigEndian.Uint16(hhea[34:]))
	if s.upem == 0 || s.wide == 0 || s.wide > glyphs || len(s.tables["hmtx"]) < 4*s.wide {
		return fmt.Errorf("%w: measures", errFont)
	}
	loca := s.tables["loca"]
	for i := range glyphs + 1 {
		switch long := binary.BigEndian.Uint16(head[50:]) == 1; {
		case long && 4*i+4 <= len(loca):
			s.offsets = append(s.offsets, binary.BigEndian.Uint32(loca[4*i:]))
		case !long && 2*i+2 <= len(loca):
			s.offsets = append(s.offsets, 2*uint32(binary.BigEndian.Uint16(loca[2*i:])))
		default:
			return fmt.Errorf("%w: table loca", errFont)
		}
	}
	if !slices.IsSorted(s.offsets) || int(s.offsets[glyphs]) > len(s.tables["glyf"]) {
		return fmt.Errorf("%w: outlines", errFont)
	}
	for i := range s.metrics.box {
		s.metrics.box[i] = s.scale(int(int16(binary.BigEndian.Uint16(head[36+2*i:]))))
	}
	s.metrics.ascent = s.scale(int(int16(binary.BigEndian.Uint16(hhea[4:]))))
	s.metrics.descent = s.scale(int(int16(binary.BigEndian.Uint16(hhea[6:]))))
	s.metrics.italic = int(int32(binary.BigEndian.Uint32(s.tables["post"][4:]))) >> 16
	s.metrics.capHeight = s.metrics.ascent
	if len(os2) >= 90 {
		s.metrics.capHeight = s.scale(int(int16(binary.BigEndian.Uint16(os2[88:]))))
	}
	return nil
}

func (s *sfnt) scale(v int) int {
	if v < 0 {
		return -s.scale(-v)
	}
	return (v*1000 + s.upem/2) / s.upem
}

// width is how far a glyph moves the pen, in thousandths.
func (s *sfnt) width(glyph uint16) int {
	at := min(int(glyph), s.wide-1)
	return s.scale(int(binary.BigEndian.Uint16(s.tables["hmtx"][4*at:])))
}

func (s *sfnt) outline(glyph uint16) []byte {
	if int(glyph)+1 >= len(s.offsets) {
		return nil
	}
	return s.tables["glyf"][s.offsets[glyph]:s.offsets[glyph+1]]
}

// Flags of a part of a glyph that is made of others.
const (
	wordArguments = 0x0001
	oneScale      = 0x0008
	moreParts     = 0x0020
	twoScales     = 0x0040
	fourScales    = 0x0080
)

// parts gives the glyphs that a glyph is made of.
func parts(outline []byte) ([]uint16, error) {
	if len(outline) < 10 || int16(binary.BigEndian.Uint16(outline)) >= 0 {
		return nil, nil
	}
	var out []uint16
	for at := 10; ; {
		if at+4 > len(outline) {
			return nil, fmt.Errorf("%w: a glyph ends early", errFont)
		}
		flags := binary.BigEndian.Uint16(outline[at:])
		out = append(out, binary.BigEndian.Uint16(outline[at+2:]))
		at += 6
		if flags&wordArguments != 0 {
			at += 2
		}
		switch {
		case flags&oneScale != 0:
			at += 2
		case flags&twoScales != 0:
			at += 4
		case flags&fourScales != 0:
			at += 8
		}
		if flags&moreParts == 0 {
			return out, nil
		}
	}
}

// subset makes a font of the kept glyphs. They keep their numbers, and those
// of the others have no outline.
func (s *sfnt) subset(keep map[uint16]bool) ([]byte, error) {
	var todo []uint16
	for g := range keep {
		todo = append(todo, g)
	}
	for len(todo) > 0 {
		g := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		inner, err := parts(s.outline(g))
		if err != nil {
			return nil, err
		}
		for _, p := range inner {
			if !keep[p] {
				keep[p] = true
				todo = append(todo, p)
			}
		}
	}
	var glyf, loca []byte
	for g := range len(s.offsets) - 1 {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if keep[uint16(g)] {
			glyf = append(glyf, s.outline(uint16(g))...)
			for len(glyf)%4 != 0 {
				glyf = append(glyf, 0)
			}
		}
	}
	loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
	head := slices.Clone(s.tables["head"])
	binary.BigEndian.PutUint32(head[8:], 0)
	binary.BigEndian.PutUint16(head[50:], 1)
	return assemble(s.tables, map[string][]byte{"glyf": glyf, "loca": loca, "head": head}), nil
}

// assemble writes a font of the kept tables, some of them replaced.
func assemble(tables, replaced map[string][]byte) []byte {
	var names []string
	for _, name := range kept {
		if replaced[name] != nil || tables[name] != nil {
			names = append(names, name)
		}
	}
	power, log := 1, 0
	for power*2 <= len(names) {
		power, log = power*2, log+1
	}
	out := binary.BigEndian.AppendUint32(nil, 0x00010000)
	for _, v := range []int{len(names), power * 16, log, (len(names) - power) * 16} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	var body []byte
	for _, name := range names {
		table := tables[name]
		if replaced[name] != nil {
			table = replaced[name]
		}
		out = append(out, name...)
		out = binary.BigEndian.AppendUint32(out, checksum(table))
		out = binary.BigEndian.AppendUint32(out, uint32(12+16*len(names)+len(body)))
		out = binary.BigEndian.AppendUint32(out, uint32(len(table)))
		body = append(body, table...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	return append(out, body...)
}

func checksum(table []byte) uint32 {
	var sum uint32
	for i := 0; i < len(table); i += 4 {
		var word [4]byte
		copy(word[:], table[i:])
		sum += binary.BigEndian.Uint32(word[:])
	}
	return sum
}
