package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
)

// people knows two secrets.
type people struct{}

func (people) Authenticate(_ context.Context, c server.Credentials) (content.Actor, error) {
	switch {
	case c.Bearer == "good":
		return content.Actor{Kind: content.ActorToken, ID: "t1"}, nil
	case c.Bearer == "" && c.Session == "good":
		return content.Actor{Kind: content.ActorUser, ID: "u1"}, nil
	}
	return content.Actor{}, problem.New(problem.Unauthenticated, "internal", nil)
}

// changes is a Changes that tests move by hand.
type changes struct {
	mu   sync.Mutex
	seq  uint64
	cols map[content.CollectionID]uint64
	noun map[content.NounKind]uint64
}

func (c *changes) Seq() uint64 { c.mu.Lock(); defer c.mu.Unlock(); return c.seq }
func (c *changes) Changed(id content.CollectionID) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cols[id]
}
func (c *changes) ChangedNouns(k content.NounKind) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.noun[k]
}
func (c *changes) commit(col content.CollectionID, noun content.NounKind) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	if col != "" {
		c.cols[col] = c.seq
	}
	if noun != "" {
		c.noun[noun] = c.seq
	}
}

func newChanges() *changes {
	return &changes{seq: 1, cols: map[content.CollectionID]uint64{}, noun: map[content.NounKind]uint64{}}
}

// site is a server on loopback.
type site struct {
	*server.Server
	url  string
	addr string
	log  *bytes.Buffer
	stop func() error
}

func start(t *testing.T, o server.Options, routes func(*server.Server)) *site {
	t.Helper()
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	o.Texts, o.Auth = catalogue, people{}
	if o.Log == nil {
		o.Log = server.NewLogger(&locked{w: log}, true, slog.LevelDebug)
	}
	s, err := server.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if routes != nil {
		routes(s)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	var once sync.Once
	var ended error
	stop := func() error {
		once.Do(func() { cancel(); ended = <-done })
		return ended
	}
	t.Cleanup(func() { _ = stop() })
	return &site{Server: s, url: "http://" + ln.Addr().String(), addr: ln.Addr().String(), log: log, stop: stop}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.w.Write(p) }

type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(raw)}
}

