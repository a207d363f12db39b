package api_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// upload sends bytes as the body of a request.
func (s *site) upload(role, path string, body []byte, contentType string) answer {
	s.t.Helper()
	req := must(http.NewRequest("POST", s.url+"/api/v1"+path, bytes.NewReader(body)))(s.t)
	req.Header.Set("Content-Type", contentType)
	if s.secret[role] != "" {
		req.Header.Set("Authorization", "Bearer "+s.secret[role])
	}
	return s.roundTrip(req)
}

func form(t *testing.T, part, name string, body []byte) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p := must(w.CreateFormFile(part, name))(t)
	if _, err := p.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")

func TestAssetThereAndBack(t *testing.T) {
	s := newSite(t, siteOptions{})
	big := bytes.Repeat([]byte("0123456789abcdef"), 200_000) // 3.2 MB: more than a body in memory
	raw := s.upload("editor", "/assets?name=donn%C3%A9es.bin", big, "text/html").data(t, 201)
	body, contentType := form(t, "file", "données.bin", big)
	asForm := s.upload("editor", "/assets", body, contentType).data(t, 201)
	sum := sha256.Sum256(big)
	for _, d := range []map[string]any{raw, asForm} {
		if d["name"] != "données.bin" || d["size"] != float64(len(big)) || d["media_type"] == "text/html" {
			t.Errorf("facts: %v", d)
		}
		if strings.Contains(fmt.Sprint(d), hex.EncodeToString(sum[:])) {
			t.Errorf("the digest of the bytes is told: %v", d)
		}
		a := s.send("visitor", "GET", fmt.Sprint(d["url"]), nil)
		if !bytes.Equal(a.body, big) || a.header.Get("Content-Length") != fmt.Sprint(len(big)) {
			t.Errorf("%d of %d bytes came back", len(a.body), len(big))
		}
		if a := s.send("visitor", "HEAD", fmt.Sprint(d["url"]), nil); a.header.Get("Content-Length") != fmt.Sprint(len(big)) || a.status != 200 {
			t.Errorf("HEAD: %d %v", a.status, a.header)
		}
	}
}

func TestUploadsThatAreNone(t *testing.T) {
	s := newSite(t, siteOptions{})
	s.upload("editor", "/assets", []byte("x"), "application/octet-stream").problem(t, 400, "upload_name_needed")
	s.upload("editor", "/assets?name=x", nil, "application/octet-stream").problem(t, 422, "")
	body, contentType := form(t, "other", "x.txt", []byte("x"))
	s.upload("editor", "/assets", body, contentType).problem(t, 400, "upload_form")
	s.upload("editor", "/assets", body[:40], contentType).problem(t, 400, "upload_form")
	s.upload("editor", "/assets", body, "multipart/form-data").problem(t, 400, "upload_form")
	s.upload("reader", "/assets?name=x", []byte("x"), "text/plain").problem(t, 403, "")
	s.upload("visitor", "/assets?name=x", []byte("x"), "text/plain").problem(t, 401, "")
}

// An upload that breaks off leaves no asset.
func TestUploadBreaksOff(t *testing.T) {
	s := newSite(t, siteOptions{})
	before := len(s.as("editor", "GET", "/assets", nil).list(t))
	c := must(net.Dial("tcp", strings.TrimPrefix(s.url, "http://")))(t)
	fmt.Fprintf(c, "POST /api/v1/assets?name=half.bin HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n%s",
		s.secret["editor"], strings.Repeat("x", 100_000))
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(c)
	c.Close()
	if strings.Contains(string(answer), "HTTP/1.1 201") {
		t.Errorf("answer: %.200s", answer)
	}
	if after := len(s.as("editor", "GET", "/assets", nil).list(t)); after != before {
		t.Errorf("%d assets, then %d", before, after)
	}
}

// What people upload must not act on our origin, whatever it says it is.
func TestFilesAreHarmless(t *testing.T) {
	s := newSite(t, siteOptions{})
	html := []byte("<!doctype html><script>alert(1)</script>")
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	for _, tt := range []struct {
		name, claimed, disposition string
		body                       []byte
	}{
		{"page.html", "image/png", "attachment", html},
		{"photo.png", "image/png", "attachment", html},
		{"drawing.svg", "image/svg+xml", "attachment", svg},
		{"photo.png", "text/html", "inline", png},
		{"x\r\nSet-Cookie: a=b.png", "image/png", "inline", png},
		{`"; filename="evil.html`, "image/png", "", png},
	} {
		d := s.upload("editor", "/assets?name="+strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22", " ", "%20", ";", "%3B").Replace(tt.name), tt.body, tt.claimed)
		if d.status == 400 { // a name with control characters
			continue
		}
		a := s.send("visitor", "GET", fmt.Sprint(d.data(t, 201)["url"]), nil)
		if a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%q: %v", tt.name, a.header)
		}
		if !strings.HasPrefix(a.header.Get("Content-Disposition"), tt.disposition) || a.header.Get("Set-Cookie") != "" {
			t.Errorf("%q: %v", tt.name, a.header)
		}
		if tt.disposition == "inline" && a.header.Get("Content-Type") != "image/png" {
			t.Errorf("%q is served as %s", tt.name, a.header.Get("Content-Type"))
		}
	}
}

