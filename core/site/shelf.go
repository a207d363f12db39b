package site

import (
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/site/shelf"
)

type shelfKey struct {
	locale     content.Locale
	collection content.CollectionID
}

// shelf gives the shelf of a collection, or nil when it is too long.
func (v *visit) shelf(col *schema.Collection) (*shelf.Shelf, error) {
	key := shelfKey{v.Locale, col.ID}
	visitor := v.By.Kind == content.ActorVisitor && v.Draft == nil
	if kept, ok := v.site.shelves.Load(key); ok && visitor {
		s, _ := kept.(*shelf.Shelf)
		if s != nil {
			if basis, holds := v.Engine.Renew(s.Basis); holds {
				v.Note(basis)
				return s, nil
			}
		}
	}
	r := v.Apart(v.By)
	s, err := shelf.Fill(r, col)
	if err != nil || s == nil {
		return nil, err
	}
	s.Basis = r.Basis()
	v.Note(s.Basis)
	if visitor && !s.Basis.Volatile {
		v.site.shelves.Store(key, s)
	}
	return s, nil
}
