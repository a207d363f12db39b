package schema

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/schema/markup"
)

// Whatever JSON a caller sends as a definition, checking it ends, and what is
// accepted is read back the same, describes itself, and takes input.
func FuzzCollection(f *testing.F) {
	f.Add(sample)
	for _, name := range []string{"menus", "terms"} { // large seeds make the fuzzer slow
		raw, err := definitions.ReadFile("builtin/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(raw))
	}
	f.Add(`{"id":"c","name":"c","fields":[{"id":"a","name":"a","kind":"blocks","settings":{"types":[{"id":"t","name":"t","fields":[{"id":"b","name":"b","kind":"blocks","settings":{"inherit":true}}]}]}}]}`)
	f.Add(`{"fields":[{"kind":"text","settings":{"pattern":"(","max_length":1e99}}]}`)
	k := Builtin()
	f.Fuzz(func(t *testing.T, raw string) {
		c, err := ParseCollection([]byte(raw))
		if err != nil {
			return
		}
		AssignIDs(c, nil, func() string { return "x" })
		if err := k.CheckCollection(c); err != nil {
			return
		}
		first, err := json.Marshal(c)
		if err != nil {
			t.Fatalf("marshal: %v", err)
		}
		again, err := ParseCollection(first)
		if err != nil {
			t.Fatalf("what was accepted is not read: %v", err)
		}
		if err := k.CheckCollection(again); err != nil {
			t.Fatalf("what was accepted is refused: %v", err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(first) != string(second) {
			t.Fatalf("%s\n%s", first, second)
		}
		if changes := Diff(c, again); len(changes) > 0 {
			t.Fatalf("differs from itself: %+v", changes)
		}
		k.Prepare(c)
		k.JSONSchema(c, Create, "fr")
		if _, err := k.Defaults(c); err != nil {
			t.Fatalf("accepted defaults do not fit: %v", err)
		}
	})
}

// Every kind: what Normalize gives, it gives again; the kept form is made of
// JSON values; and the value's other faces do not fail.
func FuzzNormalize(f *testing.F) {
	for _, c := range kindCases {
		if raw, err := json.Marshal(c.in); err == nil {
			f.Add(c.kind, c.settings, string(raw))
		}
	}
	f.Add("blocks", `{"types":[{"id":"t","name":"t","fields":[{"id":"b","name":"b","kind":"blocks","settings":{"inherit":true}}]}]}`, `[{"type":"t","b":[{"type":"t"}]}]`)
	k := Builtin()
	f.Fuzz(func(t *testing.T, kind, settings, raw string) {
		var v any
		if k[kind] == nil || json.Unmarshal([]byte(raw), &v) != nil {
			return
		}
		field := fieldOfKind(kind, settings)
		if k[kind].CheckSettings(field.Settings) != nil {
			return
		}
		got, err := k.kept(field, v)
		if err != nil {
			codes(err)
			return
		}
		again, err := k[kind].Normalize(field, got)
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Fatalf("%s %s %s: %#v then %#v, %v", kind, settings, raw, got, again, err)
		}
		if _, err := json.Marshal(got); err != nil {
			t.Fatal(err)
		}
		if back, err := k.kept(field, k.EncodeValue(field, got)); err != nil || !reflect.DeepEqual(back, got) {
			t.Fatalf("outer form: %#v then %#v, %v", got, back, err)
		}
		if got == nil {
			return
		}
		if texter, ok := k[kind].(Texter); ok {
			for _, text := range texter.Text(field, got) {
				if !utf8.ValidString(text) {
					t.Fatalf("text %q", text)
				}
			}
		}
		if column, ok := k[kind].(Columner); ok {
			column.Cells(field, got)
		}
		if referrer, ok := k[kind].(Referrer); ok {
			referrer.Refs(field, got)
		}
	})
}

// The plain text of Markdown ends, is UTF-8, and has no more than the source.
func FuzzMarkdownText(f *testing.F) {
	for _, seed := range []string{"# a\n\n*b* [c](d) <e>", "| a |\n|---|\n| b |", "[^1]\n\n[^1]: x", "&amp;&#0;&#x110000;\\", "![](asset:a)<entry:b>", strings.Repeat("[", 200), strings.Repeat("> ", 100) + "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if !utf8.ValidString(source) {
			return
		}
		text := markup.Text(source)
		if !utf8.ValidString(text) {
			t.Fatalf("%q gives %q", source, text)
		}
		if len(text) > 4*len(source)+16 {
			t.Fatalf("%d bytes of text from %d", len(text), len(source))
		}
		markdownKind{}.Refs(Field{}, source)
	})
}
