package example

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
)

func TestCalendar(t *testing.T) {
	s := sdktest.Run(t, Plugin(), map[string]any{"seats": 3})
	id, err := s.Create("agenda", map[string]any{"title": "Rencontre de Béjaïa", "day": "2027-05-12"})
	if err != nil {
		t.Fatal(err)
	}
	if e := s.Entry("agenda", id); e["seats"] != 3.0 {
		t.Errorf("the hook filled in nothing: %v", e)
	}
	status, body, err := s.Request(sdktest.Visitor, "GET", "/months/2027-05", "")
	if err != nil || status != 200 || !strings.Contains(body, "Rencontre de Béjaïa") {
		t.Errorf("%d %s %v", status, body, err)
	}
	if status, body, err = s.Request(sdktest.Visitor, "GET", "/months/2027-13", ""); status != 400 {
		t.Errorf("%d %s %v", status, body, err)
	}
	if _, _, err = s.Request(sdktest.Visitor, "GET", "/count", ""); problem.CodeOf(err) != "sign_in_first" {
		t.Errorf("a visitor counts: %v", err)
	}

	// Five register at once for three seats.
	var mu sync.Mutex
	var all sync.WaitGroup
	got := map[int]int{}
	for range 5 {
		all.Go(func() {
			status, _, err := s.Request(sdktest.Visitor, "POST", "/meetings/"+id+"/register", "")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			got[status]++
		})
	}
	all.Wait()
	if fmt.Sprint(got) != "map[201:3 409:2]" {
		t.Errorf("answers %v", got)
	}
	if e := s.Entry("agenda", id); e["taken"] != 3.0 || e["full"] != true {
		t.Errorf("%v", e)
	}
	s.Until("other plugins are told", func() bool {
		said := s.Announced()
		return len(said) == 1 && said[0].ID() == "agenda.full" && string(said[0].Body) == `{"meeting":"`+id+`"}`
	})
	err = s.Save(id, map[string]any{"seats": 2})
	if problem.CodeOf(err) != "plugin_refuses" || !strings.Contains(err.Error(), "gardez au moins 3 places") {
		t.Errorf("fewer seats than registrations: %v", err)
	}
	s.Until("the event is counted", func() bool {
		_, body, err := s.Request(sdktest.Admin, "GET", "/count", "")
		return err == nil && strings.Contains(body, `"published":1`)
	})
}

// What visitors are shown is fresh after each change of a meeting.
func TestPages(t *testing.T) {
	s := sdktest.Run(t, Plugin(), nil)
	if p := s.Page("fr", "/agenda/2027-06", nil); p.Missing || p.Tree == nil || p.Tree.Children[0].Type != "empty" {
		t.Errorf("%+v", p)
	}
	if p := s.Page("fr", "/agenda/never", nil); !p.Missing {
		t.Errorf("%+v", p)
	}
	id, err := s.Create("agenda", map[string]any{"title": "Rencontre <b>", "day": "2027-06-30", "seats": 2})
	if err != nil {
		t.Fatal(err)
	}
	for locale, want := range map[string]string{"fr": "Il reste 2 places", "ar": "بقي 2 مقعدا", "en": "2 seats are left"} {
		if got := fmt.Sprint(s.Page(locale, "/agenda/2027-06", nil).Tree.Children[0].Values); !strings.Contains(got, want) || !strings.Contains(got, "Rencontre <b>") {
			t.Errorf("%s: %s", locale, got)
		}
	}
	if err := s.Save(id, map[string]any{"title": "Autrement"}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.Page("fr", "/agenda/2027-06", nil).Tree.Children[0].Values); !strings.Contains(got, "Autrement") {
		t.Errorf("shown although it has changed: %s", got)
	}
	soon := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	if _, err := s.Create("agenda", map[string]any{"title": "Bientôt", "day": soon}); err != nil {
		t.Fatal(err)
	}
	if got := s.Block("fr", "next", "", ""); got.Tree == nil || !strings.Contains(fmt.Sprint(got.Tree.Values), "Bientôt") {
		t.Errorf("%+v", got)
	}
}

