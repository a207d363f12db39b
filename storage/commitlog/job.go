package commitlog

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// job is one call of Do.
type job[T, X any] struct {
	ctx  context.Context
	plan func(X) (T, error)
	done chan struct{} // closed when seq and err are final

	mu        sync.Mutex // held while plan runs
	abandoned bool       // its caller has left: never run plan again
	staged    bool       // its value may be on its way to the log

	seq Seq
	err error
}

// run calls the plan unless its caller has left. A panic is an error.
func (j *job[T, X]) run(x X) (v T, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.abandoned {
		return v, context.Cause(j.ctx)
	}
	if err := j.ctx.Err(); err != nil {
		return v, err
	}
	err = caught(func() (err error) {
		v, err = j.plan(x)
		return err
	})
	j.staged = err == nil
	return v, err
}

// unstage says that the value of the last run did not go to the log.
func (j *job[T, X]) unstage() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.staged = false
}

func (j *job[T, X]) gone() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.abandoned
}

func (j *job[T, X]) answer(seq Seq, err error) {
	j.seq, j.err = seq, err
	close(j.done)
}

// wait gives the answer, or leaves when the context of the job ends. It never
// leaves while plan runs, because plan may use the memory of its caller.
func (j *job[T, X]) wait() (Seq, error) {
	select {
	case <-j.done:
		return j.seq, j.err
	case <-j.ctx.Done():
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	select {
	case <-j.done:
		return j.seq, j.err
	default:
	}
	j.abandoned = true
	if j.staged {
		return 0, fmt.Errorf("%w: %w", ErrUnclear, j.ctx.Err())
	}
	return 0, j.ctx.Err()
}

// line is the bounded queue of jobs.
type line[T, X any] struct {
	mu      sync.Mutex
	jobs    []*job[T, X]
	most    int
	closed  bool
	refuses error         // what further jobs are told; nil: they may wait
	news    chan struct{} // holds a token when a job has come
}

func newLine[T, X any](most int) *line[T, X] {
	return &line[T, X]{most: most, news: make(chan struct{}, 1)}
}

func (l *line[T, X]) push(j *job[T, X]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		return ErrClosed
	case l.refuses != nil:
		return l.refuses
	case len(l.jobs) >= l.most:
		return fmt.Errorf("%w: %d", ErrBusy, len(l.jobs))
	}
	l.jobs = append(l.jobs, j)
	select {
	case l.news <- struct{}{}:
	default:
	}
	return nil
}

// take adds waiting jobs to those at hand, up to most.
func (l *line[T, X]) take(at []*job[T, X], most int) []*job[T, X] {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := max(0, min(most-len(at), len(l.jobs)))
	at = append(at, l.jobs[:count]...)
	clear(l.jobs[:count])
	l.jobs = l.jobs[count:]
	return at
}

// putBack gives jobs back to the front.
func (l *line[T, X]) putBack(jobs []*job[T, X]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs = append(slices.Clip(jobs), l.jobs...)
}

// length is the number of waiting jobs.
func (l *line[T, X]) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.jobs)
}

// prune drops the jobs whose callers have left.
func (l *line[T, X]) prune() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.jobs = slices.DeleteFunc(l.jobs, (*job[T, X]).gone)
}

// refuse refuses further jobs until admit is called, and gives those that wait.
func (l *line[T, X]) refuse(err error) []*job[T, X] {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuses = err
	jobs := l.jobs
	l.jobs = nil
	return jobs
}

func (l *line[T, X]) admit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refuses = nil
}

// close refuses further jobs and gives those that wait.
func (l *line[T, X]) close() []*job[T, X] {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	jobs := l.jobs
	l.jobs = nil
	return jobs
}
