package markup

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// hostile are the shapes that a Markdown parser may choke on.
var hostile = map[string]func(n int) string{
	"emphasis": func(n int) string { return strings.Repeat("*a_ ", n/4) },
	"strong":   func(n int) string { return strings.Repeat("**x", n/3) },
	"brackets": func(n int) string { return strings.Repeat("[", n) },
	"links":    func(n int) string { return strings.Repeat("[a](b", n/5) },
	"pictures": func(n int) string { return strings.Repeat("![", n/2) },
	"quotes":   func(n int) string { return strings.Repeat("> ", n/2) },
	"items":    func(n int) string { return strings.Repeat("- ", n/2) },
	"table": func(n int) string {
		return "|" + strings.Repeat("a|", n/300) + "\n|" + strings.Repeat("-|", n/300) + "\n" + strings.Repeat("|\n", n/3)
	},
	"code":       func(n int) string { return strings.Repeat("`a", n/2) },
	"references": func(n int) string { return strings.Repeat("&a", n/2) },
	"tags":       func(n int) string { return strings.Repeat("<a ", n/3) },
	"notes":      func(n int) string { return strings.Repeat("[^1]", n/4) },
	"addresses":  func(n int) string { return strings.Repeat("www.", n/4) + " " + strings.Repeat("http://a", n/8) },
	"mails":      func(n int) string { return strings.Repeat("a@", n/4) + strings.Repeat("a.b@c.", n/12) },
	"strikes":    func(n int) string { return strings.Repeat("~~a~ ", n/5) },
	"escapes":    func(n int) string { return strings.Repeat(`\`, n) },
	"parens":     func(n int) string { return "[a](" + strings.Repeat("(", n) },
	"definitions": func(n int) string {
		var b strings.Builder
		for i := range n / 16 {
			fmt.Fprintf(&b, "[a%d]: /x\n", i)
		}
		return b.String()
	},
	"indents": func(n int) string {
		var b strings.Builder
		for i := range 60 {
			b.WriteString(strings.Repeat("  ", i) + "- x\n")
		}
		return strings.Repeat(b.String(), n/4000)
	},
	"paragraphs": func(n int) string { return strings.Repeat(strings.Repeat("*a_ [", 100)+"\n\n", n/502) },
}

// The benchmark is the measurement behind the limits: the largest of each
// shape that fits.
func BenchmarkHostileMarkdown(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		n := Max
		for n > 100 && !Fits(hostile[name](n)) {
			n = n * 9 / 10
		}
		source := hostile[name](n)
		b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
			for b.Loop() {
				Text(source)
			}
		})
	}
}

func TestHostileMarkdownIsRefused(t *testing.T) {
	for _, name := range []string{"emphasis", "strong", "brackets", "links", "pictures", "quotes", "table", "strikes", "notes"} {
		if Fits(hostile[name](200_000)) {
			t.Errorf("%s fits", name)
		}
	}
}

func TestOrdinaryMarkdownFits(t *testing.T) {
	table := "| a | b | c |\n|---|---|---|\n" + strings.Repeat("| *x* | [y](https://a.dz/b_c) | z |\n", 300)
	book := strings.Repeat("Un *paragraphe* avec [un lien](https://a.dz), `du code`, **du gras** & une note[^1].\n\n> Une citation.\n\n", 2500)
	refs := strings.Repeat("- Auteur, *Titre*, <https://a.dz/x_y_z>, 2012.\n", 300)
	for _, source := range []string{table, book, refs, "> > > a", "***", strings.Repeat("-", 500), "```\n" + strings.Repeat("a[i] = *b & c;\n", 500) + "```"} {
		if !Fits(source) {
			t.Errorf("refused: %.60q", source)
		}
	}
}

// Plain text that becomes Markdown reads as it did.
func TestEscapedMarkdownReadsTheSame(t *testing.T) {
	for _, s := range []string{
		"# a", "1. b", "2) c", "- d", "+ e", "* f", "> g", "`h`", "_i_ **j**", "[k](l)", "<b>m</b>", "a & b &amp; c", "| n |", "~~o~~",
		"===", "---", ":x:", "M'Sila (Algérie).", "![p](q)", `\*`, "100 % — x", "http://a.dz/_x_", "[^1]: n", "جمعية *x*", "a\nb", "1.", "a\\",
	} {
		if got := Text(Escape(s)); strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(s), " ") {
			t.Errorf("%q became %q, read as %q", s, Escape(s), got)
		}
	}
}
