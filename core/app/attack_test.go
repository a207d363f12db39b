//go:build linux

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestHostileClients sends a node what nobody should send. It has to refuse
// it, with headers that are safe in a browser, serve the others meanwhile, and
// need no memory for it.
func TestHostileClients(t *testing.T) {
	t.Parallel()
	p := folderPlace(t)
	data := filepath.Join(t.TempDir(), "data")
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	c.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)

	t.Run("smuggling", func(t *testing.T) { smuggling(t, node) })
	t.Run("addresses", func(t *testing.T) { hostileAddresses(t, c, node) })
	t.Run("json", func(t *testing.T) { hostileJSON(t, c) })
	t.Run("headers", func(t *testing.T) { hostileHeaders(t, node) })
	t.Run("bodies", func(t *testing.T) { hostileBodies(t, c, node) })
	t.Run("uploads", func(t *testing.T) { hostileUploads(t, c) })
	t.Run("slow", func(t *testing.T) { slowClients(t, c, node) })
	t.Run("idle", func(t *testing.T) { idleClients(t, c, node) })

	c.want(t, http.StatusCreated, "POST", notesPath, map[string]any{"title": "still here"})
	node.stop()
	for line := range strings.Lines(node.stderr.String()) {
		var entry struct {
			Msg, Path string
			Status    int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("the log has a broken line: %q", line)
		}
		if entry.Status >= 500 || entry.Msg == "panic" || strings.Contains(entry.Path, "smuggled") {
			t.Errorf("the server logged %s", line)
		}
	}
	sound(t, p, data, viewEqual)
}

// resident gives the memory of a process, now and at its highest, in bytes.
func (r *process) resident(t testing.TB) (now, most int64) {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		for name, v := range map[string]*int64{"VmRSS:": &now, "VmHWM:": &most} {
			if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
				if *v, err = strconv.ParseInt(fields[1], 10, 64); err != nil {
					t.Fatal(err)
				}
				*v *= 1024
			}
		}
	}
	return now, most
}

// bounded fails the test when the node needed more memory than that since it
// started. The race detector needs several times as much.
func (r *process) bounded(t testing.TB, most int64) {
	t.Helper()
	now, peak := r.resident(t)
	t.Logf("memory: %d MiB now, %d MiB at most", now>>20, peak>>20)
	if raceDetector() {
		most *= 8
	}
	if peak > most {
		t.Errorf("the server took %d MiB, more than %d", peak>>20, most>>20)
	}
}

// dial opens a connection to the node.
func (r *process) dial(t testing.TB) *net.TCPConn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// raw sends bytes as they are, and gives the responses until the node closes
// the connection.
func (r *process) raw(t testing.TB, request string) []*http.Response {
	t.Helper()
	conn := r.dial(t)
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, request) // the node may have closed already
	_ = conn.CloseWrite()
	var out []*http.Response
	for in := bufio.NewReader(conn); ; {
		answer, err := http.ReadResponse(in, nil)
		if err == nil && answer.StatusCode == http.StatusContinue {
			continue
		}
		if err != nil {
			if len(out) == 0 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("no response to %.80q: %v", request, err)
			}
			return out
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Errorf("a broken response to %.80q: %v", request, err)
			return out
		}
		answer.Body = io.NopCloser(bytes.NewReader(body))
		safe(t, &reply{answer.StatusCode, answer.Header, body})
		out = append(out, answer)
	}
}

// safe holds a response against what every response must be: harmless in a
// browser, silent about the program, and a problem or a page when it is a refusal.
func safe(t testing.TB, r *reply) {
	t.Helper()
	h := r.header
	if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("a response without safe headers: %d %v", r.status, h)
	}
	if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
		t.Errorf("a response tells of the program: %v", h)
	}
	if r.status >= 500 {
		t.Errorf("the node takes the blame: %d %.300s", r.status, r.body)
	}
	// The site refuses with pages, in which nothing may run.
	page := strings.HasPrefix(h.Get("Content-Type"), "text/html") && !bytes.Contains(r.body, []byte("<script>"))
	if r.status >= 400 && len(r.body) > 0 && !page {
		if _, err := r.problem(); err != nil {
			t.Error(err)
		}
	}
}

