package folder

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"time"
)

// stripe is the lock of all keys with one hash: turn among the goroutines of
// this process, the lock on file among processes.
type stripe struct {
	turn chan struct{}
	file *os.File
}

// lockKey waits for the right to replace or delete key, at most as long as ctx
// lasts: a stopped process that holds the lock must not hang this one. The
// kernel frees the lock of a dead one.
func (b *Bucket) lockKey(ctx context.Context, key string) (release func(), err error) {
	h := fnv.New32a()
	h.Write([]byte(key))
	s := &b.stripes[h.Sum32()%uint32(len(b.stripes))]
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := s.lockFile(ctx); err != nil {
		<-s.turn
		return nil, fmt.Errorf("lock key: %w", err)
	}
	return func() {
		_ = unlock(s.file) // fails only once the bucket is closed, which frees it too
		<-s.turn
	}, nil
}

func (s *stripe) lockFile(ctx context.Context) error {
	const longest = 20 * time.Millisecond
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, longest) {
		if got, err := tryLock(s.file, exclusive); got || err != nil {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}
