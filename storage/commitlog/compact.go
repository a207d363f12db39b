package commitlog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/recueil-cms/recueil/storage"
)

// Limits of merging records.
const (
	mergeReads = 8        // at once
	mergeKeeps = 16 << 20 // bytes of records kept in memory, larger ones are read twice
)

// Compact merges every full block of 256 records that is older than the grace
// period into a segment, and then empties the objects of its records. It does
// what is left to do and may be called by several nodes at once, at any time:
// a segment has the same bytes whoever makes it.
//
// The emptied objects stay for ever. They are the fence against a writer that
// stalled for long: without them its create would succeed and fork the log.
func (l *Log[T]) Compact(ctx context.Context) error {
	if err := l.refresh(ctx); err != nil {
		return fmt.Errorf("compact the log: %w", err)
	}
	b, err := l.firstLoose(ctx)
	for ; err == nil && b.last() <= l.Head(); b++ {
		var old bool
		if old, err = l.settledDown(ctx, b); err != nil || !old {
			break
		}
		err = l.merge(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("compact the log: %s: %w", b.key(), err)
	}
	return nil
}

// firstLoose is the first block that is not wholly merged. Segments are made
// in order, and a block is emptied, its last record last, before the next is
// begun: only the newest segment can have records left to empty.
func (l *Log[T]) firstLoose(ctx context.Context) (block, error) {
	low, high := block(0), blockOf(l.Head()+1) // of the number of segments
	for low < high {
		mid := low + (high-low)/2
		_, err := l.segmentIndex(ctx, mid)
		switch {
		case err == nil || errors.Is(err, ErrCorrupt):
			low = mid + 1
		case errors.Is(err, storage.ErrNotExist):
			high = mid
		default:
			return low, err
		}
	}
	if low == 0 {
		return 0, nil
	}
	raw, err := l.own(ctx, (low - 1).last())
	if err == nil && len(raw) > 0 {
		low--
	}
	return low, err
}

func (l *Log[T]) settledDown(ctx context.Context, b block) (bool, error) {
	raw, err := l.fetch(ctx, b.last())
	if err != nil {
		return false, err
	}
	f, _, err := openFrame(b.last(), raw)
	return err == nil && l.o.Now().Sub(f.at) >= l.o.Grace, err
}

// own gives the bytes of a record's own object: none when it was emptied.
func (l *Log[T]) own(ctx context.Context, seq Seq) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.o.Timeout)
	defer cancel()
	raw, _, err := l.part(ctx, recordKey(seq), 0, maxRecord+1)
	return raw, err
}

// merger makes one segment.
type merger[T any] struct {
	log   *Log[T]
	block block
	sums  [segmentRecords][]byte // checksums of the records, nil of emptied ones
	sizes [segmentRecords]int64
	kept  [segmentRecords][]byte // bytes of the records when they are few
}

func (l *Log[T]) merge(ctx context.Context, b block) error {
	m := &merger[T]{log: l, block: b}
	if err := m.read(ctx); err != nil {
		return err
	}
	err := m.verify(ctx)
	if m.whole() && (errors.Is(err, storage.ErrNotExist) || errors.Is(err, ErrCorrupt)) {
		if err = m.write(ctx); err == nil {
			err = m.verify(ctx)
		}
	}
	if err != nil {
		return err
	}
	return m.empty(ctx)
}

// whole tells whether no record of the block was emptied yet.
func (m *merger[T]) whole() bool {
	for _, sum := range m.sums {
		if sum == nil {
			return false
		}
	}
	return true
}

