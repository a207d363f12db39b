// Package schema says what a collection is and whether values fit it. A
// collection is data with stable field ids: a rename or a new order touches no
// value. Each field kind is one file and one value of type Kind, listed by hand
// in Kinds; the two dozen of them, made to nest in one another, are why it is
// over 3,000 lines (see ARCHITECTURE.md). It reads nothing and stores nothing.
package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
)

// Texts is a text for people per locale.
type Texts map[content.Locale]string

// Collection is a named set of entries with the same fields.
type Collection struct {
	ID    content.CollectionID `json:"id"`
	Name  string               `json:"name"`                // in the API and in addresses; may change
	Label Texts                `json:"label,omitempty"`     // plural, for people
	One   Texts                `json:"label_one,omitempty"` // singular, for people
	Help  Texts                `json:"help,omitempty"`
	Group string               `json:"group,omitempty"` // heading in the console's menu; a key of the catalogue or a text
	Icon  string               `json:"icon,omitempty"`

	Singleton bool `json:"singleton,omitempty"` // exactly one entry
	Tree      bool `json:"tree,omitempty"`      // entries have a parent and an order

	Title  content.FieldID `json:"title,omitempty"`  // the field that names an entry in lists
	Slug   content.FieldID `json:"slug,omitempty"`   // the field of kind slug that names it in addresses
	Path   string          `json:"path,omitempty"`   // address on the site, such as "/associations/{slug}"
	Review bool            `json:"review,omitempty"` // publishing needs an approved review or the right to approve
	// RequireMatch refuses a change without If-Match (428).
	RequireMatch bool `json:"require_if_match,omitempty"`
	// Recency, in days, halves the search score of an entry that old; 0 never.
	Recency float64 `json:"recency,omitempty"`
	// Date is the field whose value Recency and default orders speak of; empty
	// means the publication.
	Date content.FieldID `json:"date,omitempty"`
	// Sort is the default order of lists: "-published_at,title".
	Sort string `json:"sort,omitempty"`

	Fields []Field `json:"fields"` // in the order of the form

	// Revision counts the changes of the definition, from 1: its ETag.
	Revision int `json:"revision"`
}

// Field is one named place for a value.
type Field struct {
	ID    content.FieldID `json:"id"`
	Name  string          `json:"name"` // in the API; may change
	Kind  string          `json:"kind"` // the Name of a Kind; "text"
	Label Texts           `json:"label,omitempty"`
	Help  Texts           `json:"help,omitempty"`
	Tab   string          `json:"tab,omitempty"` // groups fields of long forms

	Localized bool            `json:"localized,omitempty"` // a value per locale; otherwise one for all
	Required  bool            `json:"required,omitempty"`  // checked when published, not when a draft is saved
	Unique    bool            `json:"unique,omitempty"`    // within the collection (and locale, when localized)
	Default   json.RawMessage `json:"default,omitempty"`   // used when an entry is created without a value
	Settings  json.RawMessage `json:"settings,omitempty"`  // limits, patterns, options, targets: the kind says which

	Weight   float64    `json:"weight,omitempty"`   // in search; 0 is not searched
	Facet    bool       `json:"facet,omitempty"`    // counted in search and lists
	Sortable bool       `json:"sortable,omitempty"` // has an index for orders
	Sees     Visibility `json:"visibility,omitempty"`
	// Personal values are sealed under the entry's own key and can be erased.
	Personal bool `json:"personal,omitempty"`

	// parsed holds what Kinds.Prepare read from Settings; nil means that they
	// are read anew at each use.
	parsed any
}

// Visibility says who may read a field of an entry that they may read. Each
// includes those after it.
type Visibility string

// The visibilities. Public is the zero value.
const (
	Public       Visibility = ""
	Members      Visibility = "members"      // signed-in members of the programme
	Coordinators Visibility = "coordinators" // the programme's own team
)

// Level orders visibilities: 0 public, 1 members, 2 coordinators, and 3 for a
// word that is none of them, so that a mistake hides and never shows.
func (v Visibility) Level() int {
	switch v {
	case Public, "public":
		return 0
	case Members:
		return 1
	case Coordinators:
		return 2
	}
	return 3
}

// Field finds a field by its id, or nil.
func (c *Collection) Field(id content.FieldID) *Field {
	for i := range c.Fields {
		if c.Fields[i].ID == id {
			return &c.Fields[i]
		}
	}
	return nil
}

// FieldNamed finds a field by its name, or nil.
func (c *Collection) FieldNamed(name string) *Field {
	for i := range c.Fields {
		if c.Fields[i].Name == name {
			return &c.Fields[i]
		}
	}
	return nil
}

// FieldCalled finds a field by its name or its id, or nil; CheckCollection sees
// to it that no name is another field's id.
func (c *Collection) FieldCalled(nameOrID string) *Field {
	if f := c.FieldNamed(nameOrID); f != nil {
		return f
	}
	return c.Field(content.FieldID(nameOrID))
}

// FieldNames gives the names of the fields, in order.
func (c *Collection) FieldNames() []string {
	out := make([]string, len(c.Fields))
	for i := range c.Fields {
		out[i] = c.Fields[i].Name
	}
	return out
}

// sorts reports whether a text may be the default order of the collection:
// names or ids of sortable fields of its own, or of system fields, "-" for
// descending. core/schema/ask reads it.
func (c *Collection) sorts(raw string) bool {
	if strings.TrimSpace(raw) == "" {
		return true
	}
	keys := strings.Split(raw, ",")
	seen := map[string]bool{}
	for _, key := range keys {
		name := strings.TrimPrefix(strings.TrimSpace(key), "-")
		if f := c.FieldCalled(name); !slices.Contains(SystemFields(), name) {
			if f == nil || !f.Sortable {
				return false
			}
			name = string(f.ID)
		}
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return len(keys) <= MaxOrders
}

// Localized reports whether any field has a value per locale.
func (c *Collection) Localized() bool {
	for i := range c.Fields {
		if c.Fields[i].Localized {
			return true
		}
	}
	return false
}

// Limits of a definition.
const (
	MaxFields    = 200 // of one collection, nested ones apart
	MaxDepth     = 8   // of groups, lists and blocks in one another
	MaxNameBytes = 60
	MaxOrders    = 5 // keys of one sort
)
