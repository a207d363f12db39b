package server_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/server"
)

// counting serves /news with how often it was computed.
func counting(ch *changes, computed *atomic.Int64, size int) func(*server.Server) {
	return func(s *server.Server) {
		s.App().Get("/news", func(c *fiber.Ctx) error {
			seq := ch.Seq()
			if _, err := server.Actor(c); err != nil {
				return err
			}
			server.Keep(c, seq, []server.Source{{Collection: "news"}, {Noun: content.NounRole}})
			body := fmt.Sprintf(`{"n":%d,"locale":%q,"pad":%q}`, computed.Add(1), server.Locale(c), strings.Repeat("x", size))
			return server.Send(c, "application/json", 7, []byte(body))
		})
		s.App().Get("/now", func(c *fiber.Ctx) error {
			return server.Send(c, "application/json", -1, fmt.Appendf(nil, `{"n":%d}`, computed.Add(1)))
		})
	}
}

func TestKeptUntilASourceChanges(t *testing.T) {
	ch, n := newChanges(), &atomic.Int64{}
	s := start(t, server.Options{Changes: ch}, counting(ch, n, 10))
	get := func(headers ...string) answer { return s.do(t, "GET", "/news", "", headers...) }
	first := get()
	if again := get(); again.body != first.body || n.Load() != 1 {
		t.Fatalf("not kept: %q, then %q", first.body, again.body)
	}
	for k := range first.header {
		if k != "X-Request-Id" && k != "Date" && fmt.Sprint(get().header[k]) != fmt.Sprint(first.header[k]) {
			t.Errorf("header %s: %v, kept %v", k, first.header[k], get().header[k])
		}
	}
	ch.commit("other", "")
	if get(); n.Load() != 1 {
		t.Error("a change elsewhere dropped it")
	}
	ch.commit("news", "")
	if get(); n.Load() != 2 {
		t.Error("a change of the collection did not drop it")
	}
	ch.commit("", content.NounRole)
	if get(); n.Load() != 3 {
		t.Error("a change of roles did not drop it")
	}
	if a := get("Accept-Language", "ar"); n.Load() != 4 || !strings.Contains(a.body, `"ar"`) {
		t.Error("another language got the kept one")
	}
	if a := s.do(t, "GET", "/news?x=1", ""); n.Load() != 5 {
		t.Errorf("another query got the kept one: %s", a.body)
	}
	if a := s.do(t, "HEAD", "/news", ""); a.body != "" || a.header.Get("Etag") == "" || n.Load() != 5 {
		t.Errorf("HEAD: %+v", a)
	}
}

func TestKeptUntilATime(t *testing.T) {
	ch, n, now := newChanges(), &atomic.Int64{}, time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
	var clock atomic.Int64 // seconds since then
	s := start(t, server.Options{Changes: ch, Now: func() time.Time { return now.Add(time.Duration(clock.Load()) * time.Second) }}, func(s *server.Server) {
		s.App().Get("/news", func(c *fiber.Ctx) error {
			server.Keep(c, ch.Seq(), []server.Source{{Collection: "news"}})
			server.Until(c, now.Add(time.Minute))
			return server.Send(c, "application/json", -1, fmt.Appendf(nil, `{"n":%d}`, n.Add(1)))
		})
	})
	for at, computed := range []int64{0: 1, 1: 1, 59: 1, 60: 2, 61: 3} {
		if computed == 0 {
			continue
		}
		clock.Store(int64(at))
		if s.do(t, "GET", "/news", ""); n.Load() != computed {
			t.Errorf("after %d seconds it was computed %d times; want %d", at, n.Load(), computed)
		}
	}
}

func TestCredentialsAreNeverKeptNorServedFromMemory(t *testing.T) {
	ch, n := newChanges(), &atomic.Int64{}
	s := start(t, server.Options{Changes: ch}, counting(ch, n, 10))
	for i, h := range [][]string{
		{"Authorization", "Bearer good"}, {"Cookie", server.SessionCookie + "=good"}, {"Authorization", "Bearer good"},
	} {
		a := s.do(t, "GET", "/news", "", h...)
		if n.Load() != int64(i+1) || a.header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%v: computed %d, %v", h, n.Load(), a.header)
		}
	}
	s.do(t, "GET", "/news", "")
	before := n.Load()
	if a := s.do(t, "GET", "/news", "", "Authorization", "Bearer bad"); a.status != 401 {
		t.Errorf("bad credentials got the kept response: %d", a.status)
	}
	if s.do(t, "GET", "/news", "", "X-Preview", "1", "X-Original-Url", "/admin", "Cookie", "other=1"); n.Load() != before {
		t.Error("a header that means nothing made another response")
	}
	if a := s.do(t, "GET", "/now", ""); a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("a response that nobody kept: %v", a.header)
	}
}

