package ask

import (
	"maps"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// Lookup finds a collection by its id or its name, or gives nil.
type Lookup func(idOrName string) *schema.Collection

// ParseFilter reads a filter from JSON decoded into any:
//
//	{"wilaya":{"code":{"_eq":"06"}}, "themes":{"_none":{"notation":{"_eq":"x"}}}}
//
// Several members of an object all have to hold. A field is named by its API
// name or its id, a relation is followed by naming a field of its targets;
// with many targets one of them has to fit, "_none" wants that none does.
// Operands take the canonical form of the field: a date without a time of day
// means the whole day, a bare year the whole year.
//
// "_back.studies.associations" goes against a relation: to the studies whose associations
// lead to the entry. Of these some have to fit, with "_none" none.
//
// $now, $user and $association stand for values of the moment; with vars they
// are put in at once, with nil they stay as Variable for Resolve.
//
// What cannot be understood, or passes a limit, is a BadRequest problem with a
// pointer and, for names, the nearest known one. So is a question that this
// language cannot put exactly, such as two conditions on the same one of many
// targets: it is refused and never answered otherwise.
func ParseFilter(raw any, root *schema.Collection, lookup Lookup, kinds schema.Kinds, vars func(name string) (any, bool)) (Filter, error) {
	p := &filterParser{lookup: lookup, kinds: kinds}
	f, err := p.object(raw, root, "", 0)
	if err != nil {
		return Filter{}, err
	}
	for _, path := range f.Paths() {
		if len(path) > MaxPath {
			return Filter{}, badFilter("", "filter_path_long", problem.Args{"limit": MaxPath})
		}
	}
	// What the filter became must itself be a filter that can be read again.
	if nodes, depth := f.cost(0); nodes > MaxFilterNodes || depth > MaxFilterDepth {
		return Filter{}, badFilter("", "filter_too_many", problem.Args{"limit": MaxFilterNodes})
	}
	if vars != nil {
		f = f.Resolve(vars)
	}
	return f, nil
}

// cost counts what reading the JSON of f would count: nodes, and the greatest
// depth.
func (f Filter) cost(depth int) (nodes, deepest int) {
	deepest = depth
	add := func(part Filter) {
		n, d := part.cost(depth + 1)
		nodes, deepest = nodes+n, max(deepest, d)
	}
	for _, part := range f.And {
		add(part)
	}
	for _, part := range f.Or {
		add(part)
	}
	if f.Not != nil {
		add(*f.Not)
	}
	if n := len(f.Path); n > 0 {
		return 2 * n, depth + n - 1
	}
	if f.Always() {
		return 0, depth
	}
	return nodes + 1, deepest
}

type filterParser struct {
	lookup Lookup
	kinds  schema.Kinds
	nodes  int
}

func badFilter(pointer, code string, args problem.Args) error {
	return &problem.Error{Kind: problem.BadRequest, Code: "invalid_filter", Args: args,
		Fields: []problem.Field{{Pointer: pointer, Code: code, Args: args}}}
}

func unknownIn(pointer, code, name string, known []string) error {
	f := problem.Unknown(code, pointer, name, known)
	return &problem.Error{Kind: problem.BadRequest, Code: "invalid_filter", Args: f.Args, Fields: []problem.Field{f}}
}

// count bounds the work that a filter makes.
func (p *filterParser) count(pointer string, depth int) error {
	p.nodes++
	if depth > MaxFilterDepth {
		return badFilter(pointer, "filter_too_deep", problem.Args{"limit": MaxFilterDepth})
	}
	if p.nodes > MaxFilterNodes {
		return badFilter(pointer, "filter_too_many", problem.Args{"limit": MaxFilterNodes})
	}
	return nil
}

// object reads the conditions on an entry of one collection.
func (p *filterParser) object(raw any, c *schema.Collection, pointer string, depth int) (Filter, error) {
	m, ok := raw.(map[string]any)
	if !ok {
		return Filter{}, badFilter(pointer, "filter_not_object", nil)
	}
	if depth > MaxFilterDepth {
		return Filter{}, badFilter(pointer, "filter_too_deep", problem.Args{"limit": MaxFilterDepth})
	}
	all := make([]Filter, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		f, err := p.member(name, m[name], c, pointer+problem.Pointer(name), depth)
		if err != nil {
			return Filter{}, err
		}
		all = append(all, f)
	}
	return allOf(all), nil
}

func (p *filterParser) member(name string, raw any, c *schema.Collection, pointer string, depth int) (Filter, error) {
	if err := p.count(pointer, depth); err != nil {
		return Filter{}, err
	}
	switch name {
	case "_and", "_or":
		return p.list(name, raw, c, pointer, depth)
	case "_not":
		f, err := p.object(raw, c, pointer, depth+1)
		return Filter{Not: &f}, err
	}
	if strings.HasPrefix(name, backPrefix) {
		return p.backward(name, raw, c, pointer, depth)
	}
	if column, ok := systemColumn(name); ok {
		at := Step{Collection: c.ID, System: name}
		return p.operators(at, column, raw, pointer)
	}
	f := c.FieldCalled(name)
	if f == nil {
		if strings.HasPrefix(name, "_") {
			return Filter{}, unknownIn(pointer, "filter_operator", name, []string{"_and", "_or", "_not"})
		}
		return Filter{}, unknownIn(pointer, "filter_field", name, append(c.FieldNames(), schema.SystemFields()...))
	}
	at := Step{Collection: c.ID, Field: f.ID}
	if r, ok := p.kinds.Relation(*f); ok {
		return p.relation(at, *f, r, raw, pointer, depth)
	}
	column := columnOf(p.kinds, f)
	if _, ok := p.kinds[f.Kind].(schema.Texter); ok && column.column == schema.NoColumn {
		if m, ok := raw.(map[string]any); ok && (m[string(Contains)] != nil || m[string(StartsWith)] != nil) {
			return Filter{}, badFilter(pointer, "filter_search", problem.Args{"name": f.Name})
		}
	}
	return p.operators(at, column, raw, pointer)
}

func (p *filterParser) list(name string, raw any, c *schema.Collection, pointer string, depth int) (Filter, error) {
	items, ok := raw.([]any)
	if !ok || len(items) == 0 {
		return Filter{}, badFilter(pointer, "filter_not_list", nil)
	}
	if len(items) > MaxFilterList {
		return Filter{}, badFilter(pointer, "filter_list_long", problem.Args{"limit": MaxFilterList})
	}
	out := make([]Filter, 0, len(items))
	for i, item := range items {
		f, err := p.object(item, c, pointer+problem.At(i), depth+1)
		if err != nil {
			return Filter{}, err
		}
		out = append(out, f)
	}
	if name == "_and" {
		return allOf(out), nil
	}
	return anyOf(out), nil
}

// relation reads what is asked of the targets of a relation, or of their ids.
func (p *filterParser) relation(here Step, f schema.Field, r schema.Relation, raw any, pointer string, depth int) (Filter, error) {
	m, ok := raw.(map[string]any)
	if !ok || len(m) == 0 {
		return Filter{}, badFilter(pointer, "filter_not_object", nil)
	}
	var all []Filter
	targets := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch {
		case name == "_some" || name == "_none":
			inner, err := p.target(here, r, m[name], name == "_none", pointer+problem.Pointer(name), depth)
			if err != nil {
				return Filter{}, err
			}
			all = append(all, inner)
		case strings.HasPrefix(name, "_") && name != "_and" && name != "_or" && name != "_not" && !strings.HasPrefix(name, backPrefix):
			cond, err := p.operators(here, columnOf(p.kinds, &f), map[string]any{name: m[name]}, pointer)
			if err != nil {
				return Filter{}, err
			}
			all = append(all, cond)
		default:
			targets[name] = m[name]
		}
	}
	if len(targets) > 0 {
		inner, err := p.target(here, r, targets, false, pointer, depth)
		if err != nil {
			return Filter{}, err
		}
		all = append(all, inner)
	}
	return allOf(all), nil
}

