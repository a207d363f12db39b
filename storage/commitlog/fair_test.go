package commitlog

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// lockingBuckets gives each node a view of one bucket, some further away.
func lockingBuckets(seed uint64, away ...time.Duration) func(int) storage.Bucket {
	memory, keys := storagetest.NewMemory(), newLockedKeys(seed)
	return func(n int) storage.Bucket {
		l := &locking{Bucket: memory, keys: keys}
		if n < len(away) {
			l.away = away[n]
		}
		return l
	}
}

// connector carries hints: it gives what is called with the log of a node, and
// sets its Tell.
type connector func(n int, o *Options) (opened func(*Log[set]))

// hub carries hints in simulated time: say decides what becomes of one.
func hub(say func(seq Seq, raw []byte, to *Log[set])) func() connector {
	return func() connector {
		var nodes []*Log[set]
		return func(n int, o *Options) func(*Log[set]) {
			o.Tell = func(seq Seq, raw []byte) {
				for i, to := range nodes {
					if i != n {
						say(seq, raw, to)
					}
				}
			}
			return func(l *Log[set]) { nodes = append(nodes, l) }
		}
	}
}

func shared(t *testing.T, nodes int, hints func() connector, away ...time.Duration) (m busy, shares []share) {
	synctest.Test(t, func(t *testing.T) {
		m = busy{open: lockingBuckets(storagetest.Seed(t), away...), nodes: nodes, callers: 16, lasting: 5 * time.Second, text: "x"}
		if hints != nil {
			m.connect = hints()
		}
		shares = m.run(t)
	})
	for n, s := range shares {
		t.Logf("%d nodes, node %d: %s", nodes, n, s)
	}
	return m, shares
}

// TestBusyNodesShare holds the bar of design, in the time of the simulated
// store: no node's p99 over 10 times that of a lone node, at least 70 % of its
// total. A lone node's own p99 is taken as at least two PUTs. Hints make it
// better, and hints that are bad in every way hardly worse.
func TestBusyNodesShare(t *testing.T) {
	m, alone := shared(t, 1, nil)
	rate, p99 := m.total(alone)
	p99 = max(p99, 2*createTakes)
	for _, c := range []struct {
		name  string
		hints func() connector
		least float64 // of the total of a lone node
		most  float64 // of its p99
	}{
		{"no hints", nil, 0.7, 10},
		{"hints", hub(goodHint), 0.75, 10},
		{"hints without records", hub(bareHint), 0.75, 10},
		{"bad hints", hub(badHints(storagetest.Seed(t))), 0.65, 30},
	} {
		for _, nodes := range []int{2, 4} {
			m, shares := shared(t, nodes, c.hints)
			total, worst := m.total(shares)
			t.Logf("%s, %d nodes: %.0f commits/s, %.2f of one node, worst p99 %s, %.1f of one node", c.name, nodes, total, total/rate, worst, float64(worst)/float64(p99))
			if total < c.least*rate || worst > time.Duration(c.most*float64(p99)) {
				t.Errorf("%s: %d busy nodes do not share well", c.name, nodes)
			}
			most, least := 0, int(total*m.lasting.Seconds())
			for _, s := range shares {
				most, least = max(most, len(s.times)), min(least, len(s.times))
			}
			if least*2 < most {
				t.Errorf("%s: one of %d nodes has %d commits, another %d", c.name, nodes, most, least)
			}
		}
	}
}

// goodHint arrives after half a millisecond.
func goodHint(seq Seq, raw []byte, to *Log[set]) {
	time.AfterFunc(500*time.Microsecond, func() { to.Heard(seq, raw) })
}

// forged is a record for seq that is sound in itself, and that nobody wrote.
func forged(seq Seq, like []byte) []byte {
	p, err := newPacker()
	if err != nil {
		panic(err)
	}
	f, _, err := openFrame(Seq(binary.BigEndian.Uint64(like[8:])), like)
	if err != nil {
		panic(err)
	}
	plain := fmt.Appendf(nil, `[{"id":"forged %d","account":"x","old":0,"new":1}]`, seq)
	f.seq, f.node, f.values, f.plain = seq, "liar", 1, len(plain)
	return f.seal(p.pack(plain))
}

// bareHint comes without the record.
func bareHint(seq Seq, _ []byte, to *Log[set]) { goodHint(seq, nil, to) }

// badHints are lost, late, doubled, or made up; the record is another one.
func badHints(seed uint64) func(seq Seq, raw []byte, to *Log[set]) {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, seed))
	return func(seq Seq, raw []byte, to *Log[set]) {
		mu.Lock()
		defer mu.Unlock()
		if r.IntN(3) == 0 {
			return
		}
		late := time.Duration(r.IntN(20)) * time.Millisecond
		for _, hint := range []Seq{seq, seq, seq + Seq(r.Uint64()>>r.IntN(64))} {
			said := raw
			if r.IntN(2) == 0 {
				said = forged(hint, raw)
			}
			time.AfterFunc(late, func() { to.Heard(hint, said) })
		}
	}
}

func TestAFarNodeGetsItsTurn(t *testing.T) {
	for _, away := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond} {
		m, shares := shared(t, 2, nil, 0, away)
		total, _ := m.total(shares)
		t.Logf("%s away: %.0f commits/s", away, total)
		if far := shares[1]; far.stats.Records < 3 || far.at(0.99) > 4*time.Second {
			t.Errorf("the node %s away got %s", away, far)
		}
		if near := shares[0]; near.at(0.99) > 500*time.Millisecond || near.at(1) > 2*time.Second {
			t.Errorf("the near node got %s", near)
		}
	}
}
