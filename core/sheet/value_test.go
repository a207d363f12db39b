package sheet

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/recueil-cms/recueil/core/schema"
)

// Cells as people write them, and what they come to; a code is a fault.
func TestValues(t *testing.T) {
	im := &importer{Parts: Parts{Kinds: schema.Builtin()}}
	options := json.RawMessage(`{"options":[{"value":"club","label":{"fr":"Club","ar":"ناد"}},{"value":"net","label":{"fr":"Réseau"}}]}`)
	several := json.RawMessage(`{"multiple":true,"options":[{"value":"fr","label":{"fr":"Français"}},{"value":"ar","label":{"fr":"Arabe"}}]}`)
	for _, c := range []struct {
		kind     string
		settings json.RawMessage
		text     string
		want     any
		code     string
	}{
		{"text", nil, "Oran", "Oran", ""},
		{"number", nil, "1 234,5", 1234.5, ""},
		{"number", nil, "12.5", 12.5, ""},
		{"number", nil, "beaucoup", nil, "sheet_number"},
		{"boolean", nil, "Oui", true, ""},
		{"boolean", nil, "لا", false, ""},
		{"boolean", nil, "peut-être", nil, "sheet_boolean"},
		{"date", nil, "3/11/2026", "2026-11-03", ""},
		{"date", nil, "2026-11", "2026-11", ""},
		{"select", options, "réseau", "net", ""},
		{"select", options, "ناد", "club", ""},
		{"select", options, "parti", nil, "sheet_choice"},
		{"select", several, "Arabe ; fr", []any{"ar", "fr"}, ""},
		{"geopoint", nil, "36.7, 3.05", map[string]any{"lat": 36.7, "lon": 3.05}, ""},
		{"period", nil, "2024 – 2026", map[string]any{"start": "2024", "end": "2026"}, ""},
		{"list", nil, `[{"label":"x"}]`, []any{map[string]any{"label": "x"}}, ""},
		{"list", nil, "x, y", nil, "sheet_json"},
		{"text", nil, "", nil, ""},
	} {
		v, fault, err := im.value(t.Context(), &schema.Field{Name: "f", Kind: c.kind, Settings: c.settings}, c.text)
		code := ""
		if fault != nil {
			code = fault.Code
		}
		if err != nil || code != c.code || !reflect.DeepEqual(v, c.want) {
			t.Errorf("%s %q: %#v, %q, %v; want %#v, %q", c.kind, c.text, v, code, err, c.want, c.code)
		}
	}
	if got := unguard("'=1+1"); got != "=1+1" {
		t.Errorf("unguard: %q", got)
	}
	if got := unguard("'tis"); got != "'tis" {
		t.Errorf("unguard: %q", got)
	}
}
