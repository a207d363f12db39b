package view

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// row is one row of an entry as it is to be.
type row struct {
	locale  content.Locale
	side    shelf
	values  content.Values
	k       int64
	shelf   int
	status  string
	body    []byte
	bodySum int64
	fixed   []any // cells of rowColumns from "shelf" to "position"
	cells   []any // of the fields
	links   []link
	sum     int64
}

type link struct {
	f    int
	key  string
	use  int
	rank any
}

// written is what the file has of a row.
type written struct {
	shelf, bodySum, sum int64
	status              string
}

// writing says why rows are written.
type writing uint8

const (
	afresh  writing = iota // the entry is new
	changed                // a commit changed the entry
	again                  // the entry is as it was, what is made of it may differ
	whole                  // and columns have lost what the checksums stand for
)

// rows brings the rows of an entry up to date. Only what differs is written:
// most commits touch one locale of one side.
func (t *transaction) rows(n int, e *content.Entry, how writing) error {
	col := t.cat.collections[e.Collection]
	if col.shape == nil {
		return nil
	}
	want, err := t.rowsOf(col, n, e)
	if err != nil {
		return err
	}
	have := map[int64]written{}
	if how != afresh {
		if have, err = t.written(col, n); err != nil {
			return err
		}
	}
	deltas := map[countKey]int{}
	for _, r := range want {
		old, exists := have[r.k]
		delete(have, r.k)
		if how == whole {
			old.sum = ^r.sum
		}
		if exists {
			deltas[countKey{int(old.shelf), old.status}]--
		}
		deltas[countKey{r.shelf, r.status}]++
		if how == again && exists && old.sum == r.sum && old.bodySum == r.bodySum {
			continue
		}
		if err := t.writeRow(col, e, r, old, exists); err != nil {
			return err
		}
	}
	for k, old := range have {
		deltas[countKey{int(old.shelf), old.status}]--
		if err := t.dropRow(col, k); err != nil {
			return err
		}
	}
	return t.count(col.id, deltas)
}

func (t *transaction) written(col *collection, n int) (map[int64]written, error) {
	have := map[int64]written{}
	text := "SELECT k, shelf, bodysum, sum, status FROM " + table(col.n) + " WHERE k >= ? AND k < ?"
	err := t.c.query(context.Background(), text, []any{n * perEntry, (n + 1) * perEntry}, func(v []driver.Value) error {
		have[asInt(v[0])] = written{asInt(v[1]), asInt(v[2]), asInt(v[3]), asText(v[4])}
		return nil
	})
	return have, err
}

