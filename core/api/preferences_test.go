package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
)

func TestPreferencesAreOnesOwn(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.person("editor", "PUT", "/me/preferences/views.notes", fields{"value": fields{"name": "À relire"}}).data(t, 200)
	got := s.person("editor", "PUT", "/me/preferences/home", fields{"value": []int{1}}).data(t, 200)
	if len(got) != 2 {
		t.Errorf("kept: %v", got)
	}
	if other := s.person("author", "GET", "/me/preferences", nil).data(t, 200); len(other) != 0 {
		t.Errorf("somebody else's: %v", other)
	}
	if left := s.person("editor", "PUT", "/me/preferences/home", fields{"value": nil}).data(t, 200); len(left) != 1 {
		t.Errorf("after forgetting: %v", left)
	}
	s.person("editor", "PUT", "/me/preferences/a%20b", fields{"value": 1}).problem(t, 422, "preference_key")
	s.person("editor", "PUT", "/me/preferences/x", fields{"value": strings.Repeat("x", 17000)}).problem(t, 413, "preference_too_large")
	s.as("administrator", "DELETE", "/users/"+string(s.users["editor"]), nil)
	if n := s.count(content.NounPreference); n != 0 {
		t.Errorf("%d preferences outlived their user", n)
	}
}

func TestViewAsARole(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "Brouillon"})
	as := []string{"Recueil-View-As", "reader"}
	// What the role sees, with the rights of nobody else.
	s.person("administrator", "GET", "/entries/notes/"+id+"?version=draft", nil).data(t, 200)
	if a := s.person("administrator", "GET", "/entries/notes/"+id+"?version=draft", nil, as...); a.status != 403 && a.status != 404 {
		t.Errorf("a draft as reader: %d", a.status)
	}
	s.person("administrator", "GET", "/users", nil, as...).problem(t, 403, "not_allowed")
	me := s.person("administrator", "GET", "/me", nil, as...).data(t, 200)
	if roles := me["roles"].([]any); len(roles) != 2 || roles[1] != "reader" {
		t.Errorf("roles: %v", roles)
	}
	s.person("administrator", "PATCH", "/entries/notes/"+id, fields{"title": "X"}, "Recueil-View-As", "editor").problem(t, 403, "view_as_reads")
	s.person("administrator", "GET", "/me", nil, "Recueil-View-As", "nothing").problem(t, 404, "role_missing")
	s.person("editor", "GET", "/me", nil, "Recueil-View-As", "administrator").problem(t, 403, "not_allowed")
	s.as("administrator", "GET", "/me", nil, as...).problem(t, 403, "people_only")
}

func TestReviewsThatWait(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("author", fields{"title": "À relire"})
	s.person("author", "POST", "/entries/notes/"+id+"/actions/submit", fields{"comment": "Prêt"}).data(t, 200)
	waiting := func(role string) []any {
		t.Helper()
		list, _ := s.person(role, "GET", "/me/reviews", nil).json(t)["data"].([]any)
		return list
	}
	got := waiting("reviewer")
	if len(got) != 1 || got[0].(map[string]any)["id"] != id || got[0].(map[string]any)["comment"] != "Prêt" {
		t.Fatalf("the reviewer is told %v", got)
	}
	if own := waiting("author"); len(own) != 0 {
		t.Errorf("the author is told %v before a decision", own)
	}
	s.person("reviewer", "POST", "/entries/notes/"+id+"/actions/reject", fields{"reason": "Encore un effort"}).data(t, 200)
	if own := waiting("author"); len(own) != 1 || own[0].(map[string]any)["state"] != "rejected" {
		t.Errorf("the author is told %v", own)
	}
	if got := waiting("reviewer"); len(got) != 0 {
		t.Errorf("the reviewer is still told %v", got)
	}
}

func TestEntriesAcross(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.as("administrator", "POST", "/collections", fields{"id": "rooms", "name": "rooms", "title": "name",
		"fields": []fields{{"id": "name", "name": "name", "kind": "text"}}}).data(t, 201)
	note := s.note("author", fields{"title": "La salle bleue"})
	room := s.as("administrator", "POST", "/entries/rooms", fields{"name": "Salle verte"}).data(t, 201)["id"].(string)
	s.note("editor", fields{"title": "Autre chose"})
	asked := func(role, query string) string {
		t.Helper()
		list, _ := s.as(role, "GET", "/entries"+query, nil).json(t)["data"].([]any)
		var out []string
		for _, e := range list {
			e := e.(map[string]any)
			out = append(out, fmt.Sprint(e["collection"], " ", e["title"], " ", e["status"]))
		}
		return strings.Join(out, ", ")
	}
	const both = "rooms Salle verte draft, notes La salle bleue draft"
	for query, want := range map[string]string{
		"?title=salle": both, "?filter[id][_in]=" + note + "," + room: both,
		"?title=salle&page[size]=1":                  "rooms Salle verte draft",
		"?title=salle&collections=notes":             "notes La salle bleue draft",
		"?title=salle&filter[id][_eq]=" + note:       "notes La salle bleue draft",
		"?title=salle&filter[status][_eq]=published": "",
	} {
		if got := asked("administrator", query); got != want {
			t.Errorf("%s: %q, not %q", query, got, want)
		}
	}
	s.as("administrator", "DELETE", "/entries/rooms/"+room, nil)
	if got := asked("administrator", "?trashed=true&title=salle"); got != "rooms Salle verte trashed" {
		t.Errorf("in the trash: %q", got)
	}
	if got := asked("reader", "?title=salle"); got != "" {
		t.Errorf("who may read no draft is told %q", got)
	}
	if got := asked("reviewer", "?title=salle&may=delete"); got != "" {
		t.Errorf("who may delete nothing is told %q", got)
	}
	s.as("editor", "GET", "/entries?may=fly", nil).problem(t, 400, "grant_verb_unknown")
	s.as("editor", "GET", "/entries?collections=notes,nowhere", nil).problem(t, 404, "collection_not_found")
	s.as("editor", "GET", "/entries?sort=title", nil).problem(t, 400, "parameter_not_here")
	s.as("editor", "GET", "/entries?fields=title", nil).problem(t, 400, "parameter_not_here")
}

func TestBrokenLinks(t *testing.T) {
	s := withNotes(t, siteOptions{})
	target := s.note("editor", fields{"title": "Visé"})
	holder := s.note("editor", fields{"title": "Vise", "related": []string{target}})
	broken := func(role string) []any {
		t.Helper()
		list, _ := s.person(role, "GET", "/me/broken-links", nil).json(t)["data"].([]any)
		return list
	}
	if got := broken("editor"); len(got) != 0 {
		t.Fatalf("nothing is broken yet: %v", got)
	}
	expect := func(gone string) {
		t.Helper()
		got := broken("editor")
		if len(got) != 1 {
			t.Fatalf("%s: %v", gone, got)
		}
		if b := got[0].(map[string]any); b["id"] != holder || b["field"] != "related" || b["collection"] != "notes" || b["gone"] != gone {
			t.Errorf("%s: %v", gone, b)
		}
	}
	s.as("editor", "DELETE", "/entries/notes/"+target+"?force=true", nil)
	expect("trashed")
	if got := broken("reader"); len(got) != 0 {
		t.Errorf("who may change nothing is told %v", got)
	}
	s.as("administrator", "POST", "/entries/notes/"+target+"/actions/purge", nil)
	expect("purged")
	s.as("editor", "PATCH", "/entries/notes/"+holder, fields{"related": nil}).data(t, 200)
	if got := broken("editor"); len(got) != 0 {
		t.Errorf("repaired, and still told %v", got)
	}
}
