package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/blevesearch/bleve/v2/document"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search/analysis"
	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// generation is a whole index: what is live and the newest values, each with a
// mark of its own. A rebuild makes another generation in a folder beside.
type generation struct {
	dir   string
	live  *store
	draft *store
	shape *Shape
	at    atomic.Uint64 // both stores have all records up to here
	nonce string        // of that record; only the follower uses it
	saved commitlog.Seq // the mark on disk, which may lag where nothing changed

	users sync.WaitGroup // searches that read it
}

const (
	liveFolder  = "live"
	draftFolder = "draft"
	// batchSheets is the most documents of one batch.
	batchSheets = 1000
)

// openGeneration opens the two stores in a folder.
func openGeneration(dir string, v *vocabulary, languages *analysis.Languages) (_ *generation, err error) {
	g := &generation{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the index: %w", err)
	}
	if g.live, err = openStore(filepath.Join(dir, liveFolder)); err != nil {
		return nil, err
	}
	if g.draft, err = openStore(filepath.Join(dir, draftFolder)); err != nil {
		return nil, errors.Join(err, g.live.close())
	}
	for _, s := range g.stores() {
		s.tables.names, s.ranker = v, ranking.New(languages)
	}
	return g, nil
}

func (g *generation) stores() [2]*store { return [2]*store{g.live, g.draft} }

func (g *generation) store(live bool) *store {
	if live {
		return g.live
	}
	return g.draft
}

// load reads the marks. It reports false for a generation whose rebuild did
// not end, or whose stores do not belong together.
func (g *generation) load() (bool, error) {
	var marks [2]mark
	for i, s := range g.stores() {
		m, err := s.mark()
		if err != nil {
			return false, err
		}
		marks[i] = m
	}
	a, b := marks[0], marks[1]
	if !a.Whole || !b.Whole || a.Shape == nil || b.Shape == nil || a.Shape.Sum != b.Shape.Sum {
		return false, nil
	}
	if b.Seq < a.Seq { // a crash between the two batches: what lies between is applied again
		a = b
	}
	g.shape, g.nonce, g.saved = a.Shape, a.Nonce, a.Seq
	g.at.Store(uint64(a.Seq))
	return true, nil
}

func (g *generation) seq() commitlog.Seq { return commitlog.Seq(g.at.Load()) }

func (g *generation) close() error {
	g.users.Wait()
	return errors.Join(g.live.close(), g.draft.close())
}

// remove closes a generation and deletes its files.
func (g *generation) remove() error {
	err := g.close()
	if gone := os.RemoveAll(g.dir); gone != nil {
		err = errors.Join(err, fmt.Errorf("remove an index: %w", gone))
	}
	return err
}

// commit marks both stores as having all records up to seq.
func (g *generation) commit(ctx context.Context, seq commitlog.Seq, nonce string) error {
	m := &mark{Seq: seq, Nonce: nonce, Whole: true, Shape: g.shape}
	for _, s := range g.stores() {
		if err := s.write(ctx, nil, m); err != nil {
			return err
		}
	}
	g.reached(seq, nonce, true)
	return nil
}

// reached notes how far the generation is.
func (g *generation) reached(seq commitlog.Seq, nonce string, saved bool) {
	g.nonce = nonce
	if saved {
		g.saved = seq
	}
	g.at.Store(uint64(seq))
}

