// Package slot is the seam by which programme modules contribute pages and
// blocks to the website at run time: values that describe what there is, and
// one call that renders. plugins/host provides; core/site takes it in.
package slot

import (
	"context"
	"html/template"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// Limits that the site holds a provider to.
const (
	MaxPages  = 200
	MaxBlocks = 200
	MaxItems  = 50 // of one call
)

// Provider contributes to the site. It is safe for concurrent use.
type Provider interface {
	// Slots says what there is now. It is asked for every page and must answer
	// from memory. A visitor never learns which module something comes from.
	Slots() Slots
	// Render writes pages and blocks for visitors, in any order; what it leaves
	// out shows nothing. The site keeps its pages for as long as all answers on
	// them hold (see Rendered); keeping answers beyond, and giving the last good
	// one when the module is down or late, is the provider's. So is making HTML
	// harmless. What it gives is shared, and nobody changes it. An
	// error is a problem of kind Unavailable or our own fault; what is on the
	// rest of the page does not suffer from it.
	Render(ctx context.Context, locale content.Locale, items []Item) ([]Rendered, error)
}

// Slots is what a provider has to offer.
type Slots struct {
	Pages  []Page
	Blocks []Block
}

// Page is an address, or a family of them.
type Page struct {
	ID string // unique among the pages of the provider: "agenda/month"
	// Path is what follows the language: "/agenda" or "/agenda/{month}". A
	// place takes one segment. The addresses of collections go before, those
	// of editors' pages after.
	Path string
	// Query names the parameters that the page knows; others are ignored.
	Query []string
	// Draws are parameters of Query for which the site draws a number, from 1 to
	// so many, when the address has none: so that visitors see different orders,
	// and each finds theirs again by the links of the page.
	Draws map[string]int
	// Title in the menus and the breadcrumbs; a page that has no other is
	// called so.
	Title schema.Texts
	// Private says that only whoever has the address may see it, because that
	// holds a key: nobody keeps the page, lists it, or tells others the address.
	Private bool
	// Listed pages are in the sitemap; only for paths without places.
	Listed bool
}

// Block is something that stands on the pages of others.
type Block struct {
	ID    string // unique among the blocks of the provider: "agenda/next"
	Label schema.Texts
	// On names the collections on whose entries' pages it stands, below the
	// text; "home" is the home page. Editors place it elsewhere by a block
	// "module".
	On []string
}

// Item is one thing to render.
type Item struct {
	Key string // of the answer; unique in the call
	// Page or Block is the id of what is rendered; the other is empty.
	Page, Block string
	Places      map[string]string // of the page's path
	Query       map[string]string // of the page; the first value of each
	// The entry on whose page a block stands; empty elsewhere.
	Collection string
	Entry      content.EntryID
	Props      []byte // JSON that an editor gave a block; may be empty
}

// Rendered is the answer to one item. Not both of HTML and Tree.
type Rendered struct {
	Key         string
	Title       string // of a page, or a heading over a block; may be empty
	Description string // of a page
	HTML        template.HTML
	// Tree is drawn by the theme, a template "node-<type>" a node; see the
	// theme's guide for the types. It has been checked by the provider.
	Tree *Node
	// Structured is what search engines are told: an object of schema.org as JSON
	// in which nothing ends a script; empty: nothing. The provider has checked it.
	Structured []byte
	// Missing says that there is no such page, or nothing to show.
	Missing bool
	// Stale says that this is an older copy, because the module is not there.
	Stale bool
	// What the answer holds for: until an entry of these collections changes, or
	// a module does, and no longer than Until. It held when Render returned it;
	// zero: it must be asked for anew each time.
	Depends []content.CollectionID
	Until   time.Time
}

// Node is one component.
type Node struct {
	Type     string
	Values   map[string]any // its members but for "type" and "children"
	Children []*Node
}

// Match finds the page at an address, given by its decoded segments after the
// language, and what stands in its places. A path without places goes before
// one with.
func (s Slots) Match(segments []string) (*Page, map[string]string) {
	var best *Page
	var found map[string]string
	for i := range s.Pages[:min(len(s.Pages), MaxPages)] {
		places, ok := match(s.Pages[i].Path, segments)
		if ok && (best == nil || len(places) < len(found)) {
			best, found = &s.Pages[i], places
		}
	}
	return best, found
}

func match(path string, segments []string) (map[string]string, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) != len(segments) || !strings.HasPrefix(path, "/") || path == "/" {
		return nil, false
	}
	places := map[string]string{}
	for i, part := range parts {
		if strings.HasPrefix(part, "{") && strings.HasSuffix(part, "}") {
			places[part[1:len(part)-1]] = segments[i]
		} else if part != segments[i] {
			return nil, false
		}
	}
	return places, true
}

// Find gives the block of an id, or nil.
func (s Slots) Find(id string) *Block {
	for i := range s.Blocks[:min(len(s.Blocks), MaxBlocks)] {
		if s.Blocks[i].ID == id {
			return &s.Blocks[i]
		}
	}
	return nil
}
