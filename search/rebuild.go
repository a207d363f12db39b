package search

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// rebuildPause is how long a rebuild that failed waits before it is tried
// again.
const rebuildPause = 5 * time.Second

// Rebuilds makes the index anew, in a folder beside, whenever its shape no
// longer fits, it is damaged, or Rebuild asks for it. The old one answers and
// follows the log until the new one has caught up with it. It runs until ctx
// ends.
func (x *Index) Rebuilds(ctx context.Context) error {
	for {
		select {
		case <-x.wanted:
		case <-ctx.Done():
			return nil
		}
		err := x.build(ctx, nil)
		if err != nil && ctx.Err() == nil {
			x.want()
		}
		x.pending.Add(-1)
		if err == nil || ctx.Err() != nil {
			continue
		}
		x.o.Logger.LogAttrs(ctx, slog.LevelWarn, "the index was not built; it will be tried again",
			slog.Duration("pause", rebuildPause), slog.Any("error", err))
		select {
		case <-time.After(rebuildPause):
		case <-ctx.Done():
		}
	}
}

// Rebuild makes the index anew and returns when it is in use. done is told how
// many of the entries are in it. Nobody may call Rebuilds at the same time.
func (x *Index) Rebuild(ctx context.Context, done func(done, total int64)) error {
	return x.build(ctx, done)
}

func (x *Index) build(ctx context.Context, done func(done, total int64)) (err error) {
	dir, err := x.nextFolder()
	if err != nil {
		return err
	}
	g, err := openGeneration(dir, x.names, x.sheets.languages)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			if gone := g.remove(); gone != nil {
				x.o.Logger.Warn("a failed rebuild of the index was not removed", "folder", g.dir, "error", gone)
			}
		}
	}()
	defer x.progress.Store(nil)
	start := x.o.Now()
	count, err := x.fill(ctx, g, done)
	if err != nil {
		return err
	}
	if err := x.swap(ctx, g); err != nil {
		return err
	}
	x.o.Logger.Info("the index was built", "entries", count, "seq", uint64(g.seq()), "took", x.o.Now().Sub(start))
	return nil
}

// Progress is how many of the entries are in an index that is being built.
type Progress struct{ Done, Total int64 }

// Progress tells of the rebuild under way; nil when there is none, or it has
// only begun.
func (x *Index) Progress() *Progress { return x.progress.Load() }

// fill puts every entry into a new generation. What is committed meanwhile is
// applied again by the records after the place where it began.
func (x *Index) fill(ctx context.Context, g *generation, done func(done, total int64)) (count int64, err error) {
	var at commitlog.Seq
	var total int64
	err = x.o.View.Read(ctx, func(tx *view.Tx) (err error) {
		at = tx.Seq()
		if total, err = tx.EntryTotal(); err != nil {
			return err
		}
		g.shape, err = x.shape(tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	nonce := ""
	if at > 0 && x.o.Log != nil {
		r, err := x.o.Log.Read(ctx, at)
		if err != nil {
			return 0, fmt.Errorf("read the record that the index begins at: %w", err)
		}
		nonce = r.Nonce
	}
	tell := func(n int64) {
		x.progress.Store(&Progress{n, max(n, total)})
		if done != nil {
			done(n, max(n, total))
		}
	}
	if count, err = g.fill(ctx, x.o.View, x.sheets, tell); err != nil {
		return count, err
	}
	return count, g.commit(ctx, at, nonce)
}

// swap lets a new generation catch up with the old one and take its place. No
// search notices: those under way end on the old one.
func (x *Index) swap(ctx context.Context, g *generation) error {
	for x.Seq() > g.seq() {
		if err := x.catchUp(ctx, g, min(x.Seq(), g.seq()+catchUpRecords)); err != nil {
			return err
		}
	}
	x.applying.Lock()
	defer x.applying.Unlock()
	x.mu.RLock()
	old := x.gen
	x.mu.RUnlock()
	if old != nil && old.seq() > g.seq() { // a few that came in since
		if err := x.catchUp(ctx, g, old.seq()); err != nil {
			return err
		}
	}
	x.replace(g)
	return nil
}

// replace makes g the present generation, and removes the one before when
// nobody reads it any more. The caller holds applying.
func (x *Index) replace(g *generation) {
	x.mu.RLock()
	old := x.gen
	x.mu.RUnlock()
	x.take(g)
	if old == nil {
		return
	}
	if err := old.remove(); err != nil {
		x.o.Logger.Warn("the old index was not removed", "folder", old.dir, "error", err)
	}
}

// nextFolder names the folder of the next generation.
func (x *Index) nextFolder() (string, error) {
	numbers, err := x.generations()
	if err != nil {
		return "", err
	}
	next := 1
	if len(numbers) > 0 {
		next = numbers[len(numbers)-1] + 1
	}
	return x.folder(next), nil
}

// catchUpRecords is how many records a new generation applies at once.
const catchUpRecords = 256

// catchUp applies the records up to one of them.
func (x *Index) catchUp(ctx context.Context, g *generation, to commitlog.Seq) error {
	var records []commitlog.Record[content.Commit]
	for seq := g.seq() + 1; seq <= to; seq++ {
		r, err := x.o.Log.Read(ctx, seq)
		if err != nil {
			return fmt.Errorf("catch up with a new index: %w", err)
		}
		records = append(records, r)
	}
	return x.apply(ctx, g, records)
}
