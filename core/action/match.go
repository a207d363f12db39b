package action

import (
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// staleError carries what the runner needs to name the fields that changed
// since the caller read the entry: it looks them up in the log, after the
// writer has gone on.
type staleError struct {
	problem *problem.Error
	entry   *content.Entry
	col     *schema.Collection
	seen    int // the caller's revision
}

func (e *staleError) Error() string { return e.problem.Error() }

func (e *staleError) Unwrap() error { return e.problem }

func stale(e *content.Entry, c *schema.Collection, now, seen int) error {
	p := problem.New(problem.Stale, "entry_changed", problem.Args{"revision": now}).
		With("current_revision", now).
		With("updated_by", e.UpdatedBy).
		With("updated_at", e.UpdatedAt)
	return &staleError{problem: p, entry: e, col: c, seen: seen}
}

// tell gives the problem with the names of the changed fields that the caller
// may read. old is the entry as the caller saw it, or nil when that cannot be
// found any more; then every field saved since counts as changed.
func (e *staleError) tell(old *content.Entry, readable func(content.FieldID) bool) error {
	changed := changedSince(old, e.entry, e.seen)
	names := []string{}
	for _, f := range e.col.Fields {
		if slices.Contains(changed, f.ID) && readable(f.ID) {
			names = append(names, f.Name)
		}
	}
	return e.problem.With("changed_fields", names)
}

// changedSince lists the fields whose newest value differs between two states
// of an entry in any locale.
func changedSince(old, now *content.Entry, seen int) []content.FieldID {
	var changed []content.FieldID
	for l := range now.Sides {
		newest := now.Side(l).Newest()
		if newest == nil || (old == nil && newest.Revision <= seen) {
			continue
		}
		var before *content.Version
		if old != nil {
			before = old.Side(l).Newest()
		}
		if before == nil {
			before = &content.Version{}
		}
		changed = append(changed, differing(before.Values, newest.Values)...)
		changed = append(changed, differing(before.Personal, newest.Personal)...)
	}
	slices.Sort(changed)
	return slices.Compact(changed)
}

func differing(a, b content.Values) []content.FieldID {
	var out []content.FieldID
	for id, v := range a {
		if w, ok := b[id]; !ok || !equalValue(v, w) {
			out = append(out, id)
		}
	}
	for id := range b {
		if _, ok := a[id]; !ok {
			out = append(out, id)
		}
	}
	return out
}
