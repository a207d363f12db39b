// Package surface bounds the calls of a plugin by one way of calling it. Each
// way has places and figures of its own, so that whatever hangs in one holds up
// none of the others.
package surface

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Surface is one way of calling a plugin.
type Surface struct {
	places chan struct{} // one for each call under way
	queue  int           // how many may wait for a place

	mu      sync.Mutex
	waiting int
	seen    Figures
}

// Figures tell how a surface of a plugin does on this node.
type Figures struct {
	Calls    uint64  `json:"calls"`
	Failures uint64  `json:"failures"`
	Late     uint64  `json:"late"`     // of the failures, those without an answer in time
	Rejected uint64  `json:"rejected"` // no place was free
	InFlight int     `json:"in_flight"`
	Limit    int     `json:"limit"`       // calls at a time
	Deadline int64   `json:"deadline_ms"` // of the last call
	Last     float64 `json:"last_ms"`
}

// queueTime is how long a call waits for a place.
const queueTime = 2 * time.Second

// New makes a surface with so many places; twice as many calls may wait.
func New(places int) *Surface {
	return &Surface{places: make(chan struct{}, places), queue: 2 * places}
}

// ErrBusy says that no place came free.
var ErrBusy = errors.New("too many calls of a plugin at a time")

// Enter takes a place, or waits for one. An error says that none came free.
func (s *Surface) Enter(ctx context.Context) error {
	select {
	case s.places <- struct{}{}:
		return nil
	default:
	}
	s.mu.Lock()
	if s.waiting >= s.queue {
		s.seen.Rejected++
		s.mu.Unlock()
		return ErrBusy
	}
	s.waiting++
	s.mu.Unlock()
	over := time.NewTimer(queueTime)
	defer over.Stop()
	defer func() {
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}()
	select {
	case s.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-over.C:
		s.mu.Lock()
		s.seen.Rejected++
		s.mu.Unlock()
		return ErrBusy
	}
}

// Leave gives the place back.
func (s *Surface) Leave() { <-s.places }

// Note counts a call that has ended; late: there was no answer in time.
func (s *Surface) Note(took, deadline time.Duration, failed, late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.Calls++
	if failed {
		s.seen.Failures++
	}
	if late {
		s.seen.Late++
	}
	s.seen.Deadline, s.seen.Last = deadline.Milliseconds(), float64(took.Microseconds())/1000
}

// Figures gives them as of now.
func (s *Surface) Figures() Figures {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.seen
	out.InFlight, out.Limit = len(s.places), cap(s.places)
	return out
}
