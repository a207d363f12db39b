package site

import (
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/site/frame"
)

// enter gives the visit its frame: the one in memory, if it is still right.
func (v *visit) enter() error {
	slot := v.site.frames[v.Locale]
	if f := slot.Load(); f != nil && v.Draft == nil && !v.site.theme.Reloads() {
		if basis, holds := v.Engine.Renew(f.Basis); holds {
			v.in(f, basis)
			return nil
		}
	}
	f, err := frame.Make(v.Reader, v.site.theme)
	if err != nil {
		return err
	}
	if !f.Basis.Volatile {
		slot.Store(f)
	}
	v.in(f, f.Basis)
	return nil
}

// in puts the visit into a frame, as it was at a moment.
func (v *visit) in(f *frame.Frame, b query.Basis) {
	v.frame, v.Collections = f, f.Collections
	v.Note(b)
}
