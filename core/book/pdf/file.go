package pdf

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
)

// inStream is how many objects share one compressed stream.
const inStream = 200

// writeFile puts the objects into a file: streams as they are, everything else
// packed into object streams, because a structure tree has tens of thousands of
// small objects.
func (d *Doc) writeFile(w io.Writer, info int) error {
	type place struct{ stream, at int }
	where := map[int]place{}
	var plain []int
	for ref := 1; ref <= len(d.objects); ref++ {
		if d.objects[ref-1] == nil {
			return fmt.Errorf("pdf: object %d was reserved and never written", ref)
		}
		if !d.streams[ref] {
			plain = append(plain, ref)
		}
	}
	for from := 0; from < len(plain); from += inStream {
		group := plain[from:min(from+inStream, len(plain))]
		ref, err := d.pack(group)
		if err != nil {
			return err
		}
		for i, one := range group {
			where[one] = place{ref, i}
		}
	}
	out := &counter{w: w, sum: sha256.New()}
	out.print("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	table := make([]byte, 0, 7*(len(d.objects)+2))
	row := func(kind byte, second, third int) {
		table = append(table, kind, byte(second>>24), byte(second>>16), byte(second>>8), byte(second), byte(third>>8), byte(third))
	}
	row(0, 0, 65535)
	for ref := 1; ref <= len(d.objects); ref++ {
		if p, ok := where[ref]; ok {
			row(2, p.stream, p.at)
			continue
		}
		row(1, out.n, 0)
		out.print("%d 0 obj\n%s\nendobj\n", ref, d.objects[ref-1])
	}
	self := len(d.objects) + 1
	start := out.n
	row(1, start, 0)
	packed, err := deflate(table)
	if err != nil {
		return err
	}
	id := fmt.Sprintf("%x", out.sum.Sum(nil)[:16])
	out.print("%d 0 obj\n<< /Type /XRef /Size %d /W [1 4 2] /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		self, self+1, d.catalog, info, id, id, len(packed), packed, start)
	return out.err
}

// pack puts objects into one object stream.
func (d *Doc) pack(refs []int) (int, error) {
	var head, body bytes.Buffer
	for _, ref := range refs {
		fmt.Fprintf(&head, "%d %d ", ref, body.Len())
		body.Write(d.objects[ref-1])
		body.WriteByte('\n')
		d.objects[ref-1] = []byte{} // it is in the stream now
	}
	first := head.Len()
	head.Write(body.Bytes())
	return d.stream(fmt.Sprintf("/Type /ObjStm /N %d /First %d", len(refs), first), head.Bytes())
}

// counter counts and digests what is written, and keeps the first error.
type counter struct {
	w   io.Writer
	n   int
	sum hash.Hash
	err error
}

func (c *counter) print(format string, args ...any) {
	if c.err != nil {
		return
	}
	data := fmt.Appendf(nil, format, args...)
	if _, err := c.w.Write(data); err != nil {
		c.err = fmt.Errorf("pdf: %w", err)
		return
	}
	c.n += len(data)
	c.sum.Write(data) // never fails
}

func deflate(data []byte) ([]byte, error) {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pdf: %w", err)
	}
	return b.Bytes(), nil
}

// text is a string of people's: UTF-16 with its mark.
func text(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		fmt.Fprintf(&b, "%04X", u)
	}
	b.WriteByte('>')
	return b.String()
}

// plainText is a string of ASCII, such as an address.
func plainText(s string) string {
	return "(" + strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(s) + ")"
}

// num writes a number with at most three decimals.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}
