package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// What happened to a field when a definition changed.
const (
	FieldAdded     = "added"
	FieldRemoved   = "removed"   // its values stay in the log, and in each entry until its next save
	FieldRenamed   = "renamed"   // metadata only
	FieldMoved     = "moved"     // in the order of the form
	FieldKind      = "kind"      // values need Convert
	FieldSettings  = "settings"  // limits, options, targets
	FieldRequired  = "required"  // mark set or cleared
	FieldUnique    = "unique"    // mark set or cleared
	FieldLocalized = "localized" // values move between the shared and the localized side
	FieldPersonal  = "personal"  // values move into or out of what is sealed; older records keep them as they were
	FieldSees      = "visibility"
)

// Change is one thing that a change of a definition does to one field.
type Change struct {
	What     string
	Field    content.FieldID // the top-level field
	Path     string          // JSON Pointer by API names, of a field inside it too
	From, To string          // names, kinds or marks, for people
	// NeedsCheck says that values which fitted may no longer fit: existing
	// entries are to be checked with Recheck, or, for FieldUnique, compared.
	NeedsCheck bool
}

// Diff says what a change of a definition means, in the order of the new
// definition, removed fields last.
func Diff(old, changed *Collection) []Change {
	return diffFields("", "", old.Fields, changed.Fields)
}

func diffFields(top content.FieldID, path string, old, changed []Field) []Change {
	var out []Change
	var kept []content.FieldID
	for _, f := range old {
		if findField(changed, f.ID) != nil {
			kept = append(kept, f.ID)
		}
	}
	place := 0
	for i := range changed {
		f := &changed[i]
		here, id := path+problem.Pointer(f.Name), top
		if top == "" {
			id = f.ID
		}
		was := findField(old, f.ID)
		if was == nil {
			out = append(out, Change{FieldAdded, id, here, "", f.Name, f.Required})
			continue
		}
		if kept[place] != f.ID {
			out = append(out, Change{FieldMoved, id, here, was.Name, f.Name, false})
		}
		place++
		out = append(out, diffField(id, here, was, f)...)
	}
	for i := range old {
		if findField(changed, old[i].ID) == nil {
			id := top
			if top == "" {
				id = old[i].ID
			}
			out = append(out, Change{FieldRemoved, id, path + problem.Pointer(old[i].Name), old[i].Name, "", false})
		}
	}
	return out
}

func findField(fields []Field, id content.FieldID) *Field {
	for i := range fields {
		if fields[i].ID == id {
			return &fields[i]
		}
	}
	return nil
}

func diffField(id content.FieldID, path string, was, f *Field) []Change {
	var out []Change
	add := func(what, from, to string, check bool) {
		out = append(out, Change{what, id, path, from, to, check})
	}
	if was.Name != f.Name {
		add(FieldRenamed, was.Name, f.Name, false)
	}
	for _, mark := range []struct {
		what     string
		was, now bool
		check    bool
	}{
		{FieldRequired, was.Required, f.Required, f.Required},
		{FieldUnique, was.Unique, f.Unique, f.Unique},
		{FieldLocalized, was.Localized, f.Localized, true},
		{FieldPersonal, was.Personal, f.Personal, false},
	} {
		if mark.was != mark.now {
			add(mark.what, word(mark.was), word(mark.now), mark.check)
		}
	}
	if was.Sees.Level() != f.Sees.Level() {
		add(FieldSees, string(was.Sees), string(f.Sees), false)
	}
	if was.Kind != f.Kind {
		add(FieldKind, was.Kind, f.Kind, true)
		return out
	}
	if !sameJSON(was.Settings, f.Settings) {
		out = append(out, diffSettings(id, path, was, f)...)
	}
	return out
}

