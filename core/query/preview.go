package query

import (
	"context"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Preview gives the newest version of one entry, by its id, as visitors would
// see it if it were live: only what they may read of it, and around it only
// what is live. It is refused unless maker may read the draft now, and unless
// visitors may read the collection. What it gives is Volatile.
func (e *Engine) Preview(ctx context.Context, maker content.Actor, collection content.CollectionID, id content.EntryID, p Params) (*ItemResult, error) {
	if err := notHere(&p, false); err != nil {
		return nil, err
	}
	mine := Params{Fields: "id", Locale: p.Locale, AnyLocale: p.AnyLocale, Version: Version{Draft: true}}
	if _, err := e.Get(ctx, maker, string(collection), string(id), mine); err != nil {
		return nil, err
	}
	out := &ItemResult{}
	basis, err := e.read(ctx, content.Actor{Kind: content.ActorVisitor}, &p, func(s *session) error {
		col := s.tx.Collection(string(collection))
		if col == nil {
			return access.Hidden(access.Need{Collection: string(collection)})
		}
		scope, err := s.p.Allow(access.Need{Verb: access.Read, Collection: col.Name, Of: col})
		if problem.KindOf(err) == problem.NotFound {
			return problem.Wrap(err, problem.Invalid, "preview_not_public", problem.Args{"collection": col.Name})
		}
		if err != nil {
			return err
		}
		b := &bounds{col: col, scopes: []access.Scope{scope}, preview: true}
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
	basis.Volatile = true
	out.Basis = basis
	return out, nil
}
