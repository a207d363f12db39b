package action

import (
	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/action/position"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// shownBacklinks is how many back-links a refusal names.
const shownBacklinks = 20

// TrashEntry puts an entry into the trash: nobody sees it any more, and it can
// come back. When it has entries below it in a tree, or others point at it,
// that is refused with a list unless the caller says that they know.
type TrashEntry struct {
	ID      content.EntryID
	IfMatch *int
	// Children takes everything below the entry along.
	Children bool
	// Force leaves what points at the entry pointing at nothing.
	Force bool
}

// Name is "entry.trash".
func (TrashEntry) Name() string { return "entry.trash" }

// Needs the right to delete the entry, and whatever goes along.
func (a TrashEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	needs, err := need(tx, access.Delete, a.ID)
	if err != nil || !a.Children {
		return needs, err
	}
	below, err := subtree(tx, needs[0].Of, a.ID, untrashed)
	for _, e := range below {
		needs = append(needs, needOf(needs[0].Of, access.Delete, e.ID, content.Shared))
	}
	return needs, err
}

// Plan trashes.
func (a TrashEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	below, err := subtree(tx, e.col, a.ID, untrashed)
	if err != nil {
		return nil, err
	}
	if len(below) > 0 && !a.Children {
		return nil, problem.New(problem.Conflict, "entry_has_children", problem.Args{"n": len(below)}).
			With("children", len(below))
	}
	going := map[content.EntryID]bool{a.ID: true}
	changes := e.changes()
	e.trash()
	for _, child := range below {
		going[child.ID] = true
		gone := next(env, child, e.col)
		gone.trash()
		changes = append(changes, content.Change{Entry: gone.Entry})
	}
	env.out.subject, env.out.entry = string(e.ID), e.was
	if !a.Force {
		if err := unreferenced(tx, env, going); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

func untrashed(e *content.Entry) bool { return e.TrashedAt == nil }

// trash marks the entry and takes back what was planned and submitted.
func (e *edit) trash() {
	e.TrashedAt = new(e.env.Now)
	for _, s := range e.Sides {
		unplan(s)
		s.Review = nil
	}
}

// subtree gives the entries below one that pick takes, parents first, without
// those below one that it does not take.
func subtree(tx *view.Tx, c *schema.Collection, id content.EntryID, pick func(*content.Entry) bool) ([]*content.Entry, error) {
	if !c.Tree {
		return nil, nil
	}
	var all []*content.Entry
	parents := []content.EntryID{id}
	for len(parents) > 0 {
		children, err := tx.Children(c.ID, parents[0], "", MaxTree+1)
		if err != nil {
			return nil, err
		}
		parents = parents[1:]
		for _, child := range children {
			e, err := tx.Entry(child.ID)
			if err != nil {
				return nil, err
			}
			if !pick(e) {
				continue
			}
			all, parents = append(all, e), append(parents, e.ID)
		}
		if len(all) > MaxTree {
			return nil, problem.New(problem.TooLarge, "tree_too_large", problem.Args{"limit": MaxTree})
		}
	}
	return all, nil
}

// unreferenced refuses to leave other entries pointing at what is going. Only
// those that the caller may read are named; all are counted, up to a limit.
func unreferenced(tx *view.Tx, env Env, going map[content.EntryID]bool) error {
	var named []map[string]any
	holders := map[content.EntryID]bool{}
	for id := range going {
		links, err := tx.Backlinks(content.Ref{Kind: content.RefEntry, ID: string(id)}, false, MaxTree)
		if err != nil {
			return err
		}
		if err := collect(tx, env, links, going, holders, &named); err != nil {
			return err
		}
	}
	if len(holders) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, "entry_referenced", problem.Args{"n": len(holders)}).
		With("count", len(holders)).With("backlinks", named)
}

func collect(tx *view.Tx, env Env, links []view.Backlink, going, holders map[content.EntryID]bool, named *[]map[string]any) error {
	for _, link := range links {
		if going[link.Entry] || holders[link.Entry] {
			continue
		}
		holder, err := tx.Entry(link.Entry)
		if noun.Missing(err) || (err == nil && holder.TrashedAt != nil) {
			continue
		}
		if err != nil {
			return err
		}
		holders[link.Entry] = true
		c := tx.Collection(string(link.Collection))
		if c == nil || len(*named) >= shownBacklinks {
			continue
		}
		readable, err := may(tx, env, needOf(c, access.ReadDraft, link.Entry, link.Locale))
		if err != nil {
			return err
		}
		if f := c.Field(link.Field); readable && f != nil {
			*named = append(*named, map[string]any{"entry": string(link.Entry), "collection": c.Name, "field": f.Name})
		}
	}
	return nil
}

// RestoreEntry takes an entry out of the trash. It comes back as a draft:
// whoever may restore may not always publish. Its parent comes no more when
// that is gone or in the trash: the entry stands at the top then.
type RestoreEntry struct {
	ID      content.EntryID
	IfMatch *int
	// Children takes along what went into the trash with it.
	Children bool
}

// Name is "entry.restore".
func (RestoreEntry) Name() string { return "entry.restore" }

// Needs the right to delete.
func (a RestoreEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	needs, err := need(tx, access.Delete, a.ID)
	if err != nil || !a.Children {
		return needs, err
	}
	below, err := trashedWith(tx, a.ID)
	for _, e := range below {
		needs = append(needs, needOf(needs[0].Of, access.Delete, e.ID, content.Shared))
	}
	return needs, err
}

// Plan restores.
func (a RestoreEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := beginAny(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if e.TrashedAt == nil {
		return nil, nil
	}
	if err := onlyOne(tx, e.col); err != nil {
		return nil, err
	}
	var below []*content.Entry
	if a.Children {
		if below, err = trashedWith(tx, a.ID); err != nil {
			return nil, err
		}
	}
	if err := e.settleUnder(tx); err != nil {
		return nil, err
	}
	e.restore()
	changes := e.changes()
	for _, child := range below {
		back := next(env, child, e.col)
		back.restore()
		changes = append(changes, content.Change{Entry: back.Entry})
	}
	return changes, nil
}

func (e *edit) restore() {
	e.TrashedAt = nil
	for _, s := range e.Sides {
		retire(s)
		s.PublishedAt = nil
	}
}

// settleUnder moves an entry to the top when its parent cannot hold it.
func (e *edit) settleUnder(tx *view.Tx) error {
	if e.Parent == "" {
		return nil
	}
	err := e.underneath(tx, e.Parent)
	if err == nil || problem.KindOf(err) == problem.Internal {
		return err
	}
	return e.place(tx, "", "", "")
}

// trashedWith gives what went into the trash together with an entry.
func trashedWith(tx *view.Tx, id content.EntryID) ([]*content.Entry, error) {
	top, c, err := entryOf(tx, id)
	if err != nil || top.TrashedAt == nil {
		return nil, err
	}
	return subtree(tx, c, id, func(e *content.Entry) bool {
		return e.TrashedAt != nil && e.TrashedAt.Equal(*top.TrashedAt)
	})
}

// PurgeEntry removes an entry from the trash for ever. Its id is never used
// again, and its data key is destroyed.
type PurgeEntry struct {
	ID      content.EntryID
	IfMatch *int
}

// Name is "entry.purge".
func (PurgeEntry) Name() string { return "entry.purge" }

// Needs the right to purge.
func (a PurgeEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Purge, a.ID)
}

// Plan purges. Children of the entry stay, in the trash, at the top.
func (a PurgeEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := beginAny(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if e.TrashedAt == nil {
		return nil, problem.New(problem.Conflict, "not_in_trash", nil)
	}
	changes, err := purge(tx, e.was, e.col)
	if err != nil {
		return nil, err
	}
	orphans, err := childrenOf(tx, e)
	if err != nil {
		return nil, err
	}
	last, err := tx.LastPosition(e.col.ID, "")
	if err != nil {
		return nil, err
	}
	for _, child := range orphans {
		last = position.Between(last, "")
		top := next(env, child, e.col)
		top.Parent, top.Position = "", last
		changes = append(changes, content.Change{Entry: top.Entry})
	}
	return changes, nil
}

// childrenOf gives the direct children of an entry.
func childrenOf(tx *view.Tx, e *edit) ([]*content.Entry, error) {
	if !e.col.Tree {
		return nil, nil
	}
	children, err := tx.Children(e.col.ID, e.ID, "", MaxTree+1)
	if err != nil {
		return nil, err
	}
	if len(children) > MaxTree {
		return nil, problem.New(problem.TooLarge, "tree_too_large", problem.Args{"limit": MaxTree})
	}
	all := make([]*content.Entry, 0, len(children))
	for _, child := range children {
		e, err := tx.Entry(child.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

// purge is an entry that goes for ever. It is erased as well when it can hold
// personal values, so that what is derived from it is cleaned like after an
// erasure. What plugins said of it goes along.
func purge(tx *view.Tx, e *content.Entry, c *schema.Collection) ([]content.Change, error) {
	changes := []content.Change{{Gone: &content.Gone{Kind: content.NounEntry, ID: string(e.ID), Collection: e.Collection}}}
	if personal(c) || e.HasPersonal() {
		changes = append(changes, content.Change{Erased: &content.Erased{Kind: content.NounEntry, ID: string(e.ID)}})
	}
	said, err := documentsOf(tx, e.ID)
	return append(changes, said...), err
}

// personal reports whether a collection has fields for personal values.
func personal(c *schema.Collection) bool {
	for i := range c.Fields {
		if c.Fields[i].Personal {
			return true
		}
	}
	return false
}

// EraseEntry destroys the personal values of an entry in all its revisions,
// for ever. The entry stays, without them, and takes none again.
type EraseEntry struct {
	ID      content.EntryID
	IfMatch *int
}

// Name is "entry.erase".
func (EraseEntry) Name() string { return "entry.erase" }

// Needs the right to erase.
func (a EraseEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Erase, a.ID)
}

// Plan erases; doing it again is harmless and does nothing.
func (a EraseEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := beginAny(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if e.ErasedAt != nil && !e.was.HasPersonal() {
		return nil, nil
	}
	e.ErasedAt = new(env.Now)
	for _, s := range e.Sides {
		s.Draft, s.Published = withoutPersonal(s.Draft), withoutPersonal(s.Published)
		if s.Draft != nil && s.Published != nil && sameValues(s.Draft, s.Published) {
			s.Draft = nil
		}
	}
	said, err := documentsOf(tx, e.ID)
	if err != nil {
		return nil, err
	}
	changes := append(e.changes(), content.Change{Erased: &content.Erased{Kind: content.NounEntry, ID: string(e.ID)}})
	return append(changes, said...), nil
}

func withoutPersonal(v *content.Version) *content.Version {
	if v == nil {
		return nil
	}
	c := *v
	c.Personal, c.Sealed = nil, nil
	return &c
}
