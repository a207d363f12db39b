package view

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/recueil-cms/recueil/storage/commitlog"
)

// SnapshotFormat names the format of snapshots.
func (d *DB) SnapshotFormat() string { return fmt.Sprintf("view-%d", Format) }

// WriteSnapshot writes the view as one SQLite file. It works on a copy, so
// that neither readers nor the writer wait.
func (d *DB) WriteSnapshot(ctx context.Context, w io.Writer) (commitlog.Seq, error) {
	dir, err := os.MkdirTemp(filepath.Dir(d.file), "snapshot-*")
	if err != nil {
		return 0, fmt.Errorf("write snapshot: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, fileName)
	if err := d.copyTo(ctx, file); err != nil {
		return 0, fmt.Errorf("write snapshot: %w", err)
	}
	seq, err := d.inspect(ctx, file)
	if err != nil {
		return 0, fmt.Errorf("write snapshot: %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, fmt.Errorf("write snapshot: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, &interruptible{ctx, f}); err != nil {
		return 0, fmt.Errorf("write snapshot: %w", err)
	}
	return seq, nil
}

// copyTo makes a compact copy of one moment on a connection of its own.
func (d *DB) copyTo(ctx context.Context, file string) error {
	d.open.RLock()
	defer d.open.RUnlock()
	if d.closed {
		return ErrClosed
	}
	c, err := connect(ctx, d.file, 1, true)
	if err != nil {
		return d.note(err)
	}
	defer func() { _ = c.close() }()
	// VACUUM INTO counts as a write although it changes nothing here. With
	// secure_delete no page of the copy has leftovers of the memory it was
	// made in.
	for _, text := range []string{"PRAGMA query_only = 0", "PRAGMA secure_delete = ON"} {
		if err := c.exec(text); err != nil {
			return err
		}
	}
	return d.note(c.query(ctx, "VACUUM INTO ?", []any{file}, nil))
}

// inspect opens a file that was written by WriteSnapshot and gives its seq.
func (d *DB) inspect(ctx context.Context, file string) (commitlog.Seq, error) {
	c, err := connect(ctx, file, 1, false)
	if err != nil {
		return 0, err
	}
	defer func() { _ = c.close() }()
	version, err := c.one("PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	if asInt(version[0]) != Format {
		return 0, fmt.Errorf("%w: format %d", ErrDamaged, asInt(version[0]))
	}
	check, err := c.one("PRAGMA quick_check(1)")
	if err != nil {
		return 0, err
	}
	if asText(check[0]) != "ok" {
		return 0, fmt.Errorf("%w: quick check", ErrDamaged)
	}
	row, err := c.one(`SELECT seq FROM state`)
	if err != nil {
		return 0, err
	}
	if len(row) == 0 {
		return 0, fmt.Errorf("%w: no state", ErrDamaged)
	}
	return commitlog.Seq(asInt(row[0])), nil
}

// ReadSnapshot replaces the view by a snapshot. It waits for readers; after an
// error the view is as it was.
func (d *DB) ReadSnapshot(ctx context.Context, r io.Reader, at commitlog.Seq) error {
	dir, err := os.MkdirTemp(filepath.Dir(d.file), "snapshot-*")
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, fileName)
	if err := spool(file, &interruptible{ctx, r}); err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	seq, err := d.inspect(ctx, file)
	if err == nil && seq != at {
		err = fmt.Errorf("%w: it is of seq %d, not %d", ErrDamaged, seq, at)
	}
	if err != nil {
		return fmt.Errorf("read snapshot: %w", err)
	}
	if err := d.takeTurn(ctx); err != nil {
		return err
	}
	d.open.RUnlock() // to hold it alone
	d.open.Lock()
	defer func() {
		d.open.Unlock()
		d.turn <- struct{}{}
	}()
	if d.closed {
		return ErrClosed
	}
	return d.swap(ctx, file)
}

// swap puts another file in the place of the view's; open is held alone.
func (d *DB) swap(ctx context.Context, file string) error {
	aside := d.file + ".old"
	serial := d.serial
	if err := d.disconnect(); err != nil {
		return errors.Join(fmt.Errorf("read snapshot: %w", err), d.start(ctx))
	}
	if err := os.Rename(d.file, aside); err != nil {
		return errors.Join(fmt.Errorf("read snapshot: %w", err), d.start(ctx))
	}
	err := os.Rename(file, d.file)
	if err == nil {
		err = d.start(ctx)
	}
	if err != nil {
		back := errors.Join(removeFile(d.file), os.Rename(aside, d.file), d.start(context.WithoutCancel(ctx)))
		return errors.Join(fmt.Errorf("read snapshot: %w", err), back)
	}
	d.serial = max(d.serial, serial)
	d.wake()
	return removeFile(aside)
}

func spool(file string, r io.Reader) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// interruptible ends reading when its context ends.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}
