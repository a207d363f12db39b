package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// trial is one row of the matrix: a request to a route, and the status that
// each role gets, in the order of roles (administrator, editor, author,
// reviewer, member, reader, visitor).
type trial struct {
	want   string
	path   func(m *matrix) string // nil: the route's own path
	body   any
	person bool // with a session, not a token: only people may

	headers []string
}

// matrix has things for the trials to act on, made anew for each request that
// may change them.
type matrix struct {
	*site
	n      int
	upload string
}

// live is the id of a note that is published, and has a draft besides.
func (m *matrix) live() string {
	m.n++
	id := m.note("editor", fields{"title": fmt.Sprintf("Vivante %d", m.n), "contact": "c@example.org", "status": "published"})
	m.as("editor", "PATCH", "/entries/notes/"+id, fields{"stars": 1}).data(m.t, 200)
	return id
}

func (m *matrix) trashed() string {
	id := m.live()
	m.as("editor", "DELETE", "/entries/notes/"+id, nil)
	return id
}

func (m *matrix) submitted() string {
	id := m.live()
	m.as("administrator", "POST", "/entries/notes/"+id+"/actions/submit", nil).data(m.t, 200)
	return id
}

func entryPath(id func(m *matrix) string, rest string) func(m *matrix) string {
	return func(m *matrix) string { return "/entries/notes/" + id(m) + rest }
}

func (m *matrix) collection() string {
	m.n++
	name := fmt.Sprintf("extra%d", m.n)
	m.as("administrator", "POST", "/collections", fields{"id": name, "name": name, "title": "title",
		"fields": []fields{{"id": "title", "name": "title", "kind": "text"}}}).data(m.t, 201)
	return "/collections/" + name
}

// noPlugin is an address of a plugin that is not installed: who may manage
// plugins learns that, and everybody about its own routes. plugins_test.go
// has those that are.
func noPlugin(rest string) func(*matrix) string {
	return func(*matrix) string { return "/plugins/none" + rest }
}

func (m *matrix) asset() string {
	m.n++
	a := m.send("administrator", "POST", fmt.Sprintf("/api/v1/assets?name=a%d.txt", m.n), "text", "Content-Type", "text/plain")
	return "/assets/" + fmt.Sprint(a.data(m.t, 201)["id"])
}

// tusUpload are the headers of an upload of five bytes.
var tusUpload = []string{"Tus-Resumable", "1.0.0", "Upload-Length", "5", "Upload-Offset", "0", "Upload-Metadata", "filename eC50eHQ="}

// resumable is a new upload of the administrator's.
func (m *matrix) resumable() string {
	return "/uploads/" + fmt.Sprint(m.as("administrator", "POST", "/uploads", nil, tusUpload...).data(m.t, 201)["id"])
}

// sameResumable is one that is only looked at: an account may have but a few.
func (m *matrix) sameResumable() string {
	if m.upload == "" {
		m.upload = m.resumable()
	}
	return m.upload
}

// edition is one that was ordered.
func (m *matrix) edition() string {
	return "/editions/" + fmt.Sprint(m.as("administrator", "POST", "/editions", fields{"title": fields{"fr": "Recueil"}}).data(m.t, 202)["id"])
}

func (m *matrix) user() string {
	m.n++
	d := m.as("administrator", "POST", "/users", fields{"name": "Someone", "email": fmt.Sprintf("u%d@example.org", m.n)}).data(m.t, 201)
	return "/users/" + fmt.Sprint(d["id"])
}

func (m *matrix) role() string {
	m.n++
	id := fmt.Sprintf("role%d", m.n)
	m.as("administrator", "POST", "/roles", fields{"id": id, "name": id, "grants": []any{}}).data(m.t, 201)
	return "/roles/" + id
}

func (m *matrix) tokenOfOther() string {
	d := m.person("administrator", "POST", "/tokens", fields{"name": "t"}).data(m.t, 201)
	return "/tokens/" + fmt.Sprint(d["id"])
}

// search waits for the index.
func (m *matrix) search() string {
	m.catchUp()
	return "/search?q=vivante&facets=collection"
}

