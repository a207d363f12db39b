package query

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query/markdown"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Options of an engine. Now is required.
type Options struct {
	Now func() time.Time
	// Locales gives the languages of the site, its own one first. nil: fr, ar, en.
	Locales func() []content.Locale
	// EntryURL gives the address of an entry for links in texts, and AssetURL
	// that of an asset's bytes; "" for none. Of an entry in a tree, slug is the
	// path of slugs from the top, joined by slashes. nil: an entry's is made
	// from the Path of its collection, an asset has none.
	EntryURL func(col *schema.Collection, id content.EntryID, slug string, locale content.Locale) string
	AssetURL func(a *content.Asset) string
	// Search is the text index; nil: there is none, and searches are refused.
	Search *search.Index
	// Past lists queries of the past that begin as typed, for suggestions; nil:
	// there are none.
	Past func(typed string, l content.Locale, limit int) []string
	// TextCache is the memory for rendered texts in bytes. 0: 16 MiB.
	TextCache int
}

// Engine answers reads. It is safe for concurrent use and needs no closing.
type Engine struct {
	db    *view.DB
	log   *commitlog.Log[content.Commit]
	kinds schema.Kinds
	o     Options
	text  *markdown.Renderer
	// visitor is what visitors may do, as of a change of the roles: the one
	// policy that nearly every read needs.
	visitor atomic.Pointer[visitorPolicy]
}

type visitorPolicy struct {
	changed commitlog.Seq
	policy  *access.Policy
}

// New makes an engine over a view and the log that it is made from. log may be
// nil when no revision is read.
func New(db *view.DB, log *commitlog.Log[content.Commit], kinds schema.Kinds, o Options) *Engine {
	if o.Locales == nil {
		o.Locales = func() []content.Locale { return []content.Locale{"fr", "ar", "en"} }
	}
	if o.TextCache == 0 {
		o.TextCache = 16 << 20
	}
	if o.EntryURL == nil {
		o.EntryURL = pathURL
	}
	if o.AssetURL == nil {
		o.AssetURL = func(*content.Asset) string { return "" }
	}
	return &Engine{db: db, log: log, kinds: kinds, o: o, text: markdown.New(o.TextCache)}
}

// Dependency is something that an answer was made from: the entries of a
// collection, or all nouns of a kind.
type Dependency struct {
	Collection content.CollectionID
	Noun       content.NounKind
}

// Basis is what an answer was made from, for caches and ETags.
type Basis struct {
	// Depends lists, without repeats, what the answer was made from. It stays
	// right until one of them changes; see Engine.Changed.
	Depends []Dependency
	// Seq is the moment of the view that was read.
	Seq commitlog.Seq
	// Volatile says that the answer may change with time alone, because the
	// present time was compared with something: it must not be kept.
	Volatile bool
}

// Renew gives a basis as of now, when what was made from it still holds.
func (e *Engine) Renew(b Basis) (Basis, bool) {
	now := e.db.Seq() // first: what changes after it is seen by whoever looks next
	if b.Volatile || e.Changed(b.Depends) > b.Seq {
		return b, false
	}
	b.Seq = max(b.Seq, now)
	return b, true
}

// Changed gives the last seq that changed any of the dependencies. An answer
// whose Seq is not smaller is still right, unless it is Volatile.
func (e *Engine) Changed(deps []Dependency) commitlog.Seq {
	var last commitlog.Seq
	for _, d := range deps {
		if d.Collection != "" {
			last = max(last, e.db.Changed(d.Collection))
		} else {
			last = max(last, e.db.ChangedNouns(d.Noun))
		}
	}
	return last
}

// Policy gives what an actor may do now.
func (e *Engine) Policy(ctx context.Context, by content.Actor) (*access.Policy, error) {
	var p *access.Policy
	err := e.db.Read(ctx, func(tx *view.Tx) (err error) {
		p, err = e.policy(tx, by)
		return err
	})
	return p, err
}

func (e *Engine) policy(tx *view.Tx, by content.Actor) (*access.Policy, error) {
	now := e.o.Now()
	visitor := by.Kind == "" || by.Kind == content.ActorVisitor
	changed := e.db.ChangedNouns(content.NounRole)
	if kept := e.visitor.Load(); visitor && kept != nil && kept.changed == changed && changed <= tx.Seq() {
		return kept.policy.At(now), nil
	}
	p, err := access.Load(tx, by, now)
	if err == nil && visitor && changed <= tx.Seq() {
		e.visitor.Store(&visitorPolicy{changed, p})
	}
	return p, err
}

// Item is one entry as a caller may see it. Value finds a field; AppendJSON
// writes it all.
type Item struct {
	ID         content.EntryID
	Collection *schema.Collection
	Locale     content.Locale // of the values; Shared when the entry has none
	Revision   int            // the ETag; counts changes of drafts too
	Status     content.Status
	Locales    []content.Locale // readable on the same side
	CreatedAt  time.Time
	UpdatedAt  time.Time
	// PublishedAt is nil for what was never live.
	PublishedAt *time.Time
	// CreatedBy and UpdatedBy are known only to those who may read drafts.
	CreatedBy, UpdatedBy *content.Actor
	Parent               content.EntryID
	Position             string
	// Fields are those selected, in the order of the collection. A field that
	// the caller may not read is not among them.
	Fields []Value
	// Omitted names the fields that were left out of this item for want of a
	// right, when the caller is signed in.
	Omitted []string
	// URL is the address on the site, when Params.Present asked for it; "" for
	// what has none.
	URL string

	shows systemFields
}

// Value is one field of an item: nil, bool, string, float64, []any and
// map[string]any in the outer form of its kind; *Item or []*Item for a
// populated relation; Facts or []Facts for an asset; HTML for rendered text.
type Value struct {
	Name string
	V    any
}

// Value gives the value of a field by its name, or nil.
func (it *Item) Value(name string) any {
	for i := range it.Fields {
		if it.Fields[i].Name == name {
			return it.Fields[i].V
		}
	}
	return nil
}

// Link is an entry as pages name it.
type Link struct {
	ID         content.EntryID
	Collection string
	Locale     content.Locale // of the title
	Title, URL string
}

// HTML is rendered, sanitised text.
type HTML string

// Facts are what readers learn of an asset.
type Facts struct {
	ID            content.AssetID
	Name          string
	MediaType     string
	Size          int64
	Width, Height int
	Alt           string // in the locale of the item, or the nearest there is
	Decorative    bool
	Credit        string
	URL           string
	// Asset is all of it, for whoever makes pictures or text of it: shared, and
	// not to be changed.
	Asset *content.Asset
}

// Result is one page of a list.
type Result struct {
	Basis
	Collection *schema.Collection
	Items      []*Item
	Total      *int // when it was asked for
	Size       int  // of a page
	Number     int  // of this page; 0 when it was reached by a cursor
	// Next and Prev are cursors for page[after] and page[before], "" when
	// there is nothing further.
	Next, Prev string
	// Omitted names the fields that no item shows for want of a right, when
	// the caller is signed in.
	Omitted []string
}

// ItemResult is one entry.
type ItemResult struct {
	Basis
	Item *Item
	// States of all locales, for readers of drafts who asked for one.
	States []State
}
