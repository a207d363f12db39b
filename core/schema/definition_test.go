package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/core/texts/textstest"
)

func check(t *testing.T, raw string) error {
	t.Helper()
	c, err := ParseCollection([]byte(raw))
	if err != nil {
		return err
	}
	return Builtin().CheckCollection(c)
}

func TestCheckCollectionRefuses(t *testing.T) {
	text := func(more string) string { return `{"id":"a","name":"a","kind":"text"` + more + `}` }
	with := func(fields, more string) string {
		return `{"id":"c","name":"c","fields":[` + fields + `]` + more + `}`
	}
	nest := func(n int) string {
		raw := `{"id":"a","name":"a","kind":"text"}`
		for range n {
			raw = `{"id":"a","name":"a","kind":"group","settings":{"fields":[` + raw + `]}}`
		}
		return raw
	}
	many := make([]string, MaxFields+1)
	for i := range many {
		many[i] = fmt.Sprintf(`{"id":"f%d","name":"f%d","kind":"text"}`, i, i)
	}
	for _, c := range []struct{ raw, want string }{
		{`{"id":"c","name":"c","fields":[]}`, ""},
		{`{"id":"c","name":"C","fields":[]}`, "/name definition_name"},
		{`{"id":"c","name":"` + strings.Repeat("a", 61) + `","fields":[]}`, "/name definition_name"},
		{`{"id":"","name":"c","fields":[]}`, "/id definition_id"},
		{`{"id":"c","name":"c","fields":[],"feilds":[]}`, "/feilds definition_unknown"},
		{`{"id":"c","name":"c","label":{"FR":"x"},"fields":[]}`, "/label/FR definition_locale"},
		{`{"id":"c","name":"c","label":{"fr":"` + strings.Repeat("é", 201) + `"},"fields":[]}`, "/label/fr definition_too_long"},
		{`{"id":"c","name":"c","fields":{}}`, "/fields definition_type"},
		{with(text(""), ""), ""},
		{with(text("")+","+text(""), ""), "/fields/1/id definition_twice,/fields/1/name definition_twice"},
		{with(text("")+`,{"id":"b","name":"a","kind":"text"}`, ""), "/fields/1/name definition_twice"},
		{with(`{"id":"title","name":"headline","kind":"text"},{"id":"x","name":"title","kind":"text"}`, ""), "/fields/1/name definition_twice"},
		{with(`{"id":"x","name":"created_at","kind":"text"}`, ""), "/fields/0/name definition_reserved"},
		{with(strings.Join(many, ","), ""), "/fields definition_count"},
		{with(nest(MaxDepth), ""), ""},
		{with(nest(MaxDepth+1), ""), "/fields/0" + strings.Repeat("/settings/fields/0", MaxDepth) + "/settings definition_too_deep"},
		{with(text(`,"default":3`), ""), "/fields/0/default not_text"},
		{with(text(`,"visibility":"secret"`), ""), "/fields/0/visibility definition_choice"},
		{with(text(`,"weight":-1`), ""), "/fields/0/weight definition_range"},
		{with(text(`,"facet":true,"personal":true`), ""), "/fields/0/facet definition_personal_facet"},
		{with(`{"id":"a","name":"a","kind":"markdown","sortable":true,"unique":true,"facet":true}`, ""),
			"/fields/0/sortable definition_not_sortable,/fields/0/unique definition_not_unique,/fields/0/facet definition_not_facet"},
		{with(`{"id":"a","name":"a","kind":"number","weight":1}`, ""), "/fields/0/weight definition_not_searched"},
		{with(text(""), `,"title":"b"`), "/title definition_title"},
		{with(text(`,"visibility":"members"`), `,"title":"a"`), "/title definition_title"},
		{with(text(`,"personal":true`), `,"title":"a"`), ""},
		{with(text(""), `,"slug":"a"`), "/slug definition_slug"},
		{with(text(`,"personal":true`)+`,{"id":"s","name":"s","kind":"slug","settings":{"source":"a"}}`, `,"slug":"s"`), "/slug definition_slug_source"},
		{with(text(`,"localized":true`)+`,{"id":"s","name":"s","kind":"slug","settings":{"source":"a"}}`, `,"slug":"s"`), "/slug definition_slug_source"},
		{with(text("")+`,{"id":"s","name":"s","kind":"slug","personal":true}`, `,"slug":"s"`), "/slug definition_slug"},
		{with(text(""), `,"date":"a"`), "/date definition_date_field"},
		{with(text(""), `,"sort":"a"`), "/sort definition_sort"},
		{with(text(`,"sortable":true`), `,"sort":"-published_at,a"`), ""},
		{with(text(""), `,"path":"/x/{slug}"`), "/path definition_path"},
		{with(text(""), `,"path":"/x"`), "/path definition_path"},
		{with(text(""), `,"path":"/x/{id}/../y"`), "/path definition_path"},
		{with(text(""), `,"path":"/x","singleton":true`), ""},
		{with(text(""), `,"singleton":true,"tree":true`), "/tree definition_either"},
		{with(text(""), `,"recency":-1`), "/recency definition_range"},
	} {
		if got := codes(check(t, c.raw)); got != c.want {
			t.Errorf("%.200s\n got %q\nwant %q", c.raw, got, c.want)
		}
	}
	if _, err := ParseCollection([]byte(`{"id"`)); problem.KindOf(err) != problem.BadRequest {
		t.Errorf("broken JSON: %v", err)
	}
}

