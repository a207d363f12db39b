package schema

import (
	"encoding/json"
	"strings"
	"testing"
)

// Every text of the built-in collections is cut to one language, whatever
// setting it stands in; defaults, which are values, stay whole.
func TestSpeaking(t *testing.T) {
	builtin, err := BuiltinCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range builtin {
		raw, err := json.Marshal(c.Speaking("ar"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), `"fr":`) || strings.Contains(string(raw), `"en":`) || !strings.Contains(string(raw), `"ar":`) {
			t.Errorf("%s: %s", c.ID, raw)
		}
	}
	c := &Collection{ID: "notes", Label: Texts{"fr": "Notes"}, Fields: []Field{{
		ID: "kind", Kind: "group", Help: Texts{"fr": "Aide", "ar": "مساعدة"}, Default: json.RawMessage(`{"a":{"fr":"x","en":"y"}}`),
		Settings: json.RawMessage(`{"fields":[{"id":"a","label":{"fr":"Un","ar":"واحد"},"default":{"label":{"fr":"x","en":"y"}},"settings":{"max":3,"options":[{"value":"label","label":{"en":"One"}}]}}]}`),
	}}}
	raw, err := json.Marshal(c.Speaking("ar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"label":{"ar":"Notes"}`, `"help":{"ar":"مساعدة"}`, `"label":{"ar":"واحد"}`, `"label":{"ar":"One"}`,
		`"default":{"label":{"en":"y","fr":"x"}}`, `"default":{"a":{"fr":"x","en":"y"}}`, `"value":"label"`, `"max":3`} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is missing in %s", want, raw)
		}
	}
	if c.Fields[0].Help["fr"] != "Aide" || !strings.Contains(string(c.Fields[0].Settings), "Un") {
		t.Error("the definition itself was cut")
	}
}
