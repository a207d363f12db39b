package query

import (
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of populated relations. Depth is bounded by schema.MaxPath.
const (
	MaxTargets   = 100  // entries of one relation that are given in full; of the rest, the id
	MaxPopulated = 5000 // entries of one answer
)

// relate puts the targets of one relation into the items that have it. All
// items together ask the view once or twice per target collection.
func (s *session) relate(items []*Item, rows []*view.Row, b *bounds, chosen *ask.Selected) error {
	f := b.col.Field(chosen.Field)
	if f == nil {
		return nil
	}
	var ids []content.EntryID
	seen := map[content.EntryID]bool{}
	for i, it := range items {
		if it.at(f.Name) == nil {
			continue
		}
		for n, id := range targetIDs(rows[i].Values[f.ID]) {
			if n < MaxTargets && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	if s.populated += len(ids); s.populated > MaxPopulated {
		return problem.Parameter("fields", "fields_populate_much", problem.Args{"field": f.Name, "limit": MaxPopulated})
	}
	targets, err := s.targets(ids, b, chosen)
	if err != nil {
		return fmt.Errorf("populate %s: %w", f.Name, err)
	}
	for i, it := range items {
		if v := it.at(f.Name); v != nil {
			v.V = related(rows[i].Values[f.ID], targets)
		}
	}
	return nil
}

// targetIDs reads the kept value of a relation: an id or a list of them.
func targetIDs(v any) []content.EntryID {
	switch v := v.(type) {
	case string:
		return []content.EntryID{content.EntryID(v)}
	case []any:
		out := make([]content.EntryID, 0, len(v))
		for _, one := range v {
			if id, ok := one.(string); ok {
				out = append(out, content.EntryID(id))
			}
		}
		return out
	}
	return nil
}

// related gives a relation's value with its targets in their places. Those
// that the caller may not read, or that are not there, are left out.
func related(v any, targets map[content.EntryID]*Item) any {
	ids := targetIDs(v)
	if _, many := v.([]any); !many {
		if len(ids) == 1 && targets[ids[0]] != nil {
			return targets[ids[0]]
		}
		return nil
	}
	out := make([]*Item, 0, len(ids))
	for n, id := range ids {
		if n >= MaxTargets {
			out = append(out, &Item{ID: id})
		} else if t := targets[id]; t != nil {
			out = append(out, t)
		}
	}
	return out
}

// targets finds entries that a relation leads to, in whichever of its
// collections they are: as drafts where the caller reads drafts and may, and
// otherwise as what is live.
func (s *session) targets(ids []content.EntryID, from *bounds, chosen *ask.Selected) (map[content.EntryID]*Item, error) {
	out := make(map[content.EntryID]*Item, len(ids))
	for _, colID := range sortedTargets(chosen.Targets) {
		col := s.tx.Collection(string(colID))
		if col == nil {
			continue
		}
		s.depend(Dependency{Collection: colID})
		for _, side := range s.sides(from.live, col) {
			missing := slices.DeleteFunc(slices.Clone(ids), func(id content.EntryID) bool { return out[id] != nil })
			if len(missing) == 0 {
				break
			}
			found, err := s.fetch(missing, side)
			if err != nil {
				return nil, err
			}
			items, err := s.build(found, side, chosen.Targets[colID])
			if err != nil {
				return nil, err
			}
			for _, it := range items {
				if len(chosen.Targets) > 1 {
					it.shows |= showCollection
				}
				out[it.ID] = it
			}
		}
	}
	return out, nil
}

func sortedTargets(m map[content.CollectionID]*ask.Selection) []content.CollectionID {
	out := make([]content.CollectionID, 0, len(m))
	for id := range m {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// fetch gives the rows among ids that the caller may read on one side.
func (s *session) fetch(ids []content.EntryID, b *bounds) ([]*view.Row, error) {
	cond, err := s.rows(b, nil)
	if err != nil {
		return nil, err
	}
	var found map[content.EntryID]*view.Row
	if cond.Always() && !b.trashed {
		found, err = s.tx.Rows(b.col.ID, ids, b.live, s.locales)
	} else {
		found, err = s.matching(ids, b, cond)
	}
	if err != nil {
		return nil, err
	}
	rows := make([]*view.Row, 0, len(found))
	for _, id := range ids {
		if r := found[id]; r != nil {
			rows = append(rows, r)
			delete(found, id)
		}
	}
	return rows, nil
}
