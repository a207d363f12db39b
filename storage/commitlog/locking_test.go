package commitlog

import (
	"context"
	"io"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// locking is a bucket that behaves in time as MinIO does, measured on a quiet
// machine: a key is locked while it is written or looked up, and whoever finds
// it locked sleeps up to 50 ms before trying again. Listing takes no lock. It
// is for the fake clock of testing/synctest.
type locking struct {
	storage.Bucket
	away time.Duration // further time of every call, half of it before
	keys *lockedKeys   // shared by the nodes of a bucket
}

const (
	lockSleep   = 50 * time.Millisecond
	createTakes = 3 * time.Millisecond
	createHolds = 300 * time.Microsecond // the lock, after the object is there
	lookupHolds = 200 * time.Microsecond
	readTakes   = time.Millisecond
	listTakes   = 1200 * time.Microsecond
)

type lockedKeys struct {
	mu      sync.Mutex
	rand    *rand.Rand
	holders map[string]int // -1: a writer
}

func newLockedKeys(seed uint64) *lockedKeys {
	return &lockedKeys{rand: rand.New(rand.NewPCG(seed, seed)), holders: map[string]int{}}
}

func (k *lockedKeys) try(key string, write bool) (ok bool, sleep time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch held := k.holders[key]; {
	case write && held == 0:
		k.holders[key] = -1
	case !write && held >= 0:
		k.holders[key]++
	default:
		return false, time.Duration(k.rand.Int64N(int64(lockSleep)))
	}
	return true, 0
}

// lock gives what unlocks.
func (k *lockedKeys) lock(ctx context.Context, key string, write bool) (func(), error) {
	for {
		ok, sleep := k.try(key, write)
		if !ok {
			if err := pass(ctx, sleep); err != nil {
				return nil, err
			}
			continue
		}
		return func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.holders[key] > 0 {
				k.holders[key]--
			} else {
				k.holders[key] = 0
			}
		}, nil
	}
}

// pass lets time pass.
func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *locking) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	if err := pass(ctx, l.away/2+readTakes/2); err != nil {
		return nil, storage.Object{}, err
	}
	unlock, err := l.keys.lock(ctx, key, false)
	if err != nil {
		return nil, storage.Object{}, err
	}
	if err := pass(context.Background(), lookupHolds); err != nil {
		return nil, storage.Object{}, err
	}
	body, object, err := l.Bucket.Get(ctx, key, r)
	unlock()
	if passed := pass(ctx, l.away/2+readTakes/2); passed != nil {
		return nil, object, passed
	}
	return body, object, err
}

func (l *locking) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if err := pass(ctx, l.away/2); err != nil {
		return storage.Object{}, err
	}
	unlock, err := l.keys.lock(ctx, key, true)
	if err != nil {
		return storage.Object{}, err
	}
	defer unlock()
	if _, _, err := l.Bucket.Get(ctx, key, storage.Range{}); err != nil || !c.IfAbsent {
		_ = pass(context.Background(), createTakes)
	}
	object, err := l.Bucket.Put(ctx, key, body, size, c)
	_ = pass(context.Background(), createHolds)
	if passed := pass(ctx, l.away/2); passed != nil {
		return object, passed
	}
	return object, err
}

func (l *locking) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	return func(yield func(storage.Object, error) bool) {
		if err := pass(ctx, l.away/2+listTakes); err != nil {
			yield(storage.Object{}, err)
			return
		}
		var found []storage.Object
		for object, err := range l.Bucket.List(ctx, prefix, after) {
			if err != nil {
				yield(object, err)
				return
			}
			found = append(found, object)
		}
		if err := pass(ctx, l.away/2); err != nil {
			yield(storage.Object{}, err)
			return
		}
		for _, object := range found {
			if !yield(object, nil) {
				return
			}
		}
	}
}
