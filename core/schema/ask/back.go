package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// backPrefix begins the name of a step over a relation from its far end:
// "_back.studies.associations" are the studies whose associations lead to the entry.
const backPrefix = "_back."

// BackName is the name by which filters and sorts go against a relation, by
// names or ids.
func BackName(collection, field string) string { return backPrefix + collection + "." + field }

// back reads such a name. Collections have no dots in their names, nor have
// fields.
func back(k schema.Kinds, name string, c *schema.Collection, lookup Lookup) (at Step, from *schema.Collection, fault *problem.Field) {
	collection, field, ok := strings.Cut(strings.TrimPrefix(name, backPrefix), ".")
	if !ok || collection == "" || field == "" || strings.Contains(field, ".") {
		return Step{}, nil, &problem.Field{Code: "filter_back_form", Args: problem.Args{"name": name}}
	}
	from = lookup(collection)
	if from == nil {
		return Step{}, nil, &problem.Field{Code: "filter_no_target", Args: problem.Args{"name": collection}}
	}
	f := from.FieldCalled(field)
	if f == nil {
		bad := problem.Unknown("filter_field", "", field, relationsTo(k, from, c))
		return Step{}, nil, &bad
	}
	r, ok := k.Relation(*f)
	if !ok || !leads(r, c, lookup) {
		return Step{}, nil, &problem.Field{Code: "filter_back_elsewhere",
			Args: problem.Args{"name": field, "collection": from.Name, "target": c.Name}}
	}
	return Step{Collection: c.ID, Field: f.ID, Target: from.ID, Back: true}, from, nil
}

// leads reports whether a relation may lead to a collection.
func leads(r schema.Relation, c *schema.Collection, lookup Lookup) bool {
	for _, id := range r.To {
		if to := lookup(string(id)); id == c.ID || to != nil && to.ID == c.ID {
			return true
		}
	}
	return len(r.To) == 0
}

// relationsTo names the fields of a collection that lead to another.
func relationsTo(k schema.Kinds, from, c *schema.Collection) []string {
	var names []string
	for i := range from.Fields {
		if r, ok := k.Relation(from.Fields[i]); ok && leads(r, c, func(string) *schema.Collection { return nil }) {
			names = append(names, from.Fields[i].Name)
		}
	}
	return names
}

// backward reads what is asked of the entries that point here.
func (p *filterParser) backward(name string, raw any, c *schema.Collection, pointer string, depth int) (Filter, error) {
	here, from, fault := back(p.kinds, name, c, p.lookup)
	if fault != nil {
		return Filter{}, badFilter(pointer, fault.Code, fault.Args)
	}
	m, ok := raw.(map[string]any)
	if !ok || len(m) == 0 {
		return Filter{}, badFilter(pointer, "filter_not_object", nil)
	}
	var all []Filter
	some := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		var inner any
		var none bool
		switch name {
		case string(Null):
			is, err := operandColumn{}.condition([]Step{here}, Null, m[name], pointer+problem.Pointer(name))
			if err != nil {
				return Filter{}, err
			}
			inner, none = map[string]any{}, is.Value == true
		case "_some", "_none":
			inner, none = m[name], name == "_none"
		default:
			some[name] = m[name]
			continue
		}
		f, err := p.pointing(here, from, inner, none, pointer+problem.Pointer(name), depth)
		if err != nil {
			return Filter{}, err
		}
		all = append(all, f)
	}
	if len(some) > 0 {
		f, err := p.pointing(here, from, some, false, pointer, depth)
		if err != nil {
			return Filter{}, err
		}
		all = append(all, f)
	}
	return allOf(all), nil
}

// pointing reads the condition on one entry that points here. As with many
// targets of a relation, two on the same one cannot be put.
func (p *filterParser) pointing(here Step, from *schema.Collection, raw any, none bool, pointer string, depth int) (Filter, error) {
	if err := p.count(pointer, depth+1); err != nil {
		return Filter{}, err
	}
	inner, err := p.object(raw, from, pointer, depth+1)
	if err != nil {
		return Filter{}, err
	}
	if inner.Always() { // there is one
		inner = Filter{Path: []Step{{Collection: from.ID, System: schema.SysID}}, Op: Null, Value: false}
	}
	lifted, ok := lift(here, Step{}, true, none, inner)
	if !ok {
		return Filter{}, badFilter(pointer, "filter_same_target", nil)
	}
	return lifted, nil
}

// backSort reads the step of a sort that begins with "_back", of three words.
func backSort(words []string, c *schema.Collection, lookup Lookup, kinds schema.Kinds) (Step, *schema.Collection, error) {
	if len(words) < 4 {
		return Step{}, nil, badParameter("sort", "filter_back_form", problem.Args{"name": strings.Join(words, ".")})
	}
	at, from, fault := back(kinds, strings.Join(words[:3], "."), c, lookup)
	if fault != nil {
		return Step{}, nil, badParameter("sort", fault.Code, fault.Args)
	}
	return at, from, nil
}
