package search

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// store is one Bleve index in a folder: what is live, or the newest values.
type store struct {
	dir    string
	index  *scorch.Scorch
	queue  *index.AnalysisQueue
	tables tables
	ranker *ranking.Ranker

	// unsaved is the outcome of a batch that is in the index and not yet on
	// disk. Only the writer uses it.
	unsaved chan error
	closed  bool
}

// mark is kept inside the index, and changes in one step with what it is about.
type mark struct {
	Seq   commitlog.Seq `json:"seq"`
	Nonce string        `json:"nonce"` // of that record
	// Whole is false until a rebuild has seen every entry.
	Whole bool   `json:"whole"`
	Shape *Shape `json:"shape"`
}

var markKey = []byte("mark")

// Limits of one store.
const (
	persistWait = time.Minute // for a batch to reach the disk, before it is an error
	// Segments of fewer entries count as so many when merging is planned. With
	// Bleve's own 2000 a site of some thousand entries would be one segment, which
	// each save rewrites whole: three quarters of the processor while editors save.
	smallest  = 100
	napMillis = 10 // of the persister, so that a full disk is no busy loop
)

// errNotSaved says that a batch is in the index and not on disk.
var errNotSaved = errors.New("the index could not be written to disk")

// openStore opens or makes an index. Batches are "unsafe" in Bleve's words,
// and made safe here: in its safe mode Bleve closes a segment that readers use
// when the disk is full. write waits for the disk instead.
func openStore(dir string) (*store, error) {
	s := &store{dir: dir, queue: index.NewAnalysisQueue(runtime.GOMAXPROCS(0))}
	made, err := scorch.NewScorch(scorch.Name, map[string]any{
		"path": dir, "unsafe_batch": true, "numSnapshotsToKeep": 1, "bolt_timeout": "10s",
		"scorchMergePlanOptions": map[string]any{"FloorSegmentSize": smallest},
		"scorchPersisterOptions": map[string]any{"PersisterNapTimeMSec": napMillis, "PersisterNapUnderNumFiles": 1000},
	}, s.queue)
	if err == nil {
		s.index = made.(*scorch.Scorch)
		err = s.index.Open()
	}
	if err != nil {
		s.queue.Close()
		return nil, fmt.Errorf("open the index in %s: %w", dir, err)
	}
	return s, nil
}

func (s *store) close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.index.Close()
	s.queue.Close()
	if err != nil {
		return fmt.Errorf("close the index in %s: %w", s.dir, err)
	}
	return nil
}

// reader gives one moment of the index; the caller closes it.
func (s *store) reader() (*scorch.IndexSnapshot, error) {
	r, err := s.index.Reader()
	if err != nil {
		return nil, fmt.Errorf("read the index in %s: %w", s.dir, err)
	}
	return r.(*scorch.IndexSnapshot), nil
}

// mark reads the mark; the zero mark when there is none.
func (s *store) mark() (m mark, err error) {
	r, err := s.reader()
	if err != nil {
		return m, err
	}
	defer closing(r, &err)
	raw, err := r.GetInternal(markKey)
	if err != nil || raw == nil {
		return m, err
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("read the mark of the index in %s: %w", s.dir, err)
	}
	return m, nil
}

func closing(r *scorch.IndexSnapshot, err *error) { *err = errors.Join(*err, r.Close()) }

// write puts documents in, with a new mark or with none, and returns when all of
// it is on disk.
func (s *store) write(ctx context.Context, docs []*document.Document, m *mark) error {
	if err := s.begin(ctx, docs, nil, m); err != nil {
		return err
	}
	return s.settle(ctx)
}

// begin also takes documents out, and returns when searches see the changes, while they are on
// their way to the disk.
func (s *store) begin(ctx context.Context, docs []*document.Document, gone []string, m *mark) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	b := index.NewBatch()
	for _, id := range gone {
		b.Delete(id)
	}
	for _, d := range docs {
		b.Update(d)
	}
	if m != nil {
		raw, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("write the mark of the index: %w", err)
		}
		b.SetInternal(markKey, raw)
	}
	saved := make(chan error, 1)
	b.SetPersistedCallback(func(err error) { saved <- err })
	s.unsaved = saved
	if err := s.index.Batch(b); err != nil {
		s.unsaved = nil
		return fmt.Errorf("write to the index in %s: %w", s.dir, err)
	}
	return nil
}

// settle waits until the last batch is on disk. No batch is taken before.
func (s *store) settle(ctx context.Context) error {
	if s.unsaved == nil {
		return nil
	}
	timeout := time.NewTimer(persistWait)
	defer timeout.Stop()
	select {
	case err := <-s.unsaved:
		s.unsaved = nil
		if err != nil {
			return fmt.Errorf("write the index in %s to disk: %w", s.dir, err)
		}
		return nil
	case <-timeout.C:
		return fmt.Errorf("%w: %s", errNotSaved, s.dir)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// size is the room that the index takes on disk, in bytes.
func (s *store) size() int64 {
	var total int64
	files, err := os.ReadDir(s.dir)
	if err != nil {
		return 0
	}
	for _, f := range files {
		if info, err := f.Info(); err == nil {
			total += info.Size()
		}
	}
	return total
}
