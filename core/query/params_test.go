package query

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

func TestParseParams(t *testing.T) {
	type m = map[string]any
	type l = []any
	for raw, want := range map[string]Params{
		"":                       {},
		"&&":                     {},
		"fields=title,author.id": {Fields: "title,author.id"},
		"sort=-published_at%2Ctitle&page[size]=25&page%5Bnumber%5D=2&count=exact": {
			Sort: "-published_at,title", Page: Page{Size: 25, Number: 2}, Count: CountExact},
		"page[after]=abc":         {Page: Page{After: "abc"}},
		"locale=FR&fallback=en,*": {Locale: "fr", Fallback: []content.Locale{"en"}, AnyLocale: true},
		"fallback=none":           {},
		"version=draft":           {Version: Version{Draft: true}},
		"version=rev:17":          {Version: Version{Draft: true, Revision: 17}},
		"trashed=true":            {Trashed: true},
		"q=eau+propre":            {Also: map[string]string{"q": "eau propre"}},
		"filter[title][_eq]=a%2Cb": {
			Filter: m{"title": m{"_eq": "a,b"}}},
		"filter[tags][_in]=a,b": {Filter: m{"tags": m{"_in": l{"a", "b"}}}},
		"filter[_or][1][a][_eq]=x&filter[_or][0][b][_in][0]=1,2&filter[c][_null]=true": {
			Filter: m{"_or": l{m{"b": m{"_in": l{"1,2"}}}, m{"a": m{"_eq": "x"}}}, "c": m{"_null": "true"}}},
		`filter={"a":{"_in":["x,y",1,true,null]}}`: {Filter: m{"a": m{"_in": l{"x,y", 1.0, true, nil}}}},
		"filter[%C3%A9t%C3%A9][_eq]=%D8%B9":        {Filter: m{"été": m{"_eq": "ع"}}},
	} {
		got, err := ParseParams(raw, "q")
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v, %v\nwant %+v", raw, got, err, want)
		}
	}
}

