package letters

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const maxSlug = 200

func TestSortKey(t *testing.T) {
	for _, same := range [][]string{
		{"Béjaïa", "bejaia", "BÉJAÏA", " Béjaïa ", "Be\u0301jai\u0308a"},
		{"cœur", "coeur", "CŒUR"},
		{"l’été", "l'ete"},
		{"مؤسسة", "موسسة"},
		{"جمعيّة", "جمعية", "جمعيه", "جـمـعية"},
		{"أحمد", "احمد", "إحمد"},
		{"٢٠٢٤", "2024", "۲۰۲۴"},
		{"ﻻ", "لا"},
	} {
		for _, s := range same[1:] {
			if SortKey(s) != SortKey(same[0]) {
				t.Errorf("%q gives %q, %q gives %q", same[0], SortKey(same[0]), s, SortKey(s))
			}
		}
	}
	if !(SortKey("écrire") < SortKey("Zèbre") && SortKey("eau") < SortKey("Écrire")) {
		t.Error("accents break the order")
	}
}

func TestSlugIsCutBetweenWords(t *testing.T) {
	if got := Slug("un deux trois quatre", 12, false); got != "un-deux" {
		t.Errorf("%q", got)
	}
	if got := Slug(strings.Repeat("a", 50), 10, false); got != strings.Repeat("a", 10) {
		t.Errorf("%q", got)
	}
	if got := Slug("ⴰⵣⵓⵍ Azul", 80, false); got != "ⴰⵣⵓⵍ-azul" {
		t.Errorf("%q", got)
	}
}

func FuzzSortKeyAndSlug(f *testing.F) {
	for _, seed := range []string{"Béjaïa", "ﷺ ﻻ جمعيّة", "İstanbul ŒUVRE ǅ", "a\u0301\u00a0 b", "٢٠٢٤ 𝟙", "ª º ﬃ", "\u1e9b\u0323", "ʼn'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 10_000 {
			return
		}
		key := SortKey(s)
		if again := SortKey(key); again != key {
			t.Fatalf("%q: key %q, then %q", s, key, again)
		}
		if other := SortKey(norm.NFC.String(s)); other != key {
			t.Fatalf("%q: key %q, composed %q", s, key, other)
		}
		for _, latin := range []bool{false, true} {
			slug := Slug(s, maxSlug, latin)
			if again := Slug(slug, maxSlug, latin); again != slug {
				t.Fatalf("%q: slug %q, then %q", s, slug, again)
			}
		}
	})
}
