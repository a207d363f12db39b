package schema

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
)

// Group, list and blocks hold fields of their own. What they have in common is
// here: a value of theirs is one or more sets of fields, and everything done
// with it is done by walking the sets.

// maxItems bounds the items of one list or blocks value.
const maxItems = 1000

// form is a form of a value: with the names of nested fields, or their ids.
type form uint8

const (
	outerForm form = iota
	keptForm
)

func (fm form) key(f *Field) string {
	if fm == outerForm {
		return f.Name
	}
	return string(f.ID)
}

func (fm form) typeKey(t *BlockType) string {
	if fm == outerForm {
		return t.Name
	}
	return t.ID
}

// level is where a walk stands: inside which blocks field, and how many blocks
// deep. A blocks field that inherits takes its types from it.
type level struct {
	blocks *blocksSettings
	depth  int
}

// enter gives the settings that hold for a blocks field at this level, and the
// level of what is inside it.
func (l level) enter(s *blocksSettings) (*blocksSettings, level) {
	if s.Inherit && l.blocks != nil {
		return l.blocks, level{l.blocks, l.depth + 1}
	}
	return s, level{s, 1}
}

// translation rebuilds nested values from one form in the other or the same.
type translation struct {
	kinds    Kinds
	from, to form
	// leaf treats the values of fields that are not nesting.
	leaf func(f Field, v any) (any, error)
	// input is set for what callers give: unknown names are faults, limits are
	// checked, items get ids, and what is empty becomes nil. Otherwise unknown
	// names, of fields that are no more, are left out.
	input bool
}

func (t translation) value(l level, f Field, v any) (any, []problem.Field) {
	if v == nil {
		return nil, nil
	}
	switch f.Kind {
	case groupKind{}.Name():
		return t.group(l, f, v)
	case listKind{}.Name():
		s := settingsOf[listSettings](f)
		return t.items(f, v, s.max(), func(m map[string]any) (map[string]any, []problem.Field) {
			return t.set(l, s.Fields, m, "id")
		})
	case blocksKind{}.Name():
		return t.blocks(l, f, v)
	}
	out, err := t.leaf(f, v)
	return out, below("", err)
}

func (t translation) group(l level, f Field, v any) (any, []problem.Field) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, []problem.Field{fault(f, "not_object_of_fields", nil)}
	}
	out, faults := t.set(l, settingsOf[groupSettings](f).Fields, m)
	if len(out) == 0 && t.input {
		return nil, faults
	}
	return out, faults
}

func (t translation) blocks(l level, f Field, v any) (any, []problem.Field) {
	s, inside := l.enter(settingsOf[blocksSettings](f))
	if t.input && inside.depth > s.depth() {
		return nil, []problem.Field{fault(f, "blocks_too_deep", problem.Args{"limit": s.depth()})}
	}
	return t.items(f, v, s.max(), func(m map[string]any) (map[string]any, []problem.Field) {
		name, _ := m["type"].(string)
		bt := s.blockType(t.from, name)
		if bt == nil {
			if !t.input {
				return nil, nil
			}
			bad := fault(f, "block_type_unknown", problem.Args{"allowed": problem.Listed(s.names(t.from))})
			return nil, problem.Under("/type", []problem.Field{bad})
		}
		out, faults := t.set(inside, bt.Fields, m, "id", "type")
		out["type"] = t.to.typeKey(bt)
		return out, faults
	})
}

// set translates one set of fields; own are the members that are not fields.
func (t translation) set(l level, fields []Field, m map[string]any, own ...string) (map[string]any, []problem.Field) {
	out := make(map[string]any, len(m))
	var faults []problem.Field
	found := 0
	for i := range fields {
		nested := &fields[i]
		v, ok := m[t.from.key(nested)]
		if !ok {
			continue
		}
		found++
		value, bad := t.value(l, *nested, v)
		if len(bad) > 0 {
			faults = append(faults, problem.Under(problem.Pointer(t.from.key(nested)), bad)...)
		}
		if value != nil || !t.input {
			out[t.to.key(nested)] = value
		}
	}
	for _, name := range own {
		if _, ok := m[name]; ok {
			found++
		}
	}
	if t.input && t.from == outerForm && found < len(m) {
		faults = append(faults, t.unknown(fields, m, own)...)
	}
	return out, faults
}

