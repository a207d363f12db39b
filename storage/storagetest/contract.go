package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/storage"
)

// Option adapts the contract to a bucket.
type Option func(*contract)

// Large sets the size in bytes of the streamed body, and how far the heap may
// grow meanwhile. With -short the size is at most 64 MiB. The default is 8 MiB
// without a bound, for a bucket that is memory itself.
func Large(size int64, heap uint64) Option {
	return func(c *contract) { c.large, c.heap = size, heap }
}

// FlatKeys tells that the bucket need not hold an object whose key is another's
// with a slash and more behind it. Of the real stores, versitygw refuses such a
// key, and MinIO takes it and never lists it; so nothing in Recueil may use
// one, and Memory refuses them too. The contract then leaves such keys out and
// only demands that an attempt leaves the first object as it was.
func FlatKeys() Option { return func(c *contract) { c.flat = true } }

type contract struct {
	open          func(t *testing.T) storage.Bucket
	large         int64
	heap          uint64
	listed, raced int // objects that listings and races work on: several pages of an S3 listing
	flat          bool
}

// Run holds the bucket that open gives to the promises of storage.Bucket. open
// is called once for each subtest and may give the same bucket again only when
// it is empty.
func Run(t *testing.T, open func(t *testing.T) storage.Bucket, options ...Option) {
	c := &contract{open: open, large: 8 << 20, listed: 2500, raced: 40}
	for _, o := range options {
		o(c)
	}
	for _, sub := range []struct {
		name string
		run  func(*testing.T, storage.Bucket)
	}{
		{"get gives what put stored", c.roundTrip},
		{"a missing key is ErrNotExist", c.missing},
		{"a condition holds or changes nothing", c.conditions},
		{"a key can be created again after its deletion", c.createAfterDelete},
		{"an ETag changes whenever the bytes change", c.etags},
		{"a range selects its part", c.ranges},
		{"a body of another size leaves the key as it was", c.wrongBodies},
		{"a large body streams", c.largeBody},
		{"a conditional body is limited", c.conditionalLimit},
		{"hostile keys are refused", c.hostileKeys},
		{"distinct keys are distinct objects", c.distinctKeys},
		{"an object may be under another", c.nested},
		{"an ended context ends the call", c.contexts},
		{"a list is ordered, complete and current", c.lists},
		{"a list of many keys comes in order", c.longList},
		{"a purge leaves nothing", c.purge},
		{"of racing creators one wins", c.createRaces},
		{"of racing replacers one wins", c.replaceRaces},
		{"replacing by ETag loses no update", c.counter},
		{"mixed use keeps every object whole", c.mixed},
	} {
		t.Run(sub.name, func(t *testing.T) { sub.run(t, open(t)) })
	}
}

// put stores text and fails the test unless that works.
func put(t testing.TB, b storage.Bucket, key, text string, c storage.Cond) storage.Object {
	t.Helper()
	o, err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), c)
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	if o.Key != key || o.Size != int64(len(text)) || o.ETag == "" {
		t.Fatalf("put %q of %d bytes answered %+v", key, len(text), o)
	}
	return o
}

func get(t testing.TB, b storage.Bucket, key string, r storage.Range) (string, storage.Object) {
	t.Helper()
	text, o, err := read(t.Context(), b, key, r)
	if err != nil {
		t.Fatalf("get %q %+v: %v", key, r, err)
	}
	return text, o
}

func read(ctx context.Context, b storage.Bucket, key string, r storage.Range) (string, storage.Object, error) {
	body, o, err := b.Get(ctx, key, r)
	if err != nil {
		return "", o, err
	}
	data, err := io.ReadAll(body)
	return string(data), o, errors.Join(err, body.Close())
}

// expect fails the test unless the object is there with this text.
func expect(t testing.TB, b storage.Bucket, key, want string) storage.Object {
	t.Helper()
	got, o := get(t, b, key, storage.Range{})
	if got != want || o.Key != key || o.Size != int64(len(want)) {
		t.Fatalf("%q holds %.60q with %+v, want %.60q", key, got, o, want)
	}
	return o
}

