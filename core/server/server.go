// Package server is the HTTP shell around the API and the site: limits,
// problem documents, who asks, response cache, logs, metrics, start and stop.
// It knows no content. Its own handler stands in front of Fiber's, so that
// every answer passes through it: cached ones, malformed requests and panics
// too.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/recueil-cms/recueil/core/texts"
)

// Options of a Server. Only Texts and Auth have no useful zero value.
type Options struct {
	Texts *texts.Catalogue
	Auth  Authenticator

	Log    *slog.Logger     // zero: nothing is logged
	Now    func() time.Time // zero: time.Now
	Random io.Reader        // of request ids; zero: crypto/rand

	// Locales are those that the site offers, first choice first; they decide
	// which language a response to a visitor is in. Zero: texts.Locales.
	Locales []string
	// Changes lets responses be kept in memory; zero: none is kept.
	Changes Changes
	// CacheBytes bounds the responses kept. Zero: 64 MiB; negative: none.
	CacheBytes int64

	// Secure says that people reach the server over HTTPS although it speaks
	// HTTP itself: cookies are Secure and HSTS is sent.
	Secure bool
	// Proxies are the addresses whose X-Forwarded-For and X-Forwarded-Proto
	// are believed. Zero: nobody's.
	Proxies []netip.Prefix
	// Origins may call the API from a browser (CORS), without cookies.
	Origins []string

	Limits  Limits
	Checks  []Check  // of /readyz
	Metrics *Metrics // zero: a registry of its own
	// MetricsToken is the bearer token of /metrics. Empty: only a caller on
	// this machine that no proxy stands before may read them.
	MetricsToken string
}

// Limits of what a caller may take. Zero members mean the value in brackets.
type Limits struct {
	Body        int           // bytes of a body in memory [1 MiB]
	Upload      int64         // bytes of a streamed body [200 MiB]
	Headers     int           // bytes of all request headers [16 KiB]
	Read        time.Duration // to send headers and body [60 s]; streamed bodies: per 64 KiB
	Write       time.Duration // to take a response [60 s]; streamed ones: per piece
	Idle        time.Duration // between two requests of a connection [Read, which is cheapest]
	Handle      time.Duration // for the work of one request [30 s]
	Drain       time.Duration // for requests under way when the server stops [15 s]
	Connections int           // at once [16384]

	SignIn Rate // attempts per address prefix [20 a minute]
	Writes Rate // changes per account, or per address prefix of visitors [1200 a minute]
}

func (l Limits) orDefault() Limits {
	or(&l.Body, 1<<20)
	or(&l.Upload, 200<<20)
	or(&l.Headers, 16<<10)
	or(&l.Read, 60*time.Second)
	or(&l.Write, 60*time.Second)
	or(&l.Idle, l.Read)
	or(&l.Handle, 30*time.Second)
	or(&l.Drain, 15*time.Second)
	or(&l.Connections, 16384)
	or(&l.SignIn, Rate{Count: 20, Per: time.Minute})
	or(&l.Writes, Rate{Count: 1200, Per: time.Minute})
	return l
}

func or[T comparable](v *T, fallback T) {
	var zero T
	if *v == zero {
		*v = fallback
	}
}

// Server serves HTTP. Make it with New, add routes to App, then Serve.
type Server struct {
	o       Options
	app     *fiber.App
	http    *fasthttp.Server
	routed  fasthttp.RequestHandler // Fiber's, once routes are complete
	once    sync.Once
	locales *negotiator
	cache   *cache
	ids     *ids
	signIns *Limiter
	writes  *Limiter
	ready   *readiness
	metrics *Metrics

	base     context.Context // of all requests; ends after the drain
	end      context.CancelFunc
	stopping chan struct{} // closed when the drain begins
	stopped  atomic.Bool
}

