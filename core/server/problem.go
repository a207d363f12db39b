package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
)

// ProblemType is the media type of RFC 9457.
const ProblemType = "application/problem+json"

// protocol is a problem of HTTP itself, with a status that no problem.Kind
// has. Its members are those of a problem.
type protocol struct {
	status int
	code   string
	args   problem.Args
}

func (p *protocol) Error() string { return p.code }

// Refusals of HTTP itself.
var (
	errNotFound  = &protocol{status: 404, code: "route_not_found"}
	errMethod    = &protocol{status: 405, code: "method_not_allowed"}
	errRange     = &protocol{status: 416, code: "range_not_satisfiable"}
	errTimeout   = &protocol{status: 408, code: "request_timeout"}
	errHeaders   = &protocol{status: 431, code: "headers_too_large"}
	errMalformed = &protocol{status: 400, code: "request_malformed"}
	errChecksum  = &protocol{status: 460, code: "upload_checksum"} // of tus 1.0.0
)

// RangeNotSatisfiable is the problem of a Range header that lies outside of
// what there is.
func RangeNotSatisfiable() error { return errRange }

// ChecksumMismatch is the problem of bytes that are not those that were sent.
func ChecksumMismatch() error { return errChecksum }

// kindNames name the title texts: "title.bad_request".
var kindNames = map[problem.Kind]string{
	problem.Internal: "internal", problem.BadRequest: "bad_request",
	problem.Unauthenticated: "unauthenticated", problem.Forbidden: "forbidden",
	problem.NotFound: "not_found", problem.Conflict: "conflict", problem.Stale: "stale",
	problem.TooLarge: "too_large", problem.Unsupported: "unsupported",
	problem.Invalid: "invalid", problem.PreconditionRequired: "precondition_required",
	problem.Limited: "limited", problem.Unavailable: "unavailable", problem.Unclear: "unclear",
	problem.Gone: "gone",
}

