package page

import (
	"strconv"

	"github.com/recueil-cms/recueil/core/site/entry"
)

// List is one page of a list.
type List struct {
	Items       []*entry.Entry
	Total       int
	Number      int
	Pages       int
	Prev, Next  string
	First, Last int // numbers of the items
	// Narrowed says that facets, words or a place hold.
	Narrowed bool
	// Intro is the page that editors put at the address of the list, if any.
	Intro *entry.Entry

	// Facets narrow the list; Query is what was typed.
	Facets []Facet
	Query  string
	// Map has the areas of the facet "wilaya", for the directory.
	Map []Area
	// Places and Radii are choices for a search around a place.
	Places, Radii []Choice
	// NearRemove and QueryRemove are addresses without that part.
	NearRemove, QueryRemove string
	// Kept are the chosen facets, Label their name and Key the choice: a form
	// has to hand them on.
	Kept []Choice
}

// Paginate sets where the neighbouring pages are.
func (p *Page) Paginate(address string, size int) {
	l := p.List
	l.Pages = (l.Total + size - 1) / size
	l.First, l.Last = (l.Number-1)*size+1, (l.Number-1)*size+len(l.Items)
	at := func(n int) string {
		if n == 1 {
			return address
		}
		return address + "?page=" + strconv.Itoa(n)
	}
	if l.Number > 1 {
		l.Prev = at(l.Number - 1)
	}
	if l.Number < l.Pages {
		l.Next = at(l.Number + 1)
	}
}

// Facet is a way to narrow a list.
type Facet struct {
	Name, Label string
	Choices     []Choice // those that lead to something, most first
	Chosen      string   // label of the choice that holds, or ""
	Remove      string   // address without it
}

// Choice is one value of a facet, with how many entries it leaves.
type Choice struct {
	Key, Label, URL string
	N               int
	Chosen          bool
}

// Area is one place of the map.
type Area struct {
	Choice
	Path  string
	Level int // of colour: 0 for none to 4 for many
}