// New makes a server without routes other than its own.
func New(o Options) (*Server, error) {
	if o.Texts == nil || o.Auth == nil {
		return nil, errors.New("server: Texts and Auth are needed")
	}
	or(&o.Log, slog.New(slog.DiscardHandler))
	or(&o.Random, rand.Reader)
	or(&o.CacheBytes, 64<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.Locales) == 0 {
		o.Locales = texts.Locales[:]
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	o.Limits = o.Limits.orDefault()
	ids, err := newIDs(o.Random)
	if err != nil {
		return nil, err
	}
	s := &Server{
		o: o, ids: ids, metrics: o.Metrics,
		locales:  newNegotiator(o.Locales),
		signIns:  NewLimiter("signin", o.Limits.SignIn, o.Now),
		writes:   NewLimiter("writes", o.Limits.Writes, o.Now),
		ready:    newReadiness(o.Checks, o.Now, o.Log),
		stopping: make(chan struct{}),
	}
	if o.Changes != nil && o.CacheBytes > 0 {
		s.cache = newCache(o.Changes, o.Now, o.CacheBytes)
	}
	s.base, s.end = context.WithCancel(context.Background())
	s.app = s.newApp()
	s.http = s.newHTTP()
	s.ownRoutes()
	return s, nil
}

func (s *Server) newApp() *fiber.App {
	app := fiber.New(fiber.Config{
		StrictRouting: true, CaseSensitive: true,
		// Strings from a request stay valid after its handler returned. The
		// copies cost nothing where it matters: kept responses never get here.
		Immutable:             true,
		DisableStartupMessage: true,
		UnescapePath:          false,
		ErrorHandler:          s.fiberError,
	})
	app.Use(func(c *fiber.Ctx) error {
		err := c.Next()
		if x := exchangeOf(c.Context()); x != nil {
			x.route = matched(c)
		}
		return err
	})
	return app
}

func (s *Server) newHTTP() *fasthttp.Server {
	l := s.o.Limits
	return &fasthttp.Server{
		Handler: s.handle, ErrorHandler: s.malformed,
		Logger:             quiet{},
		Concurrency:        l.Connections,
		ReadBufferSize:     l.Headers,
		WriteBufferSize:    8 << 10,
		ReadTimeout:        l.Read,
		WriteTimeout:       l.Write,
		IdleTimeout:        l.Idle,
		MaxRequestBodySize: l.Body,
		// Bodies are read by Body and Stream below, which enforce limits and
		// leave no unread rest to be taken for the next request.
		StreamRequestBody:            true,
		DisablePreParseMultipartForm: true,
		NoDefaultServerHeader:        true,
		NoDefaultContentType:         true,
		CloseOnShutdown:              true,
	}
}

// quiet drops what fasthttp would log: peers that went away. Errors that
// matter come back through malformed.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// App takes the routes. They must be complete before the first request.
func (s *Server) App() *fiber.App { return s.app }

// Stopping is closed when the server begins to stop; streams end then.
func (s *Server) Stopping() <-chan struct{} { return s.stopping }

// Metrics of this server.
func (s *Server) Metrics() *Metrics { return s.metrics }

// Serve answers requests on ln until ctx ends, then takes no more, lets those
// under way finish within Limits.Drain, and returns. A server serves once.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	s.prepare()
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				ended <- fmt.Errorf("accept connections: panic: %v", p)
			}
		}()
		ended <- s.http.Serve(steadyListener{ln})
	}()
	select {
	case err := <-ended:
		s.stop()
		s.end()
		if err != nil {
			return fmt.Errorf("serve %s: %w", ln.Addr(), err)
		}
		return nil
	case <-ctx.Done():
	}
	return s.drain(ctx, ln, ended)
}

func (s *Server) drain(ctx context.Context, ln net.Listener, ended <-chan error) error {
	s.stop()
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.Limits.Drain)
	defer cancel()
	err := s.http.ShutdownWithContext(limit)
	s.end()
	// When Shutdown came before Serve it knew no listener. Closing twice is
	// harmless.
	closed := ln.Close()
	if closed != nil && !errors.Is(closed, net.ErrClosed) {
		return fmt.Errorf("close listener: %w", closed)
	}
	// How Serve ended once its listener was closed says nothing new.
	if late := <-ended; late != nil && err == nil {
		s.o.Log.LogAttrs(ctx, slog.LevelDebug, "serving ended", slog.Any("error", late))
	}
	if err != nil {
		return fmt.Errorf("drain requests under way: %w", err)
	}
	return nil
}

func (s *Server) stop() {
	if s.stopped.CompareAndSwap(false, true) {
		close(s.stopping)
	}
}

// prepare builds Fiber's route tree once.
func (s *Server) prepare() {
	s.once.Do(func() { s.routed = s.app.Handler() })
}

// ServeConn answers the requests of one connection until it closes; tests use
// it in place of a listener.
func (s *Server) ServeConn(c net.Conn) error {
	s.prepare()
	return s.http.ServeConn(c)
}
