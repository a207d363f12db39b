package schema

import (
	"errors"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

var errEarly = errors.New("schema: signatures only, being written")

// Input is what a caller gave for an entry, in kept form and by field id,
// sorted by where an entry keeps it. A nil value is one that the caller
// emptied; an id that is absent was not spoken of.
type Input struct {
	Shared            content.Values // not localized, not personal
	SharedPersonal    content.Values // not localized, personal
	Localized         content.Values // of the one locale that the input is about
	LocalizedPersonal content.Values
}

// FieldText is what search reads of one field.
type FieldText struct {
	Field  content.FieldID
	Weight float64
	Text   []string
}

// FieldRef is one reference and the top-level field that holds it.
type FieldRef struct {
	Field content.FieldID
	Ref   content.Ref
}

// Decode turns input in outer form, by API name, into kept values by id.
func (k Kinds) Decode(c *Collection, input map[string]any) (Input, error) {
	return Input{}, errEarly
}

// Encode gives the outer form of values, by API name.
func (k Kinds) Encode(c *Collection, values content.Values) map[string]any { return nil }

// EncodeValue gives the outer form of one value.
func (k Kinds) EncodeValue(f Field, v any) any { return nil }

// Split sorts merged values by where an entry keeps them.
func Split(c *Collection, values content.Values) Input { return Input{} }

// Apply gives old with the changes made: a nil in change removes a value.
func Apply(old, change content.Values) content.Values { return nil }

// CheckComplete names the required fields that have no value.
func (k Kinds) CheckComplete(c *Collection, values content.Values) []problem.Field { return nil }

// Defaults gives the default values of the fields that have one.
func (k Kinds) Defaults(c *Collection) (Input, error) { return Input{}, errEarly }

// Text gives what search reads, field by field, of those with a weight.
func (k Kinds) Text(c *Collection, values content.Values) []FieldText { return nil }

// Refs gives every reference that the values hold.
func (k Kinds) Refs(c *Collection, values content.Values) []FieldRef { return nil }

// SlugFrom derives a slug from the field that the slug field names.
func (k Kinds) SlugFrom(c *Collection, values content.Values) string { return "" }

// Prepare reads the settings of every field once.
func (k Kinds) Prepare(c *Collection) {}

// CheckCollection checks a definition.
func (k Kinds) CheckCollection(c *Collection) error { return errEarly }

// AssignIDs gives ids to the fields of c that have none.
func AssignIDs(c *Collection, old *Collection, newID func() string) {}

// Convert turns a value of one field into one of another, without loss.
func (k Kinds) Convert(from, to Field, v any) (any, error) { return nil, errEarly }

// Recheck says what of an entry's values breaks the changed fields.
func (k Kinds) Recheck(c *Collection, changed []content.FieldID, values content.Values) []problem.Field {
	return nil
}

// Builtin lists the kinds.
func Builtin() Kinds { return Kinds{} }

// BuiltinCollections gives the collections that a new site starts with.
func BuiltinCollections() ([]Collection, error) { return nil, errEarly }

// SortKey folds a text for comparing.
func SortKey(s string) string { return s }

// Relation says where the values of a relational field lead.
type Relation struct {
	To     []content.CollectionID // at least one
	Many   bool                   // the value is a list of ids; otherwise one id
	Scheme string                 // of a terms field: the targets' scheme
	Min    int
	Max    int // 0: no limit but MaxRelated
	// Back is the name by which the targets see the entries that point at
	// them; empty: they do not.
	Back      string
	BackLabel Texts
}

// Relation gives the relation of a field of kind relation or terms.
func (k Kinds) Relation(f Field) (Relation, bool) { return Relation{}, false }

// Direction says for whom a JSON Schema is made.
type Direction uint8

// The directions.
const (
	Read   Direction = iota // what the API gives
	Create                  // what it takes for a new entry
	Patch                   // what it takes for a change: nothing is required
)

// JSONSchema describes the outer form of an entry (JSON Schema 2020-12).
func (k Kinds) JSONSchema(c *Collection, d Direction, l content.Locale) map[string]any { return nil }
