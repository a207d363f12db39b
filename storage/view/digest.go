package view

import (
	"context"
	"crypto/sha256"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"
)

// Digest sums up everything that the view says, in an order that does not
// depend on how the file came about: two views of the same log at the same seq
// have the same digest. recueil check compares it with that of a fresh view.
func (d *DB) Digest(ctx context.Context) (string, error) {
	var out string
	err := d.Read(ctx, func(tx *Tx) error {
		sum := newDigest(tx)
		for _, text := range digested {
			if err := sum.add(text); err != nil {
				return err
			}
		}
		if err := sum.collections(); err != nil {
			return err
		}
		out = hex.EncodeToString(sum.hash.Sum(nil))
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("digest of the view: %w", err)
	}
	return out, nil
}

// digested are the tables that are the same on every site, with the numbers of
// this file replaced by what they stand for.
var digested = []string{
	`SELECT seq FROM state`,
	`SELECT e.id, c.id, e.revision, e.trashed, e.parent, e.position, e.personal, e.body
		FROM entries e JOIN collections c ON c.n = e.collection ORDER BY e.id`,
	`SELECT c.id, s.trashed, s.locale, s.live, s.newest, k.status, k.rows
		FROM counts k JOIN collections c ON c.n = k.collection JOIN shelves s ON s.n = k.shelf
		WHERE k.rows <> 0 ORDER BY 1, 2, 3, 4, 5, 6`,
	`SELECT e.id, d.locale, d.publish, d.at FROM due d JOIN entries e ON e.n = d.entry ORDER BY 1, 2, 3`,
	`SELECT entry, revision, seq, place FROM history ORDER BY entry, revision`,
	`SELECT c.id, s.locale, s.slug, s.entry FROM slugs s JOIN collections c ON c.n = s.collection ORDER BY 1, 2, 3`,
	`SELECT seq, place, at, kind, actor, behalf, action, subject, reason FROM audit ORDER BY seq, place`,
	`SELECT kind, id, lookup, body FROM nouns ORDER BY kind, id`,
	`SELECT actor, key, seq, subject, revision, request, at FROM past ORDER BY actor, key`,
	`SELECT entry, l.k & 1, s.locale, c.id, f.id, l.key, l.use, s.live, s.newest, s.trashed, l.rank
		FROM links l JOIN fields f ON f.n = l.f JOIN collections c ON c.n = f.collection JOIN shelves s ON s.n = l.shelf
		ORDER BY 1, 2, 3, 4, 5, 6`,
}

type digest struct {
	tx   *Tx
	hash hash.Hash
	buf  []byte
}

func newDigest(tx *Tx) *digest { return &digest{tx: tx, hash: sha256.New()} }

func (s *digest) add(text string) error {
	s.hash.Write([]byte("table "))
	return s.tx.c.query(s.tx.ctx, text, nil, func(v []driver.Value) error {
		cells := make([]any, len(v))
		for i := range v {
			cells[i] = v[i]
		}
		s.buf = append(appendCells(s.buf[:0], cells), '\n')
		_, err := s.hash.Write(s.buf)
		return err
	})
}

// collections adds the tables of rows, with the fields in the order of their
// ids.
func (s *digest) collections() error {
	ids := make([]string, 0, len(s.tx.catalogue().collections))
	for id, col := range s.tx.catalogue().collections {
		if col.shape != nil {
			ids = append(ids, string(id))
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		col := s.tx.catalogue().find(id)
		columns := slices.Clone(col.shape.Columns)
		slices.SortFunc(columns, func(a, b *column) int { return strings.Compare(string(a.field.ID), string(b.field.ID)) })
		text := `SELECT r.entry, r.locale, r.k & 1, r.revision, r.updated, r.updater, r.actors, r.status, r.created, r.published,
			r.trashed, r.creator, r.parent, r.position, s.live, s.newest, s.trashed, b.body`
		s.hash.Write([]byte("collection " + id))
		for _, c := range columns {
			s.hash.Write([]byte(" field " + string(c.field.ID)))
			for _, name := range c.names() {
				text += ", r." + name
			}
		}
		text += " FROM " + table(col.n) + ` r LEFT JOIN shelves s ON s.n = r.shelf LEFT JOIN bodies b ON b.k = r.k
			ORDER BY r.entry, r.locale, r.k & 1`
		if err := s.add(text); err != nil {
			return err
		}
	}
	return nil
}
