package commitlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// fill appends records of one value each until the log has count records.
func fill(t testing.TB, l *Log[set], count Seq) {
	t.Helper()
	for seq := l.Head(); seq < count; seq++ {
		v := set{ID: fmt.Sprint("v", seq), Account: "x", Old: int(seq), New: int(seq) + 1}
		if _, err := l.Append(t.Context(), seq, v); err != nil {
			t.Fatal(err)
		}
	}
}

// collect reads records as text, one each.
func collect(t testing.TB, l *Log[set], after Seq) []string {
	t.Helper()
	var all []string
	for r, err := range l.Records(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%+v", r))
	}
	return all
}

func expectSame(t testing.TB, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("record is %s\n want %s", got[i], want[i])
		}
	}
}

func noGrace(o *Options) { o.Grace = time.Nanosecond }

func sizeOf(t testing.TB, b storage.Bucket, key string) int64 {
	t.Helper()
	body, object, err := b.Get(t.Context(), key, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	body.Close()
	return object.Size
}

func TestMergedRecordsReadAsBefore(t *testing.T) {
	t.Run("memory", func(t *testing.T) { mergedRecords(t, storagetest.NewMemory()) })
	t.Run("folder", func(t *testing.T) {
		b, err := folder.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		mergedRecords(t, b)
	})
}

func mergedRecords(t *testing.T, b storage.Bucket) {
	l := openLog(t, b, "a", noGrace)
	fill(t, l, 600)
	want := collect(t, l, 0)
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		seq   Seq
		empty bool
	}{{1, true}, {256, true}, {257, true}, {512, true}, {513, false}, {600, false}} {
		if size := sizeOf(t, b, recordKey(c.seq)); (size == 0) != c.empty {
			t.Errorf("object of record %d has %d bytes", c.seq, size)
		}
	}
	fresh := openLog(t, b, "b", noGrace)
	if fresh.Head() != 600 {
		t.Errorf("head %d after merging", fresh.Head())
	}
	expectSame(t, collect(t, fresh, 0), want)
	expectSame(t, collect(t, fresh, 100), want[100:])
	expectSame(t, collect(t, fresh, 512), want[512:])
	for _, seq := range []Seq{1, 200, 256, 257, 512, 513} {
		r, err := fresh.Read(t.Context(), seq)
		if err != nil || fmt.Sprintf("%+v", r) != want[seq-1] {
			t.Errorf("record %d alone: %+v, %v", seq, r, err)
		}
	}
	// A writer that slept since the beginning must not be able to fork the log.
	_, err := b.Put(t.Context(), recordKey(1), strings.NewReader("fork"), 4, storage.Cond{IfAbsent: true})
	if !errors.Is(err, storage.ErrCondition) {
		t.Errorf("the place of a merged record can be taken: %v", err)
	}
}

func TestASegmentIsTheSameWhoeverMakesIt(t *testing.T) {
	b := storagetest.NewMemory()
	fill(t, openLog(t, b, "a"), 256)
	var made [][]byte
	for _, node := range []string{"b", "c"} {
		copied := storagetest.NewMemory()
		for object, err := range b.List(t.Context(), "", "") {
			if err != nil {
				t.Fatal(err)
			}
			copyObject(t, b, copied, object)
		}
		l := openLog(t, copied, node, noGrace)
		if err := l.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
		data, _, err := l.part(t.Context(), block(0).key(), 0, 64<<20)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, data)
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("two nodes make different segments")
	}
}

