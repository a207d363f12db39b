package commitlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/recueil-cms/recueil/storage"
)

// Limits of what a node keeps of the newest records.
const (
	tailRecords = 512
	tailBytes   = 16 << 20 // before compression; decoded values take a few times that
)

// How often the next place of the log is looked at while nothing happens.
const (
	pollFast  = 20 * time.Millisecond  // just after another node's record
	pollSlow  = 400 * time.Millisecond // when nothing has happened for long
	pollEase  = 8                      // the pause is the idle time divided by this
	pollQuick = 100 * time.Millisecond // looks at shorter intervals are listings
)

// tail is what a node knows of the end of the log: its head, and the newest
// records as far as this node came across them, so that many followers cost
// one read and one decoding.
type tail[T any] struct {
	node    string // whose it is
	mu      sync.Mutex
	head    Seq
	last    frame // of head; zero when the log is empty
	known   map[Seq]*known[T]
	order   []Seq // of known, oldest first
	size    int
	changed chan struct{} // closed when head moves, or is said to have moved

	polled     time.Time       // when the next place was last looked at
	foreign    time.Time       // when another node's record was last come across
	foreignSeq Seq             // the newest of them
	headAt     time.Time       // when head moved
	peers      map[string]peer // the other nodes heard of last
	hints      hints[T]
}

// peersMost bounds the other nodes that are remembered.
const peersMost = 64

// peer is what the log tells of another node.
type peer struct {
	node string
	seq  Seq       // of its newest record
	at   time.Time // when that was come across
	busy bool      // it said that it would write again soon
}

// known is one record of the tail, decoded by the first who needs it.
type known[T any] struct {
	raw   []byte
	size  int           // of the record before compression, in bytes
	once  chan struct{} // holds the right to decode
	done  bool
	rec   Record[T]
	tried bool // to decode it before it was known to be true; the lock of the tail guards it
}

func newKnown[T any](f frame, raw []byte) *known[T] {
	return &known[T]{raw: raw, size: len(raw) + f.plain, once: make(chan struct{}, 1)}
}

func newTail[T any](node string) *tail[T] {
	return &tail[T]{node: node, known: map[Seq]*known[T]{}, changed: make(chan struct{})}
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

// sum gives the checksum of the record at seq when that is the head.
func (t *tail[T]) sum(seq Seq) (sum digest) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last.seq == seq {
		sum = t.last.sum
	}
	return sum
}

// add takes in a verified record of this node or of another.
func (t *tail[T]) add(f frame, k *known[T], foreign bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if foreign {
		t.foreign = now
		if f.seq > t.foreignSeq {
			t.foreignSeq, t.hints.told = f.seq, f.seq <= t.hints.newest
		}
		t.meet(f, now)
	}
	if t.known[f.seq] == nil {
		t.known[f.seq] = k
		t.order = append(t.order, f.seq)
		t.size += k.size
	}
	for len(t.order) > 1 && (len(t.order) > tailRecords || t.size > tailBytes) {
		t.size -= t.known[t.order[0]].size
		delete(t.known, t.order[0])
		t.order = t.order[1:]
	}
	if f.seq > t.head {
		t.head, t.last, t.headAt = f.seq, f, now
		delete(t.hints.records, f.seq)
		t.wake()
	}
}

// wake makes those look who wait for the head to move.
func (t *tail[T]) wake() {
	close(t.changed)
	t.changed = make(chan struct{})
}

// meet remembers whose record came last, of the peers heard of last.
func (t *tail[T]) meet(f frame, now time.Time) {
	if f.seq <= t.peers[f.node].seq {
		return
	}
	if t.peers == nil {
		t.peers = map[string]peer{}
	}
	t.peers[f.node] = peer{node: f.node, seq: f.seq, at: now, busy: f.busy}
	if len(t.peers) <= peersMost {
		return
	}
	oldest := f.node
	for node, p := range t.peers {
		if p.at.Before(t.peers[oldest].at) {
			oldest = node
		}
	}
	delete(t.peers, oldest)
}

// newest is the newest record of a node that was come across, or 0.
func (t *tail[T]) newest(node string) Seq {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peers[node].seq
}

// busy gives the peers that write again and again.
func (t *tail[T]) busy(since time.Time) []peer {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []peer
	for _, p := range t.peers {
		if p.busy && p.at.After(since) {
			list = append(list, p)
		}
	}
	return list
}

