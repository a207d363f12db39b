package site

import (
	"github.com/recueil-cms/recueil/core/site/frame"
)

// enter gives the visit its frame: the one in memory, if it is still right.
func (v *visit) enter() error {
	slot := v.site.frames[v.Locale]
	f := slot.Load()
	if f == nil || v.Draft != nil || v.Engine.Changed(f.Basis.Depends) > f.Basis.Seq || v.site.theme.Reloads() {
		var err error
		if f, err = frame.Make(v.Reader, v.site.theme); err != nil {
			return err
		}
		if !f.Basis.Volatile {
			slot.Store(f)
		}
	}
	v.frame, v.Collections = f, f.Collections
	v.Note(f.Basis)
	return nil
}
