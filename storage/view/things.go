package view

import (
	"cmp"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Entry gives the whole state of an entry, personal values open. It belongs to
// the caller. ErrNotFound when there is none.
func (tx *Tx) Entry(id content.EntryID) (*content.Entry, error) {
	row, err := tx.c.one(`SELECT body FROM entries WHERE id = ?`, id)
	if err != nil {
		return nil, fmt.Errorf("entry %s: %w", id, err)
	}
	if len(row) == 0 {
		return nil, fmt.Errorf("entry %s: %w", id, ErrNotFound)
	}
	return unpackEntry(asBytes(row[0]))
}

// EachEntry calls f for every entry of a collection, those in the trash too,
// in no order that counts. It holds one entry at a time.
func (tx *Tx) EachEntry(col content.CollectionID, f func(*content.Entry) error) error {
	c := tx.catalogue().collections[col]
	if c == nil {
		return nil
	}
	return tx.c.query(tx.ctx, `SELECT body FROM entries WHERE collection = ?`, []any{c.n}, func(v []driver.Value) error {
		e, err := unpackEntry(asBytes(v[0]))
		if err != nil {
			return err
		}
		return f(e)
	})
}

// Noun gives a noun; its body has the personal members in it, and Personal is
// empty. ErrNotFound when there is none.
func (tx *Tx) Noun(kind content.NounKind, id string) (*content.Noun, error) {
	row, err := tx.c.one(`SELECT id, lookup, body FROM nouns WHERE kind = ? AND id = ?`, kind, id)
	return oneNoun(kind, id, row, err)
}

// NounByLookup finds a noun by its second name. ErrNotFound when there is none.
func (tx *Tx) NounByLookup(kind content.NounKind, lookup string) (*content.Noun, error) {
	if lookup == "" {
		return nil, fmt.Errorf("%s without a name: %w", kind, ErrNotFound)
	}
	row, err := tx.c.one(`SELECT id, lookup, body FROM nouns WHERE kind = ? AND lookup = ? AND lookup <> '' ORDER BY id`, kind, lookup)
	return oneNoun(kind, "by lookup", row, err)
}

func oneNoun(kind content.NounKind, what string, row []driver.Value, err error) (*content.Noun, error) {
	if err == nil && len(row) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", kind, what, err)
	}
	return nounOf(kind, row), nil
}

func nounOf(kind content.NounKind, row []driver.Value) *content.Noun {
	return &content.Noun{Kind: kind, ID: asText(row[0]), Lookup: asText(row[1]), Body: asBytes(row[2])}
}

