package server

import (
	"context"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Check is one thing that must be so before a node takes requests.
type Check struct {
	Name  string
	Ready func(ctx context.Context) error
}

const (
	readinessAge  = 2 * time.Second // answers are at most this old
	readinessTime = 3 * time.Second // for all checks together
)

// readiness runs the checks at most once per readinessAge, whoever asks.
type readiness struct {
	checks []Check
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	at      time.Time
	failing []string
}

func newReadiness(checks []Check, now func() time.Time, log *slog.Logger) *readiness {
	return &readiness{checks: checks, now: now, log: log}
}

func (r *readiness) failures(ctx context.Context) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && r.now().Sub(r.at) < readinessAge {
		return r.failing
	}
	ctx, cancel := context.WithTimeout(ctx, readinessTime)
	defer cancel()
	r.failing = nil
	for _, c := range r.checks {
		if err := runCheck(ctx, c); err != nil {
			r.log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("check", c.Name), slog.Any("err", err))
			r.failing = append(r.failing, c.Name)
		}
	}
	r.at = r.now()
	return r.failing
}

func runCheck(ctx context.Context, c Check) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return c.Ready(ctx)
}

// ownRoutes are those of every server, whatever it serves.
func (s *Server) ownRoutes() {
	s.app.Get("/healthz", s.healthz)
	s.app.Get("/readyz", s.readyz)
	s.app.Get("/metrics", s.metricsRoute())
	s.app.Get("/problems/:code", s.problemPage)
}

// healthz says that the process answers, and does nothing for it.
func (s *Server) healthz(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.SendString(`{"status":"ok"}`)
}

// readyz says whether requests should come here. Why not is in the log; the
// caller, who may be anyone, gets names only.
func (s *Server) readyz(c *fiber.Ctx) error {
	failing := s.ready.failures(Context(c))
	if s.stopped.Load() {
		failing = append([]string{"stopping"}, failing...)
	}
	if len(failing) == 0 {
		return c.JSON(map[string]any{"status": "ready"})
	}
	c.Set(fiber.HeaderRetryAfter, "2")
	return c.Status(fiber.StatusServiceUnavailable).JSON(map[string]any{"status": "unready", "failing": failing})
}

func (s *Server) mayReadMetrics(c *fiber.Ctx) bool {
	rc := c.Context()
	if s.o.MetricsToken != "" {
		given := bearer(&rc.Request.Header)
		return subtle.ConstantTimeCompare([]byte(given), []byte(s.o.MetricsToken)) == 1
	}
	forwarded := len(rc.Request.Header.Peek(fiber.HeaderXForwardedFor)) > 0 ||
		len(rc.Request.Header.Peek("Forwarded")) > 0
	return peer(rc).IsLoopback() && !forwarded
}
