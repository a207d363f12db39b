package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/server"
)

func TestSession(t *testing.T) {
	s := newSite(t, siteOptions{})
	cookie := s.cookie("editor")
	signedIn := func(method, path string, body any, headers ...string) answer {
		return s.as("visitor", method, path, body, append([]string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, headers...)...)
	}
	a := s.as("visitor", "POST", "/session", fields{"email": "EDITOR@example.org ", "password": password})
	d := a.data(t, 201)
	set := a.header.Get("Set-Cookie")
	for _, want := range []string{server.SessionCookie + "=rcs_", "HttpOnly", "SameSite=Lax", "path=/", "expires="} {
		if !strings.Contains(set, want) {
			t.Errorf("cookie %q lacks %s", set, want)
		}
	}
	secret, _, _ := strings.Cut(strings.TrimPrefix(set, server.SessionCookie+"="), ";")
	if strings.Contains(string(a.body), secret) || d["user"] != string(s.users["editor"]) {
		t.Errorf("body: %s", a.body)
	}
	if me := signedIn("GET", "/me", nil).data(t, 200); me["user"].(map[string]any)["email"] != "editor@example.org" {
		t.Errorf("me: %v", me)
	}
	signedIn("GET", "/session", nil).data(t, 200)
	// Another site's page has the cookie sent along, and gets nowhere.
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Sec-Fetch-Site", "", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", ""}} {
		signedIn("PATCH", "/me", fields{"name": "Mallory"}, h...).problem(t, 403, "cross_site_request")
		signedIn("DELETE", "/session", nil, h...).problem(t, 403, "cross_site_request")
	}
	out := signedIn("DELETE", "/session", nil)
	if out.status != 204 || !strings.Contains(out.header.Get("Set-Cookie"), server.SessionCookie+"=;") {
		t.Errorf("sign out: %d %v", out.status, out.header)
	}
	signedIn("GET", "/me", nil).problem(t, 401, "")
	// With a cookie that is over one can still sign in and out.
	signedIn("POST", "/session", fields{"email": "editor@example.org", "password": password}).data(t, 201)
	if a := signedIn("DELETE", "/session", nil); a.status != 204 {
		t.Errorf("signing out twice: %d", a.status)
	}
}

func TestSignInTellsNothing(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.cookie("editor")
	wrong := s.as("visitor", "POST", "/session", fields{"email": "editor@example.org", "password": "une autre phrase"})
	none := s.as("visitor", "POST", "/session", fields{"email": "nobody@example.org", "password": "une autre phrase"})
	if wrong.status != 401 || none.status != 401 || wrong.json(t)["detail"] != none.json(t)["detail"] || wrong.json(t)["code"] != none.json(t)["code"] {
		t.Errorf("%s\n%s", wrong.body, none.body)
	}
	for _, body := range []string{
		`{"email":["editor@example.org"],"password":"x"}`, `{"email":{"_neq":""},"password":{"_neq":""}}`,
		`{"email":"editor@example.org","password":"x","role":"administrator"}`, `{"email":"a","email":"b","password":"x"}`,
	} {
		if a := s.as("visitor", "POST", "/session", body); a.status != 422 && a.status != 400 {
			t.Errorf("%s: %d", body, a.status)
		}
	}
}

