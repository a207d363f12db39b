package commitlog

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Limits of what a node keeps of the newest records.
const (
	tailRecords = 512
	tailBytes   = 8 << 20 // as stored, compressed
)

// How often the next place of the log is looked at while nothing happens.
const (
	pollFast = 5 * time.Millisecond   // just after another node's record
	pollSlow = 400 * time.Millisecond // when nothing has happened for long
	pollEase = 8                      // the pause is the idle time divided by this
)

// tail is what a node knows of the end of the log: its head, and the newest
// records as far as this node came across them, so that many followers cost
// one read and one decoding.
type tail[T any] struct {
	mu      sync.Mutex
	head    Seq
	last    frame // of head; zero when the log is empty
	known   map[Seq]*known[T]
	order   []Seq // of known, oldest first
	size    int
	changed chan struct{} // closed when head moves

	polled  time.Time // when the next place was last found empty
	foreign time.Time // when another node's record was last come across
}

// known is one record of the tail, decoded by the first who needs it.
type known[T any] struct {
	raw  []byte
	once chan struct{} // holds the right to decode
	done bool
	rec  Record[T]
}

func newTail[T any]() *tail[T] {
	return &tail[T]{known: map[Seq]*known[T]{}, changed: make(chan struct{})}
}

func (t *tail[T]) now() (Seq, frame, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head, t.last, t.changed
}

func (t *tail[T]) get(seq Seq) *known[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.known[seq]
}

// add takes in a verified record of this node or of another.
func (t *tail[T]) add(f frame, raw []byte, foreign bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if foreign {
		t.foreign = now
	}
	if t.known[f.seq] == nil {
		k := &known[T]{raw: raw, once: make(chan struct{}, 1)}
		t.known[f.seq] = k
		t.order = append(t.order, f.seq)
		t.size += len(raw)
	}
	for len(t.order) > 1 && (len(t.order) > tailRecords || t.size > tailBytes) {
		t.size -= len(t.known[t.order[0]].raw)
		delete(t.known, t.order[0])
		t.order = t.order[1:]
	}
	if f.seq > t.head {
		t.head, t.last = f.seq, f
		close(t.changed)
		t.changed = make(chan struct{})
	}
}

// forget drops the newest records, so that nothing decoded stays in memory.
func (t *tail[T]) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.known)
	t.order, t.size = nil, 0
}

func (t *tail[T]) empty(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.polled = now
}

// pause says how long to wait before looking at the next place again.
func (t *tail[T]) pause(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	every := min(max(now.Sub(t.foreign)/pollEase, pollFast), pollSlow)
	return every - now.Sub(t.polled)
}

// decode gives the record, decoding it unless that was done before.
func (l *Log[T]) decode(ctx context.Context, seq Seq, k *known[T]) (Record[T], error) {
	select {
	case k.once <- struct{}{}:
	case <-ctx.Done():
		return Record[T]{}, ctx.Err()
	}
	defer func() { <-k.once }()
	if k.done {
		return k.rec, nil
	}
	rec, err := l.open(ctx, seq, k.raw)
	if err != nil {
		return rec, err
	}
	k.rec, k.done = rec, true
	return rec, nil
}

// poll looks once at the next place and takes in the record that is there.
// Callers of one node take turns.
func (l *Log[T]) poll(ctx context.Context) (found bool, err error) {
	select {
	case l.polling <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-l.polling }()
	head, _, _ := l.tail.now()
	_, err = l.take(ctx, head+1)
	if errors.Is(err, storage.ErrNotExist) {
		l.tail.empty(l.now())
		return false, nil
	}
	return err == nil, err
}

// take reads the record at seq, the next place or one before it, and adds it
// to the tail.
func (l *Log[T]) take(ctx context.Context, seq Seq) (frame, error) {
	raw, err := l.fetch(ctx, seq)
	if err != nil {
		return frame{}, err
	}
	f, _, err := openFrame(seq, raw)
	if err != nil {
		return frame{}, err
	}
	l.tail.add(f, raw, f.node != l.node, l.now())
	return f, nil
}

// await returns when the log has a record after seq.
func (l *Log[T]) await(ctx context.Context, seq Seq) error {
	for run := 0; ; {
		head, _, changed := l.tail.now()
		if head > seq {
			return nil
		}
		if pause := l.tail.pause(l.now()); pause > 0 {
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
			continue
		}
		found, err := l.poll(ctx)
		if err != nil {
			return err
		}
		if run++; found && run%16 == 0 { // far behind: leap
			if err := l.refresh(ctx); err != nil {
				return err
			}
		}
	}
}

// refresh finds the present end of the log: places are filled without gaps
// and for ever, so doubling steps and then halving ones find it in a few
// reads however long the log is, and no listing is needed.
func (l *Log[T]) refresh(ctx context.Context) error {
	low, _, _ := l.tail.now()
	start, high := low, Seq(0)
	for step := Seq(1); high == 0 || high-low > 1; {
		probe := low + step
		if high != 0 {
			probe = low + (high-low)/2
		}
		there, err := l.exists(ctx, probe)
		switch {
		case err != nil:
			return err
		case there:
			low, step = probe, step*2
		default:
			high = probe
		}
	}
	if low == start {
		l.tail.empty(l.now())
		return nil
	}
	_, err := l.take(ctx, low)
	return err
}
