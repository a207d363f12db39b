package action

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// entryOf gives an entry and its collection, or a NotFound problem.
func entryOf(tx *view.Tx, id content.EntryID) (*content.Entry, *schema.Collection, error) {
	e, err := tx.Entry(id)
	if errors.Is(err, view.ErrNotFound) {
		return nil, nil, noEntry(id)
	}
	if err != nil {
		return nil, nil, err
	}
	c := tx.Collection(string(e.Collection))
	if c == nil {
		return nil, nil, noEntry(id)
	}
	return e, c, nil
}

// noEntry is the same answer as to an entry that the caller may not know of.
func noEntry(id content.EntryID) error {
	return access.Hidden(access.Need{Entry: content.EntryID(problem.Short(string(id)))})
}

func collectionOf(tx *view.Tx, name string) (*schema.Collection, error) {
	c := tx.Collection(name)
	if c == nil {
		return nil, access.Hidden(access.Need{Collection: problem.Short(name)})
	}
	return c, nil
}

// need is what most actions on one entry take: one verb, in each locale that
// is meant; without locales, for the entry as a whole.
func need(tx *view.Tx, verb access.Verb, id content.EntryID, locales ...content.Locale) ([]access.Need, error) {
	_, c, err := entryOf(tx, id)
	if err != nil {
		return nil, err
	}
	if len(locales) == 0 {
		return []access.Need{needOf(c, verb, id, content.Shared)}, nil
	}
	needs := make([]access.Need, len(locales))
	for i, l := range locales {
		needs[i] = needOf(c, verb, id, l)
	}
	return needs, nil
}

func needOf(c *schema.Collection, verb access.Verb, id content.EntryID, l content.Locale) access.Need {
	return access.Need{Verb: verb, Collection: string(c.ID), Of: c, Entry: id, Locale: l}
}

// edit is the next revision of an entry in the making.
type edit struct {
	*content.Entry // a copy: its sides may be changed, its versions not
	was            *content.Entry
	col            *schema.Collection
	env            Env
}

// begin opens an entry that is not in the trash for a change. A nil match is
// a caller who did not say which revision it means.
func begin(tx *view.Tx, env Env, id content.EntryID, match *int) (*edit, error) {
	e, err := beginAny(tx, env, id, match)
	if err != nil {
		return nil, err
	}
	if e.TrashedAt != nil {
		return nil, problem.New(problem.Conflict, "entry_in_trash", problem.Args{"id": string(id)})
	}
	return e, nil
}

// beginAny is begin for entries in the trash, too.
func beginAny(tx *view.Tx, env Env, id content.EntryID, match *int) (*edit, error) {
	e, c, err := entryOf(tx, id)
	if err != nil {
		return nil, err
	}
	now, again := env.begun[id]
	if !again {
		now = e.Revision
	}
	switch {
	case match == nil && c.RequireMatch && !again && env.By.Kind != content.ActorSystem:
		return nil, problem.New(problem.PreconditionRequired, "revision_required", nil).
			With("current_revision", now)
	case match != nil && *match != now:
		return nil, stale(e, c, now, *match)
	}
	return next(env, e, c), nil
}

// next is the next revision of an entry, by whoever acts.
func next(env Env, e *content.Entry, c *schema.Collection) *edit {
	env.out.subject, env.out.entry = string(e.ID), e
	out := &edit{Entry: e.Clone(), was: e, col: c, env: env}
	if _, again := env.begun[e.ID]; !again {
		out.Revision++
	}
	out.UpdatedAt, out.UpdatedBy = env.Now, env.By
	return out
}

// create starts a new entry.
func create(env Env, c *schema.Collection, id content.EntryID) *edit {
	return &edit{col: c, env: env, Entry: &content.Entry{
		ID: id, Collection: c.ID, Revision: 1, CreatedAt: env.Now, CreatedBy: env.By,
		UpdatedAt: env.Now, UpdatedBy: env.By, Sides: map[content.Locale]*content.Side{},
	}}
}

// changes is the edit as the result of a plan.
func (e *edit) changes() []content.Change {
	return []content.Change{{Entry: e.Entry}}
}

// side gives the side of a locale for changing, made when there is none.
func (e *edit) side(l content.Locale) *content.Side {
	s := e.Sides[l]
	if s == nil {
		s = &content.Side{}
		e.Sides[l] = s
	}
	return s
}

// faces are the locales in which an entry shows: those that it has, or Shared
// alone for an entry of a collection without localized fields.
func faces(e *content.Entry) []content.Locale {
	if locales := e.Locales(); len(locales) > 0 {
		return locales
	}
	return []content.Locale{content.Shared}
}

