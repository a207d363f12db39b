package schema

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
)

func diffed(t *testing.T, was, now string) string {
	t.Helper()
	var out []string
	for _, c := range Diff(collection(t, was), collection(t, now)) {
		line := c.What + " " + c.Path
		if c.NeedsCheck {
			line += "!"
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

func TestDiff(t *testing.T) {
	with := func(fields ...string) string {
		return `{"id":"c","name":"c","fields":[` + strings.Join(fields, ",") + `]}`
	}
	f := func(id, kind, more string) string {
		if more != "" {
			more = "," + more
		}
		return `{"id":"` + id + `","name":"` + id + `","kind":"` + kind + `"` + more + `}`
	}
	set := func(s string) string { return `"settings":` + s }
	a, b, c := f("a", "text", ""), f("b", "text", ""), f("c", "text", "")
	for _, try := range []struct{ was, now, want string }{
		{with(a), with(a), ""},
		{with(a), with(a, b), "added /b"},
		{with(a), with(a, f("b", "text", `"required":true`)), "added /b!"},
		{with(a, b), with(b), "removed /a"},
		{with(a, b, c), with(a, b, c), ""},
		{with(a, b, c), with(c, a, b), "moved /c, moved /a, moved /b"},
		{with(a, b, c), with(a, c), "removed /b"},
		{with(a), strings.Replace(with(a), `"name":"a"`, `"name":"z"`, 1), "renamed /z"},
		{with(a), with(f("a", "longtext", "")), "kind /a!"},
		{with(a), with(f("a", "text", `"required":true,"unique":true`)), "required /a!, unique /a!"},
		{with(f("a", "text", `"required":true,"unique":true`)), with(a), "required /a, unique /a"},
		{with(a), with(f("a", "text", `"localized":true,"personal":true,"visibility":"members"`)), "localized /a!, personal /a, visibility /a"},
		{with(a), with(f("a", "text", set(`{"max_length":3}`))), "settings /a!"},
		{with(f("a", "text", set(`{"max_length":3}`))), with(f("a", "text", set(`{"max_length":4}`))), "settings /a"},
		{with(f("a", "text", set(`{"max_length":3,"min_length":1}`))), with(f("a", "text", set(`{"min_length":1, "max_length":3}`))), ""},
		{with(a), with(f("a", "text", set(`{"pattern":"x"}`))), "settings /a!"},
		{with(f("a", "text", set(`{"pattern":"x"}`))), with(a), "settings /a"},
		{with(f("a", "number", set(`{"min":0}`))), with(f("a", "number", set(`{"min":-1}`))), "settings /a"},
		{with(f("a", "number", "")), with(f("a", "number", set(`{"min":-1}`))), "settings /a!"},
		{with(f("a", "select", set(`{"options":[{"value":"x"},{"value":"y"}]}`))), with(f("a", "select", set(`{"options":[{"value":"x","label":{"fr":"X"}},{"value":"y"}]}`))), "settings /a"},
		{with(f("a", "select", set(`{"options":[{"value":"x"},{"value":"y"}]}`))), with(f("a", "select", set(`{"options":[{"value":"x"}]}`))), "settings /a!"},
		{with(f("a", "relation", set(`{"to":["x"]}`))), with(f("a", "relation", set(`{"to":["x","y"]}`))), "settings /a"},
		{with(f("a", "relation", set(`{"to":["x"],"many":true}`))), with(f("a", "relation", set(`{"to":["x"]}`))), "settings /a!"},
		{with(f("a", "asset", "")), with(f("a", "asset", set(`{"media_types":["image/*"]}`))), "settings /a!"},
		{with(f("a", "group", set(`{"fields":[`+a+`,`+b+`]}`))), with(f("a", "group", set(`{"fields":[`+f("b", "text", `"required":true`)+`]}`))), "required /a/b!, removed /a/a"},
		{with(f("a", "blocks", set(`{"types":[{"id":"t","name":"t","fields":[`+a+`]},{"id":"u","name":"u"}]}`))),
			with(f("a", "blocks", set(`{"types":[{"id":"t","name":"t2","fields":[`+a+`,`+b+`]}]}`))), "renamed /a/t2, added /a/t2/b, removed /a/u!"},
	} {
		if got := diffed(t, try.was, try.now); got != try.want {
			t.Errorf("%s\n%s\n got %q\nwant %q", try.was, try.now, got, try.want)
		}
	}
}

// A change inside a group is told of the top-level field: that is what an
// entry keeps and Recheck takes.
func TestDiffTellsTheTopField(t *testing.T) {
	was := collection(t, sample)
	now := collection(t, sample)
	now.FieldNamed("seat").Settings = json.RawMessage(`{"fields":[{"id":"i_town","name":"commune","kind":"text"}]}`)
	Builtin().Prepare(now)
	changes := Diff(was, now)
	if len(changes) != 3 {
		t.Errorf("%+v", changes)
	}
	for _, c := range changes {
		if c.Field != "i_seat" {
			t.Errorf("%+v", c)
		}
	}
}

func TestRecheckCountsOffenders(t *testing.T) {
	k := Builtin()
	c := collection(t, `{"id":"c","name":"c","fields":[{"id":"i_a","name":"a","kind":"text","required":true,"settings":{"max_length":2}},{"id":"i_b","name":"b","kind":"number","settings":{"max":5}}]}`)
	values := content.Values{"i_a": "long", "i_b": 9.0}
	if got := faultCodes(k.Recheck(c, []content.FieldID{"i_a", "i_gone"}, values)); got != "/a text_too_long" {
		t.Errorf("%s", got)
	}
	if got := faultCodes(k.Recheck(c, []content.FieldID{"i_a"}, content.Values{})); got != "" {
		t.Errorf("%s", got)
	}
	if got := faultCodes(k.RecheckComplete(c, []content.FieldID{"i_a"}, content.Values{})); got != "/a field_required" {
		t.Errorf("%s", got)
	}
}

func TestConvert(t *testing.T) {
	k := Builtin()
	options := `{"options":[{"value":"a"},{"value":"b"}]}`
	many := `{"multiple":true,"options":[{"value":"a"},{"value":"b"}]}`
	for _, c := range []struct {
		from, fromSettings, to, toSettings string
		in, want                           any
		wrong                              string
	}{
		{"text", "", "longtext", "", "a", "a", ""},
		{"longtext", "", "text", "", "a b", "a b", ""},
		{"longtext", "", "text", "", "a\nb", nil, "convert_loses"},
		{"longtext", "", "text", `{"max_length":2}`, "abc", nil, "text_too_long"},
		{"text", "", "markdown", "", "2. *x*", `2\. \*x\*`, ""},
		{"markdown", "", "longtext", "", "un\n\ndeux", "un\n\ndeux", ""},
		{"markdown", "", "longtext", "", "un *mot*", nil, "convert_loses"},
		{"number", "", "text", "", 12.5, "12.5", ""},
		{"text", "", "number", "", "١٢", 12.0, ""},
		{"text", "", "number", "", "douze", nil, "convert_loses"},
		{"boolean", "", "text", "", true, "true", ""},
		{"date", "", "datetime", "", "2007-04-12", "2007-04-12T00:00:00Z", ""},
		{"date", "", "datetime", "", "2007", nil, "convert_loses"},
		{"date", "", "period", "", "2007-04-12", object{"start": "2007-04-12", "end": "2007-04-12"}, ""},
		{"select", options, "text", "", "a", "a", ""},
		{"select", many, "text", "", list("a", "b"), nil, "convert_loses"},
		{"select", options, "select", many, "a", list("a"), ""},
		{"select", many, "select", options, list("b"), "b", ""},
		{"select", many, "select", options, list("a", "b"), nil, "convert_loses"},
		{"text", "", "select", options, "c", nil, "select_unknown"},
		{"relation", `{"to":["x"]}`, "relation", `{"to":["x"],"many":true}`, entryA, list(entryA), ""},
		{"relation", `{"to":["x"]}`, "terms", `{"scheme":"s"}`, entryA, list(entryA), ""},
		{"terms", `{"scheme":"s"}`, "relation", `{"to":["x"]}`, list(entryA, entryB), nil, "convert_loses"},
		{"asset", "", "gallery", "", "a1", list(object{"asset": "a1"}), ""},
		{"gallery", "", "asset", "", list(object{"asset": "a1"}), "a1", ""},
		{"gallery", "", "asset", "", list(object{"asset": "a1", "caption": "x"}), nil, "convert_loses"},
		{"text", "", "email", "", "nobody", nil, "email_format"},
		{"number", "", "json", "", 1.0, 1.0, ""},
		{"geopoint", "", "text", "", object{"lat": 1.0, "lon": 1.0}, nil, "convert_kinds"},
		{"geopoint", "", "text", "", nil, nil, ""},
	} {
		got, err := k.Convert(fieldOfKind(c.from, c.fromSettings), fieldOfKind(c.to, c.toSettings), c.in)
		if codes(err) != c.wrong || (err == nil && !reflect.DeepEqual(got, c.want)) {
			t.Errorf("%s→%s %v: %v %q, want %v %q", c.from, c.to, c.in, got, codes(err), c.want, c.wrong)
		}
	}
}