// smuggling sends requests whose end two parsers may see in two places. None
// may be taken, and no part of one for a request of its own.
func smuggling(t *testing.T, node *process) {
	const inner = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	chunked := "0\r\n\r\n" + inner
	post := func(headers, body string) string {
		return "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(chunked))
	for name, request := range map[string]string{
		"two lengths":               post("Content-Length: 2\r\n"+length, "{}"+chunked),
		"the same length twice":     post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"),
		"a list of lengths":         post("Content-Length: 2, 2\r\n", "{}"+inner),
		"length and chunks":         post(length+"Transfer-Encoding: chunked\r\n", chunked),
		"chunks and length":         post("Transfer-Encoding: chunked\r\n"+length, chunked),
		"length of zero and chunks": post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", chunked),
		"chunks twice":              post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunked),
		"chunks in disguise":        post("Transfer-Encoding: xchunked\r\n"+length, chunked),
		"chunks with a tab":         post("Transfer-Encoding:\tchunked\r\n"+length, chunked),
		"chunks with a control":     post("Transfer-Encoding: \x0bchunked\r\n"+length, chunked),
		"chunks after a space":      post("Transfer-Encoding : chunked\r\n"+length, chunked),
		"chunks on a second line":   post("Transfer-Encoding:\r\n chunked\r\n"+length, chunked),
		"chunks and identity":       post("Transfer-Encoding: chunked, identity\r\n", chunked),
		"identity":                  post("Transfer-Encoding: identity\r\n", chunked),
		"a quoted encoding":         post("Transfer-Encoding: \"chunked\"\r\n"+length, chunked),
		"a header before its name":  post(" Transfer-Encoding: chunked\r\n"+length, chunked),
		"a bare return":             post("X: y\rTransfer-Encoding: chunked\r\n"+length, chunked),
		"a plus":                    post("Content-Length: +2\r\n", "{}"+inner),
		"a minus":                   post("Content-Length: -2\r\n", "{}"+inner),
		"hexadecimal":               post("Content-Length: 0x2\r\n", "{}"+inner),
		"too long a number":         post("Content-Length: 99999999999999999999999\r\n", "{}"+inner),
		"space in the number":       post("Content-Length: 2 2\r\n", "{}"+inner),
		"no number":                 post("Content-Length: \r\n", inner),
		"underscore":                post("Content_Length: 2\r\nContent-Length: 2\r\n Content-Length: 0\r\n", "{}"+inner),
		"an overflowing chunk":      post("Transfer-Encoding: chunked\r\n", "10000000000000002\r\n{}\r\n"+chunked),
		"a negative chunk":          post("Transfer-Encoding: chunked\r\n", "-2\r\n{}\r\n"+chunked),
		"a chunk without end":       post("Transfer-Encoding: chunked\r\n", "2\r\n{}XX"+chunked),
		"a NUL in a header":         post("X-A: a\x00b\r\nContent-Length: 2\r\n", "{}"),
		"a name with a space":       post("Content Length: 2\r\nContent-Length: 2\r\n", "{}"),
		"two spaces":                "GET  /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n",
		"no version":                "GET /elsewhere\r\nHost: x\r\n\r\n",
		"another version":           "GET /elsewhere HTTP/9.9\r\nHost: x\r\n\r\n",
		"no request":                "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03smuggled",
	} {
		t.Run(name, func(t *testing.T) {
			answers := node.raw(t, request)
			if len(answers) > 1 {
				t.Errorf("%d responses to one request", len(answers))
			}
			for _, a := range answers {
				if a.StatusCode != http.StatusBadRequest && a.StatusCode != http.StatusNotFound && a.StatusCode != http.StatusRequestEntityTooLarge {
					t.Errorf("%d", a.StatusCode)
				}
			}
		})
	}
}

