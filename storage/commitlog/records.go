package commitlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime/debug"
	"sync"

	"github.com/recueil-cms/recueil/storage"
)

// prefetch is how many records are read and decoded ahead of their reader.
const prefetch = 32

// item is a record with its stored size, which bounds batches.
type item[T any] struct {
	rec  Record[T]
	size int
}

// result is an item, or why there is none.
type result[T any] struct {
	item[T]
	err error
}

// Records yields the records after a place, in order, until the present end of
// the log. It reads segments where they exist, and reads and decodes ahead of
// the loop. An error ends it.
func (l *Log[T]) Records(ctx context.Context, after Seq) iter.Seq2[Record[T], error] {
	return func(yield func(Record[T], error) bool) {
		if err := l.refresh(ctx); err != nil {
			yield(Record[T]{}, fmt.Errorf("find the end of the log: %w", err))
			return
		}
		for it, err := range l.walk(ctx, after, l.Head()) {
			if !yield(it.rec, err) || err != nil {
				return
			}
		}
	}
}

// walk yields the records after a place until end, which must exist.
func (l *Log[T]) walk(ctx context.Context, after, end Seq) iter.Seq2[item[T], error] {
	return func(yield func(item[T], error) bool) {
		for k := l.tail.get(after + 1); k != nil && after < end; k = l.tail.get(after + 1) {
			rec, err := l.decode(ctx, after+1, k)
			if !yield(item[T]{rec, len(k.raw)}, err) || err != nil {
				return
			}
			after++
		}
		if after >= end {
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		ahead := &ahead[T]{log: l, queue: make(chan chan result[T], prefetch)}
		defer ahead.wait()
		defer cancel()
		ahead.start(ctx, after, end)
		for ch := range ahead.queue {
			res := <-ch
			if !yield(res.item, res.err) || res.err != nil {
				return
			}
			after++
		}
		if after < end {
			yield(item[T]{}, fmt.Errorf("read record %d: %w", after+1, context.Cause(ctx)))
		}
	}
}

// ahead reads records ahead of a loop: one goroutine hands out the work in
// order, at most prefetch others do it, and all of them end with the loop.
type ahead[T any] struct {
	log   *Log[T]
	queue chan chan result[T]
	tasks sync.WaitGroup
}

func (a *ahead[T]) start(ctx context.Context, after, end Seq) {
	a.tasks.Go(func() {
		defer close(a.queue)
		if err := caught(func() error { return a.feed(ctx, after, end) }); err != nil {
			a.push(ctx, func() (item[T], error) { return item[T]{}, err })
		}
	})
}

func (a *ahead[T]) wait() {
	for range a.queue { // the results nobody reads are buffered
	}
	a.tasks.Wait()
}

// push queues the place of a result and works it out; false when ctx ended.
func (a *ahead[T]) push(ctx context.Context, work func() (item[T], error)) bool {
	ch := make(chan result[T], 1)
	select {
	case a.queue <- ch:
	case <-ctx.Done():
		return false
	}
	a.tasks.Go(func() {
		var res result[T]
		res.err = caught(func() (err error) {
			res.item, err = work()
			return err
		})
		ch <- res
	})
	return true
}

func (a *ahead[T]) feed(ctx context.Context, after, end Seq) error {
	for seq := after + 1; seq <= end; {
		if last := blockOf(seq).last(); last <= end {
			next, err := a.feedSegment(ctx, seq)
			if err != nil {
				return err
			}
			seq = next
		}
		for stop := min(blockOf(seq).last(), end); seq <= stop; seq++ {
			at := seq
			if !a.push(ctx, func() (item[T], error) { return a.single(ctx, at) }) {
				return ctx.Err()
			}
		}
	}
	return nil
}

func (a *ahead[T]) single(ctx context.Context, seq Seq) (item[T], error) {
	raw, err := a.log.fetch(ctx, seq)
	if errors.Is(err, storage.ErrNotExist) {
		err = fmt.Errorf("%w: the log has a gap: %w", ErrCorrupt, err)
	}
	if err != nil {
		return item[T]{}, err
	}
	rec, err := a.log.open(ctx, seq, raw)
	return item[T]{rec, len(raw)}, err
}

// feedSegment reads from seq to the end of its block out of a segment, and
// gives the next seq to read: seq itself when there is no segment.
func (a *ahead[T]) feedSegment(ctx context.Context, seq Seq) (Seq, error) {
	b := blockOf(seq)
	idx, err := a.log.segmentIndex(ctx, b)
	if errors.Is(err, storage.ErrNotExist) {
		return seq, nil
	}
	if err != nil {
		return seq, err
	}
	offset, _ := idx.place(seq)
	body, _, err := a.log.bucket.Get(ctx, b.key(), storage.Range{Offset: offset})
	if err != nil {
		return seq, fmt.Errorf("read %s: %w", b.key(), err)
	}
	defer body.Close()
	for ; seq <= b.last(); seq++ {
		at := seq
		_, size := idx.place(at)
		raw := make([]byte, size)
		if _, err := io.ReadFull(body, raw); err != nil {
			return seq, fmt.Errorf("read record %d of %s: %w", at, b.key(), err)
		}
		if !a.push(ctx, func() (item[T], error) {
			rec, err := a.log.open(ctx, at, raw)
			return item[T]{rec, len(raw)}, err
		}) {
			return seq, ctx.Err()
		}
	}
	return seq, nil
}

// caught turns a panic into an error, so that one bad value or follower does
// not end the program.
func caught(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}
