package commitlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

func startWriter(t testing.TB, l *Log[set], name string, o WriterOptions) (*Writer[set, balances], *ledger) {
	t.Helper()
	stage := newLedger(name)
	w := NewWriter(l, Stage[set, balances](stage), o)
	start(t, w.Run)
	return w, stage
}

func TestWaitingCallsShareARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openLog(t, storagetest.NewMemory(), "a")
		w, stage := startWriter(t, l, "stage", WriterOptions{})
		release := make(chan struct{})
		var calls sync.WaitGroup
		calls.Go(func() {
			_, err := w.Do(t.Context(), func(b balances) (set, error) {
				<-release
				return add("first", "x", 1)(b)
			})
			if err != nil {
				t.Error(err)
			}
		})
		synctest.Wait() // the first is being planned, the others have to wait
		for i := range 50 {
			calls.Go(func() {
				if _, err := w.Do(t.Context(), add(fmt.Sprint(i), "x", 1)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(release)
		calls.Wait()
		at, now, _ := stage.state()
		if at != 2 || now["x"] != 51 {
			t.Errorf("%d records, balance %d; want 2 and 51", at, now["x"])
		}
	})
}

func TestFailingPlansHarmNobodyElse(t *testing.T) {
	l := openLog(t, storagetest.NewMemory(), "a")
	w, stage := startWriter(t, l, "stage", WriterOptions{})
	mine := errors.New("mine")
	if _, err := w.Do(t.Context(), func(balances) (set, error) { return set{}, mine }); !errors.Is(err, mine) {
		t.Errorf("error of a plan: %v", err)
	}
	if _, err := w.Do(t.Context(), func(balances) (set, error) { panic("ouch") }); err == nil {
		t.Error("a panic went unnoticed")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Do(ended, add("never", "x", 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	seq, err := w.Do(t.Context(), add("a", "x", 1))
	if err != nil || seq != 1 {
		t.Errorf("commit after the failures: %d, %v", seq, err)
	}
	if at, now, _ := stage.state(); at != 1 || now["x"] != 1 {
		t.Errorf("stage at %d with %v", at, now)
	}
}

func TestTwoNodesPlanOnEachOthersState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := storagetest.NewMemory()
		var calls sync.WaitGroup
		var stages []*ledger
		for n := range 3 {
			w, stage := startWriter(t, openLog(t, b, fmt.Sprint("node-", n)), "stage", WriterOptions{})
			stages = append(stages, stage)
			for c := range 4 {
				calls.Go(func() {
					for i := range 20 {
						if _, err := w.Do(t.Context(), add(fmt.Sprint(n, c, i), "x", 1)); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		calls.Wait()
		l := openLog(t, b, "reader")
		all := newLedger("all")
		start(t, func(ctx context.Context) error { return l.Follow(ctx, all) })
		if _, err := l.catchUp(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		if _, now, _ := all.state(); now["x"] != 240 {
			t.Errorf("balance %d, want 240", now["x"])
		}
		for i, s := range stages {
			if err := stages[i].waitFor(l.Head()); err != nil {
				t.Error(err)
			}
			if _, now, _ := s.state(); now["x"] != 240 {
				t.Errorf("node %d: balance %d, want 240", i, now["x"])
			}
		}
	})
}
