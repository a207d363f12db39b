package api

import (
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/plugins/host"
)

// maxLimiters bounds the limiters of routes of plugins; then they are forgotten
// in favour of callers.
const maxLimiters = 10_000

// routeLimits count the calls of the routes of plugins that allow only so many
// an hour. The zero value has counted nothing.
type routeLimits struct {
	mu sync.Mutex
	by map[host.RouteID]*server.Limiter
}

// of gives the limiter of a route; nil: it has none.
func (l *routeLimits) of(r *host.Route, now func() time.Time) *server.Limiter {
	if r.ID.PerHour == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	limiter := l.by[r.ID]
	if limiter == nil {
		if l.by == nil || len(l.by) >= maxLimiters {
			l.by = map[host.RouteID]*server.Limiter{}
		}
		limiter = server.NewLimiter("route", server.Rate{Count: r.ID.PerHour, Per: time.Hour}, now)
		l.by[r.ID] = limiter
	}
	return limiter
}
