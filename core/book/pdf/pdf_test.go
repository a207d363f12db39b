package pdf

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"testing"
	"time"
)

func font(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../typeset/fonts/NotoSerif-Regular.ttf")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func small(t *testing.T) []byte {
	t.Helper()
	d := New(Info{Title: "Essai (1)", Author: "A & B", Language: "fr", Program: "Recueil", Created: time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)})
	f, err := d.Font("NotoSerif-Regular", font(t), func(uint16) []Stroke {
		return []Stroke{{Op: 'm', Points: [6]float64{0, 0}}, {Op: 'l', Points: [6]float64{100, 0}}, {Op: 'c', Points: [6]float64{100, 50, 50, 100, 0, 100}}}
	})
	if err != nil {
		t.Fatal(err)
	}
	p := d.Page(200, 100)
	h := d.Root().Add("H1")
	p.Open(h)
	p.Text(f, 10, 20, 50, Colour{}, false, []Glyph{{ID: 40, Advance: 600, Text: "A"}, {ID: 42, DX: 10, DY: 5}, {ID: 41, Advance: 500, DX: 20, DY: 30, Text: "b"}})
	p.Close()
	link := d.Root().Add("P").Add("Link")
	p.LinkOut(link, 0, 0, 10, 10, "https://example.org/(a)", "ailleurs")
	d.Place("here", p, 60)
	p.LinkTo(link, 0, 20, 10, 10, "here", "ici")
	d.Bookmark(d.Bookmark(nil, "Un", p, 50), "Deux", p, 40)
	if err := p.Done(); err != nil {
		t.Fatal(err)
	}
	p.Open(nil)
	p.Area(0, 0, 5, 5, Colour{R: 1})
	p.Close()
	p.Label("i")
	var out bytes.Buffer
	if err := d.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Every object is where the table says that it is.
func TestTable(t *testing.T) {
	data := small(t)
	at, err := strconv.Atoi(string(regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(data)[1]))
	if err != nil {
		t.Fatal(err)
	}
	table := regexp.MustCompile(`(?s)^(\d+) 0 obj\n<< /Type /XRef /Size (\d+) .*?stream\n`).FindSubmatchIndex(data[at:])
	if table == nil {
		t.Fatalf("no table at %d: %.80q", at, data[at:])
	}
	z, err := zlib.NewReader(bytes.NewReader(data[at+table[1]:]))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	size, _ := strconv.Atoi(string(data[at+table[4] : at+table[5]]))
	if len(rows) != 7*size {
		t.Fatalf("%d bytes for %d objects", len(rows), size)
	}
	kinds := map[byte]int{}
	for n := 0; n < size; n++ {
		row := rows[7*n : 7*n+7]
		second := int(binary.BigEndian.Uint32(row[1:]))
		kinds[row[0]]++
		switch row[0] {
		case 1:
			if want := fmt.Appendf(nil, "%d 0 obj\n", n); !bytes.HasPrefix(data[second:], want) {
				t.Errorf("object %d is not at %d: %.20q", n, second, data[second:])
			}
		case 2:
			stream := rows[7*second]
			if stream != 1 {
				t.Errorf("object %d is in %d, which is none", n, second)
			}
		}
	}
	if kinds[1] < 5 || kinds[2] < 10 {
		t.Errorf("kinds of objects: %v", kinds)
	}
	if !bytes.Equal(data, small(t)) {
		t.Error("the same calls give other bytes")
	}
}

// A subset is a font again: its glyphs are those that were kept, with what
// they are made of, and its checksums hold.
func TestSubset(t *testing.T) {
	whole, err := parse(font(t))
	if err != nil {
		t.Fatal(err)
	}
	composite := uint16(0)
	for g := range len(whole.offsets) - 1 {
		if inner, err := parts(whole.outline(uint16(g))); err != nil {
			t.Fatal(err)
		} else if len(inner) > 1 {
			composite = uint16(g)
			break
		}
	}
	if composite == 0 {
		t.Fatal("no glyph is made of others")
	}
	inner, _ := parts(whole.outline(composite))
	data, err := whole.subset(map[uint16]bool{0: true, composite: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > len(font(t))/4 {
		t.Errorf("a font of one glyph has %d bytes", len(data))
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		entry := data[12+16*i:]
		from, size := binary.BigEndian.Uint32(entry[8:]), binary.BigEndian.Uint32(entry[12:])
		table := data[from : from+size]
		if sum := binary.BigEndian.Uint32(entry[4:]); sum != checksum(table) {
			t.Errorf("checksum of %s", entry[:4])
		}
		tables[string(entry[:4])] = table
	}
	outline := func(g uint16) []byte {
		loca := tables["loca"]
		return tables["glyf"][binary.BigEndian.Uint32(loca[4*int(g):]):binary.BigEndian.Uint32(loca[4*int(g)+4:])]
	}
	for _, g := range append(inner, composite) {
		if !bytes.HasPrefix(outline(g), whole.outline(g)) || len(whole.outline(g)) == 0 {
			t.Errorf("glyph %d is not whole", g)
		}
	}
	empty := 0
	for g := range len(whole.offsets) - 1 {
		if len(outline(uint16(g))) == 0 {
			empty++
		}
	}
	if empty < len(whole.offsets)-10 {
		t.Errorf("only %d glyphs of %d are left out", empty, len(whole.offsets))
	}
}

func TestOddFonts(t *testing.T) {
	data := font(t)
	for name, bad := range map[string][]byte{"empty": nil, "short": data[:40], "cut": data[:len(data)/2], "text": []byte("not a font at all, but long enough")} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%s is a font", name)
		}
	}
}

func TestLeftOut(t *testing.T) {
	d := New(Info{})
	p, q := d.Page(10, 10), d.Page(10, 10)
	q.Open(d.Root().Add("P"))
	q.Close()
	d.Order([]*Page{p})
	if err := d.Write(io.Discard); err == nil {
		t.Error("a page with content was lost")
	}
}

func TestNumbers(t *testing.T) {
	for v, want := range map[float64]string{0: "0", -0.0001: "0", 1: "1", 1.5: "1.5", 100: "100", -2.25: "-2.25", 0.0004: "0", 12.3456: "12.346"} {
		if got := num(v); got != want {
			t.Errorf("%v is written %s", v, got)
		}
	}
}
