package commitlog

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// wishKey holds the newest wish of a node for a turn. It is a hint that may be
// lost or overwritten: who does not get a turn wishes again.
const wishKey = "turn/wish"

// Limits of wishes.
const (
	wishLook    = 20 * time.Millisecond // how often a busy node looks for one
	wishAgain   = 50 * time.Millisecond // how often a node may make one
	wishTimeout = time.Second           // a hint is not worth more
	wishShare   = 2                     // after a guest has had its turn, none is named for so many times as long
)

// wishObject is the JSON under wishKey.
type wishObject struct {
	Version int    `json:"version"`
	Node    string `json:"node"`
	Nonce   string `json:"nonce"` // 32 hexadecimal digits, new for each wish
	Seq     Seq    `json:"seq"`   // head of the log when it was made: a later record of the node fulfils it
}

// wishes is the state of a node about wishes.
type wishes struct {
	made    time.Time // our last one
	looked  time.Time
	looking bool // a look is under way
	looks   sync.WaitGroup
	found   chan wishObject // by it
	known   string          // nonce of the newest that we saw

	guest string    // who made it and is to be named
	seq   Seq       // head of the log when the guest made it
	since time.Time // when we named a guest; zero: it has had its turn
	after time.Time // no guest is named before
}

// wrote notes a record of ours: our wish is fulfilled, and the guest that we
// named before has had its turn.
func (w *wishes) wrote(now time.Time) {
	w.made = time.Time{}
	if !w.since.IsZero() {
		w.after = now.Add(wishShare * now.Sub(w.since))
		w.since = time.Time{}
	}
}

// wish asks the busy nodes for a turn. That it fails is no reason to give up.
func (t *turns[T]) wish(ctx context.Context) {
	now := t.log.now()
	if now.Sub(t.wishes.made) < wishAgain {
		return
	}
	t.wishes.made = now
	t.log.stats.wish()
	if err := t.putWish(ctx); err != nil {
		t.log.o.Logger.LogAttrs(ctx, slog.LevelDebug, "could not wish for a turn", slog.Any("error", err))
	}
}

func (t *turns[T]) putWish(ctx context.Context) error {
	var n nonce
	if _, err := io.ReadFull(t.log.o.Rand, n[:]); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	data, err := json.Marshal(wishObject{Version: 1, Node: t.log.node, Nonce: n.String(), Seq: t.log.Head()})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, wishTimeout)
	defer cancel()
	_, err = t.log.bucket.Put(ctx, wishKey, bytes.NewReader(data), int64(len(data)), storage.Cond{})
	return err
}

// look looks for the wish of another node, now and then, while records are on
// their way. It does not wait: MinIO may take its time over a key that several
// write. A wish is noticed at one of the next records.
func (t *turns[T]) look(ctx context.Context) {
	w, now := &t.wishes, t.log.now()
	select {
	case o := <-w.found:
		w.looking = false
		w.notice(o, t.log.node)
	default:
	}
	if w.looking || !t.writing() || now.Sub(w.looked) < wishLook {
		return
	}
	w.looking, w.looked = true, now
	w.looks.Go(func() { // ends with wishTimeout at the latest
		var o wishObject
		defer func() { w.found <- o }()
		_ = caught(func() (err error) { // none, or it is seen next time
			o, err = t.getWish(ctx)
			return err
		})
	})
}

func (t *turns[T]) getWish(ctx context.Context) (o wishObject, err error) {
	ctx, cancel := context.WithTimeout(ctx, wishTimeout)
	defer cancel()
	data, _, err := t.log.part(ctx, wishKey, 0, 1<<10)
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(data, &o); err != nil {
		return wishObject{}, err
	}
	return o, nil
}

// notice notes a wish that is new to this node.
func (w *wishes) notice(o wishObject, self string) {
	if o.Nonce == "" || o.Nonce == w.known {
		return
	}
	w.known = o.Nonce
	if o.Node != self {
		w.guest, w.seq = o.Node, o.Seq
	}
}

// guest gives the node that made a wish and is to write next. A far-away node
// takes long over its turn; wishShare keeps most of the time for the others.
func (t *turns[T]) guest() string {
	w, now := &t.wishes, t.log.now()
	if w.guest == "" || now.Before(w.after) {
		return ""
	}
	guest := w.guest
	w.guest = ""
	if t.log.tail.newest(guest) > w.seq {
		return "" // it had its turn
	}
	w.since = now
	return guest
}
