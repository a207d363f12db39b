package training

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/console"
	"github.com/recueil-cms/recueil/plugins/host/tree"
	"github.com/recueil-cms/recueil/plugins/sdk/sdktest"
	"github.com/recueil-cms/recueil/plugins/training/lheo"
	"github.com/recueil-cms/recueil/plugins/training/record"
)

// editor is somebody who may do all of this in the console.
func (s *stage) editor() content.Actor {
	s.t.Helper()
	if s.who.ID == "" {
		s.who = s.User("editor")
	}
	return s.who
}

// file reads a route that gives a file.
func (s *stage) file(path string) (int, string) {
	s.t.Helper()
	status, body, err := s.Request(s.editor(), "GET", path, "")
	if err != nil {
		s.t.Fatalf("%s: %v", path, err)
	}
	return status, body
}

// opens opens the board of the session, perhaps pressing something, and gives
// what is shown.
func (s *stage) opens(action string, values map[string]any) *console.Shown {
	s.t.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		s.t.Fatal(err)
	}
	i := console.Interaction{Place: "board", Action: action, Params: map[string]string{"session": s.session}}
	if values != nil {
		i.Values = raw
	}
	view, err := s.Interact(s.editor(), i)
	if err != nil {
		s.t.Fatalf("%s: %v", action, err)
	}
	if view.Tree != nil {
		if _, err := tree.Parse(view.Tree, nil); err != nil {
			s.t.Fatalf("%s: %v", action, err)
		}
	}
	return view
}

func (s *stage) day() string {
	return fmt.Sprint(s.Entry(record.Sessions, s.session)["starts"])
}

// From the door to the certificate, and to what is said of it.
func TestAfterwards(t *testing.T) {
	s := on(t, nil, nil)
	lina, amine := s.join("lina", map[string]any{"visible": "participants"}), s.join("amine", map[string]any{"visible": "all"})
	s.state(lina, "accepted")
	s.state(amine, "accepted")
	for at, want := range map[string][2]bool{"/training/sessions/gcp-bejaia": {false, true}, "/training/mine": {false, true}} {
		html := string(s.Page("fr", at, map[string]string{"r": lina.id, "t": lina.token}).HTML)
		if strings.Contains(html, "<li><span dir=\"auto\">lina") != want[0] || strings.Contains(html, "<li><span dir=\"auto\">amine") != want[1] {
			t.Errorf("who lets their name be seen, on %s: %s", at, html)
		}
	}
	if html := string(s.Page("fr", "/training/mine", map[string]string{"r": amine.id, "t": amine.token}).HTML); !strings.Contains(html, "<li><span dir=\"auto\">lina") {
		t.Errorf("participants do not see each other: %s", html)
	}
	am, pm := s.day()+"-am", s.day()+"-pm"
	if status, body := s.file("/sessions/" + s.session + "/attendance/" + am); status != 200 || !strings.HasPrefix(body, "%PDF-") {
		t.Fatalf("%d %.40q", status, body)
	}
	for _, l := range []string{"fr", "ar"} {
		status, body, err := s.Request(sdktest.Visitor, "GET", "/trainings/"+s.training+"/sheet.pdf?locale="+l, "")
		if err != nil || status != 200 || !strings.HasPrefix(body, "%PDF-") {
			t.Errorf("the sheet of the training in %s: %d %.40q %v", l, status, body, err)
		}
	}
	if status, _ := s.file("/sessions/" + s.session + "/attendance/2000-01-01-am"); status != 404 {
		t.Errorf("a sheet for another day: %d", status)
	}
	if _, _, err := s.Request(sdktest.Visitor, "GET", "/sessions/"+s.session+"/attendance/"+am, ""); problem.CodeOf(err) != "sign_in_first" {
		t.Errorf("a visitor has the list of participants: %v", err)
	}
	for _, half := range []string{am, pm} {
		s.opens("sign", map[string]any{"id": lina.id, "half": half, "there": true})
	}
	s.opens("sign", map[string]any{"id": amine.id, "half": am, "there": true})
	if status, _ := s.file("/papers/certificate.pdf?r=" + lina.id + "&t=" + lina.token); status != 409 {
		t.Errorf("a certificate before the end: %d", status)
	}
	safia := s.create("training-trainer", map[string]any{"name": "Safia"})
	if err := s.Save(s.training, map[string]any{"trainers": []any{safia}}); err != nil {
		t.Fatal(err)
	}
	if shown := string(s.opens("trainer", map[string]any{"id": safia, "half": am, "there": true}).Tree); !strings.Contains(shown, "Retirer la signature") {
		t.Errorf("the trainer has not signed: %s", shown)
	}
	if v := s.opens("trainer", map[string]any{"id": lina.id, "half": am, "there": true}); v.Tone != "danger" {
		t.Errorf("somebody signs as the trainer: %+v", v)
	}
	if status, body := s.file("/sessions/" + s.session + "/attendance/" + am); status != 200 || !strings.HasPrefix(body, "%PDF-") {
		t.Fatalf("%d %.40q", status, body)
	}
	s.opens("close", nil)
	s.state(lina, "attended")
	s.state(amine, "partial")
	status, body := s.file("/papers/certificate.pdf?locale=ar&r=" + lina.id + "&t=" + lina.token)
	if status != 200 || !strings.HasPrefix(body, "%PDF-") {
		t.Fatalf("%d %.60q", status, body)
	}
	if status, _ := s.file("/papers/certificate.pdf?r=" + lina.id + "&t=" + amine.token); status != 403 {
		t.Errorf("with the token of somebody else: %d", status)
	}
	_, table := s.file("/sessions/" + s.session + "/registrations.csv")
	rows := strings.Split(table, "\n")
	i := slices.IndexFunc(rows, func(r string) bool { return strings.Contains(r, "lina@example.org") })
	if i < 0 || !strings.Contains(rows[i], "attended") {
		t.Fatalf("%s", table)
	}
	code := strings.TrimSpace(rows[i][strings.LastIndex(rows[i], ",")+1:])
	if html := string(s.Page("fr", "/training/certificate", map[string]string{"code": strings.ToLower(code)}).HTML); !strings.Contains(html, "authentique") ||
		!strings.Contains(html, "Gestion du cycle de projet") || strings.Contains(html, "lina") {
		t.Errorf("code %q: %s", code, html)
	}
	if html := string(s.Page("en", "/training/certificate", map[string]string{"code": "AAAA-BBBB-CCCC"}).HTML); !strings.Contains(html, "No certificate has this code") {
		t.Errorf("%s", html)
	}
	s.opinions(lina, amine)
}