// raw sends bytes and reads everything until the server closes.
func (s *site) raw(t *testing.T, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(c)
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func isProblem(t *testing.T, a answer, status int, code string) map[string]any {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if ct := a.header.Get("Content-Type"); ct != server.ProblemType {
		t.Fatalf("Content-Type %q, want %q", ct, server.ProblemType)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatalf("problem %q: %v", a.body, err)
	}
	if doc["code"] != code || doc["status"] != float64(status) || doc["type"] != "/problems/"+code {
		t.Fatalf("problem %v, want code %s", doc, code)
	}
	for _, member := range []string{"title", "detail", "instance", "trace_id"} {
		if s, ok := doc[member].(string); !ok || s == "" {
			t.Fatalf("problem has no %s: %v", member, doc)
		}
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "private, no-store" {
		t.Fatalf("headers of a problem: %v", a.header)
	}
	return doc
}

func echo(s *server.Server) {
	s.App().Get("/things/:id", func(c *fiber.Ctx) error { return c.SendString("thing " + c.Params("id")) })
	s.App().Post("/things", func(c *fiber.Ctx) error {
		by, err := server.Actor(c)
		if err != nil {
			return err
		}
		b, err := server.Body(c)
		if err != nil {
			return err
		}
		return c.SendString(string(by.Kind) + " " + string(b))
	})
	s.App().Get("/panic", func(*fiber.Ctx) error { panic("canary-of-panic") })
	s.App().Get("/fault", func(*fiber.Ctx) error { return errors.New("canary-of-fault") })
	s.App().Get("/invalid", func(*fiber.Ctx) error {
		return problem.OfFields(problem.Invalid, "internal", []problem.Field{{Pointer: "/title", Code: "internal"}})
	})
	s.App().Post("/deaf", func(c *fiber.Ctx) error { return c.SendString("did not read") })
}

func TestEveryFailureIsAProblem(t *testing.T) {
	s := start(t, server.Options{}, echo)
	isProblem(t, s.do(t, "GET", "/nothing", ""), 404, "route_not_found")
	isProblem(t, s.do(t, "GET", "/THINGS/1", ""), 404, "route_not_found")
	isProblem(t, s.do(t, "GET", "/things/1/", ""), 404, "route_not_found")
	isProblem(t, s.do(t, "GET", "//things/1", ""), 404, "route_not_found")
	isProblem(t, s.do(t, "GET", "/things/../things/", ""), 404, "route_not_found")
	isProblem(t, s.do(t, "DELETE", "/things/1", ""), 405, "method_not_allowed")
	isProblem(t, s.do(t, "BREW", "/things/1", ""), 405, "method_not_allowed")
	isProblem(t, s.do(t, "TRACE", "/things/1", ""), 405, "method_not_allowed")
	for _, path := range []string{"/panic", "/fault"} {
		a := s.do(t, "GET", path, "")
		isProblem(t, a, 500, "internal")
		if strings.Contains(a.body, "canary") {
			t.Errorf("%s shows internals: %s", path, a.body)
		}
	}
	if a := s.do(t, "GET", "/things/still-alive", ""); a.status != 200 {
		t.Errorf("after a panic: %d", a.status)
	}
	doc := isProblem(t, s.do(t, "GET", "/invalid", ""), 422, "internal")
	if got := doc["errors"].([]any)[0].(map[string]any)["pointer"]; got != "/title" {
		t.Errorf("pointer %v", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(s.log.String(), "canary-of-panic") || !strings.Contains(s.log.String(), "canary-of-fault") {
		t.Error("causes of 500 are not in the log")
	}
}

func TestMethodNotAllowedSaysWhichIs(t *testing.T) {
	s := start(t, server.Options{}, echo)
	if a := s.do(t, "DELETE", "/things/1", ""); !strings.Contains(a.header.Get("Allow"), "GET") {
		t.Errorf("Allow: %q", a.header.Get("Allow"))
	}
}

func TestMalformedRequests(t *testing.T) {
	s := start(t, server.Options{Limits: server.Limits{Headers: 4096}}, echo)
	for name, tt := range map[string]struct{ request, status string }{
		"no http":            {"hello\r\n\r\n", "400"},
		"space before colon": {"GET /things/1 HTTP/1.1\r\nHost : x\r\n\r\n", "400"},
		"long headers":       {"GET /things/1 HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 5000) + "\r\n\r\n", "431"},
		"length twice":       {"POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 30\r\n\r\nGET /things/smuggled HTTP/1.1\r\n\r\n", "400"},
		"length and chunked": {"POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /things/smuggled HTTP/1.1\r\n\r\n", "400"},
		"strange encoding":   {"POST /deaf HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\nGET /things/smuggled HTTP/1.1\r\n\r\n", "400"},
		"get with two":       {"GET /things/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\nContent-Length: 0\r\n\r\nGET /things/smuggled HTTP/1.1\r\n\r\n", "400"},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.raw(t, tt.request)
			if !strings.HasPrefix(got, "HTTP/1.1 "+tt.status) || !strings.Contains(got, server.ProblemType) {
				t.Errorf("answer %.300q, want a problem with status %s", got, tt.status)
			}
			if strings.Count(got, "HTTP/1.1 ") != 1 || strings.Contains(got, "thing smuggled") {
				t.Errorf("a second request was answered: %q", got)
			}
		})
	}
}

// An unread body must never be taken for the next request.
func TestUnreadBodyIsNotTheNextRequest(t *testing.T) {
	s := start(t, server.Options{}, echo)
	smuggled := "GET /things/smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	long := strings.Repeat("x", 9000) + smuggled
	chunk := "2a\r\n" + smuggled + "\r\n0\r\n\r\n"
	for name, request := range map[string]string{
		"long":    "POST /deaf HTTP/1.1\r\nHost: x\r\nContent-Length: 9042\r\n\r\n" + long,
		"chunked": "POST /deaf HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
		"missing": "POST /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk,
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.raw(t, request); strings.Contains(got, "thing smuggled") || strings.Count(got, "HTTP/1.1 ") != 1 {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	s := start(t, server.Options{Limits: server.Limits{Body: 20000}}, echo)
	if a := s.do(t, "POST", "/things", "hello"); a.body != "visitor hello" {
		t.Errorf("got %q", a.body)
	}
	full := strings.Repeat("a", 20000)
	if a := s.do(t, "POST", "/things", full); a.body != "visitor "+full {
		t.Errorf("a body of the limit: %d", a.status)
	}
	isProblem(t, s.do(t, "POST", "/things", full+"b"), 413, "body_too_large")
	// Sent in one go: the server answers before the last chunk, and closes.
	got := s.raw(t, "POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n"+full+"\r\n1\r\nb\r\n0\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 413") {
		t.Errorf("chunked body over the limit: %.300q", got)
	}
	isProblem(t, s.do(t, "POST", "/things", "x", "Content-Encoding", "gzip"), 415, "content_encoding_unsupported")
}

// A body that breaks off is not a whole one: its beginning must not be stored.
func TestBrokenOffBody(t *testing.T) {
	s := start(t, server.Options{}, echo)
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 20000\r\n\r\n"+strings.Repeat("x", 15000)); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(c); err != nil || strings.HasPrefix(string(got), "HTTP/1.1 200") {
		t.Errorf("%v %.200s", err, got)
	}
}

// Keep-alive goes on after a body that was read.
func TestConnectionIsReused(t *testing.T) {
	s := start(t, server.Options{}, echo)
	body := strings.Repeat("z", 10000)
	one := "POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n" + body
	chunked := "POST /things HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
	got := s.raw(t, one+chunked+"GET /things/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if strings.Count(got, "HTTP/1.1 200") != 3 || !strings.Contains(got, "visitor abc") || !strings.Contains(got, "thing last") {
		t.Errorf("three requests of one connection: %.400q", got)
	}
}

func TestCrossSite(t *testing.T) {
	s := start(t, server.Options{}, echo)
	host := strings.TrimPrefix(s.url, "http://")
	cookie := []string{"Cookie", server.SessionCookie + "=good"}
	for _, tt := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"program without cookie", nil, 200},
		{"bearer from anywhere", []string{"Authorization", "Bearer good", "Origin", "https://evil.example"}, 200},
		{"cookie alone", cookie, 403},
		{"cookie, same origin", append([]string{"Sec-Fetch-Site", "same-origin"}, cookie...), 200},
		{"cookie, typed address", append([]string{"Sec-Fetch-Site", "none"}, cookie...), 200},
		{"cookie, same site only", append([]string{"Sec-Fetch-Site", "same-site"}, cookie...), 403},
		{"cookie, cross site", append([]string{"Sec-Fetch-Site", "cross-site"}, cookie...), 403},
		{"cookie, own origin", append([]string{"Origin", "http://" + host}, cookie...), 200},
		{"cookie, other origin", append([]string{"Origin", "http://evil.example"}, cookie...), 403},
		{"cookie, null origin", append([]string{"Origin", "null"}, cookie...), 403},
		{"sign-in from another site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"cookie, origin with our name before it", append([]string{"Origin", "http://" + host + ".evil.example"}, cookie...), 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a := s.do(t, "POST", "/things", "x", tt.headers...); a.status != tt.want {
				t.Errorf("status %d, want %d: %s", a.status, tt.want, a.body)
			}
		})
	}
}

