// Package relay is what passing requests on to plugins takes: which headers go
// either way, and the sockets that they go by.
package relay

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Fits reports whether a path has the form of a route: {places} take one part.
func Fits(form, path string) bool {
	want, have := strings.Split(form, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if strings.HasPrefix(want[i], "{") && have[i] != "" && have[i] != "." && have[i] != ".." {
			continue
		}
		if want[i] != have[i] {
			return false
		}
	}
	return true
}

// Kept are the headers of a request that a plugin gets: never what proves who
// the caller is to the site.
var Kept = []string{"Accept", "Accept-Language", "Content-Type", "If-Match", "If-None-Match", "If-Modified-Since", "Range",
	"User-Agent", "Idempotency-Key", "Last-Event-Id", "Origin", "Referer"}

// dropped are the headers of an answer that a plugin may not set: those of the
// connection, and those that would change what the browser holds of the site.
var dropped = []string{"Connection", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade", "Set-Cookie", "Clear-Site-Data",
	"Strict-Transport-Security", "Service-Worker-Allowed", "Content-Security-Policy", "Access-Control-Allow-Origin",
	"Access-Control-Allow-Credentials", "Server", "Content-Length"}

// documentPolicy keeps a page that a plugin answers with from acting as the
// site: it gets an origin of its own, and runs no scripts.
const documentPolicy = "sandbox allow-forms allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:"

// closing does something once after a body is closed.
type closing struct {
	io.ReadCloser
	after func()
}

func (c *closing) Close() error {
	err := c.ReadCloser.Close()
	if c.after != nil {
		c.after()
		c.after = nil
	}
	return err
}

// After is a body after whose closing something is done, once.
func After(body io.ReadCloser, do func()) io.ReadCloser { return &closing{ReadCloser: body, after: do} }

// Tidied takes out of an answer what a plugin may not say, and keeps a page that
// it answers with from acting as the site.
func Tidied(h http.Header) http.Header {
	for _, name := range dropped {
		h.Del(name)
	}
	h.Set("Content-Security-Policy", documentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
	return h
}

// Transport reaches the HTTP socket of one process.
func Transport(socket string, atOnce int) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		MaxIdleConnsPerHost: atOnce, IdleConnTimeout: time.Minute, DisableCompression: true,
		MaxResponseHeaderBytes: 64 << 10, WriteBufferSize: 32 << 10, ReadBufferSize: 32 << 10,
	}
}
