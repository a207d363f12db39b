package view

import (
	"context"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Tx is one moment of the view. It serves one goroutine, and only until the
// function that it was given to returns.
type Tx struct {
	ctx context.Context
	c   *conn
	cat *catalogue
	seq commitlog.Seq
	at  time.Time    // of the record that a draft is for
	w   *transaction // of a draft; nil when reading
}

// Read calls f with the view as it is now; what is committed meanwhile is not
// seen. f must not call Read again: it holds one of the few connections.
func (d *DB) Read(ctx context.Context, f func(tx *Tx) error) error {
	d.open.RLock()
	defer d.open.RUnlock()
	if d.closed {
		return ErrClosed
	}
	var c *conn
	select {
	case c = <-d.free:
	case <-ctx.Done():
		return fmt.Errorf("wait for a reader of the view: %w", ctx.Err())
	}
	keep := false
	defer func() {
		if !keep && c != nil {
			_ = c.close() // whatever state it is in
			c = nil
		}
		d.free <- c
	}()
	if c == nil {
		var err error
		if c, err = connect(ctx, d.file, d.o.CacheMB, true); err != nil {
			return d.note(err)
		}
	}
	if err := d.readOn(ctx, c, f); err != nil {
		keep = c.exec("ROLLBACK") == nil
		return d.note(err)
	}
	err := c.exec("COMMIT")
	keep = err == nil
	return d.note(err)
}

func (d *DB) readOn(ctx context.Context, c *conn, f func(tx *Tx) error) error {
	if err := c.exec("BEGIN"); err != nil {
		return fmt.Errorf("read view: %w", err)
	}
	// The first read takes the snapshot; BEGIN alone does not.
	row, err := c.one(`SELECT seq, catalogue FROM state`)
	if err != nil {
		return fmt.Errorf("read view: %w", err)
	}
	if len(row) == 0 {
		return fmt.Errorf("read view: %w: no state", ErrDamaged)
	}
	cat := d.shown.Load()
	if version := asInt(row[1]); cat.version != version {
		if cat, err = loadCatalogue(c, d.kinds, version); err != nil {
			return err
		}
	}
	return f(&Tx{ctx: ctx, c: c, cat: cat, seq: commitlog.Seq(asInt(row[0]))})
}

// catalogue gives the catalogue of this moment: in a draft, that of the last
// thing staged.
func (tx *Tx) catalogue() *catalogue {
	if tx.w != nil {
		return tx.w.cat
	}
	return tx.cat
}

// Seq gives the seq of this moment; in a draft, the one it began at.
func (tx *Tx) Seq() commitlog.Seq { return tx.seq }

// At gives the time of the record that a draft is for, which is never earlier
// than that of the record before; the zero time outside of a draft.
func (tx *Tx) At() time.Time { return tx.at }

// Context gives the context of the read or of the action that is planned.
func (tx *Tx) Context() context.Context { return tx.ctx }

// Collection finds a definition by its id, else by its name, or gives nil. It
// must not be changed.
func (tx *Tx) Collection(idOrName string) *schema.Collection {
	return tx.catalogue().lookup(idOrName)
}

// Collections gives all definitions by name. They must not be changed.
func (tx *Tx) Collections() []*schema.Collection {
	return append([]*schema.Collection(nil), tx.catalogue().defined...)
}
