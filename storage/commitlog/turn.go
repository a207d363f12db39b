package commitlog

import (
	"context"
	"time"
)

// Limits of taking turns.
const (
	roundLasts  = 8                      // of our PUTs: one round of turns of all busy nodes
	turnMost    = 100 * time.Millisecond // of them, however long our PUTs take
	busyFor     = 500 * time.Millisecond // since its last record a node counts as writing again and again
	peerRecent  = 5 * time.Second        // a peer not heard of for longer gets no turn
	patienceMin = 50 * time.Millisecond  // with a node whose turn it is
	patienceMax = 500 * time.Millisecond
	guestHold   = time.Second            // patience with a node that had to ask
	lookPause   = time.Millisecond       // least pause between looks at the log while waiting
	wishLate    = 300 * time.Millisecond // after waiting so long a node asks although it should be known
)

// turns decides when the writer of a node may try for the next place. Left to
// chance, the node that wrote last wins nearly always, because it knows first
// that the next place is free, and the others starve.
//
// So every record names the node that is to write the next one: its writer
// keeps the turn for a few records, then hands it to the node that has waited
// longest. A node that nobody knows of asks with a wish, and waits to be
// named. A node that lets its turn pass is not named again until it has
// written. All of this is courtesy: whatever a node believes, only the
// conditional PUT decides. It belongs to the goroutine of the writer.
type turns[T any] struct {
	log *Log[T]

	last    Seq           // our own newest record
	ended   time.Time     // when it was written
	began   time.Time     // when our turn began
	waiting time.Time     // since when we wait; zero: we do not
	latency time.Duration // of our PUTs, smoothed

	passed map[string]Seq // newest record of nodes that let a turn pass
	wishes wishes
}

func newTurns[T any](l *Log[T]) *turns[T] {
	return &turns[T]{log: l, passed: map[string]Seq{}, wishes: wishes{found: make(chan wishObject, 1)}}
}

// wrote notes a record of ours.
func (t *turns[T]) wrote(seq Seq, took time.Duration) {
	t.last, t.ended, t.waiting = seq, t.log.now(), time.Time{}
	if t.latency == 0 {
		t.latency = took
	}
	t.latency += (took - t.latency) / 8
	t.wishes.wrote(t.ended)
}

// writing tells whether this node writes again and again.
func (t *turns[T]) writing() bool {
	return t.last > 0 && t.log.now().Sub(t.ended) < busyFor
}

// courtesy is what a record says to the other nodes.
type courtesy struct {
	busy  bool   // its writer will want to write again soon
	guest bool   // next had to ask, and may need long
	next  string // node that is to write the next record; "": anyone
}

// courtesy decides who is to write after our next record.
func (t *turns[T]) courtesy(more bool) courtesy {
	c := courtesy{busy: more || t.writing()}
	if guest := t.guest(); guest != "" {
		c.next, c.guest = guest, true
		return c
	}
	first, peers := t.waitsLongest()
	if peers == 0 {
		return c
	}
	c.next = first
	share := min((roundLasts/time.Duration(peers+1)-1)*t.latency, turnMost)
	if c.busy && t.log.now().Sub(t.began) < share {
		c.next = t.log.node
	}
	return c
}

// peers gives the other nodes that may be given a turn.
func (t *turns[T]) peers() []peer {
	var list []peer
	for _, p := range t.log.tail.busy(t.log.now().Add(-peerRecent)) {
		if t.passed[p.node] != p.seq {
			list = append(list, p)
		}
	}
	return list
}

// waitsLongest gives the peer whose last record is oldest, and the number of
// peers.
func (t *turns[T]) waitsLongest() (first string, count int) {
	oldest := Seq(0)
	list := t.peers()
	for _, p := range list {
		if first == "" || p.seq < oldest {
			first, oldest = p.node, p.seq
		}
	}
	return first, len(list)
}

// rank is the number of peers that have waited longer than this node, without
// the one named.
func (t *turns[T]) rank(named string) int {
	count := 0
	for _, p := range t.peers() {
		if p.node != named && p.seq < t.last {
			count++
		}
	}
	return count
}

// ask makes a wish when another node writes again and again and may not know
// that we want to write, or seems to have forgotten it.
func (t *turns[T]) ask(ctx context.Context) {
	now := t.log.now()
	if t.waiting.IsZero() {
		t.waiting = now
	}
	last, moved := t.log.tail.newestRecord()
	others := last.busy && last.node != t.log.node && last.next != t.log.node && now.Sub(moved) < busyFor
	if others && (!t.writing() || now.Sub(t.waiting) > wishLate) {
		t.wish(ctx)
	}
}

// ready tells whether we may try now. Otherwise it has waited a little, and
// taken in records that came.
func (t *turns[T]) ready(ctx context.Context) (bool, error) {
	now := t.log.now()
	last, moved := t.log.tail.newestRecord()
	idle := now.Sub(moved)
	mine := last.node == t.log.node
	named := last.next == t.log.node
	free := last.next == "" && (mine || !last.busy || idle > busyFor)
	rank := t.rank(last.next)
	if named || free || t.overdue(last, idle, rank) {
		if !mine || !named || t.began.IsZero() {
			t.began = now // otherwise our turn goes on
		}
		return true, nil
	}
	// Who is next but one looks often, the others seldom: looking costs the
	// store what it needs for writing.
	return false, t.peek(ctx, lookPause+time.Duration(2*rank)*t.latency)
}

// overdue tells whether the node that was named has let its turn pass, and
// nobody before us has taken it.
func (t *turns[T]) overdue(last frame, idle time.Duration, rank int) bool {
	patience := min(max(10*t.latency, 10*t.log.reads.smoothed(), patienceMin), patienceMax)
	if last.guest {
		patience = guestHold
	}
	if idle > patience && last.next != "" {
		if len(t.passed) > peersMost {
			clear(t.passed)
		}
		t.passed[last.next] = t.log.tail.newest(last.next)
	}
	return idle > patience+time.Duration(rank)*patienceMin
}

// peek looks for new records, and pauses when there are none. When the other
// nodes tell of their records, it lets them do so first.
func (t *turns[T]) peek(ctx context.Context, pause time.Duration) error {
	_, _, changed := t.log.tail.now()
	if wait := t.log.tail.patience(t.log.now()); wait > 0 {
		if news, err := await(ctx, changed, wait); news || err != nil {
			return err
		}
	}
	found, err := t.log.poll(ctx, true)
	if !found && err == nil {
		_, err = await(ctx, changed, pause)
	}
	return err
}

// await waits for news, but not for long.
func await(ctx context.Context, news <-chan struct{}, most time.Duration) (came bool, err error) {
	select {
	case <-news:
		return true, nil
	case <-time.After(most):
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
