//go:build linux

package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// TestKill kills -9 the program while several people write, at any moment of
// its life, and shows that nothing that was acknowledged is lost or doubled.
func TestKill(t *testing.T) {
	t.Parallel()
	seed := storagetest.Seed(t)
	times := (kills(t) + 2) / 3
	for i, c := range []struct {
		name  string
		nodes int
		place func(t *testing.T) place
	}{
		{"folder", 1, func(t *testing.T) place { return folderPlace(t) }},
		{"folder, two nodes", 2, func(t *testing.T) place { return folderPlace(t) }},
		{"minio, two nodes", 2, func(t *testing.T) place { return minioPlace(t, storagetest.MinIO(t)) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := newKilling(t, c.place(t), c.nodes, rand.New(rand.NewPCG(seed, uint64(i))))
			for k.kills < times {
				k.life()
			}
			k.end()
		})
	}
}

// writersPerNode write at the same time.
const writersPerNode = 3

// killing is a site with nodes that are killed and writers that remember what
// they were promised.
type killing struct {
	t       *testing.T
	place   place
	rng     *rand.Rand
	token   string
	nodes   []*mortal
	writers []*writer
	kills   int
}

// mortal is a node from life to life.
type mortal struct {
	data   string
	life   *process // nil while it is dead
	client *client
}

func newKilling(t *testing.T, p place, nodes int, rng *rand.Rand) *killing {
	k := &killing{t: t, place: p, rng: rng}
	for range nodes {
		k.nodes = append(k.nodes, &mortal{data: filepath.Join(t.TempDir(), "data")})
	}
	k.token = administrator(t, p, k.nodes[0].data)
	k.revive()
	k.nodes[0].client.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	for i := range nodes * writersPerNode {
		k.writers = append(k.writers, &writer{name: "w" + strconv.Itoa(i), node: k.nodes[i%nodes],
			rng: rand.New(rand.NewPCG(rng.Uint64(), uint64(i)))})
	}
	for _, n := range k.nodes { // the others learn of the collection
		eventually(t, func() error {
			r, err := n.client.call(t.Context(), "GET", notesPath, nil)
			if err == nil && r.status != http.StatusOK {
				err = fmt.Errorf("%d %s", r.status, r.body)
			}
			return err
		})
	}
	return k
}

// revive starts the nodes that are dead. Now and then one dies again before it
// answers.
func (k *killing) revive() {
	k.t.Helper()
	for _, n := range k.nodes {
		if n.life != nil {
			continue
		}
		if k.writers != nil && k.rng.IntN(4) == 0 {
			newborn := launchServer(k.t, k.place, n.data)
			pass(k.t.Context(), time.Duration(k.rng.IntN(80))*time.Millisecond)
			newborn.kill()
			k.kills++
		}
		n.life = serve(k.t, k.place, n.data, "--snapshot-every", "300ms")
		n.client = newClient(k.t, n.life, k.token)
	}
}

