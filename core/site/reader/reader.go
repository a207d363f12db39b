// Package reader reads entries for one page, as whoever asks, and notes what the
// answer is made from, so that it can be kept for as long as it is right. It is
// the one way from the website to core/query.
package reader

import (
	"context"
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/entry"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Parts are what all readers of a site share.
type Parts struct {
	Engine *query.Engine
	Kinds  schema.Kinds
	Texts  *texts.Catalogue
	Now    func() time.Time
	// Locales of the site, first choice first.
	Locales []content.Locale
	// Base gives how people reach the site, without a slash at the end.
	Base func() string
	// Pictures gives smaller pictures of an asset; nil: there are none.
	Pictures func(*content.Asset) (srcset, card string)
	// Forms says that visitors can write without being told addresses.
	Forms bool
}

// Reader reads for one page. It is not safe for concurrent use.
type Reader struct {
	*Parts
	Ctx    context.Context
	By     content.Actor
	Locale content.Locale
	// Collections are those that visitors may read, once they are known.
	Collections []*schema.Collection
	// Draft names the entry of which the draft is seen in the place of what is
	// live; nil: none.
	Draft *preview.Link
	*Notes
}

// Notes are what an answer is made from.
type Notes struct {
	Seq     commitlog.Seq // of the oldest of what was read
	Depends []query.Dependency
	// Volatile says that the answer must not be kept.
	Volatile bool
}

// Note adds what an answer of the engine was made from.
func (n *Notes) Note(b query.Basis) {
	if len(n.Depends) == 0 || b.Seq < n.Seq {
		n.Seq = b.Seq
	}
	n.Volatile = n.Volatile || b.Volatile
	for _, d := range b.Depends {
		n.Depend(d)
	}
}

// Depend adds one thing that the answer changes with.
func (n *Notes) Depend(d query.Dependency) {
	if !slices.Contains(n.Depends, d) {
		n.Depends = append(n.Depends, d)
	}
}

// Basis is all that was noted.
func (n *Notes) Basis() query.Basis {
	return query.Basis{Seq: n.Seq, Volatile: n.Volatile, Depends: slices.Clone(n.Depends)}
}

// In reads in another language, and notes in the same place.
func (r *Reader) In(l content.Locale) *Reader {
	there := *r
	there.Locale = l
	return &there
}

// Apart reads the same as somebody, with notes of its own.
func (r *Reader) Apart(by content.Actor) *Reader {
	apart := *r
	apart.By, apart.Notes = by, &Notes{}
	return &apart
}

// T gives a text of the catalogue in the language of the page.
func (r *Reader) T(key string) string { return r.Texts.Text(string(r.Locale), key, nil) }

// Find reads a list.
func (r *Reader) Find(collection string, p query.Params) (*query.Result, error) {
	p.Locale, p.AnyLocale, p.Present = r.Locale, true, true
	found, err := r.Engine.Find(r.Ctx, r.By, collection, p)
	if err != nil {
		return nil, err
	}
	r.Note(found.Basis)
	for i, it := range found.Items {
		if r.Drafts(it.ID) {
			if found.Items[i], err = r.draft(p); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// Read reads one entry.
func (r *Reader) Read(collection, idOrSlug, fields string) (*query.Item, error) {
	p := query.Params{Locale: r.Locale, AnyLocale: true, Present: true, Fields: fields}
	if r.Drafts(content.EntryID(idOrSlug)) {
		return r.draft(p)
	}
	found, err := r.Engine.Get(r.Ctx, r.By, collection, idOrSlug, p)
	if err != nil {
		return nil, err
	}
	r.Note(found.Basis)
	return found.Item, nil
}

// Live reads a whole entry for its page: by its slug, or by one that it had
// before, so that the page can lead to where it is now.
func (r *Reader) Live(collection, slug string) (*query.Item, error) {
	item, err := r.Read(collection, slug, "")
	if problem.KindOf(err) != problem.NotFound {
		return item, err
	}
	p := query.Params{Locale: r.Locale, AnyLocale: true, Present: true}
	moved, movedErr := r.Engine.Moved(r.Ctx, r.By, collection, slug, p)
	if problem.KindOf(movedErr) == problem.NotFound {
		return nil, err
	}
	if movedErr != nil {
		return nil, movedErr
	}
	r.Note(moved.Basis)
	return moved.Item, nil
}

// Drafts reports whether the draft of an entry is seen.
func (r *Reader) Drafts(id content.EntryID) bool { return r.Draft != nil && r.Draft.Entry == id }

func (r *Reader) draft(p query.Params) (*query.Item, error) {
	found, err := r.Engine.Preview(r.Ctx, r.Draft.By, r.Draft.Collection, r.Draft.Entry, query.Params{
		Locale: r.Locale, AnyLocale: true, Present: true, Fields: p.Fields})
	if err != nil {
		return nil, err
	}
	r.Note(found.Basis)
	return found.Item, nil
}

// Presenter shows what was read in the language of the page.
func (r *Reader) Presenter() entry.Presenter {
	return entry.Presenter{Kinds: r.Kinds, Texts: r.Texts, Locale: r.Locale, Now: r.Now(), Pictures: r.Pictures, Forms: r.Forms}
}

// Shown makes an entry of what the engine gave.
func (r *Reader) Shown(it *query.Item) *entry.Entry {
	p := r.Presenter()
	e := p.Entry(it)
	if e.Embargoed(p.Now) {
		r.Volatile = true // the answer changes with the date
	}
	return e
}

// ShownAll makes entries of a list.
func (r *Reader) ShownAll(items []*query.Item) []*entry.Entry {
	out := make([]*entry.Entry, len(items))
	for i, it := range items {
		out[i] = r.Shown(it)
	}
	return out
}

// Cards reads what lists show of up to a page of entries.
func (r *Reader) Cards(links []entry.Link) (map[content.EntryID]*entry.Entry, error) {
	ids := map[string][]any{}
	for _, l := range links {
		ids[l.Collection] = append(ids[l.Collection], string(l.ID))
	}
	out := map[content.EntryID]*entry.Entry{}
	for name, some := range ids {
		col := r.Named(name)
		if col == nil {
			continue
		}
		found, err := r.Find(name, query.Params{Fields: ListFields(col), Page: query.Page{Size: query.MaxPage},
			Filter: map[string]any{schema.SysID: map[string]any{"_in": some}}})
		if err != nil {
			return nil, err
		}
		for _, e := range r.ShownAll(found.Items) {
			out[e.ID] = e
		}
	}
	return out, nil
}

// IgnoreMissing makes nothing of an error that says that there is nothing, for
// this reader.
func IgnoreMissing(err error) error {
	if k := problem.KindOf(err); k == problem.NotFound || k == problem.Forbidden {
		return nil
	}
	return err
}
