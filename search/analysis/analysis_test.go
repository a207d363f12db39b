package analysis_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	bleve "github.com/blevesearch/bleve/v2/analysis"

	"github.com/recueil-cms/recueil/search/analysis"
)

// meets reports whether every word of a query has a reading in the text.
func meets(l *analysis.Language, query, text string) bool {
	in := map[string]bool{}
	for _, t := range l.Text.Analyze([]byte(text)) {
		in[string(t.Term)] = true
	}
	words := l.Terms(query)
	for _, w := range words {
		if !slices.ContainsFunc(w.Readings, func(r analysis.Reading) bool { return in[r.Stem] }) {
			return false
		}
	}
	return len(words) > 0
}

func TestPairs(t *testing.T) {
	list, err := os.ReadFile("testdata/pairs.tsv")
	if err != nil {
		t.Fatal(err)
	}
	languages := analysis.New()
	for line := range strings.Lines(string(list)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		tag, apart := strings.CutSuffix(cols[0], " not")
		l := languages.Of(tag)
		for _, way := range [][2]string{{cols[1], cols[2]}, {cols[2], cols[1]}} {
			if meets(l, way[0], way[1]) == apart {
				t.Errorf("%s: query %q, text %q: query terms %v, text terms %s", cols[0], way[0], way[1],
					l.Terms(way[0]), terms(l.Text.Analyze([]byte(way[1]))))
			}
		}
	}
}

func terms(s bleve.TokenStream) string {
	var b strings.Builder
	for _, t := range s {
		if string(t.Term) == analysis.Whole {
			continue
		}
		b.WriteString(string(t.Term) + " ")
	}
	return b.String()
}

func TestTerms(t *testing.T) {
	languages := analysis.New()
	for _, c := range []struct{ tag, purpose, text, want string }{
		{"fr", "words", "L'association d'El Oued", "association el oued"},
		{"fr", "words", "Qui sommes-nous ?", "qui sommes nous sommesnous"},
		{"fr", "text", "l'été dernier, il a été élu", "ete derni ete elu"},
		{"fr", "text", "10\u00a0000 € et 3,5 %", "10000 35"},
		{"fr", "text", "aujourd'hui", "aujourdhui"},
		{"fr", "text", "Qui sommes-nous ?", "qui sommes nous"},
		{"fr", "text", "Qui est élu ?", "elu"},
		{"ar", "words", "الجَمْعِيّاتُ المَحَلِّيَّة", "الجمعيات المحليه"},
		{"en", "words", "The members' rights, don't", "the members rights dont"},
		{"und", "text", "Straße Łódź 東京", "strasse lodz 東 京"},
	} {
		l := languages.Of(c.tag)
		a := map[string]bleve.Analyzer{"words": l.Words, "text": l.Text}[c.purpose]
		if got := strings.TrimSpace(terms(a.Analyze([]byte(c.text)))); got != c.want {
			t.Errorf("%s %s of %q: %q, want %q", c.tag, c.purpose, c.text, got, c.want)
		}
	}
}

func TestTermsOfQuery(t *testing.T) {
	languages := analysis.New()
	for _, c := range []struct{ tag, query, want string }{
		{"fr", "Comment créer une association ?", "creer association"},
		{"fr", "comment", "comment"},
		{"fr", "Qui sommes-nous ?", "qui sommes nous"},
		{"ar", "ما هي الجمعية", "الجمعيه"},
		{"en", "how to register an association", "register association"},
	} {
		var words []string
		for _, term := range languages.Of(c.tag).Terms(c.query) {
			words = append(words, term.Word)
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.tag, c.query, got, c.want)
		}
	}
}

func TestLanguageOfLocale(t *testing.T) {
	languages := analysis.New()
	for locale, want := range map[string]string{"fr": "fr", "fr-DZ": "fr", "AR": "ar", "en-GB": "en", "kab": "und", "": "und"} {
		if got := languages.Of(locale).Tag; got != want {
			t.Errorf("Of(%q) = %s, want %s", locale, got, want)
		}
	}
}

// FuzzOffsets feeds any bytes to every analyzer: tokens lie inside the text,
// start and end on rune borders, and have sane terms and positions.
func FuzzOffsets(f *testing.F) {
	for _, s := range []string{
		"L’éducation à M'Sila : ٢٠٢٤, P.C.P.A. co-construction", "والولايات \u200fالمتّحدة ﻻ ﷺ",
		"e\u0301te\u0301 10\u00a0000 13ème", "\xff\xfe'a'b'", "a'", "'s", "x\u00ads-'-.", "東京タワー",
		strings.Repeat("a", 300), strings.Repeat("é-", 100), "1.2.3,4", "A.B", "A.B.C.", "\u0640\u0640", "l'", "l''a", "ﬁn",
	} {
		f.Add([]byte(s))
	}
	languages := analysis.New()
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		for _, l := range languages.All() {
			for _, a := range []bleve.Analyzer{l.Text, l.Words} {
				position := 0
				for _, tok := range a.Analyze(text) {
					check(t, text, tok)
					position = max(position, tok.Position)
				}
				if position > len(text) {
					t.Fatalf("position %d in %d bytes", position, len(text))
				}
			}
		}
		for _, l := range languages.All() {
			for _, term := range l.Terms(string(text)) {
				if term.Start < 0 || term.Start >= term.End || term.End > len(text) || len(term.Readings) == 0 || term.Word == "" {
					t.Fatalf("term %v of %q", term, text)
				}
			}
		}
		if !bytes.Equal(before, text) {
			t.Fatal("the text was changed")
		}
	})
}

func check(t *testing.T, text []byte, tok *bleve.Token) {
	t.Helper()
	if tok.Start < 0 || tok.Start >= tok.End || tok.End > len(text) {
		t.Fatalf("token %v outside of %q", tok, text)
	}
	if !utf8.RuneStart(text[tok.Start]) || tok.End < len(text) && utf8.Valid(text) && !utf8.RuneStart(text[tok.End]) {
		t.Fatalf("token %v cuts a rune of %q", tok, text)
	}
	if len(tok.Term) == 0 || !utf8.Valid(tok.Term) || len(tok.Term) > 64*64 {
		t.Fatalf("token %v has a bad term", tok)
	}
	if tok.Position < 1 {
		t.Fatalf("token %v has no position", tok)
	}
}
