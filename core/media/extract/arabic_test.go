package extract

import (
	"os"
	"strings"
	"testing"
)

// at places the letters of a text one after the other, by a step to the right.
func at(text string, step float64) []char {
	var out []char
	for i, r := range []rune(text) {
		out = append(out, char{r, float64(i) * step})
	}
	return out
}

func TestLogicalOrder(t *testing.T) {
	for _, c := range []struct {
		chars []char
		want  string
	}{
		{at("الولاية", -1), "الولاية"},
		{at("ةيالولا", 1), "الولاية"},
		{append(append(at("الولاية", -1), char{' ', 0}), at("ةعمج", 1)...), "الولاية جمعة"},
		{at("ُبتك", 1), "كتبُ"},
		{at("2026", 1), "2026"},
		{at("و", 1), "و"},
		{at("PACT é", 1), "PACT é"},
		{[]char{{'د', 90}, {' ', 0}, {'d', 70}, {'e', 75}, {' ', 0}, {'S', 40}, {'u', 45}, {'d', 50}}, "د Sud de"},
		{[]char{{'o', 70}, {'r', 75}, {'g', 80}, {'.', 0}, {'a', 40}, {'-', 0}, {'b', 20}, {'\n', 0}, {'x', 90}}, "b-a.org\nx"},
		{[]char{{'S', 40}, {'u', 45}, {' ', 0}, {'d', 70}, {'e', 75}, {'ب', 20}}, "Su deب"},
		{at("٢٠٢٦ م", -1), "٢٠٢٦ م"},
	} {
		if got := logical(c.chars); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// A PDF that a browser made of an Arabic page.
func TestArabicPDF(t *testing.T) {
	data, err := os.ReadFile("testdata/arabic.pdf")
	if err != nil {
		t.Fatal(err)
	}
	text := textOf(t, inside(t), pdfType, data)
	all := strings.Join(text.Pages, "\n")
	for _, want := range []string{"استقبال الأطفال دون السادسة", "المنهج", "وضعية خمس ولايات", "دراسة خيالية", "ستين عائلة", "في كل بلدية كل سنة"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if text.Language != "ar" || len(text.Pages) != 3 {
		t.Errorf("%s, %d pages", text.Language, len(text.Pages))
	}
}
