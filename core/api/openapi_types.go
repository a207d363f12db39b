package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// typeSchemas describes Go types that are read from or written to JSON, each
// named type once.
type typeSchemas struct{ named object }

func newTypeSchemas() *typeSchemas { return &typeSchemas{named: object{}} }

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

// use says what a type is described for.
type use string

const (
	forAnswer use = ""        // every member is there that is not left out when empty
	forNew    use = "_new"    // what the server sets is not required
	forChange use = "_change" // nothing is required
)

// setByServer are the members that a caller need not give.
var setByServer = []string{"id", "revision", "builtin"}

// of gives the schema of a type.
func (t *typeSchemas) of(typ reflect.Type, u use) object {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch typ {
	case timeType:
		return object{"type": "string", "format": "date-time"}
	case rawType:
		return object{}
	}
	switch typ.Kind() {
	case reflect.Struct:
		return t.component(typ, u)
	case reflect.Slice:
		return object{"type": []any{"array", "null"}, "items": t.of(typ.Elem(), u.inside())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": t.of(typ.Elem(), u.inside())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	}
	return object{}
}

// inside: a member that is changed is given as a whole.
func (u use) inside() use {
	if u == forChange {
		return forNew
	}
	return u
}

// component puts a struct among the components and refers to it.
func (t *typeSchemas) component(typ reflect.Type, u use) object {
	name := strings.ToLower(typ.Name()) + string(u)
	if _, done := t.named[name]; done {
		return ref("schemas", name)
	}
	t.named[name] = object{} // a type may hold itself
	properties, required := object{}, []any{}
	t.fields(typ, u, properties, &required)
	s := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	t.named[name] = s
	return ref("schemas", name)
}

func (t *typeSchemas) fields(typ reflect.Type, u use, properties object, required *[]any) {
	for i := range typ.NumField() {
		f := typ.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case name == "" && f.Anonymous:
			t.fields(f.Type, u, properties, required)
			continue
		case name == "":
			name = f.Name
		}
		properties[name] = t.of(f.Type, u.inside())
		optional := u == forChange || u == forNew && slices.Contains(setByServer, name)
		if !optional && !strings.Contains(options, "omit") {
			*required = append(*required, name)
		}
	}
}

// componentName makes a name that components may have.
func componentName(prefix, name string) string {
	return prefix + strings.NewReplacer("[", "_", "]", "").Replace(name)
}

func sortRefs(refs []any) {
	slices.SortStableFunc(refs, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

func sortedValues(m map[headerSet]string) []string {
	out := make([]string, 0, len(m))
	for _, v := range m {
		out = append(out, v)
	}
	slices.Sort(out)
	return out
}
