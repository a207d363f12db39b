package site_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
	"github.com/recueil-cms/recueil/core/app/apptest"
)

// world is the whole program with the demonstration, over real HTTP.
type world struct {
	url    string
	client *http.Client
	token  string // of an administrator
}

// demo gives a folder with the demonstration.
func demo(t *testing.T) string {
	t.Helper()
	return shared.Copy(t)
}

// serve serves a folder until the test ends.
func serve(t *testing.T, dir string, cfg app.Config) *world {
	t.Helper()
	return serveAt(t, dir, cfg, time.Now)
}

// serveAt is serve by another clock.
func serveAt(t *testing.T, dir string, cfg app.Config, now func() time.Time) *world {
	t.Helper()
	return serveWith(t, dir, cfg, app.Parts{Now: now})
}

// serveWith is serve with other parts.
func serveWith(t *testing.T, dir string, cfg app.Config, parts app.Parts) *world {
	t.Helper()
	cfg.Data, cfg.Bucket, cfg.Listen = dir, "folder:"+filepath.Join(dir, "bucket"), "127.0.0.1:0"
	a, err := app.Start(t.Context(), cfg, parts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context is over by now, and nothing may write to the
		// folder any more when it is removed.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return &world{url: a.URL(), client: &http.Client{
		Transport:     &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) get(t *testing.T, path string, headers ...string) answer {
	t.Helper()
	return w.do(t, http.MethodGet, path, nil, headers...)
}

func (w *world) do(t *testing.T, method, path string, body []byte, headers ...string) answer {
	t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = w.url + path
	}
	req, err := http.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	r, err := w.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	out, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, out}
}

// api asks the API as the administrator, and gives what is under "data".
func (w *world) api(t *testing.T, method, path string, body any, headers ...string) map[string]any {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	headers = append(headers, "Content-Type", "application/json")
	if w.token != "" {
		headers = append(headers, "Authorization", "Bearer "+w.token)
	}
	a := w.do(t, method, "/api/v1"+path, raw, headers...)
	if a.status >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	var out struct {
		Data map[string]any `json:"data"`
	}
	if len(a.body) > 0 {
		if err := json.Unmarshal(a.body, &out); err != nil {
			t.Fatalf("%s %s: %v in %.300s", method, path, err, a.body)
		}
	}
	return out.Data
}

// page asks for a page and checks it as HTML.
func (w *world) page(t *testing.T, path string, status int) document {
	t.Helper()
	a := w.get(t, path)
	if a.status != status {
		t.Errorf("%s: %d, want %d (%s)", path, a.status, status, a.header.Get("Location"))
		return document{}
	}
	doc, faults := check(a.body)
	for _, f := range faults {
		t.Errorf("%s: %s", path, f)
	}
	if doc.h1 != 1 {
		t.Errorf("%s: %d first-level headings", path, doc.h1)
	}
	return doc
}

