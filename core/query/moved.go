package query

import (
	"context"
	"errors"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/view"
)

// Moved gives the live entry that was once to be had under a slug that nothing
// has now, as Get would, so that an old address can lead to where it is. However
// often an entry was renamed, each of its slugs leads to it at once.
func (e *Engine) Moved(ctx context.Context, by content.Actor, collection, slug string, p Params) (*ItemResult, error) {
	if err := notHere(&p, false); err != nil {
		return nil, err
	}
	p.Version = Version{}
	out := &ItemResult{}
	basis, err := e.read(ctx, by, &p, func(s *session) error {
		b, err := s.open(collection, true, false)
		if err != nil {
			return err
		}
		s.depend(Dependency{Collection: b.col.ID})
		id, err := s.tx.FormerSlug(b.col.ID, slug, s.locales)
		if errors.Is(err, view.ErrNotFound) || err == nil && !b.visible().Fields.Has(b.col.Field(b.col.Slug)) {
			return access.Hidden(access.Need{Collection: b.col.Name, Entry: content.EntryID(shown(slug))})
		}
		if err != nil {
			return err
		}
		row, err := s.one(b, string(id))
		if err != nil {
			return err
		}
		out.Item, err = s.single(row, b, &p)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Basis = basis
	return out, nil
}
