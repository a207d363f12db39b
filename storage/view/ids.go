package view

import (
	"database/sql/driver"
	"fmt"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// EntryIDs gives the ids of entries of all collections, those in the trash
// too, behind the id after, at most limit of them, in their order.
func (tx *Tx) EntryIDs(after content.EntryID, limit int) ([]content.EntryID, error) {
	var out []content.EntryID
	err := tx.c.query(tx.ctx, `SELECT id FROM entries WHERE id > ? ORDER BY id LIMIT ?`, []any{after, limit},
		func(v []driver.Value) error {
			out = append(out, content.EntryID(asText(v[0])))
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("list the ids of entries: %w", err)
	}
	return out, nil
}

// EachMatch calls f for every locale of every entry of a collection that meets
// a filter on one side, in no order that counts. Relations are followed in any
// locale, those of order first.
func (tx *Tx) EachMatch(col content.CollectionID, live bool, order []content.Locale, filter ask.Filter,
	f func(content.EntryID, content.Locale) error) error {
	c, err := tx.catalogue().table(col)
	if err != nil {
		return err
	}
	shelves := tx.sideShelves(c, live, func(s shelf) bool { return !s.trashed })
	if len(shelves) == 0 {
		return nil
	}
	q := &query{cat: tx.catalogue(), live: live, order: order}
	where, err := q.condition(c, "r", filter)
	if err != nil {
		return fmt.Errorf("match entries of %q: %w", col, err)
	}
	text := "SELECT r.entry, r.locale FROM " + table(c.n) + " r WHERE r.shelf IN (" + numbers(shelves) + ") AND " + where
	return tx.c.query(tx.ctx, text, q.args, func(v []driver.Value) error {
		return f(content.EntryID(asText(v[0])), content.Locale(asText(v[1])))
	})
}

// EntryTotal counts the entries of all collections, those in the trash too.
func (tx *Tx) EntryTotal() (int64, error) {
	row, err := tx.c.one(`SELECT count(*) FROM entries`)
	if err != nil {
		return 0, fmt.Errorf("count the entries: %w", err)
	}
	return asInt(row[0]), nil
}
