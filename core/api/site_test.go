package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

var system = content.Actor{Kind: content.ActorSystem, ID: "test"}

// site is the whole program on a memory bucket, behind a real listener.
type site struct {
	t      testing.TB
	url    string
	api    *api.API
	runner *action.Runner
	view   *view.DB
	auth   *auth.Authenticator
	server *server.Server
	log    *syncBuffer
	secret map[string]string // by role, then by the test
	users  map[string]content.UserID
	jar    map[string]string // cookies of sessions, by role
	client *http.Client
	stop   func() // ends the server and waits for it
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}
func (b *syncBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

type siteOptions struct {
	limits server.Limits
	events api.EventsOptions
}

func newSite(t testing.TB, o siteOptions) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &site{t: t, log: &syncBuffer{}, secret: map[string]string{}, users: map[string]content.UserID{}, jar: map[string]string{}}
	bucket := storagetest.NewMemory()
	kinds := schema.Builtin()
	keys := keyring.Open(bucket, rand.Reader)
	log := must(commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](action.Codec{Keys: keys}), commitlog.Options{
		Node: "test", Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler), Temp: t.TempDir()}))(t)
	s.view = must(view.Open(ctx, t.TempDir(), kinds, view.Options{}))(t)
	writer := commitlog.NewWriter(log, commitlog.Stage[content.Commit, *view.Tx](s.view), commitlog.WriterOptions{})
	newID := action.NewIDs(time.Now, rand.Reader)
	s.runner = must(action.NewRunner(action.Config{Writer: writer, View: s.view, Kinds: kinds, Now: time.Now, NewID: newID,
		Past: action.LogPast{View: s.view, Log: log}}))(t)
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) })
	s.do(system, action.Init{})
	s.auth = must(auth.New(s.view, s.runner, auth.Options{Now: time.Now, Random: rand.Reader, AtOnce: 2}))(t)
	catalogue := must(texts.Load())(t)
	if o.limits.SignIn == (server.Rate{}) {
		o.limits.SignIn = server.Rate{Count: -1}
	}
	if o.limits.Writes == (server.Rate{}) {
		o.limits.Writes = server.Rate{Count: -1}
	}
	s.server = must(server.New(server.Options{Texts: catalogue, Auth: api.Authenticator(s.auth), Changes: api.Changes(s.view),
		Log: server.NewLogger(s.log, true, slog.LevelInfo), Limits: o.limits}))(t)
	locales := []content.Locale{"fr", "ar", "en"}
	engine := query.New(s.view, log, kinds, query.Options{Now: time.Now, AssetURL: api.AssetURL})
	s.api = api.Mount(api.Options{Server: s.server, View: s.view, Query: engine, Runner: s.runner, Auth: s.auth,
		Media: media.New(blob.New(bucket, t.TempDir()), s.runner), Kinds: kinds, Texts: catalogue, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Locales: locales, Events: api.NewEvents(s.view, o.events)})
	running.Go(func() { _ = log.Follow(ctx, s.api.Events()) })
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	s.url = "http://" + ln.Addr().String()
	serving, stop := context.WithCancel(ctx)
	served := make(chan struct{})
	running.Go(func() { defer close(served); _ = s.server.Serve(serving, ln) })
	s.stop = func() { stop(); <-served }
	s.client = &http.Client{Transport: &http.Transport{DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		stop()
		cancel()
		running.Wait()
		if err := s.view.Close(); err != nil {
			t.Error(err)
		}
	})
	s.people()
	return s
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (s *site) do(by content.Actor, a action.Action) action.Receipt {
	s.t.Helper()
	r, err := s.runner.Do(context.Background(), by, a)
	if err != nil {
		s.t.Fatalf("%s: %v", a.Name(), err)
	}
	return r
}

// roles are those of every site, and a token for each.
var roles = []string{"administrator", "editor", "author", "reviewer", "member", "reader", "visitor"}

func (s *site) people() {
	s.t.Helper()
	for _, role := range roles[:len(roles)-1] {
		name, email := "Person "+role, role+"@example.org"
		held := []content.RoleID{content.RoleID(role)}
		r := s.do(system, action.SaveUser{Set: action.UserFields{Name: &name, Email: &email, Roles: &held}})
		s.users[role] = content.UserID(r.Subject)
		s.secret[role] = s.token(s.users[role])
	}
}

func (s *site) token(user content.UserID) string {
	s.t.Helper()
	secret := must(s.auth.NewToken())(s.t)
	s.do(system, action.CreateToken{Label: "test", User: user, Prefix: secret.Shown, Digest: secret.Digest})
	return secret.Text
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return v
}

