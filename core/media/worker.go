package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/lease"
	"github.com/recueil-cms/recueil/storage/view"
)

const (
	// again is the pause before what failed, or what another node is at, is
	// looked at once more.
	again = 30 * time.Second
	// readSpan is how long a node may be at one file before others take over.
	readSpan = extract.TextTime + 2*time.Minute
	// maxPending bounds the files that a node knows to be waiting. Those beyond
	// it are found when the others are done.
	maxPending = 20_000
	// maxTries is how often one file is tried before it is left alone until the
	// next start.
	maxTries = 10
)

// Worker looks for text in the files that are added, on whichever node is
// first: a lease keeps two from the same file. It follows the log to know what
// is new, and remembers nothing: what waits is what the view says is without
// an answer.
type Worker struct {
	l *Library

	mu      sync.Mutex
	at      commitlog.Seq
	pending map[content.AssetID]bool
	more    bool // the view has more than fitted
	tries   map[content.AssetID]int
	wake    chan struct{} // holds one
}

// Worker makes the worker of a library that has an extractor. It starts with
// what the view holds now.
func (l *Library) Worker(ctx context.Context) (*Worker, error) {
	w := &Worker{l: l, pending: map[content.AssetID]bool{}, tries: map[content.AssetID]int{}, wake: make(chan struct{}, 1)}
	return w, w.scan(ctx)
}

// waits reports whether nobody has looked into the file of an asset yet, or
// only someone who knew less.
func waits(a *content.Asset) bool {
	return extract.Readable(a.MediaType) && (a.Text == nil || a.Text.Version < extract.Version)
}

// scan finds what waits in the view.
func (w *Worker) scan(ctx context.Context) error {
	w.mu.Lock()
	tries := maps.Clone(w.tries)
	w.mu.Unlock()
	found, more := map[content.AssetID]bool{}, false
	var seq commitlog.Seq
	err := w.l.o.View.Read(ctx, func(tx *view.Tx) error {
		seq = tx.Seq()
		return eachAsset(tx, func(a *content.Asset) error {
			if waits(a) && tries[a.ID] < maxTries {
				if more = len(found) >= maxPending; more {
					return errStop
				}
				found[a.ID] = true
			}
			return nil
		})
	})
	if err != nil && !errors.Is(err, errStop) {
		return fmt.Errorf("look for files that wait to be read: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.Copy(w.pending, found)
	w.more, w.at = more, max(w.at, seq)
	return nil
}

var errStop = errors.New("enough")

// eachAsset reads all assets, a page at a time.
func eachAsset(tx *view.Tx, f func(*content.Asset) error) error {
	const page = 500
	for after := ""; ; {
		nouns, err := tx.Nouns(content.NounAsset, after, page)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			a, err := noun.Decode[content.Asset](n)
			if err != nil {
				return err
			}
			if err := f(&a); err != nil {
				return err
			}
			after = n.ID
		}
		if len(nouns) < page {
			return nil
		}
	}
}

// Name is "media".
func (w *Worker) Name() string { return "media" }

// Checkpoint is the last record looked at in this process.
func (w *Worker) Checkpoint() (commitlog.Seq, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at, nil
}

// Apply notes the files that wait, and those that do no more.
func (w *Worker) Apply(ctx context.Context, records []commitlog.Record[content.Commit]) error {
	if len(records) == 0 {
		return nil
	}
	if err := w.l.o.View.WaitFor(ctx, records[len(records)-1].Seq); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range records {
		for _, commit := range r.Values {
			for _, change := range commit.Changes {
				if err := w.note(change); err != nil {
					return err
				}
			}
		}
		w.at = max(w.at, r.Seq)
	}
	if len(w.pending) > 0 {
		w.rouse()
	}
	return nil
}

func (w *Worker) note(change content.Change) error {
	if n := change.Noun; n != nil && n.Kind == content.NounAsset {
		var a content.Asset
		if err := json.Unmarshal(n.Body, &a); err != nil {
			return fmt.Errorf("read asset %s: %w", n.ID, err)
		}
		delete(w.pending, a.ID)
		delete(w.tries, a.ID)
		if waits(&a) {
			if w.more = w.more || len(w.pending) >= maxPending; len(w.pending) < maxPending {
				w.pending[a.ID] = true
			}
		}
	}
	if g := change.Gone; g != nil && g.Kind == content.NounAsset {
		delete(w.pending, content.AssetID(g.ID))
		delete(w.tries, content.AssetID(g.ID))
	}
	return nil
}

func (w *Worker) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run reads files until ctx ends, one at a time. Failures are logged and tried
// again.
func (w *Worker) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.wake:
		}
		w.round(ctx)
		if w.left() {
			timer.Reset(again)
		}
	}
}

