package training

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/training/record"
)

// round is one time that an act is cut short, with a session of its own.
type round struct {
	*stage
	n           int
	lina, amine member
}

// as gives somebody a name that is theirs in this round.
func (r *round) as(name string) string { return fmt.Sprint(name, "-", r.n) }

func (r *round) join(name string, more map[string]any) member {
	m := r.stage.join(r.as(name), more)
	r.settled()
	return m
}

func (r *round) registers(name string, more map[string]any) bool {
	form := map[string]any{"name": r.as(name), "email": r.as(name) + "@example.org", "consent": "on", "q_diet": "sans gluten"}
	for k, v := range more {
		form[k] = v
	}
	status, _ := r.post("/sessions/"+r.session+"/register", form)
	return status == 200
}

// enters has lina register, with an answer that is kept apart, and confirm.
func (r *round) enters() member {
	r.registers("lina", nil)
	m := r.confirmed(r.id("lina"), r.codeOf(r.as("lina")))
	r.settled()
	return m
}

func (r *round) acts(m member, act string, more map[string]any) bool {
	status, _ := r.does(m, act, more)
	return status == 200
}

func (r *round) presses(action string, values map[string]any) bool {
	raw, err := json.Marshal(values)
	if err != nil {
		r.t.Fatal(err)
	}
	v, err := r.Interact(r.editor(), console.Interaction{Place: "board", Action: action, Params: map[string]string{"session": r.session}, Values: raw})
	return err == nil && v.Tone == "success"
}

// there has somebody be there in the morning, and the session be over.
func (r *round) there(m member) {
	r.opens("sign", map[string]any{"id": m.id, "half": r.day() + "-am", "there": true})
	r.opens("close", nil)
	r.state(m, "partial")
}

func (r *round) runs(job string, later time.Duration) bool {
	r.later.Store(int64(later))
	defer r.later.Store(0)
	run := r.Job(job, nil)
	if run.State != "done" {
		r.t.Logf("%s: %+v", job, run)
	}
	return run.State == "done"
}

// sum is what an act leaves: who stands where, what is kept, which letters went.
func (r *round) sum() string {
	_, table := r.file("/sessions/" + r.session + "/registrations.csv")
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for _, row := range rows[1:] {
		line := strings.TrimSuffix(row[2], fmt.Sprint("-", r.n)) + " " + row[1]
		if row[8] != "" {
			line += " certified"
		}
		out = append(out, line)
	}
	slices.Sort(out)
	counts := map[string]int{}
	for _, m := range r.Letters() {
		if who, ok := strings.CutSuffix(m.To.Email, fmt.Sprint("-", r.n, "@example.org")); ok {
			counts[who+" "+strings.TrimPrefix(m.Kind, "plugin.training.")]++
		}
	}
	var letters []string
	for letter, n := range counts {
		if n > 1 {
			letter += fmt.Sprint(" ×", n)
		}
		letters = append(letters, letter)
	}
	slices.Sort(letters)
	in := url.Values{"filter[session][_eq]": {r.session}}
	return fmt.Sprintf("%s; %d needs, %d opinions; %s", strings.Join(out, ", "), len(r.List(record.Needs, in)), len(r.List(record.Answers, in)), strings.Join(letters, ", "))
}

