package site_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/server"
)

// patience is how long hourly work may take, with the race detector on a
// machine that does much else.
const patience = 10 * time.Minute

const claimed = "/fr/associations/femmes-du-djurdjura"

// keeping is a world in which time can be moved on and hourly work be called for.
type keeping struct {
	*world
	dir   string
	ahead atomic.Int64

	mu    sync.Mutex
	hours []chan time.Time
}

func newKeeping(t *testing.T) *keeping {
	t.Helper()
	k := &keeping{dir: demo(t)}
	token := administrator(t, k.dir)
	parts := app.Parts{Now: func() time.Time { return time.Now().Add(time.Duration(k.ahead.Load())) },
		Ticks: func(every time.Duration) (<-chan time.Time, func()) {
			c := make(chan time.Time)
			if every == time.Hour {
				k.mu.Lock()
				k.hours = append(k.hours, c)
				k.mu.Unlock()
			}
			return c, func() {}
		}}
	k.world = serveWith(t, k.dir, app.Config{Limits: server.Limits{SignIn: server.Rate{Count: -1}}}, parts)
	k.token = token
	return k
}

// hour lets all hourly work happen once, and ends when it has.
func (k *keeping) hour(t *testing.T) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	for range 2 { // the second is only taken when the first is done
		for _, c := range k.hours {
			select {
			case c <- time.Now():
			case <-time.After(patience):
				t.Fatal("hourly work is not done")
			}
		}
	}
}

func (k *keeping) pass(d time.Duration) { k.ahead.Add(int64(d)) }

// post sends a form, some seconds after it was shown.
func (k *keeping) post(t *testing.T, path string, values url.Values) answer {
	t.Helper()
	k.pass(5 * time.Second)
	return k.do(t, http.MethodPost, path, []byte(values.Encode()), "Content-Type", "application/x-www-form-urlencoded")
}

var hidden = regexp.MustCompile(`name="(token|ticket)" value="([^"]+)"`)

// fields gives the hidden fields of a form.
func fields(a answer) url.Values {
	out := url.Values{}
	for _, m := range hidden.FindAllSubmatch(a.body, -1) {
		out.Set(string(m[1]), string(m[2]))
	}
	return out
}

var linkIn = regexp.MustCompile(`/fr/tenir-a-jour\?lien=[\w-]+`)

