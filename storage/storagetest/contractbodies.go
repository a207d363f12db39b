package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/recueil-cms/recueil/storage"
)

func (c *contract) wrongBodies(t *testing.T, b storage.Bucket) {
	broken := errors.New("the disk of the sender is broken")
	old := put(t, b, "old", "as it was", storage.Cond{})
	big := strings.Repeat("0123456789abcdef", 20<<16) // 20 MiB: several parts of an upload
	for name, c := range map[string]struct {
		body func() io.Reader
		size int64
	}{
		"short":          {func() io.Reader { return strings.NewReader("abc") }, 4},
		"empty":          {func() io.Reader { return strings.NewReader("") }, 1},
		"nil":            {func() io.Reader { return nil }, 1},
		"long":           {func() io.Reader { return strings.NewReader("abcd") }, 3},
		"more than none": {func() io.Reader { return strings.NewReader("a") }, 0},
		"negative size":  {func() io.Reader { return strings.NewReader("abc") }, -1},
		"failing":        {func() io.Reader { return io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)) }, 4},
		"failing at end": {func() io.Reader { return io.MultiReader(strings.NewReader("abcd"), iotest.ErrReader(broken)) }, 4},
		"large short":    {func() io.Reader { return strings.NewReader(big[1:]) }, int64(len(big))},
		"large long":     {func() io.Reader { return strings.NewReader(big) }, int64(len(big) - 1)},
		"large failing":  {func() io.Reader { return io.MultiReader(strings.NewReader(big[1:]), iotest.ErrReader(broken)) }, int64(len(big))},
	} {
		for _, key := range []string{"old", "new"} {
			conds := []storage.Cond{{}}
			if c.size <= storage.MaxConditional {
				conds = append(conds, storage.Cond{IfAbsent: true}, storage.Cond{IfMatch: old.ETag})
			}
			for _, cond := range conds {
				if _, err := b.Put(t.Context(), key, c.body(), c.size, cond); err == nil {
					t.Fatalf("a %s body was taken for %q under %+v", name, key, cond)
				}
			}
		}
		if got := expect(t, b, "old", "as it was"); got.ETag != old.ETag {
			t.Fatalf("after a %s body the ETag is %q, was %q", name, got.ETag, old.ETag)
		}
		expectMissing(t, b, "new")
	}
	if keys := list(t, b, "", ""); !slices.Equal(keys, []string{"old"}) {
		t.Fatalf("after the failures the list is %q", keys)
	}
}

func (c *contract) conditionalLimit(t *testing.T, b storage.Bucket) {
	most := strings.Repeat("m", storage.MaxConditional)
	o := put(t, b, "most", most, storage.Cond{IfAbsent: true})
	put(t, b, "most", most[1:]+"n", storage.Cond{IfMatch: o.ETag})
	expect(t, b, "most", most[1:]+"n")
	_, err := b.Put(t.Context(), "over", strings.NewReader(most+"m"), storage.MaxConditional+1, storage.Cond{IfAbsent: true})
	if !errors.Is(err, storage.ErrTooLarge) {
		t.Fatalf("error %v, want ErrTooLarge", err)
	}
	expectMissing(t, b, "over")
}

// pattern is an endless body that repeats only after patternSize bytes, which
// no part of an upload and no buffer is a multiple of, and which notes how
// large the heap becomes while it is read or compared.
type pattern struct {
	block []byte
	at    int64
	next  int64 // when to look at the heap again
	peak  uint64
}

const patternSize = 1<<20 + 7

func patternAt(at int64) *pattern {
	p := &pattern{block: make([]byte, patternSize), at: at}
	rand.NewChaCha8([32]byte{}).Read(p.block)
	return p
}

// Read never fails and fills buf.
func (p *pattern) Read(buf []byte) (int, error) {
	for done := 0; done < len(buf); {
		n := copy(buf[done:], p.rest())
		done += n
		p.move(n)
	}
	return len(buf), nil
}

// Write compares instead of storing.
func (p *pattern) Write(got []byte) (int, error) {
	for done := 0; done < len(got); {
		want := p.rest()
		want = want[:min(len(want), len(got)-done)]
		if !bytes.Equal(want, got[done:done+len(want)]) {
			return done, fmt.Errorf("bytes differ between %d and %d", p.at, p.at+int64(len(want)))
		}
		done += len(want)
		p.move(len(want))
	}
	return len(got), nil
}

func (p *pattern) rest() []byte { return p.block[p.at%patternSize:] }