// A response computed on an old snapshot must not hide a change that came
// while it was computed.
func TestChangeWhileComputing(t *testing.T) {
	ch := newChanges()
	inside, goOn := make(chan struct{}), make(chan struct{})
	var n atomic.Int64
	s := start(t, server.Options{Changes: ch}, func(s *server.Server) {
		s.App().Get("/news", func(c *fiber.Ctx) error {
			seq := ch.Seq()
			if n.Add(1) == 1 {
				close(inside)
				<-goOn
			}
			server.Keep(c, seq, []server.Source{{Collection: "news"}})
			return server.Send(c, "application/json", 1, fmt.Appendf(nil, `{"seq":%d}`, seq))
		})
	})
	var wg sync.WaitGroup
	wg.Go(func() { s.do(t, "GET", "/news", "") })
	<-inside
	ch.commit("news", "")
	close(goOn)
	wg.Wait()
	if a := s.do(t, "GET", "/news", ""); a.body != `{"seq":2}` {
		t.Errorf("stale: %s", a.body)
	}
}

func TestNotModified(t *testing.T) {
	ch, n := newChanges(), &atomic.Int64{}
	s := start(t, server.Options{Changes: ch}, counting(ch, n, 3000))
	tag := s.do(t, "GET", "/news", "").header.Get("Etag")
	if !strings.HasPrefix(tag, `"7-`) {
		t.Fatalf("ETag %q", tag)
	}
	br := s.do(t, "GET", "/news", "", "Accept-Encoding", "br").header.Get("Etag")
	if br == tag {
		t.Error("two encodings have one strong tag")
	}
	for _, match := range []string{tag, "W/" + tag, br, `"other", ` + tag, "*"} {
		if a := s.do(t, "GET", "/news", "", "If-None-Match", match); a.status != 304 || a.body != "" || a.header.Get("Etag") == "" {
			t.Errorf("%s: %d", match, a.status)
		}
	}
	for _, match := range []string{`"7"`, `"7-other"`, `""`, "nonsense"} {
		if a := s.do(t, "GET", "/news", "", "If-None-Match", match); a.status != 200 {
			t.Errorf("%s: %d", match, a.status)
		}
	}
	private := s.do(t, "GET", "/now", "").header.Get("Etag")
	if private == "" || s.do(t, "GET", "/now", "", "If-None-Match", private).status == 304 {
		t.Error("a changed private response is not modified")
	}
}

func TestEncodings(t *testing.T) {
	ch, n := newChanges(), &atomic.Int64{}
	s := start(t, server.Options{Changes: ch}, counting(ch, n, 5000))
	plain := s.do(t, "GET", "/news", "").body
	for range 2 {
		a := s.do(t, "GET", "/news", "", "Accept-Encoding", "gzip, br")
		if got, err := io.ReadAll(brotli.NewReader(strings.NewReader(a.body))); a.header.Get("Content-Encoding") != "br" || string(got) != plain {
			t.Fatalf("br: %v %v", err, a.header)
		}
		a = s.do(t, "GET", "/news", "", "Accept-Encoding", "gzip;q=0.5, br;q=0")
		r, err := gzip.NewReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); a.header.Get("Content-Encoding") != "gzip" || string(got) != plain {
			t.Fatalf("gzip: %v %v", err, a.header)
		}
	}
	if a := s.do(t, "GET", "/news", "", "Accept-Encoding", "identity"); a.header.Get("Content-Encoding") != "" || a.body != plain {
		t.Errorf("identity: %v", a.header)
	}
	if n.Load() != 1 {
		t.Errorf("computed %d times", n.Load())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	ch, n := newChanges(), &atomic.Int64{}
	s := start(t, server.Options{Changes: ch, CacheBytes: 16 * 20000}, counting(ch, n, 1000))
	for i := range 1000 {
		s.do(t, "GET", fmt.Sprintf("/news?i=%d", i), "")
	}
	var before = n.Load()
	kept := 0
	for i := range 1000 {
		s.do(t, "GET", fmt.Sprintf("/news?i=%d", 999-i), "")
		if n.Load() == before {
			kept++
		}
		before = n.Load()
	}
	if kept == 0 || kept > 200 {
		t.Errorf("%d of 1000 responses were in 320 kB", kept)
	}
}

// atomicChanges is a Changes as cheap as the view's.
type atomicChanges struct{ seq atomic.Uint64 }

func newAtomicChanges() *atomicChanges { c := &atomicChanges{}; c.seq.Store(1); return c }

func (c *atomicChanges) Seq() uint64                          { return c.seq.Load() }
func (c *atomicChanges) Changed(content.CollectionID) uint64  { return 1 }
func (c *atomicChanges) ChangedNouns(content.NounKind) uint64 { return 1 }

// What counts how often something is asked counts answers out of memory, too,
// and nothing else.
func TestEach(t *testing.T) {
	ch, n, computed := newChanges(), &atomic.Int64{}, &atomic.Int64{}
	s := start(t, server.Options{Changes: ch}, func(s *server.Server) {
		s.App().Get("/counted", func(c *fiber.Ctx) error {
			computed.Add(1)
			if _, err := server.Actor(c); err != nil {
				return err
			}
			server.Keep(c, ch.Seq(), []server.Source{{Collection: "news"}})
			server.Each(c, func() { n.Add(1) })
			return server.Send(c, "application/json", 7, []byte(`{}`))
		})
	})
	first := s.do(t, "GET", "/counted", "")
	s.do(t, "GET", "/counted", "")
	s.do(t, "GET", "/counted", "", "If-None-Match", first.header.Get("Etag"))
	s.do(t, "HEAD", "/counted", "")
	if n.Load() != 3 || computed.Load() != 1 {
		t.Errorf("counted %d of 3, made %d times", n.Load(), computed.Load())
	}
}
