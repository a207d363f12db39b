package view

import (
	"encoding/json"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// TestAnyValueInAnyKind applies entries whose values do not fit their fields,
// as the log holds them between a change of a kind and that of the values: a
// record must never be impossible to apply.
func TestAnyValueInAnyKind(t *testing.T) {
	odd := []any{
		nil, true, 1.5, "", "text", "2020", []any{}, []any{nil}, []any{1.0, "a", map[string]any{"type": 3.0}}, map[string]any{},
		map[string]any{"lat": "x", "start": 2.0, "fields": []any{}}, []any{map[string]any{"type": "nope", "id": 1.0, "fields": "x"}},
	}
	settings := map[string]json.RawMessage{
		"relation": json.RawMessage(`{"to":["studies"]}`), "terms": json.RawMessage(`{"scheme":"x"}`),
		"select": json.RawMessage(`{"options":[{"value":"text"}]}`),
		"group":  json.RawMessage(`{"fields":[{"id":"start","name":"start","kind":"relation","settings":{"to":["studies"]}}]}`),
		"list":   json.RawMessage(`{"fields":[{"id":"lat","name":"lat","kind":"markdown"}]}`),
		"blocks": json.RawMessage(`{"types":[{"id":"nope","name":"nope","fields":[{"id":"fields","name":"f","kind":"asset"}]}]}`),
	}
	d := open(t, t.TempDir())
	for name := range schema.Builtin() {
		col := &schema.Collection{ID: content.CollectionID("of_" + name), Name: "of_" + name, Fields: []schema.Field{
			{ID: "v", Name: "v", Kind: name, Settings: settings[name], Localized: true},
		}}
		commits := []content.Commit{nounCommit(definition(t, col))}
		for i, v := range odd {
			commits = append(commits, entryCommit(entry(col.ID, i).live("fr", content.Values{"v": v, "gone": v}).Entry))
		}
		apply(t, d, commits...)
	}
}
