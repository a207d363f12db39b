package schema

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
)

func collection(t testing.TB, raw string) *Collection {
	t.Helper()
	c, err := ParseCollection([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	k := Builtin()
	if err := k.CheckCollection(c); err != nil {
		t.Fatal(err)
	}
	k.Prepare(c)
	return c
}

// sample has names that are not ids, so that mixing them up is seen.
const sample = `{"id":"c","name":"things","title":"i_title","slug":"i_slug","fields":[
 {"id":"i_title","name":"title","kind":"text","localized":true,"required":true,"weight":3,"sortable":true},
 {"id":"i_slug","name":"slug","kind":"slug","localized":true,"settings":{"source":"i_title"}},
 {"id":"i_mail","name":"mail","kind":"email","personal":true},
 {"id":"i_bio","name":"bio","kind":"longtext","personal":true,"localized":true,"weight":1},
 {"id":"i_year","name":"year","kind":"number","default":2007,"sortable":true},
 {"id":"i_seat","name":"seat","kind":"group","settings":{"fields":[
   {"id":"i_town","name":"town","kind":"text","required":true},
   {"id":"i_pics","name":"pics","kind":"gallery"}]}},
 {"id":"i_links","name":"links2","kind":"list","weight":1,"settings":{"max":3,"fields":[
   {"id":"i_label","name":"label","kind":"text"},
   {"id":"i_to","name":"to","kind":"relation","settings":{"to":["c"]}}]}},
 {"id":"i_body","name":"body","kind":"blocks","localized":true,"weight":1,"settings":{"max_depth":2,"types":[
   {"id":"t_text","name":"text","fields":[{"id":"i_md","name":"md","kind":"markdown","required":true}]},
   {"id":"t_fold","name":"fold","fields":[{"id":"i_head","name":"head","kind":"text"},
      {"id":"i_wrap","name":"wrap","kind":"group","settings":{"fields":[{"id":"i_in","name":"in","kind":"blocks","settings":{"inherit":true}}]}}]},
   {"id":"t_rule","name":"rule"}]}}
]}`

func TestDecodeSortsByPlace(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	in, err := k.Decode(c, map[string]any{"title": " T ", "mail": "a@B.dz", "bio": "x", "year": 2008.0, "slug": nil})
	if err != nil {
		t.Fatal(err)
	}
	want := Input{
		Shared:            content.Values{"i_year": 2008.0},
		SharedPersonal:    content.Values{"i_mail": "a@b.dz"},
		Localized:         content.Values{"i_title": "T", "i_slug": nil},
		LocalizedPersonal: content.Values{"i_bio": "x"},
	}
	if !reflect.DeepEqual(in, want) {
		t.Errorf("%#v", in)
	}
	if got := Split(c, in.All()); !reflect.DeepEqual(got, want) {
		t.Errorf("split: %#v", got)
	}
	if got := Apply(content.Values{"i_slug": "a", "i_year": 1.0}, in.All()); got["i_year"] != 2008.0 || len(got) != 4 {
		t.Errorf("apply: %v", got)
	}
}

func TestDecodeTellsAllThatIsWrong(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	_, err := k.Decode(c, map[string]any{
		"titel": "x", "mail": "no", "i_year": 1.0,
		"seat":   map[string]any{"town": 3.0, "i_town": "x"},
		"links2": []any{map[string]any{"to": "no"}, "x", map[string]any{"lable": "x"}},
		"body":   []any{map[string]any{"type": "t_text"}, map[string]any{"type": "text", "md": "[a](asset:)", "id": "ü"}},
	})
	want := "/body/0/type block_type_unknown,/body/1/md markdown_bad_reference,/body/1/id item_id," +
		"/i_year field_unknown,/links2/0/to not_entry_id,/links2/1 not_object_of_fields,/links2/2/lable field_unknown," +
		"/mail email_format,/seat/town not_text,/seat/i_town field_unknown,/titel field_unknown"
	if codes(err) != want {
		t.Errorf("%s\nwant %s", codes(err), want)
	}
	if !strings.Contains(err.Error(), "hint:title") {
		t.Errorf("no hint: %v", err)
	}
}

func TestNestedFormsRoundTrip(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	var outer map[string]any
	mustJSON(t, `{"title":"T","seat":{"town":"Akbou","pics":[{"asset":"a1"}]},
	 "links2":[{"label":"a","id":"x1"},{"to":"`+entryA+`"}],
	 "body":[{"type":"fold","head":"h","wrap":{"in":[{"type":"text","md":"m ![](asset:a2)"},{"type":"rule"}]}},{"type":"text","md":"n"},{"type":"text","md":"n"}]}`, &outer)
	in, err := k.Decode(c, outer)
	if err != nil {
		t.Fatal(err)
	}
	kept, _ := json.Marshal(in.All())
	for _, name := range []string{`"town"`, `"md"`, `"label"`, `"fold"`} {
		if strings.Contains(string(kept), name) {
			t.Errorf("kept form has the name %s: %s", name, kept)
		}
	}
	back := k.Encode(c, in.All())
	again, err := k.Decode(c, back)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, in) {
		t.Errorf("%#v\n%#v", again, in)
	}
	body := back["body"].([]any)
	ids := map[any]bool{}
	for _, b := range body {
		ids[b.(map[string]any)["id"]] = true
	}
	if len(ids) != 3 || ids[""] || ids[nil] {
		t.Errorf("block ids %v", ids)
	}
	if id := back["links2"].([]any)[0].(map[string]any)["id"]; id != "x1" {
		t.Errorf("a given id became %v", id)
	}
	// Kept values fit their own Normalize as they are.
	for id, v := range in.All() {
		f := c.Field(id)
		got, err := k[f.Kind].Normalize(*f, v)
		if err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%s: %v %v", id, got, err)
		}
	}
	refs := k.Refs(c, in.All())
	want := []FieldRef{
		{"i_seat", content.Ref{Kind: content.RefAsset, ID: "a1"}},
		{"i_links", content.Ref{Kind: content.RefEntry, ID: entryA}},
		{"i_body", content.Ref{Kind: content.RefAsset, ID: "a2"}},
	}
	if !reflect.DeepEqual(refs, want) {
		t.Errorf("refs %v", refs)
	}
	texts := k.Text(c, in.All())
	if len(texts) != 3 || texts[0].Field != "i_title" || texts[2].Text[0] != "h" || texts[2].Text[1] != "m" {
		t.Errorf("texts %v", texts)
	}
}

