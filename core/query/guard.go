package query

import (
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// guard makes a caller's filter and sort safe: each step of each path takes
// the right to read it, and the entries that count are those on which the
// caller may read what the path compares. Nothing can so be learned of a value
// by asking about it that could not be read.
type guard struct {
	s    *session
	root *bounds
	used []*schema.Field // of the root that filter and sort read
}

func (g *guard) use(f *schema.Field) {
	for _, u := range g.used {
		if u == f {
			return
		}
	}
	g.used = append(g.used, f)
}

// filter gives the filter with its steps bounded.
func (g *guard) filter(f ask.Filter) (ask.Filter, error) {
	var err error
	if f.And, err = g.list(f.And); err != nil {
		return f, err
	}
	if f.Or, err = g.list(f.Or); err != nil {
		return f, err
	}
	if f.Not != nil {
		not, err := g.filter(*f.Not)
		if err != nil {
			return f, err
		}
		f.Not = &not
	}
	if len(f.Path) > 0 {
		f.Path, err = g.path(f.Path, "filter", false)
	}
	return f, err
}

func (g *guard) list(filters []ask.Filter) ([]ask.Filter, error) {
	if filters == nil {
		return nil, nil
	}
	out := make([]ask.Filter, len(filters))
	for i, f := range filters {
		var err error
		if out[i], err = g.filter(f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// path checks the steps and gives a copy of them with the bounds put in. A
// sort has to see all of its targets or none: with whole, a step into a
// collection of which the caller sees only a part is refused.
func (g *guard) path(path []ask.Step, parameter string, whole bool) ([]ask.Step, error) {
	out := make([]ask.Step, len(path))
	copy(out, path)
	here := g.root
	for i := range out {
		field, err := g.step(here, &out[i], parameter)
		if err != nil {
			return nil, err
		}
		if field != nil && i == 0 {
			g.use(field)
		}
		if out[i].Target == "" {
			continue
		}
		there, err := g.target(here, &out[i], out[i+1:], parameter, whole)
		if err != nil {
			return nil, err
		}
		here = there
	}
	return out, nil
}

// step checks the field of one step; nil for a system field.
func (g *guard) step(b *bounds, step *ask.Step, parameter string) (*schema.Field, error) {
	if step.Back {
		return nil, nil // its field is one of the target, and checked there
	}
	if step.System != "" {
		if draftOnly(step.System) && !b.system {
			return nil, g.s.refused(parameter, step.System, b.col)
		}
		return nil, nil
	}
	f := b.col.Field(step.Field)
	return f, g.s.check(b, f, parameter)
}

// target bounds the targets of a relation by what the caller may read of them
// with the field that the path goes on with, and with the relation itself when
// it is theirs. Drafts count where the caller may
// read all of them, and what is live does elsewhere.
func (g *guard) target(from *bounds, step *ask.Step, rest []ask.Step, parameter string, whole bool) (*bounds, error) {
	col := g.s.tx.Collection(string(step.Target))
	if col == nil {
		return nil, problem.Parameter(parameter, "filter_no_target", problem.Args{"name": string(step.Target)})
	}
	g.s.depend(Dependency{Collection: col.ID})
	var fields []*schema.Field
	if step.Back {
		if f := col.Field(step.Field); f != nil {
			fields = append(fields, f)
		}
	}
	if len(rest) > 0 && rest[0].System == "" {
		if f := col.Field(rest[0].Field); f != nil {
			fields = append(fields, f)
		}
	}
	b, rows, err := g.side(from, col, fields)
	if err != nil {
		return nil, err
	}
	if b.err != nil {
		return nil, g.s.refused(parameter, g.nameOf(from, step), from.col)
	}
	for _, f := range fields {
		if err := g.s.check(b, f, parameter); err != nil {
			return nil, err
		}
	}
	moved := from.live != b.live
	if whole && (moved || !rows.Always()) {
		return nil, problem.Parameter(parameter, "sort_through_hidden", problem.Args{"collection": col.Name})
	}
	step.Live = b.live
	if !rows.Always() {
		step.Where = &rows
	}
	return b, nil
}

// side picks the side of a target collection that a path looks at, and the
// rows of it that count.
func (g *guard) side(from *bounds, col *schema.Collection, fields []*schema.Field) (*bounds, ask.Filter, error) {
	sides := []bool{true}
	if !from.live {
		sides = []bool{false, true}
	}
	var first *bounds
	var firstRows ask.Filter
	for _, live := range sides {
		b := g.s.boundsOf(col, live, false)
		if b.err != nil || !grantsAll(b, fields) {
			continue
		}
		rows, err := g.s.rows(b, fields)
		if err != nil {
			return nil, ask.Filter{}, err
		}
		if rows.Always() {
			return b, rows, nil
		}
		// Of two sides that are both seen in part, what is live comes first.
		first, firstRows = b, rows
	}
	if first == nil {
		return g.s.boundsOf(col, sides[len(sides)-1], false), ask.Filter{}, nil
	}
	return first, firstRows, nil
}

func grantsAll(b *bounds, fields []*schema.Field) bool {
	for _, f := range fields {
		if !b.visible().Grants(f) {
			return false
		}
	}
	return true
}

func (g *guard) nameOf(b *bounds, step *ask.Step) string {
	if step.Back {
		return ask.BackName(string(step.Target), string(step.Field))
	}
	if f := b.col.Field(step.Field); f != nil {
		return f.Name
	}
	return step.System
}

// ask reads and bounds the filter of a request.
func (g *guard) ask(raw any) (ask.Filter, error) {
	if raw == nil {
		return ask.Filter{}, nil
	}
	root := g.s.lookup(string(g.root.col.ID))
	if root == nil { // drafts only, which visitors never read
		root = g.root.col
	}
	f, err := ask.ParseFilter(raw, root, g.s.lookup, g.s.e.kinds, func(name string) (any, bool) {
		if strings.TrimPrefix(name, "$") == "now" {
			g.s.basis.Volatile = true
		}
		return g.s.p.Variable(name)
	})
	if err != nil {
		return ask.Filter{}, err
	}
	return g.filter(f)
}

// order reads and bounds the sort of a request, or else the collection's own
// without the keys that the caller may not read.
func (g *guard) order(raw string) ([]ask.Order, error) {
	if raw == "" {
		return g.defaultOrder()
	}
	root := g.s.lookup(string(g.root.col.ID))
	if root == nil {
		root = g.root.col
	}
	orders, err := ask.ParseSort(raw, root, g.s.lookup, g.s.e.kinds)
	if err != nil {
		return nil, err
	}
	for i := range orders {
		if orders[i].Path, err = g.path(orders[i].Path, "sort", true); err != nil {
			return nil, err
		}
	}
	return orders, nil
}

func (g *guard) defaultOrder() ([]ask.Order, error) {
	var out []ask.Order
	for key := range strings.SplitSeq(g.root.col.Sort, ",") {
		if key == "" {
			continue
		}
		orders, err := ask.ParseSort(key, g.root.col, g.s.tx.Collection, g.s.e.kinds)
		if err != nil {
			continue // a definition that no longer fits orders nothing
		}
		for _, o := range orders {
			// A default must not narrow the list to where its field may be read.
			if f := g.root.col.Field(o.Path[0].Field); f != nil && !g.root.visible().Fields.Has(f) {
				continue
			}
			if path, err := g.path(o.Path, "sort", true); err == nil {
				out = append(out, ask.Order{Path: path, Descending: o.Descending})
			}
		}
	}
	return out, nil
}
