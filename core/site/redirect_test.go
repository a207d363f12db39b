package site_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/app"
)

// leads fails unless an address answers with a status and leads to another.
func leads(t *testing.T, w *world, from string, status int, to string) {
	t.Helper()
	if a := w.get(t, from, "Accept-Language", "fr"); a.status != status || a.header.Get("Location") != to {
		t.Errorf("%s: %d to %q, not %d to %q", from, a.status, a.header.Get("Location"), status, to)
	}
}

// publish changes an entry in one language and publishes it.
func (w *world) publish(t *testing.T, entry string, values map[string]any) {
	t.Helper()
	locale := values["locale"]
	w.api(t, http.MethodPatch, "/entries/"+entry, values, "If-Match", "*")
	w.api(t, http.MethodPost, "/entries/"+entry+"/actions/publish", map[string]any{"locale": locale})
}

func TestOldAddressesLeadToNewOnes(t *testing.T) {
	dir := demo(t)
	token := administrator(t, dir)
	w := serve(t, dir, app.Config{})
	w.token = token

	// Whatever an entry was called, at once and in each language of its own.
	id, _ := w.api(t, http.MethodPost, "/entries/news", map[string]any{"locale": "fr", "kind": "news", "title": "Premier titre", "summary": "s", "body": "b"})["id"].(string)
	entry := "news/" + id
	w.publish(t, entry, map[string]any{"locale": "ar", "title": "عنوان أول"})
	for _, slug := range []string{"un", "deux", "trois"} {
		w.publish(t, entry, map[string]any{"locale": "fr", "slug": slug})
	}
	for _, old := range []string{"un", "deux"} {
		leads(t, w, "/fr/actualites/"+old, http.StatusMovedPermanently, "/fr/actualites/trois")
		leads(t, w, "/fr/actualites/"+old+".jsonld", http.StatusMovedPermanently, "/fr/actualites/trois.jsonld")
	}
	w.page(t, "/fr/actualites/trois", http.StatusOK)
	w.publish(t, entry, map[string]any{"locale": "ar", "slug": "ثان"})
	leads(t, w, "/ar/actualites/%D8%B9%D9%86%D9%88%D8%A7%D9%86-%D8%A3%D9%88%D9%84", http.StatusMovedPermanently, "/ar/actualites/%D8%AB%D8%A7%D9%86")

	// Another entry may take the slug: then it is at that address.
	second, _ := w.api(t, http.MethodPost, "/entries/news", map[string]any{"locale": "fr", "kind": "news", "title": "Autre", "summary": "s", "body": "b"})["id"].(string)
	w.publish(t, "news/"+second, map[string]any{"locale": "fr", "slug": "deux"})
	w.page(t, "/fr/actualites/deux", http.StatusOK)

	// A draft's new slug leads nowhere, and one that is withdrawn from the site neither.
	w.api(t, http.MethodPatch, "/entries/"+entry, map[string]any{"locale": "fr", "slug": "quatre"}, "If-Match", "*")
	w.page(t, "/fr/actualites/quatre", http.StatusNotFound)
	w.api(t, http.MethodPost, "/entries/"+entry+"/actions/unpublish", map[string]any{})
	w.page(t, "/fr/actualites/un", http.StatusNotFound)

	// Pages of the tree.
	page, _ := w.api(t, http.MethodPost, "/entries/pages", map[string]any{"locale": "fr", "title": "Ancienne page"})["id"].(string)
	w.publish(t, "pages/"+page, map[string]any{"locale": "fr"})
	w.publish(t, "pages/"+page, map[string]any{"locale": "fr", "slug": "nouvelle-page"})
	leads(t, w, "/fr/ancienne-page", http.StatusMovedPermanently, "/fr/nouvelle-page")
}