// pass lets a random time go by: the moment of a death has to be anything.
func pass(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// life lets everybody write, kills one node or all of them, lets those that
// live go on, and starts the dead again.
func (k *killing) life() {
	k.t.Helper()
	halt := make(chan struct{})
	var writing sync.WaitGroup
	for _, w := range k.writers {
		writing.Go(func() { w.broken.Store(w.work(k.t.Context(), halt)) })
	}
	k.moment()
	victim := k.rng.IntN(len(k.nodes) + 1) // beyond the last: all of them
	for i, n := range k.nodes {
		if i != victim && victim < len(k.nodes) {
			continue
		}
		n.life.kill()
		k.kills++
		n.life = nil
		n.client.http.CloseIdleConnections()
	}
	k.survivors()
	close(halt)
	writing.Wait()
	k.unbroken()
	for _, n := range k.nodes {
		if n.life == nil && k.rng.IntN(4) == 0 {
			if err := os.RemoveAll(n.data); err != nil {
				k.t.Fatal(err)
			}
		}
	}
	k.revive()
	for _, w := range k.writers {
		w.look(k.t)
	}
}

// moment waits for the moment of a death: after a few promises, and then at
// any point of the writes under way.
func (k *killing) moment() {
	k.t.Helper()
	total := func() (n int) {
		for _, w := range k.writers {
			n += w.promised()
		}
		return n
	}
	enough := total() + k.rng.IntN(10)
	eventually(k.t, func() error {
		k.unbroken()
		if n := total(); n < enough {
			return fmt.Errorf("%d promises are missing", enough-n)
		}
		return nil
	})
	pass(k.t.Context(), time.Duration(k.rng.IntN(40_000))*time.Microsecond)
}

// unbroken fails the test when a writer has seen a broken promise.
func (k *killing) unbroken() {
	k.t.Helper()
	for _, w := range k.writers {
		if err := w.broken.Load(); err != nil {
			k.t.Fatalf("%s: %v", w.name, err)
		}
	}
}

// survivors waits until each writer at a living node was promised one thing
// more.
func (k *killing) survivors() {
	k.t.Helper()
	for _, w := range k.writers {
		if w.node.life == nil {
			continue
		}
		before := w.promised()
		eventually(k.t, func() error {
			k.unbroken()
			if w.promised() == before {
				return fmt.Errorf("%s writes nothing any more at a node that lives", w.name)
			}
			return nil
		})
	}
}

// end settles what is in doubt, and holds everything that is stored against
// what was promised.
func (k *killing) end() {
	t := k.t
	for _, w := range k.writers {
		if err := w.settle(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		if w.doubt != nil {
			t.Fatalf("%s: still in doubt about %+v", w.name, *w.doubt)
		}
	}
	promised := 0
	for _, w := range k.writers {
		promised += len(w.acks)
	}
	t.Logf("%d kills, %d promises", k.kills, promised)
	fresh := &mortal{data: filepath.Join(t.TempDir(), "fresh")}
	fresh.life = serve(t, k.place, fresh.data)
	fresh.client = newClient(t, fresh.life, k.token)
	for _, n := range append(k.nodes, fresh) {
		eventually(t, func() error { return k.complete(n.client.all(t, "notes")) })
		eventually(t, n.client.finds(t, "", len(n.client.all(t, "notes"))))
		for _, w := range k.writers {
			if len(w.notes) > 0 {
				eventually(t, n.client.finds(t, `"`+w.notes[0].title+`"`, 1))
			}
		}
		n.life.stop()
		n.life = nil
	}
	k.checkLog()
	digests := map[string]bool{}
	for _, n := range append(k.nodes, fresh) {
		sound(t, k.place, n.data, viewEqual)
		digests[digestOf(t, n.data)] = true
	}
	if len(digests) != 1 {
		t.Errorf("the views of the nodes differ: %v", digests)
	}
}

func digestOf(t *testing.T, data string) string {
	t.Helper()
	db, err := view.Open(t.Context(), filepath.Join(data, "view"), schema.Builtin(), view.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	digest, err := db.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// complete holds the notes of a node against the promises: each is there as
// promised last, what was never promised is there once at most.
func (k *killing) complete(items []item) error {
	byID, byTitle := map[string]item{}, map[string]int{}
	for _, it := range items {
		byID[it.ID] = it
		byTitle[it.Title]++
	}
	known := 0
	for _, w := range k.writers {
		for _, n := range w.notes {
			got, ok := byID[n.id]
			if !ok || got.Revision != n.revision || got.Title != n.title {
				return fmt.Errorf("%s was promised %+v; there is %+v", w.name, *n, got)
			}
			known++
		}
		for _, title := range w.abandoned {
			if byTitle[title] > 1 {
				return fmt.Errorf("%s: there are %d of %q", w.name, byTitle[title], title)
			}
			known += byTitle[title]
		}
	}
	if known != len(items) {
		return fmt.Errorf("there are %d notes, %d are known of", len(items), known)
	}
	return nil
}

// checkLog reads the log itself: no gap, no fork, no key twice, every revision
// of every note once and in order, and every promise.
func (k *killing) checkLog() {
	t := k.t
	t.Helper()
	log := k.place.log(t, 0)
	nonces, keys := map[string]bool{}, map[string]bool{}
	revisions := map[content.EntryID]int{}
	stored := map[promise]bool{}
	next := commitlog.Seq(1)
	for record, err := range log.Records(t.Context(), 0) {
		if err != nil {
			t.Fatalf("read the log: %v", err)
		}
		if record.Seq != next || nonces[record.Nonce] {
			t.Fatalf("record %d follows %d, its nonce is known: %v", record.Seq, next-1, nonces[record.Nonce])
		}
		next++
		nonces[record.Nonce] = true
		for _, commit := range record.Values {
			if key := commit.Actor.ID + " " + commit.Key; commit.Key != "" && keys[key] {
				t.Errorf("record %d: key %q was used before", record.Seq, commit.Key)
			} else if commit.Key != "" {
				keys[key] = true
			}
			for _, change := range commit.Changes {
				e := change.Entry
				if e == nil {
					continue
				}
				if revisions[e.ID]++; e.Revision != revisions[e.ID] {
					t.Errorf("record %d: revision %d of %s follows %d", record.Seq, e.Revision, e.ID, revisions[e.ID]-1)
				}
				stored[promise{string(e.ID), e.Revision, titleOf(e)}] = true
			}
		}
	}
	if next != log.Head()+1 {
		t.Errorf("read %d records of %d", next-1, log.Head())
	}
	for _, w := range k.writers {
		for _, p := range w.acks {
			if !stored[p] {
				t.Errorf("%s was promised %+v, which is not in the log", w.name, p)
			}
		}
	}
}

// titleOf is the newest title of a note.
func titleOf(e *content.Entry) string {
	for _, value := range e.Side(content.Shared).Newest().Values {
		if s, ok := value.(string); ok && len(s) > 5 && s[:5] == "note " {
			return s
		}
	}
	return ""
}
