package storage_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// bad is a bucket that handles the conditions of a put as change says.
type bad struct {
	*storagetest.Memory
	change func(storage.Cond) storage.Cond
	after  func(storage.Object, error, storage.Cond) (storage.Object, error)
}

func (b bad) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	cond := c
	if b.change != nil {
		cond = b.change(c)
	}
	o, err := b.Memory.Put(ctx, key, body, size, cond)
	if b.after != nil {
		return b.after(o, err, c)
	}
	return o, err
}

func TestProbeAcceptsGoodStores(t *testing.T) {
	m := storagetest.NewMemory()
	for range 3 { // what one probe leaves would disturb the next
		if err := storage.Probe(t.Context(), m, "node-1"); err != nil {
			t.Fatal(err)
		}
	}
	for o := range m.List(t.Context(), "", "") {
		t.Errorf("the probe has left %s", o.Key)
	}
}

func TestProbeRefusesStoresThatIgnoreConditions(t *testing.T) {
	none := func(storage.Cond) storage.Cond { return storage.Cond{} }
	for name, b := range map[string]bad{
		"ignores all":      {change: none},
		"ignores IfAbsent": {change: func(c storage.Cond) storage.Cond { c.IfAbsent = false; return c }},
		"ignores IfMatch":  {change: func(c storage.Cond) storage.Cond { c.IfMatch = ""; return c }},
		"takes IfMatch for any ETag": {after: func(o storage.Object, err error, c storage.Cond) (storage.Object, error) {
			if c.IfMatch != "" {
				return o, nil
			}
			return o, err
		}},
	} {
		b.Memory = storagetest.NewMemory()
		err := storage.Probe(t.Context(), b, "node-1")
		if !errors.Is(err, storage.ErrUnconditional) || !strings.Contains(err.Error(), "MinIO") {
			t.Errorf("a store that %s: error %v, want ErrUnconditional with a remedy", name, err)
		}
		for o := range b.List(t.Context(), "", "") {
			t.Errorf("a store that %s: the probe has left %s", name, o.Key)
		}
	}
}

// racy checks conditions, but not together with the write: writers that come
// at the same time all pass.
type racy struct {
	*storagetest.Memory
	gate *sync.WaitGroup // all racing writers have checked
}

func (b racy) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if c.IfAbsent && strings.HasSuffix(key, "/create") {
		_, _, err := b.Get(ctx, key, storage.Range{})
		b.gate.Done()
		b.gate.Wait()
		if err == nil {
			return storage.Object{}, storage.ErrCondition
		}
		c = storage.Cond{}
	}
	return b.Memory.Put(ctx, key, body, size, c)
}

func TestProbeRefusesStoresThatCheckWithoutALock(t *testing.T) {
	b := racy{Memory: storagetest.NewMemory(), gate: &sync.WaitGroup{}}
	b.gate.Add(8)
	if err := storage.Probe(t.Context(), b, "node-1"); !errors.Is(err, storage.ErrUnconditional) {
		t.Errorf("error %v, want ErrUnconditional", err)
	}
}

func TestProbeDoesNotBlameAStoreThatIsAway(t *testing.T) {
	for n := 1; n <= 9; n++ { // 9 is the last of the racing puts of one key
		b := storagetest.NewFaulty(storagetest.NewMemory(), 1, storagetest.On(storagetest.Put, storagetest.Nth(n, storagetest.FailBefore)))
		err := storage.Probe(t.Context(), b, "node-1")
		if errors.Is(err, storage.ErrUnconditional) || !errors.Is(err, storagetest.ErrInjected) {
			t.Errorf("put number %d of a key fails: error %v, want that failure", n, err)
		}
	}
}
