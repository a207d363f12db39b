package view

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// slugColumn gives a collection with a table and its slug field.
func (tx *Tx) slugColumn(id content.CollectionID) (*collection, *column, error) {
	col, err := tx.catalogue().table(id)
	if err != nil {
		return nil, nil, err
	}
	if c := col.shape.column(col.def.Slug); c != nil && c.Type == schema.TextColumn {
		return col, c, nil
	}
	return nil, nil, fmt.Errorf("collection %q has no slug: %w", id, ErrNotFound)
}

// EntryBySlug finds the entry that has a slug in a locale; a slug that is not
// localized is the same in all of them. Entries in the trash have none.
// ErrNotFound when there is none.
func (tx *Tx) EntryBySlug(col content.CollectionID, locale content.Locale, slug string, live bool) (content.EntryID, error) {
	c, field, err := tx.slugColumn(col)
	if err != nil {
		return "", err
	}
	shelves := tx.sideShelves(c, live, func(s shelf) bool {
		return !s.trashed && (!field.field.Localized || s.locale == locale || s.locale == content.Shared)
	})
	row, err := tx.c.one(bySlug("SELECT entry FROM "+table(c.n)+" r", field, shelves), slug)
	if err != nil {
		return "", fmt.Errorf("slug %q: %w", slug, err)
	}
	if len(row) == 0 || slug == "" {
		return "", fmt.Errorf("slug %q in %q: %w", slug, col, ErrNotFound)
	}
	return content.EntryID(asText(row[0])), nil
}

// bySlug ends a query for the rows r that have a slug. The plus keeps SQLite
// from walking a whole shelf for the sake of the order: few rows have a slug.
func bySlug(from string, field *column, shelves []int) string {
	return from + " WHERE r." + field.value() + " = ? AND r.shelf IN (" + numbers(shelves) + ") ORDER BY +r.entry"
}

// sideShelves gives the shelves of one side that fit.
func (tx *Tx) sideShelves(c *collection, live bool, fits func(shelf) bool) []int {
	var out []int
	for _, n := range c.used {
		if s := tx.catalogue().shelves[n]; s.side(live) != "" && fits(s) {
			out = append(out, n)
		}
	}
	return out
}

