package site_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app"
)

func TestSearchPage(t *testing.T) {
	w := serve(t, demo(t), app.Config{})
	w.searchable(t)
	t.Run("finds", func(t *testing.T) { finds(t, w) })
	t.Run("facets", func(t *testing.T) { searchFacets(t, w) })
	t.Run("corrects", func(t *testing.T) { corrects(t, w) })
	t.Run("nothing", func(t *testing.T) { findsNothing(t, w) })
	t.Run("feed", func(t *testing.T) { searchFeed(t, w) })
	t.Run("suggests", func(t *testing.T) { suggests(t, w) })
	t.Run("opens", func(t *testing.T) { opensResults(t, w) })
	t.Run("hostile", func(t *testing.T) { hostileSearches(t, w) })
}

// searchable waits until the index has the demonstration.
func (w *world) searchable(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		a := w.get(t, "/api/v1/search?q=bibliobus")
		if a.status == http.StatusOK && bytes.Contains(a.body, []byte(`"collection":"associations"`)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the index is not ready: %d %.200s", a.status, a.body)
		}
		time.Sleep(20 * time.Millisecond) // asks again; nothing tells visitors that an index is ready
	}
}

func searching(q string, pairs ...string) string {
	values := url.Values{"q": {q}}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return "/recherche?" + values.Encode()
}

var hits = regexp.MustCompile(`<article class="hit">`)

func finds(t *testing.T, w *world) {
	for _, path := range []string{"/fr" + searching("bibliobus"), "/ar" + searching("الطفولة"), "/en" + searching("pilot year"), "/fr" + searching("béjaia")} {
		a := w.get(t, path)
		doc, faults := check(a.body)
		if a.status != http.StatusOK || len(faults) > 0 || len(hits.FindAll(a.body, -1)) == 0 {
			t.Errorf("%s: %d, %d hits, %v", path, a.status, len(hits.FindAll(a.body, -1)), faults)
		}
		if doc.canonical != "" || !bytes.Contains(a.body, []byte(`content="noindex"`)) {
			t.Errorf("%s is offered to search engines", path)
		}
		if size := compressed(t, a.body); size > maxHTML {
			t.Errorf("%s has %d bytes compressed", path, size)
		}
	}
	if empty := w.page(t, "/fr/recherche", http.StatusOK); empty.canonical != w.url+"/fr/recherche" {
		t.Errorf("the empty search page is at %s", empty.canonical)
	}
}

// A count says how many are left when its link is followed, and a chip takes
// the choice back.
func searchFacets(t *testing.T, w *world) {
	a := w.get(t, "/fr"+searching("enfance"))
	choices := counted.FindAllSubmatch(a.body, -1)
	if len(choices) < 5 {
		t.Fatalf("%d choices", len(choices))
	}
	total := regexp.MustCompile(`<h1>(\d+) résultat`)
	for i, c := range choices {
		if i%4 != 0 {
			continue
		}
		to := strings.ReplaceAll(string(c[1]), "&amp;", "&")
		narrowed := w.get(t, to)
		m := total.FindSubmatch(narrowed.body)
		if m == nil || string(m[1]) != string(c[2]) {
			t.Errorf("%s promises %s entries, there are %s", to, c[2], m)
		}
		if !bytes.Contains(narrowed.body, []byte(`class="chips"><li><a href="/fr/recherche?q=enfance"`)) {
			t.Errorf("%s: the choice cannot be taken back", to)
		}
	}
}

func corrects(t *testing.T, w *world) {
	a := w.get(t, "/fr"+searching("bibliobuss"))
	if !bytes.Contains(a.body, []byte(`class="corrected"`)) || len(hits.FindAll(a.body, -1)) == 0 {
		t.Errorf("a word with a mistake: %d hits", len(hits.FindAll(a.body, -1)))
	}
	if exact := w.get(t, "/fr"+searching("bibliobuss", "exact", "1")); bytes.Contains(exact.body, []byte(`class="corrected"`)) {
		t.Error("a word is taken for another although it was not to be")
	}
}

