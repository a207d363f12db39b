package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestWriteAndRead(t *testing.T) {
	s := withNotes(t, siteOptions{})
	a := s.as("editor", "POST", "/entries/notes", fields{"title": "Bonjour", "stars": 3, "internal": "x"})
	d := a.data(t, 201)
	id := fmt.Sprint(d["id"])
	if a.header.Get("Location") != "/api/v1/entries/notes/"+id || a.header.Get("Etag") != `"1"` {
		t.Errorf("headers: %v", a.header)
	}
	if d["title"] != "Bonjour" || d["status"] != "draft" || d["slug"] != "bonjour" || d["revision"] != 1.0 {
		t.Errorf("data: %v", d)
	}
	s.as("visitor", "GET", "/entries/notes/"+id, nil).problem(t, 404, "")
	s.as("visitor", "GET", "/entries/notes/"+id+"?version=draft", nil).problem(t, 401, "")
	s.as("reader", "GET", "/entries/notes/"+id+"?version=draft", nil).problem(t, 403, "")

	a = s.as("editor", "PATCH", "/entries/notes/"+id, fields{"title": "Salut"}, "If-Match", `"1"`)
	if d = a.data(t, 200); d["title"] != "Salut" || d["stars"] != 3.0 || a.header.Get("Etag") != `"2"` {
		t.Errorf("patched: %v %v", d, a.header)
	}
	p := s.as("editor", "PATCH", "/entries/notes/"+id, fields{"stars": 4}, "If-Match", `"1"`).problem(t, 412, "entry_changed")
	if p["current_revision"] != 2.0 || p["updated_by"] == nil || p["updated_at"] == nil || fmt.Sprint(p["changed_fields"]) != "[title]" {
		t.Errorf("stale: %v", p)
	}
	if d = s.as("editor", "POST", "/entries/notes/"+id+"/actions/publish", nil).data(t, 200); d["status"] != "published" {
		t.Errorf("published: %v", d)
	}
	d = s.as("visitor", "GET", "/entries/notes/bonjour", nil).data(t, 200)
	if d["title"] != "Salut" || d["id"] != id {
		t.Errorf("live: %v", d)
	}
	for _, hidden := range []string{"internal", "contact", "created_by", "updated_by"} {
		if _, there := d[hidden]; there {
			t.Errorf("a visitor sees %s: %v", hidden, d)
		}
	}
	s.as("editor", "DELETE", "/entries/notes/"+id, nil, "If-Match", `"1"`).problem(t, 412, "")
	if a := s.as("editor", "DELETE", "/entries/notes/"+id, nil); a.status != 204 || len(a.body) != 0 {
		t.Errorf("trash: %d %s", a.status, a.body)
	}
	s.as("visitor", "GET", "/entries/notes/bonjour", nil).problem(t, 404, "")
}

func TestLocalesInOneBody(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"stars": 5, "status": "published",
		"locales": fields{"fr": fields{"title": "Bonjour"}, "ar": fields{"title": "سلام"}}})
	for accept, title := range map[string]string{"fr": "Bonjour", "ar": "سلام", "ar-DZ, fr;q=0.3": "سلام", "": "Bonjour", "en": "Bonjour"} {
		a := s.as("visitor", "GET", "/entries/notes/"+id, nil, "Accept-Language", accept)
		if d := a.data(t, 200); d["title"] != title || d["stars"] != 5.0 || a.header.Get("Content-Language") != d["locale"] {
			t.Errorf("%q: %v", accept, d)
		}
	}
	if d := s.as("visitor", "GET", "/entries/notes/"+id+"?locale=ar", nil).data(t, 200); d["title"] != "سلام" {
		t.Errorf("ar: %v", d)
	}
	s.as("visitor", "GET", "/entries/notes/"+id+"?locale=en", nil).problem(t, 404, "")
}

