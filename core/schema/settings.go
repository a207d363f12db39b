package schema

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
)

// settings gives a kind its strict CheckSettings: T is the struct that its
// settings decode to. A *T with a method check() []problem.Field is asked for
// what its types do not say.
type settings[T any] struct{}

type checker interface{ check() []problem.Field }

// CheckSettings refuses settings that T does not know.
func (settings[T]) CheckSettings(raw json.RawMessage) error {
	var s T
	faults := strict(raw, &s)
	if c, ok := any(&s).(checker); ok && len(faults) == 0 {
		faults = c.check()
	}
	return invalidDefinition(faults)
}

func (settings[T]) prepare(f *Field) { f.parsed = settingsOf[T](*f) }

// readier is a settings type that derives something once it is decoded.
type readier interface{ ready() }

// settingsOf gives a field's settings as Prepare left them, or decoded now.
// CheckSettings refused those that do not decode; here they count as none.
func settingsOf[T any](f Field) *T {
	if parsed, ok := f.parsed.(*T); ok {
		return parsed
	}
	s := new(T)
	if !blank(f.Settings) && json.Unmarshal(f.Settings, s) != nil {
		s = new(T)
	}
	if r, ok := any(s).(readier); ok {
		r.ready()
	}
	return s
}

func blank(raw json.RawMessage) bool {
	trimmed := bytes.TrimSpace(raw)
	return len(trimmed) == 0 || bytes.Equal(trimmed, []byte("null"))
}

// strict decodes JSON into the struct that into points at. Unlike
// encoding/json it matches names exactly, refuses unknown and repeated ones
// with a pointer, and goes on after a fault.
func strict(raw json.RawMessage, into any) []problem.Field {
	if blank(raw) {
		return nil
	}
	return strictValue(raw, reflect.ValueOf(into).Elem())
}

func strictValue(raw json.RawMessage, into reflect.Value) []problem.Field {
	switch {
	case blank(raw):
		return nil
	case into.Kind() == reflect.Struct && !own(into):
		return strictStruct(raw, into)
	case into.Kind() == reflect.Slice && into.Type().Elem().Kind() == reflect.Struct:
		return strictSlice(raw, into)
	}
	if json.Unmarshal(raw, into.Addr().Interface()) != nil {
		return []problem.Field{{Code: "definition_type", Args: problem.Args{"expected": jsonType(into.Type())}}}
	}
	return nil
}

// own reports whether the type decodes itself.
func own(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(json.Unmarshaler)
	return ok
}

func strictStruct(raw json.RawMessage, into reflect.Value) []problem.Field {
	all, ok := members(raw)
	if !ok {
		return []problem.Field{{Code: "definition_type", Args: problem.Args{"expected": "object"}}}
	}
	fields := jsonFields(into.Type())
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	var faults []problem.Field
	seen := map[string]bool{}
	for _, m := range all {
		index, known := fields[m.name]
		switch {
		case !known:
			faults = append(faults, problem.Unknown("definition_unknown", problem.Pointer(m.name), m.name, names))
		case seen[m.name]:
			faults = append(faults, problem.Field{Pointer: problem.Pointer(m.name), Code: "definition_twice", Args: problem.Args{"name": m.name}})
		default:
			seen[m.name] = true
			faults = append(faults, problem.Under(problem.Pointer(m.name), strictValue(m.value, into.Field(index)))...)
		}
	}
	return faults
}

func strictSlice(raw json.RawMessage, into reflect.Value) []problem.Field {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return []problem.Field{{Code: "definition_type", Args: problem.Args{"expected": "list"}}}
	}
	var faults []problem.Field
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		faults = append(faults, problem.Under(problem.At(i), strictValue(item, list.Index(i)))...)
	}
	into.Set(list)
	return faults
}

type member struct {
	name  string
	value json.RawMessage
}

// members gives the members of a JSON object in order, repeated ones too.
func members(raw json.RawMessage) ([]member, bool) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	var all []member
	for dec.More() {
		t, err := dec.Token()
		name, ok := t.(string)
		if err != nil || !ok {
			return nil, false
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return nil, false
		}
		all = append(all, member{name, value})
	}
	return all, true
}

// jsonFields gives the index of each exported field by its JSON name.
func jsonFields(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if t.Field(i).IsExported() && name != "" && name != "-" {
			out[name] = i
		}
	}
	return out
}

// jsonType is the code of a type in the texts' word lists.
func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonType(t.Elem())
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list"
	case reflect.Map, reflect.Struct:
		return "object"
	}
	return "text"
}
