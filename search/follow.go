package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search/rules"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxBacklinks bounds the entries that are indexed again because a file of
// theirs changed.
const maxBacklinks = 10_000

// Apply brings the entries that the records are about to the state that the
// view has.
func (x *Index) Apply(ctx context.Context, records []commitlog.Record[content.Commit]) error {
	x.applying.Lock()
	defer x.applying.Unlock()
	x.mu.RLock()
	g := x.gen
	x.mu.RUnlock()
	if g == nil {
		return errBuilding
	}
	return x.apply(ctx, g, records)
}

func (x *Index) apply(ctx context.Context, g *generation, records []commitlog.Record[content.Commit]) error {
	at := g.seq()
	records = slices.DeleteFunc(slices.Clone(records), func(r commitlog.Record[content.Commit]) bool { return r.Seq <= at })
	if len(records) == 0 {
		return nil
	}
	last := records[len(records)-1]
	if err := x.o.View.WaitFor(ctx, last.Seq); err != nil {
		return fmt.Errorf("wait for the view: %w", err)
	}
	t := touchedBy(records)
	if err := x.o.View.Read(ctx, t.files); err != nil {
		return err
	}
	if err := x.o.View.Read(ctx, func(tx *view.Tx) error { return t.renamed(ctx, tx, g) }); err != nil {
		return err
	}
	if t.defined { // before the records count as applied, so that who waits for them waits for it
		if err := x.checkShape(ctx, g); err != nil {
			return err
		}
	}
	if t.learns {
		if err := x.learn(ctx); err != nil {
			return err
		}
	}
	switch {
	case t.erased: // the mark waits until the bytes are gone
		if err := g.refresh(ctx, x.o.View, x.sheets, t.ids, nil); err != nil {
			return err
		}
		if err := g.scrub(ctx); err != nil {
			return err
		}
		if err := g.commit(ctx, last.Seq, last.Nonce); err != nil {
			return err
		}
	case len(t.ids) > 0:
		m := &mark{Seq: last.Seq, Nonce: last.Nonce, Whole: true, Shape: g.shape}
		if err := g.refresh(ctx, x.o.View, x.sheets, t.ids, m); err != nil {
			return err
		}
		g.reached(last.Seq, last.Nonce, true)
	case last.Seq >= g.saved+markStride:
		if err := g.commit(ctx, last.Seq, last.Nonce); err != nil {
			return err
		}
	default: // nothing to keep: a crash makes these records be seen again
		g.reached(last.Seq, last.Nonce, false)
	}
	return nil
}

// markStride is after how many records that change nothing the mark is stored.
const markStride = 1000

// touched is what some records are about.
type touched struct {
	ids     []content.EntryID
	assets  []content.AssetID
	defined bool // something that the shape follows from
	erased  bool
	learns  bool // the rules of the search
	seen    map[content.EntryID]bool
}

func touchedBy(records []commitlog.Record[content.Commit]) *touched {
	t := &touched{seen: map[content.EntryID]bool{}}
	for _, r := range records {
		for _, commit := range r.Values {
			for _, c := range commit.Changes {
				t.change(c)
			}
		}
	}
	return t
}

func (t *touched) change(c content.Change) {
	switch {
	case c.Entry != nil:
		t.entry(c.Entry.ID)
		t.learns = t.learns || rules.Counts(c.Entry.Collection)
	case c.Gone != nil && c.Gone.Kind == content.NounEntry:
		t.learns = t.learns || rules.Counts(c.Gone.Collection)
		t.entry(content.EntryID(c.Gone.ID))
		t.erased = true
	case c.Gone != nil && c.Gone.Kind == content.NounAsset:
		t.assets = append(t.assets, content.AssetID(c.Gone.ID))
		t.erased = true
	case c.Gone != nil && c.Gone.Kind == content.NounSearchDocument:
		t.entry(content.FoundAs(c.Gone.ID))
		t.erased = true
	case c.Gone != nil:
		t.defined = t.defined || shapes(c.Gone.Kind)
	case c.Erased != nil:
		if c.Erased.Kind == content.NounEntry {
			t.entry(content.EntryID(c.Erased.ID))
			t.erased = true
		}
	case c.Noun != nil && c.Noun.Kind == content.NounAsset:
		t.assets = append(t.assets, content.AssetID(c.Noun.ID))
	case c.Noun != nil && c.Noun.Kind == content.NounSearchDocument:
		t.entry(content.FoundAs(c.Noun.ID))
	case c.Noun != nil:
		t.defined = t.defined || shapes(c.Noun.Kind)
	}
}

