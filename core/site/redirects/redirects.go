// Package redirects knows the old addresses that editors have written down, and
// where they lead in the end.
package redirects

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/reader"
)

// Collection is where editors write them down.
const Collection = "redirects"

// Redirects are the old addresses that editors know of, as of a moment.
type Redirects struct {
	from map[string]Redirect
	// Basis is what they were made from.
	Basis query.Basis
}

// Redirect is where one of them leads.
type Redirect struct {
	Entry  *query.Link
	To     string
	Status int // 301, 302, 410
	Note   string
}

// Limits of redirects.
const (
	maxRedirects = 10_000
	maxHops      = 10 // of one that leads to another
)

// Read reads what editors have written down.
func Read(r *reader.Reader) (*Redirects, error) {
	all := &Redirects{from: map[string]Redirect{}}
	for after := ""; len(all.from) < maxRedirects; {
		page, err := r.Find(Collection, query.Params{Page: query.Page{Size: query.MaxPage, After: after}})
		if err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			all.add(it)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	all.Basis = r.Basis()
	return all, nil
}

// Empty says that there are none.
func (all *Redirects) Empty() bool { return len(all.from) == 0 }

// Find gives where an address leads in the end. One that leads back to itself
// leads nowhere.
func (all *Redirects) Find(address string, l content.Locale) (Redirect, bool) {
	prefix := "/" + string(l)
	var found Redirect
	for range maxHops {
		address = strings.TrimSuffix(address, "/")
		r, ok := all.from[address]
		if rest, localized := strings.CutPrefix(address, prefix+"/"); !ok && localized {
			r, ok = all.from["/"+rest]
		}
		if !ok {
			return found, found.Status != 0
		}
		if r.Status == http.StatusGone || r.Entry != nil || !strings.HasPrefix(r.To, "/") {
			return r, true
		}
		found, address = r, Decoded(r.To)
	}
	return Redirect{}, false
}

func (all *Redirects) add(it *query.Item) {
	text := func(name string) string { s, _ := it.Value(name).(string); return s }
	r := Redirect{To: text("to"), Status: http.StatusMovedPermanently, Note: text("note")}
	if l, ok := it.Value("entry").(query.Link); ok {
		r.Entry = &l
	}
	switch text("answer") {
	case "found":
		r.Status = http.StatusFound
	case "gone":
		r.Status = http.StatusGone
	}
	if from := Decoded(text("from")); from != "" && (r.To != "" || r.Entry != nil || r.Status == http.StatusGone) {
		all.from[from] = r
	}
}

// Decoded is an address as it is compared: in characters, not in escapes.
func Decoded(address string) string {
	if plain, err := url.PathUnescape(address); err == nil {
		address = plain
	}
	return strings.TrimSuffix(address, "/")
}
