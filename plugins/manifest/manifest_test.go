package manifest_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

const least = `"name":"a","version":"1.0.0","protocol":1,"label":{"en":"A"}`

// What is wrong is named by its place and a code that has a text.
func TestFaults(t *testing.T) {
	for body, want := range map[string]string{
		``: "",
		`,"rights":[{"collection":"a","verbs":["read"]}]`: "",
		`,"colour":1`:               " members_unknown",
		`,"name":"A b"`:             "/name value_pattern",
		`,"version":"1"`:            "/version value_pattern",
		`,"protocol":2`:             "/protocol value_choice",
		`,"label":{"ar":"أ"}`:       "/label label_languages",
		`,"requires":["telepathy"]`: "/requires/0 feature_unknown",
		`,"rights":[{"collection":"@users","verbs":["read"]}]`: "/rights/0/collection value_pattern",
		`,"rights":[{"collection":"a","verbs":["manage"]}]`:    "/rights/0/verbs/0 value_choice",
		`,"collections":[{"id":"b","name":"b","fields":[]}]`:   "/collections/0/id collection_foreign",
		`,"public":["b"]`:                                               "/public/0 collection_foreign",
		`,"hook":{"collections":["a"]}`:                                 "/hook/collections/0 right_missing",
		`,"events":{"collections":["a"]}`:                               "/events/collections/0 right_missing",
		`,"routes":[{"method":"GET","path":"/logs","access":"anyone"}]`: "/routes/0/path route_reserved",
		`,"routes":[{"method":"GET","path":"/{x}","access":"anyone"}]`:  "/routes/0/path route_reserved",
		`,"settings":{"type":7}`:                                        "/settings schema_broken",
		`,"settings":{"$ref":"https://example.org/x"}`:                  "/settings schema_broken",
		`,"run":{"any":{"file":"../x"}}`:                                "/run/any/file value_pattern",
		`,"limits":{"memory_mb":1}`:                                     "/limits/memory_mb value_too_small",
	} {
		// A later member of the same name counts.
		var m map[string]any
		if err := json.Unmarshal([]byte(`{`+least+body+`}`), &m); err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		_, err = manifest.Parse(raw, schema.Builtin())
		p, _ := errors.AsType[*problem.Error](err)
		var got []string
		if p != nil {
			for _, f := range p.Fields {
				got = append(got, f.Pointer+" "+f.Code)
			}
		}
		if want == "" && err != nil || want != "" && !slices.Contains(got, want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// Whatever is asked for beyond what was asked before is another line.
func TestScopesTellWideningApart(t *testing.T) {
	scopes := func(more string) []string {
		m, err := manifest.Parse([]byte(`{`+least+`,"rights":[`+more+`]}`), schema.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		return manifest.IDs(m.Scopes())
	}
	narrow := scopes(`{"collection":"x","verbs":["read"],"fields":["b","a"],"rows":{"b":1,"a":2}}`)
	if same := scopes(`{"collection":"x","verbs":["read"],"fields":["a","b"],"rows":{"a":2,"b":1}}`); !slices.Equal(narrow, same) {
		t.Errorf("the same in another order: %q and %q", narrow, same)
	}
	for _, wider := range []string{
		`{"collection":"x","verbs":["read","update"],"fields":["a","b"],"rows":{"a":2,"b":1}}`,
		`{"collection":"x","verbs":["read"],"fields":["a","b","c"],"rows":{"a":2,"b":1}}`,
		`{"collection":"x","verbs":["read"],"fields":["a","b"]}`,
		`{"collection":"x","verbs":["read"],"rows":{"a":2,"b":1}}`,
		`{"collection":"y","verbs":["read"],"fields":["a","b"],"rows":{"a":2,"b":1}}`,
	} {
		if !slices.ContainsFunc(scopes(wider), func(s string) bool { return !slices.Contains(narrow, s) }) {
			t.Errorf("%s asks for nothing new", wider)
		}
	}
}

func TestSchemaIsOne(t *testing.T) {
	if !json.Valid(manifest.Schema) || !strings.Contains(string(manifest.Schema), `"$defs"`) {
		t.Error("the schema of manifests is none")
	}
}