// The limit counts addresses, which the caller cannot choose, not e-mails,
// which they can.
func TestSignInIsLimited(t *testing.T) {
	s := newSite(t, siteOptions{limits: server.Limits{SignIn: server.Rate{Count: 3, Per: time.Hour}}})
	for i := range 5 {
		a := s.as("visitor", "POST", "/session", fields{"email": fmt.Sprintf("x%d@example.org", i), "password": "une phrase quelconque"},
			"X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i))
		if i >= 3 {
			a.problem(t, 429, "too_many_requests")
		}
	}
}

func TestPasswords(t *testing.T) {
	s := newSite(t, siteOptions{})
	cookie := s.cookie("author")
	headers := []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}
	p := s.as("visitor", "POST", "/me/password", fields{"current": "not it at all", "password": "une nouvelle phrase"}, headers...).problem(t, 422, "body_invalid")
	if p["errors"].([]any)[0].(map[string]any)["pointer"] != "/current" {
		t.Errorf("pointer: %v", p)
	}
	s.as("visitor", "POST", "/me/password", fields{"current": password, "password": "court"}, headers...).problem(t, 422, "")
	if a := s.as("visitor", "POST", "/me/password", fields{"current": password, "password": "une nouvelle phrase"}, headers...); a.status != 204 {
		t.Fatalf("change: %d %s", a.status, a.body)
	}
	s.as("visitor", "GET", "/me", nil, headers...).problem(t, 401, "")
	s.as("visitor", "POST", "/session", fields{"email": "author@example.org", "password": password}).problem(t, 401, "")
	s.as("visitor", "POST", "/session", fields{"email": "author@example.org", "password": "une nouvelle phrase"}).data(t, 201)
}

func TestSecretsAreNeverTold(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.cookie("editor")
	for _, path := range []string{"/users", "/users/" + string(s.users["editor"]), "/me", "/tokens", "/audit", "/openapi.json"} {
		a := s.as("administrator", "GET", path, nil)
		for _, secret := range []string{"$argon2id$", "password_hash", "totp_secret", `"digest"`, "rct_" + strings.Repeat("x", 40)} {
			if strings.Contains(string(a.body), secret) {
				t.Errorf("%s tells %s", path, secret)
			}
		}
		if a.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s may be kept: %v", path, a.header)
		}
	}
	for role, secret := range s.secret {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the token of %s is in the log", role)
		}
	}
	if strings.Contains(s.log.String(), password) {
		t.Error("a password is in the log")
	}
}

func TestTokens(t *testing.T) {
	s := newSite(t, siteOptions{})
	made := s.person("editor", "POST", "/tokens", fields{"name": "script", "roles": []string{"editor"}})
	d := made.data(t, 201)
	secret := fmt.Sprint(d["secret"])
	if !strings.HasPrefix(secret, "rct_") || !strings.HasPrefix(secret, fmt.Sprint(d["prefix"])) {
		t.Fatalf("token: %v", d)
	}
	s.secret["script"] = secret
	s.as("script", "POST", "/entries/news", fields{"title": "Par programme"}).data(t, 201)
	for _, item := range s.as("script", "GET", "/tokens", nil).list(t) {
		tok := item.(map[string]any)
		if tok["user"] != string(s.users["editor"]) || tok["secret"] != nil {
			t.Errorf("list: %v", tok)
		}
	}
	s.as("script", "POST", "/tokens", fields{"name": "child"}).problem(t, 403, "")
	if a := s.person("editor", "DELETE", fmt.Sprint("/tokens/", d["id"]), nil); a.status != 204 {
		t.Fatalf("revoke: %d %s", a.status, a.body)
	}
	s.as("script", "GET", "/me", nil).problem(t, 401, "")
	s.as("script", "GET", "/entries/news", nil).problem(t, 401, "")
}

func TestUsers(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.as("administrator", "POST", "/users", fields{"name": "Lina", "email": "lina@example.org", "roles": []string{"author"}}).data(t, 201)
	path := fmt.Sprint("/users/", d["id"])
	s.as("administrator", "POST", "/users", fields{"name": "Autre", "email": "LINA@example.org"}).problem(t, 409, "")
	if d = s.as("administrator", "PATCH", path, fields{"name": "Lina B."}).data(t, 200); d["name"] != "Lina B." || d["email"] != "lina@example.org" {
		t.Errorf("changed: %v", d)
	}
	for _, body := range []string{`{"id":"other"}`, `{"password_hash":"x"}`, `{"epoch":9}`, `{"totp_secret":"x"}`, `{"has_password":true}`} {
		s.as("administrator", "PATCH", path, body).problem(t, 422, "body_invalid")
	}
	s.as("administrator", "PATCH", path, fields{"disabled": true, "name": "x"}).problem(t, 400, "member_alone")
	if d = s.as("administrator", "PATCH", path, fields{"disabled": true}).data(t, 200); d["disabled"] != true {
		t.Errorf("disabled: %v", d)
	}
	if a := s.as("administrator", "DELETE", path, nil); a.status != 204 {
		t.Errorf("erase: %d %s", a.status, a.body)
	}
	for _, item := range s.as("administrator", "GET", "/users?page[size]=100", nil).list(t) {
		if u := item.(map[string]any); u["email"] == "lina@example.org" || u["name"] == "Lina B." {
			t.Errorf("after erasure: %v", u)
		}
	}
	page := s.as("administrator", "GET", "/users?page[size]=3", nil)
	if len(page.list(t)) != 3 || page.header.Get("Link") == "" {
		t.Errorf("page: %s", page.body)
	}
	s.as("administrator", "GET", "/users?filter[email][_eq]=x", nil).problem(t, 400, "parameter_not_here")
}

