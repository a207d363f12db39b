package mail

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// maxWaiting bounds the letters that wait for the server.
const maxWaiting = 1000

// firstPause is between the first two tries of a letter; each further pause is
// twice as long, at most maxPause.
const (
	firstPause = 5 * time.Second
	maxPause   = 15 * time.Minute
	flushTime  = 5 * time.Second
)

// ErrFull says that too many letters wait; the letter was not taken.
var ErrFull = errors.New("too many letters wait to be sent")

// Options of a Queue; all are required.
type Options struct {
	Sender Sender
	From   Person
	Now    func() time.Time
	Random io.Reader // of Message-IDs
	Log    *slog.Logger
}

// Queue holds the letters that are to be sent, in memory: what a node that
// dies had not sent yet is lost, and whoever misses a letter asks for another.
type Queue struct {
	o    Options
	wake chan struct{}

	mu      sync.Mutex
	waiting []*waiting
}

type waiting struct {
	letter Letter
	tries  int
	due    time.Time
}

// NewQueue makes a queue. Nothing is sent until Run is called.
func NewQueue(o Options) *Queue {
	return &Queue{o: o, wake: make(chan struct{}, 1)}
}

// Add takes a letter over, or gives ErrFull.
func (q *Queue) Add(m Message) error {
	id := make([]byte, 12)
	if _, err := io.ReadFull(q.o.Random, id); err != nil {
		return fmt.Errorf("draw the id of a letter: %w", err)
	}
	_, domain, _ := strings.Cut(q.o.From.Email, "@")
	now := q.o.Now()
	if m.Until.IsZero() {
		m.Until = now.Add(24 * time.Hour)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= maxWaiting {
		return ErrFull
	}
	q.waiting = append(q.waiting, &waiting{due: time.Now(),
		letter: Letter{Message: m, From: q.o.From, ID: hex.EncodeToString(id) + "@" + domain, Date: now}})
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return nil
}

// Waiting is how many letters wait.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// Run sends until ctx ends, then gives those that were never tried one chance.
func (q *Queue) Run(ctx context.Context) {
	for ctx.Err() == nil {
		w, wait := q.next()
		if w != nil {
			q.send(ctx, w)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	q.flush(ctx)
}

// next gives the letter that has been due longest, or how long none is. Pauses
// are of the machine's clock, which does not jump.
func (q *Queue) next() (*waiting, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var first *waiting
	for _, w := range q.waiting {
		if first == nil || w.due.Before(first.due) {
			first = w
		}
	}
	if first == nil {
		return nil, time.Hour
	}
	if wait := time.Until(first.due); wait > 0 {
		return nil, wait
	}
	return first, 0
}

// send tries once, and drops the letter when it is sent, refused or too old.
func (q *Queue) send(ctx context.Context, w *waiting) {
	l := &w.letter
	attrs := []slog.Attr{slog.String("letter", l.ID), slog.String("kind", l.Kind), slog.Int("try", w.tries+1)}
	if w.tries > 0 && q.o.Now().After(l.Until) {
		q.drop(w)
		q.o.Log.LogAttrs(ctx, slog.LevelError, "a letter was given up: it is of no use any more", attrs...)
		return
	}
	err := q.o.Sender.Send(ctx, *l)
	switch {
	case err == nil:
		q.drop(w)
		q.o.Log.LogAttrs(ctx, slog.LevelInfo, "a letter was sent", attrs...)
	case errors.Is(err, ErrRefused):
		q.drop(w)
		q.o.Log.LogAttrs(ctx, slog.LevelError, "a letter was given up", append(attrs, slog.Any("error", err))...)
	case ctx.Err() == nil:
		pause := min(firstPause<<min(w.tries, 20), maxPause)
		q.mu.Lock()
		w.tries++
		w.due = time.Now().Add(pause)
		q.mu.Unlock()
		q.o.Log.LogAttrs(ctx, slog.LevelWarn, "a letter was not sent; it will be tried again", append(attrs, slog.Duration("in", pause), slog.Any("error", err))...)
	}
}

func (q *Queue) drop(w *waiting) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == w {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}

// flush sends what came in last, within a few seconds.
func (q *Queue) flush(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	q.mu.Lock()
	left := append([]*waiting{}, q.waiting...)
	q.mu.Unlock()
	for _, w := range left {
		if w.tries == 0 && ctx.Err() == nil {
			q.send(ctx, w)
		}
	}
	if n := q.Waiting(); n > 0 {
		q.o.Log.LogAttrs(ctx, slog.LevelWarn, "letters that were not sent are lost with this process", slog.Int("letters", n))
	}
}