func (p *pattern) move(n int) {
	if p.at += int64(n); p.at >= p.next {
		p.next = p.at + 8<<20
		p.peak = max(p.peak, heap())
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (c *contract) largeBody(t *testing.T, b storage.Bucket) {
	size := c.large
	if testing.Short() {
		size = min(size, 64<<20)
	}
	runtime.GC()
	start := heap()
	sent, received := patternAt(0), patternAt(0)
	o, err := b.Put(t.Context(), "large", io.LimitReader(sent, size), size, storage.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	body, got, err := b.Get(t.Context(), "large", storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(received, body)
	if err := errors.Join(err, body.Close()); err != nil {
		t.Fatal(err)
	}
	if received.at != size || got.Size != size || got.ETag != o.ETag {
		t.Fatalf("put answered %+v, get %+v with %d bytes", o, got, received.at)
	}
	c.largeRanges(t, b, size)
	peak := max(sent.peak, received.peak)
	t.Logf("%d MiB: the heap grew by at most %d MiB", size>>20, (peak-min(peak, start))>>20)
	if c.heap > 0 && peak > start+c.heap {
		t.Errorf("the heap grew from %d to %d MiB, which is more than %d MiB", start>>20, peak>>20, c.heap>>20)
	}
	if err := b.Delete(t.Context(), "large"); err != nil {
		t.Fatal(err)
	}
}

// largeRanges reads parts of a large body, and closes one that is half read.
func (c *contract) largeRanges(t *testing.T, b storage.Bucket, size int64) {
	for _, r := range []storage.Range{{Offset: size / 3, Length: 1000}, {Offset: size - 5}, {Offset: size / 2, Length: 300_000}} {
		got, o := get(t, b, "large", r)
		p := patternAt(r.Offset)
		if _, err := p.Write([]byte(got)); err != nil || o.Size != size {
			t.Errorf("%+v: %+v, %v", r, o, err)
		}
	}
	body, _, err := b.Get(t.Context(), "large", storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(patternAt(0), body, 5000); err != nil {
		t.Error(err)
	}
	if err := body.Close(); err != nil {
		t.Errorf("close of a half-read body: %v", err)
	}
}

func (c *contract) contexts(t *testing.T, b storage.Bucket) {
	put(t, b, "k", "as it was", storage.Cond{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := read(ended, b, "k", storage.Range{}); !errors.Is(err, context.Canceled) {
		t.Errorf("get: error %v, want context.Canceled", err)
	}
	for _, cond := range []storage.Cond{{}, {IfAbsent: true}} {
		if _, err := b.Put(ended, "new", strings.NewReader("x"), 1, cond); !errors.Is(err, context.Canceled) {
			t.Errorf("put under %+v: error %v, want context.Canceled", cond, err)
		}
	}
	if err := b.Delete(ended, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("delete: error %v, want context.Canceled", err)
	}
	var last error
	for _, last = range b.List(ended, "", "") {
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("list: error %v, want context.Canceled", last)
	}
	c.cancelMidway(t, b)
	expect(t, b, "k", "as it was")
	expectMissing(t, b, "new")
	expectMissing(t, b, "large")
}

// cancelMidway ends the context while bytes flow.
func (c *contract) cancelMidway(t *testing.T, b storage.Bucket) {
	const size = 40 << 20
	ctx, cancel := context.WithCancel(t.Context())
	body := &cancelAt{pattern: patternAt(0), at: size / 2, cancel: cancel}
	if _, err := b.Put(ctx, "large", io.LimitReader(body, size), size, storage.Cond{}); !errors.Is(err, context.Canceled) {
		t.Errorf("put: error %v, want context.Canceled", err)
	}
	if c.large < size {
		return
	}
	if _, err := b.Put(t.Context(), "stream", io.LimitReader(patternAt(0), size), size, storage.Cond{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	stream, _, err := b.Get(ctx, "stream", storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	n, err := io.Copy(&cancelAt{pattern: patternAt(0), at: size / 4, cancel: cancel}, stream)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("get: %d bytes and error %v, want context.Canceled", n, err)
	}
}

// cancelAt ends a context when so many bytes have passed.
type cancelAt struct {
	*pattern
	at     int64
	cancel func()
}

func (c *cancelAt) Read(p []byte) (int, error) {
	n, err := c.pattern.Read(p)
	c.look()
	return n, err
}

func (c *cancelAt) Write(p []byte) (int, error) {
	n, err := c.pattern.Write(p)
	c.look()
	return n, err
}

func (c *cancelAt) look() {
	if c.pattern.at >= c.at {
		c.cancel()
	}
}
