package page

import (
	"html/template"

	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/entry"
)

// Frame is what all pages of one language share: who we are, the menus, the
// tree of pages. It is what a visitor may see, whoever asks, and stays right
// until something that it was made from changes.
type Frame struct {
	Name, Tagline, Description string
	Logo                       *entry.File
	// Main and Footer are the menus that editors made.
	Main, Footer []MenuItem
	FooterText   template.HTML
	Partners     []entry.File
	// Legal, Privacy and Accessibility lead to the pages of that name, if any.
	Legal, Privacy, Accessibility *query.Link
	Email, Phone                  string
	// Statement is what editors declare of the accessibility of the site, or nil.
	Statement *entry.Values
	// Writes says that there are forms, so that Email need not be shown.
	Writes  bool
	Socials []MenuItem
	// Stylesheet is the address of the theme's one CSS file.
	Stylesheet string
}

// MenuItem is a link of a menu, with those below it.
type MenuItem struct {
	Label, URL string
	Items      []MenuItem
}

// NavItem is a page in the navigation beside it.
type NavItem struct {
	Title, URL string
	Current    bool
	Items      []NavItem
}
