package server_test

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/server"
)

func TestLongAnswersThatAreNotKeptArePacked(t *testing.T) {
	long := `{"data":"` + strings.Repeat("association ", 1000) + `"}`
	s := start(t, server.Options{}, func(s *server.Server) {
		s.App().Get("/long", func(c *fiber.Ctx) error {
			server.Private(c)
			return server.Send(c, fiber.MIMEApplicationJSON, 7, []byte(long))
		})
		s.App().Get("/short", func(c *fiber.Ctx) error {
			return server.Send(c, fiber.MIMEApplicationJSON, 7, []byte(`{"data":1}`))
		})
	})
	cookie := server.SessionCookie + "=good"
	packed := s.do(t, "GET", "/long", "", "Cookie", cookie, "Accept-Encoding", "gzip, br")
	plain, err := io.ReadAll(brotli.NewReader(strings.NewReader(packed.body)))
	if err != nil || string(plain) != long || packed.header.Get("Content-Encoding") != "br" || len(packed.body) > len(long)/10 {
		t.Fatalf("%d bytes as %q: %v", len(packed.body), packed.header.Get("Content-Encoding"), err)
	}
	tag := packed.header.Get("ETag")
	if again := s.do(t, "GET", "/long", "", "Cookie", cookie, "Accept-Encoding", "br", "If-None-Match", tag); again.status != 304 || again.body != "" {
		t.Errorf("asked again with %s: %d", tag, again.status)
	}
	for name, headers := range map[string][]string{
		"takes none": {"Cookie", cookie},
		"program":    {"Authorization", "Bearer good", "Accept-Encoding", "br"},
		"refuses br": {"Cookie", cookie, "Accept-Encoding", "br;q=0"},
	} {
		if a := s.do(t, "GET", "/long", "", headers...); a.body != long || a.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d bytes as %q", name, len(a.body), a.header.Get("Content-Encoding"))
		}
	}
	for name, headers := range map[string][]string{
		"takes gzip only":     {"Cookie", cookie, "Accept-Encoding", "gzip"},
		"visitor, not cached": {"Accept-Encoding", "gzip"},
	} {
		a := s.do(t, "GET", "/long", "", headers...)
		in, err := gzip.NewReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		plain, err := io.ReadAll(in)
		if err != nil || string(plain) != long || !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: %d bytes, varies with %q: %v", name, len(plain), a.header.Get("Vary"), err)
		}
	}
	if a := s.do(t, "GET", "/short", "", "Cookie", cookie, "Accept-Encoding", "br"); a.body != `{"data":1}` {
		t.Errorf("a short answer is packed: %q", a.body)
	}
}
