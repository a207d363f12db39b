package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
)

func TestParseJSON(t *testing.T) {
	for _, tt := range []struct{ in, code, pointer string }{
		{`{"a":1,"b":[true,null,"é",{"c":-1.5e3}]}`, "", ""},
		{`{"a":9007199254740991}`, "", ""},
		{`{"a":[1e17,100000000000000000,1152921504606846976,1152921504606847000]}`, "", ""},
		{`{"a":1152921504606846977}`, "json_number_unsafe", "/a"},
		{`{"a":"\ud83d\ude00 \\ud800 \"\\"}`, "", ""},
		{`{"a":1,"a":2}`, "json_name_twice", "/a"},
		{`{"a":{"x/y":1,"x\u002fy":2}}`, "json_name_twice", "/a/x~1y"},
		{`{"a":1}{}`, "json_malformed", ""},
		{`{"a":1}x`, "json_malformed", ""},
		{`{"a":1,}`, "json_malformed", ""},
		{`{"a":[1,2}`, "json_malformed", "/a"},
		{`{a:1}`, "json_malformed", ""},
		{`{"a":01}`, "json_malformed", ""},
		{`{"a":NaN}`, "json_malformed", "/a"},
		{`{"a":1e999}`, "json_number_unsafe", "/a"},
		{`{"a":[0,9007199254740993]}`, "json_number_unsafe", "/a/1"},
		{"{\"a\":\"\xff\"}", "json_not_utf8", ""},
		{"\xef\xbb\xbf{}", "json_malformed", ""},
		{`{"a":"\ud800"}`, "json_surrogate", "/a"},
		{`{"a":"\udc00\ud800"}`, "json_surrogate", "/a"},
		{`{"\ud800":1}`, "json_surrogate", "/\ufffd"},
		{strings.Repeat("[", 32) + strings.Repeat("]", 32), "", ""},
		{strings.Repeat("[", 33) + strings.Repeat("]", 33), "json_too_deep", strings.Repeat("/0", 32)},
		{"[" + strings.Repeat("0,", 20000) + "0]", "json_too_many", "/19999"},
		{"", "json_malformed", ""},
	} {
		_, err := parseJSON([]byte(tt.in))
		if tt.code == "" {
			if err != nil {
				t.Errorf("%.60s: %v", tt.in, err)
			}
			continue
		}
		p, ok := errors.AsType[*problem.Error](err)
		if !ok || p.Code != tt.code || p.Fields[0].Pointer != tt.pointer {
			t.Errorf("%.60s: %v, want %s at %s", tt.in, err, tt.code, tt.pointer)
		}
	}
}

// FuzzParseJSON: whatever is taken is valid JSON that means the same to
// encoding/json, and survives being written again.
func FuzzParseJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,null,true,"x"]}`, `{"a":"\ud83d\ude00"}`, `"\ud800"`, `{"a":1,"a":2}`, `[[[[]]]]`, `1e5`, `{} {}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := parseJSON(raw)
		if err != nil {
			if _, ok := errors.AsType[*problem.Error](err); !ok {
				t.Fatalf("%q: %v is not a problem", raw, err)
			}
			return
		}
		var want any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatalf("%q was taken: %v", raw, err)
		}
		if !reflect.DeepEqual(v, want) {
			t.Fatalf("%q: %#v, want %#v", raw, v, want)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		if w, err := parseJSON(again); err != nil || !reflect.DeepEqual(v, w) {
			t.Fatalf("%q: %#v after writing again, %v", raw, w, err)
		}
	})
}

func TestFit(t *testing.T) {
	type inner struct {
		Name string `json:"name"`
	}
	type outer struct {
		Title string           `json:"title"`
		List  []inner          `json:"list"`
		By    map[string]inner `json:"by"`
		Raw   json.RawMessage  `json:"raw"`
		Count int              `json:"count"`
		When  *inner           `json:"when"`
	}
	for _, tt := range []struct{ in, pointer, code string }{
		{`{"title":"x","list":[{"name":"y"}],"by":{"z":{"name":"a"}},"raw":{"anything":1},"count":3,"when":{"name":"n"}}`, "", ""},
		{`{"Title":"x"}`, "/Title", "member_unknown"},
		{`{"list":[{"name":"y"},{"nom":"y"}]}`, "/list/1/nom", "member_unknown"},
		{`{"by":{"a/b":{"nom":"y"}}}`, "/by/a~1b/nom", "member_unknown"},
		{`{"when":{"nom":1}}`, "/when/nom", "member_unknown"},
		{`{"count":"3"}`, "/count", "json_type"},
		{`{"count":1.5}`, "/count", "json_type"},
		{`{"list":{"0":{}}}`, "/list", "json_type"},
	} {
		v, err := parseJSON([]byte(tt.in))
		if err != nil {
			t.Fatal(err)
		}
		var dst outer
		err = fit(v.(map[string]any), &dst)
		p, ok := errors.AsType[*problem.Error](err)
		if tt.code == "" && err != nil || tt.code != "" && (!ok || p.Fields[0].Pointer != tt.pointer || p.Fields[0].Code != tt.code) {
			t.Errorf("%s: %v", tt.in, err)
		}
	}
}
