package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Kind is what sort of field something is. One value per kind, without state.
//
// A value has two forms. The outer form is what the API speaks: names of
// nested fields, as JSON decoded into any. The kept form is what a
// content.Version holds: ids of nested fields, canonical, made only of nil,
// bool, string, float64, []any and map[string]any. For most kinds they are
// the same.
type Kind interface {
	// Name is the word in Field.Kind.
	Name() string
	// CheckSettings refuses settings that the kind does not know, with a
	// problem of kind Invalid that has pointers into the settings.
	CheckSettings(settings json.RawMessage) error
	// Normalize turns a value in kept form, or in an outer form without nested
	// names, into the canonical kept form, or says with a *problem.Error of
	// kind Invalid what is wrong; its pointers are relative to the value. It
	// is idempotent. nil is the empty value and always fits; what else is empty
	// ("", an empty list) becomes nil.
	Normalize(f Field, v any) (any, error)
}

// Texter is a kind whose values hold text that search reads, as plain text.
type Texter interface {
	Text(f Field, v any) []string
}

// Referrer is a kind whose values point at entries or assets.
type Referrer interface {
	Refs(f Field, v any) []content.Ref
}

// Nester is a kind whose values hold named fields of their own: group, list,
// blocks. Outer and Kept translate between the two forms of a value.
type Nester interface {
	Kept(f Field, outer any) (any, error)
	Outer(f Field, kept any) any
	// Nested gives the fields inside by the block type that holds them ("" for
	// kinds without block types).
	Nested(f Field) map[string][]Field
}

// ColumnType is how the view keeps a value for filters and orders.
type ColumnType uint8

// The column types. NoColumn values can only be tested for being empty.
const (
	NoColumn      ColumnType = iota
	TextColumn               // compared by the collation of letters.SortKey
	NumberColumn             // float64
	BooleanColumn            // 0 or 1
	TimeColumn               // RFC 3339 UTC text or an ISO 8601 date: byte order is time order
	KeysColumn               // any number of exact strings: options, terms, relations
	PointColumn              // latitude and longitude, WGS 84
)

// Columner is a kind whose values can be filtered and, unless KeysColumn or
// PointColumn, ordered.
type Columner interface {
	Column(f Field) ColumnType
	// Cells gives the value's cells: one string, float64 or bool; any number of
	// strings for KeysColumn; latitude and longitude for PointColumn; none for
	// an empty value.
	Cells(f Field, v any) []any
}

// Direction says for whom a JSON Schema is made.
type Direction uint8

// The directions.
const (
	Read   Direction = iota // what the API gives
	Create                  // what it takes for a new entry
	Patch                   // what it takes for a change
)

// Schemer is a kind that describes the outer form of its values in JSON Schema
// 2020-12. Null need not be mentioned: it is allowed everywhere.
type Schemer interface {
	Schema(f Field, d Direction, l content.Locale) map[string]any
}

// completer is a kind whose values may be too little to be published, though
// they can be kept in a draft: the least lengths and numbers. v is not nil.
type completer interface {
	incomplete(f Field, v any) []problem.Field
}

// Kinds are the field kinds by name. Builtin lists them; there is no other way
// to add one.
type Kinds map[string]Kind
