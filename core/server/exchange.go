package server

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/content"
)

// exchange is what the shell knows of one request that reached a route. Its
// strings are copies.
type exchange struct {
	server *Server
	id     string
	start  time.Time
	locale string // of the site, as negotiated
	route  string // pattern; empty until matched

	ctx    context.Context
	cancel context.CancelFunc

	authenticated bool
	actor         content.Actor
	actorErr      error

	keep    *keep  // the response may be kept
	again   func() // called when what was kept is given again
	read    bool   // the body was read to its end
	private bool   // the response depends on who asks
	cause   error  // of a problem, for the log
}

type exchangeKey struct{}

func exchangeOf(rc *fasthttp.RequestCtx) *exchange {
	x, _ := rc.UserValue(exchangeKey{}).(*exchange)
	return x
}

// handle is the one entrance. What a visitor asks for again is answered from
// memory; everything else goes through Fiber's router.
func (s *Server) handle(rc *fasthttp.RequestCtx) {
	start := s.o.Now()
	s.metrics.inFlight.Add(1)
	defer s.metrics.inFlight.Add(-1)
	defer s.recovered(rc, start)
	if s.cache != nil && s.fromMemory(rc, start) {
		return
	}
	s.route(rc, start)
}

func (s *Server) route(rc *fasthttp.RequestCtx, start time.Time) {
	x := s.begin(rc, start)
	defer x.cancel()
	s.prepare()
	s.secure(rc)
	if p := s.refuse(rc); p != nil {
		s.writeProblem(rc, p)
	} else if !s.cors(rc) {
		s.routed(rc)
	}
	s.finish(rc, x)
}

func (s *Server) begin(rc *fasthttp.RequestCtx, start time.Time) *exchange {
	x := &exchange{server: s, start: start, id: s.requestID(rc)}
	x.locale = s.locales.of(rc.Request.Header.Peek(fiber.HeaderAcceptLanguage))
	x.ctx, x.cancel = context.WithTimeout(s.base, s.o.Limits.Handle)
	rc.SetUserValue(exchangeKey{}, x)
	rc.Response.Header.Set(fiber.HeaderXRequestID, x.id)
	return x
}

// finish leaves the connection clean, keeps the response if it may be, and
// writes down what happened.
func (s *Server) finish(rc *fasthttp.RequestCtx, x *exchange) {
	s.settleBody(rc, x)
	if x.keep != nil && s.cache != nil {
		s.remember(rc, x)
	}
	pack(rc)
	if h := &rc.Response.Header; len(h.Peek(fiber.HeaderCacheControl)) == 0 {
		h.Set(fiber.HeaderCacheControl, privatePolicy)
	}
	took := s.o.Now().Sub(x.start)
	status := rc.Response.StatusCode()
	s.metrics.observe(x.route, status, took)
	s.logRequest(rc, x, status, took)
}

// recovered turns a panic into a problem; the process goes on.
func (s *Server) recovered(rc *fasthttp.RequestCtx, start time.Time) {
	p := recover()
	if p == nil {
		return
	}
	x := exchangeOf(rc)
	if x == nil {
		x = &exchange{server: s, start: start, id: s.requestID(rc), cancel: func() {}}
	}
	rc.Response.Reset()
	rc.SetConnectionClose()
	s.secure(rc)
	rc.Response.Header.Set(fiber.HeaderXRequestID, x.id)
	s.logPanic(rc, x, p)
	s.metrics.panics.Inc()
	x.keep = nil
	s.writeProblem(rc, fmt.Errorf("panic: %v", p))
	s.metrics.observe(x.route, fiber.StatusInternalServerError, s.o.Now().Sub(start))
}

// Context is the context of the request's work: it ends with Limits.Handle,
// with the handler, or with the server. Unlike fasthttp's own it may travel.
func Context(c *fiber.Ctx) context.Context {
	if x := exchangeOf(c.Context()); x != nil {
		return x.ctx
	}
	return context.Background()
}

// Locale is the site's locale that fits the caller best.
func Locale(c *fiber.Ctx) content.Locale {
	if x := exchangeOf(c.Context()); x != nil {
		return content.Locale(x.locale)
	}
	return ""
}

// RequestID is the id under which the log speaks of this request.
func RequestID(c *fiber.Ctx) string {
	if x := exchangeOf(c.Context()); x != nil {
		return x.id
	}
	return ""
}

// Private marks the response as depending on who asks.
func Private(c *fiber.Ctx) {
	if x := exchangeOf(c.Context()); x != nil {
		x.private, x.keep = true, nil
	}
}

// ids makes request ids: a random start of this process, then a counter.
type ids struct {
	prefix string
	next   atomic.Uint64
}

func newIDs(random io.Reader) (*ids, error) {
	var b [8]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return nil, fmt.Errorf("read randomness for request ids: %w", err)
	}
	d := &ids{prefix: hex.EncodeToString(b[:5]) + "-"}
	d.next.Store(uint64(binary.BigEndian.Uint16(b[5:7])))
	return d, nil
}

func (d *ids) appendNew(dst []byte) []byte {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	dst = append(dst, d.prefix...)
	n := d.next.Add(1)
	for shift := 35; shift >= 0; shift -= 5 {
		dst = append(dst, digits[n>>shift&31])
	}
	return dst
}

// requestID takes the caller's X-Request-Id when it is harmless in a log, or
// makes one.
func (s *Server) requestID(rc *fasthttp.RequestCtx) string {
	return string(s.appendRequestID(nil, rc))
}

func (s *Server) appendRequestID(dst []byte, rc *fasthttp.RequestCtx) []byte {
	given := rc.Request.Header.Peek(fiber.HeaderXRequestID)
	if n := len(given); n == 0 || n > 64 {
		return s.ids.appendNew(dst)
	}
	for _, c := range given {
		if !letterOrDigit(c) && c != '-' && c != '_' && c != '.' {
			return s.ids.appendNew(dst)
		}
	}
	return append(dst, given...)
}

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
