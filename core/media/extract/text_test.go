package extract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/media/extract/extracttest"
)

func textOf(t *testing.T, e Extractor, mediaType string, data []byte) *Text {
	t.Helper()
	text, err := e.Text(t.Context(), file(t, data), mediaType)
	if err != nil {
		t.Fatalf("%s: %v", mediaType, err)
	}
	return text
}

const longFrench = "Les associations de la wilaya ont demandé que la concertation se poursuive avec les pouvoirs publics dans le cadre du programme, et que les jeunes y soient"

func TestPDFByPage(t *testing.T) {
	for how, e := range both(t) {
		text := textOf(t, e, pdfType, pdfOf("Étude des besoins\n"+longFrench, "", "Une page de concer-\ntation et un peut-\nêtre"))
		want := []string{"Étude des besoins\n" + longFrench, "", "Une page de concertation et un peut-être"}
		if text.State != Found || !text.Paged || text.Total != 3 || text.Blank() != 1 || text.Language != "fr" {
			t.Errorf("%s: %+v", how, text)
		}
		if !slices.Equal(text.Pages, want) {
			t.Errorf("%s: pages %q, want %q", how, text.Pages, want)
		}
	}
}

// The states of files that give no text, each a clear one.
func TestStatesOfPDF(t *testing.T) {
	whole := pdfOf(longFrench, "Page 2")
	encrypted, err := os.ReadFile("testdata/encrypted.pdf")
	if err != nil {
		t.Fatal(err)
	}
	in := inside(t)
	for name, c := range map[string]struct {
		data []byte
		want State
	}{
		"scanned":     {pdfOf("", "", ""), None},
		"encrypted":   {encrypted, Encrypted},
		"cut off":     {whole[:len(whole)/4], Damaged},
		"empty":       {nil, Damaged},
		"another":     {[]byte("%PDF-1.7\nThis is no PDF at all."), Damaged},
		"no page":     {pdfOf(), Damaged},
		"looped tree": {[]byte(strings.Replace(string(pdfOf("x")), "/Kids[4 0 R ]", "/Kids[2 0 R ]", 1)), Damaged},
	} {
		text := textOf(t, in, pdfType, c.data)
		if text.State != c.want || len(text.Pages) != 0 {
			t.Errorf("%s: state %q with %d pages, want %q", name, text.State, len(text.Pages), c.want)
		}
	}
}

// A page that unpacks to far more than the file is neither read for ever nor
// does it take the memory of this process.
func TestBombsInPDF(t *testing.T) {
	bomb := pdfWith([]byte("BT (first) Tj ET"), []byte(strings.Repeat("q ", 5_000_000)))
	out := outside(t)
	out.textTime = 2 * time.Second
	text, err := out.Text(t.Context(), file(t, bomb), pdfType)
	if err != nil {
		t.Fatal(err)
	}
	if text.State == Damaged || text.State == Found && len(text.Pages) != 2 {
		t.Errorf("state %q with %d pages", text.State, len(text.Pages))
	}
}

// What was read when the time is over counts.
func TestTimeIsLimited(t *testing.T) {
	out := outside(t)
	out.textTime = time.Millisecond
	text, err := out.Text(t.Context(), file(t, pdfOf("x")), pdfType)
	if err != nil || text.State != TooLarge {
		t.Errorf("%+v, %v", text, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := out.Text(gone, file(t, pdfOf("x")), pdfType); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone: %v", err)
	}
}

func TestManyPages(t *testing.T) {
	n := 400
	if os.Getenv("RECUEIL_LONG") != "" {
		n = MaxPages + 500
	}
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("Page %d", i+1)
	}
	text := textOf(t, outside(t), pdfType, pdfOf(texts...))
	want := Found
	if n > MaxPages {
		want = Partial
	}
	if read := min(n, MaxPages); text.State != want || text.Total != n || len(text.Pages) != read || text.Pages[read-1] != texts[read-1] {
		t.Errorf("%d pages: state %q, %d of %d", n, text.State, len(text.Pages), text.Total)
	}
}

