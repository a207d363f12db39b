//go:build linux

package app_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hostileHeaders sends more headers than anybody needs.
func hostileHeaders(t *testing.T, node *process) {
	for name, c := range map[string]struct {
		headers string
		status  int
	}{
		"one long header": {"X-A: " + strings.Repeat("a", 64<<10) + "\r\n", http.StatusRequestHeaderFieldsTooLarge},
		"many headers":    {strings.Repeat("X-A: a\r\n", 10_000), http.StatusRequestHeaderFieldsTooLarge},
		"a long cookie":   {"Cookie: recueil_session=" + strings.Repeat("a", 10<<10) + "\r\n", http.StatusUnauthorized},
		"a long token":    {"Authorization: Bearer " + strings.Repeat("a", 10<<10) + "\r\n", http.StatusUnauthorized},
		"a basic secret":  {"Authorization: Basic YTpi\r\n", http.StatusUnauthorized},
		"many ranges":     {"Range: bytes=" + strings.Repeat("0-0,", 3000) + "1-1\r\n", http.StatusForbidden},
		"many languages":  {"Accept-Language: " + strings.Repeat("fr;q=0.1,", 1500) + "en\r\n", http.StatusForbidden},
		"many tags":       {"If-None-Match: " + strings.Repeat(`"a",`, 3000) + "\"b\"\r\n", http.StatusForbidden},
	} {
		answers := node.raw(t, "GET /api/v1/users HTTP/1.1\r\nHost: x\r\n"+c.headers+"Connection: close\r\n\r\n")
		if len(answers) != 1 || answers[0].StatusCode != c.status && !(c.status == http.StatusForbidden && answers[0].StatusCode == http.StatusUnauthorized) {
			t.Errorf("%s: %v instead of %d", name, answers, c.status)
		}
	}
}

// zeros is a body that never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// hostileBodies sends and announces bodies that are too long.
func hostileBodies(t *testing.T, c *client, node *process) {
	head := func(path, framing string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer " + c.token + "\r\n" + framing + "\r\n"
	}
	for name, request := range map[string]string{
		"a length of 8 EiB":   head(notesPath, "Content-Length: 9223372036854775807\r\n") + "{}",
		"a length of 2 MiB":   head(notesPath, "Content-Length: 2097152\r\n") + "{}",
		"an upload of 1 TiB":  head("/api/v1/assets?name=a", "Content-Length: 1099511627776\r\n") + "{}",
		"expecting continue":  head(notesPath, "Content-Length: 99999999\r\nExpect: 100-continue\r\n"),
		"a compressed body":   head(notesPath, "Content-Encoding: gzip\r\nContent-Length: 4\r\n") + "\x1f\x8b\x08\x00",
		"a body that is cut":  head(notesPath, "Content-Length: 1000\r\n") + `{"title":`,
		"an upload cut short": head("/api/v1/assets?name=a", "Content-Length: 1000\r\n") + "abc",
	} {
		for _, a := range node.raw(t, request) {
			if a.StatusCode < 400 {
				t.Errorf("%s is answered with %d", name, a.StatusCode)
			}
		}
	}
	var flooding sync.WaitGroup
	for i := range 8 { // without an announced length, at once
		path := notesPath
		if i%2 == 0 {
			path = "/api/v1/session"
		}
		flooding.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), "POST", c.url+path, io.LimitReader(zeros{}, 1<<40))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/json")
			answer, err := c.http.Do(req)
			if err != nil {
				return // it was cut off
			}
			defer answer.Body.Close()
			if answer.StatusCode < 400 {
				t.Errorf("an endless body is answered with %d", answer.StatusCode)
			}
		})
	}
	flooding.Wait()
	node.bounded(t, 256<<20)
}