func TestRolesAndPermissions(t *testing.T) {
	s := newSite(t, siteOptions{})
	role := fields{"id": "press", "name": "press", "grants": []fields{{"collection": "news", "verbs": []string{"read", "read_draft", "update"},
		"rows": fields{"status": fields{"_eq": "draft"}}, "fields": []string{"title"}}}}
	a := s.as("administrator", "POST", "/roles", role)
	a.data(t, 201)
	s.as("administrator", "POST", "/roles", role).problem(t, 409, "id_taken")
	s.as("administrator", "PATCH", "/roles/press", fields{"sees": "members"}, "If-Match", `"9"`).problem(t, 412, "")
	if d := s.as("administrator", "PATCH", "/roles/press", fields{"sees": "members"}, "If-Match", a.header.Get("Etag")).data(t, 200); len(d["grants"].([]any)) != 1 {
		t.Errorf("a change of one member lost the others: %v", d)
	}
	s.as("administrator", "PATCH", "/roles/press", fields{"id": "other"}).problem(t, 400, "role_id_fixed")
	s.as("administrator", "PATCH", "/roles/press", `{"grants":[{"collection":"news","verbs":["read"],"colums":[]}]}`).problem(t, 422, "body_invalid")
	s.as("administrator", "PATCH", "/users/"+string(s.users["reader"]), fields{"roles": []string{"press"}}).data(t, 200)
	found := false
	for _, item := range s.as("reader", "GET", "/me/permissions", nil).list(t) {
		p := item.(map[string]any)
		if p["collection"] == "news" {
			update, _ := p["verbs"].(map[string]any)["update"].(map[string]any)
			found = update != nil && fmt.Sprint(update["fields"]) == "[title]" && update["rows"] != nil
		}
	}
	if !found {
		t.Error("the new right is not among the permissions")
	}
	why := s.as("reader", "GET", "/me/permissions?explain=publish&collection=news", nil).data(t, 200)
	if why["allowed"] != false || len(why["reasons"].([]any)) == 0 {
		t.Errorf("explanation: %v", why)
	}
	if a := s.as("administrator", "DELETE", "/roles/press?force=true", nil); a.status != 204 {
		t.Errorf("remove: %d %s", a.status, a.body)
	}
}

func TestAudit(t *testing.T) {
	s := withNotes(t, siteOptions{})
	id := s.note("editor", fields{"title": "x", "contact": "canary@example.org"})
	list := s.as("administrator", "GET", "/audit?subject="+id, nil)
	if items := list.list(t); len(items) != 1 || items[0].(map[string]any)["action"] != "entry.create" {
		t.Errorf("audit: %s", list.body)
	}
	if strings.Contains(string(list.body), "canary") {
		t.Error("the audit trail holds values")
	}
	page := s.as("administrator", "GET", "/audit?page[size]=2", nil)
	next, _ := page.json(t)["links"].(map[string]any)["next"].(string)
	if more := s.send("administrator", "GET", next, nil); len(more.list(t)) != 2 || string(more.body) == string(page.body) {
		t.Errorf("second page: %s", more.body)
	}
	made := s.person("editor", "POST", "/tokens", fields{"name": "Miroir"}).data(t, 201)
	one, _ := s.as("administrator", "GET", fmt.Sprint("/audit?action=token.create&subject=", made["id"]), nil).list(t)[0].(map[string]any)
	if one["name"] != "Miroir" || one["user"] != one["actor"].(map[string]any)["id"] {
		t.Errorf("a token without its name, or nobody’s: %v", one)
	}
	signed, _ := s.as("administrator", "GET", "/audit?action=session.open", nil).list(t)[0].(map[string]any)
	if signed["user"] == nil {
		t.Errorf("nobody signed in: %v", signed)
	}
}