// People change what they answered, until a moment; who is let in by somebody is
// let in anew.
func TestAmended(t *testing.T) {
	s := on(t, map[string]any{"approval": true, "edit_until": time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339), "questions": []map[string]any{
		{"key": "why", "label_fr": "Pourquoi ?", "kind": "text", "required": true}, {"key": "diet", "label_fr": "Un régime ?", "kind": "text", "keep_days": 30}}}, nil)
	lina := s.join("lina", map[string]any{"q_why": "pour voir", "q_diet": "sans sel", "phone": "021"})
	s.state(lina, "submitted")
	s.opens("approve", map[string]any{"id": lina.id})
	s.state(lina, "accepted")
	key := map[string]string{"r": lina.id, "t": lina.token}
	if html := string(s.Page("fr", "/training/mine", key).HTML); !strings.Contains(html, "/fr/training/edit?r="+lina.id) {
		t.Errorf("no way to change: %s", html)
	}
	html := string(s.Page("fr", "/training/edit", key).HTML)
	for _, want := range []string{`value="lina"`, `value="021"`, `value="pour voir"`, `value="sans sel"`, "valide de nouveau"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is not in the form: %s", want, html)
		}
	}
	if html := string(s.Page("fr", "/training/edit", map[string]string{"r": lina.id, "t": "x"}).HTML); strings.Contains(html, "lina") || !strings.Contains(html, "pas valable") {
		t.Errorf("a wrong key opens it: %s", html)
	}
	same := map[string]any{"name": "lina", "phone": "0550", "q_why": "pour voir", "q_diet": "sans sel", "visible": "all"}
	if status, got := s.does(lina, "edit", same); status != 200 || got["done"] != "edit" {
		t.Fatalf("%d %v", status, got)
	}
	if e := s.Entry(record.Registrations, lina.id); e["phone"] != "0550" || e["visible"] != "all" || e["state"] != "accepted" {
		t.Errorf("a telephone number is approved anew: %v", e)
	}
	if status, got := s.does(lina, "edit", map[string]any{"name": "lina", "q_why": ""}); status != 422 || got["fault"] != "question" {
		t.Errorf("without a required answer: %d %v", status, got)
	}
	same["q_why"], same["q_diet"] = "pour apprendre", ""
	if status, got := s.does(lina, "edit", same); status != 200 {
		t.Fatalf("%d %v", status, got)
	}
	s.state(lina, "submitted")
	if found := s.List(record.Needs, url.Values{"filter[session][_eq]": {s.session}}); len(found) != 0 {
		t.Errorf("the answer that was taken back is kept: %v", found)
	}
	if html := string(s.Page("fr", "/training/mine", key).HTML); !strings.Contains(html, "Votre place reste gardée") {
		t.Errorf("%s", html)
	}
	if shown := string(s.opens("", nil).Tree); !strings.Contains(shown, "à valider de nouveau (place gardée)") {
		t.Errorf("%s", shown)
	}
	s.opens("approve", map[string]any{"id": lina.id})
	s.state(lina, "accepted")
	s.later.Store(int64(49 * time.Hour))
	if status, got := s.does(lina, "edit", same); status != 409 || got["fault"] != "late" {
		t.Errorf("after the last moment: %d %v", status, got)
	}
	if html := string(s.Page("fr", "/training/edit", key).HTML); strings.Contains(html, "<form") || !strings.Contains(html, "ne peut plus être modifiée") {
		t.Errorf("a form that cannot be sent: %s", html)
	}
	if html := string(s.Page("fr", "/training/mine", key).HTML); strings.Contains(html, "/training/edit") {
		t.Errorf("%s", html)
	}
}

