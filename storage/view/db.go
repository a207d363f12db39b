package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Options adjusts a view; the zero value is for ordinary use.
type Options struct {
	// Readers is the number of readers at the same time; more wait.
	// 0 means 8.
	Readers int
	// CacheMB bounds the page cache of each reader; that of the writer is four
	// times as large. 0 means 16.
	CacheMB int
	// Logger hears of what nobody can be told. nil discards it.
	Logger *slog.Logger
}

func (o *Options) complete() {
	if o.Readers <= 0 {
		o.Readers = 8
	}
	if o.CacheMB <= 0 {
		o.CacheMB = 16
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// DB is the view: one SQLite file with one connection that writes and several
// that read. It is safe for concurrent use. One process at a time may open a
// folder.
type DB struct {
	file  string
	kinds schema.Kinds
	o     Options

	// open is held by readers and writers, and alone by what replaces or closes
	// the file.
	open   sync.RWMutex
	closed bool

	// turn has one token; who holds it owns the four below.
	turn      chan struct{}
	writer    *conn
	catalogue *catalogue
	serial    int64 // of catalogues, never used twice while the process lives
	rewritten bool  // since the last erasure the file was written anew

	patience time.Duration // readersWait, less in tests

	free chan *conn // a place for each reader; nil when not connected yet

	seq      atomic.Uint64
	shown    atomic.Pointer[catalogue] // newest one that is committed
	changes  atomic.Pointer[changes]
	damaged  atomic.Bool
	scrubbed atomic.Bool // no erased bytes are left in the file

	mu    sync.Mutex
	moved chan struct{} // closed, and replaced, when seq moves
}

const fileName = "view.sqlite"

var (
	_ commitlog.Anchored                   = (*DB)(nil)
	_ commitlog.Follower[content.Commit]   = (*DB)(nil)
	_ commitlog.Stage[content.Commit, *Tx] = (*DB)(nil)
	_ commitlog.Snapshotter                = (*DB)(nil)
)

// Open opens the view in a folder, which it makes when there is none. A file
// that is damaged, or of another Format, is deleted: the view is then empty
// and at seq 0. A definition whose table no longer fits, because a kind keeps
// its values in another way now, is filled anew.
func Open(ctx context.Context, dir string, kinds schema.Kinds, o Options) (*DB, error) {
	o.complete()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	d := &DB{
		file:  filepath.Join(dir, fileName),
		kinds: kinds,
		o:     o,
		turn:  make(chan struct{}, 1),
		free:  make(chan *conn, o.Readers),
		moved: make(chan struct{}),

		patience: readersWait,
	}
	for range o.Readers {
		d.free <- nil
	}
	err := d.start(ctx)
	if errors.Is(err, ErrDamaged) {
		if err = removeFile(d.file); err == nil {
			err = d.start(ctx)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open view: %w", err)
	}
	d.turn <- struct{}{}
	return d, nil
}

// start connects the writer, makes the tables when there are none, and checks
// what the process before left behind.
func (d *DB) start(ctx context.Context) (err error) {
	trusted := d.takeMark()
	d.writer, err = connect(ctx, d.file, 4*d.o.CacheMB, false)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.writer.close())
			d.writer = nil
		}
	}()
	if err := d.prepareFile(ctx, trusted); err != nil {
		return err
	}
	row, err := d.writer.one(`SELECT seq, catalogue, scrub FROM state`)
	if err != nil {
		return err
	}
	if len(row) == 0 {
		return fmt.Errorf("%w: no state", ErrDamaged)
	}
	d.serial = asInt(row[1])
	if d.catalogue, err = loadCatalogue(d.writer, d.kinds, d.serial); err != nil {
		return err
	}
	if err := d.reshapeAll(); err != nil {
		return err
	}
	seq := commitlog.Seq(asInt(row[0]))
	d.seq.Store(uint64(seq))
	d.shown.Store(d.catalogue)
	d.changes.Store(&changes{all: seq})
	d.scrubbed.Store(asInt(row[2]) == 0)
	d.rewritten = false
	return d.scrub(ctx, d.patience)
}

