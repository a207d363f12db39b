package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

func (s *site) openapi(role string) *openapi3.T {
	s.t.Helper()
	a := s.as(role, "GET", "/openapi.json", nil)
	if a.status != 200 {
		s.t.Fatalf("openapi for %s: %d %s", role, a.status, a.body)
	}
	doc, err := openapi3.NewLoader().LoadFromData(a.body)
	if err != nil {
		s.t.Fatalf("openapi for %s: %v", role, err)
	}
	return doc
}

func TestOpenAPIIsValid(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for _, role := range roles {
		doc := s.openapi(role)
		if doc.OpenAPI != "3.1.0" {
			t.Fatalf("version %s", doc.OpenAPI)
		}
		if err := doc.Validate(context.Background()); err != nil {
			t.Errorf("for %s: %v", role, err)
		}
	}
}

// Every route is in the administrator's document and every operation of the
// document is a route.
func TestOpenAPIHasEveryRoute(t *testing.T) {
	s := withNotes(t, siteOptions{})
	doc := s.openapi("administrator")
	described := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for _, r := range s.api.Routes() {
		found := false
		for key := range described {
			if matches(r.Method+" "+strings.Replace(strings.TrimPrefix(r.Path, "/api/v1"), "*", ":path", 1), key) {
				found = true
				described[key] = false
			}
		}
		if !found {
			t.Errorf("%s %s is not described", r.Method, r.Path)
		}
	}
	for key, left := range described {
		if left {
			t.Errorf("%s is described, but no route", key)
		}
	}
}

// matches holds a route such as "GET /entries/:collection" against a described
// operation such as "GET /entries/notes".
func matches(route, described string) bool {
	a, b := strings.Split(route, "/"), strings.Split(described, "/")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !strings.HasPrefix(a[i], ":") {
			return false
		}
	}
	return true
}

func TestOpenAPIShowsWhatTheCallerMayDo(t *testing.T) {
	s := withNotes(t, siteOptions{})
	visitor, author, admin := s.openapi("visitor"), s.openapi("author"), s.openapi("administrator")
	for _, tt := range []struct {
		doc          *openapi3.T
		who          string
		method, path string
		there        bool
	}{
		{visitor, "visitor", "GET", "/entries/notes", true},
		{visitor, "visitor", "POST", "/entries/notes", false},
		{visitor, "visitor", "GET", "/users", false},
		{visitor, "visitor", "GET", "/audit", false},
		{visitor, "visitor", "POST", "/entries/{collection}/{entry}/actions/publish", false},
		{author, "author", "POST", "/entries/notes", true},
		{author, "author", "POST", "/entries/{collection}/{entry}/actions/submit", true},
		{author, "author", "POST", "/entries/{collection}/{entry}/actions/publish", false},
		{admin, "administrator", "GET", "/users", true},
	} {
		item := tt.doc.Paths.Value(tt.path)
		if got := item != nil && item.GetOperation(tt.method) != nil; got != tt.there {
			t.Errorf("%s: %s %s described: %v", tt.who, tt.method, tt.path, got)
		}
	}
	has := func(doc *openapi3.T, schema, field string) bool {
		c := doc.Components.Schemas[schema]
		return c != nil && c.Value.Properties[field] != nil
	}
	if has(visitor, "read_notes", "internal") || has(visitor, "read_notes", "contact") {
		t.Error("a visitor's document names fields that are not for visitors")
	}
	if !has(visitor, "read_notes", "title") || !has(admin, "read_notes", "internal") || !has(admin, "create_notes", "locales") {
		t.Error("fields are missing")
	}
	raw := s.as("visitor", "GET", "/openapi.json", nil)
	if strings.Contains(string(raw.body), "internal") && strings.Contains(string(raw.body), `"contact"`) {
		t.Error("hidden field names are somewhere in the visitor's document")
	}
}

// The document follows the definitions, and says so by its tag.
func TestOpenAPIFollowsTheDefinitions(t *testing.T) {
	s := withNotes(t, siteOptions{})
	one := s.as("visitor", "GET", "/openapi.json", nil)
	tag := one.header.Get("Etag")
	if a := s.as("visitor", "GET", "/openapi.json", nil, "If-None-Match", tag); a.status != 304 {
		t.Errorf("unchanged: %d", a.status)
	}
	s.note("editor", fields{"title": "x", "status": "published"})
	if a := s.as("visitor", "GET", "/openapi.json", nil, "If-None-Match", tag); a.status != 304 {
		t.Errorf("after an entry: %d", a.status)
	}
	if a := s.as("administrator", "PATCH", "/collections/notes", fields{"name": "memos"}); a.status != 200 {
		t.Fatalf("rename: %d %s", a.status, a.body)
	}
	a := s.as("visitor", "GET", "/openapi.json", nil, "If-None-Match", tag)
	if a.status != 200 || !strings.Contains(string(a.body), `"/entries/memos"`) || strings.Contains(string(a.body), `"/entries/notes"`) {
		t.Errorf("after a rename: %d", a.status)
	}
	if a := s.as("visitor", "GET", "/openapi.json?collections=memos", nil); strings.Contains(string(a.body), "/entries/news") || !strings.Contains(string(a.body), "/entries/memos") {
		t.Error("the subset is not one")
	}
	s.as("visitor", "GET", "/openapi.json?collections=nothing", nil).problem(t, 400, "collection_not_found")
}

// checked sends a request and holds the request and the answer against the
// document.
type checked struct {
	*site
	router routers.Router
}

