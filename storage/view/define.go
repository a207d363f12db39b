package view

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// define takes a new or changed definition into use. A rename, a new order or
// a text changes nothing in the tables; what changes the columns has the table
// made anew and the entries concerned written again.
func (t *transaction) define(id content.CollectionID, body []byte) error {
	def, err := decodeDefinition(body, t.kinds)
	if err != nil {
		return fmt.Errorf("collection %q: %w", id, err)
	}
	col, err := t.mention(id)
	if err != nil {
		return err
	}
	next := *col
	next.def = def
	next.shape, err = shapeOf(table(col.n), def, t.kinds, t.cat.sortOf(def, t.kinds), func(f content.FieldID) (int, error) {
		return t.fieldNumber(col, f)
	})
	if err != nil {
		return fmt.Errorf("collection %q: %w", id, err)
	}
	t.replace(&next)
	t.collection(id)
	return t.reshape(&next)
}

// reshapeAll makes the tables fit definitions whose kinds keep values in
// another way than those of the program that wrote the file.
func (d *DB) reshapeAll() error {
	t, err := d.begin()
	if err != nil {
		return err
	}
	for _, col := range d.catalogue.collections {
		if col.def == nil {
			continue
		}
		if err := t.reshape(col); err != nil {
			return errors.Join(err, t.rollback())
		}
	}
	return d.settle(t)
}

// settle commits a transaction that changes nothing that readers could see.
func (d *DB) settle(t *transaction) error {
	if err := t.write(`UPDATE state SET catalogue = ?`, t.cat.version); err != nil {
		return errors.Join(err, t.rollback())
	}
	if err := t.write("COMMIT"); err != nil {
		return errors.Join(err, t.rollback())
	}
	d.catalogue = t.cat
	return nil
}

// reshape makes the table of a collection fit its shape.
func (t *transaction) reshape(col *collection) error {
	want, err := col.shape.text()
	if err != nil {
		return err
	}
	row, err := t.c.one(`SELECT shape FROM collections WHERE n = ?`, col.n)
	if err != nil || (len(row) > 0 && asText(row[0]) == want) {
		return err
	}
	var old *shape
	if text := asText(row[0]); text != "" {
		old = &shape{}
		if err := json.Unmarshal([]byte(text), old); err != nil {
			return fmt.Errorf("%w: shape of %q: %w", ErrDamaged, col.id, err)
		}
	}
	if err := t.write(`UPDATE collections SET shape = ? WHERE n = ?`, want, col.n); err != nil {
		return err
	}
	if old == nil {
		if err := t.write(col.shape.createTable(table(col.n))); err != nil {
			return err
		}
		if err := t.reindex(col, nil); err != nil {
			return err
		}
		return t.refill(col, nil, whole)
	}
	if !slices.EqualFunc(old.Columns, col.shape.Columns, (*column).same) {
		return t.rebuild(col, old)
	}
	if err := t.reindex(col, old.Indexes); err != nil {
		return err
	}
	if old.Rank != col.shape.Rank {
		return t.refill(col, nil, again)
	}
	if fields := resettled(old, col.shape); len(fields) > 0 {
		return t.refill(col, fields, again)
	}
	return nil
}

// same reports whether both are the same columns.
func (c *column) same(o *column) bool {
	return c.Number == o.Number && c.Type == o.Type && c.Kind == o.Kind
}

// resettled gives the fields whose settings changed: their cells and
// references may differ now.
func resettled(old, now *shape) []content.FieldID {
	var out []content.FieldID
	for _, c := range now.Columns {
		for _, o := range old.Columns {
			if c.same(o) && c.Settings != o.Settings {
				out = append(out, c.field.ID)
			}
		}
	}
	return out
}

