package commitlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// carried is a ledger that can be snapshotted.
type carried struct {
	*ledger
	format string
	during func() // called while a snapshot is written
}

func newCarried(name string) *carried {
	return &carried{ledger: newLedger(name), format: "map-1", during: func() {}}
}

type carriedState struct {
	At       Seq
	Balances map[string]int
	Seen     map[string]Seq
}

func (c *carried) SnapshotFormat() string { return c.format }

func (c *carried) WriteSnapshot(_ context.Context, w io.Writer) (Seq, error) {
	at, balances, seen := c.state()
	c.during()
	return at, json.NewEncoder(w).Encode(carriedState{at, balances, seen})
}

func (c *carried) ReadSnapshot(_ context.Context, r io.Reader, at Seq) error {
	var s carriedState
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return err
	}
	if s.At != at {
		return fmt.Errorf("state of %d at %d", s.At, at)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.balances, c.seen = s.At, s.Balances, s.Seen
	return nil
}

// saved makes a log of count records and a snapshot at each of the places.
func saved(t testing.TB, b storage.Bucket, places ...Seq) *Log[set] {
	t.Helper()
	l := openLog(t, b, "a")
	f := newCarried("view")
	for _, place := range places {
		fill(t, l, place)
		if _, err := l.catchUp(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if at, err := l.SaveSnapshot(t.Context(), f); err != nil || at != place {
			t.Fatalf("snapshot at %d, %v; want %d", at, err, place)
		}
	}
	return l
}

func snapshotKeys(t testing.TB, b storage.Bucket) []string {
	t.Helper()
	var keys []string
	for object, err := range b.List(t.Context(), "snapshots/", "") {
		if err != nil {
			t.Fatal(err)
		}
		if object.Key != floorKey {
			keys = append(keys, object.Key)
		}
	}
	return keys
}

func expectRestored(t testing.TB, l *Log[set], f *carried, want Seq) {
	t.Helper()
	got, err := l.RestoreSnapshot(t.Context(), f)
	if err != nil || got != want {
		t.Errorf("restored at %d, %v; want %d", got, err, want)
	}
	if at, _ := f.Checkpoint(); at != want {
		t.Errorf("checkpoint %d after restoring, want %d", at, want)
	}
	if _, err := l.catchUp(t.Context(), f); err != nil {
		t.Error(err)
	}
	if at, now, _ := f.state(); at != l.Head() || now["x"] != int(l.Head()) {
		t.Errorf("at %d the balance is %d", at, now["x"])
	}
	left, err := os.ReadDir(l.o.Temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v, %v", left, err)
	}
}

func TestTheNewestSnapshotIsRestored(t *testing.T) {
	b := storagetest.NewMemory()
	l := saved(t, b, 3, 5, 9)
	fill(t, l, 12)
	if keys := snapshotKeys(t, b); len(keys) != 2 {
		t.Errorf("kept: %v", keys)
	}
	expectRestored(t, openLog(t, b, "b"), newCarried("view"), 9)
	expectRestored(t, openLog(t, b, "b"), newCarried("index"), 0)
	other := newCarried("view")
	other.format = "map-2"
	expectRestored(t, openLog(t, b, "b"), other, 0)
	ahead := newCarried("view")
	if _, err := l.catchUp(t.Context(), ahead); err != nil {
		t.Fatal(err)
	}
	expectRestored(t, openLog(t, b, "b"), ahead, 12)
	if _, err := l.SaveSnapshot(t.Context(), Follower[set](newLedger("plain"))); !errors.Is(err, ErrNoSnapshots) {
		t.Errorf("a follower without the ability: %v", err)
	}
}

func TestDamagedSnapshotsArePassedOver(t *testing.T) {
	for _, spoil := range []func([]byte) []byte{
		func(d []byte) []byte { d[20] ^= 1; return d },
		func(d []byte) []byte { d[len(d)-60] ^= 1; return d },
		func(d []byte) []byte { return d[:len(d)-1] },
		func(d []byte) []byte { return nil },
	} {
		b := storagetest.NewMemory()
		l := saved(t, b, 3, 9)
		key := snapshotKeys(t, b)[1]
		data, _, err := l.part(t.Context(), key, 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		data = spoil(data)
		if _, err := b.Put(t.Context(), key, bytes.NewReader(data), int64(len(data)), storage.Cond{}); err != nil {
			t.Fatal(err)
		}
		expectRestored(t, openLog(t, b, "b"), newCarried("view"), 3)
	}
}

func TestASnapshotOfAnotherLogIsPassedOver(t *testing.T) {
	old, b := storagetest.NewMemory(), storagetest.NewMemory()
	saved(t, old, 5)
	fill(t, openLog(t, b, "a"), 7)
	for object, err := range old.List(t.Context(), "snapshots/", "") {
		if err != nil {
			t.Fatal(err)
		}
		copyObject(t, old, b, object)
	}
	expectRestored(t, openLog(t, b, "b"), newCarried("view"), 0)
}

func TestDroppedSnapshotsStayAway(t *testing.T) {
	b := storagetest.NewMemory()
	l := saved(t, b, 3, 9)
	// Another node is writing one of before the erasure while it happens.
	late := newCarried("view")
	if _, err := l.catchUp(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	fill(t, l, 10)
	late.during = func() {
		if err := l.DropSnapshots(t.Context(), 10); err != nil {
			t.Fatal(err)
		}
		if keys := snapshotKeys(t, b); len(keys) != 0 {
			t.Errorf("still there: %v", keys)
		}
	}
	if _, err := l.SaveSnapshot(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	if keys := snapshotKeys(t, b); len(keys) != 0 {
		t.Errorf("came back: %v", keys)
	}
	if err := l.DropSnapshots(t.Context(), 4); err != nil { // an older erasure, late
		t.Fatal(err)
	}
	saved(t, b, 10)
	if keys := snapshotKeys(t, b); !slices.Equal(keys, []string{snapshotKey("snapshots/view/map-1/", 10)}) {
		t.Errorf("after the erasure: %v", keys)
	}
	expectRestored(t, openLog(t, b, "b"), newCarried("view"), 10)
}