// opinions are given once, and kept without a name.
func (s *stage) opinions(lina, amine member) {
	t := s.t
	form := map[string]any{"r": lina.id, "t": lina.token, "content": 5, "trainer": 4, "organisation": 3, "usefulness": 5}
	if status, got := s.post("/evaluate", map[string]any{"r": lina.id, "t": lina.token, "content": 6}); status != 422 || got["fault"] != "question" {
		t.Errorf("%d %v", status, got)
	}
	for range 2 {
		if status, got := s.post("/evaluate", form); status != 200 || got["done"] != "evaluate" {
			t.Errorf("%d %v", status, got)
		}
	}
	s.opens("publish", map[string]any{})
	kept := s.Entry(record.Trainings, s.training)["published_results"]
	if got := fmt.Sprint(kept); !strings.Contains(got, "participants:2") || !strings.Contains(got, "completion:75") || strings.Contains(got, "satisfaction:4") {
		t.Errorf("one opinion is no average: %s", got)
	}
	if status, _ := s.post("/evaluate", map[string]any{"r": amine.id, "t": lina.token}); status != 403 {
		t.Errorf("%d", status)
	}
}

func TestFeeds(t *testing.T) {
	s := on(t, nil, nil)
	_, feed := s.file("/calendar.ics")
	for _, want := range []string{"UID:" + s.session + "-1@site.example", "UID:" + s.session + "-2@site.example", "SEQUENCE:0", "SUMMARY:Gestion du cycle de projet", "TZID=Africa/Algiers"} {
		if !strings.Contains(feed, want) {
			t.Errorf("%q is not in %s", want, feed)
		}
	}
	if _, none := s.file("/calendar.ics?wilaya=nowhere"); strings.Contains(none, "VEVENT") {
		t.Errorf("%s", none)
	}
	lina := s.join("lina", nil)
	s.state(lina, "accepted")
	first := s.day()
	later := time.Now().UTC().AddDate(0, 1, 3).Format(time.DateOnly)
	s.Until("the session is known", func() bool { return s.Save(s.session, map[string]any{"min_participants": 1}) == nil })
	if err := s.Save(s.session, map[string]any{"half_days": []any{map[string]any{"day": later, "part": "am", "from": "09:00", "to": "12:00"}}}); err != nil {
		t.Fatal(err)
	}
	m := s.hasLetter("lina", "changed")
	if len(m.Attachments) != 1 || !strings.Contains(string(m.Attachments[0].Data), "SEQUENCE:1") || s.day() != later {
		t.Errorf("%+v", m)
	}
	_, course := s.file("/trainings/" + s.training + "/course.jsonld")
	var doc struct {
		Type      string `json:"@type"`
		Instances []struct {
			Start string `json:"startDate"`
			Left  int    `json:"remainingAttendeeCapacity"`
			Most  int    `json:"maximumAttendeeCapacity"`
		} `json:"hasCourseInstance"`
	}
	if err := json.Unmarshal([]byte(course), &doc); err != nil || doc.Type != "Course" || len(doc.Instances) != 1 || doc.Instances[0].Start != later || doc.Instances[0].Left != 1 {
		t.Errorf("%v %s", err, course)
	}
	if told := string(s.Block("fr", "sessions", "training", s.training).Structured); !strings.Contains(told, `"@type":"Course"`) || !strings.Contains(told, later) {
		t.Errorf("search engines are told %s", told)
	}
	if told := string(s.Page("fr", "/training/sessions/gcp-bejaia", nil).Structured); !strings.Contains(told, `"@type":"CourseInstance"`) || !strings.Contains(told, "https://schema.org") {
		t.Errorf("search engines are told %s", told)
	}
	told := string(s.Page("fr", "/training/sessions/gcp-bejaia", nil).Structured)
	for _, want := range []string{`"previousStartDate":"` + first + `"`, "schema.org/EventRescheduled", `"@type":"Schedule"`, `"startTime":"09:00"`, `"scheduleTimezone":"Africa/Algiers"`} {
		if !strings.Contains(told, want) {
			t.Errorf("search engines are not told %s: %s", want, told)
		}
	}
	if html := string(s.Page("en", "/training/sessions/gcp-bejaia", nil).HTML); !strings.Contains(html, "has been moved: it was to begin on") {
		t.Errorf("%s", html)
	}
	if _, table := s.file("/sessions.csv"); !strings.Contains(table, "gcp-bejaia") {
		t.Errorf("%s", table)
	}
	for locale, want := range map[string]string{"fr": "Béjaïa", "ar": "المقاعد الشاغرة: 1 من 2", "en": "Free seats: 1 of 2"} {
		if html := string(s.Page(locale, "/training", nil).HTML); !strings.Contains(html, want) {
			t.Errorf("%s: %s", locale, html)
		}
	}
	if html := string(s.Block("fr", "sessions", "training", s.training).HTML); !strings.Contains(html, "gcp-bejaia") {
		t.Errorf("%s", html)
	}
}