// hostileAddresses asks for what lies outside, and for what is no text.
func hostileAddresses(t *testing.T, c *client, node *process) {
	r := c.want(t, http.StatusCreated, "POST", "/api/v1/assets?name=a.txt", []byte("a file"), "Content-Type", "text/plain")
	asset, err := r.item()
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"/", "/api/v1/", "/api/v1/assets/", "/api/v1/assets/" + asset.ID + "/", "/api/v1/entries/", notesPath + "/",
		"/api/v1/users/", "/problems/"} {
		for _, name := range []string{
			"../../../../../../etc/passwd", "..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd", "%252e%252e%252fetc%252fpasswd",
			"..%5c..%5c..%5cetc%5cpasswd", "..\\..\\etc\\passwd", "%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd", "..;/..;/etc/passwd", "%00", "a%00b", "a.txt%00.png",
			"%ff%fe", "%e2%80%ae", "%0d%0aSet-Cookie:%20a=b", "%", "%zz", "%u0041", "////etc/passwd", "file:///etc/passwd", "//evil.example/x",
			strings.Repeat("a", 6000), strings.Repeat("../", 1500), strings.Repeat("%00", 2000), "?filter[title][_eq]=%ff%00", "?" + strings.Repeat("filter[a]", 600),
			"?page[after]=%00%ff", "?fields=" + strings.Repeat("a.", 3000), "?locale=..%2f..%2fetc", "?sort=" + strings.Repeat("-", 5000), "?x=%",
		} {
			for _, a := range node.raw(t, "GET "+base+name+" HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAuthorization: Bearer "+
				c.token+"\r\nConnection: close\r\n\r\n") {
				body, _ := io.ReadAll(a.Body) // in memory
				if bytes.Contains(body, []byte("root:")) || a.Header.Get("Set-Cookie") != "" || strings.Contains(a.Header.Get("Location"), "evil.example") {
					t.Errorf("%s: %d %v %.100s", base+name, a.StatusCode, a.Header, body)
				}
				if a.StatusCode == http.StatusOK && !strings.Contains(name, "?") {
					t.Errorf("%s is answered with %.100s", base+name, body)
				}
			}
		}
	}
	for _, method := range []string{"TRACE", "CONNECT", "PROPFIND", "get", "GE\x00T", strings.Repeat("A", 500)} {
		for _, a := range node.raw(t, method+" / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") {
			if a.StatusCode < 400 {
				t.Errorf("%.20q is answered with %d", method, a.StatusCode)
			}
		}
	}
}

// hostileJSON sends bodies that parsers stumble over.
func hostileJSON(t *testing.T, c *client) {
	refused := map[string]string{
		"deep":             strings.Repeat(`{"title":`, 100_000),
		"deep lists":       `{"title":` + strings.Repeat("[", 400_000),
		"deep and whole":   `{"title":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`,
		"many members":     `{` + strings.Repeat(`"a":1,`, 100_000) + `"b":1}`,
		"many names":       manyNames(),
		"twice":            `{"title":"a","title":"b"}`,
		"twice, in escape": `{"title":"a","\u0074itle":"b"}`,
		"not UTF-8":        "{\"title\":\"\xff\xfe\"}",
		"half a pair":      `{"title":"\ud800"}`,
		"two values":       `{"title":"a"} {"title":"b"}`,
		"a list":           `[{"title":"a"}]`,
		"a huge number":    `{"title":1e999999}`,
		"a long number":    `{"title":` + strings.Repeat("9", 100_000) + `}`,
		"not a number":     `{"title":NaN}`,
		"a mark":           "\xef\xbb\xbf" + `{"title":"a"}`,
		"a comment":        `{"title":"a"/**/}`,
		"prototype":        `{"__proto__":{"x":1},"title":"a"}`,
		"nothing":          ``,
		"NUL":              "\x00",
		"long title":       `{"title":"` + strings.Repeat("a", 900_000) + `"}`,
		"NUL in a title":   `{"title":"a\u0000b"}`,
		"object for text":  `{"title":{"$ne":null}}`,
		"foreign locale":   `{"title":"a","locale":"../../etc"}`,
		"foreign parent":   `{"title":"a","parent":"../../etc\u0000"}`,
	}
	for name, text := range refused {
		r, err := c.call(t.Context(), "POST", notesPath, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		safe(t, r)
		if r.status < 400 {
			t.Errorf("%s: %d %.200s", name, r.status, r.body)
		}
	}
}

func manyNames() string {
	var b strings.Builder
	b.WriteString(`{"title":"a"`)
	for i := range 50_000 {
		fmt.Fprintf(&b, `,"n%d":1`, i)
	}
	return b.String() + "}"
}
