// Package markdown turns Markdown into HTML that is safe to put on a page, and
// leaves open where its references to entries and assets lead, so that one
// rendering serves every reader.
package markdown

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/util"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// MaxRendered is the most bytes of Markdown that are rendered; longer texts
// read as empty HTML. schema keeps texts shorter.
const MaxRendered = 2 << 20

// Renderer renders CommonMark with tables, footnotes, strikethrough and bare
// links. Raw HTML is dropped, pictures of other sites become links (they would
// tell those sites who reads what), and a sanitiser that knows nothing of
// Markdown has the last word. Renderer is safe for concurrent use.
type Renderer struct {
	parser   goldmark.Markdown
	sanitize *bluemonday.Policy
	kept     *textCache
}

// New makes a renderer that keeps rendered texts of about the given
// number of bytes in memory.
func New(cacheBytes int) *Renderer {
	return &Renderer{parser: newGoldmark(), sanitize: newSanitizer(), kept: newTextCache(cacheBytes)}
}

func newGoldmark() goldmark.Markdown {
	footnotes := extension.NewFootnote(extension.WithFootnoteIDPrefixFunction(func(n ast.Node) []byte {
		prefix, _ := n.OwnerDocument().Meta()[prefixMeta].([]byte)
		return prefix
	}))
	return goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.Strikethrough, extension.Linkify, footnotes),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(dresser{}, 1000))))
}

var (
	safeID    = regexp.MustCompile(`^[\p{L}\p{N}:_-]{1,120}$`)
	safeClass = regexp.MustCompile(`^(?:footnotes|footnote-ref|footnote-backref|embed|language-[A-Za-z0-9+#_-]{1,30})$`)
	safeRole  = regexp.MustCompile(`^doc-(?:endnotes|noteref|backlink)$`)
	safeDir   = regexp.MustCompile(`^auto$`)
	safeAlign = regexp.MustCompile(`^(?:left|right|center)$`)
	safeRel   = regexp.MustCompile(`^noopener nofollow$`)
	safeLoad  = regexp.MustCompile(`^lazy$`)
	safeStart = regexp.MustCompile(`^[0-9]{1,9}$`)
)

func newSanitizer() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "ol", "li",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "sup", "div")
	p.AllowAttrs("dir").Matching(safeDir).Globally()
	p.AllowAttrs("id").Matching(safeID).OnElements("h1", "h2", "h3", "h4", "h5", "h6", "sup", "li")
	p.AllowAttrs("class").Matching(safeClass).OnElements("a", "div", "code")
	p.AllowAttrs("role").Matching(safeRole).OnElements("a", "div")
	p.AllowAttrs("align").Matching(safeAlign).OnElements("th", "td")
	p.AllowAttrs("start").Matching(safeStart).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(safeRel).OnElements("a")
	p.AllowAttrs("src", "alt").OnElements("img")
	p.AllowAttrs("loading").Matching(safeLoad).OnElements("img")
	p.AllowAttrs("title").OnElements("a", "img")
	p.AllowNoAttrs().OnElements("a")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("http", "https", "mailto", "tel", "asset", "entry")
	return p
}

// Link is what a reference in a text leads to.
type Link struct {
	URL           string // absolute, or an absolute path
	Title         string // shown where the text gives no words of its own
	Width, Height int    // pixels, of a picture; 0 when not known
}

// Resolver says where a reference leads; false when there is no such thing, or
// none that the reader may see: the words stay, without the link.
type Resolver func(ref content.Ref) (Link, bool)

// Rendered is the HTML of one text, its references still to be resolved. It is
// immutable.
type Rendered struct {
	pieces []piece
	size   int
}

// piece is some HTML and what follows it, if anything.
type piece struct {
	html  string
	attr  string      // "href" or "src": where the reference leads follows
	words bool        // what the reference is called follows
	ref   content.Ref // of attr or words
}

// Render gives the HTML of Markdown. keep says whether it may be kept for the
// next time: never for personal data, which has to be erasable.
func (m *Renderer) Render(source string, keep bool) *Rendered {
	if strings.TrimSpace(source) == "" || len(source) > MaxRendered {
		return &Rendered{}
	}
	sum := sha256.Sum256([]byte(source))
	if keep {
		if r := m.kept.get(sum); r != nil {
			return r
		}
	}
	var out bytes.Buffer
	ctx := parser.NewContext(parser.WithIDs(headings{}))
	ctx.Set(prefixKey, []byte("n"+hex.EncodeToString(sum[:4])+"-"))
	var err error
	if !crowded(source) {
		err = m.parser.Convert([]byte(source), &out, parser.WithContext(ctx))
	}
	if err != nil || out.Len() == 0 {
		// The text as it stands is still better than none.
		out.Reset()
		fmt.Fprintf(&out, `<p dir="auto">%s</p>`, html.EscapeString(source))
	}
	r := cut(m.sanitize.SanitizeReader(&out).String())
	if keep {
		m.kept.put(sum, r)
	}
	return r
}

// reference finds what cut looks for, and wordless a link that says nothing.
// Outside of attributes the sanitiser writes every quotation mark as a
// character reference, so that no text can look like them.
var (
	reference = regexp.MustCompile(` (href|src)="((?:asset|entry):[^"]*)"`)
	wordless  = regexp.MustCompile(`^(?: [a-z]+="[^"]*")*></a>`)
)

func cut(safe string) *Rendered {
	r := &Rendered{size: len(safe)}
	for {
		at := reference.FindStringSubmatchIndex(safe)
		if at == nil {
			r.pieces = append(r.pieces, piece{html: safe})
			return r
		}
		p := piece{html: safe[:at[0]]}
		ref, _, ok := schema.ParseLink(html.UnescapeString(safe[at[4]:at[5]]))
		if ok {
			p.attr, p.ref = safe[at[2]:at[3]], ref
		}
		r.pieces = append(r.pieces, p)
		safe = safe[at[1]:]
		if end := wordless.FindStringIndex(safe); ok && end != nil {
			open := end[1] - len("</a>")
			r.pieces = append(r.pieces, piece{html: safe[:open], words: true, ref: ref})
			safe = safe[open:]
		}
	}
}

// Refs lists the references of the text, in order, repeats included.
func (r *Rendered) Refs() []content.Ref {
	var refs []content.Ref
	for _, p := range r.pieces {
		if p.attr != "" {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// HTML gives the finished HTML. A nil resolver resolves nothing.
func (r *Rendered) HTML(resolve Resolver) string {
	var b strings.Builder
	b.Grow(r.size + 64)
	for _, p := range r.pieces {
		b.WriteString(p.html)
		if p.attr == "" && !p.words || resolve == nil {
			continue
		}
		link, found := resolve(p.ref)
		switch {
		case !found:
		case p.words:
			b.WriteString(html.EscapeString(link.Title))
		default:
			b.WriteString(` ` + p.attr + `="` + html.EscapeString(safeURL(link.URL)) + `"`)
			if p.attr == "src" && link.Width > 0 && link.Height > 0 {
				b.WriteString(` width="` + strconv.Itoa(link.Width) + `" height="` + strconv.Itoa(link.Height) + `"`)
			}
		}
	}
	return b.String()
}

// safeURL lets only paths and web addresses through, whatever the resolver
// was made to say by the path of a collection.
func safeURL(u string) string {
	if strings.HasPrefix(u, "/") || strings.HasPrefix(u, "https://") || strings.HasPrefix(u, "http://") {
		return u
	}
	return ""
}
