package commitlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Follower keeps something made from the log up to date.
type Follower[T any] interface {
	// Name tells followers apart in snapshots, logs and figures: 1 to 64 lower
	// case letters, digits and hyphens.
	Name() string
	// Checkpoint is the last record that is durably applied.
	Checkpoint() (Seq, error)
	// Apply takes records in order and without gaps; the first one follows the
	// checkpoint or lies before it, because a crash makes it see the same
	// records again. An error makes it be called again, later.
	Apply(ctx context.Context, records []Record[T]) error
}

// Anchored is the optional ability of a follower to say which record its
// checkpoint was, so that a log that was replaced by another is noticed.
type Anchored interface {
	// Anchor is the seq and the nonce of the last applied record.
	Anchor() (Seq, string, error)
}

// Limits of what a follower gets at once.
const (
	batchRecords = 256
	batchValues  = 4096
	batchBytes   = 8 << 20 // as stored, compressed
)

// Pauses of a follower that fails.
const (
	retryFirst = 100 * time.Millisecond
	retryMost  = 15 * time.Second
)

// Follow keeps f up to date until ctx ends, then it returns nil. Commits of
// this node reach f at once, those of others within a second. Errors and
// panics of f and of the bucket are logged, counted and tried again with
// growing pauses; only ErrDiverged ends it, because only the caller can make f
// anew.
func (l *Log[T]) Follow(ctx context.Context, f Follower[T]) error {
	anchored := false
	return l.persist(ctx, f.Name(), func() (bool, error) {
		if !anchored {
			if err := l.checkAnchor(ctx, f); err != nil {
				return false, err
			}
			anchored = true
		}
		applied, err := l.catchUp(ctx, f)
		if err != nil {
			return applied > 0, err
		}
		at, err := f.Checkpoint()
		if err != nil {
			return false, err
		}
		return applied > 0, l.await(ctx, at)
	})
}

// persist repeats a step until ctx ends. A step that fails is counted, logged
// and repeated after a pause, which grows until a step moves something.
func (l *Log[T]) persist(ctx context.Context, name string, step func() (moved bool, err error)) error {
	for pause := retryFirst; ctx.Err() == nil; {
		moved, err := step()
		if moved || err == nil {
			pause = retryFirst
		}
		switch {
		case ctx.Err() != nil:
		case err == nil:
			l.stats.follow(name, nil)
		case errors.Is(err, ErrDiverged):
			l.stats.follow(name, err)
			return err
		default:
			l.stats.follow(name, err)
			l.o.Logger.LogAttrs(ctx, slog.LevelWarn, "following the log failed, it will be tried again",
				slog.String("follower", name), slog.Duration("pause", pause), slog.Any("error", err))
			select {
			case <-time.After(pause):
				pause = min(2*pause, retryMost)
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// checkAnchor makes sure that what f applied last is in this log.
func (l *Log[T]) checkAnchor(ctx context.Context, f Follower[T]) error {
	a, ok := f.(Anchored)
	if !ok {
		return nil
	}
	at, nonce, err := a.Anchor()
	if err != nil || at == 0 {
		return wrap(err, "anchor of %s", f.Name())
	}
	there, err := l.frameAt(ctx, at)
	if errors.Is(err, storage.ErrNotExist) || err == nil && there.nonce.String() != nonce {
		return fmt.Errorf("%w: %s has applied another record %d", ErrDiverged, f.Name(), at)
	}
	return err
}

// catchUp applies what the node knows of the log and f has not seen, and gives
// the number of records applied.
func (l *Log[T]) catchUp(ctx context.Context, f Follower[T]) (applied int, err error) {
	at, err := l.checkpoint(ctx, f)
	if err != nil {
		return 0, err
	}
	head := l.Head()
	for at < head {
		batch, err := l.batch(ctx, at, head)
		if err != nil {
			return applied, fmt.Errorf("read the log for %s: %w", f.Name(), err)
		}
		err = caught(func() error { return f.Apply(ctx, batch) })
		if err != nil {
			return applied, fmt.Errorf("apply records %d to %d to %s: %w", batch[0].Seq, batch[len(batch)-1].Seq, f.Name(), err)
		}
		at = batch[len(batch)-1].Seq
		applied += len(batch)
		l.stats.applied(f.Name(), at, len(batch))
	}
	return applied, nil
}

// batch reads some records after a place.
func (l *Log[T]) batch(ctx context.Context, after, end Seq) ([]Record[T], error) {
	var batch []Record[T]
	values, size := 0, 0
	for it, err := range l.walk(ctx, after, min(end, after+batchRecords)) {
		if err != nil {
			if len(batch) > 0 {
				break // what came before the damage is applied first
			}
			return nil, err
		}
		batch = append(batch, it.rec)
		values, size = values+len(it.rec.Values), size+it.size
		if values >= batchValues || size >= batchBytes {
			break
		}
	}
	return batch, nil
}

// checkpoint is that of f, which must be a place of this log.
func (l *Log[T]) checkpoint(ctx context.Context, f Follower[T]) (Seq, error) {
	at, err := f.Checkpoint()
	if err != nil {
		return 0, fmt.Errorf("checkpoint of %s: %w", f.Name(), err)
	}
	if at <= l.Head() {
		return at, nil
	}
	if err := l.refresh(ctx); err != nil {
		return 0, err
	}
	if head := l.Head(); at > head {
		return 0, fmt.Errorf("%w: %s is at record %d, the log ends at %d", ErrDiverged, f.Name(), at, head)
	}
	return at, nil
}
