package schema

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/letters"
)

// Input is what a caller gave for an entry, in kept form and by field id,
// sorted by where an entry keeps it. A nil value is one that the caller
// emptied; an id that is absent was not spoken of.
type Input struct {
	Shared            content.Values // not localized, not personal
	SharedPersonal    content.Values // not localized, personal
	Localized         content.Values // of the one locale that the input is about
	LocalizedPersonal content.Values
}

// place gives the part of the input that a field's value belongs to.
func (in *Input) place(f *Field) content.Values {
	part := &in.Shared
	switch {
	case f.Localized && f.Personal:
		part = &in.LocalizedPersonal
	case f.Localized:
		part = &in.Localized
	case f.Personal:
		part = &in.SharedPersonal
	}
	if *part == nil {
		*part = content.Values{}
	}
	return *part
}

// All merges the four parts.
func (in Input) All() content.Values {
	out := content.Values{}
	for _, part := range []content.Values{in.Shared, in.SharedPersonal, in.Localized, in.LocalizedPersonal} {
		maps.Copy(out, part)
	}
	return out
}

// Split sorts merged values by where an entry keeps them. Values of fields
// that the collection no longer has are left out: this is where they go when
// an entry is next saved.
func Split(c *Collection, values content.Values) Input {
	var in Input
	for i := range c.Fields {
		if v, ok := values[c.Fields[i].ID]; ok {
			in.place(&c.Fields[i])[c.Fields[i].ID] = v
		}
	}
	return in
}

// Apply gives old with a change made: a nil in change removes a value. Neither
// argument is altered.
func Apply(old, change content.Values) content.Values {
	out := make(content.Values, len(old)+len(change))
	for _, part := range []content.Values{old, change} {
		for id, v := range part {
			if v == nil {
				delete(out, id)
			} else {
				out[id] = v
			}
		}
	}
	return out
}

// Decode turns input in outer form, by API name, into kept values by id. All
// that is wrong comes in one Invalid problem, with pointers such as
// "/blocks/2/url" and args {field}; an unknown name comes with the nearest
// known one.
func (k Kinds) Decode(c *Collection, input map[string]any) (Input, error) {
	var in Input
	var faults []problem.Field
	for _, name := range sortedKeys(input) {
		f := c.FieldNamed(name)
		if f == nil {
			faults = append(faults, problem.Unknown("field_unknown", problem.Pointer(name), name, c.FieldNames()))
			continue
		}
		v, err := k.kept(*f, input[name])
		if err != nil {
			faults = append(faults, below(problem.Pointer(name), err)...)
			continue
		}
		in.place(f)[f.ID] = v
	}
	if len(faults) > 0 {
		return Input{}, invalidValues(bounded(faults))
	}
	return in, nil
}

// kept takes one value from its outer form.
func (k Kinds) kept(f Field, outer any) (any, error) {
	if n, ok := k[f.Kind].(Nester); ok {
		return n.Kept(f, outer)
	}
	return k.normalize(f, outer)
}

// Encode gives the outer form of values, by API name. Fields without a value
// are left out, and so are values of fields that are no more.
func (k Kinds) Encode(c *Collection, values content.Values) map[string]any {
	out := make(map[string]any, len(values))
	for i := range c.Fields {
		f := &c.Fields[i]
		if v, ok := values[f.ID]; ok && v != nil {
			out[f.Name] = k.EncodeValue(*f, v)
		}
	}
	return out
}

// EncodeValue gives the outer form of one value.
func (k Kinds) EncodeValue(f Field, v any) any {
	if n, ok := k[f.Kind].(Nester); ok {
		return n.Outer(f, v)
	}
	return v
}

// CheckComplete says what an entry lacks to be published: required fields
// without a value, and values below the least length or number, in groups,
// lists and blocks too. values are merged: shared and localized. Pointers are
// by API name.
func (k Kinds) CheckComplete(c *Collection, values content.Values) []problem.Field {
	var faults []problem.Field
	for i := range c.Fields {
		f := &c.Fields[i]
		faults = append(faults, k.complete(*f, values[f.ID])...)
	}
	return bounded(faults)
}

func (k Kinds) complete(f Field, v any) []problem.Field {
	var faults []problem.Field
	k.walk(level{}, f, problem.Pointer(f.Name), v, func(f Field, pointer string, v any) {
		if v == nil {
			if f.Required {
				faults = append(faults, problem.Under(pointer, []problem.Field{fault(f, "field_required", nil)})...)
			}
			return
		}
		if kind, ok := k[f.Kind].(completer); ok {
			faults = append(faults, problem.Under(pointer, kind.incomplete(f, v))...)
		}
	})
	return faults
}

// Defaults gives the default values of the top-level fields that have one, for
// a new entry. Defaults inside groups, lists and blocks are for forms to fill
// in when an item is added.
func (k Kinds) Defaults(c *Collection) (Input, error) {
	var in Input
	for i := range c.Fields {
		f := &c.Fields[i]
		if blank(f.Default) {
			continue
		}
		v, err := k.defaultOf(*f)
		if err != nil {
			return Input{}, err
		}
		if v != nil {
			in.place(f)[f.ID] = v
		}
	}
	return in, nil
}

func (k Kinds) defaultOf(f Field) (any, error) {
	var v any
	if json.Unmarshal(f.Default, &v) != nil {
		return nil, wrong(f, "json_value", nil)
	}
	return k.kept(f, v)
}

// FieldText is what search reads of one field, as plain text.
type FieldText struct {
	Field    content.FieldID
	Weight   float64
	Sees     Visibility
	Personal bool
	Text     []string
}

// Text gives what search reads, field by field, of those with a weight.
func (k Kinds) Text(c *Collection, values content.Values) []FieldText {
	var out []FieldText
	for i := range c.Fields {
		f := &c.Fields[i]
		texter, ok := k[f.Kind].(Texter)
		if !ok || f.Weight <= 0 || values[f.ID] == nil {
			continue
		}
		if text := texter.Text(*f, values[f.ID]); len(text) > 0 {
			out = append(out, FieldText{f.ID, f.Weight, f.Sees, f.Personal, text})
		}
	}
	return out
}

// FieldRef is one reference and the top-level field that holds it.
type FieldRef struct {
	Field content.FieldID
	Ref   content.Ref
}

// Refs gives every reference that the values hold, in groups, lists, blocks
// and Markdown too, without repeats per field.
func (k Kinds) Refs(c *Collection, values content.Values) []FieldRef {
	var out []FieldRef
	for i := range c.Fields {
		f := &c.Fields[i]
		referrer, ok := k[f.Kind].(Referrer)
		if !ok || values[f.ID] == nil {
			continue
		}
		first := len(out)
		for _, ref := range referrer.Refs(*f, values[f.ID]) {
			if r := (FieldRef{f.ID, ref}); !slices.Contains(out[first:], r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// SlugFrom makes a slug from the field that the slug field names as its
// source; "" when there is no source or nothing in it. It is not yet unique.
func (k Kinds) SlugFrom(c *Collection, values content.Values) string {
	f := c.Field(c.Slug)
	if f == nil {
		return ""
	}
	s := settingsOf[slugSettings](*f)
	text, _ := values[s.Source].(string)
	slug := letters.Slug(text, slugLength, s.Latin)
	if content.ValidEntryID(slug) {
		slug += "-1"
	}
	return slug
}
