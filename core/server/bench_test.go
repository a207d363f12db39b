package server_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
)

// BenchmarkKeptAgainstBareFiber compares a kept response of 3 KB with a bare
// Fiber handler that returns the same bytes: same process, TCP on loopback,
// eight connections, rounds of the two in turn. One iteration is one round of
// 20,000 requests each; run it with -benchtime 10x. "ratio" is requests per
// second of ours over theirs; the bar is 0.85.
func BenchmarkKeptAgainstBareFiber(b *testing.B) {
	body := []byte(`{"title":"` + strings.Repeat("é", 1480) + `"}`)
	bare := bareFiber(b, body)
	ours := keptServer(b, body)
	var took [2]time.Duration
	for range b.N {
		for i, addr := range []string{bare, ours} {
			took[i] += load(b, addr, 8, 2500)
		}
	}
	requests := float64(b.N * 8 * 2500)
	b.ReportMetric(requests/took[0].Seconds(), "bare/s")
	b.ReportMetric(requests/took[1].Seconds(), "kept/s")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

func bareFiber(b *testing.B, body []byte) string {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/api/v1/entries/news/a-slug", func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(body)
	})
	ln := listen(b)
	go func() { _ = app.Listener(ln) }()
	b.Cleanup(func() { _ = app.Shutdown() })
	return ln.Addr().String()
}

func keptServer(b *testing.B, body []byte) string {
	catalogue, err := texts.Load()
	if err != nil {
		b.Fatal(err)
	}
	s, err := server.New(server.Options{Texts: catalogue, Auth: people{}, Changes: newAtomicChanges()})
	if err != nil {
		b.Fatal(err)
	}
	s.App().Get("/api/v1/entries/news/:slug", func(c *fiber.Ctx) error {
		server.Keep(c, 1, []server.Source{{Collection: "news"}})
		return server.Send(c, fiber.MIMEApplicationJSON, 3, body)
	})
	ln := listen(b)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, ln) }()
	b.Cleanup(func() { cancel(); <-done })
	return ln.Addr().String()
}

func listen(b *testing.B) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return ln
}

// load sends n requests on each of some connections and gives the time. It
// knows how long the answer is, so that it costs next to nothing itself.
func load(b *testing.B, addr string, connections, n int) time.Duration {
	request := []byte("GET /api/v1/entries/news/a-slug HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: application/json\r\nAccept-Language: fr\r\n\r\n")
	var wg sync.WaitGroup
	start := time.Now()
	for range connections {
		wg.Go(func() {
			if err := requests(addr, request, n); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

func requests(addr string, request []byte, n int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	length := 0
	buf := make([]byte, 64<<10)
	for i := range n {
		if _, err := c.Write(request); err != nil {
			return err
		}
		if length == 0 {
			first, err := c.Read(buf)
			if err != nil {
				return err
			}
			if length, err = answerLength(buf[:first]); err != nil {
				return err
			}
			if _, err := io.ReadFull(c, buf[first:length]); err != nil {
				return err
			}
			if length, err = stable(length, i); err != nil {
				return err
			}
			continue
		}
		if _, err := io.ReadFull(c, buf[:length]); err != nil {
			return err
		}
		if !bytes.HasPrefix(buf, []byte("HTTP/1.1 200 OK")) {
			return fmt.Errorf("answer %.100q", buf)
		}
	}
	return nil
}

// stable takes the length of the second answer on: the first may be one that
// is not kept yet.
func stable(length, i int) (int, error) {
	if i == 0 {
		return 0, nil
	}
	return length, nil
}

func answerLength(head []byte) (int, error) {
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(head)), nil)
	if err != nil {
		return 0, err
	}
	return bytes.Index(head, []byte("\r\n\r\n")) + 4 + int(res.ContentLength), nil
}
