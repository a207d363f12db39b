// Package reading makes pages of HTML of the text that was found in a document,
// with the words that somebody searched for marked.
package reading

import (
	"html/template"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/highlight"
)

// maxText bounds the text of one page that is shown, in bytes.
const maxText = 200_000

// Marker marks words. It is safe for concurrent use.
type Marker struct{ languages *analysis.Languages }

// New makes a marker.
func New() *Marker { return &Marker{analysis.New()} }

// Page gives the paragraphs of a page in a language, escaped, with the words of
// a query in <mark>.
func (m *Marker) Page(text, locale, query string) []template.HTML {
	l := m.languages.Of(locale)
	terms := l.Terms(query)
	var out []template.HTML
	for _, p := range Paragraphs(text) {
		var places []highlight.Place
		for _, s := range l.Spans(p, terms) {
			places = append(places, highlight.Place{Start: s[0], End: s[1]})
		}
		out = append(out, template.HTML(highlight.Whole(p, places))) // escaped by highlight
	}
	return out
}

// Paragraphs joins the lines of a page to what they were: an empty line ends a
// paragraph, and so does a sentence that ends well before the others do. A short
// line before one that begins like a sentence is a heading.
func Paragraphs(text string) []string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	longest := 0
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
		longest = max(longest, utf8.RuneCountInString(lines[i]))
	}
	var out []string
	var open []string
	end := func() {
		if len(open) > 0 {
			out, open = append(out, strings.Join(open, " ")), nil
		}
	}
	for i, line := range lines {
		if line == "" {
			end()
			continue
		}
		open = append(open, line)
		last, _ := utf8.DecodeLastRuneInString(line)
		length := utf8.RuneCountInString(line)
		if strings.ContainsRune(".!?:؟»", last) && length*5 < longest*4 || len(open) == 1 && length*2 < longest && begins(lines[i+1:]) {
			end()
		}
	}
	end()
	return out
}

// begins reports whether the next line begins with a capital letter or a digit.
func begins(rest []string) bool {
	if len(rest) == 0 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(rest[0])
	return unicode.IsUpper(r) || unicode.IsDigit(r)
}