// faceOf gives the locale that the caller means: in a collection without
// localized fields there is but one face, whatever the caller calls it.
func faceOf(e *content.Entry, c *schema.Collection, l content.Locale) content.Locale {
	if c.Localized() {
		return l
	}
	if all := faces(e); !slices.Contains(all, l) {
		return all[0]
	}
	return l
}

// has reports whether the entry shows in a locale.
func has(e *content.Entry, l content.Locale) bool {
	return slices.Contains(faces(e), l) && e.Side(l).Newest() != nil
}

// face gives the locale that the caller means, which the entry must have.
func (e *edit) face(l content.Locale) (content.Locale, error) {
	l = faceOf(e.Entry, e.col, l)
	if has(e.Entry, l) {
		return l, nil
	}
	return l, problem.New(problem.NotFound, "locale_missing", problem.Args{"locale": problem.Short(string(l))})
}

// beginIn opens an entry for a change of one locale, which it must have, and
// gives that locale; see face.
func beginIn(tx *view.Tx, env Env, id content.EntryID, l content.Locale, match *int) (*edit, content.Locale, error) {
	e, err := begin(tx, env, id, match)
	if err != nil {
		return nil, l, err
	}
	l, err = e.face(l)
	return e, l, err
}

// facesOf gives the locales that the caller means; none given is all.
func (e *edit) facesOf(locales []content.Locale) ([]content.Locale, error) {
	if len(locales) == 0 {
		return faces(e.Entry), nil
	}
	out := make([]content.Locale, 0, len(locales))
	for _, l := range locales {
		l, err := e.face(l)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	return out, nil
}

// put saves values over the newest ones of one side: only what is named
// changes, and nil empties. It reports whether anything did. A result that is
// what is live leaves no draft.
func (e *edit) put(l content.Locale, values, personal content.Values) bool {
	newest := e.Side(l).Newest()
	next := &content.Version{Revision: e.Revision, At: e.env.Now, By: e.env.By}
	if newest == nil {
		if l == content.Shared && len(values)+len(personal) == 0 && e.col.Localized() {
			return false
		}
		next.Values, next.Personal = schema.Apply(nil, values), schema.Apply(nil, personal)
	} else {
		next.Values = schema.Apply(newest.Values, values)
		next.Personal = schema.Apply(newest.Personal, personal)
		if sameValues(newest, next) {
			return false
		}
		// Values of fields that were removed go with the first save after.
		unknown := func(id content.FieldID, _ any) bool { return e.col.Field(id) == nil }
		maps.DeleteFunc(next.Values, unknown)
		maps.DeleteFunc(next.Personal, unknown)
	}
	s := e.side(l)
	if s.Published != nil && sameValues(s.Published, next) {
		s.Draft = nil
	} else {
		s.Draft = next
	}
	return true
}

func sameValues(a, b *content.Version) bool {
	return equalValues(a.Values, b.Values) && equalValues(a.Personal, b.Personal)
}

func equalValues(a, b content.Values) bool {
	if len(a) != len(b) {
		return false
	}
	for id, v := range a {
		w, ok := b[id]
		if !ok || !equalValue(v, w) {
			return false
		}
	}
	return true
}

// equalValue compares kept values; the common ones without reflection.
func equalValue(v, w any) bool {
	switch v := v.(type) {
	case string:
		w, ok := w.(string)
		return ok && v == w
	case float64:
		w, ok := w.(float64)
		return ok && v == w
	case bool:
		w, ok := w.(bool)
		return ok && v == w
	case nil:
		return w == nil
	}
	return reflect.DeepEqual(v, w)
}

// contentRevision is the revision that last changed the newest values of a
// locale or of what it shares: what an approval speaks of.
func contentRevision(e *content.Entry, l content.Locale) int {
	revision := 0
	for _, v := range []*content.Version{e.Side(l).Newest(), e.Side(content.Shared).Newest()} {
		if v != nil {
			revision = max(revision, v.Revision)
		}
	}
	return revision
}

// live reports whether the entry is published in any locale.
func live(e *content.Entry) bool {
	return slices.ContainsFunc(faces(e), func(l content.Locale) bool { return e.Side(l).Published != nil })
}

// touched draws the consequences of new values of a side: an approval of the
// old ones is void, and what was planned stands in the name of the one who
// changed it.
func (e *edit) touched(l content.Locale) {
	for _, face := range faces(e.Entry) {
		s := e.Sides[face]
		if s == nil || (l != content.Shared && face != l) {
			continue
		}
		if s.Review != nil && s.Review.State != content.Rejected {
			s.Review = nil
		}
		if s.PublishAt != nil {
			by := e.env.By
			s.Planner = &by
		}
	}
}

// unplan forgets what was planned for a side.
func unplan(s *content.Side) {
	s.PublishAt, s.UnpublishAt, s.Planner = nil, nil, nil
}