// target reads the conditions on the targets of a relation and puts the step
// that leads there before them.
func (p *filterParser) target(here Step, r schema.Relation, raw any, none bool, pointer string, depth int) (Filter, error) {
	if err := p.count(pointer, depth+1); err != nil {
		return Filter{}, err
	}
	if len(r.To) != 1 {
		return Filter{}, badFilter(pointer, "filter_many_collections", nil)
	}
	to := p.lookup(string(r.To[0]))
	if to == nil {
		return Filter{}, badFilter(pointer, "filter_no_target", problem.Args{"name": string(r.To[0])})
	}
	inner, err := p.object(raw, to, pointer, depth+1)
	if err != nil {
		return Filter{}, err
	}
	through := here
	through.Target = to.ID
	lifted, ok := lift(through, here, r.Many, none, inner)
	if !ok {
		return Filter{}, badFilter(pointer, "filter_same_target", nil)
	}
	return lifted, nil
}

// lift turns a condition on a target into one on the entry that points there.
// here is the relation itself as a last step. It fails where no path says the
// same.
func lift(through, here Step, many, none bool, f Filter) (Filter, bool) {
	if none && !many {
		some, ok := lift(through, here, false, false, f)
		return Filter{Not: &some}, ok
	}
	switch {
	case f.Always():
		return Filter{Path: []Step{here}, Op: Null, Value: none}, true
	case len(f.Path) > 0:
		through.None = none
		f.Path = append([]Step{through}, f.Path...)
		return f, true
	case f.Or != nil || (f.And != nil && !many):
		out := make([]Filter, 0, len(f.Or)+len(f.And))
		for _, part := range append(f.Or[:len(f.Or):len(f.Or)], f.And...) {
			lifted, ok := lift(through, here, many, none, part)
			if !ok {
				return Filter{}, false
			}
			out = append(out, lifted)
		}
		if f.Or != nil && !none {
			return anyOf(out), true
		}
		return allOf(out), true
	case f.Not != nil && !many:
		some, ok := lift(through, here, false, false, *f.Not)
		there := Filter{Path: []Step{here}, Op: Null, Value: false}
		return allOf([]Filter{there, {Not: &some}}), ok
	}
	return Filter{}, false
}

// operators reads {"_op": operand, …} on one field.
func (p *filterParser) operators(here Step, column operandColumn, raw any, pointer string) (Filter, error) {
	m, ok := raw.(map[string]any)
	if !ok || len(m) == 0 {
		return Filter{}, badFilter(pointer, "filter_not_object", nil)
	}
	var all []Filter
	for _, name := range slices.Sorted(maps.Keys(m)) {
		where := pointer + problem.Pointer(name)
		if err := p.count(where, 0); err != nil {
			return Filter{}, err
		}
		if !column.takes(Op(name)) {
			return Filter{}, unknownIn(where, "filter_operator", name, column.operators())
		}
		cond, err := column.condition([]Step{here}, Op(name), m[name], where)
		if err != nil {
			return Filter{}, err
		}
		all = append(all, cond)
	}
	return allOf(all), nil
}

// allOf and anyOf join conditions without needless nesting.
func allOf(filters []Filter) Filter {
	switch len(filters) {
	case 0:
		return Filter{}
	case 1:
		return filters[0]
	}
	return Filter{And: filters}
}

func anyOf(filters []Filter) Filter {
	if len(filters) == 1 {
		return filters[0]
	}
	return Filter{Or: filters}
}
