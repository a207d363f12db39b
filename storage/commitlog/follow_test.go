package commitlog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

func follow(t testing.TB, l *Log[set], f *ledger) (stop func()) {
	return start(t, func(ctx context.Context) error { return l.Follow(ctx, Follower[set](f)) })
}

func TestFollowersLearnInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := storagetest.NewMemory()
		here, there := openLog(t, b, "a"), openLog(t, b, "b")
		mine, theirs := newLedger("mine"), newLedger("theirs")
		follow(t, here, mine)
		follow(t, there, theirs)
		for _, quiet := range []time.Duration{0, 3 * time.Millisecond, time.Second, time.Hour} {
			<-time.After(quiet)
			fill(t, here, here.Head()+1)
			synctest.Wait()
			if at, _, _ := mine.state(); at != here.Head() {
				t.Errorf("after %s: a follower of the same node is at %d of %d", quiet, at, here.Head())
			}
			began := time.Now()
			if err := theirs.waitFor(here.Head()); err != nil {
				t.Error(err)
			}
			if late := time.Since(began); late > time.Second {
				t.Errorf("after %s: another node learned it %s later", quiet, late)
			}
		}
	})
}

func TestWaitSeesOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := storagetest.NewMemory()
		here, there := openLog(t, b, "a"), openLog(t, b, "b")
		start(t, func(ctx context.Context) error {
			for i := range Seq(3) {
				if _, err := here.Append(ctx, i, set{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err := there.Wait(t.Context(), 3); err != nil || there.Head() < 3 {
			t.Errorf("waited to %d, %v", there.Head(), err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := there.Wait(short, 4); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("waiting for what does not come: %v", err)
		}
	})
}

func TestAFailingFollowerIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := openLog(t, storagetest.NewMemory(), "a")
		fill(t, l, 5)
		f := newLedger("weak")
		tries := 0
		f.broken = func() error {
			tries++
			if tries == 2 {
				f.mu.Unlock()
				defer f.mu.Lock()
				panic("weak")
			}
			if tries < 5 {
				return errors.New("weak")
			}
			return nil
		}
		follow(t, l, f)
		if err := f.waitFor(5); err != nil {
			t.Fatal(err)
		}
		s := l.Stats().Followers["weak"]
		if s.Failures != 4 || s.At != 5 || s.Lag != 0 {
			t.Errorf("figures: %+v", s)
		}
	})
}

func TestAFollowerOfAnotherLogIsRefused(t *testing.T) {
	l := openLog(t, storagetest.NewMemory(), "a")
	fill(t, l, 2)
	f := newLedger("stranger")
	f.at = 3
	if err := l.Follow(t.Context(), Follower[set](f)); !errors.Is(err, ErrDiverged) {
		t.Errorf("a checkpoint beyond the end: %v", err)
	}
	a := &anchored{newLedger("anchored"), "00112233445566778899aabbccddeeff"}
	a.at = 2
	if err := l.Follow(t.Context(), Follower[set](a)); !errors.Is(err, ErrDiverged) {
		t.Errorf("a checkpoint at another record: %v", err)
	}
}

type anchored struct {
	*ledger
	nonce string
}

func (a *anchored) Anchor() (Seq, string, error) { return a.at, a.nonce, nil }

func TestReadingEndsWithItsContext(t *testing.T) {
	b := storagetest.NewMemory()
	fill(t, openLog(t, b, "a"), 200)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count := 0
	var failed error
	for _, err := range openLog(t, b, "b").Records(ctx, 0) {
		if count++; count == 20 {
			cancel()
		}
		failed = err
	}
	if !errors.Is(failed, context.Canceled) {
		t.Errorf("after %d records it ended with %v", count, failed)
	}
}
