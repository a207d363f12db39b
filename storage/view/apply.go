package view

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// pastKept is how long idempotency keys are kept, by the times of commits.
const pastKept = 24 * time.Hour

// errNoChange says that a change has none of its parts.
var errNoChange = errors.New("empty change")

// commit applies one commit, at its place in the record seq. What it does
// depends on the commits so far and on nothing else.
func (t *transaction) commit(seq commitlog.Seq, place int, c *content.Commit) error {
	revision := 0
	for i := range c.Changes {
		ch := &c.Changes[i]
		if err := t.change(seq, place, ch); err != nil {
			return fmt.Errorf("%s, change %d: %w", c.Action, i, err)
		}
		if ch.Entry != nil && string(ch.Entry.ID) == c.Subject {
			revision = ch.Entry.Revision
		}
	}
	err := t.write(`INSERT OR REPLACE INTO audit(seq, place, at, kind, actor, behalf, action, subject, reason)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, int64(seq), place, c.At,
		string(c.Actor.Kind), c.Actor.ID, string(c.Actor.For), c.Action, c.Subject, c.Reason)
	if err != nil {
		return err
	}
	if err := t.write(`DELETE FROM past WHERE at < ?`, c.At.Add(-pastKept)); err != nil {
		return err
	}
	if c.Key == "" {
		return nil
	}
	return t.write(`INSERT OR REPLACE INTO past(actor, key, seq, subject, revision, request, at)
		VALUES(?, ?, ?, ?, ?, ?, ?)`, pastActor(c.Actor), c.Key, int64(seq), c.Subject, revision, c.Request, c.At)
}

func (t *transaction) change(seq commitlog.Seq, place int, c *content.Change) error {
	switch {
	case c.Entry != nil:
		return t.entry(seq, place, c.Entry)
	case c.Noun != nil:
		return t.noun(c.Noun)
	case c.Gone != nil && c.Gone.Kind == content.NounEntry:
		return t.goneEntry(content.EntryID(c.Gone.ID))
	case c.Gone != nil:
		return t.goneNoun(c.Gone)
	case c.Erased != nil:
		t.scrub = true
		// What an erased entry was once called may have been a person's name.
		return t.write(`DELETE FROM slugs WHERE entry = ?`, c.Erased.ID)
	}
	return errNoChange
}

// nanos gives a time as the tables keep it. What is before 1678 or after 2262
// is kept as the first or the last moment; the zero time as never.
func nanos(at time.Time) int64 {
	switch {
	case at.IsZero():
		return never
	case at.Year() < 1678:
		return never + 1
	case at.Year() > 2261:
		return math.MaxInt64
	}
	return at.UnixNano()
}

func nanosOf(at *time.Time) int64 {
	if at == nil {
		return never
	}
	return nanos(*at)
}

func timeOf(nanos int64) time.Time {
	if nanos == never {
		return time.Time{}
	}
	return time.Unix(0, nanos).UTC()
}

func pastActor(a content.Actor) string {
	return string(a.Kind) + "\x1f" + a.ID + "\x1f" + string(a.For)
}

// entry brings the whole state of an entry into the view.
func (t *transaction) entry(seq commitlog.Seq, place int, e *content.Entry) error {
	e = tidied(e)
	body, err := packEntry(e)
	if err != nil {
		return err
	}
	col, err := t.mention(e.Collection)
	if err != nil {
		return err
	}
	known, err := t.c.one(`SELECT n, collection FROM entries WHERE id = ?`, e.ID)
	if err != nil {
		return err
	}
	if len(known) > 0 && int(asInt(known[1])) != col.n {
		if err := t.goneEntry(e.ID); err != nil { // an entry never moves, but a record decides
			return err
		}
		known = nil
	}
	var n int
	if len(known) > 0 {
		n = int(asInt(known[0]))
		err = t.write(`UPDATE entries SET revision = ?, trashed = ?, personal = ?, body = ? WHERE n = ?`,
			e.Revision, e.TrashedAt != nil, isPersonal(e), body, n)
		if err == nil {
			err = t.place(n, e)
		}
	} else {
		if n, err = t.number(`SELECT coalesce(max(n), 0) + 1 FROM entries`); err != nil {
			return err
		}
		err = t.write(`INSERT INTO entries(n, id, collection, revision, trashed, parent, position, personal, body)
			VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, n, e.ID, col.n, e.Revision, e.TrashedAt != nil,
			e.Parent, e.Position, isPersonal(e), body)
	}
	if err != nil {
		return err
	}
	if err := t.due(n, e, len(known) > 0); err != nil {
		return err
	}
	err = t.write(`INSERT OR REPLACE INTO history(entry, revision, seq, place) VALUES(?, ?, ?, ?)`,
		e.ID, e.Revision, int64(seq), place)
	if err != nil {
		return err
	}
	if err := t.slugs(col, e); err != nil {
		return err
	}
	t.collection(e.Collection)
	if len(known) == 0 {
		return t.rows(n, e, afresh)
	}
	return t.rows(n, e, changed)
}