// rowsOf derives the rows of an entry: one for each of its locales on each
// side, and only one where both sides have the same values.
func (t *transaction) rowsOf(col *collection, n int, e *content.Entry) ([]*row, error) {
	live, newest := localesOn(e, true), localesOn(e, false)
	var out []*row
	for _, l := range newest { // nothing is live that is not among the newest
		body, err := packValues(e.Working(l))
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", e.ID, err)
		}
		sh := shelf{trashed: e.TrashedAt != nil, locale: l, newest: joinLocales(newest)}
		if !slices.Contains(live, l) {
			out = append(out, &row{locale: l, side: sh, values: e.Working(l), body: body})
			continue
		}
		published, err := packValues(e.Live(l))
		if err != nil {
			return nil, fmt.Errorf("entry %s: %w", e.ID, err)
		}
		twin := shelf{locale: l, live: joinLocales(live)}
		if string(published) == string(body) {
			twin.newest = sh.newest
		} else {
			out = append(out, &row{locale: l, side: sh, values: e.Working(l), body: body})
		}
		out = append(out, &row{locale: l, side: twin, values: e.Live(l), body: published})
	}
	for _, r := range out {
		if err := t.complete(r, col, n, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// localesOn gives the locales that an entry has on a side. One that has none
// on either side, only shared values, has Shared.
func localesOn(e *content.Entry, live bool) []content.Locale {
	var out []content.Locale
	any := false
	for _, l := range e.Locales() {
		s := e.Side(l)
		any = any || s.Newest() != nil
		if (live && s.Published != nil && e.TrashedAt == nil) || (!live && s.Newest() != nil) {
			out = append(out, l)
		}
	}
	shared := e.Side(content.Shared)
	if !any && ((live && shared.Published != nil && e.TrashedAt == nil) || (!live && shared.Newest() != nil)) {
		out = append(out, content.Shared)
	}
	return out
}

// complete derives everything of a row that follows from its values.
func (t *transaction) complete(r *row, col *collection, n int, e *content.Entry) error {
	number, err := t.localeNumber(r.locale)
	if err != nil {
		return err
	}
	if r.shelf, err = t.shelfNumber(r.side); err != nil {
		return err
	}
	r.k = int64(n)*perEntry + int64(number)<<1 + boolInt(r.side.live != "")
	r.status = string(e.Status(r.locale))
	r.bodySum = sumOf(r.body)
	published := nanosOf(e.Side(r.locale).PublishedAt)
	r.fixed = []any{r.shelf, string(e.ID), string(r.locale), r.status, nanos(e.CreatedAt), published,
		nanosOf(e.TrashedAt), userOf(e.CreatedBy), string(e.Parent), e.Position}
	r.fields(t, col, published)
	r.sum = r.checksum(col)
	return nil
}

// fields derives the cells and links.
func (r *row) fields(t *transaction, col *collection, published int64) {
	var rank any = published
	byKey := map[link]int{}
	for _, c := range col.shape.Columns {
		cells, keys := c.cells(r.values[c.field.ID])
		r.cells = append(r.cells, cells...)
		for _, key := range keys {
			byKey[link{f: c.Number, key: key}] |= linkCell
		}
		if col.shape.Rank == c.order() && c.order() != "" {
			rank = cells[len(cells)-1]
		}
	}
	for _, ref := range t.kinds.Refs(col.def, r.values) {
		if c := col.shape.column(ref.Field); c != nil {
			use := linkEntry
			if ref.Ref.Kind == content.RefAsset {
				use = linkAsset
			}
			byKey[link{f: c.Number, key: ref.Ref.ID}] |= use
		}
	}
	for l, use := range byKey {
		r.links = append(r.links, link{l.f, l.key, use, rank})
	}
	slices.SortFunc(r.links, func(a, b link) int {
		if a.f != b.f {
			return a.f - b.f
		}
		return strings.Compare(a.key, b.key)
	})
}

// userOf is the user who acted, or on whose behalf; "" for none.
func userOf(a content.Actor) string {
	if a.Kind == content.ActorUser {
		return a.ID
	}
	return string(a.For)
}

// checksum covers all that a row has besides what changes with every commit.
// Absent cells do not count, so that a new field leaves it as it is.
func (r *row) checksum(col *collection) int64 {
	b := appendCells(nil, r.fixed)
	i := 0
	for _, c := range col.shape.Columns {
		absent := c.absent()
		cells := r.cells[i : i+len(absent)]
		i += len(absent)
		if !slices.Equal(cells, absent) {
			b = appendCells(binary.AppendUvarint(b, uint64(c.Number)), cells)
		}
	}
	for _, l := range r.links {
		b = appendCells(b, []any{l.f, l.key, l.use, l.rank})
	}
	return sumOf(b)
}

// appendCells writes cells so that different ones differ.
func appendCells(b []byte, cells []any) []byte {
	for _, c := range cells {
		switch c := c.(type) {
		case string:
			b = appendText(append(b, 's'), c)
		case int:
			b = binary.AppendVarint(append(b, 'i'), int64(c))
		case int64:
			b = binary.AppendVarint(append(b, 'i'), c)
		case float64:
			b = binary.LittleEndian.AppendUint64(append(b, 'f'), math.Float64bits(c))
		case []byte:
			b = appendText(append(b, 'b'), string(c))
		default:
			b = append(b, 'n')
		}
	}
	return b
}

// sumOf is a checksum that nobody can make collide on purpose at little cost.
func sumOf(b []byte) int64 {
	sum := sha256.Sum256(b)
	return int64(binary.LittleEndian.Uint64(sum[:]))
}

// writeRow writes what differs of a row.
func (t *transaction) writeRow(col *collection, e *content.Entry, r *row, old written, exists bool) error {
	head := []any{e.Revision, e.UpdatedAt, userOf(e.UpdatedBy), actors(e)}
	var err error
	switch {
	case !exists:
		args := slices.Concat([]any{r.k}, head, r.fixed, []any{r.bodySum, r.sum}, r.cells)
		err = t.write(col.shape.insert, args...)
	case old.sum != r.sum:
		args := slices.Concat(head, r.fixed, []any{r.bodySum, r.sum}, r.cells, []any{r.k})
		err = t.write(col.shape.update, args...)
	default:
		err = t.write("UPDATE "+table(col.n)+" SET revision = ?, updated = ?, updater = ?, actors = ?, bodysum = ? WHERE k = ?",
			append(head, r.bodySum, r.k)...)
	}
	if err != nil {
		return err
	}
	if !exists || old.bodySum != r.bodySum {
		err = t.write(`INSERT OR REPLACE INTO bodies(k, body) VALUES(?, ?)`, r.k, r.body)
	}
	if err != nil || (exists && old.sum == r.sum) {
		return err
	}
	return t.writeLinks(r, exists, string(e.ID))
}

func (t *transaction) writeLinks(r *row, exists bool, id string) error {
	if exists {
		if err := t.write(`DELETE FROM links WHERE k = ?`, r.k); err != nil {
			return err
		}
	}
	for _, l := range r.links {
		err := t.write(`INSERT INTO links(k, f, key, use, shelf, rank, entry) VALUES(?, ?, ?, ?, ?, ?, ?)`,
			r.k, l.f, l.key, l.use, r.shelf, l.rank, id)
		if err != nil {
			return err
		}
	}
	return nil
}

// dropRow removes one row.
func (t *transaction) dropRow(col *collection, k int64) error {
	for _, text := range []string{
		"DELETE FROM " + table(col.n) + " WHERE k = ?", `DELETE FROM bodies WHERE k = ?`, `DELETE FROM links WHERE k = ?`,
	} {
		if err := t.write(text, k); err != nil {
			return err
		}
	}
	return nil
}

// dropRows removes all rows of an entry.
func (t *transaction) dropRows(n int, id content.CollectionID) error {
	col := t.cat.collections[id]
	if col.shape == nil {
		return nil
	}
	have, err := t.written(col, n)
	if err != nil {
		return err
	}
	deltas := map[countKey]int{}
	for k, old := range have {
		deltas[countKey{int(old.shelf), old.status}]--
		if err := t.dropRow(col, k); err != nil {
			return err
		}
	}
	return t.count(id, deltas)
}

// actors packs who created and who updated the entry.
func actors(e *content.Entry) string {
	a, b := e.CreatedBy, e.UpdatedBy
	return strings.Join([]string{string(a.Kind), a.ID, string(a.For), string(b.Kind), b.ID, string(b.For)}, "\x1f")
}

func actorsOf(s string) (created, updated content.Actor) {
	w := strings.Split(s, "\x1f")
	if len(w) != 6 {
		return created, updated
	}
	return content.Actor{Kind: content.ActorKind(w[0]), ID: w[1], For: content.UserID(w[2])},
		content.Actor{Kind: content.ActorKind(w[3]), ID: w[4], For: content.UserID(w[5])}
}
