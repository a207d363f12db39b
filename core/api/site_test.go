package api_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/presence"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/signed"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/search/statistics"
	"github.com/recueil-cms/recueil/storage"
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

	letters string // folder of those that were sent
	start   time.Time
	ahead   atomic.Int64 // nanoseconds since start, by the clock of actions and sign-ins
	media   *media.Library
	uploads *media.Uploads
	newID   func() string
	bucket  storage.Bucket
	reader  *counted
	follow  func(context.Context, commitlog.Follower[content.Commit]) error
	// searched reports whether the text index has all that the view has.
	searched func() bool
	// flush has the counts of searches kept, and learned from.
	flush chan time.Time
}

// ticks are those of the statistics, which come when a test says so.
func (s *site) ticks(time.Duration) (<-chan time.Time, func()) { return s.flush, func() {} }

// now is the time by the clock of actions and sign-ins, which stands still
// unless it is told to pass.
func (s *site) now() time.Time { return s.start.Add(time.Duration(s.ahead.Load())) }

// pass lets time pass.
func (s *site) pass(d time.Duration) { s.ahead.Add(int64(d)) }

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
	oidc   *provider // of sign-ins elsewhere
	// attempt counts passwords that are tried on an account.
	attempt func(content.UserID) bool
}

func newSite(t testing.TB, o siteOptions) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &site{t: t, start: time.Now(), log: &syncBuffer{}, secret: map[string]string{}, users: map[string]content.UserID{}, jar: map[string]string{},
		flush: make(chan time.Time)}
	bucket := storagetest.NewMemory()
	kinds := schema.Builtin()
	keys := keyring.Open(bucket, rand.Reader)
	log := must(commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: keys}), commitlog.Options{
		Node: "test", Now: s.now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler), Temp: t.TempDir()}))(t)
	s.view = must(view.Open(ctx, t.TempDir(), kinds, view.Options{}))(t)
	writer := commitlog.NewWriter(log, commitlog.Stage[content.Commit, *view.Tx](s.view), commitlog.WriterOptions{})
	newID := action.NewIDs(time.Now, rand.Reader)
	gate := &host.Gate{}
	s.runner = must(action.NewRunner(action.Config{Hooks: []action.Hook{gate}, Writer: writer, View: s.view, Kinds: kinds, Now: s.now, NewID: newID,
		Past: action.LogPast{View: s.view, Log: log}}))(t)
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) })
	s.do(system, action.Init{})
	catalogue := must(texts.Load())(t)
	s.letters = t.TempDir()
	letters := mail.NewQueue(mail.Options{Sender: must(mail.NewFolder(s.letters))(t), From: mail.Person{Email: "site@example.org"},
		Now: time.Now, Random: rand.Reader, Log: server.NewLogger(s.log, true, slog.LevelInfo)})
	running.Go(func() { letters.Run(ctx) })
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	s.url = "http://" + ln.Addr().String()
	s.auth = must(auth.New(s.view, s.runner, auth.Options{Now: s.now, OIDC: o.oidc.client(s.url), Attempt: o.attempt, Random: rand.Reader, AtOnce: 2, Mail: letters, Texts: catalogue,
		Locale: "fr", Site: func() string { return "site.example.org" },
		Link: func(p content.LinkPurpose, secret string) string {
			return "https://site.example.org/l#" + string(p) + "=" + secret
		}}))(t)
	running.Go(func() { _ = s.auth.RunLinks(ctx) })
	if o.limits.SignIn == (server.Rate{}) {
		o.limits.SignIn = server.Rate{Count: -1}
	}
	if o.limits.Writes == (server.Rate{}) {
		o.limits.Writes = server.Rate{Count: -1}
	}
	s.server = must(server.New(server.Options{Texts: catalogue, Auth: api.Authenticator(s.auth), Changes: api.Changes(s.view),
		Log: server.NewLogger(s.log, true, slog.LevelInfo), Limits: o.limits}))(t)
	locales := []content.Locale{"fr", "ar", "en"}
	index := must(search.Open(ctx, t.TempDir(), search.Options{View: s.view, Log: log, Kinds: kinds, Apart: query.Apart, Locales: locales, Now: time.Now}))(t)
	running.Go(func() { _ = index.Rebuilds(ctx) })
	running.Go(func() { _ = index.Run(ctx) })
	s.searched = func() bool { return index.Seq() == s.view.Seq() && !index.Building() }
	book := statistics.New(statistics.Options{Bucket: bucket, Now: s.now, Fold: index.Fold})
	running.Go(func() { book.Run(ctx, s.ticks) })
	engine := query.New(s.view, log, kinds, query.Options{Now: time.Now, AssetURL: api.AssetURL, Search: index, Past: book.Past})
	plugins := must(host.New(host.Options{Dir: t.TempDir(), Bucket: bucket, View: s.view, Log: log, Runner: s.runner, Query: engine,
		Kinds: kinds, Texts: catalogue, Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler), Gate: gate, Locales: locales}))(t)
	running.Go(func() { _ = plugins.Run(ctx) })
	s.api = api.Mount(api.Options{Presence: presence.NewBoard(storagetest.NewMemory(), time.Now), Books: newDesk(t, s, bucket, engine, catalogue), Previews: preview.New(signed.New(keys, s.now)), Plugins: plugins, Server: s.server, View: s.view, Query: engine, Search: index, Statistics: book, Runner: s.runner, Auth: s.auth,
		Media: s.files(ctx, bucket, log, running.Go), Uploads: s.uploads, Kinds: kinds, Texts: catalogue, Now: time.Now,
		Installer: &host.Installer{Bucket: bucket, Blobs: blob.New(bucket, t.TempDir()), View: s.view, Runner: s.runner, Kinds: kinds},
		Log:       slog.New(slog.DiscardHandler), Locales: locales, Events: api.NewEvents(s.view, o.events)})
	running.Go(func() { _ = log.Follow(ctx, s.api.Events()) })
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
		if err := errors.Join(index.Close(), s.view.Close()); err != nil {
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
		r := s.do(system, account.SaveUser{Set: account.UserFields{Name: &name, Email: &email, Roles: &held}})
		s.users[role] = content.UserID(r.Subject)
		s.secret[role] = s.token(s.users[role])
	}
}

