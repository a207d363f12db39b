package commitlog

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// set is the value of the tests: an account gets a balance that the plan took
// from what it saw, so that a plan on stale state shows.
type set struct {
	ID      string `json:"id"`      // of the value, unique
	Account string `json:"account"` // whose balance
	Old     int    `json:"old"`
	New     int    `json:"new"`
	Text    string `json:"text,omitempty"`
}

var errStale = errors.New("value was planned on stale state")

// ledger is a stage and a follower made of maps. It checks what it applies.
type ledger struct {
	name string

	mu       sync.Mutex
	at       Seq
	last     time.Time
	balances map[string]int
	seen     map[string]Seq // by id of value
	broken   func() error   // asked before Apply and Keep; nil is well
	drafts   int            // open ones
}

func newLedger(name string) *ledger {
	return &ledger{name: name, balances: map[string]int{}, seen: map[string]Seq{}}
}

func (l *ledger) Name() string { return l.name }

func (l *ledger) Checkpoint() (Seq, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, nil
}

func (l *ledger) Apply(_ context.Context, records []Record[set]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.broken != nil {
		if err := l.broken(); err != nil {
			return err
		}
	}
	for _, r := range records {
		if r.Seq <= l.at {
			continue
		}
		if err := l.apply(r); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) apply(r Record[set]) error {
	if r.Seq != l.at+1 {
		return fmt.Errorf("record %d after %d", r.Seq, l.at)
	}
	if r.At.Before(l.last) {
		return fmt.Errorf("record %d is of %s, before %s", r.Seq, r.At, l.last)
	}
	for _, v := range r.Values {
		if was, ok := l.seen[v.ID]; ok {
			return fmt.Errorf("value %s in record %d and %d", v.ID, was, r.Seq)
		}
		if l.balances[v.Account] != v.Old {
			return fmt.Errorf("%w: %+v at record %d, the balance is %d", errStale, v, r.Seq, l.balances[v.Account])
		}
		l.seen[v.ID] = r.Seq
		l.balances[v.Account] = v.New
	}
	l.at, l.last = r.Seq, r.At
	return nil
}

func (l *ledger) state() (Seq, map[string]int, map[string]Seq) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at, maps.Clone(l.balances), maps.Clone(l.seen)
}

func (l *ledger) Begin(context.Context) (Draft[set, balances], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drafts++
	if l.drafts != 1 {
		return nil, errors.New("two drafts at once")
	}
	return &draft{of: l, after: l.at, last: l.last, now: maps.Clone(l.balances)}, nil
}

// balances is what a plan sees.
type balances map[string]int

type draft struct {
	of    *ledger
	after Seq
	last  time.Time
	now   map[string]int
	tried []set
}

func (d *draft) After() Seq { return d.after }

func (d *draft) Try(_ context.Context, at time.Time, plan func(balances) (set, error)) (set, error) {
	if at.Before(d.last) {
		return set{}, fmt.Errorf("time goes back from %s to %s", d.last, at)
	}
	v, err := plan(maps.Clone(d.now))
	if err != nil {
		return v, err
	}
	if d.now[v.Account] != v.Old {
		return v, errStale
	}
	d.now[v.Account] = v.New
	d.tried = append(d.tried, v)
	return v, nil
}

func (d *draft) Keep(_ context.Context, r Record[set]) error {
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	d.of.drafts--
	if d.of.broken != nil {
		if err := d.of.broken(); err != nil {
			return err
		}
	}
	if len(r.Values) != len(d.tried) {
		return fmt.Errorf("%d values kept, %d tried", len(r.Values), len(d.tried))
	}
	return d.of.apply(r)
}

func (d *draft) Drop() error {
	d.of.mu.Lock()
	defer d.of.mu.Unlock()
	d.of.drafts--
	return nil
}

// add is the plan that adds to an account.
func add(id, account string, amount int) func(balances) (set, error) {
	return func(b balances) (set, error) {
		return set{ID: id, Account: account, Old: b[account], New: b[account] + amount}, nil
	}
}

func openLog(t testing.TB, b storage.Bucket, node string, change ...func(*Options)) *Log[set] {
	t.Helper()
	o := Options{Node: node, Now: time.Now, Rand: rand.Reader, Temp: t.TempDir()}
	for _, f := range change {
		f(&o)
	}
	l, err := Open(t.Context(), b, Codec[set](JSONCodec[set]{}), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// start runs a function until the test ends, or until stop is called.
func start(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("stopped with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// waitFor returns when the ledger has applied a record; for synctest bubbles,
// where time passes as soon as everyone waits.
func (l *ledger) waitFor(seq Seq) error {
	for range 10_000 {
		if at, _, _ := l.state(); at >= seq {
			return nil
		}
		<-time.After(time.Millisecond)
	}
	return fmt.Errorf("%s did not reach record %d", l.name, seq)
}
