package reader

import (
	"net/url"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
)

// Missing is the problem of an address that leads nowhere.
func Missing() error { return problem.New(problem.NotFound, "route_not_found", nil) }

// Address builds an address of the site in the language of the page.
func (r *Reader) Address(rest []string) string {
	var b strings.Builder
	b.WriteString("/" + string(r.Locale))
	for _, s := range rest {
		b.WriteString("/" + url.PathEscape(s))
	}
	return b.String()
}

// ListAddress is the address of a collection's list, or "".
func (r *Reader) ListAddress(col *schema.Collection) string {
	if base := BasePath(col); base != nil {
		return r.Address(base)
	}
	return ""
}

// Named finds a collection that visitors may read, or nil.
func (r *Reader) Named(name string) *schema.Collection {
	for _, col := range r.Collections {
		if col.Name == name {
			return col
		}
	}
	return nil
}

// Under finds the collection whose addresses begin like this one, and what is
// left of it.
func (r *Reader) Under(rest []string) (*schema.Collection, []string) {
	for _, col := range r.Collections {
		base := BasePath(col)
		if base == nil || len(rest) < len(base) || !slices.Equal(rest[:len(base)], base) {
			continue
		}
		return col, rest[len(base):]
	}
	return nil, nil
}

// About says to visitors what a collection is. The collections that the program
// brings have words for it; the help of the others stands in, although it is
// written for editors.
func (r *Reader) About(col *schema.Collection) string {
	if key := "site.about." + col.Name; r.Texts.Has(string(r.Locale), key) {
		return r.T(key)
	}
	return entry.Label(col.Help, r.Locale, "")
}

// Reserved are the first segments of addresses that other parts answer.
var Reserved = []string{"api", "admin", "healthz", "readyz", "metrics", "problems"}

// Inside gives an address that an editor wrote: on this site it is one in the
// language of the page, unless it names another or a part without languages.
func (r *Reader) Inside(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
		if u, err := url.Parse(to); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			return to
		}
		return ""
	}
	first, _, _ := strings.Cut(to[1:], "/")
	if first == "theme" || slices.Contains(Reserved, first) || slices.Contains(r.Locales, content.Locale(first)) {
		return to
	}
	return "/" + string(r.Locale) + to
}

// BasePath gives the segments of the address of a collection's list, or nil
// for a collection without lists: trees, singletons, those without addresses.
func BasePath(col *schema.Collection) []string {
	base, place, ok := strings.Cut(col.Path, "/{")
	if !ok || col.Tree || col.Singleton || base == "" || place != "slug}" && place != "id}" {
		return nil
	}
	return strings.Split(strings.Trim(base, "/"), "/")
}

// ListFields picks what a list shows of each entry: what names it, a sentence
// about it, its date, its picture and what it is filed under.
func ListFields(col *schema.Collection) string {
	names := []string{schema.SysLocale, schema.SysPublishedAt}
	if entry.Withdrawable(col) {
		names = append(names, "withdrawn")
	}
	for _, name := range entry.Summaries {
		if f := col.FieldNamed(name); f != nil && f.Kind != "markdown" {
			names = append(names, name)
			break
		}
	}
	picture := false
	for i := range col.Fields {
		f := &col.Fields[i]
		take := f.ID == col.Title || f.ID == col.Slug || f.ID == col.Date || f.Facet
		switch {
		case f.Kind == "asset" && !f.Localized && !picture:
			take, picture = true, true
		case f.Name == "name_ar" || f.Name == "short_name" || f.Name == "authors":
			take = true
		}
		if take && !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return strings.Join(names, ",")
}