// A session that is called off says so, keeps its date, and is moved no more when
// it is back where it was.
func TestCalledOff(t *testing.T) {
	s := on(t, nil, nil)
	first := s.day()
	for _, c := range []struct {
		change map[string]any
		want   string
		not    string
	}{
		{map[string]any{"stage": "cancelled"}, "schema.org/EventCancelled", "previousStartDate"},
		{map[string]any{"stage": "postponed"}, "schema.org/EventPostponed", "previousStartDate"},
		{map[string]any{"stage": "open", "half_days": []any{map[string]any{"day": "2099-01-04", "part": "am", "from": "09:00", "to": "12:00"}}}, `"previousStartDate":"` + first, "EventScheduled"},
		{map[string]any{"half_days": []any{map[string]any{"day": "2099-01-05", "part": "am", "from": "09:00", "to": "12:00"}}}, `"previousStartDate":"` + first, "EventScheduled"},
		{map[string]any{"half_days": []any{map[string]any{"day": first, "part": "am", "from": "09:00", "to": "12:00"}}}, "schema.org/EventScheduled", "previousStartDate"},
	} {
		if err := s.Save(s.session, c.change); err != nil {
			t.Fatal(err)
		}
		told := string(s.Page("fr", "/training/sessions/gcp-bejaia", nil).Structured)
		if !strings.Contains(told, c.want) || strings.Contains(told, c.not) || !strings.Contains(told, `"startDate":"`+s.day()) {
			t.Errorf("%v: want %s in %s", c.change, c.want, told)
		}
	}
}

