package server

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/problem"
)

// SessionCookie holds the secret of a console session.
const SessionCookie = "recueil_session"

// refuse says what is wrong with a request before any route sees it: framing
// that two parsers could read in two ways, methods that nobody serves, and
// changes that another site may have caused.
func (s *Server) refuse(rc *fasthttp.RequestCtx) error {
	if !wellFramed(rc) {
		rc.SetConnectionClose()
		return errMalformed
	}
	if !knownMethod(rc.Method()) {
		return errMethod
	}
	if len(rc.Request.Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return problem.New(problem.Unsupported, "content_encoding_unsupported", nil)
	}
	if unsafeMethod(rc.Method()) && !s.sameSite(rc) {
		return problem.New(problem.Forbidden, "cross_site_request", nil)
	}
	return nil
}

func knownMethod(m []byte) bool {
	switch string(m) {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodPost, fiber.MethodPut,
		fiber.MethodPatch, fiber.MethodDelete, fiber.MethodOptions:
		return true
	}
	return false
}

func unsafeMethod(m []byte) bool {
	switch string(m) {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return false
	}
	return true
}

// wellFramed refuses what RFC 9112 §6.3 calls a smuggling attempt: a length
// and a transfer encoding at once, two lengths, or an encoding other than
// chunked. fasthttp takes the last one, a proxy before us may take the first.
// A NUL, where some parsers end a header, is refused for the same reason.
func wellFramed(rc *fasthttp.RequestCtx) bool {
	lengths, encodings := 0, 0
	raw := rc.Request.Header.RawHeaders()
	if bytes.IndexByte(raw, 0) >= 0 {
		return false
	}
	for rest := raw; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		switch {
		case headerIs(line, "content-length"):
			lengths++
		case headerIs(line, "transfer-encoding"):
			encodings++
			_, value, _ := bytes.Cut(line, []byte{':'})
			if !bytes.EqualFold(bytes.TrimSpace(value), []byte("chunked")) {
				return false
			}
		}
	}
	return lengths <= 1 && encodings <= 1 && lengths+encodings <= 1
}

func headerIs(line []byte, name string) bool {
	return len(line) > len(name) && line[len(name)] == ':' &&
		line[0]|0x20 == name[0] && bytes.EqualFold(line[:len(name)], []byte(name))
}

// sameSite decides whether a change may come from another site's page (CSRF).
// A bearer token is never sent by a browser on its own, so it needs no proof.
// Everyone else who comes from a browser says so: by Sec-Fetch-Site, or by
// Origin in older ones. With a session cookie one of the two is required; a
// program without cookie needs none. Sign-in is covered too.
func (s *Server) sameSite(rc *fasthttp.RequestCtx) bool {
	h := &rc.Request.Header
	if bearer(h) != "" {
		return true
	}
	switch string(h.Peek("Sec-Fetch-Site")) {
	case "same-origin", "none":
		return true
	case "":
	default:
		return false
	}
	if origin := string(h.Peek(fiber.HeaderOrigin)); origin != "" {
		return s.ownOrigin(rc, origin)
	}
	return len(h.Cookie(SessionCookie)) == 0
}

func (s *Server) ownOrigin(rc *fasthttp.RequestCtx, origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	host := string(rc.Host())
	if s.fromProxy(rc) {
		if f := rc.Request.Header.Peek(fiber.HeaderXForwardedHost); len(f) > 0 {
			host = string(f)
		}
	}
	return strings.EqualFold(u.Host, host)
}

// bearer gives a copy of the secret of an Authorization header, or "". A
// scheme other than Bearer gives what is no one's secret: it must fail, not
// count as absent.
func bearer(h *fasthttp.RequestHeader) string {
	v := h.Peek(fiber.HeaderAuthorization)
	if len(v) == 0 {
		return ""
	}
	const scheme = "bearer "
	if len(v) > len(scheme) && bytes.EqualFold(v[:len(scheme)], []byte(scheme)) {
		return string(bytes.TrimSpace(v[len(scheme):]))
	}
	return "\x00"
}
