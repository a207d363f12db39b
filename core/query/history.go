package query

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// RevisionInfo says who made a revision of an entry, and how. Action and
// Reason are as in the log.
type RevisionInfo struct {
	Revision int
	At       time.Time
	Actor    content.Actor
	Action   string
	Reason   string
}

// Revisions gives the history of an entry, newest first; it takes the right to
// read its draft. next is the cursor for page[after], "" at the end.
func (e *Engine) Revisions(ctx context.Context, by content.Actor, collection, id string, p Params) (items []RevisionInfo, next string, basis Basis, err error) {
	if p.Fields != "" || p.Filter != nil || p.Sort != "" || p.Page.Number > 0 || p.Page.Before != "" || p.Count != "" || p.Trashed {
		return nil, "", Basis{}, problem.Parameter(firstSet(&p), "parameter_not_here", nil)
	}
	before := 0
	if p.Page.After != "" {
		if before, err = number("page[after]", p.Page.After, 1<<31-1); err != nil {
			return nil, "", Basis{}, badCursor("page[after]")
		}
	}
	basis, err = e.read(ctx, by, &p, func(s *session) error {
		entry, err := s.draftOf(collection, id)
		if err != nil {
			return err
		}
		found, err := s.tx.History(entry, before, p.size()+1)
		if err != nil {
			return fmt.Errorf("read history of %s: %w", entry, err)
		}
		if len(found) > p.size() {
			found = found[:p.size()]
			next = strconv.Itoa(found[len(found)-1].Revision)
		}
		for _, h := range found {
			items = append(items, RevisionInfo{h.Revision, h.At, h.Actor, h.Action, h.Reason})
		}
		return nil
	})
	return items, next, basis, err
}

func firstSet(p *Params) string {
	switch {
	case p.Fields != "":
		return "fields"
	case p.Filter != nil:
		return "filter"
	case p.Sort != "":
		return "sort"
	case p.Count != "":
		return "count"
	case p.Trashed:
		return "trashed"
	}
	return "page"
}

// draftOf finds an entry whose draft, or trashed draft, the caller may read.
func (s *session) draftOf(collection, idOrSlug string) (content.EntryID, error) {
	b, err := s.open(collection, false, false)
	if err != nil {
		return "", err
	}
	if !isEntryID(idOrSlug) {
		row, err := s.one(b, idOrSlug)
		if err != nil {
			return "", err
		}
		return row.ID, nil
	}
	id := content.EntryID(idOrSlug)
	ok, err := s.readable(b, id)
	if err != nil {
		return "", err
	}
	if !ok {
		if trash := s.boundsOf(b.col, false, true); trash.err == nil {
			ok, err = s.readable(trash, id)
		}
	}
	if err == nil && !ok {
		err = access.Hidden(access.Need{Collection: collection, Entry: id})
	}
	return id, err
}

