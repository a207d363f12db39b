package ask

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
)

// reader parses filters on the built-in associations.
func reader(t testing.TB) func(raw string, vars func(string) (any, bool)) (Filter, error) {
	t.Helper()
	k, lookup := programme(t)
	return func(raw string, vars func(string) (any, bool)) (Filter, error) {
		var v any
		unmarshal(t, raw, &v)
		return ParseFilter(v, lookup("associations"), lookup, k, vars)
	}
}

func TestParseFilter(t *testing.T) {
	parse := reader(t)
	for _, c := range []struct{ in, want string }{
		{`{}`, `{}`},
		{`{"name":{"_eq":"x"}}`, `{"name":{"_eq":"x"}}`},
		{`{"name":{"_starts_with":"x","_neq":"y"}}`, `{"_and":[{"name":{"_neq":"y"}},{"name":{"_starts_with":"x"}}]}`},
		{`{"_and":[{"name":{"_eq":"x"}}]}`, `{"name":{"_eq":"x"}}`},
		{`{"_or":[{"name":{"_eq":"x"}},{"_not":{"kind":{"_in":["ngo","league"]}}}]}`, `{"_or":[{"name":{"_eq":"x"}},{"_not":{"kind":{"_in":["ngo","league"]}}}]}`},
		{`{"kind":{"_in":"ngo,league"}}`, `{"kind":{"_in":["ngo","league"]}}`},
		// relations
		{`{"wilaya":{"code":{"_eq":"06"}}}`, `{"wilaya":{"code":{"_eq":"06"}}}`},
		{`{"wilaya":{"_eq":"` + strings.ToLower(someEntry) + `"}}`, `{"wilaya":{"_eq":"` + someEntry + `"}}`},
		{`{"wilaya":{"code":{"_eq":"06"},"kind":{"_eq":"wilaya"}}}`, `{"_and":[{"wilaya":{"code":{"_eq":"06"}}},{"wilaya":{"kind":{"_eq":"wilaya"}}}]}`},
		{`{"themes":{"_some":{"notation":{"_eq":"x"}}}}`, `{"themes":{"notation":{"_eq":"x"}}}`},
		{`{"themes":{"_none":{"notation":{"_eq":"x"}}}}`, `{"themes":{"_none":{"notation":{"_eq":"x"}}}}`},
		{`{"themes":{"_none":{"_or":[{"notation":{"_eq":"x"}},{"notation":{"_eq":"y"}}]}}}`,
			`{"_and":[{"themes":{"_none":{"notation":{"_eq":"x"}}}},{"themes":{"_none":{"notation":{"_eq":"y"}}}}]}`},
		{`{"themes":{"_or":[{"notation":{"_eq":"x"}},{"notation":{"_eq":"y"}}]}}`,
			`{"_or":[{"themes":{"notation":{"_eq":"x"}}},{"themes":{"notation":{"_eq":"y"}}}]}`},
		{`{"wilaya":{"_none":{"code":{"_eq":"06"}}}}`, `{"_not":{"wilaya":{"code":{"_eq":"06"}}}}`},
		{`{"wilaya":{"_not":{"code":{"_eq":"06"}}}}`, `{"_and":[{"wilaya":{"_null":false}},{"_not":{"wilaya":{"code":{"_eq":"06"}}}}]}`},
		{`{"themes":{"_some":{}}}`, `{"themes":{"_null":false}}`},
		{`{"themes":{"_none":{}}}`, `{"themes":{"_null":true}}`},
		{`{"wilaya":{"part_of":{"code":{"_eq":"DZ"}}}}`, `{"wilaya":{"part_of":{"code":{"_eq":"DZ"}}}}`},
		// against relations
		{`{"_back.associations.networks":{"name":{"_eq":"x"}}}`, `{"_back.associations.networks":{"name":{"_eq":"x"}}}`},
		{`{"_back.associations.networks":{"_none":{"name":{"_eq":"x"}},"_null":"false"}}`,
			`{"_and":[{"_back.associations.networks":{"_none":{"name":{"_eq":"x"}}}},{"_back.associations.networks":{"id":{"_null":false}}}]}`},
		{`{"_back.associations.networks":{"_null":true}}`, `{"_back.associations.networks":{"_none":{"id":{"_null":false}}}}`},
		{`{"_back.associations.networks":{"_some":{}}}`, `{"_back.associations.networks":{"id":{"_null":false}}}`},
		{`{"wilaya":{"_back.associations.wilaya":{"_none":{"kind":{"_eq":"ngo"}}}}}`, `{"wilaya":{"_back.associations.wilaya":{"_none":{"kind":{"_eq":"ngo"}}}}}`},
		// operands
		{`{"members_count":{"_gte":"12.5"}}`, `{"members_count":{"_gte":12.5}}`},
		{`{"contact_form":{"_eq":"true"}}`, `{"contact_form":{"_eq":true}}`},
		{`{"name":{"_null":"false"}}`, `{"name":{"_null":false}}`},
		{`{"founded_on":{"_gte":"2007"}}`, `{"founded_on":{"_gte":"2007-01-01"}}`},
		{`{"founded_on":{"_lte":"2007-02"}}`, `{"founded_on":{"_lte":"2007-02-28"}}`},
		{`{"founded_on":{"_gt":"2007"}}`, `{"founded_on":{"_gt":"2007-12-31"}}`},
		{`{"founded_on":{"_eq":"2007"}}`, `{"founded_on":{"_between":["2007-01-01","2007-12-31"]}}`},
		{`{"founded_on":{"_neq":"2007"}}`, `{"_not":{"founded_on":{"_between":["2007-01-01","2007-12-31"]}}}`},
		{`{"founded_on":{"_in":["2007","2009-01-01"]}}`, `{"_or":[{"founded_on":{"_between":["2007-01-01","2007-12-31"]}},{"founded_on":{"_between":["2009-01-01","2009-01-01"]}}]}`},
		{`{"founded_on":{"_between":["2007","2008"]}}`, `{"founded_on":{"_between":["2007-01-01","2008-12-31"]}}`},
		{`{"founded_on":{"_lt":"2007-10-12T23:30:00-02:00"}}`, `{"founded_on":{"_lt":"2007-10-13"}}`},
		{`{"updated_at":{"_gt":"2026-01-02T10:00:00.1234+01:00"}}`, `{"updated_at":{"_gt":"2026-01-02T09:00:00.123Z"}}`},
		{`{"updated_at":{"_lte":"2026-01-02"}}`, `{"updated_at":{"_lte":"2026-01-02T23:59:59.999Z"}}`},
		{`{"location":{"_bbox":"-1,35,9,37.5"}}`, `{"location":{"_bbox":[-1,35,9,37.5]}}`},
		{`{"location":{"_near":[3.06,36.75,25]}}`, `{"location":{"_near":[3.06,36.75,25]}}`},
		// system fields and variables
		{`{"status":{"_eq":"published"},"id":{"_in":["` + someEntry + `"]}}`, `{"_and":[{"id":{"_in":["` + someEntry + `"]}},{"status":{"_eq":"published"}}]}`},
		{`{"id":{"_eq":"$association"}}`, `{"id":{"_eq":"$association"}}`},
		{`{"created_by":{"_in":["$user","u1"]}}`, `{"created_by":{"_in":["$user","u1"]}}`},
		{`{"founded_on":{"_lte":"$now"}}`, `{"founded_on":{"_lte":"$now"}}`},
		{`{"name":{"_eq":"$user"}}`, `{"name":{"_eq":"$user"}}`}, // a text is a text
	} {
		f, err := parse(c.in, nil)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		got, _ := json.Marshal(f)
		var a, b any
		unmarshal(t, string(got), &a)
		unmarshal(t, c.want, &b)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s\n got %s\nwant %s", c.in, got, c.want)
		}
		again, err := parse(string(got), nil)
		if err != nil || !reflect.DeepEqual(again, f) {
			t.Errorf("%s: not the same read again: %v %v", c.in, again, err)
		}
	}
}

