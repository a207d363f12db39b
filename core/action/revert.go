package action

import (
	"context"
	"maps"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// RevertEntry takes the newest values that a locale, and what it shares, had
// at an earlier revision as a new draft. Values of fields that no longer
// exist, or that break today's rules, are left out and named in the receipt.
// Personal values that were erased since do not come back.
type RevertEntry struct {
	ID      content.EntryID
	Locale  content.Locale
	To      int // the earlier revision
	IfMatch *int

	old *content.Entry // set by prepare
}

// Name is "entry.revert".
func (RevertEntry) Name() string { return "entry.revert" }

func (a RevertEntry) prepare(ctx context.Context, r *Runner, _ content.Actor) (Action, error) {
	if r.o.Past == nil {
		return nil, problem.New(problem.Internal, "no_past", nil)
	}
	old, err := r.o.Past.Revision(ctx, a.ID, a.To)
	a.old = old
	return a, err
}

// Needs the right to update the fields that would change.
func (a RevertEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	e, c, err := entryOf(tx, a.ID)
	if err != nil {
		return nil, err
	}
	n := needOf(c, access.Update, a.ID, a.Locale)
	if a.old != nil {
		l := faceOf(e, c, a.Locale)
		for _, id := range differing(e.Working(l), a.old.Working(faceOf(a.old, c, a.Locale))) {
			if c.Field(id) != nil {
				n.Fields = append(n.Fields, id)
			}
		}
		slices.Sort(n.Fields)
	}
	return []access.Need{n}, nil
}

// Plan saves the earlier values.
func (a RevertEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if a.old == nil {
		return nil, problem.New(problem.Internal, "no_past", nil)
	}
	l, from := faceOf(e.Entry, e.col, a.Locale), faceOf(a.old, e.col, a.Locale)
	values := a.old.Working(from)
	if values == nil {
		return nil, problem.New(problem.NotFound, "locale_missing_then", problem.Args{"locale": string(l), "revision": a.To})
	}
	in := e.earlier(values, e.Working(l), lost(a.old, from) || e.ErasedAt != nil)
	if e.put(content.Shared, in.Shared, in.SharedPersonal) {
		e.touched(content.Shared)
	}
	if l != content.Shared && e.put(l, in.Localized, in.LocalizedPersonal) {
		e.touched(l)
	}
	if sameSides(e.was, e.Entry) {
		return nil, nil
	}
	if err := e.mayChangePlanned(tx); err != nil {
		return nil, err
	}
	if err := e.settle(tx, []given{{face: l, input: in}}); err != nil {
		return nil, err
	}
	return e.changes(), nil
}

// lost reports whether personal values of the newest versions cannot be read
// any more.
func lost(e *content.Entry, l content.Locale) bool {
	for _, v := range []*content.Version{e.Side(l).Newest(), e.Side(content.Shared).Newest()} {
		if v != nil && v.Sealed != nil && v.Personal == nil {
			return true
		}
	}
	return false
}

// earlier makes the input that brings old values back over the present ones:
// what was empty then is emptied. With lost, personal fields are left alone.
func (e *edit) earlier(old, now content.Values, lost bool) schema.Input {
	next := content.Values{}
	for _, id := range slices.Sorted(maps.Keys(old)) {
		f := e.col.Field(id)
		if f == nil {
			e.env.out.dropped = append(e.env.out.dropped, string(id))
			continue
		}
		kept, err := e.env.Kinds[f.Kind].Normalize(*f, old[id])
		if err != nil {
			e.env.out.dropped = append(e.env.out.dropped, f.Name)
			continue
		}
		next[id] = kept
	}
	for id := range now {
		if _, there := old[id]; !there && e.col.Field(id) != nil {
			next[id] = nil
		}
	}
	for i := range e.col.Fields {
		if f := &e.col.Fields[i]; f.Personal && lost {
			delete(next, f.ID)
		}
	}
	return schema.Split(e.col, next)
}