// The pointers of problems lead into the body as it was sent.
func TestPointers(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for _, tt := range []struct{ name, body, pointer string }{
		{"flat", `{"title":"x","stars":"many"}`, "/stars"},
		{"unknown", `{"titel":"x"}`, "/titel"},
		{"with locale", `{"locale":"ar","title":7}`, "/title"},
		{"one of locales", `{"locales":{"fr":{"title":7}}}`, "/locales/fr/title"},
		{"second of locales", `{"locales":{"fr":{"title":"x"},"ar":{"title":7}}}`, "/locales/ar/title"},
		{"shared beside locales", `{"stars":"many","locales":{"fr":{"title":"x"},"ar":{"title":"y"}}}`, "/stars"},
		{"shared beside one locale", `{"stars":"many","locales":{"fr":{"title":"x"}}}`, "/stars"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := s.as("editor", "POST", "/entries/notes", tt.body).problem(t, 422, "")
			if got := p["errors"].([]any)[0].(map[string]any)["pointer"]; got != tt.pointer {
				t.Errorf("pointer %v, want %s: %v", got, tt.pointer, p)
			}
		})
	}
}

func TestBodiesThatMeanNothing(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "x"})
	for _, tt := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", "/entries/notes", `[]`, 400, "json_object_expected"},
		{"POST", "/entries/notes", `{"title":"x","title":"y"}`, 400, "json_name_twice"},
		{"POST", "/entries/notes", `{"title":"x"} {}`, 400, "json_malformed"},
		{"POST", "/entries/notes", `{"locale":"FR","title":"x"}`, 400, "locale_malformed"},
		{"POST", "/entries/notes", `{"locale":7}`, 400, "text_expected"},
		{"POST", "/entries/notes", `{"locale":"fr","locales":{"fr":{}}}`, 400, "locale_and_locales"},
		{"POST", "/entries/notes", `{"locales":{}}`, 400, "locales_object_expected"},
		{"POST", "/entries/notes", `{"title":"x","locales":{"fr":{"title":"x"}}}`, 400, "field_twice"},
		{"POST", "/entries/notes", `{"title":"x","status":"live"}`, 400, "status_on_create"},
		{"POST", "/entries/notes?fields=title", `{"title":"x"}`, 400, "parameters_of_reads"},
		{"POST", "/entries/notes?x=1", `{"title":"x"}`, 400, ""},
		{"PATCH", "/entries/notes/" + id, `{"status":"published"}`, 400, "member_not_here"},
		{"PATCH", "/entries/notes/" + id, ``, 415, "json_expected"},
		{"POST", "/entries/notes/" + id + "/actions/publish", `{"lokale":"fr"}`, 422, "body_invalid"},
		{"POST", "/entries/notes/" + id + "/actions/publish", `{"locale":"fr","locales":["fr"]}`, 400, "locale_and_locales"},
		{"POST", "/entries/notes/" + id + "/actions/revert", `{"revision":"1"}`, 422, "body_invalid"},
		{"POST", "/entries/notes/" + id + "/actions/explode", `{}`, 404, "route_not_found"},
		{"GET", "/entries/notes?filter[titel][_eq]=x", "", 400, ""},
		{"GET", "/entries/notes?filtre=x", "", 400, ""},
		{"GET", "/entries/notes?page[size]=100000", "", 400, ""},
		{"GET", "/entries/notes?" + strings.Repeat("filter[_and]", 1) + strings.Repeat("[0][_and]", 40) + "[0][id][_eq]=x", "", 400, ""},
	} {
		var body any = tt.body
		if tt.body == "" {
			body = nil
		}
		a := s.as("editor", tt.method, tt.path, body)
		if a.status != tt.status || tt.code != "" && a.json(t)["code"] != tt.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", tt.method, tt.path, tt.body, a.status, a.body, tt.status, tt.code)
			continue
		}
		a.problem(t, tt.status, tt.code)
	}
	long := strings.Repeat("k", 100_000)
	for _, body := range []string{`{"` + long + `":1,"` + long + `":2}`, `{"` + long + `":1}`, `{"locales":{"` + long + `":{}}}`, `{"locale":"` + long + `"}`} {
		if a := s.as("editor", "POST", "/entries/notes", body); a.status < 400 || a.status >= 500 || len(a.body) > 4000 {
			t.Errorf("%.20s…: %d, %d bytes", body, a.status, len(a.body))
		}
	}
	for _, ct := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""} {
		s.as("editor", "POST", "/entries/notes", `{"title":"x"}`, "Content-Type", ct).problem(t, 415, "json_expected")
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := withNotes(t, siteOptions{})
	post := func(role, key, title string) answer {
		return s.as(role, "POST", "/entries/notes", fields{"title": title}, "Idempotency-Key", key)
	}
	one := post("editor", "k1", "Une")
	two := post("editor", "k1", "Une")
	if one.data(t, 201)["id"] != two.data(t, 201)["id"] || two.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a repeated request made another entry: %s %s", one.body, two.body)
	}
	if a := post("editor", "k1", "Autre"); a.status < 400 {
		t.Errorf("the same key with another body: %d %s", a.status, a.body)
	}
	if other := post("author", "k1", "Une"); other.data(t, 201)["id"] == one.data(t, 201)["id"] {
		t.Error("keys of two people are one")
	}
	post("editor", strings.Repeat("k", 201), "x").problem(t, 400, "idempotency_key_too_long")
}