// writeProblem answers with what err tells the caller. An error that is not a
// problem is ours: its words go to the log and nowhere else.
func (s *Server) writeProblem(rc *fasthttp.RequestCtx, err error) {
	x := exchangeOf(rc)
	if x != nil {
		x.cause, x.keep = err, nil
	}
	locale := texts.Negotiate(string(rc.Request.Header.Peek(fiber.HeaderAcceptLanguage)), texts.Locales[:])
	doc, status := s.document(err, locale)
	doc["instance"] = clip(string(rc.URI().PathOriginal()))
	if id := rc.Response.Header.Peek(fiber.HeaderXRequestID); len(id) > 0 {
		doc["trace_id"] = string(id)
	}
	body, jsonErr := json.Marshal(doc)
	if jsonErr != nil {
		body, status = []byte(`{"status":500,"code":"internal"}`), 500
	}
	rc.Response.ResetBody()
	h := &rc.Response.Header
	h.Del(fiber.HeaderContentEncoding)
	h.Del(fiber.HeaderETag)
	rc.SetStatusCode(status)
	rc.SetContentType(ProblemType)
	h.Set(fiber.HeaderContentLanguage, locale)
	h.Set(fiber.HeaderCacheControl, privatePolicy)
	if status == fiber.StatusUnauthorized {
		h.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="recueil"`)
	}
	setRetry(h, err)
	rc.Response.SetBodyRaw(body)
}

// Describe gives the status of an error, and what it tells people in a locale:
// for a handler that answers with a page of its own.
func (s *Server) Describe(err error, locale string) (status int, detail string) {
	doc, status := s.document(err, locale)
	detail, _ = doc["detail"].(string)
	return status, detail
}

// Failed notes the error that a handler answers with a page of its own: for
// the log, and for the header that says when to come back.
func Failed(c *fiber.Ctx, err error) {
	if x := exchangeOf(c.Context()); x != nil {
		x.cause, x.keep = err, nil
	}
	setRetry(&c.Context().Response.Header, err)
}

// setRetry tells when to come back, where that is known.
func setRetry(h *fasthttp.ResponseHeader, err error) {
	if len(h.Peek(fiber.HeaderRetryAfter)) > 0 {
		return
	}
	switch problem.KindOf(err) {
	case problem.Unavailable, problem.Unclear:
		h.Set(fiber.HeaderRetryAfter, "5")
	case problem.Limited:
		h.Set(fiber.HeaderRetryAfter, "60")
	}
}

// document makes the members of RFC 9457 and ours.
func (s *Server) document(err error, locale string) (map[string]any, int) {
	status, code, title, args := 500, "internal", "title.internal", problem.Args(nil)
	var fields []problem.Field
	doc := map[string]any{}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		status, code, args, fields = p.Kind.Status(), p.Code, p.Args, p.Fields
		title = "title." + kindNames[p.Kind]
		maps.Copy(doc, p.Meta)
	} else if p, ok := errors.AsType[*protocol](err); ok {
		status, code, args = p.status, p.code, p.args
		title = "title.status_" + strconv.Itoa(status)
	}
	doc["type"] = "/problems/" + code
	doc["title"] = s.o.Texts.Text(locale, title, nil)
	doc["status"] = status
	doc["code"] = code
	doc["detail"] = clip(s.o.Texts.Text(locale, code, args))
	if len(fields) > 0 {
		doc["errors"] = s.fieldErrors(fields, locale)
	}
	return doc, status
}

type fieldError struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
}

// maxFieldErrors bounds a problem document.
const maxFieldErrors = 100

func (s *Server) fieldErrors(fields []problem.Field, locale string) []fieldError {
	out := make([]fieldError, 0, min(len(fields), maxFieldErrors))
	for _, f := range fields[:min(len(fields), maxFieldErrors)] {
		out = append(out, fieldError{clip(f.Pointer), f.Code, clip(s.o.Texts.Text(locale, f.Code, f.Args))})
	}
	return out
}

// clip bounds what a problem repeats of a request, which may be long.
func clip(text string) string {
	const most = 1000
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// fiberError is Fiber's error handler: the errors that handlers return, and
// Fiber's own 404 and 405.
func (s *Server) fiberError(c *fiber.Ctx, err error) error {
	if f, ok := errors.AsType[*fiber.Error](err); ok {
		err = fromFiber(f)
	}
	s.writeProblem(c.Context(), err)
	return nil
}

func fromFiber(f *fiber.Error) error {
	switch f.Code {
	case fiber.StatusNotFound:
		return errNotFound
	case fiber.StatusMethodNotAllowed:
		return errMethod
	case fiber.StatusRequestEntityTooLarge:
		return problem.New(problem.TooLarge, "body_too_large", nil)
	}
	return fmt.Errorf("fiber: %w", f)
}

// malformed answers what never became a request. The text of err may hold
// bytes of the request and is not shown.
func (s *Server) malformed(rc *fasthttp.RequestCtx, err error) {
	start := s.o.Now()
	x := s.begin(rc, start)
	defer x.cancel()
	s.secure(rc)
	s.writeProblem(rc, s.protocolError(err))
	x.route = "malformed"
	status := rc.Response.StatusCode()
	s.metrics.observe(x.route, status, time.Duration(0))
	s.logRequest(rc, x, status, 0)
}

func (s *Server) protocolError(err error) error {
	if _, ok := errors.AsType[*fasthttp.ErrSmallBuffer](err); ok {
		return errHeaders
	}
	if t, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && t.Timeout() {
		return errTimeout
	}
	if errors.Is(err, fasthttp.ErrBodyTooLarge) {
		return problem.New(problem.TooLarge, "body_too_large", problem.Args{"limit": s.o.Limits.Body})
	}
	return errMalformed
}

// problemPage explains a code, so that the type of a problem leads somewhere.
func (s *Server) problemPage(c *fiber.Ctx) error {
	code := utils.CopyString(c.Params("code"))
	if !s.o.Texts.Has(texts.Locales[0], code) {
		return errNotFound
	}
	all := map[string]string{}
	for _, l := range texts.Locales {
		all[l] = s.o.Texts.Text(l, code, nil)
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	return c.JSON(map[string]any{"type": "/problems/" + code, "code": code, "texts": all})
}