func word(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func sameJSON(a, b json.RawMessage) bool {
	if bytes.Equal(a, b) {
		return true
	}
	return reflect.DeepEqual(decoded(a), decoded(b))
}

func decoded(raw json.RawMessage) any {
	var v any
	if blank(raw) || json.Unmarshal(raw, &v) != nil {
		return map[string]any{}
	}
	return v
}

func diffSettings(id content.FieldID, path string, was, f *Field) []Change {
	var out []Change
	before, _ := decoded(was.Settings).(map[string]any)
	now, _ := decoded(f.Settings).(map[string]any)
	switch f.Kind {
	case groupKind{}.Name():
		out = diffFields(id, path, settingsOf[groupSettings](*was).Fields, settingsOf[groupSettings](*f).Fields)
	case listKind{}.Name():
		out = diffFields(id, path, settingsOf[listSettings](*was).Fields, settingsOf[listSettings](*f).Fields)
	case blocksKind{}.Name():
		out = diffTypes(id, path, settingsOf[blocksSettings](*was).Types, settingsOf[blocksSettings](*f).Types)
	}
	changed, tight := false, false
	for _, name := range slices.Compact(slices.Sorted(func(yield func(string) bool) {
		for _, m := range []map[string]any{before, now} {
			for name := range m {
				if !yield(name) {
					return
				}
			}
		}
	})) {
		if name == "fields" || name == "types" || reflect.DeepEqual(before[name], now[name]) {
			continue
		}
		changed = true
		tight = tight || tightened(name, before[name], now[name])
	}
	if changed {
		out = append([]Change{{FieldSettings, id, path, "", "", tight}}, out...)
	}
	return out
}

func diffTypes(id content.FieldID, path string, old, changed []BlockType) []Change {
	var out []Change
	for _, bt := range changed {
		here := path + problem.Pointer(bt.Name)
		i := slices.IndexFunc(old, func(o BlockType) bool { return o.ID == bt.ID })
		if i < 0 {
			out = append(out, Change{FieldAdded, id, here, "", bt.Name, false})
			continue
		}
		if old[i].Name != bt.Name {
			out = append(out, Change{FieldRenamed, id, here, old[i].Name, bt.Name, false})
		}
		out = append(out, diffFields(id, here, old[i].Fields, bt.Fields)...)
	}
	for _, bt := range old {
		if !slices.ContainsFunc(changed, func(c BlockType) bool { return c.ID == bt.ID }) {
			// Blocks of a type that is no more would vanish at the next save.
			out = append(out, Change{FieldRemoved, id, path + problem.Pointer(bt.Name), bt.Name, "", true})
		}
	}
	return out
}

// tightened reports whether a changed setting may refuse what it took before.
// A setting that is not known to be harmless may.
func tightened(name string, was, now any) bool {
	switch name {
	case "label", "help", "unit", "item", "pattern_help", "back", "source", "latin", "country":
		return false
	case "start_optional", "end_optional", "multiple", "many":
		return now != true
	case "max", "max_length", "max_bytes", "max_depth":
		a, hadLimit := was.(float64)
		b, hasLimit := now.(float64)
		return hasLimit && b != 0 && (!hadLimit || a == 0 || b < a)
	case "min", "min_length":
		a, _ := was.(float64)
		b, ok := now.(float64)
		return !ok && now != nil || b > a || (was == nil && now != nil)
	case "integer":
		return now == true
	case "pattern":
		return now != nil && now != ""
	case "options", "to":
		return lost(was, now)
	case "media_types":
		return now != nil && (was == nil || lost(was, now))
	case "required":
		return was == nil || lost(now, was)
	}
	return true
}

// lost reports whether a list lacks a member that it had; options are compared
// by their value.
func lost(was, now any) bool {
	before, _ := was.([]any)
	after, _ := now.([]any)
	for _, b := range before {
		if !slices.ContainsFunc(after, func(a any) bool { return reflect.DeepEqual(optionValue(a), optionValue(b)) }) {
			return true
		}
	}
	return false
}

func optionValue(v any) any {
	if m, ok := v.(map[string]any); ok {
		return m["value"]
	}
	return v
}

// Recheck says what of an entry's merged values breaks the new definition of
// these fields: for telling, before a definition changes, how many entries it
// would leave invalid.
func (k Kinds) Recheck(c *Collection, changed []content.FieldID, values content.Values) []problem.Field {
	var faults []problem.Field
	for _, id := range changed {
		f := c.Field(id)
		if f == nil || values[id] == nil {
			continue
		}
		_, err := k.normalize(*f, values[id])
		faults = append(faults, below(problem.Pointer(f.Name), err)...)
	}
	return bounded(faults)
}

// RecheckComplete says what these fields of a published entry lack; see
// CheckComplete.
func (k Kinds) RecheckComplete(c *Collection, changed []content.FieldID, values content.Values) []problem.Field {
	var faults []problem.Field
	for _, id := range changed {
		if f := c.Field(id); f != nil {
			faults = append(faults, k.complete(*f, values[id])...)
		}
	}
	return bounded(faults)
}
