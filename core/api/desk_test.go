package api_test

import (
	"fmt"
	"testing"
	"time"
)

// counted keeps what was counted, and learns from it.
func (s *site) counted() {
	s.flush <- time.Now()
	s.flush <- time.Now() // taken when the round before is over
}

type statistic struct{ searches, empty, clicks float64 }

// statistics gives the counts of the queries.
func (s *site) statistics(params string) map[string]statistic {
	s.t.Helper()
	out := map[string]statistic{}
	for _, q := range s.as("editor", "GET", "/search/statistics"+params, nil).data(s.t, 200)["queries"].([]any) {
		q := q.(map[string]any)
		out[fmt.Sprint(q["query"])] = statistic{q["searches"].(float64), q["empty"].(float64), q["clicks"].(float64)}
	}
	return out
}

// TestStatistics counts what visitors search for, answers out of memory
// included, and neither what is rare or personal nor what editors do.
func TestStatistics(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.note("editor", fields{"title": "L'eau à Béjaïa", "status": "published"})
	s.catchUp()
	times := func(n int, who, path string) {
		t.Helper()
		for range n {
			if a := s.as(who, "GET", path, nil); a.status != 200 {
				t.Fatalf("%s: %d %s", path, a.status, a.body)
			}
		}
	}
	times(4, "visitor", "/search?q=Eau&locale=fr")
	times(1, "member", "/search?q=%20eau&locale=fr&facets=collection")
	times(3, "visitor", "/search?q=introuvable&locale=fr")
	times(2, "visitor", "/search?q=rare&locale=fr")
	times(5, "editor", "/search?q=secret&locale=fr")
	times(5, "visitor", "/search?q=0550123456&locale=fr")
	times(5, "visitor", "/search?q=eau&locale=fr&page%5Bnumber%5D=2")
	times(5, "visitor", "/search?q=eau&locale=fr&collections=notes")
	for range 2 {
		if a := s.as("visitor", "POST", "/search/clicks", fields{"query": "EAU", "locale": "fr"}); a.status != 204 {
			t.Fatalf("click: %d %s", a.status, a.body)
		}
	}
	check := func(when, params string, want map[string]statistic) {
		t.Helper()
		got := s.statistics(params)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: counted %v, want %v", when, got, want)
		}
	}
	all := map[string]statistic{"eau": {5, 0, 2}, "introuvable": {3, 3, 0}}
	check("at once", "", all)
	s.counted()
	check("kept", "", all)
	check("without results", "?order=empty", map[string]statistic{"introuvable": {3, 3, 0}})
	check("another language", "?locales=ar", map[string]statistic{})
	check("another year", "?from=2020-W01&to=2020-W02", map[string]statistic{})
	week := s.as("editor", "GET", "/search/statistics", nil).data(t, 200)["weeks"].([]any)[0].(map[string]any)
	if week["searches"].(float64) != 15 || week["locale"] != "fr" {
		t.Errorf("the week has %v", week)
	}
	for path, code := range map[string]string{"?from=2026-W60": "parameter_invalid", "?order=x": "parameter_invalid", "?from=2026-W10&to=2026-W09": "parameter_invalid",
		"?locales=!": "parameter_invalid", "?filter[x]=1": "parameter_invalid"} {
		if a := s.as("editor", "GET", "/search/statistics"+path, nil); a.status != 400 {
			t.Errorf("%s: %d %s, want 400 %s", path, a.status, a.body, code)
		}
	}
	s.as("visitor", "POST", "/search/clicks", fields{"query": ""}).problem(t, 422, "body_invalid")
}

// TestSuggestPastQueries offers what others have found, to those who would find
// it, too.
func TestSuggestPastQueries(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.note("editor", fields{"title": "Gestion de l'eau", "status": "published"})
	s.note("editor", fields{"title": "Budget", "contact": "hidden@example.org", "status": "published"})
	s.catchUp()
	for range 12 {
		s.as("visitor", "GET", "/search?q=eau+gestion&locale=fr", nil)
		s.as("visitor", "GET", "/search?q=eau+introuvable&locale=fr", nil)
		s.as("visitor", "GET", "/search?q=eau+zzzz+yyyy&locale=fr", nil)
	}
	s.counted()
	queries := func(typed string) string {
		a := s.as("member", "GET", "/suggest?locale=fr&q="+typed, nil)
		meta, _ := a.json(t)["meta"].(map[string]any)
		return fmt.Sprint(meta["queries"])
	}
	if got := queries("ea"); got != "[eau gestion]" {
		t.Errorf("past queries: %s", got)
	}
	if got := queries("eau+gestion"); got != "<nil>" {
		t.Errorf("what is typed already is suggested: %s", got)
	}
	settings := s.as("editor", "POST", "/entries/search_settings", fields{"never_suggested": []any{fields{"label": "Gestion"}}, "locale": "fr", "status": "published"})
	settings.data(t, 201)
	s.catchUp()
	if got := queries("ea"); got != "<nil>" {
		t.Errorf("what is never to be suggested is: %s", got)
	}
}

// TestPinnedResults are entries that editors publish.
func TestPinnedResults(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.as("administrator", "POST", "/entries/news", fields{"title": "De l'eau", "slug": "eau", "kind": "news", "status": "published", "locale": "fr"}).data(t, 201)
	first := s.as("administrator", "POST", "/entries/news", fields{"title": "Forum", "slug": "forum", "kind": "news", "status": "published", "locale": "fr"}).data(t, 201)
	draft := s.as("administrator", "POST", "/entries/news", fields{"title": "Brouillon", "slug": "brouillon", "kind": "news", "locale": "fr"}).data(t, 201)
	s.as("editor", "POST", "/entries/pins", fields{"words": "Eau", "entries": []any{draft["id"], first["id"]}, "status": "published", "locale": "fr"}).data(t, 201)
	s.catchUp()
	a := s.as("visitor", "GET", "/search?q=eau&locale=fr&facets=collection", nil)
	body := a.json(t)
	var got []string
	for _, hit := range body["data"].([]any) {
		hit := hit.(map[string]any)
		got = append(got, fmt.Sprint(hit["title"], " ", hit["pinned"]))
	}
	if fmt.Sprint(got) != "[Forum true De l'eau <nil>]" || body["meta"].(map[string]any)["total"].(float64) != 2 {
		t.Errorf("found %v of %v", got, body["meta"])
	}
	if got := s.search("visitor", "q", "eau", "facets", "collection").facets["collection"]; got["news"] != 2 || len(got) != 1 {
		t.Errorf("counted %v", got)
	}
}

// TestReindex has the index made anew while the old one answers.
func TestReindex(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.note("editor", fields{"title": "Éducation", "status": "published"})
	s.search("visitor", "q", "education").want(t, "Éducation")
	if d := s.as("editor", "POST", "/search/actions/reindex", nil).data(t, 202); d["building"] != true {
		t.Errorf("asked for an index: %v", d)
	}
	s.search("visitor", "q", "education").want(t, "Éducation") // waits for it
	if d := s.as("editor", "GET", "/search/index", nil).data(t, 200); d["building"] != false || d["lag"].(float64) != 0 {
		t.Errorf("the index is %v", d)
	}
}