func expectMissing(t testing.TB, b storage.Bucket, key string) {
	t.Helper()
	if _, _, err := read(t.Context(), b, key, storage.Range{}); !errors.Is(err, storage.ErrNotExist) {
		t.Fatalf("get %q: error %v, want ErrNotExist", key, err)
	}
}

func list(t testing.TB, b storage.Bucket, prefix, after string) []string {
	t.Helper()
	keys := []string{}
	for o, err := range b.List(t.Context(), prefix, after) {
		if err != nil {
			t.Fatalf("list %q after %q: %v", prefix, after, err)
		}
		keys = append(keys, o.Key)
	}
	return keys
}

func (c *contract) roundTrip(t *testing.T, b storage.Bucket) {
	for i, text := range []string{"", "a", "text\r\n\x00\xff", strings.Repeat("0123456789abcdef", 40_000)} {
		key := fmt.Sprintf("round/trip %d", i)
		o := put(t, b, key, text, storage.Cond{})
		got := expect(t, b, key, text)
		if got.ETag != o.ETag {
			t.Errorf("%q: put answered ETag %q, get %q", key, o.ETag, got.ETag)
		}
		if got.Modified.IsZero() {
			t.Errorf("%q has no time", key)
		}
		put(t, b, key, "other "+text, storage.Cond{})
		expect(t, b, key, "other "+text)
	}
	if _, err := b.Put(t.Context(), "nil", nil, 0, storage.Cond{}); err != nil {
		t.Fatalf("an empty body may be nil: %v", err)
	}
	expect(t, b, "nil", "")
}

func (c *contract) missing(t *testing.T, b storage.Bucket) {
	expectMissing(t, b, "nothing")
	expectMissing(t, b, "no/such/thing")
	put(t, b, "a/b", "x", storage.Cond{})
	expectMissing(t, b, "a")
	expectMissing(t, b, "a/b/c")
	if _, _, err := b.Get(t.Context(), "nothing", storage.Range{Offset: 5, Length: 1}); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("a range of a missing key: error %v, want ErrNotExist", err)
	}
	for _, key := range []string{"nothing", "no/such/thing", "a/b/c"} {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Errorf("delete of the missing %q: %v", key, err)
		}
	}
	expect(t, b, "a/b", "x")
}

func (c *contract) conditions(t *testing.T, b storage.Bucket) {
	refuse := func(key, text string, cond storage.Cond) {
		t.Helper()
		_, err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), cond)
		if !errors.Is(err, storage.ErrCondition) {
			t.Fatalf("put %q under %+v: error %v, want ErrCondition", key, cond, err)
		}
	}
	refuse("k/1", "x", storage.Cond{IfMatch: "0123456789abcdef0123456789abcdef"})
	expectMissing(t, b, "k/1")
	first := put(t, b, "k/1", "one", storage.Cond{IfAbsent: true})
	refuse("k/1", "two", storage.Cond{IfAbsent: true})
	refuse("k/1", "two", storage.Cond{IfMatch: "0123456789abcdef0123456789abcdef"})
	refuse("k/1", "two", storage.Cond{IfMatch: first.ETag, IfAbsent: true})
	expect(t, b, "k/1", "one")
	second := put(t, b, "k/1", "two", storage.Cond{IfMatch: first.ETag})
	refuse("k/1", "three", storage.Cond{IfMatch: first.ETag})
	expect(t, b, "k/1", "two")
	put(t, b, "k/1", "", storage.Cond{IfMatch: second.ETag})
	refuse("k/1", "three", storage.Cond{IfAbsent: true})
	expect(t, b, "k/1", "")
}

