package commitlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Pauses between the attempts to settle an unclear PUT.
const (
	settleFirst = 10 * time.Millisecond
	settleMost  = time.Second
)

// Append writes values as the record that follows after, and gives the seq of
// their last record: a batch that does not fit into one record is split into
// several, and a failure after the first of them is a PartialError. ErrConflict
// says that another record was first, ErrUnclear that ctx ended before the
// outcome was known, ErrTooLarge that one value alone does not fit.
func (l *Log[T]) Append(ctx context.Context, after Seq, values ...T) (Seq, error) {
	if len(values) == 0 {
		return after, errors.New("append to the log: no values")
	}
	rest := values
	for done := 0; len(rest) > 0; {
		count, rec, err := l.appendSome(ctx, after, rest)
		if err != nil && done > 0 {
			err = &PartialError{Seq: after, Values: done, Err: err}
		}
		if err != nil {
			return after, fmt.Errorf("append to the log: %w", err)
		}
		after, rest, done = rec.Seq, rest[count:], done+count
	}
	return after, nil
}

// appendSome writes one record with as many of the values as fit, halving.
func (l *Log[T]) appendSome(ctx context.Context, after Seq, values []T) (int, Record[T], error) {
	for count := len(values); ; count /= 2 {
		rec, err := l.commit(ctx, after, l.time(), courtesy{}, values[:count])
		if count == 1 || !errors.Is(err, ErrTooLarge) {
			return count, rec, err
		}
	}
}

// time is the clock, but never earlier than the last record.
func (l *Log[T]) time() time.Time {
	now := l.o.Now().UTC().Truncate(time.Microsecond)
	if _, last, _ := l.tail.now(); now.Before(last.at) {
		return last.at
	}
	return now
}

// commit writes exactly one record or fails.
func (l *Log[T]) commit(ctx context.Context, after Seq, at time.Time, c courtesy, values []T) (Record[T], error) {
	if err := l.checkEnd(ctx, after); err != nil {
		return Record[T]{}, err
	}
	f, raw, err := l.encode(ctx, frame{seq: after + 1, at: at, courtesy: c, before: l.tail.sum(after)}, values)
	if err != nil {
		return Record[T]{}, err
	}
	if err := l.put(ctx, f, raw); err != nil {
		return Record[T]{}, err
	}
	if l.o.Tell != nil {
		l.o.Tell(f.seq, raw)
	}
	l.tail.add(f, newKnown[T](f, raw), false, l.now())
	l.stats.written(len(values), len(raw))
	return record(f, values), nil
}

// checkEnd makes sure that a record written after seq leaves no gap.
func (l *Log[T]) checkEnd(ctx context.Context, seq Seq) error {
	if seq > l.Head() {
		if err := l.refresh(ctx); err != nil {
			return err
		}
	}
	switch head := l.Head(); {
	case seq < head:
		return fmt.Errorf("%w: its end is %d, not %d", ErrConflict, head, seq)
	case seq > head:
		return fmt.Errorf("record %d does not exist, the end of the log is %d", seq, head)
	}
	return nil
}

func (l *Log[T]) encode(ctx context.Context, f frame, values []T) (frame, []byte, error) {
	f.node, f.values = l.node, len(values)
	if _, err := io.ReadFull(l.o.Rand, f.nonce[:]); err != nil {
		return f, nil, fmt.Errorf("draw a nonce: %w", err)
	}
	var plain []byte
	err := caught(func() (err error) {
		plain, err = l.codec.Encode(ctx, values)
		return err
	})
	if err != nil {
		return f, nil, fmt.Errorf("encode record %d: %w", f.seq, err)
	}
	f.plain = len(plain)
	if f.plain > maxPlain {
		return f, nil, fmt.Errorf("%w: %d values make %d bytes, the limit is %d", ErrTooLarge, len(values), f.plain, maxPlain)
	}
	raw := f.seal(l.pack.pack(plain))
	if len(raw) > l.limit {
		return f, nil, fmt.Errorf("%w: %d values make %d bytes compressed, the limit is %d", ErrTooLarge, len(values), len(raw), l.limit)
	}
	return f, raw, nil
}

// put creates the record, and settles an unclear answer by looking at who is
// in its place. An empty place is tried again with the very same bytes: should
// the first attempt take effect late, then the second finds its own nonce.
func (l *Log[T]) put(ctx context.Context, f frame, raw []byte) error {
	pause := settleFirst
	for attempt := 0; ; attempt++ {
		err := l.putOnce(ctx, f.seq, raw)
		if err == nil {
			return nil
		}
		if !errors.Is(err, storage.ErrCondition) {
			l.stats.unclear(err)
			if certain(err) && attempt == 0 {
				return err
			}
		}
		settled, err := l.settle(ctx, f, err)
		if settled {
			return err
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, settleMost)
		case <-ctx.Done():
			return fmt.Errorf("record %d: %w: %w", f.seq, ErrUnclear, err)
		}
	}
}

// certain tells the errors that a bucket gives before it does anything.
func certain(err error) bool {
	return errors.Is(err, storage.ErrUntouched) || errors.Is(err, storage.ErrKey) || errors.Is(err, storage.ErrTooLarge) || errors.Is(err, storage.ErrUnconditional)
}

func (l *Log[T]) putOnce(ctx context.Context, seq Seq, raw []byte) error {
	ctx, cancel := context.WithTimeout(ctx, l.o.Timeout)
	defer cancel()
	_, err := l.bucket.Put(ctx, recordKey(seq), bytes.NewReader(raw), int64(len(raw)), storage.Cond{IfAbsent: true})
	return err
}

// settle compares the record in the place of f with f. It is not settled while
// the place is empty or cannot be read.
func (l *Log[T]) settle(ctx context.Context, f frame, cause error) (settled bool, err error) {
	raw, err := l.fetchNew(ctx, f.seq)
	var there frame
	if err == nil {
		there, err = l.takeRaw(f.seq, raw)
	}
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return false, cause
	case errors.Is(err, ErrCorrupt):
		return true, fmt.Errorf("%w: %w", ErrUnclear, err)
	case err != nil:
		return false, errors.Join(cause, err)
	case there.nonce == f.nonce:
		return true, nil
	}
	l.stats.conflict()
	return true, fmt.Errorf("%w: record %d is by %s", ErrConflict, f.seq, there.node)
}