// links gives the addresses that letters to an address have, the newest last.
func (k *keeping) links(t *testing.T, want int) []string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		var out []string
		for _, letter := range letters(t, k.dir) {
			text := strings.ReplaceAll(strings.ReplaceAll(letter, "=\r\n", ""), "=3D", "=")
			if m := linkIn.FindString(text); m != "" {
				out = append(out, m)
			}
		}
		if len(out) >= want || time.Now().After(deadline) {
			return out
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ask asks for a link and gives it.
func (k *keeping) ask(t *testing.T) string {
	t.Helper()
	before := k.links(t, 0)
	form := fields(k.get(t, claimed+"/tenir-a-jour"))
	form.Set("email", k.mailbox(t))
	if a := k.post(t, claimed+"/tenir-a-jour", form); a.status != http.StatusSeeOther {
		t.Fatalf("asking for a link: %d %.300s", a.status, a.body)
	}
	for _, l := range k.links(t, len(before)+1) {
		if !strings.Contains(strings.Join(before, " "), l) {
			return l
		}
	}
	t.Fatal("no letter with a link")
	return ""
}

func (k *keeping) entry(t *testing.T, query string) map[string]any {
	t.Helper()
	return k.api(t, http.MethodGet, "/entries/associations/femmes-du-djurdjura"+query, nil)
}

func (k *keeping) mailbox(t *testing.T) string {
	t.Helper()
	address, _ := k.entry(t, "")["public_email"].(string)
	return address
}

func TestAnAssociationKeepsItsProfileByALink(t *testing.T) {
	k := newKeeping(t)
	if !bytes.Contains(k.get(t, claimed).body, []byte(`href="`+claimed+`/tenir-a-jour"`)) {
		t.Fatal("the profile does not lead to the form")
	}
	// Letters that only look alike may be another mailbox: the letter goes to the
	// address that is known.
	alike := fields(k.get(t, claimed+"/tenir-a-jour"))
	alike.Set("email", strings.Replace(k.mailbox(t), "s", "\u017f", 1))
	k.post(t, claimed+"/tenir-a-jour", alike)
	k.links(t, 1)
	if sent := letters(t, k.dir); len(sent) != 1 || !strings.Contains(sent[0], "<"+k.mailbox(t)+">") {
		t.Fatalf("the letters to an address that looks like the known one: %q", sent)
	}
	// A stranger is told the same, and gets no letter.
	form := fields(k.get(t, claimed+"/tenir-a-jour"))
	form.Set("email", "quelqu-un@example.org")
	stranger := k.post(t, claimed+"/tenir-a-jour", form)
	link := k.ask(t)
	if stranger.status != http.StatusSeeOther || len(k.links(t, 0)) != 2 {
		t.Errorf("a stranger: %d, %d links", stranger.status, len(k.links(t, 0)))
	}

	// Looking at the link, as programs do, uses nothing up.
	k.page(t, link, http.StatusOK)
	shown := k.get(t, link)
	if shown.header.Get("Referrer-Policy") != "no-referrer" || shown.header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers of the form: %v", shown.header)
	}
	values := fields(shown)
	values.Set("confirm", "1")
	if a := k.post(t, "/fr/tenir-a-jour", values); a.header.Get("Location") != "/fr/tenir-a-jour?fait=confirmed" {
		t.Fatalf("confirming: %d to %q %.300s", a.status, a.header.Get("Location"), a.body)
	}
	revision := k.entry(t, "")["revision"]
	if today := time.Now().UTC().Format(time.DateOnly); k.entry(t, "")["last_confirmed_on"] != today {
		t.Errorf("confirmed on %v", k.entry(t, "")["last_confirmed_on"])
	}
	// The same form again changes nothing, and the link is used up.
	if a := k.post(t, "/fr/tenir-a-jour", values); a.status != http.StatusSeeOther && a.status != http.StatusGone {
		t.Errorf("the same form again: %d", a.status)
	}
	if k.entry(t, "")["revision"] != revision {
		t.Error("a form that was sent twice counts twice")
	}
	if a := k.get(t, link); a.status != http.StatusGone {
		t.Errorf("a link that was used: %d", a.status)
	}
	if a := k.get(t, link[:len(link)-6]+"AAAAAA"); a.status != http.StatusNotFound {
		t.Errorf("a made-up link: %d", a.status)
	}
}

