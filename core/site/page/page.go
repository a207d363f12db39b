package page

import (
	"html/template"
	"strings"

	"github.com/recueil-cms/recueil/core/site/entry"
)

// Page is what the template "layout" is given. Kind says which of the other
// members are set; theme/GUIDE.md lists them.
type Page struct {
	*Frame
	Kind        string // home, page, list, entry, error
	Locale, Dir string
	Status      int

	Title, Lead string
	// Description is for search engines and previews of links.
	Description string
	URL         string // path of this page
	Canonical   string // address of what is shown, in the language that it is in
	Base        string // of absolute addresses, without a slash at the end
	Alternates  []Alternate
	Languages   []Language
	Crumbs      []Crumb
	Section     *NavItem
	Children    []NavItem
	NoIndex     bool
	Image       *entry.File
	JSONLD      template.JS
	Told        []template.JS // what modules tell search engines
	// Formats are the other forms in which the page can be had.
	Formats []Format

	// Embargoed says that the file of a study is not to be had yet; Newer leads
	// to the version that has replaced it.
	Embargoed bool
	Newer     *entry.Link

	Entry   *entry.Entry
	Related []Group
	List    *List
	Results *Results // of a search, with List
	Form    *Form
	Book    *Book

	// Unconfirmed is since when nobody has confirmed a profile, when that is
	// long ago. KeepURL is where its association keeps it, CorrectURL where
	// visitors say what is wrong.
	Unconfirmed, KeepURL, CorrectURL string

	// Reading is one page of a document; ReadURL the first that there is of a
	// study.
	Reading *Reading
	ReadURL string

	// States says that the page has the accessibility statement of the site.
	States bool

	// Modules are what programme modules put on the page, or the whole of a
	// page of theirs.
	Modules []*entry.Module

	// Preview says that the page shows a draft.
	Preview *PreviewNote
	// Reference is the id under which the log knows of a fault.
	Reference string
}

// Alternate is the same page in a language that it exists in.
type Alternate struct{ Locale, URL string }

// Language is one choice of the language switch. Missing says that the page
// does not exist in it and will be shown in another.
type Language struct {
	Locale, Dir, Name, URL string
	Current, Missing       bool
}

// Crumb is one step of the way to a page.
type Crumb struct{ Title, URL string }

// Format is another form of a page: a feed, a file.
type Format struct{ Title, Type, URL string }

// Group is entries that point at the one that is shown, by where they do.
type Group struct {
	Title, URL string
	Links      []entry.Link
	More       int
}

// Tell adds what a module tells search engines, which the module's provider has
// checked; nothing when it is empty.
func (p *Page) Tell(structured []byte) {
	if len(structured) > 0 {
		p.Told = append(p.Told, template.JS(structured)) //nolint:gosec // slot.Rendered promises that nothing in it ends a script
	}
}

// At places a page that exists in every language under the same address, but
// for the language.
func (p *Page) At(rest string) {
	p.URL = "/" + p.Locale + rest
	p.Canonical = p.Base + p.URL
	for i := range p.Languages {
		l := &p.Languages[i]
		l.URL = "/" + l.Locale + rest
		p.Alternates = append(p.Alternates, Alternate{l.Locale, p.Base + l.URL})
	}
}

// Inside reports whether the page lies below an address.
func (p *Page) Inside(address string) bool {
	if strings.HasPrefix(p.URL, address+"/") {
		return true
	}
	for _, c := range p.Crumbs {
		if c.URL == address && address != "/"+p.Locale+"/" {
			return true
		}
	}
	return false
}
