package view

import (
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
)

// amend gives the catalogue of the transaction for a change: a copy with a new
// version, so that readers and an undone scope keep the one they have.
func (t *transaction) amend() *catalogue {
	t.d.serial++
	t.cat = t.cat.clone(t.d.serial)
	return t.cat
}

// replace puts a changed copy of a collection into the catalogue.
func (t *transaction) replace(col *collection) {
	cat := t.amend()
	cat.collections[col.id] = col
	cat.index()
}

// mention gives the collection of an id, with a new number when it is unknown.
func (t *transaction) mention(id content.CollectionID) (*collection, error) {
	if col := t.cat.collections[id]; col != nil {
		return col, nil
	}
	n, err := t.number(`SELECT coalesce(max(n), 0) + 1 FROM collections`)
	if err != nil {
		return nil, err
	}
	if err := t.write(`INSERT INTO collections(n, id, shape) VALUES(?, ?, '')`, n, id); err != nil {
		return nil, err
	}
	col := &collection{n: n, id: id}
	t.replace(col)
	return col, nil
}

func (t *transaction) number(text string) (int, error) {
	row, err := t.c.one(text)
	if err != nil {
		return 0, err
	}
	return int(asInt(row[0])), nil
}

// fieldNumber gives the number of a field, for ever the same in this file.
func (t *transaction) fieldNumber(col *collection, id content.FieldID) (int, error) {
	row, err := t.c.one(`SELECT n FROM fields WHERE collection = ? AND id = ?`, col.n, id)
	if err != nil {
		return 0, err
	}
	if len(row) > 0 {
		return int(asInt(row[0])), nil
	}
	n, err := t.number(`SELECT coalesce(max(n), 0) + 1 FROM fields`)
	if err != nil {
		return 0, err
	}
	return n, t.write(`INSERT INTO fields(n, collection, id) VALUES(?, ?, ?)`, n, col.n, id)
}

// localeNumber gives the number of a locale; Shared is 0.
func (t *transaction) localeNumber(l content.Locale) (int, error) {
	if l == content.Shared {
		return 0, nil
	}
	if n, ok := t.cat.locales[l]; ok {
		return n, nil
	}
	n := len(t.cat.locales) + 1
	if n >= maxLocales {
		return 0, fmt.Errorf("locale %q: %w", l, errTooManyLocales)
	}
	if err := t.write(`INSERT INTO locales(n, tag) VALUES(?, ?)`, n, l); err != nil {
		return 0, err
	}
	t.amend().locales[l] = n
	return n, nil
}

// shelfNumber gives the number of a shelf.
func (t *transaction) shelfNumber(s shelf) (int, error) {
	if n, ok := t.cat.shelfOf[s]; ok {
		return n, nil
	}
	n := len(t.cat.shelfOf) + 1
	err := t.write(`INSERT INTO shelves(n, trashed, locale, live, newest) VALUES(?, ?, ?, ?, ?)`,
		n, s.trashed, s.locale, s.live, s.newest)
	if err != nil {
		return 0, err
	}
	cat := t.amend()
	cat.shelfOf[s], cat.shelves[n] = n, s
	return n, nil
}

// countKey is what rows are counted by.
type countKey struct {
	shelf  int
	status string
}

// count brings the kept counts of a collection up to date.
func (t *transaction) count(id content.CollectionID, deltas map[countKey]int) error {
	col := t.cat.collections[id]
	for key, delta := range deltas {
		if delta == 0 {
			continue
		}
		err := t.write(`INSERT INTO counts(collection, shelf, status, rows) VALUES(?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET rows = rows + excluded.rows`, col.n, key.shelf, key.status, delta)
		if err != nil {
			return err
		}
		if !slices.Contains(col.used, key.shelf) {
			next := *col
			next.used = append(slices.Clone(col.used), key.shelf)
			slices.Sort(next.used)
			t.replace(&next)
			col = &next
		}
	}
	return nil
}
