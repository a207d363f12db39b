package view

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// transaction is the one write transaction that is open on the file. It lives
// between begin and end, on the goroutine that has the turn.
type transaction struct {
	d     *DB
	c     *conn
	kinds schema.Kinds
	cat   *catalogue // as changed so far
	seq   commitlog.Seq
	touched
	broken error // set when SQLite may have rolled back by itself
}

// begin opens a write transaction; the caller has the turn.
func (d *DB) begin() (*transaction, error) {
	if err := d.writer.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, d.note(fmt.Errorf("begin to write the view: %w", err))
	}
	t := &transaction{d: d, c: d.writer, kinds: d.kinds, cat: d.catalogue}
	row, err := d.writer.one(`SELECT seq FROM state`)
	if err == nil && len(row) == 0 {
		err = fmt.Errorf("%w: no state", ErrDamaged)
	}
	if err != nil {
		return nil, d.note(errors.Join(err, t.rollback()))
	}
	t.seq = commitlog.Seq(asInt(row[0]))
	return t, nil
}

// write runs a statement that changes something. After an error nothing more
// is written: SQLite may have undone the transaction, and what followed would
// stand for itself.
func (t *transaction) write(text string, args ...any) error {
	if t.broken != nil {
		return t.broken
	}
	if err := t.c.exec(text, args...); err != nil {
		t.broken = fmt.Errorf("write the view: %w", err)
		return t.broken
	}
	return nil
}

// end commits with the checkpoint at a record, and shows the outcome to readers.
func (t *transaction) end(seq commitlog.Seq, nonce string) error {
	d := t.d
	err := t.write(`UPDATE state SET seq = ?, nonce = ?, catalogue = ?, scrub = max(scrub, ?)`,
		int64(seq), nonce, t.cat.version, boolInt(t.scrub))
	if err == nil {
		err = t.write("COMMIT")
	}
	if err != nil {
		return d.note(errors.Join(err, t.rollback()))
	}
	d.catalogue = t.cat
	d.shown.Store(t.cat)
	d.changes.Store(d.changes.Load().after(t.touched, seq))
	if t.scrub {
		d.scrubbed.Store(false)
		d.rewritten = false
	}
	d.seq.Store(uint64(seq))
	d.wake()
	return nil
}

// rollback undoes everything since begin.
func (t *transaction) rollback() error {
	err := t.c.exec("ROLLBACK")
	if t.broken != nil {
		return nil // SQLite may have done it by itself
	}
	if err != nil {
		return fmt.Errorf("undo: %w", err)
	}
	return nil
}

// scope runs f in a savepoint, and undoes it when f fails or panics. With keep
// false it is undone in any case.
func (t *transaction) scope(keep bool, f func() error) (err error) {
	if err := t.write("SAVEPOINT scope"); err != nil {
		return err
	}
	cat, touched := t.cat, t.touched.clone()
	done := false
	defer func() {
		if done {
			return
		}
		t.cat, t.touched = cat, touched
		if undo := errors.Join(t.write("ROLLBACK TO scope"), t.write("RELEASE scope")); err == nil {
			err = undo
		}
	}()
	if err = f(); err != nil || !keep {
		return err
	}
	if t.broken != nil {
		return t.broken
	}
	if err = t.write("RELEASE scope"); err != nil {
		return err
	}
	done = true
	return nil
}

// Apply brings records into the view, all in one transaction. Those that it
// has seen before are passed over. It returns when readers see them and, when
// one of them erased something, when no byte of it is left in the files.
func (d *DB) Apply(ctx context.Context, records []commitlog.Record[content.Commit]) error {
	if err := d.takeTurn(ctx); err != nil {
		return err
	}
	defer d.giveTurn()
	d.tryScrub(ctx, 0) // of an erasure before
	t, err := d.begin()
	if err != nil {
		return err
	}
	ended := false
	defer func() {
		if !ended { // a panic: the next transaction must be able to begin
			_ = t.c.exec("ROLLBACK")
		}
	}()
	seq, err := t.records(ctx, records)
	ended = true
	if err != nil || seq == t.seq {
		return d.note(errors.Join(err, t.rollback()))
	}
	if err := t.end(seq, records[len(records)-1].Nonce); err != nil {
		return err
	}
	if !t.scrub {
		return nil
	}
	return d.scrub(ctx, d.patience)
}

// records applies what is new and gives the seq after it.
func (t *transaction) records(ctx context.Context, records []commitlog.Record[content.Commit]) (commitlog.Seq, error) {
	seq := t.seq
	for i := range records {
		r := &records[i]
		if r.Seq <= seq {
			continue
		}
		if r.Seq != seq+1 {
			return seq, fmt.Errorf("apply record %d: the view is at %d", r.Seq, seq)
		}
		if err := ctx.Err(); err != nil {
			return seq, fmt.Errorf("apply record %d: %w", r.Seq, err)
		}
		for place := range r.Values {
			if err := t.commit(r.Seq, place, &r.Values[place]); err != nil {
				return seq, fmt.Errorf("apply record %d: %w", r.Seq, err)
			}
		}
		seq = r.Seq
	}
	return seq, nil
}

// Draft is the view with changes that the log does not have yet. It owns the
// turn until it is kept or dropped.
type Draft struct {
	t     *transaction
	tried int
	ended bool
}

// Begin opens a draft.
func (d *DB) Begin(ctx context.Context) (commitlog.Draft[content.Commit, *Tx], error) {
	if err := d.takeTurn(ctx); err != nil {
		return nil, err
	}
	d.tryScrub(ctx, 0)
	t, err := d.begin()
	if err != nil {
		d.giveTurn()
		return nil, err
	}
	return &Draft{t: t}, nil
}

// After gives the seq that the draft began at.
func (f *Draft) After() commitlog.Seq { return f.t.seq }

// Try plans a commit on what is staged so far, and stages it.
func (f *Draft) Try(ctx context.Context, at time.Time, plan func(*Tx) (content.Commit, error)) (content.Commit, error) {
	var c content.Commit
	if f.ended {
		return c, errEnded
	}
	tx := &Tx{ctx: ctx, c: f.t.c, seq: f.t.seq, at: at, w: f.t}
	err := f.t.scope(true, func() (err error) {
		if c, err = plan(tx); err != nil {
			return err
		}
		return f.t.commit(f.t.seq+1, f.tried, &c)
	})
	if err == nil {
		f.tried++
	}
	return c, err
}

var errEnded = errors.New("the draft has ended")

// Keep makes the draft the view, at the seq of the record.
func (f *Draft) Keep(ctx context.Context, record commitlog.Record[content.Commit]) error {
	if f.ended {
		return errEnded
	}
	f.ended = true
	d := f.t.d
	defer d.giveTurn()
	if record.Seq != f.t.seq+1 || len(record.Values) != f.tried {
		err := fmt.Errorf("keep draft: record %d of %d commits does not follow %d with %d", record.Seq, len(record.Values), f.t.seq, f.tried)
		return errors.Join(err, f.t.rollback())
	}
	if err := f.t.end(record.Seq, record.Nonce); err != nil {
		return err
	}
	d.tryScrub(ctx, d.patience) // the commit stands, whatever becomes of this
	return nil
}

// Drop undoes the draft.
func (f *Draft) Drop() error {
	if f.ended {
		return nil
	}
	f.ended = true
	defer f.t.d.giveTurn()
	return f.t.rollback()
}
