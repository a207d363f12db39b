package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/storage"
)

// race runs n functions that start together, and waits for them.
func race(n int, run func(i int)) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-gate
			run(i)
		})
	}
	close(gate)
	wg.Wait()
}

func (c *contract) createRaces(t *testing.T, b storage.Bucket) {
	const writers = 64
	for k := range c.raced {
		key := fmt.Sprintf("race/%02d/slot", k)
		errs := make([]error, writers)
		race(writers, func(i int) {
			text := fmt.Sprintf("writer %02d", i)
			_, errs[i] = b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), storage.Cond{IfAbsent: true})
		})
		expectWinner(t, b, key, errs, "writer %02d")
	}
}

func (c *contract) replaceRaces(t *testing.T, b storage.Bucket) {
	const writers = 64
	o := put(t, b, "contended", "start", storage.Cond{})
	for range max(c.raced/4, 3) {
		errs, objects := make([]error, writers), make([]storage.Object, writers)
		race(writers, func(i int) {
			text := fmt.Sprintf("%s %02d", o.ETag, i) // new bytes each round, so a new ETag
			objects[i], errs[i] = b.Put(t.Context(), "contended", strings.NewReader(text), int64(len(text)), storage.Cond{IfMatch: o.ETag})
		})
		o = objects[expectWinner(t, b, "contended", errs, o.ETag+" %02d")]
	}
}

// expectWinner fails unless one writer has won, all others have met the
// condition, and the winner's text is what is stored.
func expectWinner(t *testing.T, b storage.Bucket, key string, errs []error, format string) (winner int) {
	t.Helper()
	winner = -1
	for i, err := range errs {
		switch {
		case err == nil && winner >= 0:
			t.Fatalf("%s: writers %d and %d have both won", key, winner, i)
		case err == nil:
			winner = i
		case !errors.Is(err, storage.ErrCondition):
			t.Fatalf("%s: writer %d: %v", key, i, err)
		}
	}
	if winner < 0 {
		t.Fatalf("%s: nobody has won", key)
	}
	expect(t, b, key, fmt.Sprintf(format, winner))
	return winner
}

func (c *contract) counter(t *testing.T, b storage.Bucket) {
	const workers, each = 8, 10
	put(t, b, "counter", "", storage.Cond{})
	race(workers, func(i int) {
		for range each {
			for {
				text, o, err := read(t.Context(), b, "counter", storage.Range{})
				if err != nil {
					t.Error(err)
					return
				}
				text += "|"
				_, err = b.Put(t.Context(), "counter", strings.NewReader(text), int64(len(text)), storage.Cond{IfMatch: o.ETag})
				if err == nil {
					break
				}
				if !errors.Is(err, storage.ErrCondition) {
					t.Error(err)
					return
				}
			}
		}
	})
	expect(t, b, "counter", strings.Repeat("|", workers*each))
}

// mixed lets readers, writers, deleters and listers loose on few keys: what is
// read is always whole, and a key that nobody deletes is always listed.
func (c *contract) mixed(t *testing.T, b storage.Bucket) {
	key := func(i int) string { return fmt.Sprintf("mixed/%d", i%5) }
	text := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), 1000+i%7*3000) }
	put(t, b, "mixed/stays", text(0), storage.Cond{})
	race(12, func(w int) {
		for i := range 15 {
			var err error
			switch w % 4 {
			case 0:
				_, err = b.Put(t.Context(), key(i), strings.NewReader(text(w+i)), int64(len(text(w+i))), storage.Cond{})
			case 1:
				err = b.Delete(t.Context(), key(i*2))
				if err == nil {
					_, err = b.Put(t.Context(), "mixed/stays", strings.NewReader(text(i)), int64(len(text(i))), storage.Cond{})
				}
			case 2:
				err = readWhole(t.Context(), b, key(i))
			case 3:
				err = listedOnce(t.Context(), b, "mixed/stays")
			}
			if err != nil {
				t.Errorf("worker %d: %v", w, err)
				return
			}
		}
	})
}

func readWhole(ctx context.Context, b storage.Bucket, key string) error {
	got, o, err := read(ctx, b, key, storage.Range{})
	switch {
	case errors.Is(err, storage.ErrNotExist):
		return nil
	case err != nil:
		return err
	case int64(len(got)) != o.Size || bytes.Count([]byte(got), []byte(got[:1])) != len(got):
		return fmt.Errorf("%s is a mixture: %d of %d bytes", key, len(got), o.Size)
	}
	return nil
}

func listedOnce(ctx context.Context, b storage.Bucket, key string) error {
	count := 0
	for o, err := range b.List(ctx, "mixed/", "") {
		if err != nil {
			return err
		}
		if o.Key == key {
			count++
		}
	}
	if count != 1 {
		return fmt.Errorf("%s is listed %d times", key, count)
	}
	return nil
}
