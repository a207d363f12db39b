package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/problem"
)

// readInto reads the body into a struct whose JSON members are all that the
// body may have. Everything else is a problem with pointers into the body.
func readInto(c *fiber.Ctx, dst any, empty bool) ([]byte, error) {
	object, raw, err := readJSON(c, empty)
	if err != nil {
		return nil, err
	}
	return raw, fit(object, dst)
}

// fit puts a decoded object into a struct, strictly.
func fit(object map[string]any, dst any) error {
	var faults []problem.Field
	checkShape(object, reflect.TypeOf(dst).Elem(), "", &faults)
	if len(faults) > 0 {
		return problem.OfFields(problem.Invalid, "body_invalid", faults)
	}
	raw, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("write body again: %w", err)
	}
	if err := json.Unmarshal(raw, dst); err != nil {
		return typeFault(err)
	}
	return nil
}

// typeFault names the member that has another type than its place wants.
func typeFault(err error) error {
	pointer := ""
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && t.Field != "" {
		pointer = "/" + strings.ReplaceAll(t.Field, ".", "/")
	}
	return &problem.Error{Kind: problem.Invalid, Code: "body_invalid", Err: err,
		Fields: []problem.Field{{Pointer: pointer, Code: "json_type"}}}
}

// checkShape collects what a decoded value has that a Go type has no place
// for, by its exact name: encoding/json would take "Title" for "title" and
// ignore the rest.
func checkShape(v any, t reflect.Type, at string, faults *[]problem.Field) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if len(*faults) >= 50 || v == nil || reflect.PointerTo(t).Implements(unmarshaler) {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		checkMembers(v, t, at, faults)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return // json.RawMessage, or a fault that Unmarshal finds
		}
		for i, one := range list {
			checkShape(one, t.Elem(), at+"/"+strconv.Itoa(i), faults)
		}
	case reflect.Map:
		object, ok := v.(map[string]any)
		if !ok {
			return
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			checkShape(object[name], t.Elem(), at+problem.Pointer(name), faults)
		}
	}
}

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

func checkMembers(v any, t reflect.Type, at string, faults *[]problem.Field) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	places := members(t)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		here := at + problem.Pointer(shorten(name))
		if place, known := places[name]; known {
			checkShape(object[name], place, here, faults)
			continue
		}
		*faults = append(*faults, problem.Field{Pointer: here, Code: "member_unknown",
			Args: problem.Args{"name": shorten(name), "known": slices.Sorted(maps.Keys(places))}})
	}
}

// members gives the JSON members of a struct type.
func members(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" && f.IsExported() {
			out[name] = f.Type
		}
	}
	return out
}
