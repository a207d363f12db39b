// Package jobs does the long work of plugins, once among all nodes: a run is
// an object of the bucket, and whoever changes it does so under the condition
// that nobody else did. The node that works on it gives signs of life; others
// take a run over when they have seen none for a while by their own clocks, and
// go on from its last checkpoint.
package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
)

// State is where a run stands.
type State string

// The states. The last three are final.
const (
	Waiting   State = "waiting"
	Running   State = "running"
	Done      State = "done"
	Failed    State = "failed" // too often, or for good
	Cancelled State = "cancelled"
)

// Over reports whether nothing more happens.
func (s State) Over() bool { return s == Done || s == Failed || s == Cancelled }

// Run is one piece of work.
type Run struct {
	Version    int               `json:"version"`
	ID         string            `json:"run"`
	Job        string            `json:"job"`
	State      State             `json:"state"`
	Args       json.RawMessage   `json:"args,omitempty"`
	Checkpoint []byte            `json:"checkpoint,omitempty"`
	Fraction   float64           `json:"fraction"`
	Message    map[string]string `json:"message,omitempty"` // of the plugin, by locale
	Error      string            `json:"error,omitempty"`   // of the last try that failed
	Attempt    int               `json:"attempt"`           // tries that were begun
	By         content.Actor     `json:"by,omitzero"`       // who started it; none: the clock
	Depth      int               `json:"depth,omitempty"`   // of answers of plugins to each other
	Cancel     bool              `json:"cancel,omitempty"`  // asked for
	Node       string            `json:"node,omitempty"`    // that works on it
	Beat       int               `json:"beat,omitempty"`    // its signs of life

	CreatedAt time.Time `json:"created_at"`
	NotBefore time.Time `json:"not_before,omitzero"`
	StartedAt time.Time `json:"started_at,omitzero"` // the last try
	EndedAt   time.Time `json:"ended_at,omitzero"`
}

// Limits of runs.
const (
	MaxArgs       = 64 << 10 // bytes
	MaxCheckpoint = 64 << 10 // bytes
	maxOpen       = 1000     // runs of one plugin that are not over
	keptOver      = 500      // runs that are over
	keptFor       = 30 * 24 * time.Hour
	maxRun        = 512 << 10 // bytes of the object
)

// Book is the runs of one plugin. It needs no plugin that runs.
type Book struct {
	bucket storage.Bucket
	folder string // of the installation, ending in a slash
	now    func() time.Time

	mu    sync.Mutex
	known map[string]page // by key: what was read, as long as the object is the same
}

// page is a run as it was read.
type page struct {
	run  Run
	etag string
}

// NewBook gives the runs of an installation.
func NewBook(bucket storage.Bucket, folder string, now func() time.Time) *Book {
	return &Book{bucket: bucket, folder: folder + "jobs/", now: now, known: map[string]page{}}
}

var errMoved = errors.New("the run has changed meanwhile")

func missing(id string) error {
	return problem.New(problem.NotFound, "job_run_missing", problem.Args{"run": id[:min(len(id), 100)]})
}