func TestActors(t *testing.T) {
	s := start(t, server.Options{}, echo)
	if a := s.do(t, "POST", "/things", "x", "Authorization", "Bearer good"); a.body != "token x" || a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("token: %+v", a)
	}
	for _, h := range []string{"Bearer bad", "Basic Z29vZA==", "Bearer", "good"} {
		if a := s.do(t, "POST", "/things", "x", "Authorization", h); a.status != 401 || a.header.Get("Www-Authenticate") == "" {
			t.Errorf("%q: %d", h, a.status)
		}
	}
}

func TestProblemSpeaksTheCallersLanguage(t *testing.T) {
	s := start(t, server.Options{}, echo)
	details := map[string]bool{}
	for accept, lang := range map[string]string{"": "fr", "ar-DZ,fr;q=0.5": "ar", "en": "en", "de": "fr"} {
		a := s.do(t, "GET", "/nothing", "", "Accept-Language", accept)
		doc := isProblem(t, a, 404, "route_not_found")
		if got := a.header.Get("Content-Language"); got != lang {
			t.Errorf("%q: Content-Language %q, want %q", accept, got, lang)
		}
		details[doc["detail"].(string)] = true
	}
	if len(details) != 3 {
		t.Errorf("details: %v", details)
	}
}

func TestRequestIDs(t *testing.T) {
	s := start(t, server.Options{}, echo)
	if a := s.do(t, "GET", "/things/1", "", "X-Request-Id", "abc-1.2_3"); a.header.Get("X-Request-Id") != "abc-1.2_3" {
		t.Errorf("a sane id is not echoed: %v", a.header)
	}
	one := s.do(t, "GET", "/things/1", "", "X-Request-Id", "a b<script>").header.Get("X-Request-Id")
	two := s.do(t, "GET", "/things/1", "", "X-Request-Id", strings.Repeat("x", 65)).header.Get("X-Request-Id")
	if one == "" || one == two || strings.Contains(one, "script") || len(two) > 40 {
		t.Errorf("ids %q, %q", one, two)
	}
}

