package schema

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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

// A filter is understood or refused; what is understood is written and read
// again the same, and never leads where no relation does.
func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`{"name":{"_eq":"x"},"wilaya":{"part_of":{"code":{"_in":["DZ"]}}}}`,
		`{"_or":[{"founded_on":{"_eq":"2007"}},{"_not":{"themes":{"_none":{"notation":{"_neq":"a"}}}}}]}`,
		`{"wilaya":{"_none":{"_and":[{"code":{"_null":true}},{"valid_from":{"_between":["2007","$now"]}}]}}}`,
		`{"updated_at":{"_nin":["2007-01","2008-01-01T00:00:00Z"]},"created_by":{"_in":"$user,x"}}`,
		`{"wilaya":{"_some":{},"_null":false,"_not":{"_or":[{},{"id":{"_eq":"$association"}}]}}}`,
	} {
		f.Add(seed)
	}
	k, _, lookup := builtins(f)
	root := lookup("associations")
	f.Fuzz(func(t *testing.T, raw string) {
		var v any
		if json.Unmarshal([]byte(raw), &v) != nil {
			return
		}
		filter, err := ParseFilter(v, root, lookup, k, nil)
		if err != nil {
			return
		}
		out, err := json.Marshal(filter)
		if err != nil {
			t.Fatal(err)
		}
		var back any
		if err := json.Unmarshal(out, &back); err != nil {
			t.Fatal(err)
		}
		again, err := ParseFilter(back, root, lookup, k, nil)
		if err != nil {
			t.Fatalf("%s: not read again: %v", out, err)
		}
		if !reflect.DeepEqual(again, filter) {
			t.Fatalf("%s\nread as %+v\nnot as  %+v", out, again, filter)
		}
		for _, path := range filter.Paths() {
			for i, s := range path {
				if last := i == len(path)-1; last != (s.Target == "") || (s.Field == "") == (s.System == "") {
					t.Fatalf("odd step in %+v", path)
				}
			}
		}
		filter.Resolve(func(string) (any, bool) { return nil, false })
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
		text := MarkdownText(source)
		if !utf8.ValidString(text) {
			t.Fatalf("%q gives %q", source, text)
		}
		if len(text) > 4*len(source)+16 {
			t.Fatalf("%d bytes of text from %d", len(text), len(source))
		}
		markdownKind{}.Refs(Field{}, source)
	})
}

func FuzzSortKeyAndSlug(f *testing.F) {
	for _, seed := range []string{"Béjaïa", "ﷺ ﻻ جمعيّة", "İstanbul ŒUVRE ǅ", "a\u0301\u00a0 b", "٢٠٢٤ 𝟙", "ª º ﬃ", "\u1e9b\u0323", "ʼn'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || len(s) > 10_000 {
			return
		}
		key := SortKey(s)
		if again := SortKey(key); again != key {
			t.Fatalf("%q: key %q, then %q", s, key, again)
		}
		if other := SortKey(norm.NFC.String(s)); other != key {
			t.Fatalf("%q: key %q, composed %q", s, key, other)
		}
		for _, latin := range []bool{false, true} {
			slug := Slug(s, maxSlug, latin)
			if again := Slug(slug, maxSlug, latin); again != slug {
				t.Fatalf("%q: slug %q, then %q", s, slug, again)
			}
		}
	})
}