func TestRightsComeBeforeConditions(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "Secret"})
	tag := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).header.Get("Etag")
	for _, h := range [][]string{{"If-None-Match", tag}, {"If-None-Match", "*"}, {"If-Match", `"1"`}} {
		if a := s.as("visitor", "GET", "/entries/notes/"+id, nil, h...); a.status != 404 {
			t.Errorf("GET with %v: %d", h, a.status)
		}
		for _, match := range []string{`"1"`, `"9"`, "nonsense"} {
			a := s.as("reader", "PATCH", "/entries/notes/"+id, fields{"title": "x"}, "If-Match", match)
			if a.status != 403 && a.status != 404 {
				t.Errorf("PATCH with %s: %d", match, a.status)
			}
		}
	}
	// Nobody learns by trying which drafts there are.
	for _, act := range []string{"publish", "copy", "erase", "purge", "revert"} {
		there := s.as("visitor", "POST", "/entries/notes/secret/actions/"+act, fields{})
		gone := s.as("visitor", "POST", "/entries/notes/nothing/actions/"+act, fields{})
		if there.status != gone.status || there.json(t)["code"] != gone.json(t)["code"] {
			t.Errorf("%s: %d for a draft, %d for nothing", act, there.status, gone.status)
		}
	}
}

// An entry is reached through its own collection only.
func TestCollectionOfThePathCounts(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "x", "status": "published"})
	s.as("editor", "GET", "/entries/news/"+id, nil).problem(t, 404, "")
	s.as("editor", "PATCH", "/entries/news/"+id, fields{}).problem(t, 404, "")
	s.as("editor", "DELETE", "/entries/news/"+id, nil).problem(t, 404, "")
	s.as("editor", "POST", "/entries/news/"+id+"/actions/unpublish", nil).problem(t, 404, "")
	s.as("editor", "GET", "/entries/news/"+id+"/revisions", nil).problem(t, 404, "")
	s.as("visitor", "GET", "/entries/notes/"+id, nil).data(t, 200)
}

