package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
)

// A schema takes what Decode takes and what Encode gives, in the part of JSON
// Schema that we write; and every keyword in it is one that is known here.
func TestJSONSchemaFitsTheValues(t *testing.T) {
	k := Builtin()
	for _, c := range kindCases {
		if c.wrong != "" || c.in == nil {
			continue
		}
		f := fieldOfKind(c.kind, c.settings)
		s := schemaWriter{k, Create, "fr"}.field(level{}, f)
		if err := conforms(s, throughJSON(t, c.want)); err != nil {
			t.Errorf("%s %s: %v: %v", c.kind, c.settings, c.want, err)
		}
		if err := conforms(schemaWriter{k, Read, "fr"}.field(level{}, f), throughJSON(t, c.want)); err != nil {
			t.Errorf("read: %s %s: %v: %v", c.kind, c.settings, c.want, err)
		}
		if err := conforms(s, struct{}{}); err == nil && c.kind != "json" {
			t.Errorf("%s: the schema takes anything", c.kind)
		}
	}
}

func TestJSONSchemaOfABlockPage(t *testing.T) {
	k, _, lookup := builtins(t)
	s := k.JSONSchema(lookup("pages"), Create, "ar")
	good := throughJSON(t, map[string]any{"title": "T", "blocks": []any{
		map[string]any{"type": "text", "body": "x"},
		map[string]any{"type": "accordion", "title": "t", "blocks": []any{map[string]any{"type": "text", "body": "y"}}}}})
	if err := conforms(s, good); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{
		`{"titel":"x"}`, `{"blocks":[{"type":"nope"}]}`, `{"blocks":[{"body":"x"}]}`, `{"blocks":[{"type":"text","caption":"x"}]}`,
		`{"blocks":[{"type":"accordion","blocks":[{"type":"nope"}]}]}`, `{"title":3}`,
	} {
		var v any
		mustJSON(t, bad, &v)
		if conforms(s, v) == nil {
			t.Errorf("taken: %s", bad)
		}
	}
	title := s["properties"].(map[string]any)["title"].(map[string]any)
	if title["title"] != "العنوان" || title["x-recueil-required"] != true || s["title"] != "صفحة" {
		t.Errorf("%v", title)
	}
	read := k.JSONSchema(lookup("pages"), Read, "fr")["properties"].(map[string]any)
	if read["updated_at"] == nil || s["properties"].(map[string]any)["updated_at"] != nil {
		t.Error("system fields are read, not written")
	}
}

func TestBuiltinSchemasAreValid(t *testing.T) {
	k, all, _ := builtins(t)
	for i := range all {
		for _, d := range []Direction{Read, Create, Patch} {
			for _, l := range []content.Locale{"fr", "ar", "en"} {
				s := k.JSONSchema(&all[i], d, l)
				raw, err := json.Marshal(s)
				if err != nil {
					t.Fatal(err)
				}
				if err := conforms(s, map[string]any{"id": entryA}); d == Read && err != nil {
					t.Errorf("%s: %v", all[i].ID, err)
				}
				if err := wellFormed(throughJSON(t, s)); err != nil {
					t.Errorf("%s: %v", all[i].ID, err)
				}
				if len(raw) > 200_000 {
					t.Errorf("%s: a schema of %d bytes", all[i].ID, len(raw))
				}
			}
		}
	}
}

func throughJSON(t testing.TB, v any) any {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	mustJSON(t, string(raw), &out)
	return out
}

var keywords = []string{"$schema", "type", "properties", "additionalProperties", "required", "items", "maxItems", "uniqueItems",
	"maxLength", "pattern", "enum", "const", "anyOf", "oneOf", "minimum", "maximum", "format", "title", "description",
	"default", "readOnly", "contentMediaType", "discriminator", "x-enum-labels"}

// wellFormed walks a schema: known keywords, patterns that compile, types that
// exist, required members that are described.
func wellFormed(v any) error {
	s, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("no schema: %v", v)
	}
	for name := range s {
		if !slices.Contains(keywords, name) && !strings.HasPrefix(name, "x-recueil-") {
			return fmt.Errorf("unknown keyword %q", name)
		}
	}
	if p, ok := s["pattern"].(string); ok {
		if _, err := regexp.Compile(p); err != nil {
			return err
		}
	}
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if properties[name.(string)] == nil {
			return fmt.Errorf("required %v is not described", name)
		}
	}
	for name, inner := range properties {
		if err := wellFormed(inner); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	for _, name := range []string{"anyOf", "oneOf"} {
		variants, _ := s[name].([]any)
		for _, inner := range variants {
			if err := wellFormed(inner); err != nil {
				return err
			}
		}
	}
	if inner, ok := s["items"]; ok {
		return wellFormed(inner)
	}
	return nil
}

// conforms checks a value as JSON Schema 2020-12 does, for the keywords above.
func conforms(s map[string]any, v any) error {
	if !typeFits(s["type"], v) {
		return fmt.Errorf("%v is not of type %v", v, s["type"])
	}
	if enum, ok := s["enum"].([]any); ok && !slices.ContainsFunc(enum, func(e any) bool { return reflect.DeepEqual(e, v) }) {
		return fmt.Errorf("%v is not in %v", v, enum)
	}
	if want, ok := s["const"]; ok && want != v {
		return fmt.Errorf("%v is not %v", v, want)
	}
	for _, name := range []string{"anyOf", "oneOf"} {
		variants, ok := s[name].([]any)
		fits := 0
		for _, variant := range variants {
			if conforms(variant.(map[string]any), v) == nil {
				fits++
			}
		}
		if ok && (fits == 0 || (name == "oneOf" && fits > 1)) {
			return fmt.Errorf("%v fits %d of %s", v, fits, name)
		}
	}
	switch v := v.(type) {
	case string:
		p, _ := s["pattern"].(string)
		limit, limited := s["maxLength"].(int)
		if !regexp.MustCompile(p).MatchString(v) || (limited && utf8.RuneCountInString(v) > limit) {
			return fmt.Errorf("%q does not fit %v", v, s)
		}
	case []any:
		return itemsConform(s, v)
	case map[string]any:
		return membersConform(s, v)
	}
	return nil
}

func typeFits(want, v any) bool {
	name := map[reflect.Kind]string{reflect.String: "string", reflect.Float64: "number", reflect.Bool: "boolean",
		reflect.Slice: "array", reflect.Map: "object", reflect.Invalid: "null"}[reflect.ValueOf(v).Kind()]
	n, _ := v.(float64)
	is := func(t any) bool { return t == name || (t == "integer" && name == "number" && n == math.Trunc(n)) }
	switch want := want.(type) {
	case nil:
		return name != ""
	case []any:
		return slices.ContainsFunc(want, is)
	}
	return is(want)
}

func itemsConform(s map[string]any, list []any) error {
	if limit, ok := s["maxItems"].(int); ok && len(list) > limit {
		return errors.New("too many items")
	}
	for _, item := range list {
		if inner, ok := s["items"].(map[string]any); ok {
			if err := conforms(inner, item); err != nil {
				return err
			}
		}
	}
	return nil
}

func membersConform(s map[string]any, m map[string]any) error {
	properties, _ := s["properties"].(map[string]any)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := m[name.(string)]; !ok {
			return fmt.Errorf("%v is missing", name)
		}
	}
	for name, v := range m {
		inner, ok := properties[name].(map[string]any)
		if !ok && s["additionalProperties"] == false {
			return fmt.Errorf("%s is not described", name)
		}
		if ok {
			if err := conforms(inner, v); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}
