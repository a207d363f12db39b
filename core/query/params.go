package query

import (
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Limits of a request.
const (
	MaxQuery      = 8 << 10  // bytes of a query string
	MaxBody       = 64 << 10 // bytes of a request in JSON
	MaxParameters = 200
	MaxNesting    = 12 // brackets, or JSON values, in one another
	MaxList       = 500
	DefaultPage   = 20
	MaxPage       = 100
	MaxOffset     = 100_000 // entries skipped by page[number]; page[after] goes on from there
	maxFallback   = 10
	maxCursor     = 6 << 10
)

// Count says whether the matching entries are counted.
type Count string

// The counts. Counting costs about as much as reading everything that matches.
const (
	CountNone  Count = ""
	CountExact Count = "exact"
)

// Version says which values are read.
type Version struct {
	Draft    bool // newest values; otherwise what is live
	Revision int  // values as of a revision; 0 for none in particular
}

// Page is a place in a list. At most one of Number, After and Before is set.
type Page struct {
	Size   int // 1 to MaxPage; 0 is DefaultPage
	Number int // from 1
	After  string
	Before string
}

// Params are the parameters of a read. The zero Params is a good one: the
// first page of what is live, in the site's own language.
type Params struct {
	// Filter in its JSON form, decoded: nil for none. Operands from a query
	// string are strings, which ask.ParseFilter reads by the field's kind.
	Filter any
	Fields string // "title,author.name"; empty: every field that the caller may read
	Sort   string // "-published_at,title"; empty: the collection's own order
	Page   Page
	Count  Count
	Locale content.Locale // empty: the site's own
	// Fallback lists the locales to try when an entry does not have Locale, in
	// order; AnyLocale goes on with all the others of the site.
	Fallback  []content.Locale
	AnyLocale bool
	Version   Version
	Trashed   bool // those in the trash; needs the right to delete
	// Present gives what a page shows in the place of what a program reads:
	// Markdown as HTML, assets as their facts, relations that Fields does not
	// populate as links, all of it inside groups, lists and blocks too, and
	// every item with its address. No parameter of a request sets it.
	Present bool
	// Also holds further parameters that the route knows.
	Also map[string]string
}

// parameters are the known ones, as they are suggested for a mistyped one.
var parameters = []string{"filter", "fields", "sort", "page", "page[size]", "page[number]", "page[after]", "page[before]",
	"count", "locale", "fallback", "version", "trashed"}

// ParseParams reads a raw query string. also names further parameters that the
// route knows and reads by itself. Everything that is unknown, repeated or
// malformed is a BadRequest problem that names it. The result shares memory
// with the string.
func ParseParams(rawQuery string, also ...string) (Params, error) {
	tree, err := parseBrackets(rawQuery)
	if err != nil {
		return Params{}, err
	}
	r := reader{also: also}
	for _, name := range tree.order {
		if err := r.take(name, tree.kids[name]); err != nil {
			return Params{}, err
		}
	}
	return r.finish()
}

// reader turns the tree of a query string into Params.
type reader struct {
	also []string
	p    Params
}

func (r *reader) take(name string, n *node) error {
	switch {
	case name == "filter":
		return r.filter(n)
	case name == "page":
		return r.page(n)
	case slices.Contains(r.also, name):
		if n.kids != nil {
			return nested(name, n)
		}
		if r.p.Also == nil {
			r.p.Also = map[string]string{}
		}
		r.p.Also[name] = n.leaf
		return nil
	case !slices.Contains(parameters, name) || strings.Contains(name, "["):
		return unknown(name, append(slices.Clone(r.also), parameters...))
	case n.kids != nil:
		return nested(name, n)
	}
	return r.set(name, n.leaf)
}

// nested refuses brackets where a parameter takes none, naming one of them.
func nested(name string, n *node) error {
	return unknown(name+"["+n.order[0]+"]", []string{name})
}

func unknown(name string, known []string) error {
	name = shown(name)
	if near := problem.Nearest(name, known); near != "" && near != name {
		return problem.Parameter(name, "parameter_unknown_near", problem.Args{"near": near})
	}
	return problem.Parameter(name, "parameter_unknown", nil)
}

// set takes one parameter without brackets, whatever notation it came in.
func (r *reader) set(name, value string) error {
	switch name {
	case "fields":
		r.p.Fields = value
	case "sort":
		r.p.Sort = value
	case "count":
		return r.count(value)
	case "locale":
		l, err := locale(name, value)
		r.p.Locale = l
		return err
	case "fallback":
		return r.fallback(value)
	case "version":
		return r.version(value)
	case "trashed":
		if value != "true" && value != "false" {
			return problem.Parameter(name, "parameter_choice", problem.Args{"choices": []string{"true", "false"}})
		}
		r.p.Trashed = value == "true"
	}
	return nil
}

func (r *reader) filter(n *node) error {
	if n.kids != nil {
		v, err := n.value("filter", "")
		r.p.Filter = v
		return err
	}
	v, err := decodeJSON("filter", n.leaf)
	if err != nil {
		return err
	}
	if _, ok := v.(map[string]any); !ok {
		return problem.Parameter("filter", "parameter_not_object", nil)
	}
	r.p.Filter = v
	return nil
}

func (r *reader) page(n *node) error {
	if n.kids == nil {
		return problem.Parameter("page", "page_parts", nil)
	}
	for _, key := range n.order {
		name := "page[" + key + "]"
		if n.kids[key].kids != nil {
			return nested(name, n.kids[key])
		}
		if err := r.place(key, n.kids[key].leaf); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) place(key, value string) (err error) {
	name := "page[" + key + "]"
	switch key {
	case "size":
		r.p.Page.Size, err = number(name, value, MaxPage)
	case "number":
		r.p.Page.Number, err = number(name, value, MaxOffset)
	case "after", "before":
		if value == "" || len(value) > maxCursor {
			return badCursor(name)
		}
		if key == "after" {
			r.p.Page.After = value
		} else {
			r.p.Page.Before = value
		}
	default:
		return unknown(name, parameters)
	}
	return err
}

func badCursor(name string) error { return problem.Parameter(name, "cursor_invalid", nil) }

// number reads a whole number from 1 to limit, without sign or leading zeros.
func number(name, value string, limit int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > limit || strconv.Itoa(n) != value {
		return 0, problem.Parameter(name, "parameter_number", problem.Args{"min": 1, "max": limit})
	}
	return n, nil
}

func (r *reader) count(value string) error {
	switch value {
	case "exact":
		r.p.Count = CountExact
	case "none":
		r.p.Count = CountNone
	default:
		return problem.Parameter("count", "parameter_choice", problem.Args{"choices": []string{"exact", "none"}})
	}
	return nil
}

func locale(name, value string) (content.Locale, error) {
	l := strings.ToLower(value)
	if len(l) > 35 || !content.ValidLocale(l) {
		return "", problem.Parameter(name, "parameter_locale", problem.Args{"value": shown(value)})
	}
	return content.Locale(l), nil
}

// fallback reads "none", "fr,en", "*" or "fr,*".
func (r *reader) fallback(value string) error {
	r.p.Fallback, r.p.AnyLocale = nil, false
	if value == "none" || value == "" {
		return nil
	}
	for one := range strings.SplitSeq(value, ",") {
		if one == "*" {
			r.p.AnyLocale = true
			continue
		}
		l, err := locale("fallback", one)
		if err != nil {
			return err
		}
		if !slices.Contains(r.p.Fallback, l) {
			r.p.Fallback = append(r.p.Fallback, l)
		}
	}
	if len(r.p.Fallback) > maxFallback {
		return problem.Parameter("fallback", "parameter_too_many", problem.Args{"limit": maxFallback})
	}
	return nil
}

func (r *reader) version(value string) error {
	switch rev, isRev := strings.CutPrefix(value, "rev:"); {
	case value == "published":
		r.p.Version = Version{}
	case value == "draft":
		r.p.Version = Version{Draft: true}
	case isRev:
		n, err := number("version", rev, 1<<31-1)
		if err != nil {
			return err
		}
		r.p.Version = Version{Draft: true, Revision: n}
	default:
		return problem.Parameter("version", "parameter_choice", problem.Args{"choices": []string{"published", "draft", "rev:n"}})
	}
	return nil
}

// finish checks what concerns several parameters at once.
func (r *reader) finish() (Params, error) {
	p := r.p
	places := 0
	for _, set := range []bool{p.Page.Number > 0, p.Page.After != "", p.Page.Before != ""} {
		if set {
			places++
		}
	}
	if places > 1 {
		return Params{}, problem.Parameter("page", "page_places", nil)
	}
	if p.Page.Number > 1 && (p.Page.Number-1)*p.size() > MaxOffset {
		return Params{}, problem.Parameter("page[number]", "page_too_far", problem.Args{"limit": MaxOffset})
	}
	if p.Trashed && p.Version.Revision > 0 {
		return Params{}, problem.Parameter("trashed", "parameter_excludes", problem.Args{"other": "version"})
	}
	return p, nil
}

func (p *Params) size() int {
	if p.Page.Size == 0 {
		return DefaultPage
	}
	return p.Page.Size
}
