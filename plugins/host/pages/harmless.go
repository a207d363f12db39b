package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"strings"

	"github.com/microcosm-cc/bluemonday"

	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/host/tree"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// harmless reads what a plugin wrote: a tree that fits its schema, or HTML of
// which the rest is dropped.
func (p *Pages) harmless(plugin string, r *pluginpb.Rendered) (slot.Rendered, error) {
	out := slot.Rendered{Title: line(r.Title), Description: line(r.Description), Missing: r.Missing}
	var err error
	if out.Structured, err = structured(r.StructuredJson); err != nil {
		return out, err
	}
	switch {
	case len(r.TreeJson) > 0 && r.Html != "":
		return out, errors.New("a tree and HTML at the same time")
	case len(r.TreeJson) > 0:
		n, err := tree.Parse(r.TreeJson, tree.Site)
		if err != nil {
			return out, err
		}
		out.Tree = node(n)
	case len(r.Html) > maxHTML:
		return out, fmt.Errorf("the HTML has %d bytes; %d at most", len(r.Html), maxHTML)
	case r.Html != "":
		out.HTML = template.HTML(p.policy(plugin).Sanitize(r.Html)) //nolint:gosec // that is what makes it harmless
	}
	return out, nil
}

// structured checks what search engines are told, and writes it so that nothing
// in it ends the script that it stands in.
func structured(raw []byte) ([]byte, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	if len(raw) > maxStructured {
		return nil, fmt.Errorf("what search engines are told has %d bytes; %d at most", len(raw), maxStructured)
	}
	var thing map[string]any
	if err := json.Unmarshal(raw, &thing); err != nil {
		return nil, fmt.Errorf("what search engines are told is no object: %w", err)
	}
	if thing["@context"] != "https://schema.org" {
		return nil, fmt.Errorf("what search engines are told has the @context %v; it has to be https://schema.org", thing["@context"])
	}
	return json.Marshal(thing) // escapes <, > and &
}

func (p *Pages) policy(plugin string) *bluemonday.Policy {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.clean[plugin] == nil {
		p.clean[plugin] = policy(plugin)
	}
	return p.clean[plugin]
}

func line(s string) string { return wire.Clip(strings.Join(strings.Fields(s), " "), maxTitle) }

func node(n *tree.Node) *slot.Node {
	out := &slot.Node{Type: n.Type, Values: n.Values}
	for _, c := range n.Children {
		out.Children = append(out.Children, node(c))
	}
	return out
}

var (
	words     = regexp.MustCompile(`^[\p{L}\p{N} ._-]{1,120}$`)
	someName  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,60}$`)
	number    = regexp.MustCompile(`^[0-9]{1,6}$`)
	direction = regexp.MustCompile(`^(?:auto|ltr|rtl)$`)
	method    = regexp.MustCompile(`^(?i:get|post)$`)
	control   = regexp.MustCompile(`^(?:text|email|number|date|time|tel|url|search|hidden|checkbox|radio)$`)
	press     = regexp.MustCompile(`^(?:submit|reset)$`)
	picture   = regexp.MustCompile(`^/api/v1/assets/[A-Za-z0-9]+(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$`)
)

// elements are the ones that HTML of a plugin may have, besides links and pictures.
var elements = []string{
	"p", "br", "hr", "em", "strong", "b", "i", "del", "ins", "mark", "small", "sub", "sup", "code", "pre", "kbd", "abbr",
	"blockquote", "q", "cite", "ul", "ol", "li", "dl", "dt", "dd", "h2", "h3", "h4", "h5", "h6", "div", "span", "section", "article",
	"header", "footer", "figure", "figcaption", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "time", "details", "summary",
	"form", "fieldset", "legend", "label", "input", "button", "select", "optgroup", "option", "textarea", "output",
}

// policy is what HTML of a plugin may hold: words, pictures of the site, links,
// and forms that lead to pages of the site or to the plugin itself. No scripts,
// no styles, no frames; nothing is fetched from elsewhere.
func policy(plugin string) *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(elements...)
	p.AllowNoAttrs().OnElements(elements...) // otherwise labels and legends would be dropped
	p.AllowAttrs("class", "title", "aria-label").Matching(words).Globally()
	p.AllowAttrs("dir").Matching(direction).Globally()
	p.AllowAttrs("lang").Matching(someName).Globally()
	// Whatever of the theme has an id has another one.
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^`+regexp.QuoteMeta(plugin)+`-[a-z0-9-]{1,60}$`)).OnElements("h2", "h3", "h4", "h5", "h6", "section")
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("td", "th")
	p.AllowAttrs("scope").Matching(someName).OnElements("th")
	p.AllowAttrs("datetime").Matching(regexp.MustCompile(`^[0-9TZ:+.-]{1,40}$`)).OnElements("time")
	p.AllowAttrs("open").OnElements("details")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").Matching(picture).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowAttrs("method").Matching(method).OnElements("form")
	p.AllowAttrs("action").Matching(action(plugin)).OnElements("form")
	p.AllowAttrs("name").Matching(someName).OnElements("input", "button", "select", "textarea")
	p.AllowAttrs("type").Matching(control).OnElements("input")
	p.AllowAttrs("type").Matching(press).OnElements("button")
	p.AllowAttrs("value").OnElements("input", "option", "button")
	p.AllowAttrs("placeholder").OnElements("input", "textarea")
	p.AllowAttrs("autocomplete").Matching(regexp.MustCompile(`^[a-z -]{2,40}$`)).OnElements("input", "select", "textarea")
	p.AllowAttrs("required", "checked", "selected", "disabled", "multiple", "readonly").OnElements("input", "select", "option", "textarea", "button")
	p.AllowAttrs("min", "max", "step", "maxlength", "minlength", "rows", "cols", "size").Matching(regexp.MustCompile(`^[0-9T:.-]{1,20}$`)).OnElements("input", "textarea", "select")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.AllowURLSchemes("https", "mailto", "tel")
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	return p
}

// action is where forms may lead: pages of the site but for those of other
// parts, and the plugin's own addresses.
func action(plugin string) *regexp.Regexp {
	const steps = `(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)`
	return regexp.MustCompile(`^/(?:[a-z]{2}` + steps + `*/?|api/v1/plugins/` + regexp.QuoteMeta(plugin) + steps + `+)$`)
}
