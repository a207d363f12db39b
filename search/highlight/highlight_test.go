package highlight_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/search/highlight"
)

// placesOf finds words in a text as a search would.
func placesOf(text string, words ...string) []highlight.Place {
	var out []highlight.Place
	for n, w := range words {
		for at := 0; ; {
			i := strings.Index(text[at:], w)
			if i < 0 {
				break
			}
			out = append(out, highlight.Place{Start: at + i, End: at + i + len(w), Word: n, Weight: 1})
			at += i + len(w)
		}
	}
	return out
}

const report = "La rencontre a eu lieu à Béjaïa. Elle a réuni 120 personnes venues de trois wilayas. " +
	"Les associations ont présenté leurs projets, puis les pouvoirs publics ont répondu. " +
	"Un compte rendu sera publié en septembre. Il dira ce que veulent les associations."

func TestExcerpt(t *testing.T) {
	for _, c := range []struct {
		name, text string
		words      []string
		o          highlight.Options
		want       string
	}{
		{"from a sentence on", report, []string{"associations", "publics"}, highlight.Options{Size: 90, Parts: 1},
			"… Les <mark>associations</mark> ont présenté leurs projets, puis les pouvoirs <mark>publics</mark> ont répondu. …"},
		{"two parts", report, []string{"Béjaïa", "septembre"}, highlight.Options{Size: 45},
			"… a eu lieu à <mark>Béjaïa</mark>. Elle a réuni 120 … sera publié en <mark>septembre</mark>. Il dira ce que …"},
		{"nothing found", report, nil, highlight.Options{Size: 40, Parts: 1}, "La rencontre a eu lieu à Béjaïa. …"},
		{"short text", "Une phrase.", []string{"phrase"}, highlight.Options{}, "Une <mark>phrase</mark>."},
		{"empty", "", nil, highlight.Options{}, ""},
		{"escaped", `<script>alert("été")</script> & fin`, []string{"été"}, highlight.Options{},
			`&lt;script&gt;alert(&#34;<mark>été</mark>&#34;)&lt;/script&gt; &amp; fin`},
		{"arabic", "تعمل الجمعية مع السلطات العمومية في ولاية بجاية؟ وهي مفتوحة للجميع.", []string{"الجمعية", "بجاية"}, highlight.Options{Size: 60, Parts: 1},
			"تعمل <mark>الجمعية</mark> مع السلطات العمومية في ولاية <mark>بجاية</mark>؟ وهي مفتوحة …"},
		{"white space", "un\n\n  deux\ttrois", []string{"deux"}, highlight.Options{}, "un <mark>deux</mark> trois"},
		{"no bidi tricks", "a\u202eb\u2066c", nil, highlight.Options{}, "abc"},
	} {
		if got := highlight.Excerpt(c.text, placesOf(c.text, c.words...), c.o); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestWhole(t *testing.T) {
	text := "Charte des associations <2024>"
	if got := highlight.Whole(text, placesOf(text, "associations")); got != "Charte des <mark>associations</mark> &lt;2024&gt;" {
		t.Error(got)
	}
}

func TestLongTextsAreCheap(t *testing.T) {
	text := strings.Repeat("association ", 300_000) // 3.6 MB, every word found
	places := placesOf(text, "association")
	start := time.Now()
	got := highlight.Excerpt(text, places, highlight.Options{})
	if len(got) > 2000 {
		t.Errorf("%d bytes", len(got))
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("took %v", took)
	}
}

var marks = regexp.MustCompile(`</?mark>`)

// FuzzExcerpt takes any text and any places: the outcome is HTML of the marks
// and of text that stands in the original in this order, with no letter cut.
func FuzzExcerpt(f *testing.F) {
	f.Add(report, 10, 20, 15, 30, 40, 2)
	f.Add("e\u0301te\u0301 \u202e<b>&amp;", 0, 1, 1, 2, 3, 1)
	f.Add("\xff\xfe ولاية\u200d", -1, 400, 1, 2, 1, 3)
	f.Add(strings.Repeat("é", 500), 3, 4, 900, 1001, 10, 2)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d, size, parts int) {
		places := []highlight.Place{{a, b, 0, 1}, {c, d, 1, 2}, {b, c, 0, 1}}
		got := highlight.Excerpt(text, places, highlight.Options{Size: size % 1000, Parts: parts % 10})
		if whole := highlight.Whole(text, places); utf8.ValidString(text) && squeeze(html.UnescapeString(marks.ReplaceAllString(whole, ""))) != squeeze(text) && !strings.Contains(text, "mark") {
			t.Fatalf("%q is not the text of %q", whole, text)
		}
		if !utf8.ValidString(got) {
			t.Fatalf("%q is no UTF-8", got)
		}
		if strings.Count(got, "<") != len(marks.FindAllString(got, -1)) {
			t.Fatalf("%q has HTML of its own", got)
		}
		if strings.Count(got, "<mark>") != strings.Count(got, "</mark>") {
			t.Fatalf("%q has open marks", got)
		}
		if !utf8.ValidString(text) || strings.Contains(text, "…") {
			return
		}
		rest := squeeze(text)
		for _, part := range strings.Split(html.UnescapeString(marks.ReplaceAllString(got, "")), "…") {
			part = squeeze(part)
			at := strings.Index(rest, part)
			if at < 0 {
				t.Fatalf("%q of %q is not in %q", part, got, rest)
			}
			rest = rest[at+len(part):]
			if r, _ := utf8.DecodeRuneInString(rest); part != "" && unicode.Is(unicode.M, r) && !unicode.IsControl(r) {
				t.Fatalf("%q cuts a letter of %q", part, text)
			}
		}
	})
}

// squeeze leaves out what an excerpt may leave out.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
}
