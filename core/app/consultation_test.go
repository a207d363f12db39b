//go:build linux

package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/quotedprintable"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The whole of the consultation module over HTTP, against the real program with
// the module in a process of its own, which is killed again and again.

// forum is a site with the module, and how a test speaks to it.
type forum struct {
	t       *testing.T
	p       place
	node    *process
	data    string
	visitor *client
	admin   *client
	wilaya  string
	kills   int
}

func newForum(t *testing.T) *forum {
	t.Helper()
	p := folderPlace(t)
	f := &forum{t: t, p: p, data: filepath.Join(t.TempDir(), "a")}
	f.node = serve(t, p, f.data)
	f.visitor, f.admin = newClient(t, f.node, ""), newClient(t, f.node, administrator(t, p, f.data))
	f.visitor.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	must(t, p, "", "plugin", "install", "consultation", "--yes", "--bucket", p.address, "--data", filepath.Join(t.TempDir(), "b"))
	f.pid()
	f.wilaya = f.make("territories", map[string]any{"name": "Béjaïa", "kind": "wilaya", "code": "06"})
	return f
}

// pid waits until the module runs, and gives its process.
func (f *forum) pid() (pid int) {
	f.t.Helper()
	eventually(f.t, func() error {
		r, err := f.admin.call(f.t.Context(), "GET", "/api/v1/plugins/consultation", nil)
		if err != nil {
			return err
		}
		var got struct {
			Data struct {
				Status struct {
					State string `json:"state"`
					PID   int    `json:"pid"`
				} `json:"status"`
			} `json:"data"`
		}
		if err := json.Unmarshal(r.body, &got); err != nil {
			return err
		}
		if pid = got.Data.Status.PID; got.Data.Status.State != "running" || pid == 0 {
			return fmt.Errorf("the module: %.300s", r.body)
		}
		return nil
	})
	return pid
}

// kill ends the process of the module in the middle of whatever it does. What
// comes next has to go on. After five falls within ten minutes the host would let
// it rest: a story has four.
func (f *forum) kill() {
	f.t.Helper()
	if err := syscall.Kill(f.pid(), syscall.SIGKILL); err != nil && err != syscall.ESRCH {
		f.t.Fatal(err)
	}
	f.kills++
}

// make makes an entry and publishes it. A hook that is late, or away, refuses:
// then it is tried again.
func (f *forum) make(collection string, values map[string]any) (id string) {
	f.t.Helper()
	values["locale"] = "fr"
	key := collection + " " + fmt.Sprint(time.Now().UnixNano())
	eventually(f.t, func() error {
		r, err := f.admin.call(f.t.Context(), "POST", "/api/v1/entries/"+collection, values, "Idempotency-Key", key)
		if err != nil {
			return err
		}
		if r.status != http.StatusCreated {
			return fmt.Errorf("%s: %d %s", collection, r.status, r.body)
		}
		one, err := r.item()
		id = one.ID
		return err
	})
	eventually(f.t, func() error {
		r, err := f.admin.call(f.t.Context(), "POST", "/api/v1/entries/"+collection+"/"+id+"/actions/publish", map[string]any{})
		if err == nil && r.status != http.StatusOK {
			err = fmt.Errorf("publish in %s: %d %s", collection, r.status, r.body)
		}
		return err
	})
	return id
}

