package api_test

import "testing"

// Who has an entry open is told to those who may read its draft, at once, and
// is no change of the site.
func TestPresence(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "Brouillon"})
	path := "/entries/notes/" + id + "/presence"
	revision := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).data(t, 200)["revision"]
	editor, reader := s.subscribe("editor"), s.subscribe("reader")

	sign := func(role string, body fields) (out []map[string]any) {
		t.Helper()
		for _, p := range s.person(role, "POST", path, body).list(t) {
			out = append(out, p.(map[string]any))
		}
		return out
	}
	sign("administrator", fields{"tab": "tab-of-administrator", "locale": "fr"})
	if name, ev := editor.next(); name != "presence" || ev["id"] != id || ev["collection"] != "notes" {
		t.Errorf("event %s %v", name, ev)
	}
	people := sign("editor", fields{"tab": "tab-of-editor", "typed": true})
	if len(people) != 2 || people[0]["tab"] != "tab-of-administrator" || people[1]["name"] == "" || people[1]["typed"] == nil || people[0]["typed"] != nil {
		t.Errorf("present: %v", people)
	}
	people = sign("administrator", fields{"tab": "tab-of-administrator", "take": true})
	if len(people) != 2 || people[0]["took"] == nil || people[1]["took"] != nil {
		t.Errorf("after taking over: %v", people)
	}
	sign("administrator", fields{"tab": "tab-of-administrator", "leave": true})
	if people = sign("editor", fields{"tab": "tab-of-editor"}); len(people) != 1 {
		t.Errorf("after leaving: %v", people)
	}
	s.person("editor", "POST", path, fields{"tab": "x"}).problem(t, 400, "presence_tab")
	s.as("editor", "POST", path, fields{"tab": "tab-of-a-token"}).problem(t, 403, "presence_people_only")

	if now := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).data(t, 200)["revision"]; now != revision {
		t.Errorf("revision %v became %v", revision, now)
	}
	// The reader, who may not read drafts, hears of nothing but what goes live.
	s.as("editor", "POST", "/entries/notes/"+id+"/actions/publish", nil).data(t, 200)
	if name, ev := reader.next(); name != "commit" || ev["id"] != id {
		t.Errorf("reader: %s %v", name, ev)
	}
}
