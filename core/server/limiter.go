package server

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Rate allows Count acts in any Per, and no more than Count at once. A
// negative Count allows everything.
type Rate struct {
	Count int
	Per   time.Duration
}

// Limiter counts acts per key by the generic cell rate algorithm: one time
// per key. It keeps at most maxKeys of them and forgets first those that are
// at rest; a full table of busy keys forgets at random, in favour of callers.
type Limiter struct {
	name string
	rate Rate
	now  func() time.Time

	mu   sync.Mutex
	keys map[string]time.Time // when the key's allowance is whole again
}

const maxKeys = 65536

// NewLimiter makes a limiter whose name appears in RateLimit headers.
func NewLimiter(name string, r Rate, now func() time.Time) *Limiter {
	return &Limiter{name: name, rate: r, now: now, keys: map[string]time.Time{}}
}

// Decision of a Limiter.
type Decision struct {
	OK    bool
	Left  int           // acts that may follow at once
	After time.Duration // until the next act is allowed, or the allowance is whole
}

// Take counts one act of key, if it is allowed. Keys are facts of the server:
// an address prefix, an account found; never a word of the caller's.
func (l *Limiter) Take(key string) Decision {
	if l.rate.Count < 0 {
		return Decision{OK: true, Left: math.MaxInt32}
	}
	step := l.rate.Per / time.Duration(max(l.rate.Count, 1))
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	whole := l.keys[key]
	if whole.Before(now) {
		whole = now
	}
	next := whole.Add(step)
	if over := next.Sub(now) - l.rate.Per; over > 0 {
		return Decision{After: over}
	}
	if _, known := l.keys[key]; !known && len(l.keys) >= maxKeys {
		l.forget(now)
	}
	l.keys[key] = next
	used := next.Sub(now)
	return Decision{OK: true, Left: int((l.rate.Per - used) / step), After: used}
}

func (l *Limiter) forget(now time.Time) {
	looked := 0
	for k, whole := range l.keys {
		looked++
		if whole.Before(now) || looked > 128 {
			delete(l.keys, k)
		}
		if looked > 256 {
			return
		}
	}
}

// check counts an act and tells the caller how many are left
// (draft-ietf-httpapi-ratelimit-headers), or refuses it.
func (l *Limiter) check(c *fiber.Ctx, key string) error {
	d := l.Take(key)
	if l.rate.Count < 0 {
		return nil
	}
	seconds := strconv.FormatInt(int64(math.Ceil(d.After.Seconds())), 10)
	c.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", l.name, l.rate.Count, int(l.rate.Per.Seconds())))
	c.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%s", l.name, d.Left, seconds))
	if d.OK {
		return nil
	}
	c.Set(fiber.HeaderRetryAfter, seconds)
	return problem.New(problem.Limited, "too_many_requests", problem.Args{"seconds": seconds})
}

func (s *Server) limitWrites(c *fiber.Ctx, by content.Actor) error {
	return s.writes.check(c, s.caller(c, by))
}

// caller tells callers apart: by account, or by address prefix.
func (s *Server) caller(c *fiber.Ctx, by content.Actor) string {
	if by.Kind == content.ActorVisitor {
		return "address:" + addressPrefix(s.address(c.Context()))
	}
	return string(by.Kind) + ":" + by.ID
}

// Limit counts an act of whoever asks, and refuses it when there were too many.
func (l *Limiter) Limit(c *fiber.Ctx, by content.Actor) error {
	x := exchangeOf(c.Context())
	if x == nil {
		return problem.New(problem.Internal, "internal", nil)
	}
	return l.check(c, x.server.caller(c, by))
}

// LimitSignIn counts an attempt to sign in from the caller's address prefix.
func LimitSignIn(c *fiber.Ctx) error {
	x := exchangeOf(c.Context())
	if x == nil {
		return problem.New(problem.Internal, "internal", nil)
	}
	return x.server.signIns.check(c, addressPrefix(x.server.address(c.Context())))
}
