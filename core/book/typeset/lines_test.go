package typeset

import (
	"slices"
	"strings"
	"testing"
)

func setter(t *testing.T) *Setter {
	t.Helper()
	s, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func paragraph(text string, rtl bool, width float64) Paragraph {
	language := "fr"
	if rtl {
		language = "ar"
	}
	return Paragraph{Spans: []Span{{Style: Style{Size: 10}, Text: text}}, Language: language, RightToLeft: rtl, Width: width}
}

// said is what the glyphs of a run stand for, in the order in which it is read.
func said(r Run) string {
	var parts []string
	for _, g := range r.Glyphs {
		parts = append(parts, g.Text)
	}
	if r.RightToLeft {
		slices.Reverse(parts)
	}
	return strings.Join(parts, "")
}

// read is the text of a line in the order in which it is read.
func read(l Line) string {
	runs := slices.Clone(l.Runs)
	slices.SortStableFunc(runs, func(a, b Run) int { return a.Order - b.Order })
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(said(r))
	}
	return b.String()
}

const (
	frenchText = "L’association « Les Petits Pas » affiche, depuis 2004, des ateliers à Aït Saïdi et Tizi Ouzou : ɣ, ẓ, ɛ."
	arabicText = "تفتح الجمعية للأطفال بين الثالثة والسادسة فضاءات للتفتح يلعبون فيها ويتحاورون ويجرّبون بأيديهم قبل تعلّم القراءة (2004)."
)

// No character is lost or comes twice, wherever lines end and however glyphs
// join, and no line is wider than its column.
func TestLinesSayTheText(t *testing.T) {
	s := setter(t)
	for _, c := range []struct {
		text string
		rtl  bool
	}{{frenchText, false}, {arabicText, true}, {"الموقع example.org والهاتف +213 21 00 00 00 ثم", true},
		{"Nom : الخطوات الصغيرة للصومام 2004 في أقبو, puis (وهران).", false}, {"ⵜⴰⵎⴰⵣⵉⵖⵜ Tamaziɣt", false}} {
		for _, width := range []float64{60, 140, 1000} {
			var all strings.Builder
			lines := s.Lines(paragraph(c.text, c.rtl, width))
			for _, l := range lines {
				all.WriteString(read(l))
				if l.Width > width+0.01 {
					t.Errorf("a line of %.1f in a column of %.0f: %q", l.Width, width, read(l))
				}
			}
			if all.String() != c.text {
				t.Errorf("%q comes out as %q", c.text, all.String())
			}
			if width == 1000 && len(lines) != 1 {
				t.Errorf("%q takes %d lines", c.text, len(lines))
			}
		}
	}
}

// The letters of Arabic take the forms that their neighbours ask for; lam and
// alif have some of their own. Latin has its ligatures.
func TestArabicIsShaped(t *testing.T) {
	s := setter(t)
	glyphs := func(text string) []uint16 {
		var out []uint16
		for _, r := range s.Lines(paragraph(text, true, 500))[0].Runs {
			if !r.RightToLeft || r.Font != arabic {
				t.Fatalf("%q is set in font %d, reversed %v", text, r.Font, r.RightToLeft)
			}
			for _, g := range r.Glyphs {
				out = append(out, g.ID)
			}
		}
		return out
	}
	forms := map[uint16]bool{}
	for _, id := range append(glyphs("ببب"), glyphs("ب")...) {
		forms[id] = true
	}
	if len(forms) < 4 {
		t.Errorf("beh has only %d forms", len(forms))
	}
	lamAlif, behAlif := glyphs("لا"), glyphs("با")
	if slices.Contains(lamAlif, behAlif[0]) { // the leftmost is the alif
		t.Errorf("alif after lam %v is the one after beh %v", lamAlif, behAlif)
	}
	if n := len(s.Lines(paragraph("affiche", false, 500))[0].Runs[0].Glyphs); n >= len("affiche") {
		t.Errorf("ffi takes %d glyphs", n)
	}
}

// Runs stand in the order of UAX 9, also numbers in Arabic in French, which
// are three levels deep.
func TestDirections(t *testing.T) {
	s := setter(t)
	for _, c := range []struct {
		text string
		rtl  bool
		want []string // from left to right
	}{
		{"un أب 2004 جد deux", false, []string{"un ", " جد", "2004", "أب ", " deux"}},
		{"أب un 2004 deux جد", true, []string{" جد", "un 2004 deux", "أب "}},
		{"أب 2004 جد", true, []string{" جد", "2004", "أب "}},
		{"نص \u2066a/b (c)\u2069 نص", true, []string{" نص", "a/b (c)", "نص "}},
	} {
		var got []string
		for _, r := range s.Lines(paragraph(c.text, c.rtl, 500))[0].Runs {
			if text := said(r); text != "" {
				got = append(got, text)
			}
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q stands as %q, want %q", c.text, got, c.want)
		}
	}
}

func TestOddTexts(t *testing.T) {
	s := setter(t)
	for text, want := range map[string]string{
		"":                       "",
		"a\u0000b\ufeffc\u00add": "abcd",
		"漢字":                     "■■",
		"a\nb\tc":                "a b c",
		"e\u0301":                "é",
		"\xff\xfe":               "",
	} {
		var got string
		for _, l := range s.Lines(paragraph(text, false, 500)) {
			got += read(l)
		}
		if got != want {
			t.Errorf("%q comes out as %q, want %q", text, got, want)
		}
	}
	lines := s.Lines(paragraph(strings.Repeat("mot ", MaxRunes), false, 300))
	n := 0
	for _, l := range lines {
		n += len([]rune(read(l)))
	}
	if n != MaxRunes {
		t.Errorf("%d characters of a text that is too long", n)
	}
}
