package api_test

import (
	"strings"
	"testing"
)

// TestWhatWasErasedIsInNoRevision: no eraser runs at this site, so the key is
// still there, as it is for a moment after every erasure.
func TestWhatWasErasedIsInNoRevision(t *testing.T) {
	s := withNotes(t, siteOptions{})
	made := s.as("administrator", "POST", "/entries/people", fields{"locale": "fr", "full_name": "Canari Jaune", "role": "Animatrice", "consent_on": "2026-01-01"})
	path := "/entries/people/" + made.data(t, 201)["id"].(string)
	revision := func() string {
		a := s.as("administrator", "GET", path+"/revisions/1", nil)
		a.data(t, 200)
		return string(a.body)
	}
	if !strings.Contains(revision(), "Canari") {
		t.Fatal("the test cannot tell")
	}
	s.as("administrator", "POST", path+"/actions/erase", fields{"reason": "Demande"}).data(t, 200)
	if got := revision(); strings.Contains(got, "Canari") {
		t.Errorf("an erased name is in revision 1: %s", got)
	}
}
