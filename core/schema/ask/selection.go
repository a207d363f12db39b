package ask

import (
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// MaxSelected is the most paths of one selection.
const MaxSelected = 200

// Order is one key of a sort.
type Order struct {
	Path       []Step // the last step is what is compared; those before lead to one target each
	Descending bool
}

// ParseSort reads "-published_at,title,wilaya.code": API names or ids, "-" for
// descending. A field must be sortable. "_back.studies.associations.published_at"
// goes against a relation: of the studies whose associations lead to an entry the
// first one counts in the order asked for. What is not understood is a BadRequest
// problem that names it; "" gives no orders.
func ParseSort(raw string, root *schema.Collection, lookup Lookup, kinds schema.Kinds) ([]Order, error) {
	if strings.TrimSpace(raw) == "" {
		return nil, nil
	}
	keys := strings.Split(raw, ",")
	if len(keys) > schema.MaxOrders {
		return nil, badParameter("sort", "sort_too_many", problem.Args{"limit": schema.MaxOrders})
	}
	var out []Order
	for _, key := range keys {
		name, descending := strings.CutPrefix(strings.TrimSpace(key), "-")
		path, err := sortPath(name, root, lookup, kinds)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(o Order) bool { return slices.Equal(o.Path, path) }) {
			return nil, badParameter("sort", "sort_twice", problem.Args{"name": name})
		}
		out = append(out, Order{path, descending})
	}
	return out, nil
}

func badParameter(name, code string, args problem.Args) error {
	return problem.Parameter(name, code, args)
}

func unknownParameter(parameter, code, name string, known []string) error {
	f := problem.Unknown(code, parameter, name, known)
	return problem.Parameter(parameter, f.Code, f.Args)
}

func sortPath(name string, c *schema.Collection, lookup Lookup, kinds schema.Kinds) ([]Step, error) {
	words := strings.Split(name, ".")
	var path []Step
	for len(words) > 0 {
		if len(path) == MaxPath {
			return nil, badParameter("sort", "filter_path_long", problem.Args{"limit": MaxPath})
		}
		word, last := words[0], len(words) == 1
		if word+"." == backPrefix {
			at, from, err := backSort(words, c, lookup, kinds)
			if err != nil {
				return nil, err
			}
			path, c, words = append(path, at), from, words[3:]
			continue
		}
		words = words[1:]
		if _, ok := systemColumn(word); ok && last {
			return append(path, Step{Collection: c.ID, System: word}), nil
		}
		f := c.FieldCalled(word)
		if f == nil {
			return nil, unknownParameter("sort", "sort_field", word, append(sortableNames(c), schema.SystemFields()...))
		}
		here := Step{Collection: c.ID, Field: f.ID}
		if last {
			if !f.Sortable {
				return nil, badParameter("sort", "sort_not_sortable", problem.Args{"name": word, "allowed": problem.Listed(sortableNames(c))})
			}
			return append(path, here), nil
		}
		r, ok := kinds.Relation(*f)
		if !ok || r.Many || len(r.To) != 1 {
			return nil, badParameter("sort", "sort_not_one", problem.Args{"name": word})
		}
		if c = lookup(string(r.To[0])); c == nil {
			return nil, badParameter("sort", "filter_no_target", problem.Args{"name": string(r.To[0])})
		}
		here.Target = c.ID
		path = append(path, here)
	}
	return nil, badParameter("sort", "sort_not_one", problem.Args{"name": name})
}

func sortableNames(c *schema.Collection) []string {
	var out []string
	for i := range c.Fields {
		if c.Fields[i].Sortable {
			out = append(out, c.Fields[i].Name)
		}
	}
	return out
}

// Selection is what a reader wants of an entry. The zero Selection is nothing
// but the id.
type Selection struct {
	All    bool       // every field that the reader may see
	Fields []Selected // in the order asked for, each once
}

// Selected is one field of a selection. With Targets the entries that a
// relation leads to are given in its place, by their collection; a target
// collection that is absent there was not asked for and gives ids.
type Selected struct {
	Name    string // as asked for
	Field   content.FieldID
	System  string
	Targets map[content.CollectionID]*Selection
	// Part is "*" for the facts of an asset in the place of its id, and "html"
	// for the sanitised HTML of Markdown.
	Part string
}

// ParseFields reads "title,author.name,blocks,logo.*": what to give, and by
// its dots what to populate. "*" is every field; "" is "*". Fields inside
// groups, lists and blocks cannot be chosen singly. What is not understood is
// a BadRequest problem that names it.
func ParseFields(raw string, root *schema.Collection, lookup Lookup, kinds schema.Kinds) (*Selection, error) {
	if strings.TrimSpace(raw) == "" {
		return &Selection{All: true}, nil
	}
	words := strings.Split(raw, ",")
	if len(words) > MaxSelected {
		return nil, badParameter("fields", "fields_too_many", problem.Args{"limit": MaxSelected})
	}
	p := fieldsParser{lookup, kinds}
	out := &Selection{}
	for _, word := range words {
		path := strings.Split(strings.TrimSpace(word), ".")
		if len(path) > MaxPath {
			return nil, badParameter("fields", "filter_path_long", problem.Args{"limit": MaxPath})
		}
		if err := p.add(out, root, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type fieldsParser struct {
	lookup Lookup
	kinds  schema.Kinds
}

func (p fieldsParser) add(s *Selection, c *schema.Collection, path []string) error {
	name, rest := path[0], path[1:]
	if name == "*" && len(rest) == 0 {
		s.All = true
		return nil
	}
	if _, ok := systemColumn(name); ok && len(rest) == 0 {
		s.field(Selected{Name: name, System: name})
		return nil
	}
	f := c.FieldCalled(name)
	if f == nil {
		return unknownParameter("fields", "fields_field", name, append(c.FieldNames(), schema.SystemFields()...))
	}
	chosen := s.field(Selected{Name: name, Field: f.ID})
	if len(rest) == 0 {
		return nil
	}
	if r, ok := p.kinds.Relation(*f); ok {
		return p.targets(chosen, r, rest)
	}
	part := strings.Join(rest, ".")
	_, nests := p.kinds[f.Kind].(schema.Nester)
	switch {
	case nests && part == "*":
	case part == "*" && (f.Kind == "asset" || f.Kind == "gallery"), part == "html" && f.Kind == "markdown":
		chosen.Part = part
	default:
		return badParameter("fields", "fields_inside", problem.Args{"name": name})
	}
	return nil
}

func (p fieldsParser) targets(chosen *Selected, r schema.Relation, rest []string) error {
	var first error
	found := false
	for _, id := range r.To {
		to := p.lookup(string(id))
		if to == nil {
			continue
		}
		inner := chosen.Targets[to.ID]
		if inner == nil {
			inner = &Selection{}
		}
		if err := p.add(inner, to, rest); err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		found = true
		if chosen.Targets == nil {
			chosen.Targets = map[content.CollectionID]*Selection{}
		}
		chosen.Targets[to.ID] = inner
	}
	if !found && first == nil {
		return badParameter("fields", "filter_no_target", problem.Args{"name": chosen.Name})
	}
	if !found {
		return first
	}
	return nil
}

// field gives the selection's own entry for a field, adding it when it is new.
func (s *Selection) field(want Selected) *Selected {
	for i := range s.Fields {
		if s.Fields[i].Field == want.Field && s.Fields[i].System == want.System {
			return &s.Fields[i]
		}
	}
	s.Fields = append(s.Fields, want)
	return &s.Fields[len(s.Fields)-1]
}