// The editors' board: approval, refusal, letters to all.
func TestBoard(t *testing.T) {
	s := on(t, map[string]any{"approval": true}, nil)
	lina, amine := s.join("lina", nil), s.join("amine", nil)
	s.state(lina, "submitted")
	s.opens("approve", map[string]any{"id": lina.id})
	s.state(lina, "accepted")
	if v := s.opens("reject", map[string]any{"id": amine.id, "reason": strings.Repeat("é", 300)}); v.Tone != "danger" || v.Tree != nil || len(v.Faults) != 1 {
		t.Errorf("a reason that no letter takes: %+v", v)
	}
	s.opens("reject", map[string]any{"id": amine.id, "reason": "Cette session est\npour les trésoriers."})
	s.reasoned("amine", amine, "rejected", "Cette session est pour les trésoriers.")
	if shown := string(s.opens("", nil).Tree); !strings.Contains(shown, "lina") || !strings.Contains(shown, "Place réservée") {
		t.Errorf("%s", shown)
	}
	for _, paper := range []string{"/attendance/" + s.day() + "-am", "/registrations.csv"} {
		path := "/sessions/" + s.session + paper
		if shown := string(s.opens("", nil).Tree); !strings.Contains(shown, "/api/v1/plugins/training"+path+"?locale=fr") {
			t.Errorf("the board does not lead to %s: %s", paper, shown)
		}
		if status, _ := s.file(path + "?locale=fr"); status != 200 {
			t.Errorf("%s: %d", paper, status)
		}
	}
	for range 2 { // pressed twice, sent once
		if v := s.opens("mail", map[string]any{"subject": "Salle", "text": "Nous changeons de salle.\n\nÀ demain."}); v.Toast != "Message envoyé ; destinataires : 1." {
			t.Errorf("%+v", v)
		}
	}
	n := 0
	for _, m := range s.Letters() {
		if m.Kind == "plugin.training.message" {
			n++
		}
	}
	if m := s.hasLetter("lina", "message"); n != 1 || m.Subject != "Salle" || m.Lines[0] != "Nous changeons de salle." {
		t.Errorf("%d letters; %+v", n, m)
	}
	if v := s.opens("mail", map[string]any{"subject": "x", "text": ""}); len(v.Faults) != 1 {
		t.Errorf("%+v", v)
	}
	if v := s.opens("approve", map[string]any{"id": amine.id}); v.Tone != "danger" {
		t.Errorf("who was refused is let in: %+v", v)
	}
	if _, err := s.Interact(s.User("reader"), console.Interaction{Place: "board"}); problem.CodeOf(err) != "not_allowed" {
		t.Errorf("a reader sees the board: %v", err)
	}
}

