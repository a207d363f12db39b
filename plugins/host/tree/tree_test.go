package tree

import (
	"fmt"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for raw, want := range map[string]string{
		`{"type":"stack","children":[{"type":"heading","text":"x","level":2},{"type":"link","label":"a","to":"/x"}]}`: "",
		`{"type":"table","columns":[{"key":"a","label":"A"}],"rows":[{"cells":{"a":{"type":"badge","text":"x"}}}]}`:   "",
		`{"type":"tabs","tabs":[{"id":"a","label":"A","children":[{"type":"divider"}]}]}`:                             "",
		`{"type":"link","label":"a","to":"?page=2"}`:                                                                  "",
		`{"type":"script"}`:                                      `/type: "script" is no component here`,
		`{"type":"heading"}`:                                     "missing property 'text'",
		`{"type":"text","text":"x","onclick":"y"}`:               "additional properties 'onclick' not allowed",
		`{"type":"link","label":"a","to":"javascript:alert(1)"}`: "does not match pattern",
		`{"type":"link","label":"a","to":"//evil.example"}`:      "does not match pattern",
		`{"type":"link","label":"a","to":"/\\evil.example"}`:     "does not match pattern",
		`{"type":"stack","children":[{"type":"text"}]}`:          "/children/0: a text",
		`{"type":"table","columns":[{"key":"a","label":"A"}],"rows":[{"cells":{"a":{"type":"stack"}}}]}`: "/rows/0/cells/a: a cell holds",
		`{"type":"tabs","tabs":[{"id":"a","label":"A","children":[{"type":"x"}]}]}`:                      "/tabs/0/children/0/type",
		`{"type":"empty","title":"x","action":{"type":"button","label":"x"}}`:                            "/action: a button",
		`[]`: "a node is an object",
		strings.Repeat(`{"type":"stack","children":[`, 13) + strings.Repeat(`]}`, 13):                               "at most 12 deep",
		`{"type":"stack","children":[` + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 501), ",") + `]}`: "maxItems",
	} {
		_, err := Parse([]byte(raw), nil)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%.80s: %v, want %s", raw, err, want)
		}
	}
	if _, err := Parse([]byte(`{"type":"button","label":"x","action":"y"}`), Site); err == nil {
		t.Error("visitors get buttons")
	}
	many := make([]string, 5)
	for i := range many {
		many[i] = `{"type":"stack","children":[` + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 450), ",") + `]}`
	}
	if _, err := Parse(fmt.Appendf(nil, `{"type":"stack","children":[%s]}`, strings.Join(many, ",")), nil); err == nil || !strings.Contains(err.Error(), "2000 nodes") {
		t.Error(err)
	}
}