func TestCollections(t *testing.T) {
	s := withNotes(t, siteOptions{})
	for _, f := range s.as("visitor", "GET", "/collections/notes", nil).data(t, 200)["fields"].([]any) {
		if name := f.(map[string]any)["name"]; name == "internal" || name == "contact" {
			t.Errorf("visitors are told of the field %s", name)
		}
	}
	for _, c := range s.as("visitor", "GET", "/collections?texts=ar", nil).list(t) {
		c := c.(map[string]any)
		for locale := range c["label"].(map[string]any) {
			if locale != "ar" {
				t.Errorf("%v also speaks %s", c["name"], locale)
			}
		}
	}
	s.as("visitor", "GET", "/collections?texts=%21", nil).problem(t, 400, "parameter_locale")
	a := s.as("administrator", "GET", "/collections/notes", nil)
	d := a.data(t, 200)
	all := d["fields"].([]any)
	id := s.note("editor", fields{"title": "Une", "stars": 2})
	// A rename is metadata: no value is lost, under the new name.
	all[3].(map[string]any)["name"] = "points"
	if a := s.as("administrator", "PATCH", "/collections/notes", fields{"fields": all}, "If-Match", a.header.Get("Etag")); a.status != 200 {
		t.Fatalf("rename: %d %s", a.status, a.body)
	}
	if e := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).data(t, 200); e["points"] != 2.0 {
		t.Errorf("after the rename: %v", e)
	}
	s.as("administrator", "PATCH", "/collections/notes", fields{"group": "x"}, "If-Match", a.header.Get("Etag")).problem(t, 412, "")
	s.as("administrator", "PATCH", "/collections/notes", fields{"id": "memos"}).problem(t, 400, "collection_id_fixed")
	s.as("administrator", "PATCH", "/collections/notes", `{"labels":{}}`).problem(t, 422, "")
	// What a change would do is said without doing it.
	dry := s.as("administrator", "PATCH", "/collections/notes?dry_run=true", fields{"fields": all[:3]}).data(t, 200)
	if len(dry["changes"].([]any)) == 0 {
		t.Errorf("dry run: %v", dry)
	}
	if n := len(s.as("administrator", "GET", "/collections/notes", nil).data(t, 200)["fields"].([]any)); n != len(all) {
		t.Errorf("a dry run did it: %d fields", n)
	}
	s.as("editor", "PATCH", "/collections/notes?dry_run=true", fields{"group": "x"}).problem(t, 403, "")
	s.as("administrator", "PATCH", "/collections/notes?dry_run=yes", fields{"group": "x"}).problem(t, 400, "parameter_not_boolean")
	s.as("administrator", "POST", "/collections", notes).problem(t, 409, "")
}

// A collection may ask that every change names the revision it was made from.
func TestRevisionRequired(t *testing.T) {
	s := withNotes(t, siteOptions{})
	if a := s.as("administrator", "PATCH", "/collections/notes", fields{"require_if_match": true}); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id := s.note("editor", fields{"title": "x"})
	p := s.as("editor", "PATCH", "/entries/notes/"+id, fields{"title": "y"}).problem(t, 428, "")
	if p["current_revision"] != 1.0 {
		t.Errorf("428: %v", p)
	}
	s.as("reader", "PATCH", "/entries/notes/"+id, fields{"title": "y"}).problem(t, 403, "")
	tag := s.as("editor", "GET", "/entries/notes/"+id+"?version=draft", nil).header.Get("Etag")
	s.as("editor", "PATCH", "/entries/notes/"+id, fields{"title": "y"}, "If-Match", tag).data(t, 200)
}
