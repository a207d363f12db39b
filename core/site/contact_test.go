package site_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/server"
)

const form = "/fr/associations/femmes-du-djurdjura/ecrire"

// letters gives the letters that were written to files.
func letters(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "mail", "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(raw))
	}
	return out
}

func TestWriteToAnAssociation(t *testing.T) {
	dir := demo(t)
	var ahead atomic.Int64 // of the clock
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	w := serveAt(t, dir, app.Config{Limits: server.Limits{SignIn: server.Rate{Count: -1}}}, now)
	profile := w.get(t, "/fr/associations/femmes-du-djurdjura")
	for _, path := range []string{"/fr/associations/femmes-du-djurdjura", form, "/fr/associations.vcf", "/fr/associations.csv", "/fr/associations.hsds.json"} {
		if bytes.Contains(w.get(t, path).body, []byte("femmes-djurdjura@")) {
			t.Errorf("%s shows the address", path)
		}
	}
	if !bytes.Contains(profile.body, []byte(`href="`+form+`"`)) {
		t.Fatal("the profile does not lead to the form")
	}
	fill := func(pairs ...string) url.Values {
		values := url.Values{"token": {token(t, w)}, "name": {"Une lectrice"}, "email": {"lectrice@example.org"}, "message": {"Bonjour.\r\n\r\nUne question."}}
		for i := 0; i+1 < len(pairs); i += 2 {
			values.Set(pairs[i], pairs[i+1])
		}
		return values
	}
	post := func(values url.Values) answer {
		return w.do(t, http.MethodPost, form, []byte(values.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Origin", w.url)
	}

	// What is wrong is said, with a link to the field, and what was typed stays.
	fast := post(fill())
	for name, a := range map[string]answer{"too fast": fast, "no address": post(fill("email", "nobody")), "nothing": post(fill("message", " ", "name", ""))} {
		_, faults := check(a.body)
		if a.status != http.StatusUnprocessableEntity || !bytes.Contains(a.body, []byte(`role="alert"`)) || len(faults) > 0 {
			t.Errorf("%s: %d %v", name, a.status, faults)
		}
	}
	if !bytes.Contains(fast.body, []byte("Une question.")) || !bytes.Contains(fast.body, []byte(`value="lectrice@example.org"`)) {
		t.Error("what was typed is lost")
	}

	good, trapped := fill(), fill("website", "http://spam.example")
	ahead.Store(int64(time.Minute))
	for range 2 { // the second is a reload
		if a := post(good); a.status != http.StatusSeeOther || a.header.Get("Location") != form+"?envoye=1" {
			t.Fatalf("%d to %q: %s", a.status, a.header.Get("Location"), a.body)
		}
	}
	if a := post(trapped); a.status != http.StatusSeeOther {
		t.Errorf("a machine learns something: %d", a.status)
	}
	waitFor(t, func() bool { return len(letters(t, dir)) > 0 })
	if a := w.page(t, form+"?envoye=1", http.StatusOK); !strings.Contains(a.text, "Votre message est parti") {
		t.Error("nothing says that it was sent")
	}
	for _, letter := range letters(t, dir) {
		if !strings.Contains(letter, "femmes-djurdjura@associations.example.org") || !strings.Contains(letter, "lectrice@example.org") {
			t.Errorf("letter: %s", letter)
		}
	}
	if n := len(letters(t, dir)); n != 1 {
		t.Errorf("%d letters", n)
	}
	for _, path := range []string{"/fr/associations/rien/ecrire", "/fr/actualites/lancement-annee-pilote/ecrire", "/fr/a/b/c/ecrire"} {
		if a := w.get(t, path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	w.page(t, "/ar/ecrire", http.StatusOK)
}

func token(t *testing.T, w *world) string {
	t.Helper()
	m := regexp.MustCompile(`name="token" value="([^"]+)"`).FindSubmatch(w.get(t, form).body)
	if m == nil {
		t.Fatal("the form has no mark")
	}
	return string(m[1])
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); {
		if time.Now().After(deadline) {
			t.Fatal("waited for a minute")
		}
		time.Sleep(10 * time.Millisecond) // looks again: letters are files that another part writes
	}
}
