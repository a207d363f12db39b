package api_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// BenchmarkPublishedEntry compares a published entry of 3 KB, read by its slug
// through the whole program, with a bare Fiber handler that returns the same
// bytes; BenchmarkList does the same for a filtered and sorted page of 20.
// Same process, TCP on loopback, eight connections, the two in turn. One
// iteration is 20,000 requests of each; run with -benchtime 10x. The bar for
// "ratio" is 0.85.
func BenchmarkPublishedEntry(b *testing.B) {
	s := withNotes(b, siteOptions{})
	s.note("editor", fields{"title": "Une note", "body": strings.Repeat("Un paragraphe de texte. ", 115), "status": "published"})
	against(b, s, "/api/v1/entries/notes/une-note")
}

// BenchmarkList reads a page from memory.
func BenchmarkList(b *testing.B) {
	s := withNotes(b, siteOptions{})
	for i := range 40 {
		s.note("editor", fields{"title": fmt.Sprintf("Note %d", i), "stars": i, "status": "published"})
	}
	against(b, s, "/api/v1/entries/notes?filter[stars][_gte]=10&sort=-stars&page[size]=20&fields=title,stars")
}

// against runs rounds of both servers in turn and reports the ratio.
func against(b *testing.B, s *site, path string) {
	a := s.send("visitor", "GET", path, nil)
	if a.status != 200 {
		b.Fatalf("%d %s", a.status, a.body)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	u, err := url.Parse(path)
	if err != nil {
		b.Fatal(err)
	}
	app.Get(u.Path, func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
		return c.Send(a.body)
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go func() { _ = app.Listener(ln) }()
	defer func() { _ = app.Shutdown() }()
	addrs := []string{ln.Addr().String(), strings.TrimPrefix(s.url, "http://")}
	var took [2]time.Duration
	b.ResetTimer()
	for range b.N {
		for i, addr := range addrs {
			took[i] += load(b, addr, path, 8, 2500)
		}
	}
	n := float64(b.N * 8 * 2500)
	b.ReportMetric(n/took[0].Seconds(), "bare/s")
	b.ReportMetric(n/took[1].Seconds(), "ours/s")
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
	b.ReportMetric(float64(len(a.body)), "bytes")
	b.ReportMetric(0, "ns/op")
}

func load(b *testing.B, addr, path string, connections, n int) time.Duration {
	request := []byte("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: application/json\r\n\r\n")
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

// requests reads answers by their length, which is that of the first, so that
// it costs next to nothing itself.
func requests(addr string, request []byte, n int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	var buf []byte
	for i := range n {
		if _, err := c.Write(request); err != nil {
			return err
		}
		if i == 0 {
			if buf, err = first(c); err != nil {
				return err
			}
			continue
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return err
		}
		if !bytes.HasPrefix(buf, []byte("HTTP/1.1 200 OK")) {
			return fmt.Errorf("answer %.100q", buf)
		}
	}
	return nil
}

func first(c net.Conn) ([]byte, error) {
	buf := make([]byte, 64<<10)
	n, err := c.Read(buf)
	if err != nil {
		return nil, err
	}
	res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(buf[:n])), nil)
	if err != nil {
		return nil, err
	}
	length := bytes.Index(buf[:n], []byte("\r\n\r\n")) + 4 + int(res.ContentLength)
	_, err = io.ReadFull(c, buf[n:max(n, length)])
	return buf[:length], err
}
