package schema

import "github.com/recueil-cms/recueil/core/content"

// Lookup finds a collection by its id or its name, or gives nil.
type Lookup func(idOrName string) *Collection

// Variable is an operand that is known only when a filter is used: "now",
// "user", "association".
type Variable struct {
	Name string
	Form string // "date", "time", "stamp" or "key": how its value is written
}

// ParseFilter reads a filter from decoded JSON.
func ParseFilter(raw any, root *Collection, lookup Lookup, kinds Kinds, vars func(name string) (any, bool)) (Filter, error) {
	return Filter{}, errEarly
}

// Resolve puts values in the place of variables.
func (f Filter) Resolve(vars func(name string) (any, bool)) Filter { return f }

// Nothing is the filter that holds for no entry.
func Nothing() Filter { return Filter{Not: &Filter{}} }

// Paths gives every path that the filter reads.
func (f Filter) Paths() [][]Step { return nil }

// MarshalJSON writes the filter by field ids; ParseFilter reads it again.
func (f Filter) MarshalJSON() ([]byte, error) { return nil, errEarly }

// Order is one key of a sort.
type Order struct {
	Path       []Step
	Descending bool
}

// ParseSort reads "-published_at,title".
func ParseSort(raw string, root *Collection, lookup Lookup, kinds Kinds) ([]Order, error) {
	return nil, errEarly
}

// Selection is what a reader wants of an entry.
type Selection struct {
	All    bool // every field that the reader may see
	Fields []Selected
}

// Selected is one field of a selection. With Targets the entries that a
// relation leads to are given in its place, by target collection.
type Selected struct {
	Name    string // as asked for
	Field   content.FieldID
	System  string
	Targets map[content.CollectionID]*Selection
}

// ParseFields reads "title,author.name,blocks".
func ParseFields(raw string, root *Collection, lookup Lookup, kinds Kinds) (*Selection, error) {
	return nil, errEarly
}
