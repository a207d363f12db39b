package demo

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
)

// The module's part of the demonstration is the pilot year: three groups, the
// two concertation meetings of 2007, and what came of it; in reserved addresses.
func TestModule(t *testing.T) {
	entries, err := Module("consultation", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range entries {
		count[e.Collection]++
		raw, err := json.Marshal(e.Inputs)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), `"@`) {
			t.Errorf("%s has a reference that leads nowhere: %s", e.Key, raw)
		}
		if email, ok := e.Inputs[content.Shared]["email"].(string); ok && !strings.HasSuffix(email, "@pact.example.org") {
			t.Errorf("%s has an address that may be somebody's: %s", e.Key, email)
		}
	}
	for name, least := range map[string]int{"consultation-group": 3, "consultation-meeting": 3, "consultation-minutes": 2, "consultation-decision": 6, "consultation": 1,
		"consultation-contribution": 7, "consultation-statement": 3, "consultation-recommendation": 2, "consultation-answer": 1, "consultation-commitment": 1} {
		if count[name] < least {
			t.Errorf("%d of %s, want at least %d", count[name], name, least)
		}
	}
}

// The trainings of the pilot year, and those to come: nobody in them is anybody,
// and what is published of them is what the people in them said.
func TestTrainings(t *testing.T) {
	entries, err := Module("training", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	count, marks, opinions := map[string]int{}, map[string]float64{}, map[string]float64{} // by session
	published := map[float64]any{}
	for _, e := range entries {
		count[e.Collection]++
		shared := e.Inputs[content.Shared]
		if name, ok := shared["name"].(string); ok && !strings.Contains(name, "ficti") {
			t.Errorf("%s is not marked as somebody invented: %s", e.Key, name)
		}
		if email, ok := shared["email"].(string); ok && !strings.HasSuffix(email, "@pact.example.org") {
			t.Errorf("%s has an address that may be somebody's: %s", e.Key, email)
		}
		for _, question := range []string{"content", "trainer", "organisation", "usefulness"} {
			if n, ok := shared[question].(float64); ok {
				marks[shared["session"].(string)] += n
				opinions[shared["session"].(string)]++
			}
		}
		if list, ok := shared["published_results"].([]any); ok {
			for _, one := range list {
				published[one.(map[string]any)["year"].(float64)] = one.(map[string]any)["satisfaction"]
			}
		}
	}
	for name, least := range map[string]int{"training": 2, "training-module": 6, "training-trainer": 3, "training-venue": 4, "training-session": 6, "training-registration": 40,
		"training-roster": 5, "training-answer": 20} {
		if count[name] < least {
			t.Errorf("%d of %s, want at least %d", count[name], name, least)
		}
	}
	for key, year := range map[string]float64{"gcp-alger-2007": 2007, "gcp-bejaia-2026": 2026} {
		id := string(ID("training-session/" + key))
		if want := math.Floor(10*marks[id]/opinions[id]) / 10; published[year] != want {
			t.Errorf("published of %v: %v, the answers say %v", year, published[year], want)
		}
	}
	if _, err := Module("nothing", time.Now()); err == nil {
		t.Error("a module that there is not")
	}
}

// Whenever the demonstration is loaded, its coming sessions are ahead, on the
// same days of the week, and who registered did so before.
func TestAhead(t *testing.T) {
	for _, now := range []time.Time{time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), time.Date(2031, 3, 2, 23, 0, 0, 0, time.UTC)} {
		entries, err := Module("training", now)
		if err != nil {
			t.Fatal(err)
		}
		ahead := 0
		for _, e := range entries {
			shared := e.Inputs[content.Shared]
			starts, _ := shared["starts"].(string)
			if e.Published.After(now) {
				t.Errorf("%s is published on %v, after %v", e.Key, e.Published, now)
			}
			if stage := shared["stage"]; stage != "open" && stage != "announced" {
				continue
			}
			day, err := time.Parse(time.DateOnly, starts)
			if err != nil || !day.After(now) || day.Weekday() != time.Tuesday {
				t.Errorf("at %v %s starts on %q, %v", now, e.Key, starts, err)
			}
			first := shared["half_days"].([]any)[0].(map[string]any)["day"]
			if ahead++; first != starts {
				t.Errorf("%s starts on %s, its first half-day is on %v", e.Key, starts, first)
			}
		}
		if ahead < 4 {
			t.Errorf("at %v only %d sessions are ahead", now, ahead)
		}
	}
}

// Whenever the demonstration is loaded, one consultation is open; who took part
// in one did so while it was, and its synthesis came after them.
func TestOpenConsultation(t *testing.T) {
	for _, now := range []time.Time{time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC), time.Date(2031, 3, 2, 23, 0, 0, 0, time.UTC)} {
		entries, err := Module("consultation", now)
		if err != nil {
			t.Fatal(err)
		}
		today, open := now.Format(time.DateOnly), 0
		starts, ends := map[any]string{}, map[any]string{}
		for _, e := range entries {
			if e.Published.After(now) {
				t.Errorf("%s is published on %v, after %v", e.Key, e.Published, now)
			}
			shared := e.Inputs[content.Shared]
			phases, _ := shared["phases"].([]any)
			for _, one := range phases {
				if phase := one.(map[string]any); phase["key"] == "contributions" {
					starts[string(e.ID)], ends[string(e.ID)] = phase["starts"].(string), phase["ends"].(string)
					if starts[string(e.ID)] <= today && today <= ends[string(e.ID)] {
						open++
					}
				}
			}
			of := shared["consultation"]
			switch e.Collection {
			case "consultation-contribution":
				if sent := shared["sent"].(string); starts[of] == "" || sent < starts[of] || sent[:len(time.DateOnly)] > ends[of] {
					t.Errorf("%s was sent on %s, and they were taken from %s to %s", e.Key, sent, starts[of], ends[of])
				}
			case "consultation-statement":
				if day := e.Published.Format(time.DateOnly); ends[of] == "" || day <= ends[of] {
					t.Errorf("%s is of %s, and contributions end on %s", e.Key, day, ends[of])
				}
			}
		}
		if open != 1 {
			t.Errorf("at %v %d consultations are open", now, open)
		}
	}
}
