package book

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// piece is a paragraph, a heading or an item of a list out of marked up text.
type piece struct {
	heading bool
	item    string // its bullet, of an item
	depth   int    // of lists in one another
	spans   []words
}

// words are text in one manner.
type words struct {
	text         string
	bold, italic bool
	address      string // of a link
}

// maxPieces bounds the paragraphs of one text.
const maxPieces = 500

// pieces reads sanitised HTML, as the engine gives it. Pictures are left out,
// and so is whatever names an entry whose name is personal.
func (s Source) pieces(markup string, hidden map[string]string) []piece {
	root, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		return nil
	}
	r := &markupReader{base: s.BaseURL(), hidden: hidden}
	r.walk(root, words{})
	r.end()
	return r.out
}

type markupReader struct {
	base   string
	hidden map[string]string
	out    []piece
	now    piece
	lists  []int // numbers of ordered lists, -1 for others
}

// end closes the paragraph that is being read.
func (r *markupReader) end() {
	said := false
	for _, w := range r.now.spans {
		said = said || strings.TrimSpace(w.text) != ""
	}
	if said && len(r.out) < maxPieces {
		r.now.spans[0].text = strings.TrimLeft(r.now.spans[0].text, " \n")
		r.now.depth = len(r.lists)
		r.out = append(r.out, r.now)
	}
	r.now = piece{}
}

func (r *markupReader) walk(n *html.Node, w words) {
	if n.Type == html.TextNode {
		if text := squeeze(n.Data); text != "" {
			w.text = text
			r.now.spans = append(r.now.spans, w)
		}
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Img, atom.Head, atom.Input:
		return
	case atom.Strong, atom.B, atom.Th:
		w.bold = true
	case atom.Em, atom.I:
		w.italic = true
	case atom.A:
		address, shown := r.link(n)
		if !shown {
			return
		}
		w.address = address
	case atom.Br:
		r.now.spans = append(r.now.spans, words{text: " "})
		return
	}
	block := r.begin(n)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		r.walk(c, w)
	}
	if block {
		r.end()
	}
	if n.DataAtom == atom.Ul || n.DataAtom == atom.Ol {
		r.lists = r.lists[:len(r.lists)-1]
	}
	if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		r.now.spans = append(r.now.spans, words{text: " · "})
	}
}

// begin opens a block where an element is one.
func (r *markupReader) begin(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Ul, atom.Ol:
		r.end()
		number := -1
		if n.DataAtom == atom.Ol {
			number = 0
		}
		r.lists = append(r.lists, number)
	case atom.Li:
		r.end()
		r.now.item = "•"
		if at := len(r.lists) - 1; at >= 0 && r.lists[at] >= 0 {
			r.lists[at]++
			r.now.item = itoa(r.lists[at]) + "."
		}
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		r.end()
		r.now.heading = true
	case atom.P:
		if r.now.item != "" && len(r.now.spans) == 0 {
			return false // the paragraph of an item
		}
		r.end()
	case atom.Tr, atom.Blockquote, atom.Pre, atom.Hr, atom.Dt, atom.Dd, atom.Section, atom.Div:
		r.end()
	default:
		return false
	}
	return true
}

// link gives where a link leads from paper: a whole address, or "" for one
// within the text. It is not shown when it names something personal.
func (r *markupReader) link(n *html.Node) (address string, shown bool) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "class" && strings.Contains(a.Val, "footnote-backref"):
			return "", false
		case a.Key == "href":
			address = a.Val
		}
	}
	if address == "" && len(r.hidden) > 0 {
		return "", false // to an entry without a page of its own
	}
	if strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") {
		if _, rest, ok := strings.Cut(address[1:], "/"); ok {
			for _, base := range r.hidden {
				if base != "" && strings.HasPrefix("/"+rest, base) {
					return "", false
				}
			}
		}
		return r.base + address, true
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "mailto" {
		return "", true
	}
	return u.String(), true
}

// squeeze makes one space of any run of them.
func squeeze(text string) string {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		if text != "" {
			return " "
		}
		return ""
	}
	out := strings.Join(fields, " ")
	if strings.TrimLeft(text, " \n\t") != text {
		out = " " + out
	}
	if strings.TrimRight(text, " \n\t") != text {
		out += " "
	}
	return out
}
