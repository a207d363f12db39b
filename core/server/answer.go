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
	if k.again != nil && rc.IsGet() {
		k.again()
	}
	s.sendKept(rc, k)
	s.metrics.hit(s.o.Now().Sub(start))
	return true
}

func (s *Server) vary() string {
	if len(s.o.Origins) > 0 {
		return publicVary + ", " + fiber.HeaderOrigin
	}
	return publicVary
}

// sendKept answers in the form that the caller takes, or says that the caller
// has it already.
func (s *Server) sendKept(rc *fasthttp.RequestCtx, k *kept) {
	v := &k.plain
	fresh := false
	if match := rc.Request.Header.Peek(fiber.HeaderIfNoneMatch); len(match) > 0 {
		fresh = k.etag != "" && Matches(string(match), k.etag)
	}
	if enc := accepted(rc.Request.Header.Peek(fiber.HeaderAcceptEncoding), k); enc != "" && !fresh {
		if e := k.variant(enc); e != nil {
			v = e
		}
	}
	h := &rc.Response.Header
	v.header.CopyTo(h)
	var buf [80]byte
	h.AddBytesV(fiber.HeaderXRequestID, s.appendRequestID(buf[:0], rc))
	if s.overTLS(rc) {
		h.Add(fiber.HeaderStrictTransportSecurity, strictTransport)
	}
	rc.Response.SetBodyRaw(v.body)
	if fresh {
		notModified(rc)
	}
}

func notModified(rc *fasthttp.RequestCtx) {
	rc.Response.ResetBody()
	rc.SetStatusCode(fiber.StatusNotModified)
	rc.Response.Header.SetContentType("")
}

// accepted picks an encoding for a body that is worth one.
func accepted(header []byte, k *kept) string {
	if len(header) == 0 || len(k.plain.body) < minCompress || !compressible(k.contentType) {
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
	case "text/html", "text/plain", "text/css", "text/csv", "text/calendar", "text/vcard", "text/javascript",
		"application/json", "application/xml", "application/x-bibtex":
		return true
	}
	return bytes.HasSuffix(media, []byte("+json")) || bytes.HasSuffix(media, []byte("+xml"))
}

// variant gives the response in an encoding, made once; nil when it does not
// get smaller.
func (k *kept) variant(enc string) *variant {
	k.mu.RLock()
	v, ok := k.encoded[enc]
	k.mu.RUnlock()
	if ok {
		return v
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if v, ok = k.encoded[enc]; ok {
		return v
	}
	if body := compress(enc, k.plain.body); len(body) < len(k.plain.body)*4/5 {
		v = &variant{body: body}
		k.plain.header.CopyTo(&v.header)
		v.header.SetContentEncoding(enc)
		if k.etag != "" {
			v.header.Set(fiber.HeaderETag, withEncoding(k.etag, enc))
		}
	}
	if k.encoded == nil {
		k.encoded = map[string]*variant{}
	}
	k.encoded[enc] = v
	return v
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
