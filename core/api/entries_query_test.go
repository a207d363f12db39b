package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// A question in a body answers as the same one in an address does, page by
// page, and may be far longer.
func TestQuestionsInBodies(t *testing.T) {
	s := withNotes(t, siteOptions{})
	var titles []any
	for i := range 5 {
		title := fmt.Sprintf("Note %d", i)
		titles = append(titles, title)
		s.note("editor", fields{"title": title, "stars": i, "status": "published"})
	}
	for i := range 400 {
		titles = append(titles, strings.Repeat("x", 40)+fmt.Sprint(i))
	}
	const path = "/entries/notes/query"
	question := fields{"filter": fields{"title": fields{"_in": titles}}, "sort": []string{"stars"}, "fields": []string{"title"},
		"page": fields{"size": 2}, "count": "exact"}
	var found []string
	for range 3 {
		a := s.as("visitor", "POST", path, question)
		for _, d := range a.list(t) {
			found = append(found, fmt.Sprint(d.(map[string]any)["title"]))
		}
		page := a.json(t)["meta"].(map[string]any)["page"].(map[string]any)
		if page["total"] != 5.0 {
			t.Errorf("page: %v", page)
		}
		question["page"] = fields{"size": 2, "after": page["after"]}
		if page["after"] == nil {
			break
		}
	}
	if got := strings.Join(found, ","); got != "Note 0,Note 1,Note 2,Note 3,Note 4" {
		t.Errorf("found %s", got)
	}
	if n := len(s.as("visitor", "POST", path, nil).list(t)); n != 5 {
		t.Errorf("%d entries without a question", n)
	}
	s.as("visitor", "POST", path, fields{"filter": fields{"titel": fields{"_eq": "x"}}}).problem(t, 400, "invalid_filter")
	s.as("visitor", "POST", path, fields{"filters": fields{}}).problem(t, 400, "parameter_unknown_near")
	s.as("visitor", "POST", path, fields{"version": "draft"}).problem(t, 401, "sign_in_first")
	s.as("visitor", "POST", path+"?sort=title", fields{}).problem(t, 400, "")
	s.as("visitor", "POST", path, fields{"fields": strings.Repeat("title,", 12_000)}).problem(t, 413, "query_body_too_large")
	s.as("visitor", "POST", "/entries/nothing/query", fields{}).problem(t, 404, "collection_not_found")
	if a := s.as("visitor", "POST", path, fields{}); a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("headers: %v", a.header)
	}
}