// send sends a form as a browser does, until it leads on: a visitor who is told
// to try again in a moment does, and nothing is done twice.
func (f *forum) send(route string, pairs ...string) (to string) {
	f.t.Helper()
	v := url.Values{"locale": {"fr"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	eventually(f.t, func() error {
		r, err := f.visitor.call(f.t.Context(), "POST", "/api/v1/plugins/consultation/"+route, []byte(v.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
		if err != nil {
			return err
		}
		if r.status == http.StatusServiceUnavailable && !strings.Contains(string(r.body), "<!doctype html>") {
			f.t.Errorf("%s: an unfriendly answer: %s", route, r.body)
		}
		if r.status != http.StatusSeeOther {
			return fmt.Errorf("%s %v: %d %s", route, v, r.status, r.body)
		}
		to = r.header.Get("Location")
		return nil
	})
	return to
}

// shows waits until a page has some texts. Whatever happens to the module, a
// visitor never sees worse than a page that says to come back.
func (f *forum) shows(path string, texts ...string) string {
	f.t.Helper()
	page := ""
	eventually(f.t, func() error {
		r, err := f.visitor.call(f.t.Context(), "GET", path, nil, "Accept", "text/html")
		if err != nil {
			return err
		}
		page = string(r.body)
		if r.status == http.StatusServiceUnavailable {
			if !strings.Contains(page, "<html") || !strings.Contains(page, "</html>") {
				f.t.Errorf("%s: an unfriendly page: %s", path, page)
			}
			return fmt.Errorf("%s: 503", path)
		}
		if r.status != http.StatusOK {
			return fmt.Errorf("%s: %d", path, r.status)
		}
		for _, text := range texts {
			if !strings.Contains(page, text) {
				return fmt.Errorf("%s does not have %q: %s", path, text, page)
			}
		}
		return nil
	})
	return page
}

// press presses something at a screen of the console.
func (f *forum) press(screen, action, params string, values map[string]any) string {
	f.t.Helper()
	body := map[string]any{"action": action, "values": values, "params": map[string]string{}}
	if q, err := url.ParseQuery(params); err == nil {
		ps := map[string]string{}
		for name := range q {
			ps[name] = q.Get(name)
		}
		body["params"] = ps
	}
	out := ""
	eventually(f.t, func() error {
		r, err := f.admin.call(f.t.Context(), "POST", "/api/v1/plugins/consultation/console/"+screen, body, "Accept-Language", "fr")
		if err == nil && (r.status != http.StatusOK || strings.Contains(string(r.body), `"tone":"danger","toast"`) || strings.Contains(string(r.body), `"tone":"danger"}`) && action != "") {
			err = fmt.Errorf("%s/%s: %d %.600s", screen, action, r.status, r.body)
		}
		if err == nil {
			out = string(r.body)
		}
		return err
	})
	return out
}

// find gives the id of an entry by a field.
func (f *forum) find(collection, field, value string) (id string) {
	f.t.Helper()
	eventually(f.t, func() error {
		r, err := f.admin.call(f.t.Context(), "GET", "/api/v1/entries/"+collection+"?"+url.Values{"filter[" + field + "][_eq]": {value}, "version": {"draft"}, "fields": {"id"}}.Encode(), nil)
		if err != nil {
			return err
		}
		var got struct{ Data []item }
		if err := json.Unmarshal(r.body, &got); err != nil || len(got.Data) != 1 {
			return fmt.Errorf("%s %s=%s: %v %.300s", collection, field, value, err, r.body)
		}
		id = got.Data[0].ID
		return nil
	})
	return id
}

// count counts entries of a query.
func (f *forum) count(collection, query string) int {
	f.t.Helper()
	r := f.admin.want(f.t, http.StatusOK, "GET", "/api/v1/entries/"+collection+"?page[size]=1&version=draft&count=exact&"+query, nil)
	var got struct {
		Meta struct {
			Page struct {
				Total int `json:"total"`
			} `json:"page"`
		} `json:"meta"`
	}
	if err := json.Unmarshal(r.body, &got); err != nil {
		f.t.Fatal(err)
	}
	return got.Meta.Page.Total
}

// letter waits for one to an address with a text in it, and gives its text.
func (f *forum) letter(email, text string) (letter string) {
	f.t.Helper()
	eventually(f.t, func() error {
		err := filepath.WalkDir(filepath.Join(f.data, "mail"), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil || !bytes.Contains(raw, []byte(email)) {
				return err
			}
			plain, _ := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw))) // what comes before an error counts
			if strings.Contains(string(plain), text) {
				letter = string(plain)
			}
			return nil
		})
		if err == nil && letter == "" {
			err = fmt.Errorf("no letter to %s with %q", email, text)
		}
		return err
	})
	return letter
}

var spaceAddress = regexp.MustCompile(`/consultation/espace/([0-9A-Z]{26})/([A-Za-z0-9_-]+)`)