// idForm is that of the ids of runs, which are part of a key of the bucket.
var idForm = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9-]{0,119}$`)

func (b *Book) read(ctx context.Context, id string) (page, error) {
	if !idForm.MatchString(id) {
		return page{}, missing(id)
	}
	body, object, err := b.bucket.Get(ctx, b.folder+id, storage.Range{})
	if errors.Is(err, storage.ErrNotExist) {
		return page{}, missing(id)
	}
	if err != nil {
		return page{}, fmt.Errorf("read a run: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, maxRun))
	if err != nil {
		return page{}, fmt.Errorf("read a run: %w", err)
	}
	p := page{etag: object.ETag}
	if err := json.Unmarshal(raw, &p.run); err != nil {
		return page{}, fmt.Errorf("read the run %s: %w", id, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[b.folder+id] = p
	return p, nil
}

// write changes a run under a condition; errMoved says that it was not met.
func (b *Book) write(ctx context.Context, r Run, cond storage.Cond) (page, error) {
	r.Version = 1
	r.Beat++
	raw, err := json.Marshal(r)
	if err != nil {
		return page{}, fmt.Errorf("write a run: %w", err)
	}
	object, err := b.bucket.Put(ctx, b.folder+r.ID, bytes.NewReader(raw), int64(len(raw)), cond)
	if errors.Is(err, storage.ErrCondition) {
		return page{}, errMoved
	}
	if err != nil {
		return page{}, fmt.Errorf("write a run: %w", err)
	}
	return page{r, object.ETag}, nil
}

// all reads the runs; those that are the same as before are not read again.
func (b *Book) all(ctx context.Context) ([]page, error) {
	var out []page
	seen := map[string]bool{}
	for o, err := range b.bucket.List(ctx, b.folder, "") {
		if err != nil {
			return nil, fmt.Errorf("list runs: %w", err)
		}
		seen[o.Key] = true
		b.mu.Lock()
		p, ok := b.known[o.Key]
		b.mu.Unlock()
		if !ok || p.etag != o.ETag {
			if p, err = b.read(ctx, strings.TrimPrefix(o.Key, b.folder)); problem.KindOf(err) == problem.NotFound {
				continue
			} else if err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.known {
		if !seen[key] {
			delete(b.known, key)
		}
	}
	return out, nil
}

// List gives the runs, newest first; state "" gives those in any.
func (b *Book) List(ctx context.Context, state State) ([]Run, error) {
	pages, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Run, 0, len(pages))
	for _, p := range pages {
		if state == "" || p.run.State == state {
			out = append(out, p.run)
		}
	}
	slices.SortFunc(out, func(x, y Run) int {
		if c := y.CreatedAt.Compare(x.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(y.ID, x.ID)
	})
	return out, nil
}

// Find reads a run.
func (b *Book) Find(ctx context.Context, id string) (Run, error) {
	p, err := b.read(ctx, id)
	return p.run, err
}

// Start is a wish for a run.
type Start struct {
	Job       string
	Args      json.RawMessage
	Key       string // started once per key; empty: in any case
	By        content.Actor
	Depth     int
	NotBefore time.Time
	newID     string // instead of one that is drawn
}

// Begin writes a run down, and whichever node is first does it. replayed says
// that it was there before, under the same key.
func (b *Book) Begin(ctx context.Context, s Start, newID func() string) (run Run, replayed bool, err error) {
	if len(s.Args) > MaxArgs {
		return run, false, problem.New(problem.TooLarge, "job_args_large", problem.Args{"limit": MaxArgs})
	}
	if len(s.Args) > 0 && !json.Valid(s.Args) {
		return run, false, problem.New(problem.BadRequest, "manifest_not_json", problem.Args{"reason": "args"})
	}
	id := s.newID
	switch {
	case id != "":
	case s.Key != "":
		sum := sha256.Sum256([]byte(s.Key))
		id = s.Job + "-key-" + hex.EncodeToString(sum[:16])
	default:
		id = s.Job + "-" + newID()
	}
	if err := b.room(ctx); err != nil {
		return run, false, err
	}
	run = Run{ID: id, Job: s.Job, State: Waiting, Args: s.Args, By: s.By, Depth: s.Depth, NotBefore: s.NotBefore.UTC(), CreatedAt: b.now().UTC()}
	if s.NotBefore.IsZero() {
		run.NotBefore = time.Time{}
	}
	p, err := b.write(ctx, run, storage.Cond{IfAbsent: true})
	if errors.Is(err, errMoved) {
		p, err = b.read(ctx, id)
		return p.run, true, err
	}
	return p.run, false, err
}

// room refuses a run when too many wait.
func (b *Book) room(ctx context.Context) error {
	pages, err := b.all(ctx)
	if err != nil {
		return err
	}
	open := 0
	for _, p := range pages {
		if !p.run.State.Over() {
			open++
		}
	}
	if open >= maxOpen {
		return problem.New(problem.Limited, "job_too_many", problem.Args{"limit": maxOpen}).With("retry_after", 60)
	}
	return nil
}

// change changes a run whatever others do at the same time; decide gives what
// it becomes, or false to leave it.
func (b *Book) change(ctx context.Context, id string, decide func(*Run) (bool, error)) (Run, error) {
	for range 20 {
		p, err := b.read(ctx, id)
		if err != nil {
			return p.run, err
		}
		next := p.run
		if ok, err := decide(&next); err != nil || !ok {
			return p.run, err
		}
		q, err := b.write(ctx, next, storage.Cond{IfMatch: p.etag})
		if errors.Is(err, errMoved) {
			continue
		}
		return q.run, err
	}
	return Run{}, problem.New(problem.Conflict, "job_busy", problem.Args{"run": id}).With("retry_after", 1)
}

// Cancel asks for the end of a run. One that waits ends at once; the node that
// works on one learns of it with its next sign of life.
func (b *Book) Cancel(ctx context.Context, id string) (Run, error) {
	return b.change(ctx, id, func(r *Run) (bool, error) {
		switch r.State {
		case Waiting:
			r.State, r.EndedAt = Cancelled, b.now().UTC()
		case Running:
			r.Cancel = true
		default:
			return false, problem.New(problem.Conflict, "job_over", problem.Args{"run": id})
		}
		return true, nil
	})
}

// Retry begins a run again that failed or was cancelled, from its last
// checkpoint.
func (b *Book) Retry(ctx context.Context, id string) (Run, error) {
	return b.change(ctx, id, func(r *Run) (bool, error) {
		if r.State != Failed && r.State != Cancelled {
			return false, problem.New(problem.Conflict, "job_not_failed", problem.Args{"run": id})
		}
		r.State, r.Attempt, r.Cancel, r.NotBefore, r.EndedAt = Waiting, 0, false, time.Time{}, time.Time{}
		return true, nil
	})
}

// sweep forgets runs that ended long ago.
func (b *Book) sweep(ctx context.Context, pages []page) error {
	over := slices.DeleteFunc(slices.Clone(pages), func(p page) bool { return !p.run.State.Over() })
	slices.SortFunc(over, func(x, y page) int { return y.run.EndedAt.Compare(x.run.EndedAt) })
	for i, p := range over {
		age := b.now().Sub(p.run.EndedAt)
		if age > keptFor || i >= keptOver && age > 24*time.Hour {
			if err := storage.Purge(ctx, b.bucket, b.folder+p.run.ID); err != nil {
				return fmt.Errorf("forget a run: %w", err)
			}
		}
	}
	return nil
}