func (w *Worker) left() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.pending) > 0 || w.more
}

// round tries each file that waits once, oldest first.
func (w *Worker) round(ctx context.Context) {
	w.mu.Lock()
	ids := slices.Sorted(maps.Keys(w.pending))
	more := w.more && len(ids) == 0
	w.mu.Unlock()
	if more {
		if err := w.scan(ctx); err != nil && ctx.Err() == nil {
			w.l.o.Log.LogAttrs(ctx, slog.LevelWarn, "files that wait to be read were not found", slog.Any("error", err))
		}
	}
	for _, id := range ids {
		if ctx.Err() != nil {
			return
		}
		err := w.read(ctx, id)
		if err == nil || errors.Is(err, lease.ErrHeld) || ctx.Err() != nil {
			continue
		}
		w.failed(ctx, id, err)
	}
}

func (w *Worker) failed(ctx context.Context, id content.AssetID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries[id]++
	gaveUp := w.tries[id] >= maxTries
	if gaveUp {
		delete(w.pending, id)
	}
	w.l.o.Log.LogAttrs(ctx, slog.LevelWarn, "the text of a file was not read",
		slog.String("asset", string(id)), slog.Bool("again", !gaveUp), slog.Any("error", err))
}

// read looks into the file of one asset, unless somebody has done it or is at
// it.
func (w *Worker) read(ctx context.Context, id content.AssetID) error {
	a, err := w.asset(ctx, id)
	if err != nil || a == nil {
		return err
	}
	ref, err := blob.Parse(a.Blob)
	if err != nil {
		return fmt.Errorf("read asset %s: %w", id, err)
	}
	if err := w.l.o.Extractor.Prepare(ctx, a.MediaType); err != nil {
		return err
	}
	held, err := w.l.o.Owner.Take(ctx, w.l.o.Bucket, "leases/text/"+strings.TrimPrefix(a.Blob, "sha256:"), w.l.o.Now(), readSpan)
	if err != nil {
		return err
	}
	// A lease that is not given back is over by itself.
	defer func() { _ = held.Release(context.WithoutCancel(ctx)) }()
	if a, err = w.asset(ctx, id); err != nil || a == nil || a.Blob != string(ref) {
		return err // another node was at it until just now
	}
	text, err := w.l.readText(ctx, ref, a.MediaType)
	if err != nil {
		return err
	}
	_, err = w.l.o.Runner.Do(ctx, content.Actor{Kind: content.ActorSystem, ID: "media"},
		action.DescribeAsset{ID: id, Blob: a.Blob, Text: text})
	return err
}

// asset gives an asset that waits, or nil and forgets it.
func (w *Worker) asset(ctx context.Context, id content.AssetID) (*content.Asset, error) {
	var found *content.Asset
	err := w.l.o.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounAsset, string(id))
		if errors.Is(err, view.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		a, err := noun.Decode[content.Asset](n)
		if err == nil && waits(&a) {
			found = &a
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read asset %s: %w", id, err)
	}
	if found == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.pending, id)
	}
	return found, nil
}
