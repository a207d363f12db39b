// Package tree is the pages of one language as they stand below one another, for
// navigation and breadcrumbs.
package tree

import (
	"net/url"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/page"
)

// Tree is the pages of one language, for navigation and breadcrumbs.
type Tree struct {
	nodes map[content.EntryID]*node
	order []*node
	top   []*node
}

type node struct {
	id, parent content.EntryID
	title, url string
	hidden     bool // from navigation
	up         *node
	down       []*node
}

// New is a tree without pages.
func New() *Tree { return &Tree{nodes: map[content.EntryID]*node{}} }

// Size counts the pages.
func (t *Tree) Size() int { return len(t.order) }

// Add takes in a page.
func (t *Tree) Add(it *query.Item) {
	n := &node{id: it.ID, parent: it.Parent, url: it.URL}
	n.hidden, _ = it.Value("hidden").(bool)
	n.title, _ = it.Value("menu_label").(string)
	if f := it.Collection.Field(it.Collection.Title); n.title == "" && f != nil {
		n.title, _ = it.Value(f.Name).(string)
	}
	t.nodes[n.id] = n
	t.order = append(t.order, n)
}

// Link joins children and parents. A page whose parent is not there stands at
// the top.
func (t *Tree) Link() {
	for _, n := range t.order {
		if up := t.nodes[n.parent]; up != nil && up != n {
			n.up = up
			up.down = append(up.down, n)
		} else {
			t.top = append(t.top, n)
		}
	}
}

// Find gives the page whose address ends with a slug, or nil.
func (t *Tree) Find(slug string) *node {
	for _, n := range t.order {
		if strings.HasSuffix(n.url, "/"+url.PathEscape(slug)) {
			return n
		}
	}
	return nil
}

// maxLevels bounds breadcrumbs, whatever a tree that turns in circles says.
const maxLevels = 20

// Above gives the way from the top to a page, without itself.
func (t *Tree) Above(id content.EntryID) []page.Crumb {
	var out []page.Crumb
	n := t.nodes[id]
	for i := 0; n != nil && n.up != nil && i < maxLevels; i++ {
		n = n.up
		out = append([]page.Crumb{{Title: n.title, URL: n.url}}, out...)
	}
	return out
}

// Section gives the navigation beside a page: the branch that it is in, opened
// along the way to it. nil when the branch is that page alone.
func (t *Tree) Section(id content.EntryID) *page.NavItem {
	n := t.nodes[id]
	if n == nil {
		return nil
	}
	open := map[*node]bool{}
	root := n
	for i := 0; i < maxLevels; i++ {
		open[root] = true
		if root.up == nil {
			break
		}
		root = root.up
	}
	if len(root.down) == 0 {
		return nil
	}
	item := branch(root, id, open, 0)
	return &item
}

func branch(n *node, current content.EntryID, open map[*node]bool, depth int) page.NavItem {
	item := page.NavItem{Title: n.title, URL: n.url, Current: n.id == current}
	if open[n] && depth < maxLevels {
		for _, d := range n.down {
			if !d.hidden || open[d] {
				item.Items = append(item.Items, branch(d, current, open, depth+1))
			}
		}
	}
	return item
}

// Children gives the pages below one, for its foot.
func (t *Tree) Children(id content.EntryID) []page.NavItem {
	var out []page.NavItem
	if n := t.nodes[id]; n != nil {
		for _, d := range n.down {
			if !d.hidden {
				out = append(out, page.NavItem{Title: d.title, URL: d.url})
			}
		}
	}
	return out
}
