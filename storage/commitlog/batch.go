package commitlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
)

// batch is the jobs that a writer has at hand.
type batch[T, X any] struct {
	w    *Writer[T, X]
	jobs []*job[T, X]
	most int // of them in the next record
}

// trial is what the plan of a job gave on a draft.
type trial[T, X any] struct {
	job   *job[T, X]
	value T
	err   error
}

// skip drops the jobs whose callers have left.
func (b *batch[T, X]) skip() {
	b.jobs = slices.DeleteFunc(b.jobs, (*job[T, X]).gone)
}

func (b *batch[T, X]) answer(jobs []*job[T, X], seq Seq, err error) {
	for _, j := range jobs {
		j.answer(seq, err)
	}
}

// attempt plans the first jobs on a fresh draft and writes one record. The
// jobs that it leaves in b are planned again: all of them after ErrConflict.
// An error of a plan is given out only once the record is settled, because it
// may follow from what was staged before it.
func (b *batch[T, X]) attempt(ctx context.Context) error {
	draft, err := b.w.stage.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a draft of %s: %w", b.w.stage.Name(), err)
	}
	at := b.w.log.time()
	trials, values := b.try(func(j *job[T, X]) (T, error) { return draft.Try(ctx, at, j.run) })
	if len(values) == 0 {
		b.settle(trials, 0)
		return draft.Drop()
	}
	// The record is finished even when the node stops.
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.w.o.Settle)
	defer cancel()
	says := b.w.turns.courtesy(len(b.jobs) > 1 || b.w.line.length() > 0)
	b.w.turns.look(ctx)
	began := b.w.log.now()
	rec, err := b.w.log.commit(finish, draft.After(), at, says, values)
	if err == nil {
		b.w.turns.wrote(rec.Seq, b.w.log.now().Sub(began))
		b.keep(finish, draft, rec)
		b.settle(trials, rec.Seq)
		b.most = b.w.o.Batch
		return nil
	}
	if dropped := draft.Drop(); dropped != nil {
		err = errors.Join(err, dropped)
	}
	return b.failed(trials, len(values), err)
}

// try plans the jobs at hand, and those that come meanwhile: callers who were
// answered a moment ago often have the next one ready.
func (b *batch[T, X]) try(run func(*job[T, X]) (T, error)) ([]trial[T, X], []T) {
	var trials []trial[T, X]
	var values []T
	until := b.w.log.now().Add(b.w.turns.latency / 2)
	for len(trials) < min(b.most, len(b.jobs)) {
		t := trial[T, X]{job: b.jobs[len(trials)]}
		t.err = caught(func() (err error) {
			t.value, err = run(t.job)
			return err
		})
		if t.err == nil {
			values = append(values, t.value)
		} else {
			t.job.unstage()
		}
		trials = append(trials, t)
		if len(trials) == len(b.jobs) && b.w.log.now().Before(until) {
			runtime.Gosched()
			b.jobs = b.w.line.take(b.jobs, b.most)
		}
	}
	return trials, values
}

// keep makes the draft the state. The record is in the log whatever happens
// here, so a failure is not the callers': the stage catches up from the log.
func (b *batch[T, X]) keep(ctx context.Context, draft Draft[T, X], rec Record[T]) {
	err := caught(func() error { return draft.Keep(ctx, rec) })
	if err == nil {
		b.w.log.stats.applied(b.w.stage.Name(), rec.Seq, 1)
		return
	}
	b.w.log.o.Logger.LogAttrs(ctx, slog.LevelError, "stage did not keep a committed record, it is applied from the log",
		slog.String("stage", b.w.stage.Name()), slog.Uint64("seq", uint64(rec.Seq)), slog.Any("error", err))
	_, err = b.w.log.catchUp(ctx, b.w.stage)
	b.w.log.stats.follow(b.w.stage.Name(), err)
}

// settle answers the tried jobs: those whose value went into the record at
// seq, and those whose plan failed.
func (b *batch[T, X]) settle(trials []trial[T, X], seq Seq) {
	for _, t := range trials {
		if t.err != nil {
			t.job.answer(0, t.err)
		} else {
			t.job.answer(seq, nil)
		}
	}
	b.jobs = slices.Delete(b.jobs, 0, len(trials))
}

// failed decides who is answered when there is no record, or perhaps none.
func (b *batch[T, X]) failed(trials []trial[T, X], values int, err error) error {
	switch {
	case errors.Is(err, ErrUnclear), values == 1 && !errors.Is(err, ErrConflict):
		// Errors of plans may follow from values that are not in the log:
		// those jobs are planned again.
		var again []*job[T, X]
		for _, t := range trials {
			if t.err != nil {
				again = append(again, t.job)
			} else {
				t.job.answer(0, err)
			}
		}
		b.jobs = append(again, b.jobs[len(trials):]...)
		return nil
	}
	for _, t := range trials {
		t.job.unstage()
	}
	if !errors.Is(err, ErrConflict) {
		// Too large, or a value that cannot be encoded: find it by halves.
		b.most = max(1, len(trials)/2)
		return nil
	}
	return err
}
