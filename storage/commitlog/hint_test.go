package commitlog

import (
	"context"
	"fmt"
	"io"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// counting counts the looks at a bucket.
type counting struct {
	storage.Bucket
	looks atomic.Int64
}

func (c *counting) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	c.looks.Add(1)
	return c.Bucket.Get(ctx, key, r)
}

func (c *counting) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	c.looks.Add(1)
	return c.Bucket.List(ctx, prefix, after)
}

// idle gives a node that follows a log in which nothing has happened for long.
func idle(t *testing.T) (writer, reader *Log[set], bucket *counting, follower *ledger) {
	memory := storagetest.NewMemory()
	bucket = &counting{Bucket: memory}
	reader = openLog(t, bucket, "reader")
	writer = openLog(t, memory, "writer", func(o *Options) { o.Tell = reader.Heard })
	follower = newLedger("follower")
	start(t, func(ctx context.Context) error { return reader.Follow(ctx, Follower[set](follower)) })
	_ = pass(t.Context(), time.Minute)
	return writer, reader, bucket, follower
}

func TestAHintIsLookedIntoAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writer, reader, _, follower := idle(t)
		for n := range Seq(100) {
			_ = pass(t.Context(), pollSlow/7)
			if _, err := writer.Append(t.Context(), n, set{ID: time.Now().String()}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // no time passes
			if at, _, _ := follower.state(); at != n+1 {
				t.Fatalf("record %d was told of, the follower is at %d", n+1, at)
			}
		}
		if hints := reader.Stats().Hints; hints != 100 {
			t.Errorf("100 records were told of, %d hints led to one", hints)
		}
	})
}

func TestALostHintCostsLessThanASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writer, reader, _, follower := idle(t)
		tell := writer.o.Tell
		for n := range Seq(20) {
			writer.o.Tell = tell
			if n%2 == 1 {
				writer.o.Tell = nil
			}
			if _, err := writer.Append(t.Context(), n, set{ID: time.Now().String()}); err != nil {
				t.Fatal(err)
			}
			_ = pass(t.Context(), time.Second)
			if at, _, _ := follower.state(); at != n+1 {
				t.Fatalf("record %d: the follower is at %d, a second later", n+1, at)
			}
		}
		if hints := reader.Stats().Hints; hints != 10 {
			t.Errorf("10 of 20 records were told of, %d hints led to one", hints)
		}
	})
}

// told gives what a writer tells of n records in a row, and a log that was not
// told of them yet, with a follower.
func toldOf(t *testing.T, n int) (raws [][]byte, writer, reader *Log[set], bucket *counting, follower *ledger) {
	writer, reader, bucket, follower = idle(t)
	writer.o.Tell = func(_ Seq, raw []byte) { raws = append(raws, raw) }
	for i := range n {
		if _, err := writer.Append(t.Context(), Seq(i), set{ID: fmt.Sprint(i), Account: fmt.Sprint(i), New: i}); err != nil {
			t.Fatal(err)
		}
	}
	return raws, writer, reader, bucket, follower
}

// TestOneReadVouchesForManyRecords that were told of.
func TestOneReadVouchesForManyRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 30
		raws, _, reader, bucket, follower := toldOf(t, n)
		before := bucket.looks.Load()
		for i := range n { // in any order
			at := (i*7 + 3) % n
			reader.tail.mu.Lock()
			reader.tail.polled = time.Now() // somebody has looked this moment
			reader.tail.mu.Unlock()
			reader.Heard(Seq(at+1), raws[at])
		}
		_ = pass(t.Context(), pollFast)
		synctest.Wait()
		if at, now, _ := follower.state(); at != n || now["29"] != 29 {
			t.Errorf("the follower is at %d: %v", at, now)
		}
		if looks := bucket.looks.Load() - before; looks != 1 {
			t.Errorf("%d looks for %d records that were told of", looks, n)
		}
		if fresh := openLog(t, bucket, "fresh"); len(collect(t, fresh, 0)) != n {
			t.Error("the log is not what was told")
		}
	})
}

// TestNothingToldIsUsedUnread has liars tell of records that were not written,
// or of others than were: sound in themselves, and each naming the one before.
func TestNothingToldIsUsedUnread(t *testing.T) {
	for name, lie := range map[string]func(at int, raws [][]byte) []byte{
		"all":       func(at int, raws [][]byte) []byte { return forged(Seq(at+1), raws[at]) },
		"the first": func(at int, raws [][]byte) []byte { return forgedIf(at == 0, at, raws) },
		"one":       func(at int, raws [][]byte) []byte { return forgedIf(at == 5, at, raws) },
		"the last":  func(at int, raws [][]byte) []byte { return forgedIf(at == 9, at, raws) },
		"shifted":   func(at int, raws [][]byte) []byte { return raws[(at+1)%len(raws)] },
		"noise":     func(at int, raws [][]byte) []byte { return raws[at][:len(raws[at])/2] },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				raws, _, reader, _, follower := toldOf(t, 10)
				for at := range raws {
					reader.Heard(Seq(at+1), lie(at, raws))
				}
				reader.Heard(11, forged(11, raws[9])) // was not written at all
				_ = pass(t.Context(), time.Second)
				at, now, seen := follower.state()
				if at != 10 || len(seen) != 10 || now["9"] != 9 {
					t.Errorf("the follower is at %d: %v", at, now)
				}
			})
		})
	}
}

func forgedIf(lie bool, at int, raws [][]byte) []byte {
	if lie {
		return forged(Seq(at+1), raws[at])
	}
	return raws[at]
}

// TestWhoIsNamedLooksAtOnce, and whoever is told without the record.
func TestWhoIsNamedLooksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writer, _, _, follower := idle(t)
		for i := range Seq(20) {
			next := ""
			if i%2 == 1 {
				next = "reader"
			}
			if _, err := writer.commit(t.Context(), i, writer.time(), courtesy{busy: true, next: next}, []set{{ID: fmt.Sprint(i)}}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // no time passes
			if at, _, _ := follower.state(); next != "" && at != i+1 {
				t.Fatalf("record %d names this node, which is at %d", i+1, at)
			}
		}
	})
}

// TestWrongHintsCostFewLooks has a liar tell of records that do not exist.
func TestWrongHintsCostFewLooks(t *testing.T) {
	for name, far := range map[string]Seq{"near": 1, "some": hintReads, "far": hintReads + 1, "farthest": 1<<64 - 1} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				writer, reader, bucket, follower := idle(t)
				before := bucket.looks.Load()
				for range 5000 { // five seconds of them
					reader.Heard(reader.Head()+far, nil)
					_ = pass(t.Context(), time.Millisecond)
				}
				most := 5*int64(time.Second/hintDeaf)*hintReads + 5*int64(time.Second/pollFast)
				if looks := bucket.looks.Load() - before; looks > most {
					t.Errorf("%d looks in five seconds, the most is %d", looks, most)
				}
				if _, err := writer.Append(t.Context(), 0, set{ID: "true"}); err != nil {
					t.Fatal(err)
				}
				_ = pass(t.Context(), time.Second)
				if at, _, _ := follower.state(); at != 1 {
					t.Error("a true record is not found among the lies")
				}
			})
		})
	}
}
