package relay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// served starts a server on a socket and counts its connections.
func served(t testing.TB, h http.Handler) (*Line, *atomic.Int64) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var opened atomic.Int64
	s := &http.Server{Handler: h, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}}
	go func() { _ = s.Serve(ln) }()
	l := NewLine(socket, 8)
	t.Cleanup(func() { l.CloseIdleConnections(); _ = s.Close() })
	return l, &opened
}

func ask(t testing.TB, ctx context.Context, l *Line, path string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://plugin"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return l.RoundTrip(r)
}

// Answers come whole and on one connection; a connection is left when its
// answer is not read to the end, when the caller gives up, or when it was
// closed meanwhile.
func TestLine(t *testing.T) {
	large := bytes.Repeat([]byte("ab"), 300_000)
	hold := make(chan struct{})
	l, opened := served(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, _ = w.Write(large)
		case "/hold":
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-hold
		case "/silent":
			<-hold
		case "/head":
			w.Header().Set("X-Long", strings.Repeat("x", maxHead))
		case "/hints":
			w.WriteHeader(http.StatusEarlyHints)
			fmt.Fprint(w, "after")
		case "/none":
			w.WriteHeader(http.StatusNoContent)
		default:
			fmt.Fprint(w, r.URL.RequestURI())
		}
	}))
	defer close(hold)
	get := func(path string, want string) {
		t.Helper()
		answer, err := ask(t, t.Context(), l, path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil || string(got) != want {
			t.Errorf("%s: %.40q %v", path, got, err)
		}
	}
	for range 3 {
		get("/a?b=c", "/a?b=c")
		get("/large", string(large))
		get("/hints", "after")
		get("/none", "")
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for requests one after the other", n)
	}
	answer, err := ask(t, t.Context(), l, "/large")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(answer.Body, make([]byte, 10)); err != nil {
		t.Error(err)
	}
	_ = answer.Body.Close()
	get("/a", "/a")
	if n := opened.Load(); n != 2 {
		t.Errorf("%d connections after an answer that was left", n)
	}
	if _, err := ask(t, t.Context(), l, "/head"); !errors.Is(err, errHead) {
		t.Errorf("a head without end: %v", err)
	}
	for _, path := range []string{"/hold", "/silent"} {
		ctx, cancel := context.WithCancel(t.Context())
		if path == "/silent" {
			cancel()
		}
		answer, err := ask(t, ctx, l, path)
		if err == nil {
			cancel()
			_, err = io.ReadAll(answer.Body)
			_ = answer.Body.Close()
		}
		if err == nil {
			t.Errorf("%s ended without an error", path)
		}
		cancel()
	}
	get("/b", "/b")
	// The process closes what is idle; the next request finds another way.
	c := <-l.idle
	_ = c.Conn.(*net.UnixConn).CloseWrite()
	_, _ = io.Copy(io.Discard, c.Conn)
	l.idle <- c
	get("/c", "/c")
}

// BenchmarkLine is the way of a read to a process and back, next to net/http.
func BenchmarkLine(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1000)
	l, _ := served(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
	for name, trip := range map[string]http.RoundTripper{"net/http": l.others, "line": l} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					r, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://plugin/small", http.NoBody)
					answer, err := trip.RoundTrip(r)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, answer.Body)
					_ = answer.Body.Close()
				}
			})
		})
	}
}
