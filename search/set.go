package search

import "github.com/recueil-cms/recueil/core/content"

// Set is a set of entries in some of their locales: those that a filter or a
// right lets through. The nil Set has every entry.
type Set struct {
	names    *vocabulary
	any      bits
	byLocale []bits
}

type bits []uint64

func (b bits) has(n uint32) bool {
	at := int(n >> 6)
	return at < len(b) && b[at]&(1<<(n&63)) != 0
}

func (b *bits) add(n uint32) {
	for int(n>>6) >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[n>>6] |= 1 << (n & 63)
}

// NewSet makes an empty set for requests to this index.
func (x *Index) NewSet() *Set { return &Set{names: x.names} }

// Add puts one locale of an entry in. An entry that the index does not have
// cannot be found and is left out.
func (s *Set) Add(id content.EntryID, l content.Locale) {
	entry, ok := s.names.entries.known(string(id))
	if !ok {
		return
	}
	locale := int(s.names.locales.of(string(l)))
	for locale >= len(s.byLocale) {
		s.byLocale = append(s.byLocale, nil)
	}
	s.any.add(entry)
	s.byLocale[locale].add(entry)
}

// has reports whether a document is of the set. The pages of a file are, when
// its entry is in any locale.
func (s *Set) has(entry uint32, locale uint16, page bool) bool {
	if page {
		return s.any.has(entry)
	}
	return int(locale) < len(s.byLocale) && s.byLocale[locale].has(entry)
}
