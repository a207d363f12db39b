// Package lease lets one node at a time do a piece of work: an object in the
// bucket that one of them creates, and that is void after a time, so that a
// node that dies holds nobody up for long. It relies on clocks that are about
// right, so it spares work and narrows races; what must never go wrong is
// settled by the log or by a conditional write.
package lease

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// ErrHeld says that somebody else holds the lease.
var ErrHeld = errors.New("somebody else is at it")

// Lease is held until it is released or its time is over.
type Lease struct {
	bucket storage.Bucket
	key    string
	holder string
	etag   string
}

// object is what stands under the key.
type object struct {
	Version int       `json:"version"`
	Holder  string    `json:"holder"`
	Place   string    `json:"place,omitempty"`
	Process string    `json:"process,omitempty"`
	Until   time.Time `json:"until"`
}

// Owner takes leases for a process. The zero Owner is of no place.
type Owner struct{ place, process string }

// NewOwner makes the owner of a process that has a place to itself, such as a
// locked data folder: what an earlier process there held when it was killed is
// void at once, because that process is no more.
func NewOwner(place string) Owner { return Owner{place, rand.Text()} }

// late reports whether a lease was held by an earlier process of the place.
func (w Owner) late(o object) bool {
	return w.place != "" && o.Place == w.place && o.Process != w.process
}

// Take is Owner.Take for whoever has no place.
func Take(ctx context.Context, b storage.Bucket, key string, now time.Time, span time.Duration) (*Lease, error) {
	return Owner{}.Take(ctx, b, key, now, span)
}

// Take takes the lease of a key for a time, or answers ErrHeld.
func (w Owner) Take(ctx context.Context, b storage.Bucket, key string, now time.Time, span time.Duration) (*Lease, error) {
	l := &Lease{bucket: b, key: key, holder: rand.Text()}
	body, err := json.Marshal(object{Version: 1, Holder: l.holder, Place: w.place, Process: w.process, Until: now.Add(span).UTC()})
	if err != nil {
		return nil, fmt.Errorf("write lease: %w", err)
	}
	cond := storage.Cond{IfAbsent: true}
	for range 2 {
		put, err := b.Put(ctx, key, bytes.NewReader(body), int64(len(body)), cond)
		if err == nil {
			l.etag = put.ETag
			return l, nil
		}
		there, etag, readErr := l.read(ctx)
		switch {
		case errors.Is(readErr, storage.ErrNotExist):
			cond = storage.Cond{IfAbsent: true} // it was released just now
		case readErr != nil:
			return nil, errors.Join(fmt.Errorf("take lease: %w", err), readErr)
		case there.Holder == l.holder: // the answer got lost, not the write
			l.etag = etag
			return l, nil
		case there.Until.After(now) && !w.late(there):
			return nil, ErrHeld
		default:
			cond = storage.Cond{IfMatch: etag}
		}
	}
	return nil, ErrHeld
}

func (l *Lease) read(ctx context.Context) (object, string, error) {
	body, info, err := l.bucket.Get(ctx, l.key, storage.Range{})
	if err != nil {
		return object{}, "", fmt.Errorf("read lease: %w", err)
	}
	defer body.Close()
	var o object
	// What cannot be read is nobody's, and void.
	if raw, err := io.ReadAll(io.LimitReader(body, 4<<10)); err != nil {
		return object{}, "", fmt.Errorf("read lease: %w", err)
	} else if err := json.Unmarshal(raw, &o); err != nil {
		o = object{}
	}
	return o, info.ETag, nil
}

// Release gives the lease back, unless another has taken it over meanwhile.
func (l *Lease) Release(ctx context.Context) error {
	_, etag, err := l.read(ctx)
	if errors.Is(err, storage.ErrNotExist) || err == nil && etag != l.etag {
		return nil
	}
	if err != nil {
		return err
	}
	if err := l.bucket.Delete(ctx, l.key); err != nil {
		return fmt.Errorf("release lease: %w", err)
	}
	return nil
}

// Wait is Take that waits for whoever holds the lease, looking again after
// each pause, until ctx ends.
func Wait(ctx context.Context, b storage.Bucket, key string, now func() time.Time, span, pause time.Duration) (*Lease, error) {
	for {
		l, err := Take(ctx, b, key, now(), span)
		if !errors.Is(err, ErrHeld) {
			return l, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, fmt.Errorf("wait for lease: %w", context.Cause(ctx))
		}
	}
}