func (t translation) unknown(fields []Field, m map[string]any, own []string) []problem.Field {
	known := append([]string{}, own...)
	for i := range fields {
		known = append(known, t.from.key(&fields[i]))
	}
	var faults []problem.Field
	for _, name := range sortedKeys(m) {
		isKnown := false
		for _, k := range known {
			isKnown = isKnown || k == name
		}
		if !isKnown {
			faults = append(faults, problem.Unknown("field_unknown", problem.Pointer(name), name, known))
		}
	}
	return faults
}

// items translates a list of sets; each item keeps or gets its id.
func (t translation) items(f Field, v any, limit int, each func(map[string]any) (map[string]any, []problem.Field)) (any, []problem.Field) {
	list, ok := v.([]any)
	if !ok {
		return nil, []problem.Field{fault(f, "not_list", nil)}
	}
	if t.input && len(list) > limit {
		return nil, []problem.Field{fault(f, "list_too_long", problem.Args{"n": limit, "limit": limit, "got": len(list)})}
	}
	var faults []problem.Field
	out := make([]any, 0, len(list))
	ids := map[string]bool{}
	for i, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			faults = append(faults, problem.Under(problem.At(i), []problem.Field{fault(f, "not_object_of_fields", nil)})...)
			continue
		}
		set, bad := each(m)
		if len(bad) > 0 {
			faults = append(faults, problem.Under(problem.At(i), bad)...)
		}
		if set == nil {
			continue
		}
		id, given := m["id"].(string)
		if m["id"] != nil && (!given || !validItemID(id)) && t.input {
			faults = append(faults, problem.Under(problem.At(i)+"/id", []problem.Field{fault(f, "item_id", nil)})...)
			continue
		}
		if t.input && (id == "" || ids[id]) {
			id = itemID(set, ids)
		}
		ids[id] = true
		set["id"] = id
		out = append(out, set)
	}
	if len(out) == 0 && t.input {
		return nil, faults
	}
	return out, faults
}

func validItemID(id string) bool {
	return validAssetID(id) && len(id) <= 40
}

// itemID makes the id of a new item from its content: a caller that sends the
// same items without ids again gets the same ids, and no randomness is needed.
// Items of the same content are told apart by their count.
func itemID(set map[string]any, taken map[string]bool) string {
	raw, err := json.Marshal(set)
	if err != nil {
		raw = nil // cannot be: a kept value is JSON
	}
	for {
		sum := sha256.Sum256(raw)
		id := strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:10])
		if !taken[id] {
			return id
		}
		raw = sum[:]
	}
}

// visit is called for every field of a nested kept value, set or not, with a
// pointer by names and the value; its kind is not a nesting one, or v is nil,
// or it comes before what is inside it.
type visit func(f Field, pointer string, v any)

// walk visits a kept value and what is inside it.
func (k Kinds) walk(l level, f Field, pointer string, v any, see visit) {
	see(f, pointer, v)
	switch f.Kind {
	case groupKind{}.Name():
		if m, ok := v.(map[string]any); ok {
			k.walkSet(l, settingsOf[groupSettings](f).Fields, pointer, m, see)
		}
	case listKind{}.Name():
		fields := settingsOf[listSettings](f).Fields
		for i, m := range sets(v) {
			k.walkSet(l, fields, pointer+problem.At(i), m, see)
		}
	case blocksKind{}.Name():
		s, inside := l.enter(settingsOf[blocksSettings](f))
		if inside.depth > MaxDepth {
			return
		}
		for i, m := range sets(v) {
			name, _ := m["type"].(string)
			if bt := s.blockType(keptForm, name); bt != nil {
				k.walkSet(inside, bt.Fields, pointer+problem.At(i), m, see)
			}
		}
	}
}

func (k Kinds) walkSet(l level, fields []Field, pointer string, m map[string]any, see visit) {
	for i := range fields {
		f := &fields[i]
		k.walk(l, *f, pointer+problem.Pointer(f.Name), m[string(f.ID)], see)
	}
}

func sets(v any) []map[string]any {
	list, _ := v.([]any)
	out := make([]map[string]any, len(list))
	for i, item := range list {
		out[i], _ = item.(map[string]any)
	}
	return out
}
