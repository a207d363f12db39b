// Package desk takes orders for books and has them made, one at a time on each
// node. Orders and copies lie in the bucket, so that any node shows how far a
// book is and hands it out, and a lease keeps two nodes from the same book.
// Copies are disposable; editions become entries and assets by an action.
package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/lease"
)

// Limits of the desk.
const (
	MaxWaiting = 20 // orders that wait
	maxJob     = 64 << 10
	maxTries   = 5 // of one order, when the reason that it fails is ours
	// again is the pause after which orders are looked at that other nodes took
	// or left.
	again = 15 * time.Second
	// keepCopies and keepOrders are how long a copy, and the order of an
	// edition, are kept.
	keepCopies = 48 * time.Hour
	keepOrders = 30 * 24 * time.Hour
)

// State is how far an order is.
type State string

// The states of an order.
const (
	Waiting State = "waiting"
	Making  State = "making"
	Done    State = "done"
	Failed  State = "failed"
)

// Job is an order, as it lies in the bucket.
type Job struct {
	Version int         `json:"version"`
	ID      string      `json:"id"`
	Forms   []book.Form `json:"forms"`
	Made    time.Time   `json:"made"` // the day that the book is of
	// Title, Note, Slug and By are those of an edition.
	Title   map[content.Locale]string `json:"title,omitempty"`
	Note    map[content.Locale]string `json:"note,omitempty"`
	Slug    string                    `json:"slug,omitempty"`
	By      *content.Actor            `json:"by,omitempty"` // nil: a copy
	AskedAt time.Time                 `json:"asked_at"`

	State   State  `json:"state"`
	Tries   int    `json:"tries,omitempty"`
	Form    int    `json:"form"` // that is being made, from 0
	Done    int    `json:"done"` // profiles of it
	Total   int    `json:"total"`
	Problem string `json:"problem,omitempty"` // code
	// Args are the places of its text.
	Args     map[string]any       `json:"args,omitempty"`
	Files    []action.EditionFile `json:"files,omitempty"` // finished ones
	Profiles int                  `json:"profiles,omitempty"`

	etag string
}

// Percent is how much is done, 0 to 100.
func (j *Job) Percent() int {
	switch {
	case j.State == Done:
		return 100
	case len(j.Forms) == 0 || j.Total == 0:
		return 100 * j.Form / max(1, len(j.Forms))
	}
	return min(99, (100*j.Form+100*j.Done/j.Total)/len(j.Forms))
}

// Edition says that the order is for one.
func (j *Job) Edition() bool { return j.By != nil }

// Options of a desk; all but Owner are needed.
type Options struct {
	Source  book.Source
	Bucket  storage.Bucket
	Blobs   *blob.Store
	Runner  *action.Runner
	Refresh func(context.Context) error // brings the view up to date
	Owner   lease.Owner                 // of the leases, so that they end with the process
	Locales []content.Locale
	NewID   func() string
	Now     func() time.Time
	Log     *slog.Logger
}

// Desk takes orders. It is safe for concurrent use.
type Desk struct {
	o    Options
	wake chan struct{} // holds one
}

// New makes a desk. Somebody must let it run.
func New(o Options) *Desk { return &Desk{o: o, wake: make(chan struct{}, 1)} }

// Forms are those that books can be had in.
func (d *Desk) Forms() []book.Form { return book.Forms(d.o.Locales) }

func key(id, name string) string { return "books/" + id + "/" + name }

// Copy gives the order of a book of today, and what it would be called; nil
// when nobody has asked for it yet.
func (d *Desk) Copy(ctx context.Context, f book.Form) (*Job, string, error) {
	if err := f.Check(d.o.Locales); err != nil {
		return nil, "", err
	}
	id, err := d.o.Source.CopyID(ctx, f, d.today())
	if err != nil {
		return nil, "", err
	}
	j, err := d.Job(ctx, id)
	if problem.KindOf(err) == problem.NotFound {
		return nil, id, nil
	}
	return j, id, err
}

// today is the beginning of the day: copies of a day that hold the same are
// the same.
func (d *Desk) today() time.Time {
	y, m, day := d.o.Now().UTC().Date()
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}

// AskCopy orders a book of today, unless that has been done.
func (d *Desk) AskCopy(ctx context.Context, f book.Form) (*Job, error) {
	j, id, err := d.Copy(ctx, f)
	if err != nil || j != nil && j.State != Failed {
		return j, err
	}
	next := &Job{Version: 1, ID: id, Forms: []book.Form{f}, Made: d.today(), AskedAt: d.o.Now().UTC(), State: Waiting}
	if j != nil {
		next.etag = j.etag // it is tried again
	}
	return d.put(ctx, next)
}

// Order is the edition that somebody wants.
type Order struct {
	Title, Note map[content.Locale]string
	Slug        string
	Forms       []book.Form // empty: all
}

