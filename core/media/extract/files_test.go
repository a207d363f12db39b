package extract

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/media/extract/extracttest"
)

// TestMain lets the test binary be the process that Outside starts. It never
// runs the tests then.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Argument {
		os.Exit(Child(os.Args[2], os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

func outside(t testing.TB) *Outside {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return NewOutside(self, extracttest.Cache(t), 2)
}

// both gives the two ways to read a file: in this process, for whatever a
// process of its own would add nothing to but time, and outside.
func both(t testing.TB) map[string]Extractor {
	t.Helper()
	return map[string]Extractor{"inside": inside(t), "outside": outside(t)}
}

func inside(t testing.TB) *Inside {
	t.Helper()
	in := NewInside(extracttest.Cache(t), true)
	t.Cleanup(func() {
		if err := in.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return in
}

// file puts bytes into a file.
func file(t testing.TB, data []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(data); err != nil {
		t.Fatal(err)
	}
	return f
}

// pdfOf makes a PDF with a page for each text. Lines are shown one below the
// other, in Latin script.
func pdfOf(texts ...string) []byte {
	pages := make([][]byte, len(texts))
	for i, text := range texts {
		var b strings.Builder
		b.WriteString("BT /F1 12 Tf 50 800 Td 16 TL\n")
		for line := range strings.SplitSeq(text, "\n") {
			var latin strings.Builder
			for _, r := range line {
				fmt.Fprintf(&latin, "%02x", r)
			}
			fmt.Fprintf(&b, "<%s> Tj T*\n", latin.String())
		}
		b.WriteString("ET")
		if text != "" {
			pages[i] = []byte(b.String())
		}
	}
	return pdfWith(pages...)
}

// pdfWith makes a PDF with a page for each content stream.
func pdfWith(contents ...[]byte) []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(format string, args ...any) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(offsets))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.7\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	var kids strings.Builder
	for i := range contents {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
	}
	object("<</Type/Pages/Count %d/Kids[%s]>>", len(contents), kids.String())
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	for i, content := range contents {
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", 5+2*i)
		var packed bytes.Buffer
		w := zlib.NewWriter(&packed)
		w.Write(content)
		w.Close()
		object("<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream", packed.Len(), packed.Bytes())
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, xref)
	return b.Bytes()
}

// zipOf packs files, given as names and contents in turn.
func zipOf(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(members[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const (
	docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	odtType  = "application/vnd.oasis.opendocument.text"
	odsType  = "application/vnd.oasis.opendocument.spreadsheet"
	epubType = "application/epub+zip"
)

func docxOf(t testing.TB, body string) []byte {
	t.Helper()
	return zipOf(t, "word/document.xml", `<?xml version="1.0" encoding="UTF-8"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+body+`</w:body></w:document>`)
}

func odfOf(t testing.TB, body string) []byte {
	t.Helper()
	return zipOf(t, "content.xml", `<office:document-content><office:body>`+body+`</office:body></office:document-content>`)
}