func TestRedirectsOfEditors(t *testing.T) {
	dir := demo(t)
	token := administrator(t, dir)
	w := serve(t, dir, app.Config{})
	w.token = token
	redirect := func(values map[string]any) {
		values["locale"] = "fr"
		id, _ := w.api(t, http.MethodPost, "/entries/redirects", values)["id"].(string)
		w.api(t, http.MethodPost, "/entries/redirects/"+id+"/actions/publish", map[string]any{"locale": "fr"})
	}
	w.page(t, "/fr/actualites", http.StatusOK)
	profile, _ := w.api(t, http.MethodGet, "/entries/associations/femmes-du-djurdjura", nil)["id"].(string)
	redirect(map[string]any{"from": "/spip.php?article12", "entry": profile})
	redirect(map[string]any{"from": "/a", "to": "/b"})
	redirect(map[string]any{"from": "/b", "to": "/c"})
	redirect(map[string]any{"from": "/c", "to": "/actualites", "answer": "found"})
	redirect(map[string]any{"from": "/rond", "to": "/point"})
	redirect(map[string]any{"from": "/point", "to": "/rond"})
	redirect(map[string]any{"from": "/depliant", "answer": "gone", "note": "Plus distribué."})
	redirect(map[string]any{"from": "/ar/قديم", "to": "/ar/associations"})
	redirect(map[string]any{"from": "/blog", "to": "https://example.org/blog"})

	leads(t, w, "/spip.php?article12", http.StatusMovedPermanently, "/fr/associations/femmes-du-djurdjura")
	leads(t, w, "/a", http.StatusFound, "/fr/actualites") // the chain in one step
	leads(t, w, "/fr/b", http.StatusFound, "/fr/actualites")
	leads(t, w, "/blog/", http.StatusMovedPermanently, "https://example.org/blog")
	leads(t, w, "/ar/%D9%82%D8%AF%D9%8A%D9%85", http.StatusMovedPermanently, "/ar/associations")
	w.page(t, "/fr/rond", http.StatusNotFound)
	if a := w.get(t, "/depliant"); a.status != http.StatusGone || !bytes.Contains(a.body, []byte("Plus distribué.")) {
		t.Errorf("a page that is gone: %d %.200s", a.status, a.body)
	}
	// One that is made for a page that is in memory counts, too.
	redirect(map[string]any{"from": "/actualites", "to": "/associations"})
	leads(t, w, "/fr/actualites", http.StatusMovedPermanently, "/fr/associations")
}

func TestAWithdrawnStudyLeavesATombstone(t *testing.T) {
	dir := demo(t)
	token := administrator(t, dir)
	w := serve(t, dir, app.Config{})
	w.token = token
	const path = "/fr/etudes/huit-parcours-d-insertion-compares"
	before := w.page(t, path, http.StatusOK)
	title := before.title
	slug := path[len("/fr/etudes/"):]
	w.publish(t, "studies/"+slug, map[string]any{"locale": "fr", "withdrawn": map[string]any{"on": "2026-03-01", "reason": "Chiffres erronés."}})
	a := w.get(t, path)
	if a.status != http.StatusGone || !bytes.Contains(a.body, []byte("Chiffres erronés.")) || !bytes.Contains(a.body, []byte("mars 2026")) {
		t.Errorf("the tombstone: %d %.600s", a.status, a.body)
	}
	if d := w.page(t, path, http.StatusGone); d.title != title {
		t.Errorf("the tombstone is called %q, not %q", d.title, title)
	}
	for _, public := range []string{"/fr/etudes", "/sitemap.xml", "/fr/etudes.atom", "/fr/etudes.csv"} {
		if bytes.Contains(w.get(t, public).body, []byte(slug)) {
			t.Errorf("%s lists what was withdrawn", public)
		}
	}
	if !bytes.Contains(w.get(t, "/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&set=studies").body, []byte(`status="deleted"`)) {
		t.Error("harvesters are not told")
	}
}

func TestFaultsAreToldInTheThemeAndTheLanguage(t *testing.T) {
	dir, theme := demo(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(theme, "kind-home.html"), []byte("{{.Nothing}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := serve(t, dir, app.Config{Theme: theme})
	for path, want := range map[string]string{"/fr/": "Une erreur s’est produite", "/ar/": "وقع خطأ من جهتنا", "/en/": "Something went wrong"} {
		d := w.page(t, path, http.StatusInternalServerError)
		if !strings.Contains(d.text, want) || len(d.sheets) != 1 {
			t.Errorf("%s: %.300s", path, d.text)
		}
	}
	if a := w.get(t, "/fr/", "X-Request-Id", "ref-17"); !bytes.Contains(a.body, []byte("ref-17")) || bytes.Contains(a.body, []byte("Nothing")) {
		t.Errorf("the fault does not give the reference, or tells too much: %.400s", a.body)
	}
	if d := w.page(t, "/fr/nulle-part", http.StatusNotFound); !strings.Contains(d.text, "Page introuvable") {
		t.Errorf("%.300s", d.text)
	}
}

func TestTheAccessibilityStatementIsMadeOfTheSettings(t *testing.T) {
	w := serve(t, demo(t), app.Config{})
	for path, want := range map[string][]string{"/fr/accessibilite": {"pas encore conforme", "novembre 2026", "axe-core", "Voies de recours"}, "/ar/accessibilite": {"غير مطابق بعد"}} {
		a := w.get(t, path)
		if a.status == http.StatusMovedPermanently {
			a = w.get(t, a.header.Get("Location"))
		}
		doc, faults := check(a.body)
		for _, text := range want {
			if !strings.Contains(doc.text, text) {
				t.Errorf("%s does not say %q", path, text)
			}
		}
		if len(faults) > 0 {
			t.Errorf("%s: %q", path, faults)
		}
	}
}