// The months that have meetings are found by the search, and no others.
func TestSearch(t *testing.T) {
	s := sdktest.Run(t, Plugin(), nil)
	id, err := s.Create("agenda", map[string]any{"title": "Rencontre", "day": "2027-06-30"})
	if err != nil {
		t.Fatal(err)
	}
	has := func(path, title, text string) func() bool {
		return func() bool {
			all := s.SearchDocuments()
			return len(all) == 1 && all[0].Path == path && all[0].Texts["fr"].Title == title && strings.Contains(all[0].Texts["ar"].Text, text)
		}
	}
	s.Until("June is found", has("/2027-06", "Agenda, Juin 2027", "Rencontre"))
	if err := s.Save(id, map[string]any{"title": "Autrement", "day": "2027-07-01"}); err != nil {
		t.Fatal(err)
	}
	s.Until("July is found, and June no more", has("/2027-07", "Agenda, Juillet 2027", "Autrement"))
	if _, err := s.Runner.Do(t.Context(), sdktest.Admin, action.TrashEntry{ID: content.EntryID(id)}); err != nil {
		t.Fatal(err)
	}
	s.Until("no month is found", func() bool { return len(s.SearchDocuments()) == 0 })
}

func TestReminders(t *testing.T) {
	s := sdktest.Run(t, Plugin(), nil)
	for title, organiser := range map[string]any{"Avec": "nadia@example.org", "Sans": nil} {
		if _, err := s.Create("agenda", map[string]any{"title": title, "day": "2027-05-12", "taken": 4, "organiser": organiser}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // nobody is reminded twice
		if run := s.Job("reminders", map[string]any{"day": "2027-05-12"}); run.State != "done" {
			t.Fatalf("%+v", run)
		}
	}
	letters := s.Letters()
	if len(letters) != 1 || letters[0].To.Email != "nadia@example.org" || letters[0].Subject != "Demain : Avec" ||
		letters[0].Lines[1] != "Personnes inscrites : 4." || letters[0].Button.URL != "https://site.example/fr/agenda/2027-05" {
		t.Errorf("%+v", letters)
	}
}

func TestConsole(t *testing.T) {
	s := sdktest.Run(t, Plugin(), nil)
	id, err := s.Create("agenda", map[string]any{"title": "Rencontre", "day": "2027-05-12", "seats": 5, "taken": 4})
	if err != nil {
		t.Fatal(err)
	}
	view, err := s.Interact(sdktest.Visitor, console.Interaction{Place: "registrations"})
	if problem.CodeOf(err) != "not_allowed" {
		t.Errorf("a visitor sees %+v, %v", view, err)
	}
	editor := s.User("editor")
	view, err = s.Interact(editor, console.Interaction{Place: "registrations"})
	if err != nil || !strings.Contains(string(view.Tree), "entry:agenda/"+id) {
		t.Fatalf("%+v %v", view, err)
	}
	view, err = s.Interact(editor, console.Interaction{Place: "registrations", Action: "empty", Values: []byte(`{"id":"` + id + `"}`)})
	if err != nil || view.Toast != "C’est fait." {
		t.Fatalf("%+v %v", view, err)
	}
	if e := s.Entry("agenda", id); e["taken"] != 0.0 {
		t.Errorf("%v", e)
	}
	// A panel changes what is edited, and saves nothing.
	view, err = s.Interact(editor, console.Interaction{Place: "seats", Action: "more", Collection: "agenda", Entry: content.EntryID(id), Revision: 3, Draft: []byte(`{"seats":7}`)})
	if err != nil || string(view.Patch) != `{"seats":17}` || view.Revision != 3 {
		t.Errorf("%+v %v", view, err)
	}
	if e := s.Entry("agenda", id); e["seats"] != 5.0 {
		t.Errorf("%v", e)
	}
}
