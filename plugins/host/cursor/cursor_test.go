package cursor

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

var errCrash = errors.New("the node has ended")

// crashing is a bucket of a node that ends at its nth write: before it, or when
// it was made and the answer had not come yet.
type crashing struct {
	storage.Bucket
	at    int
	after bool
	n     int
}

func (c *crashing) Put(ctx context.Context, key string, body io.Reader, size int64, cond storage.Cond) (storage.Object, error) {
	c.n++
	if c.n > c.at || c.n == c.at && !c.after {
		return storage.Object{}, errCrash
	}
	o, err := c.Bucket.Put(ctx, key, body, size, cond)
	if c.n == c.at {
		return storage.Object{}, errCrash
	}
	return o, err
}

// A node that ends at any moment is followed by one that goes on: every record
// is told of, in order, and what was told of last comes again at most once more
// for each end.
func TestGoesOnAfterEveryCrash(t *testing.T) {
	const records = 8
	for at := 1; at <= records+2; at++ {
		for _, after := range []bool{false, true} {
			bucket := storagetest.NewMemory()
			var told []commitlog.Seq
			deliver := func(b storage.Bucket, node string) error {
				c := &Cursor{Bucket: b, Key: "cursor", Node: node, Lease: time.Nanosecond}
				if err := c.Take(t.Context(), 0); err != nil {
					return err
				}
				for c.At() < records {
					told = append(told, c.At()+1)
					c.last = time.Time{} // it is written each time
					if err := c.Move(t.Context(), c.At()+1); err != nil {
						return err
					}
				}
				return c.Save(t.Context())
			}
			first := &crashing{Bucket: bucket, at: at, after: after}
			if err := deliver(first, "one"); err != nil && !errors.Is(err, errCrash) {
				t.Fatal(err)
			}
			if err := deliver(bucket, "two"); err != nil {
				t.Fatal(err)
			}
			again := 0
			for i, seq := range told {
				switch {
				case i == 0 && seq == 1, i > 0 && seq == told[i-1]+1:
				case i > 0 && seq == told[i-1]:
					again++
				default:
					t.Fatalf("ended at write %d (made: %v): told %v", at, after, told)
				}
			}
			if told[len(told)-1] != records || again > 1 {
				t.Errorf("ended at write %d (made: %v): told %v", at, after, told)
			}
		}
	}
}

// Of two nodes one tells; the other takes over when it has seen no sign of
// life, and the first one then notices.
func TestOneNodeTells(t *testing.T) {
	bucket := storagetest.NewMemory()
	one := &Cursor{Bucket: bucket, Key: "cursor", Node: "one", Lease: time.Hour}
	if err := one.Take(t.Context(), 4); err != nil || one.At() != 4 {
		t.Fatal(one.At(), err)
	}
	waiting, cancel := context.WithCancel(t.Context())
	cancel()
	two := &Cursor{Bucket: bucket, Key: "cursor", Node: "two", Lease: time.Hour}
	if err := two.Take(waiting, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("both tell: %v", err)
	}
	two.Lease = time.Nanosecond
	if err := two.Take(t.Context(), 0); err != nil || two.At() != 4 {
		t.Errorf("%d %v", two.At(), err)
	}
	one.last = time.Time{}
	if err := one.Move(t.Context(), 5); !errors.Is(err, ErrTaken) {
		t.Errorf("the first one goes on: %v", err)
	}
}
