package server

import (
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// closedPolicy is the CSP of everything that is not a page: data that a
// browser must neither run nor frame. A handler of pages sets its own.
const closedPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

const strictTransport = "max-age=31536000"

// secure sets the headers that every response has.
func (s *Server) secure(rc *fasthttp.RequestCtx) {
	h := &rc.Response.Header
	h.Set(fiber.HeaderContentSecurityPolicy, closedPolicy)
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderReferrerPolicy, "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.overTLS(rc) {
		h.Set(fiber.HeaderStrictTransportSecurity, strictTransport)
	}
}

// cors answers a preflight, and marks other responses for allowed origins. It
// reports whether the request is answered. Credentials are never allowed
// across origins: a page elsewhere shows a token, not our cookie.
func (s *Server) cors(rc *fasthttp.RequestCtx) bool {
	if len(s.o.Origins) == 0 {
		return false
	}
	h := &rc.Response.Header
	h.Add(fiber.HeaderVary, fiber.HeaderOrigin)
	origin := string(rc.Request.Header.Peek(fiber.HeaderOrigin))
	if origin == "" || !slices.Contains(s.o.Origins, origin) {
		return false
	}
	h.Set(fiber.HeaderAccessControlAllowOrigin, origin)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set(fiber.HeaderAccessControlExposeHeaders, "ETag, Link, Location, Content-Location, Retry-After, RateLimit, X-Request-Id, "+
		"Tus-Resumable, Upload-Offset, Upload-Length, Upload-Expires")
	if !rc.IsOptions() || len(rc.Request.Header.Peek(fiber.HeaderAccessControlRequestMethod)) == 0 {
		return false
	}
	h.Set(fiber.HeaderAccessControlAllowMethods, "GET, HEAD, POST, PATCH, DELETE")
	h.Set(fiber.HeaderAccessControlAllowHeaders,
		"Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, X-Request-Id, "+
			"Tus-Resumable, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Checksum")
	h.Set(fiber.HeaderAccessControlMaxAge, "600")
	rc.SetStatusCode(fiber.StatusNoContent)
	return true
}