// RowBySlug finds the entry that has a slug in one of the locales, the earlier
// the better, and gives the row that stands for it under this order of
// preference; most often that is the very row with the slug, and one query.
// ErrNotFound when there is none.
func (tx *Tx) RowBySlug(col content.CollectionID, slug string, live bool, locales []content.Locale) (*Row, error) {
	c, field, err := tx.slugColumn(col)
	if err != nil {
		return nil, err
	}
	shelves := tx.sideShelves(c, live, func(s shelf) bool {
		return !s.trashed && (s.locale == content.Shared || slices.Contains(locales, s.locale))
	})
	text := bySlug("SELECT "+rowCells+" FROM "+table(c.n)+" r CROSS JOIN bodies b ON b.k = r.k", field, shelves)
	var best []driver.Value
	place := len(locales) + 1
	err = tx.c.query(tx.ctx, text, []any{slug}, func(v []driver.Value) error {
		at := slices.Index(locales, content.Locale(asText(v[1])))
		if at < 0 {
			at = len(locales)
		}
		if at < place {
			best, place = slices.Clone(v), at
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("slug %q: %w", slug, err)
	}
	if best == nil || slug == "" {
		return nil, fmt.Errorf("slug %q in %q: %w", slug, col, ErrNotFound)
	}
	cat := tx.catalogue()
	if cat.shelves[int(asInt(best[10]))].chosen(live, locales, false) {
		return rowFrom(cat, col, live, best)
	}
	id := content.EntryID(asText(best[0]))
	rows, err := tx.Rows(col, []content.EntryID{id}, live, locales)
	if err != nil {
		return nil, err
	}
	return rows[id], nil
}

// rowsAtOnce is the most ids of one query.
const rowsAtOnce = 128

// Rows gives the rows that stand for entries of one collection under an order
// of preference, for relations. Those that are not there, or in the trash, are
// left out.
func (tx *Tx) Rows(col content.CollectionID, ids []content.EntryID, live bool, locales []content.Locale) (map[content.EntryID]*Row, error) {
	out := make(map[content.EntryID]*Row, len(ids))
	cat := tx.catalogue()
	c, err := cat.table(col)
	if err != nil {
		return nil, err
	}
	shelves := cat.picks(c, live, false, locales, false)
	if len(shelves) == 0 {
		return out, nil
	}
	for part := range slices.Chunk(ids, rowsAtOnce) {
		size := 1 // of the statement: few sizes, so that few are prepared
		for size < len(part) {
			size *= 2
		}
		args := make([]any, size)
		for i := range args {
			args[i] = part[min(i, len(part)-1)]
		}
		text := fmt.Sprintf("SELECT %s FROM entries e CROSS JOIN %s r ON r.k BETWEEN e.n * %d AND e.n * %d + %d AND r.shelf IN (%s)"+
			" CROSS JOIN bodies b ON b.k = r.k WHERE e.id IN (?%s)",
			rowCells, table(c.n), perEntry, perEntry, perEntry-1, numbers(shelves), strings.Repeat(", ?", size-1))
		err := tx.c.query(tx.ctx, text, args, func(v []driver.Value) error {
			row, err := rowFrom(cat, col, live, v)
			if err == nil {
				out[row.ID] = row
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("rows of %q: %w", col, err)
		}
	}
	return out, nil
}

// Taken reports whether an entry other than except has the value in a unique
// field, or as its slug: live or in its newest values, in the trash too. In a
// localized field values of one locale are compared. An empty value is never
// taken.
func (tx *Tx) Taken(col content.CollectionID, field content.FieldID, locale content.Locale, value any, except content.EntryID) (content.EntryID, bool, error) {
	c, err := tx.catalogue().table(col)
	if err != nil {
		return "", false, err
	}
	f := c.shape.column(field)
	if f == nil {
		return "", false, fmt.Errorf("%w: no field %q in %q", ErrBadFilter, field, col)
	}
	cells, keys := f.cells(value)
	if slices.Equal(cells, f.absent()) {
		return "", false, nil
	}
	text, args := "SELECT entry FROM "+table(c.n)+" WHERE "+f.value()+" = ?", []any{cells[0]}
	switch f.Type {
	case schema.NoColumn, schema.PointColumn:
		return "", false, fmt.Errorf("%w: %q cannot be unique", ErrBadFilter, field)
	case schema.KeysColumn:
		places := strings.Repeat(", ?", len(keys)-1)
		text = fmt.Sprintf("SELECT entry FROM %s WHERE k IN (SELECT k FROM links WHERE key IN (?%s) AND f = %d AND use & 1)", table(c.n), places, f.Number)
		args = args[:0]
		for _, key := range keys {
			args = append(args, key)
		}
	}
	if f.field.Localized {
		text += " AND locale IN (?, '')"
		args = append(args, locale)
	}
	row, err := tx.c.one(text+" AND entry <> ? ORDER BY +entry", append(args, except)...)
	if err != nil || len(row) == 0 {
		return "", false, err
	}
	return content.EntryID(asText(row[0])), true, nil
}

// Matches reports whether an entry meets a filter in one locale of one side, in
// the trash too. With Shared an entry that has locales must meet it in all of
// them. It is false when the entry is not there. Relations are followed in the
// locale, else in any other.
func (tx *Tx) Matches(id content.EntryID, live bool, locale content.Locale, f ask.Filter) (bool, error) {
	row, err := tx.c.one(`SELECT e.n, c.id FROM entries e JOIN collections c ON c.n = e.collection WHERE e.id = ?`, id)
	if err != nil || len(row) == 0 {
		return false, err
	}
	cat := tx.catalogue()
	col, err := cat.table(content.CollectionID(asText(row[1])))
	if err != nil {
		return false, err
	}
	q := &query{cat: cat, live: live}
	if locale != content.Shared {
		q.order = []content.Locale{locale}
	}
	where, err := q.condition(col, "r", f)
	if err != nil {
		return false, fmt.Errorf("match entry %s: %w", id, err)
	}
	shelves := tx.sideShelves(col, live, func(s shelf) bool { return true })
	from := asInt(row[0]) * perEntry
	text := fmt.Sprintf("SELECT count(*), coalesce(sum(%s), 0) FROM %s r WHERE r.k BETWEEN %s AND %s AND +r.shelf IN (%s)",
		where, table(col.n), q.bind(from), q.bind(from+perEntry-1), numbers(shelves))
	if locale != content.Shared {
		text += " AND r.locale IN (" + q.bind(string(locale)) + ", '')"
	}
	found, err := tx.c.one(text, q.args...)
	if err != nil || len(found) == 0 {
		return false, err
	}
	return asInt(found[0]) > 0 && asInt(found[0]) == asInt(found[1]), nil
}

// WouldMatch reports whether an entry would meet a filter in its newest values
// after a commit, which is applied and undone. It needs the Tx of a draft.
func (tx *Tx) WouldMatch(c content.Commit, id content.EntryID, locale content.Locale, f ask.Filter) (bool, error) {
	matches := false
	err := tx.Rehearse(func(stage func(content.Commit) error) (err error) {
		if err = stage(c); err == nil {
			matches, err = tx.Matches(id, false, locale, f)
		}
		return err
	})
	return matches, err
}

// Rehearse calls f, which may stage commits and sees them in what it reads.
// All of it is undone at the end. It needs the Tx of a draft.
func (tx *Tx) Rehearse(f func(stage func(content.Commit) error) error) error {
	if tx.w == nil {
		return ErrReadOnly
	}
	return tx.w.scope(false, func() error {
		return f(func(c content.Commit) error { return tx.w.commit(tx.seq+1, maxPlace, &c) })
	})
}

// maxPlace is a place in a record that no commit has.
const maxPlace = 1 << 30
