package site_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/app/apptest"
)

// preview makes an address of a draft as the administrator.
func (w *world) preview(t *testing.T, entry string, body map[string]any) string {
	t.Helper()
	path, _ := w.api(t, http.MethodPost, "/entries/"+entry+"/preview", body)["url"].(string)
	if path == "" {
		t.Fatalf("no address for a preview of %s", entry)
	}
	return path
}

func TestPreview(t *testing.T) {
	dir := demo(t)
	var ahead atomic.Int64 // of the clock
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	token := administrator(t, dir)
	w := serveAt(t, dir, app.Config{}, now)
	w.token = token

	id, _ := w.api(t, http.MethodPost, "/entries/news", map[string]any{"locale": "fr", "kind": "news",
		"title": "Jamais publiée", "summary": "Un brouillon.", "body": "Voir *demain*."})["id"].(string)
	path := w.preview(t, "news/"+id, map[string]any{"minutes": 60})
	a := w.get(t, path)
	if a.status != http.StatusOK || !bytes.Contains(a.body, []byte("Jamais publiée")) || !bytes.Contains(a.body, []byte("<em>demain</em>")) {
		t.Fatalf("the preview of what was never published: %d %.400s", a.status, a.body)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow", "Referrer-Policy": "no-referrer"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if policy := a.header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self'") {
		t.Errorf("the console cannot show it: %s", policy)
	}
	if policy := w.get(t, "/fr/").header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("other pages may be framed: %s", policy)
	}
	w.page(t, path, http.StatusOK) // valid HTML
	w.page(t, strings.Replace(path, "/fr/", "/ar/", 1), http.StatusOK)

	// Another text in the draft is in the same preview; and it is nowhere else.
	w.api(t, http.MethodPatch, "/entries/news/"+id, map[string]any{"locale": "fr", "title": "Titre corrigé"}, "If-Match", `"1"`)
	if !bytes.Contains(w.get(t, path).body, []byte("Titre corrigé")) {
		t.Error("the preview does not show the newest draft")
	}
	for _, public := range []string{"/fr/actualites", "/fr/actualites/" + id, "/fr/"} {
		if bytes.Contains(w.get(t, public).body, []byte("Titre corrigé")) {
			t.Errorf("%s shows the draft", public)
		}
	}
	changed := []byte(path)
	changed[len(changed)-9] ^= 1
	if a := w.get(t, string(changed)); a.status != http.StatusNotFound {
		t.Errorf("a made-up address is answered with %d", a.status)
	}
	ahead.Store(int64(2 * time.Hour))
	if a := w.get(t, path); a.status != http.StatusGone || !bytes.Contains(a.body, []byte("demandez-en un nouveau")) {
		t.Errorf("an address that is over is answered with %d", a.status)
	}
}

func TestPreviewShowsWhatVisitorsWillSee(t *testing.T) {
	dir := demo(t)
	token := administrator(t, dir)
	w := serve(t, dir, app.Config{})
	w.token = token
	const profile = "associations/femmes-du-djurdjura"
	entry := w.api(t, http.MethodGet, "/entries/"+profile+"?version=draft", nil)
	id, _ := entry["id"].(string)
	w.api(t, http.MethodPatch, "/entries/associations/"+id, map[string]any{"locale": "fr", "mission": "Une mission à venir.",
		"president": map[string]any{"full_name": "Nom réservé"}}, "If-Match", "*")
	a := w.get(t, w.preview(t, profile, map[string]any{}))
	if !bytes.Contains(a.body, []byte("Une mission à venir.")) {
		t.Error("the draft is not shown")
	}
	if bytes.Contains(a.body, []byte("Nom réservé")) {
		t.Error("the preview shows what visitors may not see")
	}

	// The home page is previewed as such, and so is a setting of the site.
	page := w.api(t, http.MethodPost, "/entries/pages", map[string]any{"locale": "fr", "title": "Page à venir"})
	sub, _ := page["id"].(string)
	if d := w.page(t, w.preview(t, "pages/"+sub, map[string]any{}), http.StatusOK); d.h1 != 1 || !strings.Contains(d.text, "Page à venir") {
		t.Errorf("a page of the tree: %.200s", d.text)
	}

	// Who may not read the draft makes no address, and an address ends with the right.
	visitor := *w
	visitor.token = ""
	if a := visitor.do(t, http.MethodPost, "/api/v1/entries/"+profile+"/preview", []byte(`{}`), "Content-Type", "application/json"); a.status != http.StatusUnauthorized {
		t.Errorf("a visitor made a preview: %d", a.status)
	}
	if a := w.do(t, http.MethodPost, "/api/v1/entries/"+profile+"/preview", []byte(`{"minutes": 99999999}`), "Content-Type", "application/json",
		"Authorization", "Bearer "+w.token); a.status != http.StatusBadRequest || !bytes.Contains(a.body, []byte("preview_minutes")) {
		t.Errorf("an address for ever: %d %s", a.status, a.body)
	}
}

// administrator makes a token of the administrator in a folder that nobody
// serves yet.
func administrator(t *testing.T, dir string) string {
	t.Helper()
	out := apptest.Run(t, "token", "create", "--data", dir, "--user", "administrator@pact.example.org", "--name", "test")
	return regexp.MustCompile(`rct_\S+`).FindString(out)
}