// Each act is cut short after every number of changes, those too that follow
// from events, and tried again: it comes to the same as at one go.
func TestCutShort(t *testing.T) {
	s := on(t, nil, nil)
	number := 0
	for _, c := range []struct {
		name   string
		before func(r *round)
		act    func(r *round) bool
		want   string
	}{
		// What goes over all sessions is first, while there are few.
		{"kept for its time", func(r *round) {
			r.lina = r.enters()
			r.there(r.lina)
		}, func(r *round) bool { return r.runs("retain", 3000*24*time.Hour) }, " partial; 0 needs, 0 opinions; lina accepted, lina code"},
		{"an offer passes", func(r *round) {
			r.lina, r.amine = r.join("lina", nil), r.join("amine", nil)
			r.acts(r.lina, "cancel", nil)
			r.state(r.amine, "offered")
			r.hasLetter(r.as("amine"), "offered")
		}, func(r *round) bool { return r.runs("tend", 49*time.Hour) && r.runs("tend", 98*time.Hour) },
			"amine withdrawn, lina cancelled_by_person; 0 needs, 0 opinions; amine code, amine offered ×2, amine waitlisted, amine withdrawn, lina accepted, lina cancelled, lina code"},
		{"never confirmed", func(r *round) { r.registers("lina", nil) },
			func(r *round) bool { return r.runs("tend", 99*time.Hour) }, "; 0 needs, 0 opinions; lina code"},
		{"register", func(*round) {}, func(r *round) bool { return r.registers("lina", nil) },
			"lina new; 1 needs, 0 opinions; lina code"},
		{"confirm", func(r *round) { r.lina.id = r.register(r.as("lina"), nil) },
			func(r *round) bool {
				status, _ := r.post("/confirm", map[string]any{"r": r.lina.id, "c": r.codeOf(r.as("lina"))})
				return status == 200
			}, "lina accepted; 0 needs, 0 opinions; lina accepted, lina code"},
		{"cancel", func(r *round) { r.lina, r.amine = r.join("lina", nil), r.join("amine", nil) },
			func(r *round) bool { return r.acts(r.lina, "cancel", nil) },
			"amine offered, lina cancelled_by_person; 0 needs, 0 opinions; amine code, amine offered, amine waitlisted, lina accepted, lina cancelled, lina code"},
		{"accept", func(r *round) {
			r.lina, r.amine = r.join("lina", nil), r.join("amine", nil)
			r.acts(r.lina, "cancel", nil)
			r.state(r.amine, "offered")
			r.hasLetter(r.as("amine"), "offered")
		}, func(r *round) bool { return r.acts(r.amine, "accept", nil) },
			"amine accepted, lina cancelled_by_person; 0 needs, 0 opinions; amine accepted, amine code, amine offered, amine waitlisted, lina accepted, lina cancelled, lina code"},
		{"register again", func(r *round) {
			r.lina = r.enters()
			r.acts(r.lina, "cancel", nil)
			r.state(r.lina, "cancelled_by_person")
		}, func(r *round) bool { return r.registers("lina", nil) },
			"lina cancelled_by_person, lina new; 2 needs, 0 opinions; lina accepted, lina cancelled, lina code ×2"},
		{"substitute", func(r *round) { r.lina = r.join("lina", map[string]any{"organisation": "Étoile"}) },
			func(r *round) bool {
				return r.acts(r.lina, "replace", map[string]any{"name": r.as("amine"), "email": r.as("amine") + "@example.org"})
			}, "amine new, lina accepted; 0 needs, 0 opinions; amine substitute, lina accepted, lina code"},
		{"take the place", func(r *round) {
			r.lina = r.join("lina", map[string]any{"organisation": "Étoile"})
			r.acts(r.lina, "replace", map[string]any{"name": r.as("amine"), "email": r.as("amine") + "@example.org"})
			r.amine.id = r.id("amine")
		}, func(r *round) bool {
			status, _ := r.post("/confirm", map[string]any{"r": r.amine.id, "c": r.codeOf(r.as("amine"))})
			return status == 200
		}, "amine accepted, lina replaced; 0 needs, 0 opinions; amine accepted, amine substitute, lina accepted, lina code, lina replaced"},
		{"amend", func(r *round) { r.lina = r.enters() },
			func(r *round) bool {
				return r.acts(r.lina, "edit", map[string]any{"name": r.as("lina"), "phone": "021", "q_diet": "sans sel"})
			}, "lina accepted; 1 needs, 0 opinions; lina accepted, lina code"},
		{"sign and close", func(r *round) { r.lina = r.join("lina", nil) },
			func(r *round) bool {
				return r.presses("sign", map[string]any{"id": r.lina.id, "half": r.day() + "-am", "there": true}) && r.presses("close", map[string]any{})
			}, "lina partial; 0 needs, 0 opinions; lina accepted, lina code"},
		{"refuse for a reason", func(r *round) { r.lina = r.join("lina", nil) },
			func(r *round) bool {
				return r.presses("cancel", map[string]any{"id": r.lina.id, "reason": "La salle est trop petite."})
			}, "lina cancelled_by_org; 0 needs, 0 opinions; lina accepted, lina cancelled, lina code"},
		{"telephone", func(*round) {}, func(r *round) bool {
			return r.presses("register", map[string]any{"name": r.as("lina"), "email": r.as("lina") + "@example.org", "consent": true, "q_diet": "sans gluten"})
		}, "lina accepted; 1 needs, 0 opinions; lina accepted"},
		{"opinion", func(r *round) { r.lina = r.join("lina", nil); r.there(r.lina) },
			func(r *round) bool {
				status, _ := r.post("/evaluate", map[string]any{"r": r.lina.id, "t": r.lina.token, "content": 5, "trainer": 4, "organisation": 3, "usefulness": 5})
				return status == 200
			}, "lina partial; 0 needs, 1 opinions; lina accepted, lina code"},
		{"certificate", func(r *round) { r.lina = r.join("lina", nil); r.there(r.lina) },
			func(r *round) bool {
				status, _ := r.file("/papers/certificate.pdf?r=" + r.lina.id + "&t=" + r.lina.token)
				return status == 200
			}, "lina partial certified; 0 needs, 0 opinions; lina accepted, lina code"},
		{"erase", func(r *round) {
			r.lina = r.enters()
		}, func(r *round) bool { return r.acts(r.lina, "erase", nil) },
			" cancelled_by_person; 0 needs, 0 opinions; lina accepted, lina code"},
		{"letters to all", func(r *round) { r.lina, r.amine = r.join("lina", nil), r.join("amine", nil) },
			func(r *round) bool {
				return r.presses("mail", map[string]any{"subject": r.as("Salle"), "text": "Nous changeons de salle."})
			}, "amine waitlisted, lina accepted; 0 needs, 0 opinions; amine code, amine waitlisted, lina accepted, lina code, lina message"},
	} {
		for n, whole := 0, false; !whole; n++ {
			number++
			s.code = fmt.Sprint("gcp-", number)
			s.another(map[string]any{"capacity": 1, "questions": []map[string]any{{"key": "diet", "label_fr": "Un régime ?", "kind": "text", "keep_days": 30}}})
			r := &round{stage: s, n: number}
			c.before(r)
			r.settled()
			r.RefuseAfter(n)
			done := c.act(r)
			r.comes(c.name, c.want, func() bool { return r.Refused() > 0 })
			if whole = r.Refused() == 0; whole && !done || n > 20 {
				t.Fatalf("%s, cut short after %d changes: done %v, %s", c.name, n, done, r.sum())
			}
			r.Resume()
			if !c.act(r) {
				t.Errorf("%s, tried again after %d changes, fails", c.name, n)
			}
			r.comes(fmt.Sprintf("%s, cut short after %d changes", c.name, n), c.want, func() bool { return false })
		}
	}
}

