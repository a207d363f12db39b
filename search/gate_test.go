package search

import (
	"context"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
)

func TestGate(t *testing.T) {
	g := newGate(1, 1, time.Hour)
	leave, err := g.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	go func() {
		leave, err := g.enter(context.Background())
		if err == nil {
			leave()
		}
		second <- err
	}()
	for len(g.waiting) == 0 { // until the second waits
		time.Sleep(time.Millisecond)
	}
	if _, err := g.enter(t.Context()); problem.CodeOf(err) != "search_busy" {
		t.Errorf("a third in line gets %v", err)
	}
	leave()
	if err := <-second; err != nil {
		t.Errorf("the second gets %v", err)
	}
	if leave, err = g.enter(t.Context()); err != nil {
		t.Fatalf("a turn was not given back: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.enter(ended); problem.KindOf(err) != problem.Unavailable {
		t.Errorf("whoever has gone gets %v", err)
	}
	g.patience = time.Millisecond
	if _, err := g.enter(t.Context()); problem.CodeOf(err) != "search_busy" {
		t.Errorf("after the patience comes %v", err)
	}
	leave()
}
