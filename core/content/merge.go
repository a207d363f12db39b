package content

import (
	"maps"
	"slices"
)

func sortedLocales(sides map[Locale]*Side) []Locale {
	out := make([]Locale, 0, len(sides))
	for l := range sides {
		if l != Shared {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return out
}

// Live gives the merged published values of one locale with what the locales
// share, personal ones included, or nil when that locale is not live.
func (e *Entry) Live(l Locale) Values {
	s := e.Side(l)
	if s.Published == nil || e.TrashedAt != nil {
		return nil
	}
	return merge(e.Side(Shared).Published, s.Published)
}

// Working gives the merged newest values of one locale with what the locales
// share, or nil when the entry has no such locale.
func (e *Entry) Working(l Locale) Values {
	s := e.Side(l)
	if s.Newest() == nil {
		return nil
	}
	return merge(e.Side(Shared).Newest(), s.Newest())
}

func merge(versions ...*Version) Values {
	out := Values{}
	for _, v := range versions {
		if v != nil {
			maps.Copy(out, v.Values)
			maps.Copy(out, v.Personal)
		}
	}
	return out
}

// Clone copies the entry deeply enough that sides and versions of the copy can
// be replaced; values inside a Version are shared and must not be changed.
func (e *Entry) Clone() *Entry {
	c := *e
	c.Sides = make(map[Locale]*Side, len(e.Sides))
	for l, s := range e.Sides {
		side := *s
		c.Sides[l] = &side
	}
	return &c
}

// WithoutPersonal gives a copy without the personal values of any version.
func (e *Entry) WithoutPersonal() *Entry {
	c := e.Clone()
	strip := func(v *Version) *Version {
		if v == nil || v.Personal == nil {
			return v
		}
		bare := *v
		bare.Personal = nil
		return &bare
	}
	for _, s := range c.Sides {
		s.Published, s.Draft = strip(s.Published), strip(s.Draft)
	}
	return c
}

// Versions yields the distinct versions that the entry holds.
func (e *Entry) Versions(yield func(Locale, *Version) bool) {
	for _, l := range append([]Locale{Shared}, e.Locales()...) {
		s := e.Side(l)
		if s.Published != nil && !yield(l, s.Published) {
			return
		}
		if s.Draft != nil && s.Draft != s.Published && !yield(l, s.Draft) {
			return
		}
	}
}