func copyObject(t testing.TB, from, to storage.Bucket, object storage.Object) {
	t.Helper()
	body, _, err := from.Get(t.Context(), object.Key, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if _, err := to.Put(t.Context(), object.Key, body, object.Size, storage.Cond{}); err != nil {
		t.Fatal(err)
	}
}

func TestYoungAndLooseRecordsStay(t *testing.T) {
	b := storagetest.NewMemory()
	l := openLog(t, b, "a", func(o *Options) { o.Grace = time.Hour })
	fill(t, l, 300)
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sizeOf(t, b, recordKey(1)) == 0 {
		t.Error("a young record was merged")
	}
	for object := range b.List(t.Context(), "segments/", "") {
		t.Errorf("%s exists", object.Key)
	}
}

func TestMergingGoesOnAfterEveryFailure(t *testing.T) {
	memory := storagetest.NewMemory()
	fill(t, openLog(t, memory, "a"), 520)
	want := collect(t, openLog(t, memory, "a"), 0)
	faulty := storagetest.NewFaulty(memory, storagetest.Seed(t), storagetest.Chance(0.0008,
		storagetest.FailBefore, storagetest.LostAnswer, storagetest.CutShort),
		storagetest.Under("segments/", storagetest.On(storagetest.Put, storagetest.Nth(1, storagetest.LostAnswer)))) // one for certain
	failures := 0
	for range 1000 {
		l, err := Open(t.Context(), storage.Bucket(faulty), Codec[set](JSONCodec[set]{}), openLog(t, memory, "a", noGrace).o)
		if err == nil {
			err = l.Compact(t.Context())
		}
		if err == nil {
			break
		}
		failures++
		expectSame(t, collect(t, openLog(t, memory, "reader"), 0), want)
	}
	if failures == 0 {
		t.Error("nothing failed: the test tests nothing")
	}
	if sizeOf(t, memory, recordKey(512)) != 0 || sizeOf(t, memory, recordKey(1)) != 0 {
		t.Error("merging did not come to its end")
	}
	expectSame(t, collect(t, openLog(t, memory, "reader"), 0), want)
}

func TestNodesMergeAtOnce(t *testing.T) {
	b := storagetest.NewMemory()
	fill(t, openLog(t, b, "a"), 1030)
	want := collect(t, openLog(t, b, "a"), 0)
	done := make(chan error)
	for n := range 4 {
		l := openLog(t, b, fmt.Sprint("n", n), noGrace)
		go func() { done <- l.Compact(context.Background()) }()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Logf("one of four: %v", err) // another emptied what it read; it goes on next time
		}
	}
	if err := openLog(t, b, "z", noGrace).Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sizeOf(t, b, recordKey(1024)) != 0 {
		t.Error("merging did not come to its end")
	}
	expectSame(t, collect(t, openLog(t, b, "reader"), 0), want)
}

func TestDamageIsNeverReadAsARecord(t *testing.T) {
	b := storagetest.NewMemory()
	l := openLog(t, b, "a", noGrace)
	fill(t, l, 300)
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	spoil := func(key string, at int64) {
		body, object, err := b.Get(t.Context(), key, storage.Range{})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		data[at] ^= 0x10
		if _, err := b.Put(t.Context(), key, bytes.NewReader(data), object.Size, storage.Cond{}); err != nil {
			t.Fatal(err)
		}
	}
	spoil(recordKey(280), 60)
	spoil(block(0).key(), segmentHead+70)
	fresh := openLog(t, b, "b")
	for _, seq := range []Seq{1, 280} {
		if _, err := fresh.Read(t.Context(), seq); !errors.Is(err, ErrCorrupt) {
			t.Errorf("record %d: %v", seq, err)
		}
	}
	if _, err := fresh.Read(t.Context(), 2); err != nil {
		t.Errorf("a sound record beside a damaged one: %v", err)
	}
	var last Seq
	var failed error
	for r, err := range fresh.Records(t.Context(), 256) {
		if failed = err; err == nil {
			last = r.Seq
		}
	}
	if last != 279 || !errors.Is(failed, ErrCorrupt) {
		t.Errorf("reading went to %d and ended with %v", last, failed)
	}
	spoil(block(0).key(), 100)
	if _, err := openLog(t, b, "c").Read(t.Context(), 2); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged index: %v", err)
	}
}

func FuzzDecodeIndex(f *testing.F) {
	sizes := make([]int64, segmentRecords)
	for i := range sizes {
		sizes[i] = int64(100 + i)
	}
	good := newIndex(3, sizes).encode()
	f.Add(good)
	f.Add(good[:50])
	f.Add(append(bytes.Clone(good), 1))
	f.Fuzz(func(t *testing.T, head []byte) {
		x, err := decodeIndex(3, head)
		if err == nil && !bytes.Equal(x.encode(), head) {
			t.Error("another head gives an index")
		}
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("error %v", err)
		}
	})
}