// zipBomb is a small archive of a large file of zeros.
func zipBomb(t *testing.T) []byte {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	f, err := w.Create("word/document.xml")
	if err == nil {
		_, err = io.CopyN(f, zeros{}, 64<<20)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// hugePicture is a PNG of a few bytes that says to be of 2³¹ × 2³¹ pixels.
func hugePicture() []byte {
	header := []byte("IHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\x06\x00\x00\x00")
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(header))
}

// hostileUploads uploads files that would harm whoever opens them from the
// site, and looks at what comes back.
func hostileUploads(t *testing.T, c *client) {
	const script = "<script>fetch('/api/v1/me')</script>"
	for _, f := range []struct {
		name   string
		body   []byte
		inline bool // may be shown in place, because it can do nothing
	}{
		{"page.png", []byte("<!DOCTYPE html><html>" + script), false},
		{"page.html", []byte("<html>" + script), false},
		{"page.txt", []byte("  \n\n<html>" + script), false},
		{"drawing.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">` + script + `</svg>`), false},
		{"drawing.jpg", []byte("<?xml version=\"1.0\"?><!-- x --><svg xmlns=\"http://www.w3.org/2000/svg\">" + script + "</svg>"), false},
		{"far.png", []byte("<?xml version=\"1.0\"?><!--" + strings.Repeat(" ", 4000) + "--><svg xmlns=\"http://www.w3.org/2000/svg\">" + script + "</svg>"), false},
		{"sheet.xml", []byte(`<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><a/>`), false},
		{"picture.gif", []byte("GIF89a/*\x01\x00\x00\x00\x00\x00*/=1;" + script), true},
		{"paper.pdf", []byte("%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>\n" + script), true},
		{"bomb.docx", zipBomb(t), false},
		{"huge.png", hugePicture(), true},
		{"program.js", []byte("alert(1)"), true}, // as plain text
		{"wide.html", []byte("\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00"), true},
		{"program.wasm", []byte("\x00asm\x01\x00\x00\x00"), false},
		{"manifest.appcache", []byte("CACHE MANIFEST\n/"), true},
		{"x\r\nSet-Cookie: a=b\r\n\r\n.txt", []byte("text"), true},
		{`"; filename="evil.html`, []byte("text"), true},
		{"../../../../etc/cron.d/x", []byte("text"), true},
		{"..\\..\\x.exe", []byte("MZ\x90\x00"), false},
		{"\u202egnp.exe", []byte("MZ\x90\x00"), false},
		{strings.Repeat("é", 600) + ".txt", []byte("text"), true},
		{"\x00.txt", []byte("text"), true},
	} {
		r, err := c.call(t.Context(), "POST", "/api/v1/assets?name="+url.QueryEscape(f.name), f.body, "Content-Type", "image/png")
		if err != nil {
			t.Errorf("%.30q: %v", f.name, err)
			continue
		}
		safe(t, r)
		if r.status != http.StatusCreated {
			t.Logf("%.30q is refused: %d %.200s", f.name, r.status, r.body)
			continue
		}
		made, err := r.item()
		if err != nil {
			t.Fatal(err)
		}
		harmless(t, c, f.name, "/api/v1/assets/"+made.ID+"/file", f.body, f.inline)
	}
}

// harmless looks at the headers under which an uploaded file is given out.
func harmless(t *testing.T, c *client, name, path string, body []byte, inline bool) {
	t.Helper()
	r := c.want(t, http.StatusOK, "GET", path, nil)
	h := r.header
	kind, disposition, policy := h.Get("Content-Type"), h.Get("Content-Disposition"), h.Get("Content-Security-Policy")
	if !bytes.Equal(r.body, body) {
		t.Errorf("%.30q: %d other bytes come back", name, len(r.body))
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(policy, "default-src 'none'") || h.Get("Set-Cookie") != "" {
		t.Errorf("%.30q is not fenced in: %v", name, h)
	}
	if !strings.Contains(policy, "sandbox") && kind != "application/pdf" {
		t.Errorf("%.30q has no sandbox: %s", name, policy)
	}
	active := strings.Contains(kind, "html") || strings.Contains(kind, "xml") || strings.Contains(kind, "script") || strings.Contains(kind, "wasm")
	if shown := strings.HasPrefix(disposition, "inline"); shown && (!inline || active) || !shown && !strings.HasPrefix(disposition, "attachment") {
		t.Errorf("%.30q comes as %s, %s", name, kind, disposition)
	}
	_, params, err := mime.ParseMediaType(disposition)
	if err != nil || len(params) != 1 || strings.ContainsAny(params["filename"], "\r\n\x00/\\\"\u202e") {
		t.Errorf("%.30q is offered as %q: %q %v", name, disposition, params, err)
	}
	r = c.want(t, http.StatusOK, "GET", path, nil, "Range", "bytes=0-0,"+strings.Repeat("0-,", 500)+"1-1")
	if int64(len(r.body)) != int64(len(body)) {
		t.Errorf("%.30q: many ranges give %d bytes", name, len(r.body))
	}
}

// slowClients hold connections with requests that never become whole.
func slowClients(t *testing.T, c *client, node *process) {
	var held []*net.TCPConn
	defer func() {
		for _, conn := range held {
			conn.Close()
		}
	}()
	starts := []string{"G", "GET / HTTP/1.1\r\nHost: x\r\nX-A: ", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{",
		"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"}
	began := time.Now()
	for i := range 400 {
		conn := node.dial(t)
		held = append(held, conn)
		if _, err := io.WriteString(conn, starts[i%len(starts)]); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		c.want(t, http.StatusOK, "GET", "/api/v1/collections/notes", nil)
	}
	node.bounded(t, 256<<20)
	if !thorough(t) {
		return
	}
	ticker := time.NewTicker(2 * time.Second) // they keep sending, a byte at a time
	defer ticker.Stop()
	for open := len(held); open > 0; {
		select {
		case <-ticker.C:
		case <-t.Context().Done():
			return
		}
		open = 0
		for _, conn := range held {
			if _, err := io.WriteString(conn, "a"); err == nil {
				open++
			}
		}
		if time.Since(began) > 6*time.Minute { // a minute is what the server gives them
			t.Fatalf("%d slow connections are still open after %v", open, time.Since(began))
		}
	}
	t.Logf("all slow connections were closed after %v", time.Since(began))
}

// idleClients opens ten thousand connections and does nothing with them.
func idleClients(t *testing.T, c *client, node *process) {
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	count := 10_000
	if room := int(min(files.Cur, 1<<20)) - 500; room < count {
		t.Logf("only %d files may be open here", files.Cur)
		count = room
	}
	before, _ := node.resident(t)
	held := make([]*net.TCPConn, 0, count)
	for range count {
		held = append(held, node.dial(t))
	}
	for range 20 {
		c.want(t, http.StatusOK, "GET", "/api/v1/collections/notes", nil)
	}
	now, _ := node.resident(t)
	t.Logf("%d idle connections take %d MiB: %d bytes each", count, (now-before)>>20, (now-before)/int64(count))
	node.bounded(t, 400<<20)
	for _, conn := range held {
		conn.Close()
	}
	eventually(t, func() error {
		if open := openConnections(t, node); open > 100 {
			return fmt.Errorf("%d connections are still open", open)
		}
		return nil
	})
	c.want(t, http.StatusOK, "GET", "/api/v1/collections/notes", nil)
}

// openConnections counts the sockets of a process.
func openConnections(t *testing.T, node *process) int {
	t.Helper()
	count := 0
	for _, link := range node.files(t) {
		if strings.HasPrefix(link, "socket:") {
			count++
		}
	}
	return count
}