// comes waits until an act has come to what it has to, or was cut short.
func (r *round) comes(what, want string, cut func() bool) {
	r.t.Helper()
	var got string
	for deadline := time.Now().Add(time.Minute); got != want && !cut(); got = r.sum() {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s:\n got %q\nwant %q", what, got, want)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// id finds the registration that somebody has made.
func (r *round) id(name string) string {
	r.t.Helper()
	for _, g := range r.List(record.Registrations, url.Values{"filter[session][_eq]": {r.session}}) {
		if g["name"] == r.as(name) {
			return fmt.Sprint(g["id"])
		}
	}
	r.t.Fatalf("%s has not registered", name)
	return ""
}

// letterOf names the letter that tells of a state.
var letterOf = map[string]string{"submitted": "submitted", "accepted": "accepted", "waitlisted": "waitlisted", "offered": "offered", "withdrawn": "withdrawn",
	"rejected": "rejected", "cancelled_by_person": "cancelled", "cancelled_by_org": "cancelled", "replaced": "replaced"}

// settled waits until editors see in registrations what the roster has, and
// people were written to.
func (r *round) settled() {
	in := url.Values{"filter[session][_eq]": {r.session}}
	r.Until("all is settled", func() bool {
		states := map[any]any{}
		for _, g := range r.List(record.Registrations, in) {
			states[g["id"]] = g["state"]
			kind := letterOf[fmt.Sprint(g["state"])]
			if _, sent := r.letter(fmt.Sprint(g["email"]), kind); kind != "" && !sent {
				return false
			}
		}
		for _, e := range r.List(record.Rosters, in) {
			board, _ := e["board"].(map[string]any)
			lines, _ := board["lines"].([]any)
			for _, l := range lines {
				if l := l.(map[string]any); states[l["id"]] != l["state"] {
					return false
				}
			}
		}
		return true
	})
}
