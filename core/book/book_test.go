package book_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/core/media/extract/extracttest"
	"github.com/recueil-cms/recueil/core/problem"
)

func order(t *testing.T, name string) book.Order {
	t.Helper()
	return book.Order{Form: form(t, name), Made: made}
}

// made makes a book.
func makeBook(t *testing.T, s book.Source, o book.Order) ([]byte, book.Facts) {
	t.Helper()
	var out bytes.Buffer
	facts, err := s.Make(t.Context(), o, &out)
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), facts
}

// readAgain reads a book with our own reader of hostile files.
func readAgain(t *testing.T, in *extract.Inside, data []byte) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "book.pdf")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := in.Text(context.WithoutCancel(t.Context()), f, "application/pdf")
	if err != nil || text.State != extract.Found {
		t.Fatalf("read the book again: %v %v", text.State, err)
	}
	return text.Pages
}

// The book that comes out is the book that was meant: every association with
// its texts in both scripts, on the page that contents and indexes name, under
// a bookmark and a heading of its own.
func TestBookIsReadAgain(t *testing.T) {
	s := source(t, demo(t))
	in := extract.NewInside(extracttest.Cache(t), false)
	defer in.Close()
	for _, c := range []struct {
		form  string
		words []string
	}{
		{"a4-fr", []string{"Les Petits Pas de la Soummam", "Recueil des associations", "Fondée en 2004", "Sommaire", "Index par thème", "Index par wilaya", "Index des noms"}},
		{"a5-ar", []string{"الخطوات الصغيرة للصومام", "دليل الجمعيات", "فهرس الأسماء", "تفتح الجمعية للأطفال", "ويجرّبون", "قبل تعلّم القراءة، وتُشرك الأولياء في حياة كل فوج"}},
		{"a4-fr-ar", []string{"Les Petits Pas de la Soummam", "الخطوات الصغيرة للصومام", "تفتح الجمعية للأطفال", "L'association ouvre aux enfants"}},
	} {
		data, facts := makeBook(t, s, order(t, c.form))
		pages := readAgain(t, in, data)
		if len(pages) != facts.Pages || facts.Profiles != 60 {
			t.Errorf("%s: %d pages of %+v", c.form, len(pages), facts)
		}
		all := strings.Join(strings.Fields(strings.Join(pages, " ")), " ")
		for _, w := range c.words {
			if !strings.Contains(all, w) {
				t.Errorf("%s does not say %q", c.form, w)
			}
		}
		if c.form == "a4-fr" {
			pagesAreRight(t, pages)
		}
	}
}

var contentsLine = regexp.MustCompile(`(Les Petits Pas de la Soummam|Théâtre du quai Mezghenna|Tassili Avenir) *[. ]* *(\d+)`)

// pagesAreRight follows the table of contents and the index to the page with
// the profile.
func pagesAreRight(t *testing.T, pages []string) {
	first := 0
	for i, p := range pages {
		if strings.Contains(p, "01 · Adrar") && !strings.Contains(p, "Sommaire") {
			first = i
			break
		}
	}
	followed := 0
	for _, p := range pages {
		for _, m := range contentsLine.FindAllStringSubmatch(strings.Join(strings.Fields(p), " "), -1) {
			n, err := strconv.Atoi(m[2])
			if err != nil || first+n-1 >= len(pages) {
				continue
			}
			followed++
			if there := pages[first+n-1]; !strings.Contains(there, m[1]) || !strings.Contains(there, "pact.example.org/fr/associations/") {
				t.Errorf("%q is said to be on page %d, which has %.200q", m[1], n, there)
			}
		}
	}
	if followed < 6 { // contents, themes, wilayas, names
		t.Errorf("followed only %d lines", followed)
	}
}

// inflated gives everything in a file that is not a picture or a font, packed
// or not, so that its structure can be looked at.
func inflated(t *testing.T, data []byte) string {
	t.Helper()
	var out strings.Builder
	for _, m := range regexp.MustCompile(`(?s)<<[^>]*?/Length (\d+)[^>]*>>\nstream\n`).FindAllSubmatchIndex(data, -1) {
		n, err := strconv.Atoi(string(data[m[2]:m[3]]))
		if err != nil {
			t.Fatal(err)
		}
		head, body := string(data[m[0]:m[1]]), data[m[1]:m[1]+n]
		out.WriteString(head)
		if !strings.Contains(head, "FlateDecode") {
			out.Write(body)
			continue
		}
		z, err := zlib.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatalf("%s: %v", head, err)
		}
		plain, err := io.ReadAll(z)
		if err != nil {
			t.Fatalf("%s: %v", head, err)
		}
		if !strings.Contains(head, "/Length1") {
			out.Write(plain)
		}
	}
	return out.String()
}

func utf16Hex(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, u := range utf16.Encode([]rune(s)) {
		const digits = "0123456789ABCDEF"
		for shift := 12; shift >= 0; shift -= 4 {
			b.WriteByte(digits[u>>shift&15])
		}
	}
	return b.String() + ">"
}

