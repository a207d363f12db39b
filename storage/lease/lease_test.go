package lease_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/lease"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func buckets(t *testing.T) map[string]storage.Bucket {
	t.Helper()
	dir, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return map[string]storage.Bucket{"memory": storagetest.NewMemory(), "folder": dir}
}

func TestOneHolds(t *testing.T) {
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			first, err := lease.Take(ctx, b, "leases/x", now, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lease.Take(ctx, b, "leases/x", now.Add(59*time.Second), time.Minute); !errors.Is(err, lease.ErrHeld) {
				t.Errorf("a second holder: %v", err)
			}
			second, err := lease.Take(ctx, b, "leases/x", now.Add(61*time.Second), time.Minute)
			if err != nil {
				t.Fatalf("take over: %v", err)
			}
			if err := first.Release(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := lease.Take(ctx, b, "leases/x", now.Add(62*time.Second), time.Minute); !errors.Is(err, lease.ErrHeld) {
				t.Errorf("whoever was late gave back what is another's: %v", err)
			}
			if err := second.Release(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := lease.Take(ctx, b, "leases/x", now, time.Minute); err != nil {
				t.Errorf("after it was given back: %v", err)
			}
		})
	}
}

func TestRaceHasOneWinner(t *testing.T) {
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			// Whether the lease is free or void, one of many gets it.
			for round := range 2 {
				at := now.Add(time.Duration(round) * time.Hour)
				var mu sync.Mutex
				var wg sync.WaitGroup
				won := 0
				for range 8 {
					wg.Go(func() {
						_, err := lease.Take(t.Context(), b, "leases/race", at, time.Minute)
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							won++
						} else if !errors.Is(err, lease.ErrHeld) {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				if won != 1 {
					t.Errorf("round %d: %d winners", round, won)
				}
			}
		})
	}
}

func TestNonsenseIsVoid(t *testing.T) {
	b := storagetest.NewMemory()
	if _, err := b.Put(t.Context(), "leases/x", strings.NewReader("{"), 1, storage.Cond{}); err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Take(t.Context(), b, "leases/x", now, time.Minute); err != nil {
		t.Error(err)
	}
}

func TestWait(t *testing.T) {
	b := storagetest.NewMemory()
	first, err := lease.Take(t.Context(), b, "leases/x", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lease.Wait(ctx, b, "leases/x", clock, time.Hour, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting after the end: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := lease.Wait(t.Context(), b, "leases/x", clock, time.Hour, time.Millisecond)
		done <- err
	}()
	if err := first.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A process that is killed holds up nobody who has its place after it, and
// still all others.
func TestOwnLeasesAreTakenBack(t *testing.T) {
	for name, b := range buckets(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			killed, next, other := lease.NewOwner("here"), lease.NewOwner("here"), lease.NewOwner("there")
			if _, err := killed.Take(ctx, b, "leases/x/1", now, time.Hour); err != nil {
				t.Fatal(err)
			}
			for who, err := range map[string]error{
				"the same process": take(killed.Take(ctx, b, "leases/x/1", now, time.Hour)),
				"another place":    take(other.Take(ctx, b, "leases/x/1", now, time.Hour)),
				"no place":         take(lease.Take(ctx, b, "leases/x/1", now, time.Hour)),
			} {
				if !errors.Is(err, lease.ErrHeld) {
					t.Errorf("%s: %v, want ErrHeld", who, err)
				}
			}
			held, err := next.Take(ctx, b, "leases/x/1", now, time.Hour)
			if err != nil {
				t.Fatalf("after a restart: %v", err)
			}
			if err := take(next.Take(ctx, b, "leases/x/1", now, time.Hour)); !errors.Is(err, lease.ErrHeld) {
				t.Errorf("twice in one process: %v", err)
			}
			if err := held.Release(ctx); err != nil {
				t.Fatal(err)
			}
			if err := take(lease.Take(ctx, b, "leases/x/1", now, time.Hour)); err != nil {
				t.Errorf("released: %v", err)
			}
			if err := take(lease.NewOwner("").Take(ctx, b, "leases/x/1", now, time.Hour)); !errors.Is(err, lease.ErrHeld) {
				t.Errorf("without a place: %v", err)
			}
		})
	}
}

func take(_ *lease.Lease, err error) error { return err }
