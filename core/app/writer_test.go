//go:build linux

package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// writer makes, changes and publishes notes of its own, one request after the
// other, and remembers what was acknowledged.
type writer struct {
	name  string
	node  *mortal
	rng   *rand.Rand
	count int

	notes     []*promise // the newest state of each note
	doubt     *wish      // a request whose outcome is not known
	refused   bool       // because the node asked to come again later
	abandoned []string   // titles of notes that were never acknowledged nor asked for again

	mu   sync.Mutex
	acks []promise // everything that was acknowledged

	broken failure
}

// failure holds an error for another goroutine.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) Store(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *failure) Load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// promise is a revision that was acknowledged.
type promise struct {
	id       string
	revision int
	title    string
}

// wish is a request: a new note when note is nil.
type wish struct {
	note    *promise
	publish bool
	title   string
	key     string
}

func (w *writer) promised() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acks)
}

// work writes until halt is closed or the node is gone. An error is a broken
// promise.
func (w *writer) work(ctx context.Context, halt <-chan struct{}) error {
	if err := w.settle(ctx, w.rng.IntN(3) > 0); err != nil {
		return err
	}
	for w.doubt == nil || w.refused {
		select {
		case <-halt:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		wanted := w.doubt
		if wanted == nil {
			wanted = new(w.next())
		} else {
			pass(ctx, 50*time.Millisecond)
		}
		if err := w.attempt(ctx, *wanted); err != nil {
			return err
		}
	}
	return nil
}

// next thinks of something to write.
func (w *writer) next() wish {
	w.count++
	text := w.name + "-" + strconv.Itoa(w.count)
	i := w.rng.IntN(len(w.notes)*2 + 3)
	if i >= len(w.notes) {
		return wish{title: "note " + text, key: text}
	}
	n := *w.notes[i]
	if w.rng.IntN(3) == 0 {
		return wish{note: &n, publish: true, title: n.title, key: text}
	}
	return wish{note: &n, title: "note " + text}
}

// attempt sends a wish. Without an answer it is in doubt.
func (w *writer) attempt(ctx context.Context, wanted wish) error {
	w.doubt, w.refused = &wanted, false
	r, err := w.send(ctx, wanted)
	if err != nil {
		return ctx.Err() // the node is gone
	}
	switch {
	case r.status == http.StatusOK || r.status == http.StatusCreated:
		return w.acknowledged(wanted, r)
	case r.status == http.StatusServiceUnavailable:
		w.refused = true
		_, err := r.problem()
		return err
	case r.status == http.StatusPreconditionFailed && wanted.note != nil && !wanted.publish:
		// It was sent before, and that one took effect.
		return w.learn(ctx, wanted)
	}
	return fmt.Errorf("%s: %+v: %d %s", w.name, wanted, r.status, r.body)
}

func (w *writer) send(ctx context.Context, wanted wish) (*reply, error) {
	c := w.node.client
	switch {
	case wanted.note == nil:
		return c.call(ctx, "POST", notesPath, map[string]any{"title": wanted.title, "body": "Un texte de quelques mots."}, "Idempotency-Key", wanted.key)
	case wanted.publish:
		return c.call(ctx, "POST", note(wanted.note.id, "actions", "publish"), nil, "Idempotency-Key", wanted.key)
	}
	return c.call(ctx, "PATCH", note(wanted.note.id), map[string]any{"title": wanted.title},
		"If-Match", strconv.Quote(strconv.Itoa(wanted.note.revision)))
}

// acknowledged notes a promise. What was published before has no newer
// revision.
func (w *writer) acknowledged(wanted wish, r *reply) error {
	got, err := r.item()
	if err != nil {
		return err
	}
	w.doubt = nil
	p := promise{got.ID, got.Revision, got.Title}
	if got.Title != wanted.title {
		return fmt.Errorf("%s: %+v gave %+v", w.name, wanted, p)
	}
	if wanted.note == nil {
		w.notes = append(w.notes, &p)
	} else if err := w.moved(wanted, p); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.acks = append(w.acks, p)
	return nil
}

// moved makes p the newest state of a note: one revision on, unless there was
// nothing to publish.
func (w *writer) moved(wanted wish, p promise) error {
	for _, n := range w.notes {
		if n.id != wanted.note.id {
			continue
		}
		steps := p.revision - n.revision
		if p.id != n.id || steps != 1 && !(steps == 0 && wanted.publish) {
			return fmt.Errorf("%s: %+v took %+v to %+v", w.name, wanted, *n, p)
		}
		*n = p
		return nil
	}
	return fmt.Errorf("%s: %+v is of no note", w.name, wanted)
}

// learn looks what became of a change that is in doubt: nothing, or exactly
// what was wished.
func (w *writer) learn(ctx context.Context, wanted wish) error {
	r, err := w.node.client.call(ctx, "GET", note(wanted.note.id)+"?version=draft", nil)
	if err != nil {
		return ctx.Err() // the node is gone; it stays in doubt
	}
	if r.status != http.StatusOK {
		return fmt.Errorf("%s: read %s: %d %s", w.name, wanted.note.id, r.status, r.body)
	}
	got, err := r.item()
	if err != nil {
		return err
	}
	if got.Revision == wanted.note.revision && got.Title == wanted.note.title {
		w.doubt = nil
		return nil
	}
	return w.acknowledged(wanted, r)
}

// settle deals with what is in doubt: it is sent again, or left alone.
func (w *writer) settle(ctx context.Context, again bool) error {
	if w.doubt == nil {
		return nil
	}
	wanted := *w.doubt
	switch {
	case again:
		return w.attempt(ctx, wanted)
	case wanted.note == nil:
		w.abandoned = append(w.abandoned, wanted.title)
		w.doubt = nil
		return nil
	}
	return w.learn(ctx, wanted)
}

// look reads every note of the writer: nothing that was acknowledged is lost.
func (w *writer) look(t *testing.T) {
	t.Helper()
	for _, n := range w.notes {
		got, err := w.node.client.want(t, http.StatusOK, "GET", note(n.id)+"?version=draft", nil).item()
		if err != nil {
			t.Fatal(err)
		}
		p := promise{got.ID, got.Revision, got.Title}
		if p == *n {
			continue
		}
		if d := w.doubt; d == nil || d.note == nil || d.note.id != n.id || p.revision != n.revision+1 || p.title != d.title {
			t.Fatalf("%s was promised %+v; there is %+v, in doubt is %+v", w.name, *n, p, w.doubt)
		}
	}
}
