package search

import (
	"context"
	"runtime"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
)

// gate bounds the searches under way and those that wait for their turn, so
// that a flood of them takes neither the processors nor the memory from those
// who write.
type gate struct {
	turns    chan struct{}
	waiting  chan struct{}
	patience time.Duration
}

func newGate(atOnce, waiting int, patience time.Duration) *gate {
	if atOnce <= 0 {
		atOnce = max(2, runtime.GOMAXPROCS(0))
	}
	if waiting <= 0 {
		waiting = 4096
	}
	if patience <= 0 {
		patience = 5 * time.Second
	}
	return &gate{turns: make(chan struct{}, atOnce), waiting: make(chan struct{}, waiting), patience: patience}
}

// enter waits for a turn; leave gives it back.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() { <-g.turns }
	select {
	case g.turns <- struct{}{}:
		return leave, nil
	default:
	}
	select {
	case g.waiting <- struct{}{}:
		defer func() { <-g.waiting }()
	default:
		return nil, busy()
	}
	timeout := time.NewTimer(g.patience)
	defer timeout.Stop()
	select {
	case g.turns <- struct{}{}:
		return leave, nil
	case <-timeout.C:
		return nil, busy()
	case <-ctx.Done():
		return nil, problem.Wrap(ctx.Err(), problem.Unavailable, "search_busy", nil)
	}
}

func busy() error { return problem.New(problem.Unavailable, "search_busy", nil) }
