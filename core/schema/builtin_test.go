package schema

import (
	"encoding/json"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

func builtins(t testing.TB) (Kinds, []Collection, func(string) *Collection) {
	t.Helper()
	all, err := BuiltinCollections()
	if err != nil {
		t.Fatal(err)
	}
	k := Builtin()
	for i := range all {
		k.Prepare(&all[i])
	}
	return k, all, func(idOrName string) *Collection {
		for i := range all {
			if string(all[i].ID) == idOrName || all[i].Name == idOrName {
				return &all[i]
			}
		}
		return nil
	}
}

func TestBuiltinCollectionsAreValid(t *testing.T) {
	k, all, lookup := builtins(t)
	for i := range all {
		c := &all[i]
		if err := k.CheckCollection(c); err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		if err := k.CheckTargets(c, func(id content.CollectionID) bool { return lookup(string(id)) != nil }); err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
		if string(c.ID) != c.Name {
			t.Errorf("%s is named %s", c.ID, c.Name)
		}
	}
}

// A back-link is seen among the fields of its target, and may not hide one.
func TestBuiltinBackLinksHideNothing(t *testing.T) {
	k, all, lookup := builtins(t)
	seen := map[string]content.CollectionID{}
	for i := range all {
		for _, f := range all[i].Fields {
			r, _ := k.Relation(f)
			for _, to := range r.To {
				if r.Back == "" {
					continue
				}
				key := string(to) + "." + r.Back
				if lookup(string(to)).FieldNamed(r.Back) != nil {
					t.Errorf("%s.%s: back-link %s hides a field", all[i].ID, f.Name, key)
				}
				if other, taken := seen[key]; taken {
					t.Errorf("%s.%s: back-link %s is also made by %s", all[i].ID, f.Name, key, other)
				}
				seen[key] = all[i].ID
			}
		}
	}
}

// Every text of a definition comes in the three languages of the console.
func TestBuiltinTextsInThreeLanguages(t *testing.T) {
	_, all, _ := builtins(t)
	for i := range all {
		raw, err := json.Marshal(all[i])
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		eachTexts(string(all[i].ID), tree, func(where string, texts map[string]any) {
			for _, l := range []string{"fr", "ar", "en"} {
				if s, _ := texts[l].(string); s == "" {
					t.Errorf("%s: no text in %s", where, l)
				}
			}
		})
		for _, f := range all[i].Fields {
			if len(f.Label) == 0 || len(f.Help) == 0 {
				t.Errorf("%s.%s lacks a label or help", all[i].ID, f.Name)
			}
			if string(f.ID) != f.Name {
				t.Errorf("%s: field %s is named %s", all[i].ID, f.ID, f.Name)
			}
		}
		if len(all[i].Label) == 0 || len(all[i].One) == 0 || len(all[i].Help) == 0 {
			t.Errorf("%s lacks a text", all[i].ID)
		}
	}
}

func eachTexts(where string, v any, see func(string, map[string]any)) {
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			eachTexts(where+problem.At(i), item, see)
		}
	case map[string]any:
		for name, item := range v {
			texts, ok := item.(map[string]any)
			switch name {
			case "label", "label_one", "help", "item", "unit", "pattern_help":
				if ok {
					see(where+problem.Pointer(name), texts)
				}
			default:
				eachTexts(where+problem.Pointer(name), item, see)
			}
		}
	}
}

func BenchmarkBuiltinCollections(b *testing.B) {
	for b.Loop() {
		builtins(b)
	}
}
