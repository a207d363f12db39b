package view

import (
	"maps"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// changes says at which seq things changed last. It is replaced, never
// changed, so that readers need no lock. What it does not name changed at all
// or earlier.
type changes struct {
	all         commitlog.Seq // every collection and every kind of noun
	collections map[content.CollectionID]commitlog.Seq
	every       commitlog.Seq // every collection: definitions and roles
	nouns       map[content.NounKind]commitlog.Seq
}

// Changed gives the seq of the last commit that changed entries of a
// collection, or its definition, or any role. It never waits, and is never
// ahead of what readers see. After a start it is the seq of the start.
func (d *DB) Changed(col content.CollectionID) commitlog.Seq {
	c := d.changes.Load()
	return max(c.all, c.every, c.collections[col])
}

// ChangedNouns gives the seq of the last commit that changed nouns of a kind.
func (d *DB) ChangedNouns(kind content.NounKind) commitlog.Seq {
	c := d.changes.Load()
	return max(c.all, c.nouns[kind])
}

// touched collects what a transaction changes.
type touched struct {
	collections map[content.CollectionID]bool
	every       bool
	nouns       map[content.NounKind]bool
	scrub       bool // something was erased
}

func (t touched) clone() touched {
	t.collections, t.nouns = maps.Clone(t.collections), maps.Clone(t.nouns)
	return t
}

func (t *touched) collection(id content.CollectionID) {
	if t.collections == nil {
		t.collections = map[content.CollectionID]bool{}
	}
	t.collections[id] = true
}

func (t *touched) noun(kind content.NounKind) {
	if t.nouns == nil {
		t.nouns = map[content.NounKind]bool{}
	}
	t.nouns[kind] = true
	t.every = t.every || kind == content.NounCollection || kind == content.NounRole
}

// after gives the changes with those of a transaction at seq.
func (c *changes) after(t touched, seq commitlog.Seq) *changes {
	out := &changes{all: c.all, every: c.every, collections: c.collections, nouns: c.nouns}
	if t.every {
		out.every = seq
	}
	if len(t.collections) > 0 {
		out.collections = maps.Clone(c.collections)
		if out.collections == nil {
			out.collections = map[content.CollectionID]commitlog.Seq{}
		}
		for id := range t.collections {
			out.collections[id] = seq
		}
	}
	if len(t.nouns) > 0 {
		out.nouns = maps.Clone(c.nouns)
		if out.nouns == nil {
			out.nouns = map[content.NounKind]commitlog.Seq{}
		}
		for kind := range t.nouns {
			out.nouns[kind] = seq
		}
	}
	return out
}
