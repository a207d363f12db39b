// Package markup reads Markdown as the site knows it: its plain text, where its
// links lead, whether it can be read in reasonable time, and how plain text is
// written in it. It is pure; core/query/markdown makes the HTML.
package markup

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Max is the most characters of a Markdown text.
const Max = 300_000

// parser reads the Markdown that we support; core/query/markdown renders the
// same extensions.
func parser() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(
		extension.Table, extension.Strikethrough, extension.Linkify, extension.Footnote))
}

func parse(source string) (ast.Node, []byte) {
	raw := []byte(source)
	return parser().Parser().Parse(text.NewReader(raw)), raw
}

// Destinations visits where the links and pictures of a Markdown text lead.
func Destinations(source string, visit func(dest string)) {
	if !strings.Contains(source, ":") || !Fits(source) {
		return
	}
	root, raw := parse(source)
	// Walk fails only when the visitor does, and this one never does.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			visit(string(n.Destination))
		case *ast.Image:
			visit(string(n.Destination))
		case *ast.AutoLink:
			visit(string(n.URL(raw)))
		}
		return ast.WalkContinue, nil
	})
}

// Text gives the plain text of Markdown: blocks on lines of their own,
// table cells parted by tabs, the alternative texts of pictures. HTML, link
// Destinations and markup are dropped. What does not fit (Fits) is
// given as it is.
func Text(source string) string {
	if strings.TrimSpace(source) == "" || !Fits(source) {
		return strings.TrimSpace(source)
	}
	root, raw := parse(source)
	var out strings.Builder
	// Walk fails only when the visitor does, and this one never does.
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			return plain(&out, n, raw), nil
		}
		if n.Type() == ast.TypeBlock {
			breakLine(&out, n)
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimSpace(out.String())
}

func plain(out *strings.Builder, n ast.Node, raw []byte) ast.WalkStatus {
	switch n := n.(type) {
	case *ast.HTMLBlock, *ast.RawHTML, *extast.FootnoteBacklink:
		return ast.WalkSkipChildren
	case *ast.Text:
		out.Write(unescape(n, raw))
		if n.SoftLineBreak() || n.HardLineBreak() {
			out.WriteByte(' ')
		}
	case *ast.String:
		out.Write(n.Value)
	case *ast.AutoLink:
		out.Write(n.Label(raw))
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		segments := n.Lines()
		for i := range segments.Len() {
			segment := segments.At(i)
			out.Write(segment.Value(raw))
		}
	}
	return ast.WalkContinue
}

func breakLine(out *strings.Builder, n ast.Node) {
	separator := byte('\n')
	if n.Kind() == extast.KindTableCell {
		separator = '\t'
	}
	if s := out.String(); s != "" && s[len(s)-1] != '\n' {
		out.WriteByte(separator)
	}
}

// unescape gives what a reader sees of a text: backslash escapes and character
// references resolved, unless it is code.
func unescape(n *ast.Text, raw []byte) []byte {
	value := n.Segment.Value(raw)
	if n.IsRaw() {
		return value
	}
	var out []byte
	for i := 0; i < len(value); i++ {
		c := value[i]
		end := bytes.IndexByte(value[i:min(len(value), i+maxReference)], ';')
		switch {
		case c == '\\' && i+1 < len(value) && util.IsPunct(value[i+1]):
			i++
			out = append(out, value[i])
		case c == '&' && end > 0:
			whole := value[i : i+end+1]
			out = append(out, util.ResolveEntityNames(util.ResolveNumericReferences(whole))...)
			i += end
		default:
			out = append(out, c)
		}
	}
	return out
}

// maxReference is the most bytes of a character reference, "&name;".
const maxReference = 40

// Escape writes plain text so that Markdown shows it as it is: markup
// is escaped, line ends become hard breaks.
func Escape(text string) string {
	out := strings.Split(text, "\n")
	for i, l := range out {
		rest := strings.TrimLeft(l, " \t")
		indent := strings.NewReplacer(" ", "&#32;", "\t", "&#9;").Replace(l[:len(l)-len(rest)])
		out[i] = indent + escapeStart(inlineEscapes.Replace(rest))
		if i+1 < len(out) && rest != "" && out[i+1] != "" {
			out[i] += "\\"
		}
	}
	return strings.Join(out, "\n")
}

var inlineEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`,
	`<`, `\<`, `>`, `\>`, `&`, `\&`, `|`, `\|`, `~`, `\~`)

// escapeStart escapes what means something at the start of a line: headings,
// rules, underlines, and lists.
func escapeStart(l string) string {
	if l == "" {
		return l
	}
	if strings.IndexByte("#+-=:", l[0]) >= 0 {
		return `\` + l
	}
	n := len(l) - len(strings.TrimLeft(l, "0123456789"))
	if n > 0 && n < len(l) && (l[n] == '.' || l[n] == ')') {
		return l[:n] + `\` + l[n:]
	}
	return l
}