// trials has a row for each operation. What a role may not do it is told so
// with 403 when it may know of the thing, and 404 when not; a visitor is told
// to sign in.
var trials = map[string]trial{
	"entries.across":        {want: "200 200 200 200 200 200 200", path: func(*matrix) string { return "/entries?title=x" }},
	"entries.list":          {want: "200 200 200 200 200 200 200", path: func(*matrix) string { return "/entries/notes" }},
	"entries.query":         {want: "200 200 200 200 200 200 200", path: func(*matrix) string { return "/entries/notes/query" }, body: fields{"filter": fields{"title": fields{"_null": false}}}},
	"entries.create":        {want: "201 201 201 403 403 403 401", path: func(*matrix) string { return "/entries/notes" }, body: fields{"title": "Neuve"}},
	"entries.get":           {want: "200 200 200 200 200 200 200", path: entryPath((*matrix).live, "")},
	"entries.save":          {want: "200 200 403 403 403 403 401", path: entryPath((*matrix).live, ""), body: fields{"title": "Autre"}},
	"entries.trash":         {want: "204 204 403 403 403 403 401", path: entryPath((*matrix).live, "")},
	"entries.publish":       {want: "200 200 403 200 403 403 401", path: entryPath((*matrix).live, "/actions/publish")},
	"entries.unpublish":     {want: "200 200 403 200 403 403 401", path: entryPath((*matrix).live, "/actions/unpublish")},
	"entries.schedule":      {want: "200 200 403 200 403 403 401", path: entryPath((*matrix).live, "/actions/schedule"), body: fields{}},
	"entries.submit":        {want: "200 200 403 403 403 403 401", path: entryPath((*matrix).live, "/actions/submit")},
	"entries.approve":       {want: "200 200 403 200 403 403 401", path: entryPath((*matrix).submitted, "/actions/approve")},
	"entries.comment":       {want: "200 200 403 200 403 403 401", path: entryPath((*matrix).live, "/actions/comment"), body: fields{"field": "title", "text": "Trop long ?"}},
	"entries.presence":      {want: "200 200 404 200 403 403 401", path: entryPath((*matrix).live, "/presence"), person: true, body: fields{"tab": "tab-of-somebody"}},
	"entries.settle":        {want: "404 404 403 404 403 403 401", path: entryPath((*matrix).live, "/actions/settle"), body: fields{"comment": "01ARZ3NDEKTSV4RRFFQ69G5FAA"}},
	"entries.reject":        {want: "200 200 403 200 403 403 401", path: entryPath((*matrix).submitted, "/actions/reject"), body: fields{"reason": "Non"}},
	"entries.revert":        {want: "200 200 403 403 403 403 401", path: entryPath((*matrix).live, "/actions/revert"), body: fields{"revision": 1}},
	"entries.discard-draft": {want: "200 200 403 403 403 403 401", path: entryPath((*matrix).live, "/actions/discard-draft")},
	"entries.copy":          {want: "201 201 403 403 403 403 401", path: entryPath((*matrix).live, "/actions/copy")},
	"entries.move":          {want: "409 409 403 403 403 403 401", path: entryPath((*matrix).live, "/actions/move"), body: fields{}},
	"entries.restore":       {want: "200 200 403 403 403 403 401", path: entryPath((*matrix).trashed, "/actions/restore")},
	"entries.purge":         {want: "204 403 403 403 403 403 401", path: entryPath((*matrix).trashed, "/actions/purge")},
	"entries.erase":         {want: "200 403 403 403 403 403 401", path: entryPath((*matrix).live, "/actions/erase")},
	"entries.revisions":     {want: "200 200 404 200 403 403 401", path: entryPath((*matrix).live, "/revisions")},
	"entries.revision":      {want: "200 200 404 200 403 403 401", path: entryPath((*matrix).live, "/revisions/1")},
	"entries.preview":       {want: "201 201 404 201 403 403 401", path: entryPath((*matrix).live, "/preview")},
	"entries.citation":      {want: "404 404 404 404 404 404 404", path: entryPath((*matrix).live, "/citation")},
	"entries.backlinks":     {want: "200 200 200 200 200 200 200", path: entryPath((*matrix).live, "/backlinks")},

	"collections.list":   {want: "200 200 200 200 200 200 200"},
	"collections.create": {want: "422 403 403 403 403 403 401", body: fields{"id": "x", "name": "X!"}},
	"collections.get":    {want: "200 200 200 200 200 200 200", path: func(*matrix) string { return "/collections/notes" }},
	"collections.change": {want: "200 403 403 403 403 403 401", path: (*matrix).collection, body: fields{"group": "g"}},
	"collections.import_rows": {want: "200 200 200 200 200 200 401", path: func(*matrix) string { return "/collections/notes/rows" },
		body: fields{"dry_run": true, "columns": []fields{{"field": "title"}}, "rows": [][]string{{"Neuve"}}}},
	"collections.remove": {want: "204 403 403 403 403 403 401", path: func(m *matrix) string { return m.collection() + "?force=true" }},

	"plugins.list":         {want: "200 403 403 403 403 403 401"},
	"plugins.install":      {want: "422 403 403 403 403 403 401", body: `"x"`},
	"plugins.get":          {want: "404 403 403 403 403 403 401", path: noPlugin("")},
	"plugins.remove":       {want: "404 403 403 403 403 403 401", path: noPlugin("")},
	"plugins.configure":    {want: "404 403 403 403 403 403 401", path: noPlugin("/settings"), body: fields{}},
	"plugins.approve":      {want: "404 403 403 403 403 403 401", path: noPlugin("/actions/approve"), body: fields{"version": "1.0.0"}},
	"plugins.enable":       {want: "404 403 403 403 403 403 401", path: noPlugin("/actions/enable")},
	"plugins.disable":      {want: "404 403 403 403 403 403 401", path: noPlugin("/actions/disable")},
	"plugins.rollback":     {want: "404 403 403 403 403 403 401", path: noPlugin("/actions/rollback")},
	"plugins.restart":      {want: "404 403 403 403 403 403 401", path: noPlugin("/actions/restart")},
	"plugins.jobs":         {want: "404 403 403 403 403 403 401", path: noPlugin("/jobs")},
	"plugins.job_start":    {want: "404 404 404 404 404 404 404", path: noPlugin("/jobs"), body: fields{"job": "x"}},
	"plugins.job_cancel":   {want: "404 403 403 403 403 403 401", path: noPlugin("/jobs/x/actions/cancel")},
	"plugins.job_retry":    {want: "404 403 403 403 403 403 401", path: noPlugin("/jobs/x/actions/retry")},
	"plugins.places":       {want: "200 200 200 200 200 200 200"},
	"plugins.interact":     {want: "404 404 404 404 404 404 404", path: noPlugin("/console/x"), body: fields{}},
	"plugins.frame":        {want: "404 404 404 404 404 404 404", path: noPlugin("/frames/x/y.html")},
	"plugins.route_get":    {want: "404 404 404 404 404 404 404", path: noPlugin("/months/1")},
	"plugins.route_post":   {want: "404 404 404 404 404 404 404", path: noPlugin("/months/1"), body: fields{}},
	"plugins.route_put":    {want: "404 404 404 404 404 404 404", path: noPlugin("/months/1"), body: fields{}},
	"plugins.route_patch":  {want: "404 404 404 404 404 404 404", path: noPlugin("/months/1"), body: fields{}},
	"plugins.route_delete": {want: "404 404 404 404 404 404 404", path: noPlugin("/months/1")},

	"assets.list":      {want: "200 200 200 200 200 200 200"},
	"assets.add":       {want: "201 201 201 403 201 403 401", path: func(*matrix) string { return "/assets?name=x.txt" }, body: `"x"`},
	"assets.get":       {want: "200 200 200 200 200 200 200", path: (*matrix).asset},
	"assets.save":      {want: "200 200 403 403 403 403 401", path: (*matrix).asset, body: fields{"credit": "Moi"}},
	"assets.remove":    {want: "204 204 403 403 403 403 401", path: (*matrix).asset},
	"assets.text":      {want: "200 200 200 200 200 200 200", path: func(m *matrix) string { return m.asset() + "/text" }},
	"assets.file":      {want: "200 200 200 200 200 200 200", path: func(m *matrix) string { return m.asset() + "/file" }},
	"assets.rendition": {want: "404 404 404 404 404 404 404", path: func(m *matrix) string { return m.asset() + "/renditions/w160" }},
	"assets.backlinks": {want: "200 200 200 200 200 200 200", path: func(m *matrix) string { return m.asset() + "/backlinks" }},

	"uploads.options": {want: "204 204 204 204 204 204 204"},
	"uploads.create":  {want: "201 201 201 403 201 403 401", headers: tusUpload},
	"uploads.get":     {want: "200 404 404 404 404 404 404", path: (*matrix).sameResumable},
	"uploads.append":  {want: "415 415 415 415 415 415 415", path: (*matrix).sameResumable, headers: tusUpload},
	"uploads.cancel":  {want: "204 404 404 404 404 404 404", path: (*matrix).resumable, headers: tusUpload},

	"users.list":         {want: "200 403 403 403 403 403 401"},
	"users.create":       {want: "422 403 403 403 403 403 401", body: fields{"email": "not one"}},
	"users.get":          {want: "200 403 403 403 403 403 401", path: (*matrix).user},
	"users.save":         {want: "200 403 403 403 403 403 401", path: (*matrix).user, body: fields{"name": "Autre"}},
	"users.erase":        {want: "204 403 403 403 403 403 401", path: (*matrix).user},
	"users.set_password": {want: "204 403 403 403 403 403 401", path: func(m *matrix) string { return m.user() + "/password" }, body: fields{"password": "a long enough sentence"}},

	"users.permissions":   {want: "200 403 403 403 403 403 401", path: func(m *matrix) string { return m.user() + "/permissions" }},
	"users.invite":        {want: "202 403 403 403 403 403 401", path: func(m *matrix) string { return m.user() + "/invite" }},
	"users.remove_factor": {want: "404 403 403 403 403 403 401", path: func(m *matrix) string { return m.user() + "/second-factor" }},

	"roles.list":   {want: "200 403 403 403 403 403 401"},
	"roles.create": {want: "422 403 403 403 403 403 401", body: fields{"id": "UPPER!", "name": "x"}},
	"roles.get":    {want: "200 403 403 403 403 403 401", path: (*matrix).role},
	"roles.save":   {want: "200 403 403 403 403 403 401", path: (*matrix).role, body: fields{"sees": "members"}},
	"roles.remove": {want: "204 403 403 403 403 403 401", path: (*matrix).role},

	"tokens.list":   {want: "200 200 200 200 200 200 401"},
	"tokens.create": {person: true, want: "201 201 201 201 201 201 401", body: fields{"name": "mine"}},
	"tokens.revoke": {want: "204 403 403 403 403 403 401", path: (*matrix).tokenOfOther},
	"audit.list":    {want: "200 403 403 403 403 403 401"},

	"session.sign_in":     {want: "401 401 401 401 401 401 401", body: fields{"email": "nobody@example.org", "password": "wrong wrong wrong"}},
	"session.get":         {want: "401 401 401 401 401 401 401"}, // a token is no session
	"session.ways":        {want: "200 200 200 200 200 200 200"},
	"session.enter_code":  {want: "401 401 401 401 401 401 401", body: fields{"ticket": "rck_x", "code": "123456"}},
	"session.ask_link":    {want: "202 202 202 202 202 202 202", body: fields{"email": "nobody@example.org"}},
	"session.link_page":   {want: "200 200 200 200 200 200 200"},
	"session.begin_oidc":  {want: "404 404 404 404 404 404 404"}, // this site has no provider; oidc_test.go has one
	"session.finish_oidc": {want: "302 302 302 302 302 302 302"},
	"session.use_link":    {want: "401 401 401 401 401 401 401", body: fields{"link": "rcl_x"}},
	"session.sign_out":    {want: "204 204 204 204 204 204 204"},

	"me.get":                 {want: "200 200 200 200 200 200 200"},
	"me.save":                {person: true, want: "200 200 200 200 200 200 401", body: fields{"name": "Moi"}},
	"me.broken_links":        {person: true, want: "200 200 200 200 200 200 401"},
	"me.reviews":             {person: true, want: "200 200 200 200 200 200 401"},
	"me.preferences":         {person: true, want: "200 200 200 200 200 200 401"},
	"me.save_preference":     {person: true, want: "200 200 200 200 200 200 401", path: func(*matrix) string { return "/me/preferences/views.notes" }, body: fields{"value": []int{1}}},
	"me.set_password":        {person: true, want: "422 422 422 422 422 422 401", body: fields{"current": "x", "password": "y"}},
	"me.sign_out_everywhere": {person: true, want: "204 204 204 204 204 204 401"},
	"me.sessions":            {person: true, want: "200 200 200 200 200 200 401"},
	"me.sign_out_one":        {person: true, want: "204 204 204 204 204 204 401", path: func(*matrix) string { return "/me/sessions/none" }},
	"me.begin_factor":        {person: true, want: "201 201 201 201 201 201 401", body: fields{"password": password}},
	"me.confirm_factor":      {person: true, want: "422 422 422 422 422 422 401", body: fields{"code": "000000"}},
	"me.renew_recovery":      {person: true, want: "404 404 404 404 404 404 401", body: fields{"code": "000000"}},
	"me.remove_factor":       {person: true, want: "404 404 404 404 404 404 401", body: fields{"code": "000000"}},
	"me.identities":          {person: true, want: "200 200 200 200 200 200 401"},
	"me.connect_identity":    {person: true, want: "404 404 404 404 404 404 401"},
	"me.disconnect_identity": {person: true, want: "404 404 404 404 404 404 401", path: func(*matrix) string { return "/me/identities/x" }},
	"me.permissions":         {want: "200 200 200 200 200 200 200"},

	"search.find":    {want: "200 200 200 200 200 200 200", path: (*matrix).search},
	"search.suggest": {want: "200 200 200 200 200 200 200", path: func(*matrix) string { return "/suggest?q=viv" }},
	"search.similar": {want: "200 200 200 200 200 200 200", path: func(m *matrix) string { return "/similar/notes/" + m.live() }},

	"search.statistics": {want: "200 200 403 403 403 403 401"},
	"search.click":      {want: "204 204 204 204 204 204 204", body: fields{"query": "vivante"}},
	"search.index":      {want: "200 200 403 403 403 403 401"},
	"search.reindex":    {want: "202 202 403 403 403 403 401"},
	"compendium.list":   {want: "200 200 403 403 403 403 401"},
	"compendium.freeze": {want: "202 202 403 403 403 403 401", body: fields{"title": fields{"fr": "Recueil du 15 mars"},
		"forms": []fields{{"paper": "a5", "locales": []string{"fr"}}}}},
	"compendium.get":      {want: "200 200 403 403 403 403 401", path: (*matrix).edition},
	"compendium.withdraw": {want: "404 404 404 404 404 404 404", path: func(*matrix) string { return "/editions/none/actions/withdraw" }},

	"events.stream": {want: "200 200 200 200 200 200 401"},
	"openapi.get":   {want: "200 200 200 200 200 200 200"},
	"docs.get":      {want: "200 200 200 200 200 200 200"},
}

