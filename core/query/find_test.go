package query

import (
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// TestOperators runs every operator of every kind of column end to end.
func TestOperators(t *testing.T) {
	s := newSite(t)
	for query, want := range map[string]string{
		"":                                                                        "12 10 11",
		"filter[name][_eq]=Droit":                                                 "12",
		"filter[name][_neq]=Droit":                                                "10 11",
		"filter[name][_contains]=EAU":                                             "10",
		"filter[name][_contains]=d'oran":                                          "11",
		"filter[name][_starts_with]=jeu":                                          "11",
		"filter[name][_in]=Droit,Eau vive":                                        "12 10",
		"filter[name][_nin]=Droit,Eau vive":                                       "11",
		"filter[name][_lt]=e":                                                     "12",
		"filter[members_count][_gt]=3":                                            "10 11",
		"filter[members_count][_gte]=3":                                           "12 10 11",
		"filter[members_count][_lt]=12":                                           "12",
		"filter[members_count][_lte]=12":                                          "12 10",
		"filter[members_count][_between]=3,12":                                    "12 10",
		"filter[members_count][_in]=3,40":                                         "12 11",
		"filter[active][_eq]=true":                                                "12 10",
		"filter[active][_neq]=true":                                               "11",
		"filter[founded_on][_gte]=2001-01-01":                                     "12 11",
		"filter[founded_on][_eq]=1990-05-01":                                      "10",
		"filter[topics][_eq]=law":                                                 "12 11",
		"filter[topics][_in]=water,youth":                                         "10 11",
		"filter[topics][_nin]=law":                                                "10",
		"filter[logo][_null]=false":                                               "10",
		"filter[logo][_null]=true":                                                "12 11",
		"filter[wilaya][_eq]=" + string(id(2)):                                    "12 11",
		"filter[wilaya][code][_eq]=31":                                            "12 11",
		"filter[wilaya][title][_contains]=alg":                                    "10",
		"filter[partners][name][_eq]=Droit":                                       "10",
		"filter[partners][_none][name][_eq]=Droit":                                "12 11",
		"filter[partners][_some][wilaya][code][_eq]=31":                           "10",
		"filter[_back.associations.partners][name][_eq]=Eau vive":                 "12 11",
		"filter[_back.associations.partners][_none][wilaya][code][_eq]=16":        "10",
		"filter[_back.associations.partners][_null]=true":                         "10",
		"filter[wilaya][_back.associations.wilaya][name][_eq]=Droit":              "12 11",
		"filter[_or][0][name][_eq]=Droit&filter[_or][1][name][_eq]=Eau vive":      "12 10",
		"filter[_and][0][active][_eq]=true&filter[_and][1][members_count][_gt]=5": "10",
		"filter[_not][topics][_eq]=law":                                           "10",
		`filter={"_or":[{"members_count":{"_in":[3,40]}},{"wilaya":{"code":{"_eq":"16"}}}]}`: "12 10 11",
		"filter[id][_in]=" + string(id(10)) + "," + string(id(13)):                           "10",
		"filter[created_at][_gt]=2026-03-01T12:10:30.000Z":                                   "12 11",
		"sort=name":              "12 10 11",
		"sort=-name":             "11 10 12",
		"sort=members_count":     "12 10 11",
		"sort=wilaya.code,-name": "10 11 12",
		"sort=_back.associations.partners.founded_on,-name": "10 11 12",
		"sort=-_back.associations.partners.founded_on,name": "12 11 10",
		"sort=-published_at&page[size]=2":                   "12 11",
		"sort=id&page[size]=2&page[number]=2":               "12",
	} {
		if got := s.find(visitor, "associations", query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

func TestPagesByCursor(t *testing.T) {
	s := newSite(t)
	for _, sort := range []string{"name", "-members_count", "wilaya.code,name", "id", "-founded_on,id", ""} {
		var want []string
		all, err := s.Find(t.Context(), visitor, "associations", Params{Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		for _, it := range all.Items {
			want = append(want, string(it.ID))
		}
		var got []string
		p := Params{Sort: sort, Page: Page{Size: 1}}
		for range 10 {
			r, err := s.Find(t.Context(), visitor, "associations", p)
			if err != nil {
				t.Fatalf("%s: %v", sort, err)
			}
			for _, it := range r.Items {
				got = append(got, string(it.ID))
			}
			if p.Page.After = r.Next; r.Next == "" {
				if len(got) > 1 && r.Prev == "" {
					t.Errorf("%s: the last page leads nowhere back", sort)
				}
				p.Page = Page{Size: 1, Before: r.Prev}
				break
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%q: pages give %v, want %v", sort, got, want)
		}
		if back, err := s.Find(t.Context(), visitor, "associations", p); err != nil || len(back.Items) != 1 || string(back.Items[0].ID) != want[len(want)-2] {
			t.Errorf("%q: one page back gives %v, %v", sort, back, err)
		}
	}
	r, err := s.Find(t.Context(), visitor, "associations", Params{Sort: "name", Page: Page{Size: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"sort=-name&page[after]=" + r.Next:              "400 cursor_invalid page[after]",
		"sort=members_count&page[before]=" + r.Next:     "400 cursor_invalid page[before]",
		"sort=name&page[after]=" + r.Next[1:]:           "400 cursor_invalid page[after]",
		"sort=name&version=draft&page[after]=" + r.Next: "400 cursor_invalid page[after]",
		"sort=name&page[after]=AAAA":                    "400 cursor_invalid page[after]",
	} {
		if got := s.find(admin, "associations", query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	if got := s.find(admin, "wilayas", "sort=title&page[after]="+r.Next); got != "400 cursor_invalid page[after]" {
		t.Errorf("a cursor of another collection: %s", got)
	}
}

func TestCount(t *testing.T) {
	s := newSite(t)
	for by, want := range map[content.Actor]int{visitor: 3, admin: 3} {
		r, err := s.Find(t.Context(), by, "associations", Params{Count: CountExact, Page: Page{Size: 1}})
		if err != nil || r.Total == nil || *r.Total != want || len(r.Items) != 1 {
			t.Errorf("%v counts %v, %v", by, r, err)
		}
	}
	r, err := s.Find(t.Context(), admin, "associations", Params{Count: CountExact, Version: Version{Draft: true}})
	if err != nil || *r.Total != 5 {
		t.Errorf("drafts: %v, %v", r, err)
	}
	r, err = s.Find(t.Context(), visitor, "associations", Params{})
	if err != nil || r.Total != nil {
		t.Errorf("counted without being asked: %v, %v", r, err)
	}
}

func TestLocales(t *testing.T) {
	s := newSite(t)
	for query, want := range map[string]string{
		"sort=id":                                              "10 11 12",
		"sort=id&locale=fr":                                    "10 11 12",
		"sort=id&locale=ar":                                    "10 15",
		"sort=id&locale=en":                                    "",
		"sort=id&locale=ar&fallback=fr":                        "10 11 12 15",
		"sort=id&locale=en&fallback=fr":                        "10 11 12",
		"sort=id&locale=en&fallback=*":                         "10 11 12 15",
		"sort=name&locale=ar&fallback=fr":                      "12 11 15 10",
		"locale=ar&filter[name][_eq]=ماء":                      "10",
		"locale=fr&filter[name][_eq]=ماء":                      "",
		"locale=ar&filter[wilaya][title][_eq]=الجزائر&sort=id": "10 15",
	} {
		if got := s.find(visitor, "associations", query); got != want {
			t.Errorf("%s: got %q, want %q", query, got, want)
		}
	}
	ar := s.get(visitor, "associations", string(id(10)), "locale=ar&fields=name,locale,wilaya.title,partners.name")
	if want := `{"id":"` + string(id(10)) + `","locale":"ar","locales":["ar","fr"],"name":"ماء","wilaya":{"id":"` + string(id(1)) +
		`","title":"الجزائر"},"partners":[]}`; ar != want {
		t.Errorf("got  %s\nwant %s", ar, want)
	}
	_, err := s.Get(t.Context(), visitor, "associations", string(id(15)), Params{})
	if problem.CodeOf(err) != "entry_not_in_locale" {
		t.Errorf("an entry in another locale: %v", err)
	}
	if got := s.get(visitor, "associations", "arabe", "fallback=*&fields=locale"); !strings.Contains(got, `"locale":"ar"`) {
		t.Errorf("by a slug of another locale: %s", got)
	}
}

func TestGet(t *testing.T) {
	s := newSite(t)
	want := `{"id":"` + string(id(10)) + `","collection":"associations","revision":1,"status":"published","locale":"fr","locales":["ar","fr"],` +
		`"created_at":"2026-03-01T12:10:00.000Z","updated_at":"2026-03-01T12:10:00.000Z","published_at":"2026-03-01T12:10:00.000Z",` +
		`"name":"Eau vive","slug":"eau-vive","body":"Voir [Oran](entry:` + string(id(2)) + `) et [rien](entry:` + string(id(3)) + `).",` +
		`"founded_on":"1990-05-01","members_count":12,"active":true,"topics":["water"],"wilaya":"` + string(id(1)) + `",` +
		`"partners":["` + string(id(11)) + `","` + string(id(12)) + `","` + string(id(14)) + `","` + string(id(99)) + `"],` +
		`"file":"` + string(id(20)) + `","logo":"pic","board":[{"id":"b1","tel":"0550","who":"Amel"}]}`
	for _, key := range []string{string(id(10)), "eau-vive"} {
		if got := s.get(visitor, "associations", key, ""); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", key, got, want)
		}
	}
	for query, want := range map[string]string{
		"fields=name":                     `"name":"Eau vive"}`,
		"fields=founded_on,name":          `"name":"Eau vive","founded_on":"1990-05-01"}`,
		"fields=status,revision":          `"revision":1,"status":"published"}`,
		"fields=logo.*":                   `"logo":{"id":"pic","name":"logo.png","media_type":"image/png","size":9,"width":2,"height":1,"alt":"Une goutte","decorative":false,"url":"/files/pic"}}`,
		"fields=wilaya.title,wilaya.code": `"wilaya":{"id":"` + string(id(1)) + `","title":"Alger","code":"16"}}`,
		"fields=partners.name":            `"partners":[{"id":"` + string(id(11)) + `","name":"Jeunes d’Oran"},{"id":"` + string(id(12)) + `","name":"Droit"}]}`,
		"fields=partners.wilaya.title": `"partners":[{"id":"` + string(id(11)) + `","wilaya":{"id":"` + string(id(2)) + `","title":"Oran"}},` +
			`{"id":"` + string(id(12)) + `","wilaya":{"id":"` + string(id(2)) + `","title":"Oran"}}]}`,
		"fields=body.html":      `"body":{"html":"\u003cp dir=\"auto\"\u003eVoir \u003ca\u003eOran\u003c/a\u003e et \u003ca\u003erien\u003c/a\u003e.\u003c/p\u003e\n"}}`,
		"locale=ar&fields=body": `"body":null}`,
	} {
		want = `{"id":"` + string(id(10)) + `",` + want
		if got := s.get(visitor, "associations", "eau-vive", query); got != want && query != "locale=ar&fields=body" {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}
	for query, want := range map[string]string{
		"sort=name": "400 parameter_not_here sort", "filter[name][_eq]=x": "400 parameter_not_here filter",
		"page[size]=3": "400 parameter_not_here page", "count=exact": "400 parameter_not_here count",
		"fields=nom": "400 fields_field fields", "fields=name.x": "400 fields_inside fields",
	} {
		if got := s.get(visitor, "associations", "eau-vive", query); !strings.HasPrefix(got, "400 ") || !strings.Contains(got, strings.Fields(want)[2]) {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

// TestQuestionsNameTheirCulprit: what is not understood is a 400 that names it.
func TestQuestionsNameTheirCulprit(t *testing.T) {
	s := newSite(t)
	for query, culprit := range map[string]string{
		"filter[nom][_eq]=x": "/nom", "filter[name][_like]=x": "/name/_like", "filter[members_count][_gt]=x": "/members_count/_gt",
		"filter[wilaya][cod][_eq]=1": "/wilaya/cod", "filter[founded_on][_eq]=hier": "/founded_on/_eq",
		"sort=nom": "sort", "sort=slug": "sort", "sort=partners.name": "sort", "fields=nom": "fields", "fields=wilaya.titel": "fields",
		"version=rev:3": "version",
	} {
		got := s.find(visitor, "associations", query)
		if !strings.HasPrefix(got, "400 ") || !strings.Contains(got, culprit) {
			t.Errorf("%s: got %s, want a 400 that names %s", query, got, culprit)
		}
	}
	if got := s.find(visitor, "asociations", ""); got != "404 collection_not_found" {
		t.Errorf("no such collection: %s", got)
	}
}

func TestBasisNamesWhatWasRead(t *testing.T) {
	s := newSite(t)
	r, err := s.Find(t.Context(), visitor, "associations", s.params("fields=name,wilaya.title&filter[partners][name][_null]=false"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Volatile || r.Seq != s.db.Seq() || s.Changed(r.Depends) > r.Seq {
		t.Errorf("basis %+v, changed %d", r.Basis, s.Changed(r.Depends))
	}
	s.commit(content.Commit{Action: "entry.save", Actor: admin, At: today, Changes: []content.Change{{Entry: entry("files", 40, "x").live("", v{}).Entry}}})
	if s.Changed(r.Depends) > r.Seq {
		t.Error("an unrelated collection makes the answer stale")
	}
	s.commit(content.Commit{Action: "entry.save", Actor: admin, At: today, Changes: []content.Change{{Entry: entry("wilayas", 41, "x").live("", v{}).Entry}}})
	if s.Changed(r.Depends) <= r.Seq {
		t.Error("a change of a populated collection is not noticed")
	}
	r, err = s.Find(t.Context(), visitor, "associations", s.params(`filter={"published_at":{"_lt":"$now"}}`))
	if err != nil || !r.Volatile {
		t.Errorf("an answer that speaks of now is not volatile: %v, %v", r, err)
	}
}
