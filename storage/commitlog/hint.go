package commitlog

import (
	"context"
	"errors"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Limits of hints.
const (
	hintReads = 16        // records that are read without being listed
	hintDeaf  = pollFast  // nothing is believed for so long after a wrong hint
	hintPause = pollFast  // between looks while waiting for a turn, when hints come
	hintRest  = pollSlow  // between looks otherwise, when hints come
	toldMost  = 64        // records beyond the head that are kept as others told them
	toldBytes = 256 << 10 // of one, as stored,
	toldPlain = 2 << 20   // and before compression
)

// Heard takes a hint that another node has written the record at seq, and what
// it says the bytes of it are, or nil; it keeps raw. Whoever waits for news
// looks, so a hint that is lost, late, doubled or made up costs a look, and
// nothing but time.
//
// Bytes save reading: records that came in a row are taken in together, once
// the last of them was read from the bucket. Each names the checksum of the one
// before, so that one vouches for all of them; told bytes that nothing in the
// bucket vouches for are never used.
func (l *Log[T]) Heard(seq Seq, raw []byte) {
	var r *told[T]
	if len(raw) > 0 && len(raw) <= toldBytes {
		if f, _, err := openFrame(seq, raw); err == nil && f.plain <= toldPlain {
			r = &told[T]{f, newKnown[T](f, raw)}
		}
	}
	l.tail.heard(seq, r, l.now())
}

// told is a record as another node told it.
type told[T any] struct {
	frame
	*known[T]
}

// hints is what other nodes said about the end of the log, and what it was
// worth. The lock of the tail guards it.
type hints[T any] struct {
	newest  Seq
	told    bool             // the newest record of another node was hinted at
	deaf    time.Time        // until when nothing is believed
	records map[Seq]*told[T] // that were told of, of after the head
}

func (t *tail[T]) heard(seq Seq, r *told[T], now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.hints.deaf) {
		return
	}
	if r != nil && seq > t.head && seq-t.head <= toldMost && t.hints.records[seq] == nil {
		t.keep(seq, r)
	}
	if seq <= t.hints.newest {
		return
	}
	t.hints.newest = seq
	if seq >= t.foreignSeq {
		t.hints.told = true
	}
	if seq > t.head {
		t.wake()
	}
}

// keep keeps what was told of a record, for as long as it lies beyond the head.
func (t *tail[T]) keep(seq Seq, r *told[T]) {
	if t.hints.records == nil {
		t.hints.records = map[Seq]*told[T]{}
	}
	t.hints.records[seq] = r
	if len(t.hints.records) <= toldMost {
		return
	}
	for at := range t.hints.records {
		if at <= t.head {
			delete(t.hints.records, at)
		}
	}
}

// hint gives the last record that was hinted at and is not known, or 0.
func (t *tail[T]) hint() (last Seq) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.hints.newest > t.head {
		last = t.hints.newest
	}
	return last
}

// patience is how long who waits for a turn leaves it to the other nodes to
// tell of their records.
func (t *tail[T]) patience(now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !t.hints.told:
		return 0
	case t.hints.newest > t.head:
		return t.rest(now)
	}
	return hintPause
}

// rest is how long a look after a hint may wait. Records that were told of
// whole are looked into together, now and then, or at once when the last of
// them names this node as the next writer.
func (t *tail[T]) rest(now time.Time) time.Duration {
	r := t.hints.records[t.hints.newest]
	if r == nil || r.next == t.node {
		return 0
	}
	return pollFast - now.Sub(t.polled)
}

// decodeTold uses the time until the next look to decode what was told of.
func (l *Log[T]) decodeTold(ctx context.Context) {
	for _, r := range l.tail.undecoded() {
		_, _ = l.decode(ctx, r.seq, r.known) // or it is tried again, and told of, when it is known to be true
	}
}

// undecoded gives what was told of and not looked at yet.
func (t *tail[T]) undecoded() (list []*told[T]) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.hints.records {
		if r.seq > t.head && !r.tried {
			r.tried = true
			list = append(list, r)
		}
	}
	return list
}

// doubt notes that a look after a hint found nothing.
func (t *tail[T]) doubt(hinted Seq, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hinted == t.hints.newest && hinted > t.head {
		t.hints = hints[T]{newest: t.head, deaf: now.Add(hintDeaf)}
	}
}

// pollHinted takes in the records up to the one that was hinted at.
func (l *Log[T]) pollHinted(ctx context.Context, head, last Seq) (found bool, err error) {
	if l.tail.tells(head+1, last) {
		err = l.takeTold(ctx, head, last)
	} else {
		err = l.takeAll(ctx, head+1, last)
	}
	switch {
	case l.Head() > head:
		l.stats.hint()
		return true, nil
	case errors.Is(err, storage.ErrNotExist):
		l.tail.doubt(last, l.now())
		return false, nil
	}
	return false, err
}

// tells says whether all records from first on and before last were told of.
func (t *tail[T]) tells(first, last Seq) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for seq := first; seq < last; seq++ {
		if t.hints.records[seq] == nil {
			return false
		}
	}
	return true
}

// takeTold reads the last of the records that were told of, and takes them all
// in when each is the one that its successor names. Otherwise somebody has told
// nonsense, and they are read.
func (l *Log[T]) takeTold(ctx context.Context, head, last Seq) error {
	raw, err := l.fetchNew(ctx, last)
	if err != nil {
		return err
	}
	f, _, err := openFrame(last, raw)
	if err != nil {
		return err
	}
	run := l.tail.vouched(head, f)
	if run == nil {
		l.tail.disbelieve()
		return l.takeAll(ctx, head+1, last)
	}
	for _, r := range run {
		l.tail.add(r.frame, r.known, r.node != l.node, l.now())
	}
	l.tail.add(f, l.tail.said(f, raw), f.node != l.node, l.now())
	return nil
}

// vouched gives the records after head and before next that were told of, when
// each has the checksum that its successor names; otherwise nil.
func (t *tail[T]) vouched(head Seq, next frame) []*told[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	run := make([]*told[T], next.seq-head-1)
	for seq := next.seq - 1; seq > head; seq-- {
		r := t.hints.records[seq]
		if r == nil || r.sum != next.before {
			return nil
		}
		run[seq-head-1], next = r, r.frame
	}
	return run
}

// said gives what was told of a record that was read meanwhile, because it may
// be decoded; or the record as it was read.
func (t *tail[T]) said(f frame, raw []byte) *known[T] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.hints.records[f.seq]; r != nil && r.sum == f.sum {
		return r.known
	}
	return newKnown[T](f, raw)
}

// disbelieve drops what was told.
func (t *tail[T]) disbelieve() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.hints.records)
}