// data is the member "data" of the answer, which must have the status.
func (a answer) data(t testing.TB, status int) map[string]any {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	d, ok := a.json(t)["data"].(map[string]any)
	if !ok {
		t.Fatalf("no data: %s", a.body)
	}
	return d
}

func (a answer) list(t testing.TB) []any {
	t.Helper()
	if a.status != 200 {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	d, ok := a.json(t)["data"].([]any)
	if !ok {
		t.Fatalf("no list: %s", a.body)
	}
	return d
}

// problem checks that the answer is a problem.
func (a answer) problem(t testing.TB, status int, code string) map[string]any {
	t.Helper()
	if a.status != status || a.header.Get("Content-Type") != server.ProblemType {
		t.Fatalf("status %d %s, want problem %d: %s", a.status, a.header.Get("Content-Type"), status, a.body)
	}
	p := a.json(t)
	if code != "" && p["code"] != code {
		t.Fatalf("code %v, want %s: %s", p["code"], code, a.body)
	}
	if d, _ := p["detail"].(string); d == "" || d == p["code"] || strings.Contains(d, "{") {
		t.Fatalf("detail %q of %v is not written", d, p["code"])
	}
	return p
}

// as sends a request with the token of a role ("visitor" has none). body may
// be nil, a string, or a value that becomes JSON.
func (s *site) as(role, method, path string, body any, headers ...string) answer {
	s.t.Helper()
	return s.send(role, method, "/api/v1"+path, body, headers...)
}

func (s *site) send(role, method, path string, body any, headers ...string) answer {
	s.t.Helper()
	var r io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case string:
		r, contentType = strings.NewReader(b), "application/json"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		r, contentType = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequest(method, s.url+path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if secret := s.secret[role]; secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return s.roundTrip(req)
}

func (s *site) roundTrip(req *http.Request) answer {
	s.t.Helper()
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return answer{res.StatusCode, res.Header, raw}
}

const password = "une phrase assez longue"

// cookie signs a role in, and gives the cookie of the session.
func (s *site) cookie(role string) string {
	s.t.Helper()
	hash := must(s.auth.HashPassword(context.Background(), password))(s.t)
	s.do(system, action.SetPassword{User: s.users[role], Hash: hash})
	a := s.as("visitor", "POST", "/session", fields{"email": role + "@example.org", "password": password})
	a.data(s.t, 201)
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// person sends a request as a browser in which the role has just signed in.
func (s *site) person(role, method, path string, body any) answer {
	s.t.Helper()
	headers := []string{"Sec-Fetch-Site", "same-origin"}
	if role != "visitor" {
		if s.jar[role] == "" {
			s.jar[role] = s.cookie(role)
		}
		headers = append(headers, "Cookie", s.jar[role])
	}
	return s.as("visitor", method, path, body, headers...)
}

type fields = map[string]any

// notes is a collection with a bit of everything that these tests need.
const notes = `{"id":"notes","name":"notes","title":"title","slug":"slug","label":{"fr":"Notes","en":"Notes"},
	"fields":[
		{"id":"title","name":"title","kind":"text","localized":true,"required":true},
		{"id":"slug","name":"slug","kind":"slug","localized":true,"settings":{"source":"title"}},
		{"id":"body","name":"body","kind":"markdown","localized":true},
		{"id":"stars","name":"stars","kind":"number","sortable":true},
		{"id":"internal","name":"internal","kind":"text","visibility":"coordinators"},
		{"id":"contact","name":"contact","kind":"email","personal":true,"visibility":"coordinators"},
		{"id":"related","name":"related","kind":"relation","settings":{"to":["notes"],"many":true}}]}`

func withNotes(t testing.TB, o siteOptions) *site {
	t.Helper()
	s := newSite(t, o)
	if a := s.as("administrator", "POST", "/collections", notes); a.status != 201 {
		t.Fatalf("define notes: %d %s", a.status, a.body)
	}
	role := s.as("administrator", "GET", "/roles/visitor", nil).data(t, 200)
	grants := append(role["grants"].([]any), fields{"collection": "notes", "verbs": []string{"read"}})
	if a := s.as("administrator", "PATCH", "/roles/visitor", fields{"grants": grants}); a.status != 200 {
		t.Fatalf("grant: %d %s", a.status, a.body)
	}
	return s
}

// note creates a note and gives its id.
func (s *site) note(role string, body fields) string {
	s.t.Helper()
	d := s.as(role, "POST", "/entries/notes", body).data(s.t, 201)
	return fmt.Sprint(d["id"])
}
