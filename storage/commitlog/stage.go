package commitlog

import (
	"context"
	"errors"
	"time"
)

// Stage is state on which changes are planned: a follower whose write side a
// Writer owns. X is what a plan sees of it, such as a transaction.
type Stage[T, X any] interface {
	Follower[T]
	// Begin opens a draft that sees everything up to the checkpoint. The
	// writer ends it with Keep or Drop before it calls anything else.
	Begin(ctx context.Context) (Draft[T, X], error)
}

// Draft is the state of a Stage with values that the log does not have yet.
type Draft[T, X any] interface {
	// After is the checkpoint that the draft began at.
	After() Seq
	// Try runs plan in a nested scope and applies the value it gives, as of
	// time at, so that the next plan sees it. When plan or applying fails,
	// everything of that scope is undone and the error of plan is given
	// unchanged in its chain.
	Try(ctx context.Context, at time.Time, plan func(X) (T, error)) (T, error)
	// Keep makes the draft the state, with the checkpoint at the record: its
	// values are those that were tried with success, in that order. After an
	// error the state is as before Begin.
	Keep(ctx context.Context, record Record[T]) error
	// Drop undoes everything since Begin.
	Drop() error
}

var (
	// ErrBusy says that nothing was written because too much is waiting or
	// other nodes were first too often; the same request may succeed later.
	ErrBusy = errors.New("too many changes are waiting")
	// ErrUnwritten says that nothing was written because the bucket or the stage
	// does not do its part. A codec wraps it when it could not reach a bucket.
	ErrUnwritten = errors.New("the change could not be written")
	// ErrClosed says that nothing was written because the writer has stopped.
	ErrClosed = errors.New("writer has stopped")
)
