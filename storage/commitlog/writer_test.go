package commitlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

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

// occupy occupies a writer with a plan until release is called.
func occupy(t *testing.T, w *Writer[set, balances]) (release func()) {
	t.Helper()
	planning, released := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	once := sync.OnceFunc(func() { close(planning) })
	go func() {
		_, err := w.Do(context.Background(), func(b balances) (set, error) {
			once()
			<-released
			return add("blocker", "blocker", 1)(b)
		})
		done <- err
	}()
	<-planning
	return func() {
		close(released)
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAFullLineIsRefusedAtOnce(t *testing.T) {
	l := openLog(t, storagetest.NewMemory(), "a")
	w, _ := startWriter(t, l, "stage", WriterOptions{Queue: 2})
	release := occupy(t, w)
	done := make(chan error, 2)
	for i := range 2 {
		j := &job[set, balances]{ctx: t.Context(), plan: add(fmt.Sprint(i), "x", 1), done: make(chan struct{})}
		if err := w.line.push(j); err != nil {
			t.Fatal(err)
		}
		go func() {
			_, err := j.wait()
			done <- err
		}()
	}
	if _, err := w.Do(t.Context(), add("third", "x", 1)); !errors.Is(err, ErrBusy) {
		t.Errorf("the third of two: %v", err)
	}
	release()
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestAStopFinishesTheRecordOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storagetest.NewMemory()
		slow := storagetest.NewFaulty(memory, 1, storagetest.On(storagetest.Writes, storagetest.Delay(time.Second, time.Second)))
		l := openLog(t, slow, "a")
		stage := newLedger("stage")
		w := NewWriter(l, Stage[set, balances](stage), WriterOptions{})
		stop := start(t, w.Run)
		answers := make(chan error, 2)
		do := func(id string) {
			_, err := w.Do(context.Background(), add(id, "x", 1))
			answers <- err
		}
		go do("on its way")
		synctest.Wait()
		go do("waiting")
		synctest.Wait()
		stop()
		first, second := <-answers, <-answers
		if first == nil {
			first, second = second, first
		}
		if second != nil || !errors.Is(first, ErrClosed) {
			t.Errorf("answers %v and %v, want none and ErrClosed", second, first)
		}
		if at, _, seen := stage.state(); at != 1 || seen["on its way"] != 1 {
			t.Errorf("stage at %d with %v", at, seen)
		}
		if _, err := w.Do(t.Context(), add("later", "x", 1)); !errors.Is(err, ErrClosed) {
			t.Errorf("after the stop: %v", err)
		}
		if err := w.Run(t.Context()); err == nil {
			t.Error("a writer runs twice")
		}
	})
}

func TestCallersMayLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storagetest.NewMemory()
		slow := storagetest.NewFaulty(memory, 1, storagetest.On(storagetest.Writes, storagetest.Delay(time.Second, time.Second)))
		w, stage := startWriter(t, openLog(t, slow, "a"), "stage", WriterOptions{})
		leave := func(id string) error {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := w.Do(ctx, add(id, "x", 1))
			return err
		}
		if err := leave("on its way"); !errors.Is(err, ErrUnclear) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("leaving while the record is on its way: %v", err)
		}
		if err := leave("waiting"); errors.Is(err, ErrUnclear) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("leaving before: %v", err)
		}
		if _, err := w.Do(t.Context(), add("stays", "x", 1)); err != nil {
			t.Error(err)
		}
		if _, now, seen := stage.state(); now["x"] != 2 || seen["waiting"] != 0 {
			t.Errorf("balance %d, values %v", now["x"], seen)
		}
	})
}

func TestAStageThatFailsToKeepCatchesUp(t *testing.T) {
	l := openLog(t, storagetest.NewMemory(), "a")
	w, stage := startWriter(t, l, "stage", WriterOptions{})
	failures := 0
	stage.mu.Lock()
	stage.broken = func() error {
		if failures++; failures == 1 {
			return errors.New("disk full")
		}
		return nil
	}
	stage.mu.Unlock()
	for i := range 3 {
		if seq, err := w.Do(t.Context(), add(fmt.Sprint(i), "x", 1)); err != nil || seq != Seq(i+1) {
			t.Errorf("commit %d: %d, %v", i, seq, err)
		}
	}
	if at, now, _ := stage.state(); at != 3 || now["x"] != 3 {
		t.Errorf("stage at %d, balance %d", at, now["x"])
	}
}

func TestAStageThatKeepsFailingSendsCallersAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stage := startWriter(t, openLog(t, storagetest.NewMemory(), "a"), "stage", WriterOptions{})
		breakWith := func(err error) {
			stage.mu.Lock()
			defer stage.mu.Unlock()
			stage.broken = func() error { return err }
		}
		full := errors.New("disk full")
		breakWith(full)
		if _, err := w.Do(t.Context(), add("in the log", "x", 1)); err != nil {
			t.Errorf("a record that is in the log: %v", err)
		}
		began := time.Now()
		if _, err := w.Do(t.Context(), add("waits", "x", 1)); !errors.Is(err, ErrUnwritten) || !errors.Is(err, full) {
			t.Errorf("behind a stage that fails: %v", err)
		}
		if waited := time.Since(began); waited < patience || waited > 4*patience {
			t.Errorf("it was sent away after %v", waited)
		}
		began = time.Now()
		if _, err := w.Do(t.Context(), add("later", "x", 1)); !errors.Is(err, ErrUnwritten) || time.Since(began) > 0 {
			t.Errorf("one more: %v after %v", err, time.Since(began))
		}
		breakWith(nil)
		time.Sleep(2 * retryMost)
		if _, err := w.Do(t.Context(), add("well again", "x", 1)); err != nil {
			t.Error(err)
		}
		if at, now, seen := stage.state(); at != 2 || now["x"] != 2 || seen["waits"]+seen["later"] != 0 {
			t.Errorf("stage at %d, balance %d, values %v", at, now["x"], seen)
		}
	})
}

func TestAnUnclearRecordIsSaidSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := storagetest.NewMemory()
		faulty := storagetest.NewFaulty(memory, 1, storagetest.On(storagetest.Put, storagetest.Under("log/", storagetest.FailBefore)))
		w, stage := startWriter(t, openLog(t, faulty, "a"), "stage", WriterOptions{})
		if _, err := w.Do(t.Context(), add("lost", "x", 1)); !errors.Is(err, ErrUnclear) {
			t.Errorf("a dead bucket: %v", err)
		}
		faulty.Switch(false)
		if seq, err := w.Do(t.Context(), add("next", "x", 1)); err != nil || seq != 1 {
			t.Errorf("when it is well again: %d, %v", seq, err)
		}
		if _, now, _ := stage.state(); now["x"] != 1 {
			t.Errorf("balance %d", now["x"])
		}
	})
}