// member gives the beginning of a form of a member: who they are.
func (f *forum) member(email string) []string {
	f.t.Helper()
	m := spaceAddress.FindStringSubmatch(f.letter(email, "/consultation/espace/"))
	if m == nil {
		f.t.Fatalf("no address of a space came to %s", email)
	}
	return []string{"mandate", m[1], "token", m[2]}
}

func day(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }

// TestConsultationStory is the group of thirty associations, from invitations to
// a commitment at 40 %, with the module's process killed between and during its
// steps. Whatever was acknowledged is there at the end, and once.
func TestConsultationStory(t *testing.T) {
	t.Parallel()
	f := newForum(t)
	group := f.make("consultation_group", map[string]any{"title": "Jeunesse", "ref": "GT2", "visibility": "public", "mandate": "Ouvrir les lieux aux jeunes."})
	var associations []string
	for i := range 30 {
		associations = append(associations, f.make("associations", map[string]any{"name": fmt.Sprintf("Association %02d", i), "wilaya": f.wilaya, "mission": "Agir."}))
		f.make("consultation_mandate", map[string]any{"label": "m", "group": group, "association": associations[i], "role": "titular", "from": day(-30), "email": fmt.Sprintf("t%02d@example.org", i), "name": "Titulaire"})
	}
	for i := range 4 {
		f.make("consultation_mandate", map[string]any{"label": "m", "group": group, "association": associations[i], "role": "substitute", "from": day(-30), "email": fmt.Sprintf("s%02d@example.org", i), "name": "Suppléant"})
	}
	meeting := f.make("consultation_meeting", map[string]any{"title": "Rencontre de Bouira", "group": group, "starts": day(20) + "T09:00:00Z", "place": "Bouira", "capacity": 40,
		"waiting": true, "state": "confirmed", "agenda": []any{map[string]any{"title": "Horaires des maisons de jeunes", "minutes": 60}}})

	// Invitations; 27 associations answer, four of them by their substitutes.
	f.press("meetings", "invite", "meeting="+meeting, nil)
	f.press("meetings", "invite", "meeting="+meeting, nil)
	for i := range 27 {
		email := fmt.Sprintf("t%02d@example.org", i)
		if i < 4 {
			email = fmt.Sprintf("s%02d@example.org", i)
		}
		if i == 9 {
			f.kill()
		}
		f.send("rsvp", append(f.member(email), "meeting", meeting, "answer", "yes")...)
	}
	f.shows("/fr/consultation/rencontres/"+meeting, "Associations attendues : 27")
	if tree := f.press("meetings", "", "meeting="+meeting, nil); strings.Count(tree, "par le suppléant") != 4 || !strings.Contains(tree, "Association 27, Association 28, Association 29") {
		t.Errorf("who answered, and who did not: %s", tree)
	}

	// Minutes, corrected twice, approved, published; 6 decisions, 9 actions.
	f.press("meetings", "minutes", "meeting="+meeting, map[string]any{"text": "On a parlé des horaires."})
	minutes := f.find("consultation_minutes", "key", meeting)
	move := func(to string) {
		t.Helper()
		f.press("meetings", "move", "meeting="+meeting, map[string]any{"id": minutes, "to": to})
	}
	move("circulated")
	for i, text := range []string{"Il manque le vote.", "La date est fausse."} {
		f.send("correct", append(f.member(fmt.Sprintf("t%02d@example.org", 5+i)), "minutes", minutes, "text", text)...)
		if i == 0 {
			f.kill()
		}
		var got struct {
			Data struct {
				Corrections []struct{ ID, Text string }
			}
		}
		r := f.admin.want(t, http.StatusOK, "GET", "/api/v1/entries/consultation_minutes/"+minutes+"?version=draft", nil)
		if err := json.Unmarshal(r.body, &got); err != nil || len(got.Data.Corrections) != i+1 || got.Data.Corrections[i].Text != text {
			t.Fatalf("the corrections: %v %s", err, r.body)
		}
		f.press("meetings", "correction", "meeting="+meeting, map[string]any{"id": minutes, "correction": got.Data.Corrections[i].ID, "taken": "yes"})
		move("circulated")
	}
	move("approved")
	move("published")
	for i := range 6 {
		f.press("meetings", "decide", "meeting="+meeting, map[string]any{"text": fmt.Sprintf("Décision numéro %d.", i), "kind": "consensus"})
	}
	for i := range 9 {
		f.press("meetings", "act", "meeting="+meeting, map[string]any{"text": fmt.Sprintf("Action numéro %d", i), "owner": associations[i], "due": day(10)})
	}
	f.shows("/fr/consultation/rencontres/"+meeting, "On a parlé des horaires.", "Décision numéro 5.", "Action numéro 8")
	// The same words may be decided twice: a press that was late is done again.
	if n := f.count("consultation_decision", ""); n < 6 {
		t.Errorf("%d decisions", n)
	}
	if n := f.count("consultation_action", ""); n != 9 {
		t.Errorf("%d actions", n)
	}

	// Positions of all thirty, with two reservations.
	f.press("groups", "ballot", "group="+group, map[string]any{"title": "Ouvrir jusqu’à 20 h", "text": "Toutes les maisons de jeunes.", "kind": "agreement", "closes": day(10), "quorum": 50})
	ballot := f.find("consultation_ballot", "title", "Ouvrir jusqu’à 20 h")
	for i := range 28 {
		if i == 14 {
			f.kill()
		}
		form := append(f.member(fmt.Sprintf("t%02d@example.org", i)), "ballot", ballot, "value", "agree")
		if i == 3 || i == 4 {
			form = append(form, "value", "reserve", "reservation", fmt.Sprintf("Réserve numéro %d.", i))
		}
		f.send("position", form...)
	}
	f.shows("/fr/consultation/positions/"+ballot, "Positions : 28 ; associations : 30", "Réserve numéro 3.", "Réserve numéro 4.", "Association 28", "Association 29")
	if n := f.count("consultation_position", ""); n != 28 {
		t.Errorf("%d positions", n)
	}

	// A recommendation to the DJS; its delay passes, and everybody sees it.
	f.press("follow", "recommend", "", map[string]any{"ref": "GT2-R1", "text": "Ouvrir les maisons de jeunes jusqu’à 20 h.", "group": group, "addressee": "Direction de la jeunesse et des sports"})
	rec := f.find("consultation_recommendation", "ref", "GT2-R1")
	f.press("follow", "send", "recommendation="+rec, map[string]any{"ballot": ballot})
	f.shows("/fr/consultation/recommandations/"+rec, "Réponse attendue le", "Associations en soutien : 28", "Réserve numéro 4.")
	eventually(t, func() error { // twelve days after it was due
		r, err := f.admin.call(t.Context(), "PATCH", "/api/v1/entries/consultation_recommendation/"+rec, map[string]any{"locale": "fr", "deadline": day(-12)}, "If-Match", "*")
		if err == nil && r.status != http.StatusOK {
			err = fmt.Errorf("%d %s", r.status, r.body)
		}
		return err
	})
	f.admin.want(t, http.StatusOK, "POST", "/api/v1/entries/consultation_recommendation/"+rec+"/actions/publish", map[string]any{})
	f.shows("/fr/consultation/suivi", "Retard en jours : 12")
	f.shows("/ar/consultation/suivi", "أيام التأخر: 12")
	f.press("follow", "answer", "recommendation="+rec, map[string]any{"state": "accepted", "reasons": "Trois maisons d’abord.", "signatory": "Le directeur"})
	f.press("follow", "promise", "recommendation="+rec, map[string]any{"title": "Trois maisons ouvertes le soir", "due": day(90)})
	commitment := f.find("consultation_commitment", "title", "Trois maisons ouvertes le soir")
	f.kill()
	f.press("follow", "progress", "recommendation="+rec, map[string]any{"commitment": commitment, "progress": 40, "state": "under_way"})
	page := f.shows("/fr/consultation/recommandations/"+rec, "Trois maisons d’abord.", "40 %")
	if strings.Contains(page, "Retard en jours") {
		t.Error("late although answered")
	}
	t.Logf("the module was killed %d times", f.kills)
	f.node.stop()
}
