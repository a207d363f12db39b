package action

import (
	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/action/position"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxDepth bounds the depth of a tree of entries.
const maxDepth = 30

// MoveEntry gives an entry another place in the tree of its collection.
type MoveEntry struct {
	ID            content.EntryID
	Parent        content.EntryID // empty: at the top
	After, Before content.EntryID // the sibling to stand next to; both empty: last
	IfMatch       *int
}

// Name is "entry.move".
func (MoveEntry) Name() string { return "entry.move" }

// Needs the right to update.
func (a MoveEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Update, a.ID)
}

// Plan moves. Mostly only the entry itself changes.
func (a MoveEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	e, err := begin(tx, env, a.ID, a.IfMatch)
	if err != nil {
		return nil, err
	}
	if !e.col.Tree {
		return nil, problem.New(problem.Conflict, "no_tree", problem.Args{"collection": e.col.Name})
	}
	if err := e.place(tx, a.Parent, a.After, a.Before); err != nil {
		return nil, err
	}
	if e.Parent == e.was.Parent && e.Position == e.was.Position {
		return nil, nil
	}
	if len(e.Position) > position.Max {
		return e.spreadSiblings(tx)
	}
	return e.changes(), nil
}

// place sets the parent and the position. In a collection without a tree there
// is nothing to set.
func (e *edit) place(tx *view.Tx, parent, after, before content.EntryID) error {
	if !e.col.Tree {
		if parent != "" || after != "" || before != "" {
			return problem.New(problem.Conflict, "no_tree", problem.Args{"collection": e.col.Name})
		}
		return nil
	}
	if err := e.underneath(tx, parent); err != nil {
		return err
	}
	position, err := e.positionAt(tx, parent, after, before)
	if err != nil {
		return err
	}
	e.Parent, e.Position = parent, position
	return nil
}

// underneath refuses a parent that is not there, or that the entry is above.
func (e *edit) underneath(tx *view.Tx, parent content.EntryID) error {
	for id, depth := parent, 0; id != ""; depth++ {
		if id == e.ID {
			return problem.New(problem.Conflict, "parent_below", nil)
		}
		if depth >= maxDepth-1 {
			return problem.New(problem.Conflict, "tree_too_deep", problem.Args{"limit": maxDepth})
		}
		above, err := tx.Entry(id)
		if err != nil && !noun.Missing(err) {
			return err
		}
		if err != nil || above.Collection != e.col.ID || above.TrashedAt != nil {
			if id != parent {
				return nil // further up something is odd: not this change's fault
			}
			return problem.OfFields(problem.Invalid, "invalid_values",
				[]problem.Field{{Pointer: "/parent", Code: "parent_missing", Args: problem.Args{"id": problem.Short(string(parent))}}})
		}
		id = above.Parent
	}
	return nil
}

// positionAt gives a position among the children of parent.
func (e *edit) positionAt(tx *view.Tx, parent, after, before content.EntryID) (string, error) {
	if after == e.ID || before == e.ID {
		return "", siblingMissing(e.ID)
	}
	switch {
	case after != "":
		low, err := e.sibling(tx, parent, after)
		if err != nil {
			return "", err
		}
		high, err := tx.PositionAfter(e.col.ID, parent, low)
		if err != nil || (e.was != nil && parent == e.was.Parent && high == e.was.Position) {
			return e.Position, err // there already
		}
		return position.Between(low, high), nil
	case before != "":
		high, err := e.sibling(tx, parent, before)
		if err != nil {
			return "", err
		}
		low, err := tx.PositionBefore(e.col.ID, parent, high)
		if err != nil || (e.was != nil && parent == e.was.Parent && low == e.was.Position) {
			return e.Position, err
		}
		return position.Between(low, high), nil
	}
	last, err := tx.LastPosition(e.col.ID, parent)
	if err != nil || (e.was != nil && parent == e.was.Parent && last == e.was.Position) {
		return e.Position, err
	}
	return position.Between(last, ""), nil
}

// sibling gives the position of a child of parent.
func (e *edit) sibling(tx *view.Tx, parent, id content.EntryID) (string, error) {
	other, err := tx.Entry(id)
	if err != nil && !noun.Missing(err) {
		return "", err
	}
	if err != nil || other.Collection != e.col.ID || other.Parent != parent {
		return "", siblingMissing(id)
	}
	return other.Position, nil
}

func siblingMissing(id content.EntryID) error {
	return problem.OfFields(problem.Invalid, "invalid_values",
		[]problem.Field{{Pointer: "/after", Code: "sibling_missing", Args: problem.Args{"id": problem.Short(string(id))}}})
}

// spreadSiblings gives all the children of the parent new positions, in their
// order, because one between two of them became too long.
func (e *edit) spreadSiblings(tx *view.Tx) ([]content.Change, error) {
	children, err := tx.Children(e.col.ID, e.Parent, "", MaxChanges)
	if err != nil {
		return nil, err
	}
	order := make([]content.EntryID, 0, len(children)+1)
	placed := false
	for _, child := range children {
		if child.ID == e.ID {
			continue
		}
		if !placed && child.Position > e.Position {
			order, placed = append(order, e.ID), true
		}
		order = append(order, child.ID)
	}
	if !placed {
		order = append(order, e.ID)
	}
	if len(order) >= MaxChanges {
		return e.changes(), nil // a long position still works
	}
	changes := e.changes()
	for i, place := range position.Spread(len(order)) {
		if order[i] == e.ID {
			e.Position = place
			continue
		}
		sibling, _, err := entryOf(tx, order[i])
		if err != nil {
			return nil, err
		}
		moved := next(e.env, sibling, e.col)
		moved.Position = place
		changes = append(changes, content.Change{Entry: moved.Entry})
	}
	return changes, nil
}