func mustJSON(t testing.TB, raw string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(raw), into); err != nil {
		t.Fatal(err)
	}
}

// The same items sent twice without ids are the same items.
func TestItemIDsAreStable(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	send := func(raw string) []any {
		var outer map[string]any
		mustJSON(t, raw, &outer)
		in, err := k.Decode(c, outer)
		if err != nil {
			t.Fatal(err)
		}
		var ids []any
		for _, m := range sets(in.Shared["i_links"]) {
			ids = append(ids, m["id"])
		}
		return ids
	}
	first := send(`{"links2":[{"label":"a"},{"label":"b"}]}`)
	if again := send(`{"links2":[{"label":"b"},{"label":"a"}]}`); again[0] != first[1] || again[1] != first[0] {
		t.Errorf("%v then %v", first, again)
	}
	if twice := send(`{"links2":[{"label":"a","id":"z"},{"label":"b","id":"z"}]}`); twice[0] != "z" || twice[1] == "z" {
		t.Errorf("a repeated id stays repeated: %v", twice)
	}
}

func TestBlocksDepthIsLimited(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	var outer map[string]any
	fold := func(in string) string { return `[{"type":"fold","wrap":{"in":` + in + `}}]` }
	mustJSON(t, `{"body":`+fold(fold(`[{"type":"rule"}]`))+`}`, &outer)
	_, err := k.Decode(c, outer)
	if codes(err) != "/body/0/wrap/in/0/wrap/in blocks_too_deep" {
		t.Errorf("%v", err)
	}
}

func TestRemovedFieldsVanishAtTheNextSave(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	values := content.Values{"gone": "x", "i_seat": map[string]any{"i_town": "a", "i_gone": "b"},
		"i_body": []any{map[string]any{"id": "1", "type": "t_gone", "i_x": "y"}, map[string]any{"id": "2", "type": "t_rule"}}}
	outer := k.Encode(c, values)
	want := map[string]any{"seat": map[string]any{"town": "a"}, "body": []any{map[string]any{"id": "2", "type": "rule"}}}
	if !reflect.DeepEqual(outer, want) {
		t.Errorf("%v", outer)
	}
	if got := Split(c, values).All(); got["gone"] != nil {
		t.Errorf("%v", got)
	}
}

func TestCheckCompleteLooksInside(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	values := content.Values{"i_seat": map[string]any{"i_pics": []any{}},
		"i_body": []any{map[string]any{"id": "1", "type": "t_fold", "i_wrap": map[string]any{
			"i_in": []any{map[string]any{"id": "2", "type": "t_text"}}}}}}
	got := faultCodes(k.CheckComplete(c, values))
	if got != "/title field_required,/seat/town field_required,/body/0/wrap/in/0/md field_required" {
		t.Errorf("%s", got)
	}
}

func TestDefaultsAndSlug(t *testing.T) {
	k, c := Builtin(), collection(t, sample)
	in, err := k.Defaults(c)
	if err != nil || !reflect.DeepEqual(in, Input{Shared: content.Values{"i_year": 2007.0}}) {
		t.Errorf("%v %v", in, err)
	}
	if got := k.SlugFrom(c, content.Values{"i_title": "L’été à Béjaïa"}); got != "l-ete-a-bejaia" {
		t.Errorf("%q", got)
	}
	if got := k.SlugFrom(c, content.Values{}); got != "" {
		t.Errorf("%q", got)
	}
}

// What Prepare does changes nothing but the cost.
func TestPreparedAndUnpreparedAgree(t *testing.T) {
	k := Builtin()
	prepared := collection(t, sample)
	raw, err := json.Marshal(prepared)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := ParseCollection(raw)
	if err != nil {
		t.Fatal(err)
	}
	input := map[string]any{"title": "T", "body": []any{map[string]any{"type": "text", "md": "x"}}}
	a, errA := k.Decode(prepared, input)
	b, errB := k.Decode(plain, input)
	if errA != nil || errB != nil || !reflect.DeepEqual(a, b) || !reflect.DeepEqual(k.Encode(prepared, a.All()), k.Encode(plain, a.All())) {
		t.Errorf("%v %v, %v %v", a, errA, b, errB)
	}
}

func BenchmarkEncodePage(b *testing.B) {
	k, all, lookup := builtins(b)
	_ = all
	c := lookup("pages")
	in, err := k.Decode(c, map[string]any{"title": "T", "blocks": []any{
		map[string]any{"type": "text", "body": "x"}, map[string]any{"type": "accordion", "title": "t", "blocks": []any{
			map[string]any{"type": "text", "body": "y"}}}}})
	if err != nil {
		b.Fatal(err)
	}
	values := in.All()
	b.ReportAllocs()
	for b.Loop() {
		k.Encode(c, values)
	}
}
