package ask

import "github.com/recueil-cms/recueil/core/content"

// Filter is a checked condition on entries: the one filter language of the
// API, of rights (row filters), of webhooks and of saved views. Exactly one of
// And, Or, Not and Path is used; the zero Filter holds for every entry.
//
// Its JSON form, before checking, nests a path, an operator and an operand:
//
//	{"_and":[{"wilaya":{"code":{"_eq":"06"}}},{"founded_on":{"_gte":"2007-01-01"}}]}
//
// Filters are data: two filters with the same JSON are the same.
type Filter struct {
	And []Filter
	Or  []Filter
	Not *Filter

	Path  []Step // at least one; the last step's field is compared
	Op    Op
	Value any // canonical for the last step's kind; []any for In, Nin, Between, BBox and Near
}

// Always reports whether the filter holds for every entry.
func (f Filter) Always() bool {
	return f.And == nil && f.Or == nil && f.Not == nil && len(f.Path) == 0
}

// Step is one field on the way from an entry to what is compared. Every step
// but the last is a relation, and Some or None says how its targets count.
type Step struct {
	Collection content.CollectionID // whose field it is
	Field      content.FieldID      // of the collection; or
	System     string               // a system field: "id", "created_at" …
	None       bool                 // holds when no target does; otherwise when some target does
	// Back goes against a relation: Field is one of Target, and leads here.
	Back bool
	// Target is the collection that a relation leads to; empty on the last step.
	Target content.CollectionID
	// Where is a condition that the targets must meet too, nil for none. It
	// belongs inside the same "there is a target" as the rest of the path, so
	// that a target which whoever asks may not read counts as absent. Only
	// core/query sets it.
	Where *Filter
	// Live looks at the live side of the targets even when the list is one of
	// drafts. Only core/query sets it.
	Live bool
}

// Op is an operator of the filter language.
type Op string

// The operators. Null takes a boolean.
const (
	Eq         Op = "_eq"
	Neq        Op = "_neq"
	Lt         Op = "_lt"
	Lte        Op = "_lte"
	Gt         Op = "_gt"
	Gte        Op = "_gte"
	In         Op = "_in"
	Nin        Op = "_nin"
	Null       Op = "_null"
	Contains   Op = "_contains"    // without regard to case and accents
	StartsWith Op = "_starts_with" // without regard to case and accents
	Between    Op = "_between"     // two bounds, both included
	BBox       Op = "_bbox"        // of a place: west, south, east, north in degrees
	Near       Op = "_near"        // of a place: longitude, latitude in degrees, and kilometres
)

// Limits of a filter.
const (
	MaxFilterDepth = 10  // of _and, _or, _not and paths together
	MaxFilterList  = 500 // members of one _in or _or
	MaxFilterNodes = 200 // conditions in all
	MaxPath        = 4   // steps
)
