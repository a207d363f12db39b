package sealed

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/view"
)

// eraserKey holds the checkpoint of the eraser. It is in the bucket, and one
// for all nodes, because what it acknowledges is a fact of the bucket: the
// keys up to there are gone.
const eraserKey = "followers/eraser"

// eraserStride is after how many records without an erasure the checkpoint is
// stored; a node that starts reads at most about as many again.
const eraserStride = 1024

// Eraser is the follower that carries erasures out in the bucket: it drops the
// snapshots that still have the personal values, then destroys the data key,
// and has this node forget what it holds in memory. Everything it does may be
// done twice. A thing that was erased never takes personal values again, so
// that repeating never destroys a newer key.
type Eraser struct {
	bucket storage.Bucket
	keys   *keyring.Keyring
	log    *commitlog.Log[content.Commit]
	db     *view.DB

	mu     sync.Mutex
	at     commitlog.Seq // applied
	stored commitlog.Seq // in the bucket
}

// NewEraser reads the checkpoint. One beyond the end of the log belongs to a
// log that this one replaced; everything is looked through again then.
func NewEraser(ctx context.Context, bucket storage.Bucket, keys *keyring.Keyring, log *commitlog.Log[content.Commit], db *view.DB) (*Eraser, error) {
	e := &Eraser{bucket: bucket, keys: keys, log: log, db: db}
	at, err := e.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoint of the eraser: %w", err)
	}
	if at <= log.Head() {
		e.at, e.stored = at, at
	}
	return e, nil
}

// Name is "eraser".
func (e *Eraser) Name() string { return "eraser" }

// Checkpoint is the last record whose erasures are carried out.
func (e *Eraser) Checkpoint() (commitlog.Seq, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.at, nil
}

// Apply carries out the erasures of some records.
func (e *Eraser) Apply(ctx context.Context, records []commitlog.Record[content.Commit]) error {
	var subjects []string
	var last commitlog.Seq
	for _, r := range records {
		for _, commit := range r.Values {
			for _, change := range commit.Changes {
				subject, err := e.subject(ctx, change)
				if err != nil {
					return err
				}
				if subject != "" {
					subjects, last = append(subjects, subject), r.Seq
				}
			}
		}
	}
	if len(subjects) > 0 {
		if err := e.erase(ctx, subjects, last); err != nil {
			return err
		}
	}
	return e.advance(ctx, records[len(records)-1].Seq, len(subjects) > 0)
}

// subject is whose key a change destroys, or "". What is gone and never had a
// key costs one request and nothing else.
func (e *Eraser) subject(ctx context.Context, change content.Change) (string, error) {
	switch {
	case change.Erased != nil:
		return change.Erased.ID, nil
	case change.Gone != nil && mayBePersonal(change.Gone.Kind):
		e.keys.Forget(change.Gone.ID) // another node may have destroyed the key
		id, err := e.keys.KeyID(ctx, change.Gone.ID)
		if err != nil || id == "" {
			return "", err
		}
		return change.Gone.ID, nil
	}
	return "", nil
}

// mayBePersonal tells which things have a key of their own. A factor and
// preferences are under their user's, which outlives them.
func mayBePersonal(kind content.NounKind) bool {
	switch kind {
	case content.NounCollection, content.NounRole, content.NounToken, content.NounSession,
		content.NounLink, content.NounTicket, content.NounFactor, content.NounPreference, content.NounAnnouncement:
		return false
	}
	return true
}

// erase drops the snapshots first: once the key is gone a repetition could not
// tell any more that they have to go.
func (e *Eraser) erase(ctx context.Context, subjects []string, at commitlog.Seq) error {
	if err := e.log.DropSnapshots(ctx, at); err != nil {
		return err
	}
	destroy := make([]func(context.Context) error, len(subjects))
	for i, subject := range subjects {
		destroy[i] = func(ctx context.Context) error {
			err := e.keys.Destroy(ctx, subject)
			e.keys.Forget(subject) // another node may have been first
			return err
		}
	}
	if err := each(ctx, destroy); err != nil {
		return err
	}
	e.log.Forget()
	// Acknowledged is what no byte of this node's view holds any more either.
	if err := e.db.WaitFor(ctx, at); err != nil {
		return err
	}
	return e.db.Scrub(ctx)
}

func (e *Eraser) advance(ctx context.Context, to commitlog.Seq, store bool) error {
	e.mu.Lock()
	stored := e.stored
	e.mu.Unlock()
	if store || to >= stored+eraserStride {
		if err := e.save(ctx, to); err != nil {
			return fmt.Errorf("store the checkpoint of the eraser: %w", err)
		}
		stored = to
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.at, e.stored = max(e.at, to), stored
	return nil
}

type eraserObject struct {
	Version int           `json:"version"`
	Seq     commitlog.Seq `json:"seq"`
}

func (e *Eraser) save(ctx context.Context, at commitlog.Seq) error {
	data, err := json.Marshal(eraserObject{Version: 1, Seq: at})
	if err != nil {
		return err
	}
	_, err = e.bucket.Put(ctx, eraserKey, bytes.NewReader(data), int64(len(data)), storage.Cond{})
	return err
}

// load gives 0 for a checkpoint that is missing or unreadable: looking through
// the log again is always right.
func (e *Eraser) load(ctx context.Context) (commitlog.Seq, error) {
	body, _, err := e.bucket.Get(ctx, eraserKey, storage.Range{})
	if errors.Is(err, storage.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer body.Close()
	var o eraserObject
	if err := json.NewDecoder(io.LimitReader(body, 1<<10)).Decode(&o); err != nil || o.Version != 1 {
		return 0, nil
	}
	return o.Seq, nil
}