func TestCheckTargets(t *testing.T) {
	c := collection(t, `{"id":"c","name":"c","fields":[{"id":"a","name":"a","kind":"relation","settings":{"to":["c","x"]}},
	 {"id":"g","name":"g","kind":"group","settings":{"fields":[{"id":"t","name":"t","kind":"terms","settings":{"scheme":"s"}}]}}]}`)
	err := Builtin().CheckTargets(c, func(content.CollectionID) bool { return false })
	if codes(err) != "/fields/0/settings/to/1 definition_target,/fields/1/settings/fields/0/settings/collection definition_target" {
		t.Errorf("%v", err)
	}
}

func TestAssignIDs(t *testing.T) {
	n := 0
	newID := func() string { n++; return "new" + strconv.Itoa(n) }
	old := collection(t, sample)
	var changed Collection
	// No id is given: names carry the ids over, nested ones too.
	mustJSON(t, regexp.MustCompile(`"id":"[a-z_]+",`).ReplaceAllString(sample, ""), &changed)
	changed.Title, changed.Slug = "title", "slug"
	changed.Fields = append(changed.Fields, Field{Name: "extra", Kind: "text"})
	changed.Fields[1].Settings = json.RawMessage(`{"source":"title"}`)
	AssignIDs(&changed, old, newID)
	if err := Builtin().CheckCollection(&changed); err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(changed.Fields[:len(old.Fields)])
	want, _ := json.Marshal(old.Fields)
	var a, b any
	mustJSON(t, string(got), &a)
	mustJSON(t, string(want), &b)
	if x, y := fmt.Sprint(a), fmt.Sprint(b); x != y {
		t.Errorf("%s\n%s", x, y)
	}
	if changed.ID != "c" || changed.Title != "i_title" || changed.Slug != "i_slug" || changed.Fields[len(old.Fields)].ID != "new1" {
		t.Errorf("%+v", changed)
	}

	// A rename by id, and a new field of the old name: the id does not move.
	renamed := Collection{Name: "things", Fields: []Field{{ID: "i_year", Name: "since", Kind: "number"}, {Name: "year", Kind: "text"}}}
	AssignIDs(&renamed, old, newID)
	if renamed.Fields[0].ID != "i_year" || renamed.Fields[1].ID != "new2" {
		t.Errorf("%+v", renamed.Fields)
	}

	// What cannot be read is left for CheckCollection to refuse.
	broken := Collection{Name: "c", Fields: []Field{{Name: "g", Kind: "group", Settings: json.RawMessage(`{"fields":[{"nmae":"x"}]}`)}}}
	AssignIDs(&broken, nil, newID)
	if got := codes(Builtin().CheckCollection(&broken)); got != "/fields/0/settings/fields/0/nmae definition_unknown" {
		t.Errorf("%s", got)
	}
}

// Every code that this package and its leaves give has a text in every
// language.
func TestCodesHaveTexts(t *testing.T) {
	textstest.Exist(t, textstest.Given(t, []string{"wrong", "fault", "badFilter", "badOperand", "badParameter",
		"unknown", "Unknown", "unknownIn", "unknownParameter", "refuse", "OfFields", "New"}, 100, "*.go", "*/*.go")...)
}

// A fault reads well: the label in the reader's language, every place filled.
func TestFaultsReadWell(t *testing.T) {
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	k := Builtin()
	for _, c := range kindCases {
		if c.wrong == "" {
			continue
		}
		f := fieldOfKind(c.kind, c.settings)
		f.Label = Texts{"fr": "Champ", "ar": "الخانة المعنية", "en": "Field"}
		_, err := k[c.kind].Normalize(f, c.in)
		e, _ := errors.AsType[*problem.Error](err)
		for _, fault := range e.Fields {
			for l, label := range f.Label {
				text := catalogue.Text(string(l), fault.Code, fault.Args)
				if strings.ContainsAny(text, "{}") && !strings.Contains(text, "{ … }") {
					t.Errorf("%s %s: %s", l, fault.Code, text)
				}
				if fault.Code != "value_unknown" && !strings.HasPrefix(text, label) {
					t.Errorf("%s %s: %s", l, fault.Code, text)
				}
			}
		}
	}
}
