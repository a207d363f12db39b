package search

import (
	"github.com/recueil-cms/recueil/core/content"
)

// Documents lists the ids of the documents of a side.
func (x *Index) Documents(live bool) (ids []string, err error) {
	g, release, err := x.use()
	if err != nil {
		return nil, err
	}
	defer release()
	r, err := g.store(live).reader()
	if err != nil {
		return nil, err
	}
	defer closing(r, &err)
	for _, seg := range r.Segments() {
		all := seg.DocNumbersLive().Iterator()
		for all.HasNext() {
			id, err := seg.DocID(uint64(all.Next()))
			if err != nil {
				return nil, err
			}
			if string(id) != blankID {
				ids = append(ids, string(id))
			}
		}
	}
	return ids, nil
}

// Everything is a group that opens all classes of the collections.
func Everything(ids ...content.CollectionID) []Group {
	g := Group{In: map[content.CollectionID]*Set{}}
	for c := range Class(classes) {
		g.Classes = g.Classes.With(c)
	}
	for _, id := range ids {
		g.In[id] = nil
	}
	return []Group{g}
}

// Want asks for a rebuild.
func (x *Index) Want() { x.want() }