func TestParseFilterRefuses(t *testing.T) {
	parse := reader(t)
	deep := strings.Repeat(`{"_not":`, MaxFilterDepth+2) + `{}` + strings.Repeat(`}`, MaxFilterDepth+2)
	wide := `{"_or":[` + strings.TrimSuffix(strings.Repeat(`{"name":{"_eq":"x"}},`, MaxFilterNodes), ",") + `]}`
	long := `{"_or":[` + strings.TrimSuffix(strings.Repeat(`{},`, MaxFilterList+1), ",") + `]}`
	in := `{"kind":{"_in":["a` + strings.Repeat(`","a`, MaxFilterList) + `"]}}`
	for _, c := range []struct{ in, want, hint string }{
		{`[]`, " filter_not_object", ""},
		{`{"nmae":{"_eq":"x"}}`, "/nmae filter_field", "name"},
		{`{"_nd":[]}`, "/_nd filter_operator", "_and"},
		{`{"name":{"_eqq":"x"}}`, "/name/_eqq filter_operator", "_eq"},
		{`{"name":"x"}`, "/name filter_not_object", ""},
		{`{"name":{}}`, "/name filter_not_object", ""},
		{`{"name":{"_eq":3}}`, "/name/_eq operand_text", ""},
		{`{"name":{"_contains":""}}`, "/name/_contains operand_empty", ""},
		{`{"mission":{"_eq":"x"}}`, "/mission/_eq filter_operator", ""},
		{`{"mission":{"_contains":"eau"}}`, "/mission filter_search", "search"},
		{`{"location":{"_bbox":"1,2,3"}}`, "/location/_bbox operand_bbox", ""},
		{`{"location":{"_bbox":"1,2,3,x"}}`, "/location/_bbox/3 operand_number", ""},
		{`{"location":{"_bbox":"1,3,3,2"}}`, "/location/_bbox operand_bbox", ""},
		{`{"location":{"_bbox":"1,2,181,3"}}`, "/location/_bbox operand_bbox", ""},
		{`{"location":{"_near":"1,2,0"}}`, "/location/_near operand_near", ""},
		{`{"location":{"_near":"1,91,1"}}`, "/location/_near operand_near", ""},
		{`{"location":{"_near":"1,2,1e9"}}`, "/location/_near operand_near", ""},
		{`{"location":{"_near":"1,2,NaN"}}`, "/location/_near/2 operand_number", ""},
		{`{"name":{"_near":"1,2,3"}}`, "/name/_near filter_operator", ""},
		{`{"location":{"_eq":"x"}}`, "/location/_eq filter_operator", ""},
		{`{"kind":{"_lt":"x"}}`, "/kind/_lt filter_operator", ""},
		{`{"kind":{"_in":[]}}`, "/kind/_in filter_not_list", ""},
		{in, "/kind/_in filter_list_long", ""},
		{`{"wilaya":{"_eq":"06"}}`, "/wilaya/_eq operand_entry_id", ""},
		{`{"wilaya":{"cod":{"_eq":"06"}}}`, "/wilaya/cod filter_field", "code"},
		{`{"wilaya":{"code":{"_eq":6}}}`, "/wilaya/code/_eq operand_text", ""},
		{`{"partners":{"name":{"_eq":"x"}}}`, "/partners filter_many_collections", ""},
		{`{"themes":{"notation":{"_eq":"x"},"scheme":{"_eq":"themes"}}}`, "/themes filter_same_target", ""},
		{`{"themes":{"_not":{"notation":{"_eq":"x"}}}}`, "/themes filter_same_target", ""},
		{`{"themes":{"_none":{"_not":{"notation":{"_eq":"x"}}}}}`, "/themes/_none filter_same_target", ""},
		{`{"wilaya":{"part_of":{"part_of":{"part_of":{"code":{"_eq":"x"}}}}}}`, " filter_path_long", ""},
		{`{"_back.associations":{"name":{"_eq":"x"}}}`, "/_back.associations filter_back_form", "_back.associations"},
		{`{"_back.nothing.wilaya":{"name":{"_eq":"x"}}}`, "/_back.nothing.wilaya filter_no_target", "nothing"},
		{`{"_back.associations.wilaya":{"name":{"_eq":"x"}}}`, "/_back.associations.wilaya filter_back_elsewhere", ""},
		{`{"_back.associations.name":{"name":{"_eq":"x"}}}`, "/_back.associations.name filter_back_elsewhere", ""},
		{`{"_back.associations.network":{"name":{"_eq":"x"}}}`, "/_back.associations.network filter_field", "networks"},
		{`{"_back.associations.networks":{"nam":{"_eq":"x"}}}`, "/_back.associations.networks/nam filter_field", "name"},
		{`{"_back.associations.networks":{"name":{"_eq":"x"},"kind":{"_eq":"ngo"}}}`, "/_back.associations.networks filter_same_target", ""},
		{`{"_back.associations.networks":{"_null":"maybe"}}`, "/_back.associations.networks/_null operand_boolean", ""},
		{`{"_back.associations.networks":{}}`, "/_back.associations.networks filter_not_object", ""},
		{`{"_back.associations.networks":{"_back.associations.networks":{"_back.associations.networks":{"_back.associations.networks":{"name":{"_eq":"x"}}}}}}`, " filter_path_long", ""},
		{`{"members_count":{"_eq":"many"}}`, "/members_count/_eq operand_number", ""},
		{`{"members_count":{"_eq":"NaN"}}`, "/members_count/_eq operand_number", ""},
		{`{"members_count":{"_between":[1]}}`, "/members_count/_between operand_two", ""},
		{`{"contact_form":{"_eq":"maybe"}}`, "/contact_form/_eq operand_boolean", ""},
		{`{"founded_on":{"_eq":"yesterday"}}`, "/founded_on/_eq operand_time", ""},
		{`{"founded_on":{"_in":["2007","x"]}}`, "/founded_on/_in/1 operand_time", ""},
		{`{"status":{"_eq":"live"}}`, "/status/_eq operand_choice", ""},
		{`{"id":{"_eq":"$user"}}`, "/id/_eq filter_variable", "$user"},
		{`{"founded_on":{"_eq":"$later"}}`, "/founded_on/_eq filter_variable", "$"},
		{deep, "", ""},
		{wide, "", ""},
		{long, "/_or filter_list_long", ""},
		{`{"_or":[]}`, "/_or filter_not_list", ""},
	} {
		_, err := parse(c.in, nil)
		if problem.KindOf(err) != problem.BadRequest {
			t.Errorf("%.100s: %v", c.in, err)
			continue
		}
		if got := told(err); c.want != "" && got != strings.TrimSpace(c.want) {
			t.Errorf("%.100s: %q, want %q", c.in, got, c.want)
		}
		if !strings.Contains(err.Error(), c.hint) {
			t.Errorf("%.100s: no hint %q in %v", c.in, c.hint, err)
		}
	}
}

