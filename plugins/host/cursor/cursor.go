// Package cursor keeps how far something was told, and which node tells it.
package cursor

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
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Cursor is how far a plugin was told, and which node tells it: one object of
// the bucket that only its holder rewrites, under the condition that it did so
// last. The holder gives signs of life. Others take it over when they have
// seen none for a lease, by their own clocks.
type Cursor struct {
	Bucket storage.Bucket
	Key    string
	Node   string
	Lease  time.Duration

	mu    sync.Mutex
	seq   commitlog.Seq
	saved commitlog.Seq
	last  time.Time // when it was written
	beat  int
	etag  string
}

// object is what stands under the key.
type object struct {
	Version int           `json:"version"`
	Seq     commitlog.Seq `json:"seq"`  // the last record of which all was delivered
	Node    string        `json:"node"` // that delivers
	Beat    int           `json:"beat"` // its signs of life
}

// ErrTaken says that another node delivers now.
var ErrTaken = errors.New("another node delivers the events")

// Take waits until this node may deliver. A cursor that is not there begins at
// head.
func (c *Cursor) Take(ctx context.Context, head commitlog.Seq) error {
	var seen string
	var since time.Time
	for {
		body, etag, err := c.read(ctx)
		switch {
		case errors.Is(err, storage.ErrNotExist):
			c.seq = head
			return c.write(ctx, storage.Cond{IfAbsent: true})
		case err != nil:
			return err
		case etag != seen:
			seen, since = etag, time.Now()
		}
		if body.Node == c.Node || time.Since(since) > c.Lease {
			c.seq, c.beat = body.Seq, body.Beat
			return c.write(ctx, storage.Cond{IfMatch: etag})
		}
		select {
		case <-time.After(c.Lease / 4):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Cursor) read(ctx context.Context) (body object, etag string, err error) {
	r, object, err := c.Bucket.Get(ctx, c.Key, storage.Range{})
	if err != nil {
		return body, "", fmt.Errorf("read the cursor: %w", err)
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, 1<<10))
	if err == nil {
		err = json.Unmarshal(raw, &body)
	}
	if err != nil {
		return body, "", fmt.Errorf("read the cursor: %w", err)
	}
	return body, object.ETag, nil
}

// write writes the cursor. c.mu is held, or nobody else has c yet.
func (c *Cursor) write(ctx context.Context, cond storage.Cond) error {
	c.beat++
	raw, err := json.Marshal(object{Version: 1, Seq: c.seq, Node: c.Node, Beat: c.beat})
	if err != nil {
		return err
	}
	object, err := c.Bucket.Put(ctx, c.Key, bytes.NewReader(raw), int64(len(raw)), cond)
	if errors.Is(err, storage.ErrCondition) {
		return ErrTaken
	}
	if err != nil {
		return fmt.Errorf("write the cursor: %w", err)
	}
	c.etag, c.saved, c.last = object.ETag, c.seq, time.Now()
	return nil
}

// At is the last record of which all was told.
func (c *Cursor) At() commitlog.Seq {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seq
}

// saveEvery is how often a moving cursor is written: after a crash, what was
// delivered since comes again.
const saveEvery = time.Second

// Move notes that everything up to a record was delivered.
func (c *Cursor) Move(ctx context.Context, to commitlog.Seq) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq = max(c.seq, to)
	if time.Since(c.last) < saveEvery {
		return nil
	}
	return c.write(ctx, storage.Cond{IfMatch: c.etag})
}

// Save writes the cursor unless it is written.
func (c *Cursor) Save(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.saved == c.seq {
		return nil
	}
	return c.write(ctx, storage.Cond{IfMatch: c.etag})
}

// Keep gives signs of life until ctx ends or another node has taken over.
func (c *Cursor) Keep(ctx context.Context) {
	every := time.NewTicker(max(c.Lease/3, time.Millisecond))
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		c.mu.Lock()
		err := error(nil)
		if time.Since(c.last) > c.Lease/4 {
			err = c.write(ctx, storage.Cond{IfMatch: c.etag})
		}
		overdue := time.Since(c.last) > c.Lease*2/3
		c.mu.Unlock()
		if errors.Is(err, ErrTaken) || overdue {
			return
		}
	}
}
