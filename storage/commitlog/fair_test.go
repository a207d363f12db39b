package commitlog

import (
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

func shared(t *testing.T, nodes int, away ...time.Duration) (m busy, shares []share) {
	synctest.Test(t, func(t *testing.T) {
		m = busy{open: lockingBuckets(storagetest.Seed(t), away...), nodes: nodes, callers: 16, lasting: 5 * time.Second, text: "x"}
		shares = m.run(t)
	})
	for n, s := range shares {
		t.Logf("%d nodes, node %d: %s", nodes, n, s)
	}
	return m, shares
}

// TestBusyNodesShare holds the bar of design, in the time of the simulated
// store: no node's p99 over 10 times that of a lone node, at least 70 % of its
// total. A lone node's own p99 is taken as at least two PUTs.
func TestBusyNodesShare(t *testing.T) {
	m, alone := shared(t, 1)
	rate, p99 := m.total(alone)
	p99 = max(p99, 2*createTakes)
	for _, nodes := range []int{2, 4} {
		m, shares := shared(t, nodes)
		total, worst := m.total(shares)
		t.Logf("%d nodes: %.0f commits/s, %.2f of one node, worst p99 %s, %.1f of one node", nodes, total, total/rate, worst, float64(worst)/float64(p99))
		if total < 0.7*rate || worst > 10*p99 {
			t.Errorf("%d busy nodes do not share well", nodes)
		}
		most, least := 0, int(total*m.lasting.Seconds())
		for _, s := range shares {
			most, least = max(most, len(s.times)), min(least, len(s.times))
		}
		if least*2 < most {
			t.Errorf("one of %d nodes has %d commits, another %d", nodes, most, least)
		}
	}
}

func TestAFarNodeGetsItsTurn(t *testing.T) {
	for _, away := range []time.Duration{20 * time.Millisecond, 100 * time.Millisecond} {
		m, shares := shared(t, 2, 0, away)
		total, _ := m.total(shares)
		t.Logf("%s away: %.0f commits/s", away, total)
		if far := shares[1]; far.stats.Records < 3 || far.at(0.99) > 4*time.Second {
			t.Errorf("the node %s away got %s", away, far)
		}
		if near := shares[0]; near.at(0.99) > 200*time.Millisecond {
			t.Errorf("the near node got %s", near)
		}
	}
}
