package site_test

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// document is what the tests look at of a page.
type document struct {
	lang, dir, title, canonical string
	h1                          int
	links                       []string // href of a, in order
	sheets, images              []string
	alternates                  map[string]string // by language
	text                        string
}

var void = strings.Fields("area base br col embed hr img input link meta source track wbr path circle")

// block are the elements that must not stand in a paragraph or a heading.
var block = strings.Fields("address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul")

var known = append(append(strings.Fields(`html head title body a abbr b bdi blockquote button caption cite code dd del dt em figcaption i
	label legend li option q s select small span strong sub summary sup tbody td th thead time tr mark script style textarea
	svg g text output datalist`), void...), block...)

// checker reads a page strictly: what browsers would mend is a fault here.
// Every element is closed, in order; ids are unique and those that are
// referred to exist; nothing stands where HTML does not allow it.
type checker struct {
	doc    document
	faults []string
	open   []string
	ids    map[string]bool
	refs   []string
	level  int // of the last heading
}

func check(page []byte) (document, []string) {
	c := &checker{ids: map[string]bool{}, doc: document{alternates: map[string]string{}}}
	z := html.NewTokenizer(strings.NewReader(string(page)))
	var text strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			c.end()
			c.doc.text = text.String()
			return c.doc, c.faults
		case html.TextToken:
			words := string(z.Text())
			text.WriteString(words)
			if len(c.open) > 0 && c.open[len(c.open)-1] == "title" {
				c.doc.title += words
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			c.start(z.Token())
		case html.EndTagToken:
			c.close(z.Token().Data)
		case html.DoctypeToken, html.CommentToken:
		}
	}
}

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...)+" in "+strings.Join(c.open, ">"))
}

func (c *checker) start(t html.Token) {
	name := t.Data
	if !slices.Contains(known, name) {
		c.fault("unknown element %s", name)
	}
	c.place(name)
	attrs := map[string]string{}
	for _, a := range t.Attr {
		if _, twice := attrs[a.Key]; twice {
			c.fault("%s has %s twice", name, a.Key)
		}
		attrs[a.Key] = a.Val
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			c.fault("%s has %s, which the policy forbids", name, a.Key)
		}
	}
	c.attributes(name, attrs)
	c.note(name, attrs)
	if t.Type == html.StartTagToken && !slices.Contains(void, name) {
		c.open = append(c.open, name)
	}
}

// place checks that an element may stand where it does.
func (c *checker) place(name string) {
	parent := ""
	if len(c.open) > 0 {
		parent = c.open[len(c.open)-1]
	}
	for _, around := range c.open {
		phrasing := around == "p" || len(around) == 2 && around[0] == 'h' && around != "hr" || slices.Contains([]string{"span", "small", "strong", "bdi", "label"}, around)
		if phrasing && slices.Contains(block, name) {
			c.fault("%s stands in %s", name, around)
		}
		if (name == "a" || name == "button") && (around == "a" || around == "button") {
			c.fault("%s stands in %s", name, around)
		}
	}
	switch name {
	case "li":
		if parent != "ul" && parent != "ol" {
			c.fault("li stands in %s", parent)
		}
	case "dt", "dd":
		if parent != "dl" && parent != "div" {
			c.fault("%s stands in %s", name, parent)
		}
	}
	if (parent == "ul" || parent == "ol") && name != "li" || parent == "dl" && name != "dt" && name != "dd" && name != "div" {
		c.fault("%s stands in %s", name, parent)
	}
}

func (c *checker) attributes(name string, attrs map[string]string) {
	if id, ok := attrs["id"]; ok {
		if id == "" || c.ids[id] || strings.ContainsAny(id, " \t\n") {
			c.fault("id %q is empty, odd or there twice", id)
		}
		c.ids[id] = true
	}
	for _, key := range []string{"for", "aria-labelledby", "aria-describedby", "aria-controls", "popovertarget", "list"} {
		c.refs = append(c.refs, strings.Fields(attrs[key])...)
	}
	if _, ok := attrs["alt"]; name == "img" && (!ok || attrs["src"] == "") {
		c.fault("img without alt or src")
	}
	if href, ok := attrs["href"]; name == "a" && (!ok || href == "" || strings.HasPrefix(href, "javascript")) {
		c.fault("a without an address")
	}
	if name == "script" && attrs["type"] != "application/ld+json" && attrs["src"] == "" {
		c.fault("inline script")
	}
	if len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6' {
		level := int(name[1] - '0')
		if level > c.level+1 {
			c.fault("%s follows h%d", name, c.level)
		}
		c.level = level
		if level == 1 {
			c.doc.h1++
		}
	}
}

// note keeps what the tests ask about.
func (c *checker) note(name string, attrs map[string]string) {
	switch name {
	case "html":
		c.doc.lang, c.doc.dir = attrs["lang"], attrs["dir"]
	case "a":
		c.doc.links = append(c.doc.links, attrs["href"])
	case "img":
		c.doc.images = append(c.doc.images, attrs["src"])
	case "link":
		switch {
		case attrs["rel"] == "stylesheet":
			c.doc.sheets = append(c.doc.sheets, attrs["href"])
		case attrs["rel"] == "canonical":
			c.doc.canonical = attrs["href"]
		case attrs["hreflang"] != "":
			c.doc.alternates[attrs["hreflang"]] = attrs["href"]
		}
	}
}

func (c *checker) close(name string) {
	if len(c.open) == 0 || c.open[len(c.open)-1] != name {
		c.fault("%s is closed", name)
		return
	}
	c.open = c.open[:len(c.open)-1]
}

func (c *checker) end() {
	if len(c.open) > 0 {
		c.fault("the page ends")
	}
	for _, ref := range c.refs {
		if !c.ids[ref] {
			c.fault("nothing has the id %q", ref)
		}
	}
}
