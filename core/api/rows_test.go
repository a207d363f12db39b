package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// outcomes sends rows, and gives what became of each in words.
func (s *site) outcomes(role string, body fields) string {
	s.t.Helper()
	a := s.as(role, "POST", "/collections/notes/rows", body)
	list, _ := a.json(s.t)["data"].([]any)
	if a.status != 200 {
		s.t.Fatalf("rows: %d %s", a.status, a.body)
	}
	var out []string
	for _, o := range list {
		row := o.(map[string]any)
		words := fmt.Sprint(row["did"])
		faults, _ := row["faults"].([]any)
		for _, f := range faults {
			words += fmt.Sprintf(" %v:%v", f.(map[string]any)["column"], f.(map[string]any)["code"])
		}
		out = append(out, words)
	}
	return strings.Join(out, ", ")
}

func TestRowsBecomeEntries(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "Ancienne", "contact": "c@example.org", "stars": 2, "status": "published"})
	columns := []fields{{"field": "id"}, {"field": "title", "locale": "fr"}, {"field": "title", "locale": "ar"}, {"field": "stars"}}
	rows := [][]string{{id, "Nouvelle", "جديدة", "5"}, {"", "'=Neuve", "", "3"}, {"", "Fausse", "", "beaucoup"}, {"01ARZ3NDEKTSV4RRFFQ69G5FAV", "x", "", ""}, {"", "", "", ""}}
	want := "updated, created, refused 3:sheet_number, refused -1:sheet_id_missing, refused -1:sheet_row_empty"
	plan := fields{"columns": columns, "key": "id", "locale": "fr", "rows": rows, "dry_run": true}
	head := s.as("editor", "GET", "/entries/notes?count=exact&version=draft", nil).json(t)["meta"]
	if got := s.outcomes("editor", plan); got != want {
		t.Errorf("trying says %s", got)
	}
	if now := s.as("editor", "GET", "/entries/notes?count=exact&version=draft", nil).json(t)["meta"]; fmt.Sprint(now) != fmt.Sprint(head) {
		t.Errorf("trying changed something: %v", now)
	}
	delete(plan, "dry_run")
	if got := s.outcomes("editor", plan); got != want {
		t.Errorf("importing says %s", got)
	}
	ar := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft&locale=ar", nil).data(t, 200)
	if ar["title"] != "جديدة" || ar["stars"] != 5.0 {
		t.Errorf("in Arabic: %v", ar)
	}
	if live := s.as("editor", "GET", "/entries/notes/"+id+"?locale=fr", nil).data(t, 200); live["title"] != "Ancienne" {
		t.Errorf("live without being asked: %v", live["title"])
	}
	if got := s.outcomes("editor", fields{"columns": columns, "key": "id", "locale": "fr", "rows": rows[:1]}); got != "same" {
		t.Errorf("a second time: %s", got)
	}
	if got := s.outcomes("reader", fields{"columns": columns, "locale": "fr", "rows": rows[1:2]}); got != "refused -1:not_allowed" {
		t.Errorf("a reader: %s", got)
	}
	s.as("editor", "POST", "/collections/notes/rows", fields{"columns": []fields{{"field": "nothing"}}, "rows": rows}).problem(t, 422, "sheet_field_unknown")
	s.as("editor", "POST", "/collections/notes/rows", fields{"columns": columns, "key": "stars", "rows": rows}).problem(t, 422, "sheet_key")
	s.as("editor", "POST", "/collections/none/rows", fields{"columns": columns, "rows": rows}).problem(t, 404, "collection_not_found")
}