func TestSecretsStayOutOfTheLog(t *testing.T) {
	s := start(t, server.Options{}, echo)
	s.do(t, "GET", "/things/1?token=canary1&filter[full_name][_eq]=canary2&page[after]=canary3&%74oken=canary4&canary7&sort=visible", "",
		"Authorization", "Bearer canary5", "Cookie", server.SessionCookie+"=canary6")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if log := s.log.String(); strings.Contains(log, "canary") || !strings.Contains(log, "visible") {
		t.Errorf("log: %s", log)
	}
	var out bytes.Buffer
	server.NewLogger(&out, false, slog.LevelInfo).Info("x", "Authorization", "canary", "password", "canary")
	if strings.Contains(out.String(), "canary") {
		t.Errorf("log: %s", out.String())
	}
}

func TestCORS(t *testing.T) {
	closed := start(t, server.Options{}, echo)
	if a := closed.do(t, "GET", "/things/1", "", "Origin", "https://app.example"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("CORS is on by default")
	}
	s := start(t, server.Options{Origins: []string{"https://app.example"}}, echo)
	a := s.do(t, "GET", "/things/1", "", "Origin", "https://app.example")
	if a.header.Get("Access-Control-Allow-Origin") != "https://app.example" || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("allowed origin: %v", a.header)
	}
	if a := s.do(t, "GET", "/things/1", "", "Origin", "https://app.example.evil.example"); a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("a stranger is allowed")
	}
	pre := s.do(t, "OPTIONS", "/things", "", "Origin", "https://app.example", "Access-Control-Request-Method", "POST")
	if pre.status != 204 || !strings.Contains(pre.header.Get("Access-Control-Allow-Headers"), "Authorization") {
		t.Errorf("preflight: %+v", pre)
	}
	if pre := s.do(t, "OPTIONS", "/things", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST"); pre.header.Get("Access-Control-Allow-Methods") != "" {
		t.Error("a stranger's preflight is answered")
	}
}

func TestWritesAreLimitedPerAccount(t *testing.T) {
	s := start(t, server.Options{Limits: server.Limits{Writes: server.Rate{Count: 3, Per: time.Hour}}}, echo)
	for i := range 3 {
		if a := s.do(t, "POST", "/things", "x"); a.status != 200 {
			t.Fatalf("write %d: %d", i, a.status)
		}
	}
	a := s.do(t, "POST", "/things", "x", "X-Forwarded-For", "9.9.9.9")
	isProblem(t, a, 429, "too_many_requests")
	if a.header.Get("Retry-After") == "" || !strings.Contains(a.header.Get("RateLimit"), "r=0") {
		t.Errorf("headers: %v", a.header)
	}
	if a := s.do(t, "POST", "/things", "x", "Authorization", "Bearer good"); a.status != 200 {
		t.Errorf("another account: %d", a.status)
	}
	if a := s.do(t, "GET", "/things/1", ""); a.status != 200 {
		t.Errorf("a read: %d", a.status)
	}
}