// place writes the place in the tree only when it differs, to spare its index.
func (t *transaction) place(n int, e *content.Entry) error {
	return t.write(`UPDATE entries SET parent = ?1, position = ?2 WHERE n = ?3 AND (parent <> ?1 OR position <> ?2)`,
		e.Parent, e.Position, n)
}

// tidied gives the entry without sides that are nil.
func tidied(e *content.Entry) *content.Entry {
	for _, s := range e.Sides {
		if s == nil {
			c := *e
			c.Sides = make(map[content.Locale]*content.Side, len(e.Sides))
			for l, s := range e.Sides {
				if s != nil {
					c.Sides[l] = s
				}
			}
			return &c
		}
	}
	return e
}

func isPersonal(e *content.Entry) bool {
	personal := false
	e.Versions(func(_ content.Locale, v *content.Version) bool {
		personal = len(v.Personal) > 0
		return !personal
	})
	return personal
}

// due keeps what is planned for the entry.
func (t *transaction) due(n int, e *content.Entry, known bool) error {
	if known {
		if err := t.write(`DELETE FROM due WHERE entry = ?`, n); err != nil {
			return err
		}
	}
	if e.TrashedAt != nil {
		return nil
	}
	for l, s := range e.Sides {
		for _, planned := range []struct {
			publish bool
			at      *time.Time
		}{{true, s.PublishAt}, {false, s.UnpublishAt}} {
			if planned.at == nil {
				continue
			}
			err := t.write(`INSERT INTO due(entry, locale, publish, at) VALUES(?, ?, ?, ?)`, n, l, planned.publish, *planned.at)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// goneEntry removes an entry and everything made from it.
func (t *transaction) goneEntry(id content.EntryID) error {
	row, err := t.c.one(`SELECT e.n, e.personal, c.id FROM entries e JOIN collections c ON c.n = e.collection WHERE e.id = ?`, id)
	if err != nil || len(row) == 0 {
		return err
	}
	n, col := int(asInt(row[0])), content.CollectionID(asText(row[2]))
	if asInt(row[1]) == 1 {
		t.scrub = true
	}
	if err := t.dropRows(n, col); err != nil {
		return err
	}
	for _, text := range []string{
		`DELETE FROM due WHERE entry = ?1`,
		`DELETE FROM history WHERE entry = ?2`,
		`DELETE FROM slugs WHERE entry = ?2`,
		`DELETE FROM entries WHERE n = ?1`,
	} {
		if err := t.write(text, n, id); err != nil {
			return err
		}
	}
	t.collection(col)
	return nil
}

// noun keeps a noun, and what follows from a definition.
func (t *transaction) noun(n *content.Noun) error {
	body, err := nounBody(n)
	if err != nil {
		return fmt.Errorf("%s %s: %w", n.Kind, n.ID, err)
	}
	err = t.write(`INSERT OR REPLACE INTO nouns(kind, id, lookup, body) VALUES(?, ?, ?, ?)`, n.Kind, n.ID, n.Lookup, body)
	if err != nil {
		return err
	}
	t.touched.noun(n.Kind)
	if n.Kind == content.NounCollection {
		return t.define(content.CollectionID(n.ID), body)
	}
	return nil
}

// nounBody gives the body with the personal members in it, as the codec gives
// it on reading too, in one canonical form.
func nounBody(n *content.Noun) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(n.Body, &members); err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	if len(n.Personal) > 0 {
		if err := json.Unmarshal(n.Personal, &members); err != nil {
			return nil, fmt.Errorf("read personal members: %w", err)
		}
	}
	return json.Marshal(members)
}

func (t *transaction) goneNoun(g *content.Gone) error {
	if err := t.write(`DELETE FROM nouns WHERE kind = ? AND id = ?`, g.Kind, g.ID); err != nil {
		return err
	}
	t.touched.noun(g.Kind)
	switch g.Kind {
	case content.NounUser, content.NounFactor, content.NounIdentity, content.NounPlugin, content.NounPreference:
		t.scrub = true
	case content.NounCollection:
		return t.undefine(content.CollectionID(g.ID))
	}
	return nil
}