func TestRanges(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.upload("editor", "/assets?name=a.txt", []byte("0123456789"), "text/plain").data(t, 201)
	url := fmt.Sprint(d["url"])
	tag := s.send("visitor", "GET", url, nil).header.Get("Etag")
	for _, tt := range []struct {
		header, body, rng string
		status            int
	}{
		{"bytes=0-3", "0123", "bytes 0-3/10", 206},
		{"bytes=4-", "456789", "bytes 4-9/10", 206},
		{"bytes=-3", "789", "bytes 7-9/10", 206},
		{"bytes=5-100", "56789", "bytes 5-9/10", 206},
		{"bytes=-100", "0123456789", "bytes 0-9/10", 206},
		{"bytes=9-9", "9", "bytes 9-9/10", 206},
		{"bytes=10-", "", "bytes */10", 416},
		{"bytes=-0", "", "bytes */10", 416},
		{"bytes=99999999999999999999-", "0123456789", "", 200},
		{"bytes=5-2", "0123456789", "", 200},
		{"bytes=0-1,3-4", "0123456789", "", 200},
		{"lines=0-1", "0123456789", "", 200},
		{"bytes=", "0123456789", "", 200},
	} {
		a := s.send("visitor", "GET", url, nil, "Range", tt.header)
		if a.status != tt.status || a.header.Get("Content-Range") != tt.rng || tt.status < 400 && string(a.body) != tt.body {
			t.Errorf("%s: %d %q %q", tt.header, a.status, a.header.Get("Content-Range"), a.body)
		}
	}
	if a := s.send("visitor", "GET", url, nil, "Range", "bytes=0-1", "If-Range", tag); a.status != 206 {
		t.Errorf("If-Range with the tag: %d", a.status)
	}
	if a := s.send("visitor", "GET", url, nil, "Range", "bytes=0-1", "If-Range", `"old"`); a.status != 200 {
		t.Errorf("If-Range with another tag: %d", a.status)
	}
	if a := s.send("visitor", "GET", url, nil, "If-None-Match", tag); a.status != 304 || len(a.body) != 0 {
		t.Errorf("If-None-Match: %d", a.status)
	}
}

func TestFactsOfAssets(t *testing.T) {
	s := newSite(t, siteOptions{})
	d := s.upload("editor", "/assets?name=a.png&folder=photos", png, "image/png").data(t, 201)
	path := fmt.Sprint("/assets/", d["id"])
	got := s.as("editor", "PATCH", path, fields{"alt": fields{"fr": "Une photo"}, "tags": []string{"a"}}).data(t, 200)
	if got["folder"] != "photos" || got["alt"].(map[string]any)["fr"] != "Une photo" || got["revision"] != 2.0 {
		t.Errorf("changed: %v", got)
	}
	s.as("editor", "PATCH", path, fields{"credit": "x"}, "If-Match", `"1"`).problem(t, 412, "")
	for _, body := range []string{`{"blob":"sha256:00"}`, `{"media_type":"text/html"}`, `{"size":1}`, `{"id":"x"}`, `{"created_by":{}}`} {
		s.as("editor", "PATCH", path, body).problem(t, 422, "body_invalid")
	}
	if n := len(s.as("visitor", "GET", "/assets?folder=photos&tag=a", nil).list(t)); n != 1 {
		t.Errorf("%d in the folder", n)
	}
	if n := len(s.as("visitor", "GET", "/assets?folder=other", nil).list(t)); n != 0 {
		t.Errorf("%d in another folder", n)
	}
	// An asset for members does not exist for visitors, nor do its bytes.
	s.as("visitor", "GET", path, nil).data(t, 200)
	s.as("editor", "PATCH", path, fields{"visibility": "members"}).data(t, 200)
	for _, rest := range []string{"", "/file", "/backlinks"} {
		s.as("visitor", "GET", path+rest, nil).problem(t, 404, "asset_missing")
	}
	if n := len(s.as("visitor", "GET", "/assets", nil).list(t)); n != 0 {
		t.Error("visitors see an asset for members in the list")
	}
	if a := s.as("member", "GET", path+"/file", nil); a.status != 200 || a.header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("member: %d %v", a.status, a.header)
	}
}

// A caller that takes its time gets all of a file: the deadline is for each
// piece, not for the whole.
func TestSlowReaderGetsTheWholeFile(t *testing.T) {
	s := newSite(t, siteOptions{})
	big := bytes.Repeat([]byte("x"), 1<<20)
	d := s.upload("editor", "/assets?name=a.bin", big, "text/plain").data(t, 201)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	req := must(http.NewRequestWithContext(ctx, "GET", s.url+fmt.Sprint(d["url"]), nil))(t)
	res := must(s.client.Do(req))(t)
	defer res.Body.Close()
	n, buf := 0, make([]byte, 10_000)
	for {
		m, err := res.Body.Read(buf)
		if n += m; err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
	if n != len(big) {
		t.Errorf("%d bytes", n)
	}
}
