package commitlog

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// WriterOptions bound a writer; the zero value is for ordinary use.
type WriterOptions struct {
	Batch    int           // most values in a record; 0 is 256
	Queue    int           // most calls of Do that wait; 0 is 4096
	Attempts int           // most lost races of a batch before ErrBusy; 0 is 64
	Settle   time.Duration // longest that the outcome of a record is waited for; 0 is 20 s
}

func (o *WriterOptions) complete() {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
	}
	set(&o.Batch, 256)
	set(&o.Queue, 4096)
	set(&o.Attempts, 64)
	if o.Settle <= 0 {
		o.Settle = 20 * time.Second
	}
}

// Writer turns calls of Do into records: calls that wait while a record is on
// its way share the next one. It owns the write side of a stage.
type Writer[T, X any] struct {
	log   *Log[T]
	stage Stage[T, X]
	o     WriterOptions
	line  *line[T, X]
	ran   atomic.Bool
	turns *turns[T]
	since time.Time // of failing to catch up; zero while all is well
}

// patience is how long the stage may fail to catch up before those who wait
// are sent away, and further ones at once.
const patience = 5 * time.Second

// NewWriter makes the writer of a node. Nothing happens until Run is called.
func NewWriter[T, X any](log *Log[T], stage Stage[T, X], o WriterOptions) *Writer[T, X] {
	o.complete()
	return &Writer[T, X]{log: log, stage: stage, o: o, line: newLine[T, X](o.Queue), turns: newTurns(log)}
}

// Do runs plan on the newest state that this node knows, and returns once the
// value it gives is in the log and in the stage, with the seq of its record.
// An error of plan comes back unchanged in its chain, and nothing is written.
// plan may run several times, on the goroutine of Run, and never after Do has
// returned: it must have no effects and must not wait for anything.
//
// ErrBusy, ErrUnwritten and ErrClosed say that nothing was written. ErrUnclear says that it
// is not known; it is given together with the error of ctx when ctx ends while
// the record is on its way.
func (w *Writer[T, X]) Do(ctx context.Context, plan func(X) (T, error)) (Seq, error) {
	j := &job[T, X]{ctx: ctx, plan: plan, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := w.line.push(j); err != nil {
		return 0, err
	}
	return j.wait()
}

// Run applies other nodes' records to the stage and writes what Do is asked,
// until ctx ends: then it finishes the record on its way, answers the rest
// with ErrClosed and returns nil. It may be called once. ErrDiverged ends it
// too; any other trouble is logged and tried again.
func (w *Writer[T, X]) Run(ctx context.Context) error {
	if !w.ran.CompareAndSwap(false, true) {
		return errors.New("the writer was run before")
	}
	defer func() {
		for _, j := range w.line.close() {
			j.answer(0, ErrClosed)
		}
	}()
	var tailing sync.WaitGroup
	defer tailing.Wait()
	defer w.turns.wishes.looks.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tailing.Go(func() { w.tail(ctx) })

	return w.log.persist(ctx, w.stage.Name(), func() (bool, error) {
		err := caught(func() error { return w.round(ctx) })
		if err != nil {
			w.failed(err)
		}
		return false, err
	})
}

// failed sends those who wait away when the stage has failed for long: on a
// full disk, say.
func (w *Writer[T, X]) failed(err error) {
	w.line.prune()
	now := w.log.now()
	if w.since.IsZero() {
		w.since = now
	}
	if now.Sub(w.since) < patience {
		return
	}
	err = fmt.Errorf("%w: %w", ErrUnwritten, err)
	for _, j := range w.line.refuse(err) {
		j.answer(0, err)
	}
}

// tail keeps the head of the log fresh.
func (w *Writer[T, X]) tail(ctx context.Context) {
	for ctx.Err() == nil {
		err := caught(func() error { return w.log.await(ctx, w.log.Head()) })
		if err == nil {
			continue
		}
		select {
		case <-time.After(retryFirst):
		case <-ctx.Done():
		}
	}
}

// round applies what is new and writes what waits, or waits for either.
func (w *Writer[T, X]) round(ctx context.Context) error {
	head, _, changed := w.log.tail.now()
	if w.line.length() > 0 {
		w.turns.ask(ctx)
	}
	if _, err := w.log.catchUp(ctx, w.stage); err != nil {
		return err
	}
	w.since = time.Time{}
	w.line.admit()
	if w.line.length() > 0 {
		return w.write(ctx)
	}
	if w.log.Head() > head {
		return nil
	}
	select {
	case <-w.line.news:
	case <-changed:
	case <-ctx.Done():
	}
	return nil
}

// write makes records until the jobs it took are answered. Jobs that come
// meanwhile join the next attempt. When the log cannot be read, the jobs go
// back into the line, to wait for better times as long as their callers do.
func (w *Writer[T, X]) write(ctx context.Context) (err error) {
	b := &batch[T, X]{w: w, most: w.o.Batch}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			b.answer(b.jobs, 0, err)
			return
		}
		w.line.putBack(b.jobs)
	}()
	for lost := 0; ; {
		w.turns.ask(ctx)
		if _, err := w.log.catchUp(ctx, w.stage); err != nil {
			return err
		}
		if b.skip(); len(b.jobs) == 0 && w.line.length() == 0 || ctx.Err() != nil {
			return nil
		}
		ready, err := w.turns.ready(ctx)
		if err != nil {
			return err
		}
		if !ready {
			continue
		}
		b.jobs = w.line.take(b.jobs, w.o.Batch)
		switch err := b.attempt(ctx); {
		case errors.Is(err, ErrConflict):
			if lost++; lost >= w.o.Attempts {
				b.answer(b.jobs, 0, fmt.Errorf("%w: other nodes were first %d times", ErrBusy, lost))
				b.jobs = nil
			}
		case err != nil:
			b.answer(b.jobs, 0, fmt.Errorf("%w: %w", ErrUnwritten, err))
			b.jobs = nil
			return err
		default:
			lost = 0
		}
	}
}