// AskEdition orders an edition. The rights are looked at now, and again when
// it is frozen.
func (d *Desk) AskEdition(ctx context.Context, by content.Actor, o Order) (*Job, error) {
	id := d.o.NewID()
	freeze := action.FreezeEdition{ID: content.EntryID(id), Title: o.Title}
	if err := d.o.Runner.Allowed(ctx, by, freeze); err != nil {
		return nil, err
	}
	if err := action.CheckEditionTitles(o.Title); err != nil {
		return nil, err
	}
	if len(o.Forms) == 0 {
		o.Forms = d.Forms()
	}
	if len(o.Forms) > action.MaxEditionFiles {
		return nil, problem.New(problem.Invalid, "edition_files", problem.Args{"limit": action.MaxEditionFiles})
	}
	for _, f := range o.Forms {
		if err := f.Check(d.o.Locales); err != nil {
			return nil, err
		}
	}
	now := d.o.Now().UTC().Truncate(time.Second)
	return d.put(ctx, &Job{Version: 1, ID: id, Forms: o.Forms, Made: now, Title: o.Title, Note: o.Note, Slug: o.Slug, By: &by,
		AskedAt: now, State: Waiting})
}

// put stores an order that is new, or tried again, and wakes whoever makes it.
func (d *Desk) put(ctx context.Context, j *Job) (*Job, error) {
	waiting := 0
	if err := d.each(ctx, func(other *Job) error {
		if other.State == Waiting || other.State == Making {
			waiting++
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if waiting >= MaxWaiting {
		return nil, problem.New(problem.Unavailable, "book_busy", problem.Args{"limit": MaxWaiting})
	}
	cond := storage.Cond{IfAbsent: true}
	if j.etag != "" {
		cond = storage.Cond{IfMatch: j.etag}
	}
	if err := d.save(ctx, j, cond); err != nil && !errors.Is(err, storage.ErrCondition) {
		return nil, err
	}
	d.Wake()
	return d.Job(ctx, j.ID) // another node may have been first
}

// Wake has the desk look for orders.
func (d *Desk) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

func (d *Desk) save(ctx context.Context, j *Job, c storage.Cond) error {
	data, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("write order %s: %w", j.ID, err)
	}
	put, err := d.o.Bucket.Put(ctx, key(j.ID, "job"), bytes.NewReader(data), int64(len(data)), c)
	if err != nil {
		return fmt.Errorf("store order %s: %w", j.ID, err)
	}
	j.etag = put.ETag
	return nil
}

// Job reads an order, or answers a NotFound problem.
func (d *Desk) Job(ctx context.Context, id string) (*Job, error) {
	missing := problem.New(problem.NotFound, "edition_missing", problem.Args{"id": clipped(id)})
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') }) || len(id) > 64 {
		return nil, missing
	}
	body, object, err := d.o.Bucket.Get(ctx, key(id, "job"), storage.Range{})
	if errors.Is(err, storage.ErrNotExist) {
		return nil, missing
	}
	if err != nil {
		return nil, fmt.Errorf("read order %s: %w", id, err)
	}
	defer body.Close()
	j := &Job{etag: object.ETag}
	if err := json.NewDecoder(io.LimitReader(body, maxJob)).Decode(j); err != nil || j.Version != 1 || j.ID != id {
		return nil, missing // of another version of the program: it is made again
	}
	return j, nil
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 64 {
		return string(r[:64])
	}
	return s
}

// each reads all orders.
func (d *Desk) each(ctx context.Context, f func(*Job) error) error {
	var ids []string
	for object, err := range d.o.Bucket.List(ctx, "books/", "") {
		if err != nil {
			return fmt.Errorf("list orders: %w", err)
		}
		if dir, name := path.Split(object.Key); name == "job" {
			ids = append(ids, path.Base(dir))
		}
	}
	for _, id := range ids {
		j, err := d.Job(ctx, id)
		if problem.KindOf(err) == problem.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if err := f(j); err != nil {
			return err
		}
	}
	return nil
}

// Editions lists the orders of editions, the newest first.
func (d *Desk) Editions(ctx context.Context) ([]*Job, error) {
	var out []*Job
	err := d.each(ctx, func(j *Job) error {
		if j.Edition() {
			out = append([]*Job{j}, out...) // ids grow with time
		}
		return nil
	})
	return out, err
}

// Open gives the bytes of a copy, or a part of them; the caller closes it.
func (d *Desk) Open(ctx context.Context, j *Job, r storage.Range) (io.ReadCloser, storage.Object, error) {
	body, object, err := d.o.Bucket.Get(ctx, key(j.ID, "file"), r)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, object, problem.New(problem.NotFound, "edition_missing", problem.Args{"id": j.ID})
	}
	return body, object, err
}