// newestRecord gives the header of the head, and when it was come across.
func (t *tail[T]) newestRecord() (frame, time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last, t.headAt
}

// forget drops the newest records, so that nothing decoded stays in memory.
func (t *tail[T]) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.known)
	t.order, t.size = nil, 0
	clear(t.hints.records)
}

func (t *tail[T]) looked(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.polled = now
}

// pause says how long to wait before the next look at the next place, and
// whether it may be written just then, so that the look is to be a quick one.
func (t *tail[T]) pause(now time.Time) (pause time.Duration, quick bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hints.newest > t.head {
		return t.rest(now), true
	}
	every := min(max(now.Sub(t.foreign)/pollEase, pollFast), pollSlow)
	quick = every < pollQuick
	if t.hints.told {
		every = hintRest
	}
	return every - now.Sub(t.polled), quick
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

// Limits of one look.
const (
	pollLists = 256 // records that it takes in
	pollReads = 64  // of them at once, so that a far-away node keeps pace
)

// poll looks once at what comes after the head and takes it in. Callers of one
// node take turns.
//
// A quick look lists: MinIO locks a key while it is written, and whoever asks
// for it meanwhile, or makes its writer wait, sleeps up to 50 ms. Listing takes
// no lock. A look now and then is a plain read, which costs less elsewhere.
//
// After a hint the record is there, and is simply read.
func (l *Log[T]) poll(ctx context.Context, quick bool) (found bool, err error) {
	known := l.Head()
	select {
	case l.polling <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-l.polling }()
	head := l.Head()
	if head > known {
		return true, nil
	}
	l.tail.looked(l.now())
	hinted := l.tail.hint()
	if hinted > head && (hinted-head <= hintReads || l.tail.tells(head+1, hinted)) {
		return l.pollHinted(ctx, head, hinted)
	}
	if !quick {
		_, err = l.take(ctx, head+1)
		if errors.Is(err, storage.ErrNotExist) {
			return false, nil
		}
		return err == nil, err
	}
	last, err := l.listed(ctx, head)
	if err != nil {
		return false, err
	}
	if last == head {
		l.tail.doubt(hinted, l.now())
		return false, nil
	}
	return true, l.takeAll(ctx, head+1, last)
}

// takeAll takes in records that exist, several at once, in their order.
func (l *Log[T]) takeAll(ctx context.Context, first, last Seq) error {
	raws := make([][]byte, last-first+1)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(pollReads)
	for i := range raws {
		group.Go(func() error {
			return caught(func() (err error) {
				raws[i], err = l.fetchNew(ctx, first+Seq(i))
				return err
			})
		})
	}
	failed := group.Wait()
	for i, raw := range raws {
		if raw == nil {
			return failed
		}
		if _, err := l.takeRaw(first+Seq(i), raw); err != nil {
			return err
		}
	}
	return failed
}

// listed gives the last of the records that directly follow head, or head.
func (l *Log[T]) listed(ctx context.Context, head Seq) (Seq, error) {
	last := head
	for object, err := range l.bucket.List(ctx, recordFolder(head+1), recordKey(head)) {
		if err != nil {
			return last, fmt.Errorf("look for new records: %w", err)
		}
		if object.Key != recordKey(last+1) || last-head == pollLists {
			break
		}
		last++
	}
	return last, nil
}

// take reads the record at seq, the next place or one before it, and adds it
// to the tail.
func (l *Log[T]) take(ctx context.Context, seq Seq) (frame, error) {
	raw, err := l.fetch(ctx, seq)
	if err != nil {
		return frame{}, err
	}
	return l.takeRaw(seq, raw)
}

func (l *Log[T]) takeRaw(seq Seq, raw []byte) (frame, error) {
	f, _, err := openFrame(seq, raw)
	if err != nil {
		return frame{}, err
	}
	l.tail.add(f, newKnown[T](f, raw), f.node != l.node, l.now())
	return f, nil
}

// await returns when the log has a record after seq.
func (l *Log[T]) await(ctx context.Context, seq Seq) error {
	for run := 0; ; {
		head, _, changed := l.tail.now()
		if head > seq {
			return nil
		}
		pause, quick := l.tail.pause(l.now())
		if pause > 0 {
			l.decodeTold(ctx)
			select {
			case <-changed:
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(pause):
			}
			continue
		}
		found, err := l.poll(ctx, quick)
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
		l.tail.looked(l.now())
		return nil
	}
	_, err := l.take(ctx, low)
	return err
}
