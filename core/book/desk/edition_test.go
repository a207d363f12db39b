package desk_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/app/apptest"
	"github.com/recueil-cms/recueil/core/app/demo"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/core/media/extract/extracttest"
)

// world is the whole program with the demonstration, used by an editor.
type world struct {
	*testing.T
	url    string
	bucket string
	client *http.Client
}

func serve(t *testing.T) *world {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(shared.Folder(t))); err != nil {
		t.Fatal(err)
	}
	bucket := filepath.Join(dir, "bucket")
	a, err := app.Start(t.Context(), app.Config{Data: dir, Bucket: "folder:" + bucket, Listen: "127.0.0.1:0"}, app.Parts{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, url: a.URL(), bucket: bucket, client: &http.Client{Jar: jar}}
	w.want(201, "POST", "/api/v1/session", map[string]any{"email": "administrator@pact.example.org", "password": apptest.Password})
	return w
}

func (w *world) do(method, path string, body any) (int, []byte) {
	w.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.Context(), method, w.url+path, bytes.NewReader(raw))
	if err != nil {
		w.Fatal(err)
	}
	req.Header.Set("Origin", w.url)
	req.Header.Set("Content-Type", "application/json")
	r, err := w.client.Do(req)
	if err != nil {
		w.Fatal(err)
	}
	defer r.Body.Close()
	out, err := io.ReadAll(r.Body)
	if err != nil {
		w.Fatal(err)
	}
	return r.StatusCode, out
}

func (w *world) want(status int, method, path string, body any) map[string]any {
	w.Helper()
	got, raw := w.do(method, path, body)
	if got != status {
		w.Fatalf("%s %s: %d %s", method, path, got, raw)
	}
	var out struct{ Data map[string]any }
	if len(raw) > 0 && raw[0] == '{' {
		if err := json.Unmarshal(raw, &out); err != nil {
			w.Fatal(err)
		}
	}
	return out.Data
}

// frozen orders an edition, and waits until it is frozen.
func (w *world) frozen(body map[string]any) map[string]any {
	w.Helper()
	id := fmt.Sprint(w.want(202, "POST", "/api/v1/editions", body)["id"])
	for end := time.Now().Add(2 * time.Minute); ; {
		d := w.want(200, "GET", "/api/v1/editions/"+id, nil)
		switch {
		case d["state"] == "done":
			return d
		case d["state"] == "failed" || time.Now().After(end):
			w.Fatalf("the edition is not frozen: %v", d)
		}
		time.Sleep(20 * time.Millisecond) // the order is in the bucket, which gives no signal
	}
}

// Canaries that stand in personal values which everybody may read: in a field
// of the profile, and in the name of a person that a text links to.
const (
	canary = "Zoubida Canarini"
	field  = "correspondent"
)