// Nouns gives the nouns of a kind by id, behind the id after, at most limit.
func (tx *Tx) Nouns(kind content.NounKind, after string, limit int) ([]*content.Noun, error) {
	var out []*content.Noun
	err := tx.c.query(tx.ctx, `SELECT id, lookup, body FROM nouns WHERE kind = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{kind, after, limit}, func(v []driver.Value) error {
			out = append(out, nounOf(kind, v))
			return nil
		})
	return out, err
}

// Children gives the entries under parent, "" for the roots, by position then
// id, those in the trash too: at most limit of them, behind a position.
func (tx *Tx) Children(col content.CollectionID, parent content.EntryID, after string, limit int) ([]Child, error) {
	c := tx.catalogue().collections[col]
	if c == nil {
		return nil, nil
	}
	var out []Child
	err := tx.c.query(tx.ctx, `SELECT id, position, trashed FROM entries
		WHERE collection = ?1 AND parent = ?2 AND (?3 = '' OR position > ?3) ORDER BY position, id LIMIT ?4`,
		[]any{c.n, parent, after, limit}, func(v []driver.Value) error {
			out = append(out, Child{content.EntryID(asText(v[0])), asText(v[1]), asInt(v[2]) == 1})
			return nil
		})
	return out, err
}

// FirstPosition gives the least position among the children of parent, those
// in the trash included; "" when there is none.
func (tx *Tx) FirstPosition(col content.CollectionID, parent content.EntryID) (string, error) {
	return tx.position(`SELECT min(position) FROM entries WHERE collection = ?1 AND parent = ?2 AND position > ''`, col, parent, "")
}

// LastPosition gives the greatest position among the children of parent.
func (tx *Tx) LastPosition(col content.CollectionID, parent content.EntryID) (string, error) {
	return tx.position(`SELECT max(position) FROM entries WHERE collection = ?1 AND parent = ?2`, col, parent, "")
}

// PositionAfter gives the position next behind one among the children of
// parent; "" when none follows.
func (tx *Tx) PositionAfter(col content.CollectionID, parent content.EntryID, position string) (string, error) {
	return tx.position(`SELECT min(position) FROM entries WHERE collection = ?1 AND parent = ?2 AND position > ?3`, col, parent, position)
}

// PositionBefore gives the position next ahead of one among the children of
// parent; "" when none precedes.
func (tx *Tx) PositionBefore(col content.CollectionID, parent content.EntryID, position string) (string, error) {
	return tx.position(`SELECT max(position) FROM entries WHERE collection = ?1 AND parent = ?2 AND position < ?3`, col, parent, position)
}

func (tx *Tx) position(text string, col content.CollectionID, parent content.EntryID, position string) (string, error) {
	c := tx.catalogue().collections[col]
	if c == nil {
		return "", nil
	}
	args := []any{c.n, parent}
	if strings.Contains(text, "?3") {
		args = append(args, position)
	}
	row, err := tx.c.one(text, args...)
	if err != nil || len(row) == 0 {
		return "", err
	}
	return asText(row[0]), nil
}

// Due gives what was planned for now or earlier, the earliest first.
func (tx *Tx) Due(now time.Time, limit int) ([]Due, error) {
	var out []Due
	err := tx.c.query(tx.ctx, `SELECT d.at, e.id, d.locale, d.publish FROM due d JOIN entries e ON e.n = d.entry
		WHERE d.at <= ? ORDER BY d.at, d.entry, d.locale, d.publish LIMIT ?`,
		[]any{now, limit}, func(v []driver.Value) error {
			out = append(out, Due{timeOf(asInt(v[0])), content.EntryID(asText(v[1])), content.Locale(asText(v[2])), asInt(v[3]) == 1})
			return nil
		})
	return out, err
}

// NextDue gives the time of the earliest thing that is planned, and false when
// there is none.
func (tx *Tx) NextDue() (time.Time, bool, error) {
	row, err := tx.c.one(`SELECT at FROM due ORDER BY at LIMIT 1`)
	if err != nil || len(row) == 0 {
		return time.Time{}, false, err
	}
	return timeOf(asInt(row[0])), true, nil
}

// History says which commits made the revisions of an entry ahead of before
// (0: all), the newest first.
func (tx *Tx) History(id content.EntryID, before, limit int) ([]HistoryItem, error) {
	var out []HistoryItem
	err := tx.c.query(tx.ctx, `SELECT h.seq, h.place, h.revision, a.at, a.kind, a.actor, a.behalf, a.action, a.reason
		FROM history h JOIN audit a ON a.seq = h.seq AND a.place = h.place
		WHERE h.entry = ?1 AND (?2 = 0 OR h.revision < ?2) ORDER BY h.revision DESC LIMIT ?3`,
		[]any{id, before, limit}, func(v []driver.Value) error {
			out = append(out, HistoryItem{
				Seq: commitlog.Seq(asInt(v[0])), Index: int(asInt(v[1])), Revision: int(asInt(v[2])),
				At: timeOf(asInt(v[3])), Actor: actorOf(v[4:7]), Action: asText(v[7]), Reason: asText(v[8]),
			})
			return nil
		})
	return out, err
}

func actorOf(v []driver.Value) content.Actor {
	return content.Actor{Kind: content.ActorKind(asText(v[0])), ID: asText(v[1]), For: content.UserID(asText(v[2]))}
}

// Audit gives commits, the newest first. Those of a subject are those that
// were about it and those, of several acts, that changed it among others.
func (tx *Tx) Audit(q AuditQuery) ([]AuditItem, error) {
	if q.Limit < 1 || q.Limit > MaxPage {
		return nil, fmt.Errorf("%w: limit %d", ErrBadFilter, q.Limit)
	}
	text := `SELECT seq, place, at, kind, actor, behalf, action, subject, reason FROM audit WHERE 1`
	var args []any
	add := func(condition string, values ...any) {
		text += " AND " + condition
		args = append(args, values...)
	}
	if q.Before > 0 {
		add("(seq, place) < (?, ?)", int64(q.Before), q.BeforeIndex)
	}
	if q.Actor != "" {
		add("actor = ?", q.Actor)
	}
	if q.Subject != "" {
		add("(subject = ? OR (seq, place) IN (SELECT seq, place FROM history WHERE entry = ?))", q.Subject, q.Subject)
	}
	switch {
	case strings.HasSuffix(q.Action, "."):
		// The plus keeps the order of the log; a prefix is common in it.
		add("+action >= ? AND +action < ?", q.Action, strings.TrimSuffix(q.Action, ".")+"/")
	case q.Action != "":
		add("action = ?", q.Action)
	}
	text += " ORDER BY seq DESC, place DESC LIMIT ?"
	var out []AuditItem
	err := tx.c.query(tx.ctx, text, append(args, q.Limit), func(v []driver.Value) error {
		out = append(out, AuditItem{
			Seq: commitlog.Seq(asInt(v[0])), Index: int(asInt(v[1])), At: timeOf(asInt(v[2])), Actor: actorOf(v[3:6]),
			Action: asText(v[6]), Subject: cmp.Or(q.Subject, asText(v[7])), Reason: asText(v[8]),
		})
		return nil
	})
	return out, err
}

// Past finds the commit that an actor made with an idempotency key. Keys are
// kept for 24 hours, by the times of commits.
func (tx *Tx) Past(actor content.Actor, key string) (*PastCommit, bool, error) {
	row, err := tx.c.one(`SELECT seq, subject, revision, request, at FROM past WHERE actor = ? AND key = ?`, pastActor(actor), key)
	if err != nil || len(row) == 0 {
		return nil, false, err
	}
	return &PastCommit{
		Seq: commitlog.Seq(asInt(row[0])), Subject: asText(row[1]), Revision: int(asInt(row[2])),
		Request: asText(row[3]), At: timeOf(asInt(row[4])),
	}, true, nil
}

// Counts gives the numbers of entries of a collection per locale and status.
// They are kept, not counted.
func (tx *Tx) Counts(col content.CollectionID) ([]Count, error) {
	c := tx.catalogue().collections[col]
	if c == nil {
		return nil, nil
	}
	var out []Count
	err := tx.c.query(tx.ctx, `SELECT s.locale, k.status, sum(k.rows) FROM counts k JOIN shelves s ON s.n = k.shelf
		WHERE k.collection = ? AND s.newest <> '' GROUP BY s.locale, k.status HAVING sum(k.rows) > 0 ORDER BY s.locale, k.status`,
		[]any{c.n}, func(v []driver.Value) error {
			out = append(out, Count{content.Locale(asText(v[0])), content.Status(asText(v[1])), int(asInt(v[2]))})
			return nil
		})
	return out, err
}

// Backlinks gives what points at an entry or asset on one side, in the newest
// values or live, at most limit, by collection, entry, field and locale.
// References inside groups, lists, blocks and Markdown count.
func (tx *Tx) Backlinks(ref content.Ref, live bool, limit int) ([]Backlink, error) {
	use := linkEntry
	if ref.Kind == content.RefAsset {
		use = linkAsset
	}
	side := "s.newest"
	if live {
		side = "s.live"
	}
	var out []Backlink
	err := tx.c.query(tx.ctx, `SELECT l.entry, c.id, f.id, s.locale
		FROM links l JOIN shelves s ON s.n = l.shelf JOIN fields f ON f.n = l.f JOIN collections c ON c.n = f.collection
		WHERE l.key = ? AND l.use & ? AND `+side+` <> '' AND NOT s.trashed ORDER BY c.id, l.entry, f.id, s.locale LIMIT ?`,
		[]any{ref.ID, use, limit}, func(v []driver.Value) error {
			out = append(out, Backlink{content.EntryID(asText(v[0])), content.CollectionID(asText(v[1])),
				content.FieldID(asText(v[2])), content.Locale(asText(v[3]))})
			return nil
		})
	return out, err
}