func findsNothing(t *testing.T, w *world) {
	doc := w.page(t, "/fr"+searching("zzzqqqxxx"), http.StatusOK)
	if !strings.Contains(doc.text, "vérifier l’orthographe") {
		t.Errorf("no help: %s", doc.text)
	}
	w.page(t, "/fr"+searching("enfance", "page", "99"), http.StatusOK)
}

func searchFeed(t *testing.T, w *world) {
	var feed struct {
		Entries []struct {
			Updated string `xml:"updated"`
		} `xml:"entry"`
	}
	a := w.get(t, "/fr/recherche.atom?q=jeunes")
	if err := xml.Unmarshal(a.body, &feed); err != nil || len(feed.Entries) == 0 {
		t.Errorf("feed of a search: %d %v", a.status, err)
	}
	if open := w.get(t, "/opensearch.xml"); !bytes.Contains(open.body, []byte(w.url+"/fr/recherche?q={searchTerms}")) {
		t.Errorf("opensearch: %s", open.body)
	}
}

func suggests(t *testing.T, w *world) {
	var got []any
	unmarshal(t, w, "/fr/recherche.json?q=bibliob", &got)
	if len(got) != 4 || got[0] != "bibliob" || !strings.Contains(fmt.Sprint(got[3]), "/fr/associations/bibliobus-des-montagnes") {
		t.Errorf("suggestions: %v", got)
	}
	unmarshal(t, w, "/ar/recherche.json?q=", &got)
	script := w.get(t, "/theme/suggest.js")
	if size := compressed(t, script.body); script.status != http.StatusOK || size > 8<<10 {
		t.Errorf("the script: %d, %d bytes compressed", script.status, size)
	}
	if len(script.header.Get("Etag")) == 0 || !strings.HasPrefix(script.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("the script: %v", script.header)
	}
}

// Whatever is typed is words, and comes back as words.
func hostileSearches(t *testing.T, w *world) {
	for i, q := range []string{`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "\u202e\u0000", strings.Repeat("a", 5000), strings.Repeat("enfance ", 40),
		`"jamais fermé`, "-", "*", "(((", "type:associations OR 1=1", "\xff\xfe", "%", "٪"} {
		for _, pair := range [][]string{{}, {"type", q}, {"annee", q}, {"langue", q}, {"theme", q}, {"tri", q}, {"page", q}} {
			a := w.get(t, "/fr"+searching(q, pair...))
			if a.status != http.StatusOK && a.status != http.StatusBadRequest && a.status != http.StatusNotFound {
				t.Errorf("%d %v: %d %.200s", i, pair, a.status, a.body)
			}
			if _, faults := check(a.body); len(faults) > 0 || bytes.Contains(a.body, []byte("<script>")) || bytes.Contains(a.body, []byte("<img src=x")) {
				t.Errorf("%s %v: %v", strconv.Quote(q[:min(len(q), 30)]), pair, faults)
			}
		}
	}
}

// Results are opened by way of an address that counts that, without a cookie,
// and leads to entries of the site only.
func opensResults(t *testing.T, w *world) {
	a := w.get(t, "/fr"+searching("bibliobus"))
	link := regexp.MustCompile(`href="(/fr/recherche/vers\?[^"]*)"`).FindSubmatch(a.body)
	if link == nil {
		t.Fatalf("no result is opened by way of the count: %.2000s", a.body)
	}
	way := strings.ReplaceAll(string(link[1]), "&amp;", "&")
	a = w.get(t, way)
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/fr/") || a.header.Get("Set-Cookie") != "" {
		t.Errorf("%s: %d to %q", way, a.status, to)
	}
	w.page(t, to, http.StatusOK)
	for _, bad := range []string{"", "?q=x", "?q=x&type=associations&id=//example.org", "?q=x&type=associations&id=https://example.org",
		"?q=x&type=settings&id=none", "?q=x&type=%00&id=%0a", "?q=x&type=users&id=01ARZ3NDEKTSV4RRFFQ69G5FAV", "?url=https://example.org"} {
		if a := w.get(t, "/fr/recherche/vers"+bad); a.status != http.StatusNotFound && a.status != http.StatusBadRequest || a.header.Get("Location") != "" {
			t.Errorf("%s: %d to %q", bad, a.status, a.header.Get("Location"))
		}
	}
}