// What readers of screens need is there: structure, languages, what stands for
// pictures, links that say where they lead, bookmarks, printed page numbers.
func TestBookIsTagged(t *testing.T) {
	s := source(t, demo(t))
	data, facts := makeBook(t, s, order(t, "a4-fr-ar"))
	text := inflated(t, data)
	for what, want := range map[string]int{
		"/S /H2 ":                        60, // a heading for each profile; those of the indexes come on top
		"/S /Figure ":                    60,
		"/S /TOCI ":                      60,
		"/S /Document ":                  1,
		"/Lang " + utf16Hex("fr"):        1,
		"/Lang " + utf16Hex("ar"):        60,
		"/MarkInfo << /Marked true >>":   1,
		"<pdfuaid:part>1</pdfuaid:part>": 1,
		"/DisplayDocTitle true":          1,
		"/Subtype /Link ":                300,
		"/ReversedChars BMC":             1000,
		"/Title " + utf16Hex("Les Petits Pas de la Soummam"): 1,
		"/Title " + utf16Hex("Index des noms"):               1,
		"/P " + utf16Hex("1") + " ":                          1,
		"/BBox [":                                            60,
	} {
		if got := strings.Count(text, what); got < want {
			t.Errorf("%d times %q, want at least %d", got, what, want)
		}
	}
	if got := strings.Count(text, "/Type /Page "); got != facts.Pages {
		t.Errorf("%d pages, want %d", got, facts.Pages)
	}
	for _, m := range regexp.MustCompile(`/Subtype /Link [^\n]*`).FindAllString(text, -1) {
		if !strings.Contains(m, "/Contents <FEFF") || !strings.Contains(m, "/StructParent ") {
			t.Fatalf("a link without words: %s", m)
		}
	}
	if alt := regexp.MustCompile(`/S /Figure [^\n]*`).FindString(text); !strings.Contains(alt, "/Alt <FEFF") {
		t.Errorf("a figure without words: %s", alt)
	}
	if open, closed := strings.Count(text, " BDC\n")+strings.Count(text, " BMC\n"), strings.Count(text, "EMC\n"); open != closed {
		t.Errorf("%d pieces of content begin and %d end", open, closed)
	}
	// All that is drawn is something or an ornament.
	depth, drawn := 0, 0
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.HasSuffix(line, " BDC"), strings.HasSuffix(line, " BMC"):
			depth++
		case strings.HasSuffix(line, "EMC"):
			depth--
		case strings.HasPrefix(line, "BT ") || strings.Contains(line, " rg BT "):
			if drawn++; depth <= 0 {
				t.Fatalf("text outside of any content: %.100s", line)
			}
		}
	}
	if drawn < 5000 {
		t.Errorf("only %d pieces of text", drawn)
	}
}

// The same entries, form and day give the same bytes, also from another node.
func TestSameBytes(t *testing.T) {
	dir := demo(t)
	copied := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	one, other := source(t, dir), source(t, copied)
	for _, name := range []string{"a4-fr-ar", "a5-en"} {
		first, _ := makeBook(t, one, order(t, name))
		second, _ := makeBook(t, other, order(t, name))
		if !bytes.Equal(first, second) {
			t.Errorf("%s comes out differently", name)
		}
		a, err := one.CopyID(t.Context(), form(t, name), made)
		if err != nil {
			t.Fatal(err)
		}
		b, err := other.CopyID(t.Context(), form(t, name), made)
		if err != nil || a != b {
			t.Errorf("%s is called %s and %s (%v)", name, a, b, err)
		}
		if next, err := one.CopyID(t.Context(), form(t, name), made.AddDate(0, 0, 1)); err != nil || next == a {
			t.Errorf("%s of the next day has the same name (%v)", name, err)
		}
	}
}

func TestForms(t *testing.T) {
	locales := []content.Locale{"fr", "ar", "en"}
	for _, f := range book.Forms(locales) {
		again, err := book.FormNamed(f.Name(), locales)
		if err != nil || again.Name() != f.Name() {
			t.Errorf("%s: %v %v", f.Name(), again, err)
		}
	}
	for _, name := range []string{"a3-fr", "a4", "a4-de", "a4-fr-fr", "a4-fr-ar-en", "a5-fr-ar", ""} {
		if _, err := book.FormNamed(name, locales); problem.KindOf(err) != problem.Invalid {
			t.Errorf("%q is a form (%v)", name, err)
		}
	}
}

// Who asks no longer wants it: the book is not finished.
func TestMakingStops(t *testing.T) {
	s := source(t, demo(t))
	ctx, stop := context.WithCancel(t.Context())
	o := order(t, "a4-fr")
	o.Progress = func(done, total int) {
		if done == 5 {
			stop()
		}
		if done > 6 || total != 60 {
			t.Errorf("at %d of %d", done, total)
		}
	}
	if _, err := s.Make(ctx, o, io.Discard); err == nil {
		t.Error("the book was finished")
	}
}