func TestOtherFormats(t *testing.T) {
	in := inside(t)
	for name, c := range map[string]struct {
		mediaType string
		data      []byte
		want      []string
		paged     bool
	}{
		"plain":     {"text/plain", []byte("Bilan\r\nde l’année"), []string{"Bilan\nde l’année"}, false},
		"cp1252":    {"text/plain", []byte("Synth\xe8se de l\x92ann\xe9e"), []string{"Synthèse de l’année"}, false},
		"utf16":     {"text/plain", []byte("\xff\xfeA\x00\xe9\x00"), []string{"Aé"}, false},
		"form feed": {"text/plain", []byte("un\fdeux"), []string{"un", "deux"}, true},
		"html": {"text/html", []byte(`<html><head><title>No</title><style>p{}</style></head><body><h1>Titre</h1><p>Une <b>as</b>sociation&nbsp;: &eacute;t&eacute;<script>alert("no")</script><p>Fin</body></html>`),
			[]string{"Titre\n\nUne association : été\n\nFin"}, false},
		"docx": {docxType, docxOf(t, `<w:p><w:r><w:t>Première </w:t></w:r><w:r><w:t>page</w:t></w:r></w:p><w:p><w:r><w:del><w:t>effacé</w:t></w:del><w:br w:type="page"/><w:t>Deuxième</w:t></w:r></w:p>`),
			[]string{"Première page", "Deuxième"}, true},
		"docx without pages": {docxType, docxOf(t, `<w:p><w:r><w:t>Seule</w:t></w:r></w:p>`), []string{"Seule"}, false},
		"odt": {odtType, odfOf(t, `<office:text><text:p>Un<text:s/>deux</text:p>
			<text:p>trois<text:soft-page-break/>quatre<office:annotation><text:p>non</text:p></office:annotation></text:p></office:text>`), []string{"Un deux\ntrois", "quatre"}, true},
		"ods": {odsType, odfOf(t, `<office:spreadsheet><table:table><table:table-row><table:table-cell><text:p>Nour</text:p></table:table-cell></table:table-row></table:table><table:table><table:table-row><table:table-cell><text:p>Amal</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>`),
			[]string{"Nour", "Amal"}, true},
		"epub": {epubType, zipOf(t, "META-INF/container.xml", `<container><rootfiles><rootfile full-path="OEBPS/c.opf"/></rootfiles></container>`,
			"OEBPS/c.opf", `<package><manifest><item id="b" href="b.xhtml"/><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/><itemref idref="b"/></spine></package>`,
			"OEBPS/a.xhtml", `<html><body><p>Chapitre un</p></body></html>`, "OEBPS/b.xhtml", `<html><body><p>Chapitre deux</p></body></html>`),
			[]string{"Chapitre un", "Chapitre deux"}, false},
	} {
		text := textOf(t, in, c.mediaType, c.data)
		if text.State != Found || !slices.Equal(text.Pages, c.want) || text.Paged != c.paged {
			t.Errorf("%s: state %q, pages %q (paged %t), want %q (%t)", name, text.State, text.Pages, text.Paged, c.want, c.paged)
		}
	}
}

