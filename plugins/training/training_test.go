package training

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
	"github.com/recueil-cms/recueil/plugins/training/record"
)

// stage is a site with a training, and a session that people register for.
type stage struct {
	*sdktest.Site
	t                              *testing.T
	who                            content.Actor
	later                          atomic.Int64 // the plugin's clock goes before by so much
	training, session, venue, code string
}

func on(t *testing.T, session map[string]any, settings any) *stage {
	t.Helper()
	s := &stage{t: t}
	s.Site = sdktest.Run(t, plugin(func() time.Time { return time.Now().Add(time.Duration(s.later.Load())) }), settings)
	s.training = s.create("training", map[string]any{"title": "Gestion du cycle de projet", "summary": "De l’idée au bilan.", "level": "beginner",
		"languages": []string{"fr", "ar"}, "ref": "GCP"})
	wilaya := s.create("territories", map[string]any{"name": "Béjaïa", "code": "06", "kind": "wilaya"})
	s.venue = s.create("training-venue", map[string]any{"name": "Maison de jeunes", "commune": "Béjaïa", "wilaya": wilaya})
	s.code = "gcp-bejaia"
	s.another(session)
	return s
}

// another makes a session, on which the stage goes on.
func (s *stage) another(more map[string]any) {
	s.t.Helper()
	day := time.Now().UTC().AddDate(0, 1, 0).Format(time.DateOnly)
	values := map[string]any{"code": s.code, "training": s.training, "venue": s.venue, "stage": "open", "capacity": 2, "online_url": "https://salle.example.org/gcp",
		"half_days": []map[string]any{{"day": day, "part": "am", "from": "09:00", "to": "12:30"}, {"day": day, "part": "pm", "from": "14:00", "to": "17:00"}}}
	for k, v := range more {
		values[k] = v
	}
	s.session = s.create("training-session", values)
}

func (s *stage) create(collection string, values map[string]any) string {
	s.t.Helper()
	raw, err := json.Marshal(values) // as a request has them
	if err != nil {
		s.t.Fatal(err)
	}
	values = nil
	if err := json.Unmarshal(raw, &values); err != nil {
		s.t.Fatal(err)
	}
	id, err := s.Create(collection, values)
	if err != nil {
		s.t.Fatalf("create %s: %v", collection, err)
	}
	return id
}

// post sends a form as a program does, and gives what became of it.
func (s *stage) post(path string, form map[string]any) (int, map[string]string) {
	s.t.Helper()
	raw, err := json.Marshal(form)
	if err != nil {
		s.t.Fatal(err)
	}
	status, body, err := s.Request(sdktest.Visitor, "POST", path, string(raw))
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	var got struct {
		Data map[string]string `json:"data"`
		Code string            `json:"code"`
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		s.t.Fatalf("%s: %d %s", path, status, body)
	}
	if got.Code != "" {
		return status, map[string]string{"fault": strings.TrimPrefix(got.Code, "training_")}
	}
	return status, got.Data
}

func (s *stage) register(name string, more map[string]any) (id string) {
	s.t.Helper()
	form := map[string]any{"name": name, "email": name + "@example.org", "consent": "on"}
	for k, v := range more {
		form[k] = v
	}
	status, got := s.post("/sessions/"+s.session+"/register", form)
	if status != 200 || got["page"] != "confirm" {
		s.t.Fatalf("%s registers: %d %v", name, status, got)
	}
	return got["r"]
}

var digits = regexp.MustCompile(`^(\d{6}) `)

// letter finds the last letter of a kind to somebody.
func (s *stage) letter(to, kind string) (found mail.Message, ok bool) {
	for _, m := range s.Letters() {
		if m.To.Email == to && m.Kind == "plugin.training."+kind {
			found, ok = m, true
		}
	}
	return found, ok
}

func (s *stage) codeOf(name string) string {
	s.t.Helper()
	m, ok := s.letter(name+"@example.org", "code")
	if !ok {
		m, ok = s.letter(name+"@example.org", "substitute")
	}
	if !ok {
		s.t.Fatalf("no code was sent to %s: %+v", name, s.Letters())
	}
	return digits.FindStringSubmatch(m.Subject)[1]
}

// member is somebody who registered and confirmed.
type member struct{ id, token string }

