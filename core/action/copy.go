package action

import (
	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// CopyEntry makes a new entry with the newest values of another, as drafts,
// behind it in the tree. The slug is made anew; values of other unique fields,
// and those that the caller may not both read and write, personal ones among
// them, are left out.
type CopyEntry struct {
	ID      content.EntryID
	Locales []content.Locale // none: all that the entry has
}

// Name is "entry.copy".
func (CopyEntry) Name() string { return "entry.copy" }

// Needs the right to read the draft of the one and to create the other.
func (a CopyEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	needs, err := need(tx, access.ReadDraft, a.ID, a.Locales...)
	if err != nil {
		return nil, err
	}
	c := needs[0].Of
	return append(needs, access.Need{Verb: access.Create, Collection: string(c.ID), Of: c}), nil
}

// Plan copies.
func (a CopyEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	source, err := begin(tx, env, a.ID, anyRevision(tx, a.ID))
	if err != nil {
		return nil, err
	}
	if err := onlyOne(tx, source.col); err != nil {
		return nil, err
	}
	locales, err := source.facesOf(a.Locales)
	if err != nil {
		return nil, err
	}
	e := create(env, source.col, content.EntryID(env.NewID()))
	if source.col.Tree {
		if err := e.place(tx, source.Parent, source.ID, ""); err != nil {
			return nil, err
		}
	}
	readable, err := readableFields(tx, env, source)
	if err != nil {
		return nil, err
	}
	all := make([]given, 0, len(locales))
	for _, l := range locales {
		g := given{face: l, input: schema.Split(source.col, source.copyable(l, readable))}
		e.put(content.Shared, g.input.Shared, g.input.SharedPersonal)
		if l != content.Shared {
			e.put(l, g.input.Localized, g.input.LocalizedPersonal)
		}
		all = append(all, g)
	}
	// References are as they were: what they have lost since is for the next
	// editor to see, not a reason to refuse the copy.
	for _, g := range all {
		if err := e.deriveSlug(tx, g.face); err != nil {
			return nil, err
		}
	}
	if len(faces(e.Entry)) == 0 || !has(e.Entry, faces(e.Entry)[0]) {
		return nil, problem.New(problem.Conflict, "nothing_to_copy", nil)
	}
	return e.changes(), e.checkSize()
}

// anyRevision matches whatever revision the entry has: a copy changes nothing
// of it, so that no one needs to say which they mean.
func anyRevision(tx *view.Tx, id content.EntryID) *int {
	e, err := tx.Entry(id)
	if err != nil {
		return nil
	}
	return &e.Revision
}

// copyable gives the values of a locale that a copy takes over.
func (e *edit) copyable(l content.Locale, may func(*schema.Field) bool) content.Values {
	out := content.Values{}
	for id, v := range e.Working(l) {
		f := e.col.Field(id)
		if f != nil && !f.Unique && id != e.col.Slug && may(f) {
			out[id] = v
		}
	}
	return out
}

// readableFields tells which fields the caller may read of this entry and
// write to a new one. Grants that reach only some entries count when this is
// one of them.
func readableFields(tx *view.Tx, env Env, e *edit) (func(*schema.Field) bool, error) {
	scope, err := env.Policy.Allow(needOf(e.col, access.ReadDraft, e.ID, content.Shared))
	if err != nil {
		return nil, err
	}
	read := scope.Fields
	for _, part := range scope.Parts() {
		filter, err := scope.FilterOf(part, e.col, tx.Collection, env.Kinds)
		if err != nil {
			return nil, err
		}
		ok, err := tx.Matches(e.ID, false, faces(e.Entry)[0], filter)
		if err != nil {
			return nil, err
		}
		if ok {
			read = read.Union(part.Fields)
		}
	}
	write := env.Policy.Fields(e.col, access.Create)
	return func(f *schema.Field) bool { return read.Has(f) && write.Has(f) }, nil
}
