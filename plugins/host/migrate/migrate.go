// Package migrate sees to it that a plugin brings what it keeps to another
// version once among all nodes, from the last checkpoint when a try was broken
// off, and before anything goes to the new version.
package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Ledger is where it stands with one installation: an object of the bucket that
// whoever migrates rewrites, under the condition that nobody else did.
type Ledger struct {
	Bucket storage.Bucket
	Folder string // of the installation, ending in a slash
	Node   string
	Lease  time.Duration // without a sign of life, after which another node goes on
	Look   time.Duration // between looks at what another node does
}

// Record is what stands in the ledger.
type Record struct {
	Version    int    `json:"version"`
	At         string `json:"at"`             // version that what is kept has
	To         string `json:"to,omitempty"`   // that it is brought to
	Busy       bool   `json:"busy,omitempty"` // somebody is at it
	Node       string `json:"node,omitempty"`
	Beat       int    `json:"beat,omitempty"`
	Checkpoint []byte `json:"checkpoint,omitempty"`
}

// MaxCheckpoint bounds a checkpoint, in bytes.
const MaxCheckpoint = 64 << 10

var errTaken = errors.New("another node migrates")

// ErrStalled says that the plugin gave no sign of life.
var ErrStalled = errors.New("the plugin gave no sign of life")

func (l *Ledger) key() string { return l.Folder + "migrated" }

// Read gives the record; a zero one when nothing was kept.
func (l *Ledger) Read(ctx context.Context) (r Record, etag string, err error) {
	body, object, err := l.Bucket.Get(ctx, l.key(), storage.Range{})
	if errors.Is(err, storage.ErrNotExist) {
		return r, "", nil
	}
	if err != nil {
		return r, "", fmt.Errorf("read the ledger of migrations: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, 1<<20))
	if err == nil {
		err = json.Unmarshal(raw, &r)
	}
	if err != nil {
		return r, "", fmt.Errorf("read the ledger of migrations: %w", err)
	}
	return r, object.ETag, nil
}

func (l *Ledger) write(ctx context.Context, r *Record, etag string) (string, error) {
	r.Version, r.Beat = 1, r.Beat+1
	raw, err := json.Marshal(r)
	if err != nil {
		return "", err
	}
	cond := storage.Cond{IfMatch: etag}
	if etag == "" {
		cond = storage.Cond{IfAbsent: true}
	}
	object, err := l.Bucket.Put(ctx, l.key(), bytes.NewReader(raw), int64(len(raw)), cond)
	if errors.Is(err, storage.ErrCondition) {
		return "", errTaken
	}
	if err != nil {
		return "", fmt.Errorf("write the ledger of migrations: %w", err)
	}
	return object.ETag, nil
}

// Work is one try: it brings what is kept from a version on, telling how far it
// is. A nil checkpoint is a sign of life.
type Work func(ctx context.Context, from string, checkpoint []byte, tell func(checkpoint []byte)) error

// To brings what is kept to a version, unless it is there. before is the version
// that was in use when the ledger says nothing. It waits while another node is
// at it.
func (l *Ledger) To(ctx context.Context, before, version string, work Work) error {
	var seen Record
	var since time.Time
	for {
		r, etag, err := l.Read(ctx)
		if err != nil {
			return err
		}
		if etag == "" {
			r.At = before
		}
		if r.At == version && !r.Busy {
			return nil
		}
		if seen.Beat != r.Beat || since.IsZero() {
			seen, since = r, time.Now()
		}
		if !r.Busy || r.Node == l.Node || time.Since(since) > l.Lease {
			if err := l.try(ctx, r, etag, version, work); !errors.Is(err, errTaken) {
				return err
			}
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(l.Look):
		}
	}
}

// try takes the ledger and works.
func (l *Ledger) try(ctx context.Context, r Record, etag, version string, work Work) error {
	if r.To != version {
		r.Checkpoint = nil
	}
	r.To, r.Busy, r.Node = version, true, l.Node
	etag, err := l.write(ctx, &r, etag)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &trying{l: l, r: r, etag: etag, heard: time.Now()}
	var beats sync.WaitGroup
	beating, stop := context.WithCancel(ctx)
	beats.Go(func() { t.beat(beating, cancel) }) // until the work ends
	err = work(ctx, r.At, r.Checkpoint, t.tell)
	stop()
	beats.Wait()
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	if errors.Is(err, errTaken) {
		return err
	}
	return errors.Join(err, t.end(ctx, version, err == nil))
}

// trying is one try.
type trying struct {
	l *Ledger

	mu    sync.Mutex
	r     Record
	etag  string
	heard time.Time
	fresh bool
}

func (t *trying) tell(checkpoint []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heard = time.Now()
	if len(checkpoint) > 0 && len(checkpoint) <= MaxCheckpoint {
		t.r.Checkpoint, t.fresh = checkpoint, true
	}
}

// saveEvery is how often a checkpoint is written at most.
const saveEvery = time.Second

func (t *trying) beat(ctx context.Context, cancel context.CancelCauseFunc) {
	every := time.NewTicker(min(saveEvery, t.l.Lease/3))
	defer every.Stop()
	written := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		t.mu.Lock()
		due := t.fresh || time.Since(written) > t.l.Lease/3
		silent := time.Since(t.heard) > t.l.Lease
		var err error
		if due && !silent {
			if etag, e := t.l.write(ctx, &t.r, t.etag); e == nil {
				t.etag, t.fresh, written = etag, false, time.Now()
			} else {
				err = e
			}
		}
		t.mu.Unlock()
		switch {
		case silent:
			cancel(ErrStalled)
			return
		case errors.Is(err, errTaken), err != nil && time.Since(written) > t.l.Lease*2/3:
			cancel(errTaken)
			return
		}
	}
}

// endTime bounds what is written at the end.
const endTime = 10 * time.Second

// end writes down how it ended.
func (t *trying) end(ctx context.Context, version string, well bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.r.Busy, t.r.Node = false, ""
	if well {
		t.r.At, t.r.To, t.r.Checkpoint = version, "", nil
	}
	_, err := t.l.write(ctx, &t.r, t.etag)
	return err
}

// Mark notes that a version that brings nothing anywhere is in use, so that the
// next one that does begins there.
func (l *Ledger) Mark(ctx context.Context, version string) error {
	r, etag, err := l.Read(ctx)
	if err != nil || etag == "" || r.Busy || r.At == version {
		return err
	}
	r.At, r.To, r.Checkpoint = version, "", nil
	if _, err = l.write(ctx, &r, etag); errors.Is(err, errTaken) {
		return nil
	}
	return err
}
