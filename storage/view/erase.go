package view

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Scrub removes the bytes of what was erased from the files, if any are left,
// and returns when none is. It waits for readers of earlier moments, at most ten
// seconds, and then gives an error; it can be repeated. Apply and Keep do it too
// after an erasure, but Keep cannot tell when it fails: whoever must know that
// the bytes are gone calls Scrub. What could not be removed is tried again with
// each later change, without waiting.
//
// SQLite overwrites what is deleted (secure_delete), but pages that were split
// or merged may keep a copy of a moved cell in their unused part. So the whole
// file is written anew, and then the write-ahead log is emptied. That takes
// about 8 s of processor time for 100,000 entries, during which nothing else is
// written; several erasures in one batch share it.
func (d *DB) Scrub(ctx context.Context) error {
	if d.scrubbed.Load() {
		return nil
	}
	if err := d.takeTurn(ctx); err != nil {
		return err
	}
	defer d.giveTurn()
	return d.scrub(ctx, d.patience)
}

// readersWait is how long readers of earlier moments are waited for.
const readersWait = 10 * time.Second

// errReaders says that readers of earlier moments keep erased bytes alive.
var errReaders = errors.New("the write-ahead log is in use")

// scrub is Scrub for who has the turn; wait bounds the time that readers are
// waited for. The file is written anew once, however often it is called.
func (d *DB) scrub(ctx context.Context, wait time.Duration) error {
	if d.scrubbed.Load() {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("remove erased bytes: %w", err)
	}
	if !d.rewritten {
		if err := d.writer.exec("VACUUM"); err != nil {
			return d.note(fmt.Errorf("remove erased bytes: %w", err))
		}
		d.rewritten = true
	}
	if err := d.emptyLog(wait); err != nil {
		return err
	}
	if err := d.writer.exec(`UPDATE state SET scrub = 0`); err != nil {
		return d.note(fmt.Errorf("remove erased bytes: %w", err))
	}
	d.scrubbed.Store(true)
	return nil
}

// emptyLog moves everything from the write-ahead log to the file and cuts the
// log to nothing.
func (d *DB) emptyLog(wait time.Duration) error {
	if err := d.busyTimeout(wait); err != nil {
		return err
	}
	row, err := d.writer.one("PRAGMA wal_checkpoint(TRUNCATE)")
	if err := errors.Join(err, d.busyTimeout(busyWait)); err != nil {
		return d.note(fmt.Errorf("empty the write-ahead log: %w", err))
	}
	if len(row) == 0 || asInt(row[0]) != 0 {
		return fmt.Errorf("remove erased bytes: %w", errReaders)
	}
	return nil
}

func (d *DB) busyTimeout(wait time.Duration) error {
	_, err := d.writer.one(fmt.Sprintf("PRAGMA busy_timeout = %d", wait.Milliseconds()))
	return err
}

// tryScrub is scrub where nobody can be told that it failed: it is tried again
// with the next change and at the next start.
func (d *DB) tryScrub(ctx context.Context, wait time.Duration) {
	if err := d.scrub(ctx, wait); err != nil {
		d.o.Logger.LogAttrs(ctx, slog.LevelWarn, "erased bytes stay in the view for now", slog.Any("error", err))
	}
}
