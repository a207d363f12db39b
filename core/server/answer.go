package server

import (
	"bytes"
	"io"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/gofiber/fiber/v2"
	"github.com/klauspost/compress/gzip"
	"github.com/valyala/fasthttp"
)

// publicPolicy lets caches keep a response and makes them ask each time
// whether it still holds, which costs a 304.
const (
	privatePolicy = "private, no-store" // everything that was not made for every visitor
	publicPolicy  = "public, max-age=0, must-revalidate"
	publicVary    = "Accept-Encoding, Accept-Language, Authorization, Cookie"
)

// fromMemory answers a visitor's GET or HEAD with a kept response, if there is
// one that still holds.
func (s *Server) fromMemory(rc *fasthttp.RequestCtx, start time.Time) bool {
	if !rc.IsGet() && !rc.IsHead() || !anonymous(rc) || !wellFramed(rc) {
		return false
	}
	if len(s.o.Origins) > 0 && len(rc.Request.Header.Peek(fiber.HeaderOrigin)) > 0 {
		return false
	}
	if len(rc.Request.Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return false
	}
	var buf [256]byte
	locale := s.locales.of(rc.Request.Header.Peek(fiber.HeaderAcceptLanguage))
	k := s.cache.get(appendKey(buf[:0], locale, rc))
	if k == nil {
		return false
	}
	s.sendKept(rc, k)
	s.metrics.hit(s.o.Now().Sub(start))
	return true
}

func (s *Server) sendKept(rc *fasthttp.RequestCtx, k *kept) {
	h := &rc.Response.Header
	h.Add(fiber.HeaderContentSecurityPolicy, k.policy)
	h.Add(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Add(fiber.HeaderReferrerPolicy, "same-origin")
	h.Add("Cross-Origin-Resource-Policy", "same-origin")
	if s.overTLS(rc) {
		h.Add(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
	if len(s.o.Origins) > 0 {
		h.Add(fiber.HeaderVary, fiber.HeaderOrigin)
	}
	var buf [80]byte
	h.AddBytesV(fiber.HeaderXRequestID, s.appendRequestID(buf[:0], rc))
	h.SetContentType(k.contentType)
	if k.language != "" {
		h.Add(fiber.HeaderContentLanguage, k.language)
	}
	if k.link != "" {
		h.Add(fiber.HeaderLink, k.link)
	}
	rc.Response.SetBodyRaw(k.body)
	s.sendEncoded(rc, k)
}

// sendEncoded sets what depends on how the caller takes the body: encoding,
// tag, and whether the caller has it already.
func (s *Server) sendEncoded(rc *fasthttp.RequestCtx, k *kept) {
	h := &rc.Response.Header
	h.Add(fiber.HeaderCacheControl, publicPolicy)
	h.Add(fiber.HeaderVary, publicVary)
	if match := rc.Request.Header.Peek(fiber.HeaderIfNoneMatch); len(match) > 0 && k.etag != "" && Matches(string(match), k.etag) {
		h.Set(fiber.HeaderETag, k.etag)
		notModified(rc)
		return
	}
	etag := k.etag
	if enc := accepted(rc.Request.Header.Peek(fiber.HeaderAcceptEncoding), k); enc != "" {
		if body := k.variant(enc); body != nil {
			rc.Response.SetBodyRaw(body)
			h.SetContentEncoding(enc)
			etag = withEncoding(etag, enc)
		}
	}
	if etag != "" {
		h.Set(fiber.HeaderETag, etag)
	}
}

func notModified(rc *fasthttp.RequestCtx) {
	rc.Response.ResetBody()
	rc.SetStatusCode(fiber.StatusNotModified)
	rc.Response.Header.SetContentType("")
}

// accepted picks an encoding for a body that is worth one.
func accepted(header []byte, k *kept) string {
	if len(header) == 0 || len(k.body) < minCompress || !compressible(k.contentType) {
		return ""
	}
	gz := false
	for rest := header; len(rest) > 0; {
		var part []byte
		part, rest, _ = bytes.Cut(rest, []byte{','})
		name, params, _ := bytes.Cut(part, []byte{';'})
		if bytes.Contains(params, []byte("q=0")) && !bytes.Contains(params, []byte("q=0.")) {
			continue
		}
		switch string(bytes.TrimSpace(name)) {
		case "br":
			return "br"
		case "gzip":
			gz = true
		}
	}
	if gz {
		return "gzip"
	}
	return ""
}

func compressible(contentType string) bool {
	media, _, _ := bytes.Cut([]byte(contentType), []byte{';'})
	switch string(media) {
	case "application/json", "application/problem+json", "text/html", "text/plain", "text/css",
		"application/openapi+json", "application/xml", "image/svg+xml", "text/javascript":
		return true
	}
	return false
}

// variant gives the body in an encoding, made once; nil when it does not get
// smaller.
func (k *kept) variant(enc string) []byte {
	k.mu.RLock()
	body, ok := k.variants[enc]
	k.mu.RUnlock()
	if ok {
		return body
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if body, ok = k.variants[enc]; ok {
		return body
	}
	body = compress(enc, k.body)
	if len(body) >= len(k.body)*4/5 {
		body = nil
	}
	if k.variants == nil {
		k.variants = map[string][]byte{}
	}
	k.variants[enc] = body
	return body
}

func compress(enc string, body []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	if enc == "br" {
		w = brotli.NewWriterLevel(&out, 5)
	} else {
		gz, err := gzip.NewWriterLevel(&out, 6)
		if err != nil {
			return body
		}
		w = gz
	}
	if _, err := w.Write(body); err != nil {
		return body
	}
	if err := w.Close(); err != nil {
		return body
	}
	return out.Bytes()
}
