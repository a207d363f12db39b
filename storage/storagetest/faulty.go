package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Faulty is a bucket that fails as its faults say. What hits a call depends
// only on the seed, the kind and key of the call, and how many such calls
// there were: goroutines that use different keys do not disturb each other's
// faults. It starts switched on.
type Faulty struct {
	bucket storage.Bucket
	seed   uint64
	faults []Fault

	mu       sync.Mutex
	off      bool
	calls    map[callID]int
	injected int

	late sync.WaitGroup
}

type callID struct {
	kind Kind
	key  string
}

// NewFaulty wraps b. Without faults it changes nothing.
func NewFaulty(b storage.Bucket, seed uint64, faults ...Fault) *Faulty {
	return &Faulty{bucket: b, seed: seed, faults: faults, calls: map[callID]int{}}
}

// Switch turns all faults on or off. Late effects that are already under way
// still happen.
func (f *Faulty) Switch(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.off = !on
}

// Settle waits until no late effect is outstanding. Call it before the end of
// a test, and before a synctest bubble ends.
func (f *Faulty) Settle() { f.late.Wait() }

// Injected counts the calls that were made to fail or cut short, delays not
// included.
func (f *Faulty) Injected() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.injected
}

// harm decides about one call, and gives the randomness for carrying it out.
func (f *Faulty) harm(kind Kind, key string, c storage.Cond) (Harm, *rand.Rand) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := callID{kind, key}
	f.calls[id]++
	call := Call{Kind: kind, Key: key, Cond: c, N: f.calls[id]}
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%d %d %s", call.Kind, call.N, call.Key)
	r := rand.New(rand.NewPCG(f.seed, sum.Sum64()))
	if f.off {
		return Harm{}, r
	}
	var h Harm
	for _, fault := range f.faults {
		h = h.plus(fault(call, r))
	}
	if h.Before || h.After || h.Late > 0 || h.Cut {
		f.injected++
	}
	return h, r
}

// Get implements storage.Bucket.
func (f *Faulty) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	h, random := f.harm(Get, key, storage.Cond{})
	if err := before(ctx, h, Get, key); err != nil {
		return nil, storage.Object{}, err
	}
	body, o, err := f.bucket.Get(ctx, key, r)
	switch {
	case h.After:
		if err == nil {
			err = body.Close()
		}
		return nil, storage.Object{}, errors.Join(lost(Get, key), ignoreKnown(err))
	case err != nil || !h.Cut:
		return body, o, err
	}
	_, length, err := r.Clip(o.Size)
	if err != nil {
		return nil, storage.Object{}, errors.Join(err, body.Close())
	}
	return &cutBody{ReadCloser: body, left: random.Int64N(length + 1), err: fmt.Errorf("read %s: %w: cut", key, ErrInjected)}, o, nil
}

type cutBody struct {
	io.ReadCloser
	left int64
	err  error
}

func (c *cutBody) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, c.err
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF {
		err = c.err
	}
	return n, err
}

// Put implements storage.Bucket. A late put keeps its body in memory; a body
// over storage.MaxConditional takes effect at once instead.
func (f *Faulty) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	h, _ := f.harm(Put, key, c)
	if err := before(ctx, h, Put, key); err != nil {
		return storage.Object{}, err
	}
	if h.Late > 0 && size <= storage.MaxConditional {
		if err := storage.CheckPut(key, size, c); err != nil {
			return storage.Object{}, err
		}
		data, err := io.ReadAll(storage.Exactly(body, size))
		if err != nil {
			return storage.Object{}, fmt.Errorf("put %s: %w", key, err)
		}
		return storage.Object{}, f.later(ctx, h, Put, key, func(ctx context.Context) error {
			_, err := f.bucket.Put(ctx, key, bytes.NewReader(data), size, c)
			return err
		})
	}
	o, err := f.bucket.Put(ctx, key, body, size, c)
	if h.After || h.Late > 0 {
		return storage.Object{}, errors.Join(lost(Put, key), ignoreKnown(err))
	}
	return o, err
}

// Delete implements storage.Bucket.
func (f *Faulty) Delete(ctx context.Context, key string) error {
	return f.remove(ctx, Delete, key, f.bucket.Delete)
}

// Purge implements storage.Purger, with the ability of the bucket inside.
func (f *Faulty) Purge(ctx context.Context, key string) error {
	return f.remove(ctx, Purge, key, func(ctx context.Context, key string) error {
		return storage.Purge(ctx, f.bucket, key)
	})
}

func (f *Faulty) remove(ctx context.Context, kind Kind, key string, remove func(context.Context, string) error) error {
	h, _ := f.harm(kind, key, storage.Cond{})
	if err := before(ctx, h, kind, key); err != nil {
		return err
	}
	if h.Late > 0 {
		return f.later(ctx, h, kind, key, func(ctx context.Context) error { return remove(ctx, key) })
	}
	err := remove(ctx, key)
	if h.After {
		return errors.Join(lost(kind, key), ignoreKnown(err))
	}
	return err
}

// List implements storage.Bucket.
func (f *Faulty) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	return func(yield func(storage.Object, error) bool) {
		h, random := f.harm(List, prefix, storage.Cond{})
		if err := before(ctx, h, List, prefix); err != nil {
			yield(storage.Object{}, err)
			return
		}
		if h.After {
			yield(storage.Object{}, lost(List, prefix))
			return
		}
		left := random.IntN(8)
		for o, err := range f.bucket.List(ctx, prefix, after) {
			if h.Cut && err == nil {
				if left == 0 {
					break
				}
				left--
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
		if h.Cut {
			yield(storage.Object{}, fmt.Errorf("list %s: %w: cut", prefix, ErrInjected))
		}
	}
}

// before carries out the harm that precedes the effect.
func before(ctx context.Context, h Harm, kind Kind, key string) error {
	if h.Delay > 0 {
		timer := time.NewTimer(h.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if h.Before {
		return fmt.Errorf("%v %s: %w: before the effect", kind, key, ErrInjected)
	}
	return nil
}

// later lets effect happen in h.Late, whatever becomes of ctx, and gives the
// error for now.
func (f *Faulty) later(ctx context.Context, h Harm, kind Kind, key string, effect func(context.Context) error) error {
	ctx = context.WithoutCancel(ctx)
	f.late.Add(1)
	go func() { // ends by itself; Settle waits for it
		defer f.late.Done()
		defer func() {
			if p := recover(); p != nil {
				panic(fmt.Sprintf("late %v of %s: %v", kind, key, p))
			}
		}()
		timer := time.NewTimer(h.Late)
		defer timer.Stop()
		<-timer.C
		_ = effect(ctx) // nobody is left to hear of it: that is the fault
	}()
	return lost(kind, key)
}

func lost(kind Kind, key string) error {
	return fmt.Errorf("%v %s: %w: answer lost", kind, key, ErrInjected)
}

// ignoreKnown hides an outcome that the caller of a lost call cannot know.
func ignoreKnown(err error) error {
	for _, known := range []error{storage.ErrCondition, storage.ErrNotExist} {
		if errors.Is(err, known) {
			return nil
		}
	}
	return err
}
