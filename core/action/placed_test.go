package action_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Fields that ask for pictures, or for a collection, are as choosy in groups,
// lists, blocks and blocks in blocks: each fault is told where it stands.
func TestFieldsAreChoosyInside(t *testing.T) {
	s := withNotes(t, nil)
	photo := s.do(robot, action.SaveAsset{Asset: content.Asset{Name: "a.jpg", MediaType: "image/jpeg", Size: 9, Blob: "sha256:00"}}).Subject
	paper := s.do(robot, action.SaveAsset{Asset: content.Asset{Name: "a.pdf", MediaType: "application/pdf", Size: 9, Blob: "sha256:01"}}).Subject
	c := define(t, notes)
	c.ID, c.Name = "galleries", "galleries"
	images := json.RawMessage(`{"media_types":["image/*"]}`)
	picture := schema.Field{ID: "pic", Name: "image", Kind: "asset", Settings: images}
	nested := func(kind, id string, settings string) schema.Field {
		return schema.Field{ID: content.FieldID(id), Name: id, Kind: kind, Settings: json.RawMessage(settings)}
	}
	fields := asJSON(t, []schema.Field{picture, {ID: "shots", Name: "shots", Kind: "gallery", Settings: images},
		{ID: "near", Name: "near", Kind: "relation", Settings: json.RawMessage(`{"to":["galleries"],"many":true}`)}})
	c.Fields = append(c.Fields, nested("group", "cover", `{"fields":`+fields+`}`), nested("list", "steps", `{"fields":`+fields+`}`),
		nested("blocks", "body2", `{"types":[{"id":"pics","name":"pictures","fields":`+fields+`},{"id":"box","name":"box","fields":[{"id":"inner","name":"inner","kind":"blocks","settings":{"inherit":true}}]}]}`),
		schema.Field{ID: "shots2", Name: "shots2", Kind: "gallery", Settings: images})
	s.do(robot, action.DefineCollection{Definition: c})
	elsewhere := string(s.note("title", "Ailleurs"))
	set := map[string]any{"image": paper, "shots": []any{map[string]any{"asset": photo}, map[string]any{"asset": paper}}, "near": []any{elsewhere}}
	p := s.refuse(robot, action.CreateEntry{Collection: "galleries", Inputs: in("title", "Une", "cover", set, "steps", []any{map[string]any{"image": photo}, set},
		"body2", []any{map[string]any{"type": "box", "inner": []any{map[string]any{"type": "pictures", "image": photo}, merged(set, "type", "pictures")}}},
		"shots2", []any{photo, paper, paper})}, "invalid_values")
	got := pointers(p)
	slices.Sort(got)
	var want []string
	for _, at := range []string{"/body2/0/inner/1", "/cover", "/steps/1"} {
		want = append(want, at+"/image asset_type", at+"/near/0 target_elsewhere", at+"/shots/1/asset asset_type")
	}
	want = append(want, "/shots2/1/asset asset_type", "/shots2/2/asset asset_type")
	slices.Sort(want)
	same(t, "faults", got, want)

	// A definition that grows choosy tells which entries it would not fit.
	fine := merged(set, "image", photo, "shots", []any{photo}, "near", nil)
	id := s.do(robot, action.CreateEntry{Collection: "galleries", Inputs: in("title", "Deux", "cover", fine, "shots2", []any{photo})}).Subject
	var choosy schema.Collection
	if err := s.db.Read(t.Context(), func(tx *view.Tx) error {
		choosy = define(t, asJSON(t, tx.Collection("galleries")))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range choosy.Fields {
		choosy.Fields[i].Settings = bytes.ReplaceAll(choosy.Fields[i].Settings, []byte("image/*"), []byte("image/png"))
	}
	p = s.refuse(robot, action.DefineCollection{Definition: choosy}, "definition_breaks_entries")
	report, _ := p.Meta["report"].(*action.Report)
	if report == nil {
		t.Fatalf("no report: %v", p.Meta)
	}
	got = nil
	for _, o := range report.First {
		got = append(got, o.Pointer+" "+o.Code)
		same(t, "offending entry", string(o.Entry), id)
	}
	slices.Sort(got)
	same(t, "offences", got, []string{"/cover/image asset_type", "/cover/shots/0/asset asset_type", "/shots2/0/asset asset_type"})
}

// merged gives a copy of a set of fields with some others.
func merged(set map[string]any, pairs ...any) map[string]any {
	out := maps.Clone(set)
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