// The calendar of sessions in the console: by month, what is ahead before what
// is over.
func TestCalendar(t *testing.T) {
	s := on(t, nil, nil)
	for code, day := range map[string]string{"far": "2098-02-03", "next": "2098-01-04", "same": "2098-01-20", "past": "2007-06-18", "older": "2007-05-02"} {
		s.code = code
		s.another(map[string]any{"min_participants": 3, "half_days": []map[string]any{{"day": day, "part": "am", "from": "09:00", "to": "12:00"}}})
	}
	s.code = "someday"
	s.another(map[string]any{"half_days": []map[string]any{}})
	view, err := s.Interact(s.editor(), console.Interaction{Place: "board", Locale: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Parse(view.Tree, nil); err != nil {
		t.Fatal(err)
	}
	shown, at := string(view.Tree), -1
	for _, want := range []string{"À venir", "4 janvier 2098 · Gestion du cycle de projet", "20 janvier 2098", `"title":"janvier 2098"`, "3 février 2098", `"title":"dates à venir"`, "Passées", "18 juin 2007", "2 mai 2007"} {
		next := strings.Index(shown, want)
		if next <= at {
			t.Errorf("%q is at %d, after %d: %s", want, next, at, shown)
		}
		at = next
	}
	if !strings.Contains(shown, "session="+s.session) || strings.Count(shown, "Sous le minimum : 0 sur 3") != 3 {
		t.Errorf("%s", shown)
	}
	old := s.create("training", map[string]any{"title": "Tenir une caisse", "valid_until": "2007-12-31"})
	card, err := s.Interact(s.editor(), console.Interaction{Place: "next", Locale: "ar"})
	if err != nil || strings.Contains(string(card.Tree), "18 جوان 2007") || !strings.Contains(string(card.Tree), "2098") || !strings.Contains(string(card.Tree), old) {
		t.Errorf("%s %v", card.Tree, err)
	}
}

// reasoned looks for a reason in the letter to somebody, and on their page.
func (s *stage) reasoned(name string, m member, letter, reason string) {
	s.t.Helper()
	if l := s.hasLetter(name, letter); !strings.Contains(strings.Join(l.Lines, " "), reason) {
		s.t.Errorf("the letter has no reason: %+v", l)
	}
	if html := string(s.Page("fr", "/training/mine", map[string]string{"r": m.id, "t": m.token}).HTML); !strings.Contains(html, reason) {
		s.t.Errorf("the page has no reason: %s", html)
	}
}

// Whose registration an editor cancels reads why; whoever cancels it themselves
// reads nothing of the kind, whatever was written before.
func TestReason(t *testing.T) {
	s := on(t, nil, nil)
	lina := s.join("lina", nil)
	s.state(lina, "accepted")
	view, err := s.Interact(s.editor(), console.Interaction{Place: "board", Locale: "ar", Params: map[string]string{"session": s.session, "person": lina.id}})
	if err != nil || !strings.Contains(string(view.Tree), "إلغاء التسجيل") {
		t.Fatalf("%+v %v", view, err)
	}
	raw := []byte(`{"reason": "La salle est trop petite."}`)
	view, err = s.Interact(s.editor(), console.Interaction{Place: "board", Action: "cancel", Params: map[string]string{"session": s.session, "person": lina.id}, Values: raw})
	if err != nil || view.Tone != "success" || !strings.Contains(string(view.Tree), "tabs") || view.Navigate != "/x/training/board?session="+s.session {
		t.Fatalf("%+v %v", view, err)
	}
	s.reasoned("lina", lina, "cancelled", "La salle est trop petite.")
	if status, got := s.does(lina, "erase", nil); status != 200 {
		t.Fatalf("%d %v", status, got)
	}
	s.Until("the reason is erased", func() bool { return s.Entry(record.Registrations, lina.id)["reason"] == nil })
}

// An editor registers somebody who telephones, also without an address, and when
// visitors no longer may.
func TestTelephone(t *testing.T) {
	s := on(t, map[string]any{"recruitment": "closed", "approval": true, "capacity": 1}, nil)
	shown := string(s.opens("", nil).Tree)
	if !strings.Contains(shown, "Inscrire quelqu’un") || !strings.Contains(shown, `"consent"`) {
		t.Fatalf("%s", shown)
	}
	form := map[string]any{"name": "Lina", "phone": "05 50 00 00 01", "consent": true, "language": "ar"}
	for missing, fault := range map[string]string{"name": "Écrivez le nom de la personne.", "phone": "Cette adresse", "consent": "l’accord de la personne"} {
		wrong := map[string]any{}
		for k, v := range form {
			if k != missing {
				wrong[k] = v
			}
		}
		if v := s.opens("register", wrong); v.Tone != "danger" || !strings.Contains(v.Toast, fault) || len(v.Faults) != 1 || v.Tree != nil {
			t.Errorf("without %s: %+v", missing, v)
		}
	}
	if v := s.opens("register", form); v.Tone != "success" {
		t.Fatalf("%+v", v)
	}
	again := map[string]any{"name": "Lina B.", "phone": "0550000001", "consent": true}
	if v := s.opens("register", again); v.Tone != "danger" || !strings.Contains(v.Toast, "déjà inscrite") {
		t.Errorf("twice: %+v", v)
	}
	if v := s.opens("register", map[string]any{"name": "Amine", "email": "amine@example.org", "consent": true}); v.Tone != "success" {
		t.Fatalf("%+v", v)
	}
	if m := s.hasLetter("amine", "waitlisted"); m.Button.URL == "" {
		t.Errorf("%+v", m)
	}
	s.Until("both are settled", func() bool {
		_, table := s.file("/sessions/" + s.session + "/registrations.csv")
		return strings.Contains(table, ",accepted,Lina,,05 50 00 00 01") && strings.Contains(table, ",waitlisted,Amine,amine@example.org") && strings.Count(table, "Lina") == 1
	})
	for _, m := range s.Letters() {
		if m.Kind == "plugin.training.code" {
			t.Errorf("a code was sent: %+v", m)
		}
	}
	s.later.Store(int64(25 * 24 * time.Hour))
	if run := s.Job("remind", nil); run.State != "done" {
		t.Errorf("somebody without an address is reminded: %+v", run)
	}
}

// What has been kept for its time is erased, each thing after its own.
func TestRetention(t *testing.T) {
	s := on(t, map[string]any{"questions": []map[string]any{{"key": "diet", "label_fr": "Un régime ?", "kind": "text", "keep_days": 30}}},
		map[string]any{"keep_months": 6, "keep_proof_years": 2})
	lina, amine := s.join("lina", map[string]any{"q_diet": "sans gluten"}), s.join("amine", nil)
	s.state(lina, "accepted")
	s.state(amine, "accepted")
	s.opens("sign", map[string]any{"id": lina.id, "half": s.day() + "-am", "there": true})
	s.opens("close", nil)
	s.state(amine, "absent")
	day := 24 * time.Hour
	named := func(m member) bool { return s.Entry(record.Registrations, m.id)["name"] != nil }
	for _, c := range []struct {
		after       time.Duration
		lina, amine bool
	}{{100 * day, true, true}, {300 * day, true, false}, {900 * day, false, false}} {
		s.later.Store(int64(c.after))
		if run := s.Job("retain", nil); run.State != "done" {
			t.Fatalf("%+v", run)
		}
		if named(lina) != c.lina || named(amine) != c.amine {
			t.Errorf("after %v: lina %v, amine %v", c.after, named(lina), named(amine))
		}
	}
	s.Until("the count remains", func() bool { return s.Entry(record.Registrations, lina.id)["state"] == "partial" })
}

func TestReminders(t *testing.T) {
	s := on(t, nil, nil)
	lina := s.join("lina", nil)
	s.state(lina, "accepted")
	starts, err := time.Parse(time.DateOnly, s.day())
	if err != nil {
		t.Fatal(err)
	}
	for _, before := range []int{20, 7, 6, 1} {
		s.later.Store(int64(time.Until(starts.AddDate(0, 0, -before).Add(6 * time.Hour))))
		if run := s.Job("remind", nil); run.State != "done" {
			t.Fatalf("%+v", run)
		}
	}
	n := 0
	for _, m := range s.Letters() {
		if m.Kind == "plugin.training.reminder" {
			n++
		}
	}
	if n != 2 {
		t.Errorf("%d reminders: one a week before and one the day before", n)
	}
}

// A training is published only with all that has to be public, where the site
// wants it so.
func TestQualiopi(t *testing.T) {
	s := sdktest.Run(t, Plugin(), map[string]any{"qualiopi": true})
	_, err := s.Create("training", map[string]any{"title": "Gestion du cycle de projet"})
	if problem.CodeOf(err) != "plugin_refuses" || !strings.Contains(err.Error(), "exigée pour publier") {
		t.Errorf("%v", err)
	}
	full := map[string]any{"title": "Complète", "objectives": []any{map[string]any{"text": "Savoir"}}, "results": "Attestation", "contents": "Tout", "audience": "Associations",
		"prerequisites": "Aucun", "methods": "Ateliers", "evaluation": "Exercices", "hours": 21, "price": 0, "access_delay": 15, "access_how": "En ligne",
		"accessibility": "Salle accessible", "disability_contact": "handicap@example.org", "contact": "contact@example.org"}
	if _, err := s.Create("training", full); err != nil {
		t.Errorf("a complete training: %v", err)
	}
}

// The catalogue goes out as LHEO, and one from elsewhere comes in once.
func TestLHEO(t *testing.T) {
	s := on(t, nil, nil)
	if _, file := s.file("/lheo.xml"); strings.Contains(file, "<formation") {
		t.Errorf("what a catalogue would refuse is written: %s", file)
	}
	if err := s.Save(s.venue, map[string]any{"postcode": "06000"}); err != nil {
		t.Fatal(err)
	}
	provider := s.create("authorities", map[string]any{"name": "Direction de la jeunesse", "kind": "ministry"})
	err := s.Save(s.training, map[string]any{"objectives": []any{map[string]any{"text": "Conduire un projet"}}, "results": "Attestation", "contents": "De l’idée au bilan",
		"prerequisites": "aucune", "contact": "contact@example.org", "provider": provider, "disability_contact": "handicap@example.org",
		"lheo": map[string]any{"formacodes": "32154", "audience_codes": "82056", "pathway": "1", "entry_level": "0", "activity_number": "11755555555", "siret": "12345678901234"}})
	if err != nil {
		t.Fatal(err)
	}
	_, file := s.file("/lheo.xml")
	all, err := lheo.Read(strings.NewReader(file))
	if err != nil || len(all) != 1 || len(all[0].Check()) > 0 || all[0].Actions[0].Sessions[0].ID != s.code {
		t.Fatalf("%v %s", err, file)
	}
	other := strings.ReplaceAll(strings.ReplaceAll(file, `numero="GCP"`, `numero="AILLEURS"`), "Gestion du cycle de projet", "Plaidoyer")
	for _, want := range []string{`"made":1,"there":0,"sessions":1`, `"made":0,"there":1,"sessions":0`} {
		status, body, err := s.Request(s.editor(), "POST", "/lheo.xml", other)
		if got := strings.ReplaceAll(body, `"faults":{},`, ""); err != nil || status != 200 || !strings.Contains(got, want) {
			t.Errorf("%d %s %v, want %s", status, body, err, want)
		}
	}
	drafts := s.List(record.Sessions, url.Values{"filter[code][_eq]": {"ailleurs-gcp-bejaia"}})
	if len(drafts) != 1 || drafts[0]["stage"] != "draft" || drafts[0]["starts"] != s.day() || drafts[0]["ends"] != s.day() || drafts[0]["mode"] != "onsite" ||
		drafts[0]["venue"] != s.venue || drafts[0]["training"] == s.training {
		t.Errorf("the session that came in: %v", drafts)
	}
	// A session more, at another place, comes to the training that is there; what
	// the site refuses is told, and the rest goes on.
	from, to := strings.Index(other, "<session "), strings.Index(other, "</session>")+len("</session>")
	more := strings.NewReplacer(`numero="`+s.code+`"`, `numero="Été 2098"`, strings.ReplaceAll(s.day(), "-", ""), "20980704", "Maison de jeunes", "Salle des fêtes").Replace(other[from:to])
	bad := strings.NewReplacer(`numero="AILLEURS"`, `numero="FAUX"`, "32154", "x").Replace(other[strings.Index(other, "<formation "):strings.Index(other, "</offres>")])
	other = strings.Replace(other[:to]+more+other[to:], "<offres>", "<offres>"+bad, 1)
	status, body, err := s.Request(s.editor(), "POST", "/lheo.xml", other)
	if err != nil || status != 200 || !strings.Contains(body, `"made":0,"there":1,"sessions":1`) || !strings.Contains(body, "code-FORMACODE") || !strings.Contains(body, "/lheo/formacodes") {
		t.Errorf("%d %s %v", status, body, err)
	}
	drafts = s.List(record.Sessions, url.Values{"filter[code][_eq]": {"ailleurs-t-2098"}})
	if len(drafts) != 1 || drafts[0]["starts"] != "2098-07-04" || drafts[0]["venue"] == s.venue {
		t.Errorf("the session that came later: %v", drafts)
	}
	if _, _, err := s.Request(sdktest.Visitor, "POST", "/lheo.xml", other); problem.CodeOf(err) != "sign_in_first" {
		t.Errorf("a visitor imports: %v", err)
	}
}