func (s *stage) join(name string, more map[string]any) member {
	s.t.Helper()
	id := s.register(name, more)
	return s.confirmed(id, s.codeOf(name))
}

func (s *stage) confirmed(id, code string) member {
	s.t.Helper()
	status, got := s.post("/confirm", map[string]any{"r": id, "c": code})
	if status != 200 || got["page"] != "mine" {
		s.t.Fatalf("confirm: %d %v", status, got)
	}
	return member{got["r"], got["t"]}
}

func (s *stage) does(m member, act string, more map[string]any) (int, map[string]string) {
	s.t.Helper()
	form := map[string]any{"r": m.id, "t": m.token, "do": act}
	for k, v := range more {
		form[k] = v
	}
	return s.post("/mine", form)
}

// state is what editors see in a registration.
func (s *stage) state(m member, want string) {
	s.t.Helper()
	s.Until(m.id+" is "+want, func() bool { return s.Entry(record.Registrations, m.id)["state"] == want })
}

func (s *stage) hasLetter(name, kind string) mail.Message {
	s.t.Helper()
	s.Until(name+" gets the letter "+kind, func() bool { _, ok := s.letter(name+"@example.org", kind); return ok })
	m, _ := s.letter(name+"@example.org", kind)
	return m
}

func TestRegistration(t *testing.T) {
	s := on(t, nil, nil)
	page := s.Page("fr", "/training/sessions/gcp-bejaia", nil)
	for _, want := range []string{"Places libres : 2 sur 2", "Maison de jeunes", "09:00", "action=\"/api/v1/plugins/training/sessions/" + s.session + "/register\"", "autocomplete=\"email\""} {
		if !strings.Contains(string(page.HTML), want) {
			t.Errorf("%q is not on the page: %s", want, page.HTML)
		}
	}
	id := s.register("lina", nil)
	if again := s.register("lina", nil); again != id {
		t.Errorf("the same form makes %s and %s", id, again)
	}
	if status, got := s.post("/confirm", map[string]any{"r": id, "c": "000000"}); status != 422 || got["fault"] != "code" {
		t.Errorf("a wrong code: %d %v", status, got)
	}
	lina := s.confirmed(id, s.codeOf("lina"))
	if again := s.confirmed(id, s.codeOf("lina")); again != lina {
		t.Errorf("confirmed again: %v, %v", again, lina)
	}
	s.state(lina, "accepted")
	letter := s.hasLetter("lina", "accepted")
	if len(letter.Attachments) != 1 || !strings.Contains(letter.Attachments[0].MediaType, "method=REQUEST") ||
		!strings.Contains(string(letter.Attachments[0].Data), "UID:"+s.session+"-1@site.example") {
		t.Errorf("%+v", letter)
	}
	// The same person with another form keeps the seat, and a third one waits.
	other := s.join("lina", map[string]any{"name": "Lina B."})
	if other != lina {
		t.Errorf("registered twice: %v", other)
	}
	amine := s.join("amine", nil)
	sara := s.join("sara", nil)
	s.state(amine, "accepted")
	s.state(sara, "waitlisted")
	if m := s.hasLetter("sara", "waitlisted"); !strings.Contains(strings.Join(m.Lines, " "), "rang est 1") {
		t.Errorf("%+v", m)
	}
	if html := string(s.Page("fr", "/training/sessions/gcp-bejaia", nil).HTML); !strings.Contains(html, "Complet ; en attente : 1") {
		t.Errorf("the page: %s", html)
	}
	// A seat comes free: it is offered, taken, and a token of somebody else is none.
	if status, got := s.does(member{lina.id, sara.token}, "cancel", nil); status != 403 || got["fault"] != "link" {
		t.Errorf("somebody else cancels: %d %v", status, got)
	}
	if status, got := s.does(lina, "cancel", nil); status != 200 {
		t.Errorf("cancel: %d %v", status, got)
	}
	s.state(lina, "cancelled_by_person")
	s.state(sara, "offered")
	if m := s.hasLetter("sara", "offered"); !strings.Contains(m.Button.URL, "/fr/training/mine?r="+sara.id) {
		t.Errorf("%+v", m)
	}
	query := map[string]string{"r": sara.id, "t": sara.token}
	if html := string(s.Page("fr", "/training/mine", query).HTML); !strings.Contains(html, "Accepter la place") || strings.Contains(html, "sara") {
		t.Errorf("%s", html)
	}
	if status, got := s.does(sara, "accept", nil); status != 200 || got["done"] != "accept" {
		t.Errorf("accept: %d %v", status, got)
	}
	s.state(sara, "accepted")
	if status, got := s.does(sara, "confirm", nil); status != 200 {
		t.Errorf("confirm: %d %v", status, got)
	}
	s.state(sara, "confirmed")
	// Where it is online is told to those who have a seat, and to nobody else.
	const online = "https://salle.example.org/gcp"
	if html := string(s.Page("fr", "/training/mine", query).HTML); !strings.Contains(html, online) {
		t.Errorf("sara does not see where it is online: %s", html)
	}
	if m := s.hasLetter("sara", "accepted"); len(m.Attachments) != 1 || !strings.Contains(strings.ReplaceAll(string(m.Attachments[0].Data), "\r\n ", ""), online) {
		t.Errorf("the calendar of sara: %+v", m)
	}
	for _, path := range []string{"/training/sessions/gcp-bejaia", "/training/mine"} {
		if html := string(s.Page("fr", path, map[string]string{"r": lina.id, "t": lina.token}).HTML); strings.Contains(html, online) {
			t.Errorf("%s tells it to somebody without a seat", path)
		}
	}
}