// reindex makes the indexes of a table those of its shape.
func (t *transaction) reindex(col *collection, have []index) error {
	name := table(col.n)
	has := func(list []index, x index) bool {
		return slices.ContainsFunc(list, func(y index) bool { return x.name(name) == y.name(name) })
	}
	for _, x := range have {
		if !has(col.shape.Indexes, x) {
			if err := t.write("DROP INDEX IF EXISTS " + x.name(name)); err != nil {
				return err
			}
		}
	}
	for _, x := range col.shape.Indexes {
		if !has(have, x) {
			if err := t.write(x.create(name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// rebuild gives the table the columns of its shape, and writes those entries
// again that have a value in a field that is new or kept in another way. New
// columns are only noted by SQLite; when others go the table is copied, which
// takes seconds for 100,000 entries.
func (t *transaction) rebuild(col *collection, old *shape) error {
	var fresh []content.FieldID
	var added []*column
	for _, c := range col.shape.Columns {
		if !slices.ContainsFunc(old.Columns, c.same) {
			fresh, added = append(fresh, c.field.ID), append(added, c)
		}
	}
	have, gone := old.Indexes, false
	for _, o := range old.Columns {
		if slices.ContainsFunc(col.shape.Columns, o.same) {
			continue
		}
		gone = true
		if err := t.write(`DELETE FROM links WHERE f = ?`, o.Number); err != nil {
			return err
		}
	}
	var err error
	if gone {
		err, have = t.copyTable(col, added), nil
	} else {
		err = t.widen(col, added)
	}
	if err != nil {
		return err
	}
	if err := t.reindex(col, have); err != nil {
		return err
	}
	if old.Rank != col.shape.Rank {
		return t.refill(col, nil, whole)
	}
	if fresh = append(fresh, resettled(old, col.shape)...); len(fresh) == 0 {
		return nil
	}
	return t.refill(col, fresh, whole)
}

// widen adds columns to the table of a collection.
func (t *transaction) widen(col *collection, added []*column) error {
	for _, c := range added {
		for _, name := range c.names() {
			text := fmt.Sprintf("ALTER TABLE %s ADD COLUMN %s %s NOT NULL DEFAULT %s", table(col.n), name, c.sqlType(), c.nothing())
			if err := t.write(text); err != nil {
				return err
			}
		}
	}
	return nil
}

// copyTable copies the table into one of the new shape, without indexes; added
// columns are empty.
func (t *transaction) copyTable(col *collection, added []*column) error {
	name := table(col.n)
	to, from := slices.Clone(rowColumns), slices.Clone(rowColumns)
	for _, c := range col.shape.Columns {
		for _, column := range c.names() {
			to = append(to, column)
			if slices.Contains(added, c) {
				column = c.nothing()
			}
			from = append(from, column)
		}
	}
	for _, text := range []string{
		col.shape.createTable(name + "_new"),
		fmt.Sprintf("INSERT INTO %s_new(k, %s) SELECT k, %s FROM %s", name, strings.Join(to, ", "), strings.Join(from, ", "), name),
		"DROP TABLE " + name,
		fmt.Sprintf("ALTER TABLE %s_new RENAME TO %s", name, name),
	} {
		if err := t.write(text); err != nil {
			return err
		}
	}
	return nil
}

// refill writes the rows of the entries that have a value in one of the
// fields; with nil those of all entries.
func (t *transaction) refill(col *collection, fields []content.FieldID, how writing) error {
	const step = 200
	for after := 0; ; {
		numbers := make([]int, 0, step)
		entries := make([]*content.Entry, 0, step)
		err := t.c.query(context.Background(), `SELECT n, body FROM entries
			WHERE n > ? AND +collection = ? ORDER BY n LIMIT ?`, []any{after, col.n, step},
			func(v []driver.Value) error {
				after = int(asInt(v[0]))
				e, err := unpackEntry(asBytes(v[1]))
				if err != nil {
					return err
				}
				numbers, entries = append(numbers, after), append(entries, e)
				return nil
			})
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return nil
		}
		for i, e := range entries {
			if !hasAny(e, fields) {
				continue
			}
			if err := t.rows(numbers[i], e, how); err != nil {
				return err
			}
		}
	}
}

func hasAny(e *content.Entry, fields []content.FieldID) bool {
	if fields == nil {
		return true
	}
	found := false
	e.Versions(func(_ content.Locale, v *content.Version) bool {
		for _, f := range fields {
			found = found || v.Values[f] != nil || v.Personal[f] != nil
		}
		return !found
	})
	return found
}

// undefine removes the table of a collection. Its entries stay, without rows,
// until they go or the collection comes back.
func (t *transaction) undefine(id content.CollectionID) error {
	col := t.cat.collections[id]
	if col == nil || col.shape == nil {
		return nil
	}
	name := table(col.n)
	for _, text := range []string{
		"DELETE FROM links WHERE k IN (SELECT k FROM " + name + ")",
		"DELETE FROM bodies WHERE k IN (SELECT k FROM " + name + ")",
		"DROP TABLE " + name,
	} {
		if err := t.write(text); err != nil {
			return err
		}
	}
	for _, text := range []string{`DELETE FROM counts WHERE collection = ?`, `UPDATE collections SET shape = '' WHERE n = ?`} {
		if err := t.write(text, col.n); err != nil {
			return err
		}
	}
	t.replace(&collection{n: col.n, id: id})
	t.collection(id)
	return nil
}
