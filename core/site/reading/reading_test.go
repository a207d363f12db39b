package reading_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/site/reading"
)

func TestParagraphs(t *testing.T) {
	got := reading.Paragraphs("Un titre\n\nUne ligne qui est assez longue pour\nen être deux.\nEncore une ligne qui est assez longue\nfin.\n \n\nAutre")
	headed := reading.Paragraphs("1. Méthode\nCent douze lieux d'accueil ont été recensés dans les\nwilayas de Béjaïa, Tizi-Ouzou et\nAlger.")
	if want := []string{"1. Méthode", "Cent douze lieux d'accueil ont été recensés dans les wilayas de Béjaïa, Tizi-Ouzou et Alger."}; !slices.Equal(headed, want) {
		t.Errorf("%q, not %q", headed, want)
	}
	want := []string{"Un titre", "Une ligne qui est assez longue pour en être deux.", "Encore une ligne qui est assez longue fin.", "Autre"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestWordsAreMarkedAndTextIsEscaped(t *testing.T) {
	m := reading.New()
	for _, c := range []struct{ text, locale, query, want string }{
		{"Les éducatrices <b>associatives</b> de l'Éducation", "fr", "education", "Les <mark>éducatrices</mark> &lt;b&gt;associatives&lt;/b&gt; de l&#39;<mark>Éducation</mark>"},
		{"في ولاية بجاية", "ar", "الولاية", "في <mark>ولاية</mark> بجاية"},
		{"<mark>forged</mark>", "en", "", "&lt;mark&gt;forged&lt;/mark&gt;"},
	} {
		got := m.Page(c.text, c.locale, c.query)
		if len(got) != 1 || string(got[0]) != c.want {
			t.Errorf("%q in %q: %q, not %q", c.query, c.text, got, c.want)
		}
	}
	if got := m.Page(strings.Repeat("a ", 200_000), "fr", "a"); len(got[0]) > 2_500_000 {
		t.Errorf("%d bytes of one page", len(got[0]))
	}
}
