package markdown

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

const prefixMeta = "footnote-prefix"

var prefixKey = parser.NewContextKey()

// dresser adds to a parsed text what Markdown has no words for: the direction
// of each block, what a link to another site may do, and embedded entries.
type dresser struct{}

// Transform is called by goldmark when a text was parsed.
func (dresser) Transform(doc *ast.Document, reader text.Reader, ctx parser.Context) {
	doc.Meta()[prefixMeta] = ctx.Get(prefixKey)
	var pictures []*ast.Image
	// Walk fails only when the visitor does, and this one never does.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Paragraph, *ast.Heading, *ast.ListItem, *ast.Blockquote, *extast.TableCell:
			n.SetAttributeString("dir", "auto")
		case *ast.Link:
			mark(n, string(n.Destination))
		case *ast.AutoLink:
			mark(n, string(n.URL(reader.Source())))
		case *ast.Image:
			pictures = append(pictures, n)
		}
		return ast.WalkContinue, nil
	})
	for _, p := range pictures {
		picture(p)
	}
}

func mark(n ast.Node, dest string) {
	if external(dest) {
		n.SetAttributeString("rel", "noopener nofollow")
	}
}

func external(dest string) bool {
	u, err := url.Parse(strings.TrimSpace(dest))
	return err != nil || u.Host != "" || u.Scheme == "http" || u.Scheme == "https"
}

// picture decides what becomes of ![alt](dest): an asset is shown, an entry is
// embedded as a link that says so, anything else is linked.
func picture(n *ast.Image) {
	ref, _, ok := schema.ParseLink(string(n.Destination))
	if ok && ref.Kind == content.RefAsset {
		n.SetAttributeString("loading", "lazy")
		return
	}
	parent := n.Parent()
	if inLink(n) { // a link inside a link is none
		for c := n.FirstChild(); c != nil; {
			next := c.NextSibling()
			parent.InsertBefore(parent, n, c)
			c = next
		}
		parent.RemoveChild(parent, n)
		return
	}
	link := ast.NewLink()
	link.Destination, link.Title = n.Destination, n.Title
	if ok {
		link.SetAttributeString("class", "embed")
	} else {
		mark(link, string(n.Destination))
	}
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		link.AppendChild(link, c)
		c = next
	}
	parent.ReplaceChild(parent, n, link)
}

func inLink(n ast.Node) bool {
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink {
			return true
		}
	}
	return false
}

// headings makes the ids of headings: letters of any script and digits, joined
// by hyphens, with a prefix that keeps them apart from the page's own ids.
type headings map[string]int // how often an id was wanted

const maxHeadingID = 80 // bytes

// Generate gives an id that the text does not have yet.
func (h headings) Generate(value []byte, _ ast.NodeKind) []byte {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(string(value)) {
		if b.Len() > maxHeadingID {
			break
		}
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			gap = false
		case !unicode.IsMark(r):
			gap = true
		}
	}
	base := "s-" + b.String()
	if b.Len() == 0 {
		base = "s"
	}
	id := base
	for h[id] > 0 {
		h[base]++
		id = base + "-" + strconv.Itoa(h[base])
	}
	h[id]++
	return []byte(id)
}

// Put takes an id that came from elsewhere.
func (h headings) Put(value []byte) { h[string(value)]++ }

// maxMarks bounds the characters of one paragraph that may open something.
// The parser needs time that grows with their square when they never close.
const maxMarks = 4000

func crowded(source string) bool {
	marks := 0
	for i := range len(source) {
		switch source[i] {
		case '*', '_', '~', '[', '>':
			if marks++; marks > maxMarks {
				return true
			}
		case '\n':
			if i > 0 && source[i-1] == '\n' {
				marks = 0
			}
		}
	}
	return false
}