// prepareFile makes the tables in a new file, and refuses one that is of
// another format or damaged.
func (d *DB) prepareFile(ctx context.Context, trusted bool) error {
	row, err := d.writer.one(`PRAGMA user_version`)
	if err != nil {
		return err
	}
	version := asInt(row[0])
	if version == 0 {
		return d.createTables()
	}
	if version != Format {
		return fmt.Errorf("%w: format %d", ErrDamaged, version)
	}
	if trusted {
		return nil
	}
	row, err = d.writer.one(`PRAGMA quick_check(1)`)
	if err != nil {
		return err
	}
	if len(row) == 0 || asText(row[0]) != "ok" {
		return fmt.Errorf("%w: quick check", ErrDamaged)
	}
	return ctx.Err()
}

func (d *DB) createTables() error {
	if row, err := d.writer.one(`SELECT 1 FROM sqlite_schema`); err != nil || len(row) > 0 {
		return errors.Join(err, fmt.Errorf("%w: it has no format", ErrDamaged))
	}
	steps := slices.Concat([]string{"BEGIN IMMEDIATE"}, tables, []string{fmt.Sprintf("PRAGMA user_version = %d", Format), "COMMIT"})
	for _, text := range steps {
		if err := d.writer.exec(text); err != nil {
			return fmt.Errorf("create tables: %w", err)
		}
	}
	return nil
}

// removeFile deletes the file and what SQLite keeps beside it.
func removeFile(file string) error {
	for _, suffix := range []string{"", "-wal", "-shm", ".clean"} {
		if err := os.Remove(file + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("delete view: %w", err)
		}
	}
	return nil
}

// Close ends all connections. It waits for readers and the writer.
func (d *DB) Close() error {
	d.open.Lock()
	defer d.open.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	d.wake()
	err := d.disconnect()
	if err == nil && !d.damaged.Load() {
		err = d.leaveMark()
	}
	return err
}

// disconnect closes every connection; open is held alone.
func (d *DB) disconnect() error {
	var errs []error
	for range d.o.Readers {
		if c := <-d.free; c != nil {
			errs = append(errs, c.close())
		}
		d.free <- nil
	}
	if d.writer != nil {
		errs = append(errs, d.writer.close())
		d.writer = nil
	}
	return errors.Join(errs...)
}

// Name is the name of the follower.
func (d *DB) Name() string { return "view" }

// Checkpoint gives the seq that the view is at.
func (d *DB) Checkpoint() (commitlog.Seq, error) { return d.Seq(), nil }

// Anchor gives the seq and the nonce of the last record that was applied; the
// nonce is empty at seq 0.
func (d *DB) Anchor() (commitlog.Seq, string, error) {
	var seq commitlog.Seq
	var nonce string
	err := d.Read(context.Background(), func(tx *Tx) error {
		row, err := tx.c.one(`SELECT nonce FROM state`)
		if err == nil && len(row) > 0 {
			seq, nonce = tx.seq, asText(row[0])
		}
		return err
	})
	return seq, nonce, err
}

// Remove deletes the view in a folder, for one that has followed another log.
// Nobody may have it open.
func Remove(dir string) error { return removeFile(filepath.Join(dir, fileName)) }

// Seq gives the seq that the view is at, without waiting for anything.
func (d *DB) Seq() commitlog.Seq { return commitlog.Seq(d.seq.Load()) }

// WaitFor returns when the view is at seq or further.
func (d *DB) WaitFor(ctx context.Context, seq commitlog.Seq) error {
	for {
		d.mu.Lock()
		moved := d.moved
		d.mu.Unlock()
		if d.Seq() >= seq {
			return nil
		}
		if d.isClosed() {
			return ErrClosed
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for seq %d: %w", seq, ctx.Err())
		}
	}
}

func (d *DB) isClosed() bool {
	d.open.RLock()
	defer d.open.RUnlock()
	return d.closed
}

// wake tells those who wait that seq has moved.
func (d *DB) wake() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.moved)
	d.moved = make(chan struct{})
}

// note remembers that the file was found damaged, so that it is checked when
// it is opened next.
func (d *DB) note(err error) error {
	if errors.Is(err, ErrDamaged) {
		d.damaged.Store(true)
	}
	return err
}

// takeTurn gives the write connection to the caller until it gives it back.
func (d *DB) takeTurn(ctx context.Context) error {
	select {
	case <-d.turn:
	case <-ctx.Done():
		return fmt.Errorf("wait for the writer of the view: %w", ctx.Err())
	}
	d.open.RLock()
	if d.closed {
		d.giveTurn()
		return ErrClosed
	}
	return nil
}

func (d *DB) giveTurn() {
	d.open.RUnlock()
	d.turn <- struct{}{}
}
