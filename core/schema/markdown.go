package schema

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxMarkdown is the most characters of a Markdown text.
const maxMarkdown = 300_000

// markdownKind is rich text in CommonMark with tables, footnotes and
// strikethrough. Its link destinations "asset:<id>" and "entry:<id>" point at
// assets and entries: ![alt](asset:ID) shows a picture, [text](asset:ID) links
// a file, [text](entry:ID) links an entry, and ![](entry:ID) alone in a
// paragraph embeds it.
type markdownKind struct{ settings[textSettings] }

var _ Kind = markdownKind{}

func (markdownKind) Name() string { return "markdown" }

func (markdownKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	source, err := lines(f, v)
	if err != nil {
		return nil, err
	}
	if err := settingsOf[textSettings](f).limits(f, source, maxMarkdown); err != nil {
		return nil, err
	}
	if !MarkdownFits(source) {
		return nil, wrong(f, "markdown_too_complex", nil)
	}
	var broken bool
	destinations(source, func(dest string) {
		if _, ours, ok := ParseLink(dest); ours && !ok {
			broken = true
		}
	})
	if broken {
		return nil, wrong(f, "markdown_bad_reference", nil)
	}
	return emptyAsNil(source), nil
}

func (markdownKind) incomplete(f Field, v any) []problem.Field {
	return settingsOf[textSettings](f).short(f, v)
}

func (markdownKind) Text(_ Field, v any) []string {
	source, _ := v.(string)
	return asText(MarkdownText(source))
}

func (markdownKind) Refs(_ Field, v any) []content.Ref {
	source, _ := v.(string)
	var refs []content.Ref
	destinations(source, func(dest string) {
		if ref, _, ok := ParseLink(dest); ok {
			refs = append(refs, ref)
		}
	})
	return refs
}

func (markdownKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	s := settingsOf[textSettings](f).schema(maxMarkdown)
	s["contentMediaType"] = "text/markdown"
	return s
}

// ParseLink reads a Markdown link destination: ours says that it is meant to
// be a reference of ours, ok that it is one.
func ParseLink(dest string) (ref content.Ref, ours, ok bool) {
	scheme, id, found := strings.Cut(dest, ":")
	switch {
	case !found:
		return content.Ref{}, false, false
	case strings.EqualFold(scheme, string(content.RefAsset)):
		return content.Ref{Kind: content.RefAsset, ID: id}, true, validAssetID(id)
	case strings.EqualFold(scheme, string(content.RefEntry)):
		return content.Ref{Kind: content.RefEntry, ID: strings.ToUpper(id)}, true, validEntryID(id)
	}
	return content.Ref{}, false, false
}

// markdownParser reads the Markdown that we support; the site and the API
// render the same extensions.
func markdownParser() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(
		extension.Table, extension.Strikethrough, extension.Linkify, extension.Footnote))
}

func parseMarkdown(source string) (ast.Node, []byte) {
	raw := []byte(source)
	return markdownParser().Parser().Parse(text.NewReader(raw)), raw
}

func destinations(source string, visit func(dest string)) {
	if !strings.Contains(source, ":") || !MarkdownFits(source) {
		return
	}
	root, raw := parseMarkdown(source)
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

// MarkdownText gives the plain text of Markdown: blocks on lines of their own,
// table cells parted by tabs, the alternative texts of pictures. HTML, link
// destinations and markup are dropped. What does not fit (MarkdownFits) is
// given as it is.
func MarkdownText(source string) string {
	if strings.TrimSpace(source) == "" || !MarkdownFits(source) {
		return strings.TrimSpace(source)
	}
	root, raw := parseMarkdown(source)
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
