package sdktest

import (
	"context"
	"sync"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// RefuseAfter lets the plugin make n more changes, or send as many letters, and
// refuses those that come then, as when the bucket is gone in the middle of an
// act: whoever tries again after Resume must come to the same as without.
func (s *Site) RefuseAfter(n int) { s.refusal.set(&n) }

// Resume lets changes be made again.
func (s *Site) Resume() { s.refusal.set(nil) }

// Refused counts the changes that were refused since RefuseAfter.
func (s *Site) Refused() int {
	s.refusal.mu.Lock()
	defer s.refusal.mu.Unlock()
	return s.refusal.refused
}

// refusal is the hook that does it.
type refusal struct {
	mu      sync.Mutex
	left    *int // nil: any number
	refused int
}

func (r *refusal) set(left *int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = left
	if left != nil {
		r.refused = 0
	}
}

// Wants takes part in what plugins change while there is a limit.
func (r *refusal) Wants(c *content.Commit) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.left != nil && c.Actor.Kind == content.ActorPlugin
}

// BeforeCommit refuses when the limit is reached.
func (r *refusal) BeforeCommit(context.Context, action.Proposal) ([]action.Patch, error) {
	return nil, r.step()
}

// step takes one of those that are left.
func (r *refusal) step() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.left == nil:
		return nil
	case *r.left == 0:
		r.refused++
		return problem.New(problem.Unavailable, "too_slow", nil)
	}
	*r.left--
	return nil
}