// read verifies the records and notes their sizes and checksums.
func (m *merger[T]) read(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(mergeReads)
	for i := range segmentRecords {
		group.Go(func() error {
			return caught(func() error {
				raw, err := m.log.own(ctx, m.block.first()+Seq(i))
				if err != nil || len(raw) == 0 {
					return err
				}
				if _, _, err := openFrame(m.block.first()+Seq(i), raw); err != nil {
					return err
				}
				m.sizes[i], m.sums[i] = int64(len(raw)), bytes.Clone(raw[len(raw)-sha256.Size:])
				if int64(len(raw)) <= mergeKeeps/segmentRecords {
					m.kept[i] = raw
				}
				return nil
			})
		})
	}
	return group.Wait()
}

// write puts the segment. The put has no condition, because a segment may be
// larger than a conditional body and whoever writes it writes the same bytes.
func (m *merger[T]) write(ctx context.Context) error {
	x := newIndex(m.block, m.sizes[:])
	next := 0
	body := io.MultiReader(bytes.NewReader(x.encode()), &chunks{next: func() ([]byte, error) {
		if next == segmentRecords {
			return nil, io.EOF
		}
		i := next
		next++
		return m.record(ctx, i)
	}})
	if _, err := m.log.bucket.Put(ctx, m.block.key(), body, x.size(), storage.Cond{}); err != nil {
		return fmt.Errorf("write the segment: %w", err)
	}
	return nil
}

// record gives the bytes of a record again, and makes sure they are the same.
func (m *merger[T]) record(ctx context.Context, i int) ([]byte, error) {
	if m.kept[i] != nil {
		return m.kept[i], nil
	}
	raw, err := m.log.own(ctx, m.block.first()+Seq(i))
	if err != nil {
		return nil, err
	}
	if len(raw) < sha256.Size || !bytes.Equal(raw[len(raw)-sha256.Size:], m.sums[i]) {
		return nil, fmt.Errorf("record %d changed while it was merged", m.block.first()+Seq(i))
	}
	return raw, nil
}

// verify reads the whole segment back and compares each record with its own
// object, as far as that is not emptied.
func (m *merger[T]) verify(ctx context.Context) error {
	body, object, err := m.log.bucket.Get(ctx, m.block.key(), storage.Range{})
	if err != nil {
		return err
	}
	defer body.Close()
	head := make([]byte, segmentHead)
	if _, err := io.ReadFull(body, head); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	x, err := decodeIndex(m.block, head)
	if err != nil {
		return err
	}
	if object.Size != x.size() {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrCorrupt, object.Size, x.size())
	}
	for i := range segmentRecords {
		seq := m.block.first() + Seq(i)
		_, size := x.place(seq)
		raw := make([]byte, size)
		if _, err := io.ReadFull(body, raw); err != nil {
			return fmt.Errorf("read record %d of the segment: %w", seq, err)
		}
		if _, _, err := openFrame(seq, raw); err != nil {
			return err
		}
		if m.sums[i] != nil && !bytes.Equal(m.sums[i], raw[len(raw)-sha256.Size:]) {
			return fmt.Errorf("%w: record %d differs in its segment", ErrCorrupt, seq)
		}
	}
	return nil
}

// empty overwrites the objects of the records, the last one last.
func (m *merger[T]) empty(ctx context.Context) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(mergeReads)
	for i := range segmentRecords - 1 {
		group.Go(func() error { return caught(func() error { return m.emptyOne(inner, i) }) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return m.emptyOne(ctx, segmentRecords-1)
}

func (m *merger[T]) emptyOne(ctx context.Context, i int) error {
	if m.sums[i] == nil {
		return nil
	}
	seq := m.block.first() + Seq(i)
	if _, err := m.log.bucket.Put(ctx, recordKey(seq), bytes.NewReader(nil), 0, storage.Cond{}); err != nil {
		return fmt.Errorf("empty record %d: %w", seq, err)
	}
	return nil
}

// chunks reads pieces one after another.
type chunks struct {
	next func() ([]byte, error)
	rest []byte
}

func (c *chunks) Read(p []byte) (int, error) {
	for len(c.rest) == 0 {
		piece, err := c.next()
		if err != nil {
			return 0, err
		}
		c.rest = piece
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}