// Revision gives an entry as it was after one of its revisions, with the rights
// and the definition of today. Values that were erased since are absent.
func (e *Engine) Revision(ctx context.Context, by content.Actor, collection, id string, n int, p Params) (*ItemResult, error) {
	if err := notHere(&p, false); err != nil {
		return nil, err
	}
	var at view.HistoryItem
	var entry content.EntryID
	_, err := e.read(ctx, by, &p, func(s *session) (err error) {
		if entry, err = s.draftOf(collection, id); err != nil {
			return err
		}
		at, err = s.revision(entry, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The log is read outside of the view: it may have to fetch the record.
	past, err := e.past(ctx, entry, at)
	if err != nil {
		return nil, err
	}
	out := &ItemResult{}
	out.Basis, err = e.read(ctx, by, &p, func(s *session) (err error) {
		if _, err := s.draftOf(collection, string(entry)); err != nil {
			return err
		}
		now, err := s.tx.Entry(entry)
		if err != nil {
			return err
		}
		if now.ErasedAt != nil {
			past = past.WithoutPersonal() // the key may be there for a moment longer
		}
		b, err := s.open(collection, false, false)
		if err != nil {
			return err
		}
		row := pastRow(past, s.locales)
		if row == nil {
			return problem.New(problem.NotFound, "entry_not_in_locale",
				problem.Args{"locale": string(s.locales[0]), "locales": localeNames(past.Locales())})
		}
		out.Item, err = s.single(row, b, &p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func localeNames(locales []content.Locale) []string {
	out := make([]string, len(locales))
	for i, l := range locales {
		out[i] = string(l)
	}
	return out
}

func (s *session) revision(id content.EntryID, n int) (view.HistoryItem, error) {
	items, err := s.tx.History(id, n+1, 1)
	if err != nil {
		return view.HistoryItem{}, fmt.Errorf("read history of %s: %w", id, err)
	}
	if len(items) == 0 || items[0].Revision != n {
		return view.HistoryItem{}, problem.New(problem.NotFound, "revision_not_found", problem.Args{"revision": n})
	}
	return items[0], nil
}

// past reads the state of an entry out of the record that made it.
func (e *Engine) past(ctx context.Context, id content.EntryID, at view.HistoryItem) (*content.Entry, error) {
	if e.log == nil {
		return nil, fmt.Errorf("read revision %d of %s: this engine has no log", at.Revision, id)
	}
	record, err := e.log.Read(ctx, at.Seq)
	if err != nil {
		return nil, problem.Wrap(err, problem.Unavailable, "history_unavailable", nil)
	}
	if at.Index < len(record.Values) {
		for _, c := range record.Values[at.Index].Changes {
			if c.Entry != nil && c.Entry.ID == id && c.Entry.Revision == at.Revision {
				return c.Entry, nil
			}
		}
	}
	return nil, fmt.Errorf("record %d has no revision %d of %s", at.Seq, at.Revision, id)
}

// pastRow is the row of a past state, in the first of the locales that it has.
func pastRow(e *content.Entry, locales []content.Locale) *view.Row {
	row := &view.Row{ID: e.ID, Collection: e.Collection, Revision: e.Revision, CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
		CreatedBy: e.CreatedBy, UpdatedBy: e.UpdatedBy, Parent: e.Parent, Position: e.Position, Locales: e.Locales()}
	for _, l := range locales {
		if values := e.Working(l); values != nil {
			row.Locale, row.Values, row.Status, row.PublishedAt = l, values, e.Status(l), e.Side(l).PublishedAt
			return row
		}
	}
	if v := e.Working(content.Shared); len(row.Locales) == 0 && v != nil {
		row.Values, row.Status, row.PublishedAt = v, e.Status(content.Shared), e.Side(content.Shared).PublishedAt
		return row
	}
	return nil
}

// AuditItem is one commit in the audit trail.
type AuditItem struct {
	Seq     commitlog.Seq
	At      time.Time
	Actor   content.Actor
	Action  string
	Subject string
	Reason  string
}

// AuditFilter narrows the audit trail; the zero value is all of it.
type AuditFilter struct {
	Actor   string
	Action  string // a name, or the beginning of one up to a dot: "entry."
	Subject string
}

// Audit gives the audit trail, newest first; it takes the right to read
// "@audit". next is the cursor for page[after], "" at the end.
func (e *Engine) Audit(ctx context.Context, by content.Actor, f AuditFilter, page Page) (items []AuditItem, next string, err error) {
	p := Params{Page: page}
	q := view.AuditQuery{Limit: p.size() + 1, Actor: f.Actor, Action: f.Action, Subject: f.Subject}
	if q.Before, q.BeforeIndex, err = auditPlace(page.After); err != nil {
		return nil, "", err
	}
	_, err = e.read(ctx, by, &p, func(s *session) error {
		if _, err := s.p.Allow(access.Need{Verb: access.Read, Collection: access.Audit}); err != nil {
			return err
		}
		found, err := s.tx.Audit(q)
		if err != nil {
			return fmt.Errorf("read audit trail: %w", err)
		}
		if len(found) > p.size() {
			found = found[:p.size()]
			last := found[len(found)-1]
			next = base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", last.Seq, last.Index))
		}
		for _, a := range found {
			items = append(items, AuditItem{a.Seq, a.At, a.Actor, a.Action, a.Subject, a.Reason})
		}
		return nil
	})
	return items, next, err
}

// auditPlace reads a cursor of the audit trail. Any place is a good one, so it
// needs no checksum.
func auditPlace(cursor string) (commitlog.Seq, int, error) {
	if cursor == "" {
		return 0, 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	seq, index, ok := strings.Cut(string(raw), ".")
	before, errSeq := strconv.ParseUint(seq, 10, 63)
	at, errIndex := strconv.ParseUint(index, 10, 31)
	if err != nil || !ok || errSeq != nil || errIndex != nil || before == 0 {
		return 0, 0, badCursor("page[after]")
	}
	return commitlog.Seq(before), int(at), nil
}

// Backlink is an entry that points at something, and the field it does so
// with.
type Backlink struct {
	Item  *Item
	Field string
}

// MaxBacklinks is the most back-links of one answer.
const MaxBacklinks = 500

// Backlinks gives the entries that point at an entry or asset, of those that
// the caller may read by a field that they may read: live ones, or drafts with
// Version.Draft. The items show their title only.
func (e *Engine) Backlinks(ctx context.Context, by content.Actor, ref content.Ref, p Params) ([]Backlink, Basis, error) {
	var out []Backlink
	basis, err := e.read(ctx, by, &p, func(s *session) error {
		s.locales = withLocales(s.locales, e.o.Locales())
		live := !p.Version.Draft
		found, err := s.tx.Backlinks(ref, live, MaxBacklinks)
		if err != nil {
			return fmt.Errorf("find back-links: %w", err)
		}
		out, err = s.backlinks(found, live)
		return err
	})
	return out, basis, err
}

type backlinkKey struct {
	col   content.CollectionID
	field content.FieldID
}

// backlinks turns what the view found into items, grouped by field, so that
// each field's own right and rows decide.
func (s *session) backlinks(found []view.Backlink, live bool) ([]Backlink, error) {
	groups := map[backlinkKey][]content.EntryID{}
	var order []backlinkKey
	for _, l := range found {
		key := backlinkKey{l.Collection, l.Field}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], l.Entry)
	}
	var out []Backlink
	for _, key := range order {
		s.depend(Dependency{Collection: key.col})
		col := s.tx.Collection(string(key.col))
		if col == nil {
			continue
		}
		f := col.Field(key.field)
		b := s.boundsOf(col, live, false)
		if b.err != nil || f == nil || !b.visible().Grants(f) {
			continue
		}
		cond, err := s.rows(b, []*schema.Field{f})
		if err != nil {
			return nil, err
		}
		rows, err := s.matching(groups[key], b, cond)
		if err != nil {
			return nil, err
		}
		items, err := s.titles(groups[key], rows, b)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			out = append(out, Backlink{Item: it, Field: f.Name})
		}
	}
	return out, nil
}

// titles builds items that show their title, in the order of ids.
func (s *session) titles(ids []content.EntryID, byID map[content.EntryID]*view.Row, b *bounds) ([]*Item, error) {
	var rows []*view.Row
	for _, id := range ids {
		if r := byID[id]; r != nil {
			rows = append(rows, r)
			delete(byID, id)
		}
	}
	sel := &ask.Selection{Fields: []ask.Selected{{Name: schema.SysLocale, System: schema.SysLocale}}}
	if f := b.col.Field(b.col.Title); f != nil {
		sel.Fields = append(sel.Fields, ask.Selected{Name: f.Name, Field: f.ID})
	}
	items, err := s.build(rows, b, sel)
	for _, it := range items {
		it.shows |= showCollection
	}
	return items, err
}