// Forms that are not complete say what is missing, in a browser and to a
// program.
func TestFaults(t *testing.T) {
	s := on(t, map[string]any{"questions": []map[string]any{
		{"key": "diet", "label_fr": "Un régime ?", "kind": "yesno", "required": true},
		{"key": "which", "label_fr": "Lequel ?", "kind": "text", "required": true, "only_if": "diet", "keep_days": 30},
	}}, nil)
	good := map[string]any{"name": "Lina", "email": "lina@example.org", "consent": "on", "q_diet": "no"}
	for fault, change := range map[string]map[string]any{
		"name": {"name": " "}, "email": {"email": "lina@"}, "consent": {"consent": ""}, "question": {"q_diet": "yes"},
	} {
		form := map[string]any{}
		for k, v := range good {
			form[k] = v
		}
		for k, v := range change {
			form[k] = v
		}
		if status, got := s.post("/sessions/"+s.session+"/register", form); status != 422 || got["fault"] != fault {
			t.Errorf("%s: %d %v", fault, status, got)
		}
	}
	if len(s.Letters()) != 0 {
		t.Errorf("letters were sent: %+v", s.Letters())
	}
	id := s.register("lina", map[string]any{"q_diet": "yes", "q_which": "sans gluten"})
	kept := s.Entry(record.Registrations, id)
	if fmt.Sprint(kept["answers"]) != "map[diet:yes]" {
		t.Errorf("%v", kept["answers"])
	}
	if html := string(s.Page("ar", "/training/sessions/gcp-bejaia", map[string]string{"fault": "email"}).HTML); !strings.Contains(html, "هذا البريد غير كامل") {
		t.Errorf("%s", html)
	}
}