// refresh brings entries to the state that the view has, on both sides, and
// then marks the stores, if there is a mark, in the last batch. The view is
// read in short turns: nobody waits for a reader while the disk is waited for.
func (g *generation) refresh(ctx context.Context, db *view.DB, s *sheets, ids []content.EntryID, m *mark) error {
	for first := true; first || len(ids) > 0; first = false {
		var sides [2]changes
		n, err := g.gather(ctx, db, s, ids, &sides)
		if err != nil {
			return err
		}
		ids = ids[n:]
		now := m
		if len(ids) > 0 {
			now = nil
		}
		for i, store := range g.stores() { // both go to the disk at once
			if err := store.change(ctx, &sides[i], now); err != nil {
				return err
			}
		}
		for _, store := range g.stores() {
			if err := store.settle(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Limits of what is read from the view at once.
const (
	turnEntries = 1000
	turnBytes   = 16 << 20 // of text, after which a turn ends
)

// changes are what a store has to take in and to lose.
type changes struct {
	docs []*document.Document
	gone []string
}

// gather makes the documents of some entries for both sides, and finds those
// that they had and have no more. It says how many of the entries fitted into
// one turn.
func (g *generation) gather(ctx context.Context, db *view.DB, s *sheets, ids []content.EntryID, sides *[2]changes) (n int, err error) {
	bytes := uint64(0)
	err = db.Read(ctx, func(tx *view.Tx) error {
		from := s.reading(tx, g.shape)
		for n < len(ids) && n < turnEntries && bytes < turnBytes {
			if err := g.look(ctx, from, ids[n], sides, &bytes); err != nil {
				return fmt.Errorf("index entry %s: %w", ids[n], err)
			}
			n++
		}
		return nil
	})
	return n, err
}

// look gathers one entry. What is the same on both sides is read and analysed
// once.
func (g *generation) look(ctx context.Context, from *reading, id content.EntryID, sides *[2]changes, bytes *uint64) error {
	e, err := from.tx.Entry(id)
	if err != nil && !errors.Is(err, view.ErrNotFound) {
		return err
	}
	var docs []*document.Document
	if content.IsSearchDocument(id) {
		if docs, err = from.standing(id); err != nil {
			return err
		}
	}
	for i, store := range g.stores() {
		switch {
		case i > 0 && (e == nil || settled(e)):
			docs = again(docs)
		case e == nil: // what there is, is there
		default:
			if docs, err = from.of(e, store == g.live); err != nil {
				return err
			}
			for _, d := range docs {
				*bytes += d.NumPlainTextBytes()
			}
		}
		old, err := store.documents(ctx, id)
		if err != nil {
			return err
		}
		for _, d := range docs {
			if at := slices.Index(old, d.ID()); at >= 0 {
				old = slices.Delete(old, at, at+1)
			}
		}
		sides[i].docs, sides[i].gone = append(sides[i].docs, docs...), append(sides[i].gone, old...)
	}
	return nil
}

// settled reports whether what is live of an entry is all there is of it.
func settled(e *content.Entry) bool {
	for _, side := range e.Sides {
		if side.Draft != nil || side.Published == nil {
			return false
		}
	}
	return true
}

// again gives the same documents for another store: their fields are analysed
// once.
func again(docs []*document.Document) []*document.Document {
	out := make([]*document.Document, len(docs))
	for i, d := range docs {
		out[i] = document.NewDocument(d.ID())
		out[i].Fields = slices.Clone(d.Fields)
	}
	return out
}

// change carries out changes, in batches that are not too large, and sets the
// mark in the last one, which settle waits for.
func (s *store) change(ctx context.Context, c *changes, m *mark) error {
	docs, gone := c.docs, c.gone
	for {
		some := docs[:min(len(docs), batchSheets)]
		docs = docs[len(some):]
		last := len(docs) == 0
		if last && m == nil && len(some) == 0 && len(gone) == 0 {
			return nil
		}
		now := m
		if !last {
			now = nil
		}
		if err := s.begin(ctx, some, gone, now); err != nil || last {
			return err
		}
		gone = nil
	}
}

// documents lists the documents of an entry.
func (s *store) documents(ctx context.Context, id content.EntryID) (ids []string, err error) {
	r, err := s.reader()
	if err != nil {
		return nil, err
	}
	defer closing(r, &err)
	docs, err := r.TermFieldReader(ctx, []byte(id), fieldEntry, false, false, false)
	if err != nil {
		return nil, fmt.Errorf("find the documents of %s: %w", id, err)
	}
	defer func() { err = errors.Join(err, docs.Close()) }()
	for {
		d, err := docs.Next(nil)
		if err != nil {
			return nil, fmt.Errorf("find the documents of %s: %w", id, err)
		}
		if d == nil {
			return ids, nil
		}
		name, err := r.ExternalID(d.ID)
		if err != nil {
			return nil, fmt.Errorf("find the documents of %s: %w", id, err)
		}
		ids = append(ids, name)
	}
}