func (c *contract) createAfterDelete(t *testing.T, b storage.Bucket) {
	for i := range 5 {
		text := fmt.Sprint("life ", i)
		o := put(t, b, "phoenix", text, storage.Cond{IfAbsent: true})
		expect(t, b, "phoenix", text)
		if err := b.Delete(t.Context(), "phoenix"); err != nil {
			t.Fatal(err)
		}
		expectMissing(t, b, "phoenix")
		if keys := list(t, b, "phoenix", ""); len(keys) > 0 {
			t.Fatalf("deleted, and listed as %q", keys)
		}
		_, err := b.Put(t.Context(), "phoenix", strings.NewReader("x"), 1, storage.Cond{IfMatch: o.ETag})
		if !errors.Is(err, storage.ErrCondition) {
			t.Fatalf("replace after the deletion: error %v, want ErrCondition", err)
		}
	}
}

func (c *contract) etags(t *testing.T, b storage.Bucket) {
	seen := map[string]string{}
	for i := range 60 { // of one size, as fast as can be
		text := fmt.Sprintf("%04d", i)
		o := put(t, b, "changing", text, storage.Cond{})
		if before, ok := seen[o.ETag]; ok {
			t.Fatalf("%q and %q have the ETag %q", before, text, o.ETag)
		}
		seen[o.ETag] = text
	}
	last := expect(t, b, "changing", "0059")
	_, ranged := get(t, b, "changing", storage.Range{Offset: 1, Length: 1})
	for o, err := range b.List(t.Context(), "changing", "") {
		if err != nil || o.ETag != last.ETag || o.Size != last.Size || ranged.ETag != last.ETag {
			t.Fatalf("get: %+v, of a range: %+v, list: %+v, error %v", last, ranged, o, err)
		}
	}
	if err := b.Delete(t.Context(), "changing"); err != nil {
		t.Fatal(err)
	}
	put(t, b, "changing", "0060", storage.Cond{})
	_, err := b.Put(t.Context(), "changing", strings.NewReader("0061"), 4, storage.Cond{IfMatch: last.ETag})
	if !errors.Is(err, storage.ErrCondition) {
		t.Fatalf("replace of a later life: error %v, want ErrCondition", err)
	}
}

func (c *contract) ranges(t *testing.T, b storage.Bucket) {
	for _, size := range []int{0, 10, 300_000} {
		text := strings.Repeat("0123456789", size/10)
		put(t, b, "r", text, storage.Cond{})
		for _, r := range []storage.Range{
			{}, {Length: 3}, {Offset: 1, Length: 1}, {Offset: 4}, {Offset: 8, Length: 100}, {Offset: 0, Length: 1 << 40},
			{Offset: 9, Length: 1}, {Offset: 10}, {Offset: 10, Length: 5}, {Offset: 1 << 40}, {Offset: 1 << 40, Length: 7},
			{Offset: 100_000, Length: 150_000},
		} {
			offset, length, err := r.Clip(int64(size))
			if err != nil {
				t.Fatal(err)
			}
			got, o := get(t, b, "r", r)
			if want := text[offset : offset+length]; got != want || o.Size != int64(size) || o.Key != "r" || o.ETag == "" {
				t.Errorf("%+v of %d bytes: got %d bytes %.20q with %+v, want %d bytes %.20q", r, size, len(got), got, o, len(want), want)
			}
		}
		for _, r := range []storage.Range{{Offset: -1}, {Length: -1}, {Offset: -5, Length: 5}} {
			if _, _, err := b.Get(t.Context(), "r", r); !errors.Is(err, storage.ErrRange) {
				t.Errorf("%+v: error %v, want ErrRange", r, err)
			}
		}
	}
}

func (c *contract) purge(t *testing.T, b storage.Bucket) {
	for i := range 4 {
		put(t, b, "secret/1", fmt.Sprint("canary", i), storage.Cond{})
	}
	put(t, b, "secret/10", "stays", storage.Cond{})
	for range 2 { // the second time it is missing
		if err := storage.Purge(t.Context(), b, "secret/1"); err != nil {
			t.Fatal(err)
		}
		expectMissing(t, b, "secret/1")
	}
	if got := list(t, b, "secret/", ""); !slices.Equal(got, []string{"secret/10"}) {
		t.Fatalf("after the purge: %q", got)
	}
	expect(t, b, "secret/10", "stays")
	put(t, b, "secret/1", "new", storage.Cond{IfAbsent: true})
}