// A code is not found by trying.
func TestGuessing(t *testing.T) {
	s := on(t, nil, nil)
	id := s.register("lina", nil)
	code := s.codeOf("lina")
	for i := range 5 { // an hour
		wrong := fmt.Sprintf("%06d", i)
		if wrong == code {
			wrong = "999999"
		}
		if status, _ := s.post("/confirm", map[string]any{"r": id, "c": wrong}); status != 422 {
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	if status, got := s.post("/confirm", map[string]any{"r": id, "c": code}); status != 422 || got["fault"] != "code" {
		t.Errorf("the right code after too many wrong ones: %d %v", status, got)
	}
}

// Many people at the same time: no seat twice, the rest in order.
func TestAtOnce(t *testing.T) {
	s := on(t, map[string]any{"capacity": 5}, nil)
	members := make([]member, 30)
	var all sync.WaitGroup
	for i := range members {
		id := s.register(fmt.Sprint("p", i), nil)
		code := s.codeOf(fmt.Sprint("p", i))
		all.Go(func() { members[i] = s.confirmed(id, code) })
	}
	all.Wait()
	counts, ranks := map[string]int{}, map[string]bool{}
	for i := range members {
		s.Until("states are settled", func() bool { return s.Entry(record.Registrations, members[i].id)["state"] != "new" })
		state, _ := s.Entry(record.Registrations, members[i].id)["state"].(string)
		counts[state]++
		if state == "waitlisted" {
			m := s.hasLetter(fmt.Sprint("p", i), "waitlisted")
			ranks[m.Lines[1]] = true
		}
	}
	if counts["accepted"] != 5 || counts["waitlisted"] != 25 || len(ranks) != 25 {
		t.Errorf("%v, %d ranks", counts, len(ranks))
	}
}

func TestSubstitution(t *testing.T) {
	s := on(t, nil, nil)
	lina := s.join("lina", map[string]any{"organisation": "Étoile culturelle"})
	s.state(lina, "accepted")
	if status, got := s.does(lina, "replace", map[string]any{"name": "Amine", "email": "amine@example.org"}); status != 200 || got["done"] != "replace" {
		t.Fatalf("%d %v", status, got)
	}
	m := s.hasLetter("amine", "substitute")
	at, err := url.Parse(m.Button.URL)
	if err != nil {
		t.Fatal(err)
	}
	amine := s.confirmed(at.Query().Get("r"), at.Query().Get("c"))
	s.state(amine, "accepted")
	s.state(lina, "replaced")
	s.hasLetter("lina", "replaced")
	if status, got := s.does(lina, "cancel", nil); status != 409 || got["fault"] != "state" {
		t.Errorf("who was replaced cancels: %d %v", status, got)
	}
}

// Whoever is erased is gone from everywhere, and the count remains.
func TestErasure(t *testing.T) {
	s := on(t, map[string]any{"questions": []map[string]any{{"key": "diet", "label_fr": "Un régime ?", "kind": "text", "keep_days": 30}}}, nil)
	lina := s.join("lina", map[string]any{"q_diet": "canari"})
	s.state(lina, "accepted")
	if status, got := s.does(lina, "erase", nil); status != 200 || got["done"] != "erase" {
		t.Fatalf("%d %v", status, got)
	}
	s.state(lina, "cancelled_by_person")
	e := s.Entry(record.Registrations, lina.id)
	if e["name"] != nil || e["email"] != nil {
		t.Errorf("%v", e)
	}
	if m, ok := s.letter("lina@example.org", "cancelled"); ok {
		t.Errorf("a letter to somebody erased: %+v", m)
	}
}

// Seats are kept for a group, which are those who answered so.
func TestGroups(t *testing.T) {
	ask := []map[string]any{{"key": "woman", "label_fr": "Êtes-vous une femme ?", "kind": "yesno"}}
	s := on(t, map[string]any{"capacity": 2, "questions": ask, "quotas": []map[string]any{{"by": "group", "question": "woman", "answer": "yes", "kept": 1}}}, nil)
	sara, amine, lina := s.join("sara", nil), s.join("amine", map[string]any{"q_woman": "no"}), s.join("lina", map[string]any{"q_woman": "yes"})
	s.state(sara, "accepted")
	s.state(amine, "waitlisted")
	s.state(lina, "accepted")
	for _, q := range []map[string]any{{"by": "group", "question": "age", "answer": "yes", "max": 1}, {"by": "group", "question": "woman", "answer": "peut-être", "max": 1}} {
		if err := s.Save(s.session, map[string]any{"quotas": []any{q}}); err == nil || !strings.Contains(err.Error(), "Le quota d’un groupe demande") {
			t.Errorf("%v: %v", q, err)
		}
	}
}

// Fewer seats than are taken are refused; more are offered at once.
func TestCapacity(t *testing.T) {
	s := on(t, map[string]any{"capacity": 2}, nil)
	for _, name := range []string{"lina", "amine", "sara"} {
		s.join(name, nil)
	}
	if err := s.Save(s.session, map[string]any{"capacity": 1}); err == nil || !strings.Contains(err.Error(), "2 places sont déjà prises") {
		t.Errorf("fewer seats: %v", err)
	}
	if err := s.Save(s.session, map[string]any{"capacity": 3}); err != nil {
		t.Fatal(err)
	}
	s.hasLetter("sara", "offered")
}