// shapes reports whether the shape of an index follows from nouns of a kind:
// definitions, what roles list, and whether it is wanted anew.
func shapes(kind content.NounKind) bool {
	return kind == content.NounCollection || kind == content.NounRole || kind == content.NounIndex
}

func (t *touched) entry(id content.EntryID) {
	if !t.seen[id] {
		t.seen[id] = true
		t.ids = append(t.ids, id)
	}
}

// files adds the entries that hold the assets.
func (t *touched) files(tx *view.Tx) error {
	slices.Sort(t.assets)
	for _, id := range slices.Compact(t.assets) {
		for _, live := range []bool{true, false} {
			links, err := tx.Backlinks(content.Ref{Kind: content.RefAsset, ID: string(id)}, live, maxBacklinks)
			if err != nil {
				return fmt.Errorf("find what holds asset %s: %w", id, err)
			}
			for _, l := range links {
				t.entry(l.Entry)
			}
		}
	}
	return nil
}

// learn reads the rules of the search anew.
func (x *Index) learn(ctx context.Context) error {
	r, err := rules.Read(ctx, x.o.View, x.o.Kinds, x.sheets.languages)
	if err == nil {
		x.rules.Store(r)
	}
	return err
}

// Rules are what editors say about searching, as of now.
func (x *Index) Rules() *rules.Rules { return x.rules.Load() }

// checkShape asks for a rebuild when the definitions no longer fit.
func (x *Index) checkShape(ctx context.Context, g *generation) error {
	return x.o.View.Read(ctx, func(tx *view.Tx) error {
		shape, err := x.shape(tx)
		if err == nil && shape.Sum != g.shape.Sum {
			x.want()
		}
		return err
	})
}

// shape works out what an index of this moment is made for.
func (x *Index) shape(tx *view.Tx) (*Shape, error) {
	var i content.Index
	n, err := tx.Noun(content.NounIndex, content.SearchIndex)
	switch {
	case errors.Is(err, view.ErrNotFound):
	case err != nil:
		return nil, fmt.Errorf("read the revision of the index: %w", err)
	default:
		if err := json.Unmarshal(n.Body, &i); err != nil {
			return nil, fmt.Errorf("read the revision of the index: %w", err)
		}
	}
	w := shaping{kinds: x.o.Kinds, locales: x.o.Locales, revision: i.Revision}
	if x.o.Apart != nil {
		if w.apart, err = x.o.Apart(tx); err != nil {
			return nil, fmt.Errorf("ask which fields are read apart: %w", err)
		}
	}
	return w.of(tx.Collections())
}

// want asks for a rebuild; asking twice is asking once.
func (x *Index) want() {
	x.pending.Add(1)
	select {
	case x.wanted <- struct{}{}:
	default:
		x.pending.Add(-1)
	}
}

// Run follows the log until ctx ends. An index that turns out to be of another
// log is built anew.
func (x *Index) Run(ctx context.Context) error {
	for {
		select {
		case <-x.ready:
		case <-ctx.Done():
			return nil
		}
		err := x.o.Log.Follow(ctx, x)
		if !errors.Is(err, commitlog.ErrDiverged) {
			return err
		}
		x.o.Logger.Warn("the index belongs to another log and is built anew", "error", err)
		if err := x.drop(); err != nil {
			return err
		}
	}
}

// drop removes the present generation and asks for another.
func (x *Index) drop() error {
	x.applying.Lock()
	defer x.applying.Unlock()
	x.mu.Lock()
	g := x.gen
	x.gen, x.ready = nil, make(chan struct{})
	x.mu.Unlock()
	x.want()
	if g == nil {
		return nil
	}
	return g.remove()
}
