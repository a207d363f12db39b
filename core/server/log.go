package server

import (
	"errors"
	"io"
	"log/slog"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/problem"
)

// redacted stands for a secret in logs.
const redacted = "[redacted]"

// secretNames are the log attributes whose values never reach a log.
var secretNames = []string{
	"authorization", "cookie", "set-cookie", "token", "preview", "password", "secret",
	"code", "key", "session", "ticket", "link", "signature", "access_token", "state",
}

func secretName(name string) bool {
	return slices.Contains(secretNames, strings.ToLower(name))
}

// NewLogger makes a logger of JSON lines or of text that redacts attributes
// with the names of secrets.
func NewLogger(w io.Writer, asJSON bool, level slog.Leveler) *slog.Logger {
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if secretName(a.Key) {
			return slog.String(a.Key, redacted)
		}
		return a
	}}
	if asJSON {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// logRequest writes one line per request that was not answered from memory.
func (s *Server) logRequest(rc *fasthttp.RequestCtx, x *exchange, status int, took time.Duration) {
	level := slog.LevelInfo
	switch {
	case status >= 500:
		level = slog.LevelError
	case x.route == "/healthz" || x.route == "/readyz" || x.route == "/metrics":
		level = slog.LevelDebug
	}
	if !s.o.Log.Enabled(x.ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("id", x.id),
		slog.String("method", string(rc.Method())),
		slog.String("path", loggedTarget(rc)),
		slog.String("route", x.route),
		slog.Int("status", status),
		slog.Duration("took", took),
		slog.String("from", addressPrefix(s.address(rc))),
	}
	if x.actor.ID != "" {
		attrs = append(attrs, slog.String("actor", string(x.actor.Kind)+":"+x.actor.ID))
	}
	if x.cause != nil {
		attrs = append(attrs, slog.String("problem", codeOf(x.cause)))
		if status >= 500 {
			attrs = append(attrs, slog.String("err", x.cause.Error()))
		}
	}
	s.o.Log.LogAttrs(x.ctx, level, "request", attrs...)
}

// codeOf is the code that the caller was told.
func codeOf(err error) string {
	if p, ok := errors.AsType[*protocol](err); ok {
		return p.code
	}
	return problem.CodeOf(err)
}

func (s *Server) logPanic(rc *fasthttp.RequestCtx, x *exchange, p any) {
	s.o.Log.LogAttrs(s.base, slog.LevelError, "panic", slog.String("id", x.id),
		slog.String("method", string(rc.Method())), slog.String("path", loggedTarget(rc)),
		slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
}

// loggedTarget is path and query, without the values of parameters that may
// hold a secret or personal data, and cut to a line's length.
func loggedTarget(rc *fasthttp.RequestCtx) string {
	path := string(rc.URI().PathOriginal())
	if q := rc.URI().QueryString(); len(q) > 0 {
		path += "?" + redactQuery(string(q))
	}
	if len(path) > 512 {
		path = path[:512] + "…"
	}
	return strings.ToValidUTF8(path, "?")
}

// plainParameters are those whose values say nothing of anybody. A log cannot
// be erased from, so that the values of others do not go there: whoever looks
// for a person filters by name or e-mail, and cursors hold what they sort by.
var plainParameters = []string{
	"page[size]", "page[number]", "sort", "fields", "count", "locale", "fallback", "version", "trashed",
	"dry_run", "force", "explain", "collection", "collections",
}

func redactQuery(q string) string {
	parts := strings.Split(q, "&")
	for i, part := range parts {
		raw, _, valued := strings.Cut(part, "=")
		name, err := url.QueryUnescape(raw)
		switch {
		case !valued:
			parts[i] = redacted
		case err != nil || !slices.Contains(plainParameters, name):
			parts[i] = raw + "=" + redacted
		}
	}
	return strings.Join(parts, "&")
}

// matched is the pattern of the route that a request took; empty for none.
func matched(c *fiber.Ctx) string {
	r := c.Route()
	if r == nil || r.Path == "" || r.Path == "/" && c.Path() != "/" {
		return ""
	}
	return utils.CopyString(r.Path)
}