func (s *site) token(user content.UserID) string {
	s.t.Helper()
	secret := must(s.auth.NewToken())(s.t)
	s.do(system, account.CreateToken{Label: "test", User: user, Prefix: secret.Shown, Digest: secret.Digest})
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
	s.do(system, account.SetPassword{User: s.users[role], Hash: hash})
	a := s.as("visitor", "POST", "/session", fields{"email": role + "@example.org", "password": password})
	a.data(s.t, 201)
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// person sends a request as a browser in which the role has just signed in.
func (s *site) person(role, method, path string, body any, more ...string) answer {
	s.t.Helper()
	headers := append([]string{"Sec-Fetch-Site", "same-origin"}, more...)
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
		{"id":"title","name":"title","kind":"text","localized":true,"required":true,"weight":5},
		{"id":"slug","name":"slug","kind":"slug","localized":true,"settings":{"source":"title"}},
		{"id":"body","name":"body","kind":"markdown","localized":true,"weight":1},
		{"id":"stars","name":"stars","kind":"number","sortable":true},
		{"id":"internal","name":"internal","kind":"text","visibility":"coordinators","weight":1},
		{"id":"contact","name":"contact","kind":"email","personal":true,"visibility":"coordinators","weight":1},
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

// count is how many things of a kind there are.
func (s *site) count(kind content.NounKind) (n int) {
	s.t.Helper()
	err := s.view.Read(s.t.Context(), func(tx *view.Tx) error {
		all, err := tx.Nouns(kind, "", 1000)
		n = len(all)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}