// An edition holds nothing personal, not even what is public: so nothing of
// that has to be taken back when somebody is erased.
func TestEditionHoldsNothingPersonal(t *testing.T) {
	w := serve(t)
	col := w.want(200, "GET", "/api/v1/collections/associations", nil)
	fields := append(col["fields"].([]any), map[string]any{"id": field, "name": field, "kind": "text", "personal": true})
	w.want(200, "PATCH", "/api/v1/collections/associations", map[string]any{"fields": fields})
	person := w.want(201, "POST", "/api/v1/entries/people", map[string]any{"locale": "fr", "full_name": canary + " Bis", "role": "Trésorière",
		"consent_on": "2026-01-01", "status": "published"})
	id := string(demo.ID("associations/petits-pas-soummam"))
	one := "/api/v1/entries/associations/" + id
	w.want(200, "PATCH", one, map[string]any{"locale": "fr", field: canary,
		"description": "Voir aussi [](entry:" + fmt.Sprint(person["id"]) + ") pour le reste."})
	w.want(200, "POST", one+"/actions/publish", map[string]any{})
	_, page := w.do("GET", "/fr/associations/les-petits-pas-de-la-soummam", nil)
	if !bytes.Contains(page, []byte(canary)) || !bytes.Contains(page, []byte(canary+" Bis")) {
		t.Fatalf("the canaries are not public: %s", page)
	}

	edition := w.frozen(map[string]any{"title": map[string]any{"fr": "Recueil du 15 mars", "ar": "دليل 15 مارس"}, "slug": "15-mars",
		"forms": []any{map[string]any{"paper": "a4", "locales": []any{"fr", "ar"}}, map[string]any{"paper": "a5", "locales": []any{"fr"}}}})
	entry := w.want(200, "GET", "/api/v1/entries/editions/15-mars", nil)
	if entry["id"] != edition["id"] || len(entry["files"].([]any)) != 2 {
		t.Fatalf("the frozen edition: %v", entry)
	}
	in := extract.NewInside(extracttest.Cache(t), false)
	defer in.Close()
	for _, f := range entry["files"].([]any) {
		asset := fmt.Sprint(f.(map[string]any)["file"])
		_, data := w.do("GET", "/api/v1/assets/"+asset+"/file", nil)
		text := read(t, in, data)
		if !strings.Contains(text, "Les Petits Pas de la Soummam") || !strings.Contains(text, "pour le reste") {
			t.Errorf("the book lacks the profile: %.300s", text)
		}
		for _, secret := range []string{"Zoubida", "Canarini", "Kerdoun", "Ferroukhi"} {
			if strings.Contains(text, secret) {
				t.Errorf("the book says %q", secret)
			}
		}
		frozenAsset(w, asset)
	}
	w.want(200, "POST", one+"/actions/erase", map[string]any{})
	withdraw(w, fmt.Sprint(edition["id"]), entry)
}

func read(t *testing.T, in *extract.Inside, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "book.pdf")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := in.Text(t.Context(), f, "application/pdf")
	if err != nil || text.State != extract.Found {
		t.Fatalf("read the book: %v %v", text, err)
	}
	return strings.Join(strings.Fields(strings.Join(text.Pages, " ")), " ")
}

// frozenAsset tries to change a file of an edition.
func frozenAsset(w *world, asset string) {
	w.Helper()
	for _, path := range []string{"/api/v1/assets/" + asset, "/api/v1/assets/" + asset + "?force=true"} {
		if status, body := w.do("DELETE", path, nil); status != 409 || !bytes.Contains(body, []byte("asset_frozen")) {
			w.Errorf("DELETE %s: %d %s", path, status, body)
		}
	}
	w.want(200, "PATCH", "/api/v1/assets/"+asset, map[string]any{"credit": "PACT"}) // words are no bytes
	if status, body := w.do("DELETE", "/api/v1/assets/"+asset, nil); status != 409 {
		w.Errorf("after a change of words: %d %s", status, body)
	}
}

// withdraw takes an edition back: its bytes are gone from the bucket, its page
// says when and why.
func withdraw(w *world, id string, entry map[string]any) {
	w.Helper()
	w.want(204, "POST", "/api/v1/editions/"+id+"/actions/withdraw", map[string]any{"reason": "Une association a quitté le programme."})
	w.want(204, "POST", "/api/v1/editions/"+id+"/actions/withdraw", map[string]any{"reason": "Encore."})
	for _, f := range entry["files"].([]any) {
		m := f.(map[string]any)
		if status, _ := w.do("GET", "/api/v1/assets/"+fmt.Sprint(m["file"])+"/file", nil); status != 404 {
			w.Errorf("the file of a withdrawn edition: %d", status)
		}
		sum := fmt.Sprint(m["sha256"])
		if _, err := os.Stat(filepath.Join(w.bucket, "blobs", sum[:2], sum)); !os.IsNotExist(err) {
			w.Errorf("the bytes of a withdrawn edition are there: %v", err)
		}
	}
	_, page := w.do("GET", "/fr/recueils/15-mars", nil)
	if !bytes.Contains(page, []byte("Retirée le")) || !bytes.Contains(page, []byte("Une association a quitté le programme.")) {
		w.Errorf("the page of a withdrawn edition: %s", page)
	}
}