func TestWaysToWriteAnAddress(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.note("editor", fields{"title": "Une note", "status": "published"})
	for path, want := range map[string]int{
		"/api/v1/entries/notes/une-note":     200,
		"/api/v1/entries/notes/%75ne-note":   200,
		"/api/v1/entries/notes/une-note/":    404,
		"/api/v1/entries/notes/UNE-NOTE":     404,
		"/api/v1/entries/NOTES/une-note":     404,
		"/API/v1/entries/notes/une-note":     404,
		"//api/v1/entries/notes/une-note":    404,
		"/api/v1//entries/notes/une-note":    404,
		"/api/v1/entries/notes/une-note%2F":  404,
		"/api/v1/entries/notes/..%2Fusers":   404,
		"/api/v1/entries/notes/%00":          404,
		"/api/v1/entries/notes/%zz":          404,
		"/api/v1/entries/notes%2fune-note":   404,
		"/api/v1/entries/notes/une-note;x=1": 404,
		"/api/v1/entries/@users/x":           404,
		"/api/v1/entries/*/x":                404,
		"/api/v1/users/":                     404,
		"/api/v1/%75sers":                    404,
	} {
		req, err := http.NewRequest("GET", s.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.URL.Opaque = path
		a := s.roundTrip(req)
		if a.status != want {
			t.Errorf("%s: %d, want %d: %s", path, a.status, want, a.body)
		}
	}
}

func TestListAndPages(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for i := range 7 {
		s.note("editor", fields{"title": fmt.Sprintf("Note %d", i), "stars": i, "status": "published"})
	}
	path := "/api/v1/entries/notes?sort=-stars&page[size]=3&fields=title,stars&count=exact"
	var got []string
	for pages := 0; path != "" && pages < 5; pages++ {
		a := s.send("visitor", "GET", path, nil)
		for _, item := range a.list(t) {
			got = append(got, fmt.Sprint(item.(map[string]any)["stars"]))
		}
		doc := a.json(t)
		if total := doc["meta"].(map[string]any)["page"].(map[string]any)["total"]; total != 7.0 {
			t.Errorf("total %v", total)
		}
		path, _ = doc["links"].(map[string]any)["next"].(string)
		if link := a.header.Get("Link"); path != "" && !strings.Contains(link, "<"+strings.ReplaceAll(path, `"`, "%22")+`>; rel="next"`) {
			t.Errorf("Link %q, links.next %q", link, path)
		}
	}
	if strings.Join(got, "") != "6543210" {
		t.Errorf("pages: %v", got)
	}
}

func TestHistoryAndRevert(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "Un"})
	s.as("editor", "PATCH", "/entries/notes/"+id, fields{"title": "Deux"}).data(t, 200)
	if got := len(s.as("editor", "GET", "/entries/notes/"+id+"/revisions", nil).list(t)); got != 2 {
		t.Errorf("%d revisions", got)
	}
	if d := s.as("editor", "GET", "/entries/notes/"+id+"/revisions/1", nil).data(t, 200); d["title"] != "Un" {
		t.Errorf("revision 1: %v", d)
	}
	for _, n := range []string{"0", "9", "-1", "x"} {
		s.as("editor", "GET", "/entries/notes/"+id+"/revisions/"+n, nil).problem(t, 404, "")
	}
	s.as("visitor", "GET", "/entries/notes/"+id+"/revisions", nil).problem(t, 401, "")
	d := s.as("editor", "POST", "/entries/notes/"+id+"/actions/revert", fields{"revision": 1}).data(t, 200)
	if d["title"] != "Un" || d["revision"] != 3.0 {
		t.Errorf("reverted: %v", d)
	}
}