// TestParseParamsRefuses: everything wrong is a 400 that names its culprit.
func TestParseParamsRefuses(t *testing.T) {
	deep := "filter" + strings.Repeat("[a]", MaxNesting+1) + "=1"
	for raw, want := range map[string]string{
		"filtre[a][_eq]=1":                     "filtre parameter_unknown_near filter",
		"populate=*":                           "populate parameter_unknown ",
		"pag[size]=3":                          "pag parameter_unknown_near page",
		"page[sise]=3":                         "page[sise] parameter_unknown_near page[size]",
		"page=3":                               "page page_parts ",
		"page[size]=0":                         "page[size] parameter_number ",
		"page[size]=101":                       "page[size] parameter_number ",
		"page[size]=+5":                        "page[size] parameter_number ",
		"page[size]=05":                        "page[size] parameter_number ",
		"page[number]=99999":                   "page[number] page_too_far ",
		"page[number]=1&page[after]=a":         "page page_places ",
		"page[after]=":                         "page[after] cursor_invalid ",
		"page[size][x]=1":                      "page[size][x] parameter_unknown_near page[size]",
		"sort[0]=a":                            "sort[0] parameter_unknown_near sort",
		"q[a]=a":                               "q[a] parameter_unknown ",
		"count=yes":                            "count parameter_choice ",
		"version=live":                         "version parameter_choice ",
		"version=rev:0":                        "version parameter_number ",
		"version=rev:99999999999999":           "version parameter_number ",
		"trashed=1":                            "trashed parameter_choice ",
		"trashed=true&version=rev:1":           "trashed parameter_excludes ",
		"locale=*":                             "locale parameter_locale ",
		"locale=fr_FR":                         "locale parameter_locale ",
		"fallback=en,xx_":                      "fallback parameter_locale ",
		"sort=a&sort=b":                        "sort parameter_repeated ",
		"filter[a]=1&filter[a][_eq]=1":         "filter[a][_eq] parameter_repeated ",
		"filter[a][_eq]=1&filter[a]=1":         "filter[a] parameter_repeated ",
		"filter={}&filter[a][_eq]=1":           "filter[a][_eq] parameter_repeated ",
		"filter[a=1":                           "filter[a parameter_brackets ",
		"filter]=1":                            "filter] parameter_brackets ",
		"filter[]=1":                           "filter[] parameter_brackets ",
		"filter[a]b=1":                         "filter[a]b parameter_brackets ",
		"[a]=1":                                "[a] parameter_brackets ",
		"=1":                                   " parameter_brackets ",
		"filter[_or][0][a]=1&filter[_or][x]=1": "filter[_or][x] parameter_index ",
		"filter[_or][x]=1&filter[_or][0][a]=1": "filter[_or][0] parameter_brackets ",
		"filter[_or][99999999][a]=1":           "filter[_or][99999999] parameter_index ",
		"filter[_or][00][a]=1":                 "filter[_or][00] parameter_index ",
		"filter[a][_in]=" + strings.Repeat(",", MaxList): "filter[a][_in] parameter_too_many ",
		"sort=%zz":                          "sort parameter_encoding ",
		"sort=%4":                           "sort parameter_encoding ",
		"sort=%ff":                          "sort parameter_encoding ",
		"sort=a%00b":                        "sort parameter_encoding ",
		"%zz=1":                             "%zz parameter_encoding ",
		"filter=[]":                         "filter parameter_not_object ",
		"filter={":                          "filter parameter_json ",
		"filter={}x":                        "filter parameter_json ",
		`filter={"a":1,"a":2}`:              "a parameter_repeated ",
		"filter=" + strings.Repeat("[", 20): "filter parameter_too_deep ",
		deep:                                strings.TrimSuffix(deep, "=1") + " parameter_too_deep ",
	} {
		_, err := ParseParams(raw, "q")
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.Kind != problem.BadRequest || len(e.Fields) != 1 {
			t.Errorf("%s: got %v, want a BadRequest", raw, err)
			continue
		}
		near, _ := e.Args["near"].(string)
		if got := e.Fields[0].Pointer + " " + e.Code + " " + near; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
	for _, raw := range []string{strings.Repeat("a", MaxQuery+1), strings.Repeat("a&", MaxParameters+1)} {
		if _, err := ParseParams(raw); problem.KindOf(err) != problem.BadRequest {
			t.Errorf("%d bytes: %v", len(raw), err)
		}
	}
}

func TestParseBodySaysTheSame(t *testing.T) {
	body := `{"filter":{"_or":[{"a":{"_eq":"x"}}]},"fields":["title","author.id"],"sort":"-title",
		"page":{"size":50,"number":2},"count":"exact","locale":"fr","fallback":["en","*"],"version":"draft","trashed":true,"q":"eau"}`
	got, err := ParseBody([]byte(body), "q")
	if err != nil {
		t.Fatal(err)
	}
	want, err := ParseParams("filter[_or][0][a][_eq]=x&fields=title,author.id&sort=-title&page[size]=50&page[number]=2&"+
		"count=exact&locale=fr&fallback=en,*&version=draft&trashed=true&q=eau", "q")
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v, %v", got, want, err)
	}
	for raw, culprit := range map[string]string{
		`[]`: "", `{"filter":"x"}`: "filter", `{"page":1}`: "page", `{"page":{"size":1000}}`: "page[size]",
		`{"fields":[1]}`: "fields", `{"sort":{"a":1}}`: "sort", `{"fieldz":"a"}`: "fieldz", `{"sort":"a","sort":"b"}`: "sort",
	} {
		_, err := ParseBody([]byte(raw))
		e, ok := errors.AsType[*problem.Error](err)
		if !ok || e.Kind != problem.BadRequest || len(e.Fields) != 1 || e.Fields[0].Pointer != culprit {
			t.Errorf("%s: got %v, want culprit %q", raw, err, culprit)
		}
	}
}

func FuzzParseParams(f *testing.F) {
	for _, seed := range []string{"", "filter[a][_eq]=1", "filter[_or][0][a][_in]=x,y&sort=-a", `filter={"a":[1,{"b":null}]}`,
		"page[size]=20&page[after]=x", "a[99999999]=1", "%5B%5d=%C3%A9", "filter[a][b][c][d][e][f][g][h]=1&filter[a]=2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := ParseParams(raw, "q")
		if err != nil {
			if e, ok := errors.AsType[*problem.Error](err); !ok || e.Kind != problem.BadRequest {
				t.Fatalf("%q: %v is no BadRequest", raw, err)
			}
			return
		}
		if p.Page.Size < 0 || p.Page.Size > MaxPage || len(p.Fallback) > maxFallback {
			t.Fatalf("%q: out of bounds: %+v", raw, p)
		}
		if depth(p.Filter) > MaxNesting+2 {
			t.Fatalf("%q: too deep", raw)
		}
		if again, err := ParseParams(raw, "q"); err != nil || !reflect.DeepEqual(p, again) {
			t.Fatalf("%q: read differently the second time", raw)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	f.Add([]byte(`{"filter":{"a":{"_eq":1}},"page":{"size":3}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := ParseBody(raw); err != nil {
			if _, ok := errors.AsType[*problem.Error](err); !ok {
				t.Fatalf("%q: %v is no problem", raw, err)
			}
		}
	})
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, one := range v {
			deepest = max(deepest, depth(one)+1)
		}
	case []any:
		for _, one := range v {
			deepest = max(deepest, depth(one)+1)
		}
	}
	return deepest
}