func TestHealth(t *testing.T) {
	var mu sync.Mutex
	calls, failing := 0, error(nil)
	now := time.Now()
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	s := start(t, server.Options{Now: clock, Checks: []server.Check{{Name: "bucket", Ready: func(context.Context) error {
		mu.Lock()
		defer mu.Unlock()
		calls++
		return failing
	}}}}, nil)
	for range 5 {
		if a := s.do(t, "GET", "/readyz", ""); a.status != 200 {
			t.Fatalf("ready: %+v", a)
		}
	}
	mu.Lock()
	if calls != 1 {
		t.Errorf("%d checks for five questions", calls)
	}
	failing, now = errors.New("canary"), now.Add(time.Minute)
	mu.Unlock()
	a := s.do(t, "GET", "/readyz", "")
	if a.status != 503 || !strings.Contains(a.body, "bucket") || strings.Contains(a.body, "canary") {
		t.Errorf("unready: %+v", a)
	}
	if a := s.do(t, "GET", "/healthz", ""); a.status != 200 {
		t.Errorf("healthz: %+v", a)
	}
}

func TestMetrics(t *testing.T) {
	s := start(t, server.Options{}, echo)
	s.do(t, "GET", "/things/1", "")
	s.do(t, "GET", "/wp-admin", "")
	a := s.do(t, "GET", "/metrics", "")
	for _, want := range []string{
		`recueil_http_requests_total{route="/things/:id",status="2xx"} 1`,
		`recueil_http_requests_total{route="none",status="4xx"} 1`, "go_goroutines", "recueil_http_in_flight 1",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(a.body, "wp-admin") {
		t.Error("a path became a label")
	}
	isProblem(t, s.do(t, "GET", "/metrics", "", "X-Forwarded-For", "1.2.3.4"), 404, "route_not_found")
	guarded := start(t, server.Options{MetricsToken: "m"}, nil)
	if a := guarded.do(t, "GET", "/metrics", ""); a.status != 404 {
		t.Errorf("without token: %d", a.status)
	}
	if a := guarded.do(t, "GET", "/metrics", "", "Authorization", "Bearer m"); a.status != 200 {
		t.Errorf("with token: %d", a.status)
	}
}

func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s := start(t, server.Options{}, func(s *server.Server) {
		s.App().Get("/slow", func(c *fiber.Ctx) error {
			close(entered)
			<-leave
			return c.SendString("done")
		})
		s.App().Get("/events", func(c *fiber.Ctx) error {
			s.Pieces(c, "text/event-stream", func(p *server.Pieces) {
				if p.Send("data: 1\n\n") == nil {
					<-s.Stopping()
				}
			})
			return nil
		})
	})
	res, err := http.Get(s.url + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	if err != nil || line != "data: 1\n" {
		t.Fatalf("first event %q: %v", line, err)
	}
	got := make(chan answer, 1)
	go func() { got <- s.do(t, "GET", "/slow", "") }()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- s.stop() }()
	<-s.Stopping()
	close(leave)
	if a := <-got; a.body != "done" {
		t.Errorf("request under way: %+v", a)
	}
	if err := <-stopped; err != nil {
		t.Errorf("stop: %v", err)
	}
	// Another program may have the port by now.
	if a, err := http.Get(s.url + "/healthz"); err == nil {
		a.Body.Close()
		if a.Header.Get("X-Request-Id") != "" {
			t.Error("still listening")
		}
	}
}

func TestStopBeforeServing(t *testing.T) {
	s := start(t, server.Options{}, nil)
	if err := s.stop(); err != nil {
		t.Errorf("stop at once: %v", err)
	}
}

// Requests at the same time must never see each other's strings, although
// fasthttp uses its memory again.
func TestRequestsDoNotLeakIntoEachOther(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]string{}
	s := start(t, server.Options{}, func(s *server.Server) {
		s.App().Get("/keep/:id", func(c *fiber.Ctx) error {
			id, q, h := c.Params("id"), c.Query("q"), c.Get("X-Value")
			mu.Lock()
			seen[id] = q + " " + h + " " + server.RequestID(c)
			mu.Unlock()
			return c.SendString(id)
		})
	})
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				v := strings.Repeat(string(rune('a'+worker)), 5+i)
				a := s.do(t, "GET", "/keep/"+v+"?q=q"+v, "", "X-Value", "h"+v, "X-Request-Id", "r"+v)
				if a.body != v || a.header.Get("X-Request-Id") != "r"+v {
					t.Errorf("got %q, want %q", a.body, v)
				}
			}
		})
	}
	wg.Wait()
	for v, got := range seen {
		if want := "q" + v + " h" + v + " r" + v; got != want {
			t.Errorf("kept %q, want %q", got, want)
		}
	}
}
