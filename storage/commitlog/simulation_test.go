package commitlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// world is a simulation: nodes that write to one bucket through faults, stop
// and start again, and what their callers were told.
type world struct {
	t      *testing.T
	bucket *storagetest.Memory
	faults []*storagetest.Faulty
	hint   func(seq Seq, raw []byte, to *Log[set])

	mu      sync.Mutex
	kept    map[string]Seq   // by id of value: Do gave a seq
	refused map[string]error // Do gave an error that says that nothing was written
	unclear map[string]error
	sights  []sight
	alive   map[int]*Log[set]
}

// tell hints at a record of one node, as badly as can be.
func (w *world) tell(from int, seq Seq, raw []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n, to := range w.alive {
		if n != from {
			w.hint(seq, raw, to)
		}
	}
}

// sight is a balance that a plan saw, and refused to act on.
type sight struct {
	account string
	balance int
}

const simulated = 8 * time.Second

func faults() storagetest.Fault {
	return storagetest.OneOf(
		storagetest.Chance(0.05, storagetest.FailBefore),
		storagetest.Chance(0.08, storagetest.LostAnswer),
		storagetest.Chance(0.05, storagetest.LateEffect(3*time.Second)),
		storagetest.Chance(0.05, storagetest.CutShort),
		storagetest.Chance(0.3, storagetest.Delay(0, 40*time.Millisecond)),
	)
}

// node lives several lives until ctx ends.
func (w *world) node(ctx context.Context, n int, r *rand.Rand) {
	stage := newLedger("stage")
	for life := 0; ctx.Err() == nil; life++ {
		faulty := storagetest.NewFaulty(w.bucket, r.Uint64(), faults())
		w.mu.Lock()
		w.faults = append(w.faults, faulty)
		w.mu.Unlock()
		l, err := Open(ctx, faulty, Codec[set](JSONCodec[set]{}), Options{
			Node: fmt.Sprint("node-", n), Now: time.Now, Rand: cryptoLike{rand.New(rand.NewPCG(r.Uint64(), 2))}, Timeout: time.Second, Grace: time.Second,
			Tell: func(seq Seq, raw []byte) { w.tell(n, seq, raw) },
		})
		if err != nil {
			continue
		}
		w.mu.Lock()
		w.alive[n] = l
		w.mu.Unlock()
		if life%3 == 2 {
			stage = newLedger("stage") // the disk was lost
		}
		stage.drafts = 0
		w.live(ctx, l, stage, n, life, r)
	}
}

// cryptoLike gives the numbers of a seeded source as bytes.
type cryptoLike struct{ r *rand.Rand }

func (c cryptoLike) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c.r.Uint64())
	}
	return len(p), nil
}

func (w *world) live(ctx context.Context, l *Log[set], stage *ledger, n, life int, r *rand.Rand) {
	ctx, stop := context.WithTimeout(ctx, time.Duration(1+r.IntN(6))*time.Second)
	defer stop()
	writer := NewWriter(l, Stage[set, balances](stage), WriterOptions{Batch: 1 + r.IntN(20), Queue: 50, Settle: 5 * time.Second})
	other := newLedger("other")
	var all sync.WaitGroup
	defer all.Wait()
	run := func(f func(context.Context) error) {
		all.Go(func() {
			if err := f(ctx); err != nil {
				w.t.Errorf("node %d: %v", n, err)
			}
		})
	}
	run(writer.Run)
	run(func(ctx context.Context) error { return l.Follow(ctx, Follower[set](other)) })
	run(func(ctx context.Context) error {
		for ctx.Err() == nil {
			if pass(ctx, time.Second) == nil {
				_ = l.Compact(ctx) // what it left is done next time
			}
		}
		return nil
	})
	for c := range 1 + r.IntN(8) {
		own := rand.New(rand.NewPCG(r.Uint64(), 1))
		run(func(ctx context.Context) error {
			for i := 0; ctx.Err() == nil; i++ {
				w.call(writer, fmt.Sprint(n, ".", life, ".", c, ".", i), own)
				_ = pass(ctx, time.Duration(own.IntN(100))*time.Millisecond)
			}
			return nil
		})
	}
	<-ctx.Done()
}

var errUnwilling = errors.New("unwilling")

// call is one change that a caller asks for, and remembers the answer to.
func (w *world) call(writer *Writer[set, balances], id string, r *rand.Rand) {
	account := strconv.Itoa(r.IntN(4))
	amount := 1 + r.IntN(1<<40)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(5+r.IntN(3000))*time.Millisecond)
	defer cancel()
	unwilling := r.IntN(5) == 0
	var saw int
	seq, err := writer.Do(ctx, func(b balances) (set, error) {
		if saw = b[account]; unwilling {
			return set{}, errUnwilling
		}
		return add(id, account, amount)(b)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil:
		w.kept[id] = seq
	case errors.Is(err, ErrUnclear):
		w.unclear[id] = err
	default:
		w.refused[id] = err
		if errors.Is(err, errUnwilling) {
			w.sights = append(w.sights, sight{account, saw})
		}
	}
}

// judge compares the log with what the callers were told.
func (w *world) judge() {
	t := w.t
	l := openLog(t, w.bucket, "judge")
	truth := newLedger("truth")
	history := map[sight]bool{}
	for a := range 4 {
		history[sight{strconv.Itoa(a), 0}] = true
	}
	for r, err := range l.Records(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if err := truth.Apply(t.Context(), []Record[set]{r}); err != nil {
			t.Fatal(err)
		}
		for _, v := range r.Values {
			history[sight{v.Account, v.New}] = true
		}
	}
	_, _, seen := truth.state()
	for id, seq := range w.kept {
		if seen[id] != seq {
			t.Errorf("value %s was acknowledged in record %d, it is in %d", id, seq, seen[id])
		}
	}
	for id, err := range w.refused {
		if seq := seen[id]; seq != 0 {
			t.Errorf("value %s was refused (%v), it is in record %d", id, err, seq)
		}
	}
	for _, s := range w.sights {
		if !history[s] {
			t.Errorf("a caller was told of balance %d of account %s, which never was", s.balance, s.account)
		}
	}
	t.Logf("%d records, %d values kept, %d refused, %d unclear", l.Head(), len(w.kept), len(w.refused), len(w.unclear))
	if len(w.kept) < 50 {
		t.Errorf("only %d values: the simulation tests too little", len(w.kept))
	}
}

func TestSimulation(t *testing.T) {
	seed := storagetest.Seed(t)
	for i := range 4 {
		t.Run(fmt.Sprint("run=", i), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				w := &world{t: t, bucket: storagetest.NewMemory(), kept: map[string]Seq{}, refused: map[string]error{}, unclear: map[string]error{},
					hint: badHints(r.Uint64()), alive: map[int]*Log[set]{}}
				ctx, cancel := context.WithTimeout(t.Context(), simulated)
				defer cancel()
				var nodes sync.WaitGroup
				for n := range 2 + i%3 {
					own := rand.New(rand.NewPCG(r.Uint64(), uint64(n)))
					nodes.Go(func() { w.node(ctx, n, own) })
				}
				nodes.Wait()
				for _, f := range w.faults {
					f.Settle()
				}
				w.judge()
			})
		})
	}
}
