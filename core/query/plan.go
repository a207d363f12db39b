package query

import (
	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// systemFields are the facts about an entry that an answer shows.
type systemFields uint16

const (
	showCollection systemFields = 1 << iota
	showRevision
	showStatus
	showLocale
	showLocales
	showCreatedAt
	showUpdatedAt
	showPublishedAt
	showCreatedBy
	showUpdatedBy
	showParent
	showPosition
)

var systemBits = map[string]systemFields{
	schema.SysStatus: showStatus, schema.SysLocale: showLocale | showLocales, schema.SysRevision: showRevision,
	schema.SysCreatedAt: showCreatedAt, schema.SysUpdatedAt: showUpdatedAt, schema.SysPublishedAt: showPublishedAt,
	schema.SysCreatedBy: showCreatedBy, schema.SysUpdatedBy: showUpdatedBy,
	schema.SysParent: showParent, schema.SysPosition: showPosition,
}

// plan says what an answer shows of the entries of one collection on one side
// that have the same readable fields.
type plan struct {
	shows   systemFields
	columns []column // in the order of the collection
	omitted []string
}

// column is one field of a plan.
type column struct {
	field  *schema.Field
	part   string        // see ask.Selected
	nester schema.Nester // nil for a kind without fields inside
}

// planOf makes the plan for a selection.
func (s *session) planOf(b *bounds, sel *ask.Selection, set access.FieldSet) *plan {
	p := &plan{shows: showsOf(b, sel)}
	for i := range b.col.Fields {
		f := &b.col.Fields[i]
		chosen := selected(sel, f.ID)
		if !sel.All && chosen == nil {
			continue
		}
		if !set.Has(f) {
			if s.p.SignedIn() {
				p.omitted = append(p.omitted, f.Name)
			}
			continue
		}
		c := column{field: f}
		if chosen != nil {
			c.part = chosen.Part
		}
		c.nester, _ = s.e.kinds[f.Kind].(schema.Nester)
		p.columns = append(p.columns, c)
	}
	return p
}

func selected(sel *ask.Selection, id content.FieldID) *ask.Selected {
	for i := range sel.Fields {
		if sel.Fields[i].Field == id && sel.Fields[i].System == "" {
			return &sel.Fields[i]
		}
	}
	return nil
}

func showsOf(b *bounds, sel *ask.Selection) systemFields {
	var shows systemFields
	if sel.All {
		shows = showCollection | showRevision | showStatus | showLocale | showLocales | showCreatedAt | showUpdatedAt | showPublishedAt
		if b.system {
			shows |= showCreatedBy | showUpdatedBy
		}
		if b.col.Tree {
			shows |= showParent | showPosition
		}
	}
	for _, f := range sel.Fields {
		shows |= systemBits[f.System]
	}
	return shows
}

// selection reads what a request wants to see, and refuses what the caller may
// not see on any entry.
func (s *session) selection(b *bounds, raw string) (*ask.Selection, error) {
	if raw == "" {
		return &ask.Selection{All: true}, nil
	}
	root := s.lookup(string(b.col.ID))
	if root == nil {
		root = b.col
	}
	sel, err := ask.ParseFields(raw, root, s.lookup, s.e.kinds)
	if err != nil {
		return nil, err
	}
	return sel, s.checkSelection(b, sel)
}

func (s *session) checkSelection(b *bounds, sel *ask.Selection) error {
	for i := range sel.Fields {
		chosen := &sel.Fields[i]
		if chosen.System != "" {
			if (chosen.System == schema.SysCreatedBy || chosen.System == schema.SysUpdatedBy) && !b.system {
				return s.refused("fields", chosen.System, b.col)
			}
			continue
		}
		if err := s.check(b, b.col.Field(chosen.Field), "fields"); err != nil {
			return err
		}
		if err := s.checkTargets(b, chosen); err != nil {
			return err
		}
	}
	return nil
}

// checkTargets checks what is wanted of the targets of a relation. Where it
// leads to several collections, those that the caller may not read are left
// out, unless they are all of them.
func (s *session) checkTargets(b *bounds, chosen *ask.Selected) error {
	if len(chosen.Targets) == 0 {
		return nil
	}
	readable := 0
	for id, sel := range chosen.Targets {
		col := s.tx.Collection(string(id))
		if col == nil {
			continue
		}
		for _, side := range s.sides(b.live, col) {
			if err := s.checkSelection(side, sel); err != nil {
				return err
			}
			readable++
		}
	}
	if readable == 0 {
		return s.refused("fields", chosen.Name, b.col)
	}
	return nil
}

// sides lists on which sides the caller may read a collection that a relation
// leads to: drafts first when the reading is one of drafts, then what is live.
func (s *session) sides(live bool, col *schema.Collection) []*bounds {
	var out []*bounds
	if !live {
		if b := s.boundsOf(col, false, false); b.err == nil {
			out = append(out, b)
		}
	}
	if b := s.boundsOf(col, true, false); b.err == nil {
		out = append(out, b)
	}
	return out
}

// notHere refuses parameters that the reading of one entry has no use for.
func notHere(p *Params, trashed bool) error {
	for _, c := range []struct {
		name string
		set  bool
	}{
		{"filter", p.Filter != nil}, {"sort", p.Sort != ""}, {"page", p.Page != Page{}},
		{"count", p.Count != CountNone}, {"trashed", p.Trashed && !trashed},
	} {
		if c.set {
			return problem.Parameter(c.name, "parameter_not_here", nil)
		}
	}
	return nil
}