// Little that claims to be much.
func TestBombsInArchives(t *testing.T) {
	in := inside(t)
	much := MaxMember + 1
	if testing.Short() {
		much = 1 // the race detector would be at it for a minute
	}
	laughs := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><w:document><w:body><w:p><w:r><w:t>&c;</w:t></w:r></w:p></w:body></w:document>`
	many := make([]string, 0, 2*(maxMembers+1))
	for i := range maxMembers + 1 {
		many = append(many, fmt.Sprint(i), "")
	}
	for name, c := range map[string]struct {
		data []byte
		want []State
	}{
		"deep":            {docxOf(t, strings.Repeat("<w:p>", 10_000)), []State{TooLarge}},
		"many members":    {zipOf(t, many...), []State{TooLarge}},
		"entities":        {zipOf(t, "word/document.xml", laughs), []State{Found, Damaged, None}},
		"external entity": {zipOf(t, "word/document.xml", strings.ReplaceAll(laughs, `"haha"`, `SYSTEM "file:///etc/passwd"`)), []State{Found, Damaged, None}},
		"no document":     {zipOf(t, "other.xml", ""), []State{Damaged}},
		"not an archive":  {[]byte("PK\x03\x04 and no more"), []State{Damaged}},
	} {
		text := textOf(t, in, docxType, c.data)
		if !slices.Contains(c.want, text.State) {
			t.Errorf("%s: state %q, want one of %q", name, text.State, c.want)
		}
		if all := strings.Join(text.Pages, ""); strings.Contains(all, "haha") || strings.Contains(all, "root:") {
			t.Errorf("%s: an entity was replaced: %.100q", name, all)
		}
	}
	if text := textOf(t, outside(t), docxType, docxOf(t, strings.Repeat(" ", much))); text.State != TooLarge && much > 1 {
		t.Errorf("%d spaces: state %q", much, text.State)
	}
}

func TestWhatComesOutIsCounted(t *testing.T) {
	one, all := int64(10), int64(15)
	r := &limited{r: &limited{r: strings.NewReader(strings.Repeat("x", 20)), left: &one}, left: &all}
	if got, err := io.ReadAll(r); len(got) != 10 || !errors.Is(err, errLimit) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	one = 10
	if got, err := io.ReadAll(r); len(got) != 5 || !errors.Is(err, errLimit) {
		t.Errorf("then %d bytes, %v", len(got), err)
	}
}

func TestMend(t *testing.T) {
	for in, want := range map[string]string{
		"la concer-\ntation":                         "la concertation",
		"la concer\u00ad\ntation":                    "la concertation",
		"la concer\u00adtation":                      "la concertation",
		"socio-\néconomique, économique":             "socio-économique, économique",
		"peut-\nêtre":                                "peut-être",
		"lui-\nmême":                                 "lui-même",
		"start-\nup et start-up":                     "start-up et start-up",
		"médico\ufffesociales sociales":              "médico-sociales sociales",
		"2024 -\nfin":                                "2024 -\nfin",
		"Béni-\nMellal":                              "Béni-\nMellal",
		"la ﬁn et l’eﬀort, œuvre":                    "la fin et l’effort, œuvre",
		"\ufe8d\ufedf\ufea0\ufee4\ufecc\ufef4\ufe94": "الجمعية",
		"جمع\u00ad\nية":                              "جمعية",
		"a\u00a0b\u202fc \t d\r\ne\n\n\n\nf":         "a b c d\ne\n\nf",
		"\uf0b7 point\u200b\u0007":                   "point",
		"e\u0301te\u0301":                            "été",
	} {
		if got := mend([]string{in})[0]; got != want {
			t.Errorf("mend(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	arabic := "طالبت جمعيات الولاية بمواصلة التشاور مع السلطات العمومية في إطار البرنامج وبأن يشارك فيه الشباب من جميع البلديات وأن تنشر نتائجه كل سنة"
	english := "The associations of the province have asked that the consultation be continued with the public authorities and that it is open to young people from all of the towns"
	for text, want := range map[string]string{longFrench: "fr", arabic: "ar", english: "en", "Bonjour": "", strings.Repeat("lorem ipsum dolor ", 20): ""} {
		if got := language([]string{text}); got != want {
			t.Errorf("language(%.30q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzMend(f *testing.F) {
	f.Add("concer-\ntation \ufffe x-\n\ny")
	f.Fuzz(func(t *testing.T, in string) {
		out := mend([]string{clip(in, MaxPage)})[0]
		if strings.ContainsAny(out, "\r\u00ad\ufffe") || len(out) > 20*len(in)+20 {
			t.Errorf("mend(%q) = %q", in, out)
		}
	})
}

func FuzzReaders(f *testing.F) {
	types := []string{"text/plain", "text/html", docxType, odtType, epubType, "image/png"}
	f.Add(2, docxOf(f, `<w:p><w:r><w:t>x</w:t></w:r></w:p>`))
	f.Add(3, odfOf(f, `<text:p>x</text:p>`))
	f.Add(1, []byte("<p>x<script>"))
	in := NewInside("", true)
	f.Fuzz(func(t *testing.T, kind int, data []byte) {
		mediaType := types[((kind%len(types))+len(types))%len(types)]
		if _, drawn := decoders[mediaType]; drawn {
			if p, err := in.Picture(t.Context(), file(t, data), mediaType, Picture{Width: 40, Height: 30, Crop: true, X: 0.5, Y: 0.5}); err == nil && (p.Width > 40 || p.Height > 30) {
				t.Errorf("a picture of %d × %d", p.Width, p.Height)
			}
			return
		}
		text, err := in.Text(t.Context(), file(t, data), mediaType)
		if err != nil {
			t.Fatalf("%s: %v", mediaType, err)
		}
		if (text.State == Found || text.State == Partial) == (len(text.Pages) == 0) {
			t.Errorf("%s: state %q with %d pages", mediaType, text.State, len(text.Pages))
		}
	})
}

func FuzzPDF(f *testing.F) {
	f.Add(pdfOf("a", "", "b"))
	in := NewInside(extracttest.Cache(f), true)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := in.Text(t.Context(), file(t, data), pdfType); err != nil {
			t.Fatal(err)
		}
	})
}

// TestPrepare makes what reads PDF ready apart from any file, once it works.
func TestPrepare(t *testing.T) {
	t.Parallel()
	o := outside(t)
	program := o.program
	o.cache, o.program = t.TempDir(), filepath.Join(t.TempDir(), "none")
	if err := o.Prepare(t.Context(), pdfType); err == nil {
		t.Error("nothing was started, and it is said to be ready")
	}
	o.program = program
	if err := o.Prepare(t.Context(), pdfType); err != nil {
		t.Fatal(err)
	}
	if made, err := filepath.Glob(filepath.Join(o.cache, "*", "*")); err != nil || len(made) == 0 {
		t.Errorf("the cache has %v, %v", made, err)
	}
	o.program = "none"
	if err := o.Prepare(t.Context(), pdfType); err != nil {
		t.Errorf("it is prepared a second time: %v", err)
	}
}
