package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
)

// errPanic wraps what a goroutine of the node panicked with.
var errPanic = errors.New("internal fault")

// group owns the goroutines of one layer of a node. All of them end when stop
// is called; the first one that fails or panics makes the whole node end in an
// orderly way.
type group struct {
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	log    *slog.Logger
	failed func(error) // told once per failure; must not wait
}

func newGroup(log *slog.Logger, failed func(error)) *group {
	ctx, cancel := context.WithCancel(context.Background())
	return &group{ctx: ctx, cancel: cancel, log: log, failed: failed}
}

// run starts f, which has to return soon after its context ends.
func (g *group) run(name string, f func(ctx context.Context) error) {
	g.wg.Add(1)
	go func() {
		defer g.wg.Done()
		if err := g.guard(name, f); err != nil && g.ctx.Err() == nil {
			g.log.Error("a part of the node has ended", "part", name, "error", err)
			g.failed(fmt.Errorf("%s: %w", name, err))
		}
	}()
}

func (g *group) guard(name string, f func(ctx context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			g.log.Error("panic", "part", name, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errPanic, v)
		}
	}()
	return f(g.ctx)
}

// stop ends the goroutines and waits for them, at most until ctx ends.
func (g *group) stop(ctx context.Context) error {
	g.cancel()
	done := make(chan struct{})
	go func() { // ends with the goroutines that it waits for
		defer close(done)
		g.wg.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the node: %w", context.Cause(ctx))
	}
}