func TestActsOnAnEntry(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("author", fields{"title": "À relire"})
	act := func(role, name string, body any) answer {
		return s.as(role, "POST", "/entries/notes/"+id+"/actions/"+name, body)
	}
	act("author", "publish", nil).problem(t, 403, "")
	act("author", "submit", fields{"comment": "Voilà"}).data(t, 200)
	act("reviewer", "reject", fields{"reason": "Trop court"}).data(t, 200)
	act("author", "submit", nil).data(t, 200)
	act("reviewer", "approve", nil).data(t, 200)
	act("editor", "schedule", fields{"publish_at": time.Now().AddDate(1, 0, 0)}).data(t, 200)
	meta := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).json(t)["meta"].(map[string]any)
	if st := meta["states"].(map[string]any)["fr"].(map[string]any); st["status"] != "scheduled" || st["publish_at"] == nil {
		t.Errorf("states: %v", meta)
	}
	act("editor", "publish", nil).data(t, 200)
	s.as("editor", "PATCH", "/entries/notes/"+id, fields{"title": "Brouillon"}).data(t, 200)
	if d := act("editor", "discard-draft", nil).data(t, 200); d["title"] != "À relire" || d["status"] != "published" {
		t.Errorf("discarded: %v", d)
	}
	copied := act("editor", "copy", nil)
	if copied.data(t, 201)["id"] == id || !strings.HasPrefix(copied.header.Get("Location"), "/api/v1/entries/notes/") {
		t.Errorf("copy: %s", copied.body)
	}
	act("editor", "unpublish", nil).data(t, 200)
	s.as("editor", "DELETE", "/entries/notes/"+id, nil)
	if d := act("editor", "restore", nil).data(t, 200); d["status"] != "draft" {
		t.Errorf("restored: %v", d)
	}
	act("administrator", "erase", fields{"reason": "Demande"}).data(t, 200)
	s.as("editor", "DELETE", "/entries/notes/"+id, nil)
	act("editor", "purge", nil).problem(t, 403, "")
	if a := act("administrator", "purge", nil); a.status != 204 {
		t.Errorf("purge: %d %s", a.status, a.body)
	}
	s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).problem(t, 404, "")
}

// What is published is there for the next visitor, whatever memory held.
func TestMemoryFollowsChanges(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "Un", "status": "published"})
	path := "/entries/notes/" + id
	title := func(role string) any { return s.as(role, "GET", path, nil).data(t, 200)["title"] }
	for i := range 20 {
		want := fmt.Sprintf("Titre %d", i)
		title("visitor")
		s.as("editor", "PATCH", path, fields{"title": want}).data(t, 200)
		s.as("editor", "POST", path+"/actions/publish", nil).data(t, 200)
		if got := title("visitor"); got != want {
			t.Fatalf("visitors read %v after %s was published", got, want)
		}
	}
	// A list, and a page that shows a relation.
	other := s.note("editor", fields{"title": "Autre", "related": []string{id}, "status": "published"})
	related := func() any {
		d := s.as("visitor", "GET", "/entries/notes/"+other+"?fields=title,related.title", nil).data(t, 200)
		return d["related"].([]any)[0].(map[string]any)["title"]
	}
	related()
	s.as("editor", "PATCH", path, fields{"title": "Neuf"}).data(t, 200)
	s.as("editor", "POST", path+"/actions/publish", nil).data(t, 200)
	if related() != "Neuf" {
		t.Errorf("relation: %v", related())
	}
	// A field that is shown to visitors no more.
	s.as("visitor", "GET", path, nil).data(t, 200)
	def := s.as("administrator", "GET", "/collections/notes", nil).data(t, 200)
	for _, f := range def["fields"].([]any) {
		if f.(map[string]any)["name"] == "stars" {
			f.(map[string]any)["visibility"] = "members"
		}
	}
	if a := s.as("administrator", "PATCH", "/collections/notes", fields{"fields": def["fields"]}); a.status != 200 {
		t.Fatalf("define: %d %s", a.status, a.body)
	}
	if _, there := s.as("visitor", "GET", path, nil).data(t, 200)["stars"]; there {
		t.Error("visitors still see a field that is for members now")
	}
	// A role that loses the right.
	role := s.as("administrator", "GET", "/roles/visitor", nil).data(t, 200)
	grants := slices.DeleteFunc(role["grants"].([]any), func(g any) bool { return g.(map[string]any)["collection"] == "notes" })
	s.as("administrator", "PATCH", "/roles/visitor", fields{"grants": grants}).data(t, 200)
	if a := s.as("visitor", "GET", path, nil); a.status != 401 && a.status != 404 {
		t.Errorf("visitors still read: %d %s", a.status, a.body)
	}
}