// A question with a variable that nobody can answer is never answered yes.
func TestResolve(t *testing.T) {
	parse := reader(t)
	now := time.Date(2026, 3, 1, 23, 30, 0, 123456789, time.FixedZone("", 3600))
	known := func(name string) (any, bool) {
		v, ok := map[string]any{"now": now, "user": "u1", "association": someEntry}[name]
		return v, ok
	}
	nobody := func(name string) (any, bool) { return now, name == "now" }
	for _, c := range []struct {
		in     string
		vars   func(string) (any, bool)
		result string
	}{
		{`{"id":{"_eq":"$association"}}`, known, `{"id":{"_eq":"` + someEntry + `"}}`},
		{`{"founded_on":{"_lte":"$now"}}`, known, `{"founded_on":{"_lte":"2026-03-01"}}`},
		{`{"updated_at":{"_lte":"$now"}}`, known, `{"updated_at":{"_lte":"2026-03-01T22:30:00.123Z"}}`},
		{`{"created_by":{"_in":["$user","x"]}}`, known, `{"created_by":{"_in":["u1","x"]}}`},
		{`{"id":{"_eq":"$association"}}`, nobody, `{"_not":{}}`},
		{`{"id":{"_neq":"$association"}}`, nobody, `{"_not":{}}`},
		{`{"_not":{"id":{"_eq":"$association"}}}`, nobody, `{"_not":{}}`},
		{`{"_not":{"_not":{"id":{"_eq":"$association"}}}}`, nobody, `{"_not":{"_not":{"_not":{}}}}`},
		{`{"created_by":{"_nin":["$user","x"]}}`, nobody, `{"_not":{}}`},
		{`{"_or":[{"id":{"_eq":"$association"}},{"name":{"_eq":"x"}}]}`, nobody, `{"_or":[{"_not":{}},{"name":{"_eq":"x"}}]}`},
	} {
		f, err := parse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(f.Resolve(c.vars))
		if string(got) != c.result {
			t.Errorf("%s: %s, want %s", c.in, got, c.result)
		}
		at, err := parse(c.in, c.vars)
		if err != nil || !reflect.DeepEqual(at, f.Resolve(c.vars)) {
			t.Errorf("%s: not the same at once: %v %v", c.in, at, err)
		}
	}
	if Nothing().Always() {
		t.Error("nothing is not everything")
	}
}

