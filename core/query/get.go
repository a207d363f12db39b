package query

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// State is what readers of drafts learn of one locale of an entry.
type State struct {
	Locale      content.Locale
	Status      content.Status
	PublishedAt *time.Time
	PublishAt   *time.Time
	UnpublishAt *time.Time
	Review      *content.Review
	Comments    []Comment // on fields that the caller may read
}

// Comment is what somebody says about a field, which is called by its name.
type Comment struct {
	ID    string        `json:"id"`
	Field string        `json:"field"`
	Text  string        `json:"text"`
	At    time.Time     `json:"at"`
	By    content.Actor `json:"by"`
}

// Get gives one entry by its id or its slug. With Version.Revision it gives
// the entry as it was then. An entry that does not exist, one that the caller
// may not read and one without a live version are all the same NotFound; an
// entry that only lacks the wanted locale says which locales it has.
func (e *Engine) Get(ctx context.Context, by content.Actor, collection, idOrSlug string, p Params) (*ItemResult, error) {
	if err := notHere(&p, p.Version.Revision == 0); err != nil {
		return nil, err
	}
	if p.Version.Revision > 0 {
		return e.Revision(ctx, by, collection, idOrSlug, p.Version.Revision, p)
	}
	out := &ItemResult{}
	basis, err := e.read(ctx, by, &p, func(s *session) (err error) {
		b, err := s.open(collection, !p.Version.Draft && !p.Trashed, p.Trashed)
		if err != nil {
			return err
		}
		row, err := s.one(b, idOrSlug)
		if err != nil {
			return err
		}
		if out.Item, err = s.single(row, b, &p); err != nil {
			return err
		}
		if !b.live {
			out.States, err = s.states(row.ID, b)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Basis = basis
	return out, nil
}

func (s *session) single(row *view.Row, b *bounds, p *Params) (*Item, error) {
	sel, err := s.selection(b, p.Fields)
	if err != nil {
		return nil, err
	}
	items, err := s.build([]*view.Row{row}, b, sel)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// one finds an entry that the caller may read, by id or slug.
func (s *session) one(b *bounds, idOrSlug string) (*view.Row, error) {
	none := access.Hidden(access.Need{Collection: b.col.Name, Entry: content.EntryID(shown(idOrSlug))})
	id := content.EntryID(idOrSlug)
	if !isEntryID(idOrSlug) {
		row, err := s.bySlug(b, idOrSlug)
		if err != nil || row == nil {
			return nil, orElse(err, none)
		}
		// By a slug the entry is found in the locale of the slug.
		cond, err := s.rows(b, nil)
		if err != nil || cond.Always() && !b.trashed {
			return row, err
		}
		id = row.ID
	}
	rows, err := s.fetch([]content.EntryID{id}, b)
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, orElse(s.otherLocales(b, id), none)
	}
	return rows[0], nil
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// bySlug finds an entry by its slug, if the caller may read slugs, or nil.
func (s *session) bySlug(b *bounds, slug string) (*view.Row, error) {
	f := b.col.Field(b.col.Slug)
	if f == nil || len(slug) > 500 || !b.visible().Fields.Has(f) {
		return nil, nil
	}
	row, err := s.tx.RowBySlug(b.col.ID, slug, b.live, s.locales)
	if errors.Is(err, view.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find %s by slug: %w", b.col.Name, err)
	}
	return row, nil
}

// otherLocales is the problem of an entry that the caller may read, in other
// locales than those asked for; nil when there is no such entry.
func (s *session) otherLocales(b *bounds, id content.EntryID) error {
	wanted := s.locales
	s.locales = withLocales(wanted, s.e.o.Locales())
	rows, err := s.fetch([]content.EntryID{id}, b)
	s.locales = wanted
	if err != nil || len(rows) == 0 {
		return err
	}
	has := make([]string, len(rows[0].Locales))
	for i, l := range rows[0].Locales {
		has[i] = string(l)
	}
	return problem.New(problem.NotFound, "entry_not_in_locale",
		problem.Args{"locale": string(wanted[0]), "locales": has}).With("locales", has)
}

func (s *session) states(id content.EntryID, b *bounds) ([]State, error) {
	e, err := s.tx.Entry(id)
	if err != nil {
		return nil, fmt.Errorf("read entry %s: %w", id, err)
	}
	var out []State
	for _, l := range e.Locales() {
		side := e.Side(l)
		if side.Newest() == nil {
			continue
		}
		out = append(out, State{Locale: l, Status: e.Status(l), PublishedAt: side.PublishedAt,
			PublishAt: side.PublishAt, UnpublishAt: side.UnpublishAt, Review: side.Review,
			Comments: b.comments(side)})
	}
	return out, nil
}

// comments are those on fields that the caller may read: what is said of a
// value may tell it.
func (b *bounds) comments(side *content.Side) []Comment {
	var out []Comment
	for _, c := range side.Comments {
		if f := b.col.Field(c.Field); f != nil && b.visible().Fields.Has(f) {
			out = append(out, Comment{ID: c.ID, Field: f.Name, Text: c.Text, At: c.At, By: c.By})
		}
	}
	return out
}

// readable reports whether the caller may read an entry in any locale, on the
// side of the bounds.
func (s *session) readable(b *bounds, id content.EntryID) (bool, error) {
	locales := s.locales
	s.locales = withLocales(locales, s.e.o.Locales())
	rows, err := s.fetch([]content.EntryID{id}, b)
	s.locales = locales
	return len(rows) > 0, err
}

// Collections gives the collections that the caller may read, with only the
// fields that they may read on some entry or other: what a description of the
// API or a form for filters is made from.
func (e *Engine) Collections(ctx context.Context, by content.Actor) ([]*schema.Collection, Basis, error) {
	var out []*schema.Collection
	basis, err := e.read(ctx, by, &Params{}, func(s *session) error {
		for _, col := range s.tx.Collections() {
			if s.p.Reads(string(col.ID)) {
				set := s.p.Fields(col, access.Read).Union(s.p.Fields(col, access.ReadDraft))
				out = append(out, narrowed(col, set))
			}
		}
		return nil
	})
	return out, basis, err
}