// A filter on the present time must not be answered from memory.
func TestTimeIsNotKept(t *testing.T) {
	s := withNotes(t, siteOptions{})
	s.note("editor", fields{"title": "Un", "status": "published"})
	a := s.as("visitor", "GET", "/entries/notes?filter[published_at][_lt]=$now", nil)
	if a.status != 200 || a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%d %v %s", a.status, a.header, a.body)
	}
	if a := s.as("visitor", "GET", "/entries/notes", nil); !strings.HasPrefix(a.header.Get("Cache-Control"), "public") {
		t.Errorf("a list without time: %v", a.header)
	}
	if a := s.as("editor", "GET", "/entries/notes?version=draft", nil); a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("drafts: %v", a.header)
	}
}

func TestParallelRequestsDoNotMix(t *testing.T) {
	s := withNotes(t, siteOptions{})
	var wg sync.WaitGroup
	for worker := range 6 {
		wg.Go(func() {
			for i := range 10 {
				title := fmt.Sprintf("%s %d", strings.Repeat(string(rune('a'+worker)), 10+5*i), i)
				a := s.as("editor", "POST", "/entries/notes", fields{"title": title, "body": title, "status": "published"})
				d := a.data(t, 201)
				if d["title"] != title || d["body"] != title {
					t.Errorf("wrote %q, got %v", title, d)
				}
				if got := s.as("visitor", "GET", fmt.Sprint("/entries/notes/", d["slug"]), nil).data(t, 200); got["title"] != title {
					t.Errorf("read %v, want %q", got["title"], title)
				}
			}
		})
	}
	wg.Wait()
}

// What others point at, or has entries below it, goes into the trash when the
// caller says that they know; the answer has the revision for taking it back.
func TestTrashConfirmed(t *testing.T) {
	s := withNotes(t, siteOptions{})
	target := s.note("editor", fields{"title": "Visé"})
	s.note("editor", fields{"title": "Vise", "related": []string{target}})
	path := "/entries/notes/" + target
	if p := s.as("editor", "DELETE", path, nil).problem(t, 409, "entry_referenced"); p["count"] != 1.0 {
		t.Errorf("refused: %v", p)
	}
	s.as("editor", "DELETE", path+"?force=perhaps", nil).problem(t, 400, "parameter_not_boolean")
	gone := s.as("editor", "DELETE", path+"?force=true", nil, "If-Match", `"1"`)
	if gone.status != 204 || gone.header.Get("Etag") != `"2"` {
		t.Fatalf("trashed: %d %v %s", gone.status, gone.header, gone.body)
	}
	s.as("editor", "POST", path+"/actions/restore", nil, "If-Match", `"1"`).problem(t, 412, "")
	s.as("editor", "POST", path+"/actions/restore", nil, "If-Match", gone.header.Get("Etag")).data(t, 200)

	top := fmt.Sprint(s.as("editor", "POST", "/entries/pages", fields{"locale": "fr", "title": "Haut"}).data(t, 201)["id"])
	below := fmt.Sprint(s.as("editor", "POST", "/entries/pages", fields{"locale": "fr", "title": "Bas", "parent": top}).data(t, 201)["id"])
	s.as("editor", "DELETE", "/entries/pages/"+top, nil).problem(t, 409, "entry_has_children")
	if a := s.as("editor", "DELETE", "/entries/pages/"+top+"?children=true", nil); a.status != 204 {
		t.Errorf("with what is below: %d %s", a.status, a.body)
	}
	s.as("editor", "GET", "/entries/pages/"+below+"?version=draft", nil).problem(t, 404, "")
}