func TestChangesOfAProfile(t *testing.T) {
	k := newKeeping(t)
	change := func(set map[string]string) answer {
		t.Helper()
		a := k.get(t, k.ask(t))
		values := fields(a)
		for name, v := range set {
			values.Set(name, v)
		}
		return k.post(t, "/fr/tenir-a-jour", values)
	}
	// Wrong values are told beside what was typed.
	a := change(map[string]string{"mission": "Nouvelle mission.", "members_count": "beaucoup", "website": "pas une adresse"})
	if a.status != http.StatusUnprocessableEntity || !bytes.Contains(a.body, []byte("Nouvelle mission.")) || !bytes.Contains(a.body, []byte(`href="#f-members_count"`)) {
		t.Fatalf("wrong values: %d %.300s", a.status, a.body)
	}
	if doc, faults := check(a.body); len(faults) > 0 || doc.h1 != 1 {
		t.Errorf("the form with faults: %q", faults)
	}
	// Without leave of the programme, everything waits.
	if a := change(map[string]string{"mission": "Mission proposée."}); a.header.Get("Location") != "/fr/tenir-a-jour?fait=waiting" {
		t.Fatalf("a proposal: %d to %q %.300s", a.status, a.header.Get("Location"), a.body)
	}
	if k.entry(t, "")["mission"] == "Mission proposée." || k.entry(t, "?version=draft")["mission"] != "Mission proposée." {
		t.Error("the proposal is not in the draft alone")
	}
	k.api(t, http.MethodPost, "/entries/associations/femmes-du-djurdjura/actions/publish", map[string]any{})
	settings := k.api(t, http.MethodGet, "/entries/settings/"+k.only(t, "settings"), nil)
	k.publish(t, "settings/"+settings["id"].(string), map[string]any{"locale": "fr", "profiles": map[string]any{"self_publish": true, "remind": true}})
	if a := change(map[string]string{"mission": "Mission en ligne.", "volunteers": "12"}); a.header.Get("Location") != "/fr/tenir-a-jour?fait=live" {
		t.Fatalf("a change: %d to %q %s", a.status, a.header.Get("Location"), regexp.MustCompile(`(?s)<div class="notice warning.*?</div>`).Find(a.body))
	}
	if e := k.entry(t, ""); e["mission"] != "Mission en ligne." || e["volunteers"] != 12.0 {
		t.Errorf("live: %v, %v", e["mission"], e["volunteers"])
	}
	if a := change(map[string]string{"name": "Un autre nom"}); a.header.Get("Location") != "/fr/tenir-a-jour?fait=waiting" {
		t.Errorf("a new name: %d to %q", a.status, a.header.Get("Location"))
	}
	if k.entry(t, "")["name"] == "Un autre nom" {
		t.Error("a sensitive change is live without review")
	}
	// An address that waits for its review opens nothing: by it somebody who saw
	// one letter could keep the profile.
	if a := change(map[string]string{"public_email": "prise@example.org"}); a.header.Get("Location") != "/fr/tenir-a-jour?fait=waiting" {
		t.Fatalf("a new address: %d to %q", a.status, a.header.Get("Location"))
	}
	k.pass(24 * time.Hour) // so many links as this are too many for one
	before := len(k.links(t, 0))
	form := fields(k.get(t, claimed+"/tenir-a-jour"))
	form.Set("email", "prise@example.org")
	if a := k.post(t, claimed+"/tenir-a-jour", form); a.status != http.StatusSeeOther {
		t.Fatalf("asking with a proposed address: %d", a.status)
	}
	k.ask(t) // the letter to the address that is live comes after the other would have
	if n := len(k.links(t, before+1)); n != before+1 {
		t.Errorf("%d letters instead of 1: a proposed address is sent a link", n-before)
	}

	// The cycle: asked after half a year, each step once, marked after one, off after one and a half.
	sent := len(k.links(t, 0))
	own := func() (n int) {
		for _, l := range k.links(t, 0)[sent:] {
			if a := k.get(t, l); a.status == http.StatusOK && bytes.Contains(a.body, []byte("Femmes du Djurdjura")) {
				n++
			}
		}
		return n
	}
	k.pass(181 * 24 * time.Hour)
	k.until(t, "a letter after half a year", func() bool { return own() > 0 })
	k.hour(t)
	if n := own(); n != 1 {
		t.Errorf("%d letters after half a year", n)
	}
	k.pass(200 * 24 * time.Hour)
	k.until(t, "a mark on the page", func() bool { return bytes.Contains(k.get(t, claimed).body, []byte("Non confirmée depuis")) })
	k.pass(200 * 24 * time.Hour)
	k.until(t, "the page to go", func() bool { return k.get(t, claimed).status == http.StatusNotFound })
}

// until lets hours pass until something is so.
func (k *keeping) until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); k.hour(t) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// only gives the id of the one entry of a collection.
func (w *world) only(t *testing.T, collection string) string {
	t.Helper()
	a := w.do(t, http.MethodGet, "/api/v1/entries/"+collection+"?fields=id", nil, "Authorization", "Bearer "+w.token)
	id := regexp.MustCompile(`"id":"(\w{26})"`).FindSubmatch(a.body)
	if id == nil {
		t.Fatalf("no entry of %s: %s", collection, a.body)
	}
	return string(id[1])
}

func TestVisitorsReportMistakes(t *testing.T) {
	k := newKeeping(t)
	const at = "/fr/etudes/huit-parcours-d-insertion-compares/corriger"
	form := fields(k.get(t, at))
	form.Set("name", "Une lectrice")
	form.Set("email", "lectrice@example.org")
	form.Set("message", "La page 3 manque.")
	if a := k.post(t, at, form); a.status != http.StatusSeeOther {
		t.Fatalf("%d %.300s", a.status, a.body)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if all := strings.Join(letters(t, k.dir), "\n"); strings.Contains(all, "coordination@pact.example.org") && strings.Contains(all, "La page 3 manque.") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the programme gets no letter")
		}
	}
}