// A stored filter outlives a rename.
func TestFilterIsStoredByID(t *testing.T) {
	c, err := schema.ParseCollection([]byte(`{"id":"c","name":"things","fields":[{"id":"i_year","name":"year","kind":"number"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	k := schema.Builtin()
	lookup := func(string) *schema.Collection { return c }
	f, err := ParseFilter(map[string]any{"year": map[string]any{"_eq": 1.0}}, c, lookup, k, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(f)
	if string(raw) != `{"i_year":{"_eq":1}}` {
		t.Errorf("%s", raw)
	}
	c.FieldNamed("year").Name = "since"
	var v any
	unmarshal(t, string(raw), &v)
	again, err := ParseFilter(v, c, lookup, k, nil)
	if err != nil || !reflect.DeepEqual(f, again) {
		t.Errorf("%v %v", again, err)
	}
}

func TestPaths(t *testing.T) {
	parse := reader(t)
	f, err := parse(`{"_or":[{"wilaya":{"part_of":{"code":{"_eq":"DZ"}}}},{"_not":{"name":{"_eq":"x"}}}],"status":{"_eq":"draft"}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]Step{
		{{Collection: "associations", Field: "wilaya", Target: "territories"}, {Collection: "territories", Field: "part_of", Target: "territories"}, {Collection: "territories", Field: "code"}},
		{{Collection: "associations", Field: "name"}},
		{{Collection: "associations", System: "status"}},
	}
	if got := f.Paths(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestParseSort(t *testing.T) {
	k, lookup := programme(t)
	got, err := ParseSort("-published_at, name,wilaya.code", lookup("associations"), lookup, k)
	want := []Order{
		{[]Step{{Collection: "associations", System: "published_at"}}, true},
		{[]Step{{Collection: "associations", Field: "name"}}, false},
		{[]Step{{Collection: "associations", Field: "wilaya", Target: "territories"}, {Collection: "territories", Field: "code"}}, false},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v %v", got, err)
	}
	for raw, want := range map[string]string{
		"nmae": "sort sort_field", "mission": "sort sort_not_sortable", "themes.label": "sort sort_not_one",
		"name,-name": "sort sort_twice", "name.x": "sort sort_not_one", "a,b,c,d,e,f": "sort sort_too_many",
		"wilaya.part_of.part_of.part_of.code": "sort filter_path_long", "-": "sort sort_field", "name,": "sort sort_field",
	} {
		if _, err := ParseSort(raw, lookup("associations"), lookup, k); told(err) != want || problem.KindOf(err) != problem.BadRequest {
			t.Errorf("%s: %v, want %s", raw, err, want)
		}
	}
}

func TestParseFields(t *testing.T) {
	k, lookup := programme(t)
	got, err := ParseFields("name, wilaya.code,wilaya.part_of.name,id,logo.*,description.html,legal.*,partners.name,partners.wilaya,wilaya", lookup("associations"), lookup, k)
	if err != nil {
		t.Fatal(err)
	}
	name := &Selection{Fields: []Selected{{Name: "name", Field: "name"}}}
	partOf := Selected{Name: "part_of", Field: "part_of"}
	partOf.Targets = targets("territories", name)
	wilaya := Selected{Name: "wilaya", Field: "wilaya"}
	wilaya.Targets = targets("territories", &Selection{Fields: []Selected{{Name: "code", Field: "code"}, partOf}})
	partners := Selected{Name: "partners", Field: "partners"}
	partners.Targets = targets("associations", &Selection{Fields: []Selected{{Name: "name", Field: "name"}, {Name: "wilaya", Field: "wilaya"}}})
	partners.Targets["authorities"] = name
	want := &Selection{Fields: []Selected{{Name: "name", Field: "name"}, wilaya, {Name: "id", System: "id"},
		{Name: "logo", Field: "logo", Part: "*"}, {Name: "description", Field: "description", Part: "html"}, {Name: "legal", Field: "legal"}, partners}}
	if !reflect.DeepEqual(got, want) {
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		t.Errorf("%s\n%s", a, b)
	}
	for raw, want := range map[string]string{
		"nmae": "fields fields_field", "wilaya.cod": "fields fields_field", "legal.law": "fields fields_inside",
		"name.x": "fields fields_inside", "partners.nope": "fields fields_field", "*.name": "fields fields_field", ",": "fields fields_field",
		"wilaya.part_of.part_of.part_of.name": "fields filter_path_long", strings.Repeat("name,", MaxSelected) + "name": "fields fields_too_many",
	} {
		if _, err := ParseFields(raw, lookup("associations"), lookup, k); told(err) != want {
			t.Errorf("%.50s: %v, want %s", raw, err, want)
		}
	}
	if s, err := ParseFields("", lookup("news"), lookup, k); err != nil || !s.All {
		t.Errorf("%v %v", s, err)
	}
	if s, err := ParseFields("*,associations.*", lookup("news"), lookup, k); err != nil || !s.All || !s.Fields[0].Targets["associations"].All {
		t.Errorf("%v %v", s, err)
	}
}

func targets(id content.CollectionID, s *Selection) map[content.CollectionID]*Selection {
	return map[content.CollectionID]*Selection{id: s}
}