func (c *checked) try(role, method, path string, body any) answer {
	c.t.Helper()
	a := c.as(role, method, path, body)
	var raw []byte
	if body != nil {
		raw = must(json.Marshal(body))(c.t)
	}
	u := must(url.Parse(c.url + "/api/v1" + path))(c.t)
	req := must(http.NewRequest(method, u.String(), bytes.NewReader(raw)))(c.t)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.URL = &url.URL{Path: u.Path, RawQuery: u.RawQuery}
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		c.t.Errorf("%s %s: %v", method, path, err)
		return a
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if a.status < 400 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			c.t.Errorf("request %s %s: %.1000v", method, path, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: a.header, Options: in.Options}
	out.Body = io.NopCloser(bytes.NewReader(a.body))
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.t.Errorf("answer %d of %s %s: %.1000v", a.status, method, path, err)
	}
	return a
}

func TestAnswersAreAsDescribed(t *testing.T) {
	s := withNotes(t, siteOptions{})
	router, err := legacy.NewRouter(s.openapi("administrator"))
	if err != nil {
		t.Fatal(err)
	}
	c := &checked{s, router}
	d := c.try("administrator", "POST", "/entries/notes", fields{"title": "Une", "stars": 2, "contact": "a@example.org",
		"body": "# Titre", "status": "published"}).data(t, 201)
	id := fmt.Sprint(d["id"])
	c.try("administrator", "POST", "/entries/notes", fields{"locales": fields{"fr": fields{"title": "Deux"}, "ar": fields{"title": "ب"}}, "related": []string{id}})
	c.try("administrator", "POST", "/entries/notes", fields{"titel": "x"})
	c.try("administrator", "GET", "/entries/notes?version=draft", nil)
	c.try("administrator", "GET", "/entries/notes?fields=title,related.title,body.html&page[size]=1&count=exact", nil)
	c.try("administrator", "GET", "/entries/notes/"+id, nil)
	c.try("administrator", "PATCH", "/entries/notes/"+id, fields{"stars": nil})
	c.try("administrator", "POST", "/entries/notes/"+id+"/actions/publish", fields{"locale": "fr"})
	c.try("administrator", "POST", "/entries/notes/"+id+"/actions/reject", fields{"reason": ""})
	c.try("administrator", "GET", "/entries/notes/"+id+"/revisions", nil)
	c.try("administrator", "GET", "/entries/notes/"+id+"/revisions/1", nil)
	c.try("administrator", "GET", "/entries/notes/"+id+"/backlinks", nil)
	c.try("administrator", "GET", "/entries/notes/nothing", nil)
	for _, path := range []string{"/collections", "/collections/notes", "/users", "/users/" + string(s.users["editor"]), "/roles",
		"/roles/visitor", "/tokens", "/audit", "/me", "/me/permissions", "/assets", "/session"} {
		c.try("administrator", "GET", path, nil)
	}
	c.try("administrator", "POST", "/users", fields{"name": "N", "email": "new@example.org", "roles": []string{"reader"}})
	c.try("administrator", "POST", "/roles", fields{"id": "extra", "name": "extra", "grants": []any{}})
	c.try("administrator", "PATCH", "/roles/extra", fields{"sees": "members"})
	c.try("administrator", "DELETE", "/entries/notes/"+id, nil)
	if a := c.try("administrator", "PATCH", "/collections/notes?dry_run=true", fields{"group": "x"}); a.status != 200 {
		t.Errorf("dry run: %d %s", a.status, a.body)
	}
}

// The reference page stands on its own, in three languages.
func TestDocsPage(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for locale, want := range map[string][]string{
		"fr": {`lang="fr"`, `dir="ltr"`, "Lister les entrées"},
		"ar": {`lang="ar"`, `dir="rtl"`, "عرض المداخل"},
		"en": {`lang="en"`, `dir="ltr"`, "List entries"},
	} {
		a := s.as("visitor", "GET", "/docs?locale="+locale, nil)
		page := string(a.body)
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
			t.Fatalf("%s: %d", locale, a.status)
		}
		for _, text := range append(want, "/api/v1/entries/notes", `name="viewport"`) {
			if !strings.Contains(page, text) {
				t.Errorf("%s lacks %s", locale, text)
			}
		}
		for _, bad := range []string{"<script", "<link", "<img", " src=", `href="http`, " style=", " onclick", ">docs.", `label="docs.`, ">op.", ">param.", ">tag."} {
			if strings.Contains(page, bad) {
				i := strings.Index(page, bad)
				t.Errorf("%s has %s: …%s", locale, bad, page[max(0, i-60):min(len(page), i+60)])
			}
		}
		csp := a.header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "style-src 'sha256-") || strings.Contains(csp, "unsafe") {
			t.Errorf("CSP %q", csp)
		}
	}
	if page := s.as("visitor", "GET", "/docs", nil, "Accept-Language", "ar"); !strings.Contains(string(page.body), `dir="rtl"`) {
		t.Error("the browser's language does not count")
	}
	s.as("visitor", "GET", "/docs?locale=xx", nil).problem(t, 400, "docs_locale")
}

// Labels are people's words, and may hold anything.
func TestDocsPageEscapesLabels(t *testing.T) {
	s := withNotes(t, siteOptions{})
	label := fields{"fr": `<script>alert(1)</script>"'`}
	if a := s.as("administrator", "PATCH", "/collections/notes", fields{"label": label}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if page := s.as("visitor", "GET", "/docs", nil); strings.Contains(string(page.body), "<script") {
		t.Error("a label became markup")
	}
	if a := s.as("visitor", "GET", "/collections/notes", nil); strings.Contains(string(a.body), "<script") {
		t.Error("JSON holds markup unescaped")
	}
}