// TestEveryRouteForEveryRole walks all routes for all roles, and fails when a
// route has no row.
func TestEveryRouteForEveryRole(t *testing.T) {
	m := &matrix{site: withNotes(t, siteOptions{})}
	seen := map[string]bool{}
	for _, r := range m.api.Routes() {
		row, ok := trials[r.Op]
		if !ok {
			t.Errorf("%s %s (%s) has no row in the matrix", r.Method, r.Path, r.Op)
			continue
		}
		seen[r.Op] = true
		want := strings.Fields(row.want)
		got := make([]string, len(roles))
		for i, role := range roles {
			path := strings.TrimPrefix(r.Path, "/api/v1")
			if row.path != nil {
				path = row.path(m)
			}
			got[i] = fmt.Sprint(m.try(role, r.Method, path, row))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%-24s\n got %s\nwant %s", r.Op, strings.Join(got, " "), row.want)
		}
	}
	for op := range trials {
		if !seen[op] {
			t.Errorf("%s is in the matrix, but no route", op)
		}
	}
}

// try sends a request and gives the status. A refusal has to be a problem; a
// stream is left after its header.
func (m *matrix) try(role, method, path string, row trial) int {
	m.t.Helper()
	if path == "/events" {
		req, err := http.NewRequest(method, m.url+"/api/v1"+path, nil)
		if err != nil {
			m.t.Fatal(err)
		}
		if m.secret[role] != "" {
			req.Header.Set("Authorization", "Bearer "+m.secret[role])
		}
		res, err := m.client.Do(req)
		if err != nil {
			m.t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	send := m.as
	if row.person {
		send = func(role, method, path string, body any, _ ...string) answer {
			return m.person(role, method, path, body)
		}
	}
	a := send(role, method, path, row.body, row.headers...)
	if path == "/me/sessions" {
		delete(m.jar, role) // it is over now
	}
	if a.status >= 400 {
		a.problem(m.t, a.status, "")
	}
	return a.status
}

// A visitor who is refused learns nothing that a visitor who asks for nothing
// would not: the matrix above for things that are hidden.
func TestHiddenThingsAreLikeNothing(t *testing.T) {
	s := withNotes(t, siteOptions{})
	draft := s.note("editor", fields{"title": "Brouillon"})
	for _, path := range []string{"/entries/notes/%s", "/entries/notes/%s?version=draft", "/entries/notes/%s/revisions",
		"/entries/notes/%s/revisions/1", "/entries/notes/%s/backlinks"} {
		for _, role := range []string{"visitor", "reader", "member", "author"} {
			there := s.as(role, "GET", fmt.Sprintf(path, draft), nil)
			none := s.as(role, "GET", fmt.Sprintf(path, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), nil)
			if there.status != none.status || there.json(t)["code"] != none.json(t)["code"] {
				t.Errorf("%s %s: %d %v for a draft, %d %v for nothing", role, path,
					there.status, there.json(t)["code"], none.status, none.json(t)["code"])
			}
		}
	}
}