// sitemap gives the addresses that the sitemap lists, as paths, with those of
// the same page in other languages.
func (w *world) sitemap(t *testing.T) (paths []string, alternates map[string]map[string]string) {
	t.Helper()
	var set struct {
		URLs []struct {
			Loc   string `xml:"loc"`
			Links []struct {
				Lang string `xml:"hreflang,attr"`
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"url"`
	}
	a := w.get(t, "/sitemap.xml")
	if err := xml.Unmarshal(a.body, &set); err != nil || a.status != http.StatusOK {
		t.Fatalf("sitemap: %d %v", a.status, err)
	}
	alternates = map[string]map[string]string{}
	for _, u := range set.URLs {
		path := strings.TrimPrefix(u.Loc, w.url)
		paths = append(paths, path)
		alternates[path] = map[string]string{}
		for _, l := range u.Links {
			alternates[path][l.Lang] = l.Href
		}
	}
	return paths, alternates
}

func compressed(t *testing.T, body []byte) int {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// The whole site as visitors and search engines see it. Every page that there
// is, is valid, leads nowhere that does not exist, weighs little, and says the
// same of its languages as the sitemap.
func TestEveryPage(t *testing.T) {
	w := serve(t, demo(t), app.Config{})
	paths, alternates := w.sitemap(t)
	if len(paths) < 400 {
		t.Fatalf("the sitemap lists %d pages", len(paths))
	}
	step := 1
	if testing.Short() { // with the race detector, some of all kinds
		step = 23
	}
	links := map[string]string{}
	heaviest, where := 0, ""
	for i := 0; i < len(paths); i += step {
		path := paths[i]
		a := w.get(t, path)
		if a.status != http.StatusOK {
			t.Errorf("%s: %d", path, a.status)
			continue
		}
		doc, faults := check(a.body)
		for _, f := range faults {
			t.Errorf("%s: %s", path, f)
		}
		checkHead(t, w, path, doc, alternates[path])
		checkHeaders(t, path, a.header)
		size := compressed(t, a.body)
		if size > heaviest {
			heaviest, where = size, path
		}
		for _, l := range doc.links {
			if strings.HasPrefix(l, "/") {
				links[l] = path
			}
		}
	}
	t.Logf("%d pages, the heaviest has %d bytes compressed: %s", len(paths)/step, heaviest, where)
	if heaviest > maxHTML {
		t.Errorf("%s has %d bytes of HTML compressed, more than %d", where, heaviest, maxHTML)
	}
	checked := 0
	for link, from := range links {
		if checked++; checked%step != 0 {
			continue
		}
		a := w.get(t, link)
		if a.status == http.StatusMovedPermanently { // a page that introduces a list has the list's address
			a = w.get(t, a.header.Get("Location"))
		}
		if a.status != http.StatusOK {
			t.Errorf("%s leads to %s: %d", from, link, a.status)
		}
	}
}

// maxHTML is what fits into the first round trip of a connection; the rest of
// a page is its stylesheet.
const (
	maxHTML  = 14 << 10
	maxCSS   = 12 << 10
	maxTotal = 30 << 10
)

func checkHead(t *testing.T, w *world, path string, doc document, alternates map[string]string) {
	t.Helper()
	lang := strings.Split(path, "/")[1]
	dir := map[bool]string{true: "rtl", false: "ltr"}[lang == "ar"]
	if doc.lang != lang || doc.dir != dir || doc.h1 != 1 || doc.title == "" {
		t.Errorf("%s: language %q, direction %q, %d h1, title %q", path, doc.lang, doc.dir, doc.h1, doc.title)
	}
	if doc.canonical != w.url+path {
		t.Errorf("%s: canonical %s", path, doc.canonical)
	}
	if len(doc.alternates) != len(alternates) {
		t.Errorf("%s: languages %v, the sitemap has %v", path, doc.alternates, alternates)
	}
	for l, href := range alternates {
		if doc.alternates[l] != href {
			t.Errorf("%s: %s is at %q, the sitemap has %q", path, l, doc.alternates[l], href)
		}
	}
}

func checkHeaders(t *testing.T, path string, h http.Header) {
	t.Helper()
	policy := h.Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("%s: policy %q", path, policy)
	}
	if h.Get("Set-Cookie") != "" || h.Get("Etag") == "" || h.Get("Cache-Control") == "" {
		t.Errorf("%s: headers %v", path, h)
	}
}

func TestSite(t *testing.T) {
	dir := demo(t)
	out := apptest.Run(t, "token", "create", "--data", dir, "--user", "administrator@pact.example.org", "--name", "test")
	w := serve(t, dir, app.Config{})
	w.token = regexp.MustCompile(`rct_\S+`).FindString(out)
	t.Run("front door", func(t *testing.T) { frontDoor(t, w) })
	t.Run("languages", func(t *testing.T) { switchLanguage(t, w) })
	t.Run("old addresses", func(t *testing.T) { oldAddresses(t, w) })
	t.Run("nothing there", func(t *testing.T) { nothingThere(t, w) })
	t.Run("weight", func(t *testing.T) { weight(t, w) })
	t.Run("freshness", func(t *testing.T) { freshness(t, w) })
	t.Run("visibility", func(t *testing.T) { visibility(t, w) })
}

func frontDoor(t *testing.T, w *world) {
	for lang, want := range map[string]string{"": "fr", "ar-DZ,ar;q=0.9": "ar", "en": "en", "de": "fr"} {
		a := w.get(t, "/", "Accept-Language", lang)
		doc, _ := check(a.body)
		if doc.lang != want || a.status != http.StatusOK || doc.canonical != w.url+"/"+want+"/" {
			t.Errorf("%q: %d in %q, canonical %s", lang, a.status, doc.lang, doc.canonical)
		}
	}
	again := w.get(t, "/fr/")
	if same := w.get(t, "/fr/", "If-None-Match", again.header.Get("Etag")); same.status != http.StatusNotModified {
		t.Errorf("the same page again: %d", same.status)
	}
}

// The switch leads to the same page in each language.
func switchLanguage(t *testing.T, w *world) {
	for _, path := range []string{"/fr/le-programme/objectifs", "/fr/actualites/lancement-annee-pilote", "/fr/actualites", "/fr/"} {
		doc := w.page(t, path, http.StatusOK)
		for _, l := range []string{"ar", "en"} {
			there := doc.alternates[l]
			if there == "" {
				t.Errorf("%s is not offered in %s", path, l)
				continue
			}
			other := w.page(t, there, http.StatusOK)
			if other.lang != l || other.alternates["fr"] != w.url+path {
				t.Errorf("%s in %s is %s, which leads back to %s", path, l, there, other.alternates["fr"])
			}
		}
	}
	// What exists in French only is shown in French, and says so.
	doc := w.page(t, "/ar/experiences/radio-au-lycee", http.StatusOK)
	if doc.lang != "ar" || doc.canonical != w.url+"/fr/experiences/radio-au-lycee" || !strings.Contains(doc.text, "لا توجد هذه الصفحة بالعربية بعد") {
		t.Errorf("an untranslated page: %q, canonical %s", doc.lang, doc.canonical)
	}
}

func oldAddresses(t *testing.T, w *world) {
	id := w.api(t, http.MethodGet, "/entries/associations/femmes-du-djurdjura", nil)["id"].(string)
	for from, to := range map[string]string{
		"/spip.php?rubrique3":                   "/fr/actualites",
		"/recueil":                              "/fr/associations",
		"/fr":                                   "/fr/",
		"/fr/actualites/":                       "/fr/actualites",
		"/actualites":                           "/fr/actualites",
		"/fr/objectifs":                         "/fr/le-programme/objectifs",
		"/fr/ailleurs/objectifs":                "/fr/le-programme/objectifs",
		"/fr/accueil":                           "/fr/",
		"/fr/associations/" + id:                "/fr/associations/femmes-du-djurdjura",
		"/associations/femmes-du-djurdjura":     "/fr/associations/femmes-du-djurdjura",
		"/en/actualites/lancement-annee-pilote": "/en/actualites/pilot-year-begins",
	} {
		a := w.get(t, from)
		if a.status/100 != 3 || a.header.Get("Location") != to {
			t.Errorf("%s: %d to %q, want %q", from, a.status, a.header.Get("Location"), to)
		}
	}
}

func nothingThere(t *testing.T, w *world) {
	for _, path := range []string{"/fr/rien", "/fr/associations/rien", "/fr/associations/a/b", "/fr/settings", "/rien", "/fr//actualites",
		"/fr/../../etc/passwd", "/fr/%2e%2e/x", "/fr/%00", "/fr/%ff", "//evil.example/x", "/theme/layout.html", "/theme/../site.go", "/fr/actualites?page=999"} {
		a := w.get(t, path)
		if a.status != http.StatusNotFound && a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", path, a.status, a.header.Get("Location"))
			continue
		}
		if _, faults := check(a.body); len(faults) > 0 {
			t.Errorf("%s: %v", path, faults)
		}
		if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s is answered with %s", path, a.header.Get("Content-Type"))
		}
	}
	if a := w.get(t, "/api/v1/nothing"); a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the API answers %s", a.header.Get("Content-Type"))
	}
	if a := w.do(t, http.MethodPost, "/fr/", nil); a.status != http.StatusNotFound {
		t.Errorf("POST to a page: %d", a.status)
	}
}

func weight(t *testing.T, w *world) {
	doc := w.page(t, "/fr/le-programme/objectifs", http.StatusOK)
	a := w.get(t, doc.sheets[0])
	if len(doc.sheets) != 1 || a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
		t.Fatalf("stylesheets %v: %d %v", doc.sheets, a.status, a.header)
	}
	css, page := compressed(t, a.body), compressed(t, w.get(t, "/fr/le-programme/objectifs").body)
	icon := compressed(t, w.get(t, "/theme/icon.svg").body)
	t.Logf("page %d, stylesheet %d, icon %d bytes compressed", page, css, icon)
	if css > maxCSS || page+css+icon > maxTotal {
		t.Errorf("page %d, stylesheet %d, icon %d bytes compressed", page, css, icon)
	}
	if got := w.get(t, doc.sheets[0], "Accept-Encoding", "gzip"); got.header.Get("Content-Encoding") != "gzip" {
		t.Error("the stylesheet is not sent compressed")
	}
}

// What members may see of a profile is on no visitor's page.
// A page is kept in memory, and what editors publish shows at once.
func freshness(t *testing.T, w *world) {
	path := "/entries/news/lancement-annee-pilote"
	id, _ := w.api(t, http.MethodGet, path, nil)["id"].(string)
	for _, title := range []string{"Premier titre", "Second titre"} {
		w.get(t, "/fr/actualites") // now it is in memory
		w.api(t, http.MethodPatch, "/entries/news/"+id, map[string]any{"locale": "fr", "title": title}, "If-Match", "*")
		w.api(t, http.MethodPost, "/entries/news/"+id+"/actions/publish", map[string]any{"locale": "fr"})
		if doc := w.page(t, "/fr/actualites/lancement-annee-pilote", http.StatusOK); !strings.Contains(doc.text, title) {
			t.Errorf("%q does not show: %.100q", title, doc.title)
		}
		if a := w.get(t, "/fr/actualites"); !bytes.Contains(a.body, []byte(title)) {
			t.Errorf("%q is not in the list", title)
		}
	}
}

func visibility(t *testing.T, w *world) {
	a := w.get(t, "/fr/associations/femmes-du-djurdjura")
	for _, hidden := range []string{"32, rue", "Données fictives de démonstration", "Président"} {
		if strings.Contains(string(a.body), hidden) {
			t.Errorf("the profile shows %q", hidden)
		}
	}
}

// A theme is files: this one has other templates and another look, and no Go.
func TestASecondTheme(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"layout.html": `<!doctype html><html lang="{{.Locale}}" dir="{{.Dir}}"><head><meta charset="utf-8"><title>{{.Title}}</title>` +
			`<link rel="stylesheet" href="{{.Stylesheet}}"></head><body>{{show (print "kind-" .Kind) .}}</body></html>`,
		"kind-home.html":          `<h1>Second theme of {{.Name}}</h1>{{with .Entry}}{{with .Field "blocks"}}{{template "blocks" .Items}}{{end}}{{end}}`,
		"kind-entry-studies.html": `<h1>{{.Title}}</h1><p>{{range .Entry.Links "themes"}}[{{.Title}}]{{end}}</p>`,
		"block-latest.html":       `<ol>{{range .Cards}}<li>{{.Title}}</li>{{end}}</ol>`,
		"site.css":                `body { color: purple }`,
		"notes.txt":               `not for visitors`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w := serve(t, demo(t), app.Config{Theme: dir, ThemeReload: true})
	home := w.page(t, "/fr/", http.StatusOK)
	if !strings.Contains(home.text, "Second theme of PACT") || len(home.sheets) != 1 {
		t.Errorf("home: %.200s", home.text)
	}
	if css := w.get(t, home.sheets[0]).body; !bytes.Contains(css, []byte("purple")) || !bytes.Contains(css, []byte("--main")) {
		t.Errorf("stylesheet: %s", css)
	}
	if a := w.get(t, "/theme/notes.txt"); a.status != http.StatusNotFound {
		t.Errorf("a file that is not for visitors: %d", a.status)
	}
	study := w.page(t, "/fr/etudes/huit-parcours-d-insertion-compares", http.StatusOK)
	if !strings.Contains(study.text, "[Insertion sociale et professionnelle]") {
		t.Errorf("study: %s", study.text)
	}
	w.page(t, "/ar/actualites", http.StatusOK) // by the default theme's template
	// Changes show at once while somebody works on it.
	if err := os.WriteFile(filepath.Join(dir, "kind-home.html"), []byte(`<h1>Changed</h1>`), 0o600); err != nil {
		t.Fatal(err)
	}
	if home := w.page(t, "/fr/", http.StatusOK); !strings.Contains(home.text, "Changed") {
		t.Errorf("home after a change: %s", home.text)
	}
}
