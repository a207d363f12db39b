package commitlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
	talk "github.com/recueil-cms/recueil/storage/commitlog/peer"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/minio"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// busy is a measurement: nodes that write as fast as their callers ask.
type busy struct {
	open    func(node int) storage.Bucket
	nodes   int
	callers int // of each node
	lasting time.Duration
	warming time.Duration // before that, not counted
	text    string        // of each value
	connect connector     // carries hints; nil: there are none
}

// share is what one node got.
type share struct {
	times []time.Duration // of its commits, sorted
	stats Stats
}

func (s share) at(q float64) time.Duration {
	if len(s.times) == 0 {
		return 0
	}
	return s.times[min(len(s.times)-1, int(q*float64(len(s.times))))]
}

func (s share) String() string {
	return fmt.Sprintf("%5d commits, p50 %s, p99 %s, max %s, %d records, %d lost races", len(s.times),
		s.at(0.5).Round(100*time.Microsecond), s.at(0.99).Round(100*time.Microsecond), s.at(1).Round(100*time.Microsecond), s.stats.Records, s.stats.Conflicts)
}

func (m busy) run(t testing.TB) []share {
	t.Helper()
	shares := make([]share, m.nodes)
	ctx, cancel := context.WithTimeout(t.Context(), m.warming+m.lasting)
	defer cancel()
	var nodes sync.WaitGroup
	logs := make([]*Log[set], m.nodes)
	for n := range logs {
		opened := func(*Log[set]) {}
		logs[n] = openLog(t, m.open(n), fmt.Sprint("node-", n), func(o *Options) {
			if m.connect != nil {
				opened = m.connect(n, o)
			}
		})
		opened(logs[n])
	}
	for n, l := range logs {
		w := NewWriter(l, Stage[set, balances](newLedger("stage")), WriterOptions{})
		stop := start(t, w.Run)
		nodes.Go(func() {
			shares[n].times = m.node(ctx, t, n, w)
			shares[n].stats = l.Stats()
			stop()
		})
	}
	nodes.Wait()
	return shares
}

func (m busy) node(ctx context.Context, t testing.TB, n int, w *Writer[set, balances]) []time.Duration {
	var mu sync.Mutex
	var all []time.Duration
	var callers sync.WaitGroup
	start := time.Now()
	for c := range m.callers {
		callers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				began := time.Now()
				_, err := w.Do(context.WithoutCancel(ctx), func(b balances) (set, error) {
					v, err := add(fmt.Sprint(n, "-", c, "-", i), fmt.Sprint(n, "-", c), 1)(b)
					v.Text = m.text[i*97%len(m.text):] + m.text[:i*97%len(m.text)]
					return v, err
				})
				if err != nil && !errors.Is(err, ErrClosed) {
					t.Errorf("node %d: %v", n, err)
					return
				}
				if began.Sub(start) < m.warming {
					continue
				}
				mu.Lock()
				all = append(all, time.Since(began))
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	slices.Sort(all)
	return all
}

// total is the number of commits per second, and the worst p99 of a node.
func (m busy) total(shares []share) (rate float64, worst time.Duration) {
	for _, s := range shares {
		rate += float64(len(s.times)) / m.lasting.Seconds()
		worst = max(worst, s.at(0.99))
	}
	return rate, worst
}

// entryText is about 4 KB that compress like prose.
func entryText() string {
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < 4000 {
		fmt.Fprintf(&b, "mot%d ", r.IntN(3000))
	}
	return b.String()
}

func folderBuckets(b *testing.B) func(int) storage.Bucket {
	path := b.TempDir()
	return func(int) storage.Bucket {
		bucket, err := folder.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		return bucket
	}
}

func minioBuckets(b *testing.B) func(int) storage.Bucket {
	o := storagetest.MinIO(b).Options()
	return func(int) storage.Bucket {
		bucket, err := minio.Open(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { bucket.Close() })
		return bucket
	}
}

// BenchmarkCommits measures one node with 1, 16 and 64 callers.
func BenchmarkCommits(b *testing.B) {
	for name, open := range map[string]func(*testing.B) func(int) storage.Bucket{"folder": folderBuckets, "minio": minioBuckets} {
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/callers=%d", name, callers), func(b *testing.B) {
				m := busy{open: open(b), nodes: 1, callers: callers, lasting: 3 * time.Second, text: entryText()}
				shares := m.run(b)
				rate, worst := m.total(shares)
				b.ReportMetric(rate, "commits/s")
				b.ReportMetric(float64(shares[0].at(0.5).Microseconds())/1000, "p50-ms")
				b.ReportMetric(float64(worst.Microseconds())/1000, "p99-ms")
			})
		}
	}
}

// add puts the shares of another run of the same nodes to these.
func added(a, b []share) []share {
	if a == nil {
		return b
	}
	for i := range a {
		a[i].times = append(a[i].times, b[i].times...)
		slices.Sort(a[i].times)
		a[i].stats.Records += b[i].stats.Records
		a[i].stats.Conflicts += b[i].stats.Conflicts
	}
	return a
}

// rawPuts measures what a log cannot beat: one conditional PUT after another,
// each of the size of a record of 16 values.
func rawPuts(b *testing.B, bucket storage.Bucket, lasting time.Duration) {
	body := make([]byte, 30<<10)
	var raw share
	for began := time.Now(); time.Since(began) < lasting; {
		start := time.Now()
		key := fmt.Sprintf("raw/%020d", len(raw.times))
		if _, err := bucket.Put(b.Context(), key, bytes.NewReader(body), int64(len(body)), storage.Cond{IfAbsent: true}); err != nil {
			b.Fatal(err)
		}
		raw.times = append(raw.times, time.Since(start))
	}
	slices.Sort(raw.times)
	b.ReportMetric(float64(len(raw.times))/lasting.Seconds(), "puts/s")
	b.ReportMetric(float64(raw.at(0.5).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(raw.at(0.99).Microseconds())/1000, "p99-ms")
}

// connected has the nodes tell each other by real connections.
func connected(b *testing.B) connector {
	bucket := storagetest.NewMemory() // for the cards
	return func(n int, o *Options) func(*Log[set]) {
		p, err := talk.Listen(b.Context(), bucket, talk.Options{Node: o.Node, Listen: "127.0.0.1:0", Every: 100 * time.Millisecond})
		if err != nil {
			b.Fatal(err)
		}
		o.Tell = func(seq Seq, raw []byte) { p.Tell(uint64(seq), raw) }
		return func(l *Log[set]) {
			start(b, func(ctx context.Context) error {
				return p.Run(ctx, func(seq uint64, raw []byte) { l.Heard(Seq(seq), raw) })
			})
		}
	}
}

// BenchmarkBusyNodes measures 2 and 4 busy nodes on MinIO against one, without
// and with hints, in turns, because other programs may be using the machine.
// The bar: the worst p99 at most 10 times that of the one node, the total at
// least 0.7 times.
func BenchmarkBusyNodes(b *testing.B) {
	const rounds = 3
	b.Run("raw", func(b *testing.B) { rawPuts(b, minioBuckets(b)(0), 3*time.Second) })
	for _, nodes := range []int{2, 4} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			one := busy{nodes: 1, callers: 16, warming: time.Second, lasting: 3 * time.Second, text: entryText()}
			looking := one
			looking.nodes = nodes
			var alone, without, with []share
			for range rounds {
				one.open = minioBuckets(b)
				alone = added(alone, one.run(b))
				looking.open = minioBuckets(b)
				without = added(without, looking.run(b))
				telling := looking
				telling.open, telling.connect = minioBuckets(b), connected(b)
				with = added(with, telling.run(b))
			}
			rate, p99 := one.total(alone)
			b.Logf("alone: %s", alone[0])
			report := func(how string, shares []share) {
				for n, s := range shares {
					b.Logf("%s, node %d: %s", how, n, s)
				}
				total, worst := one.total(shares)
				b.ReportMetric(total/rate, how+"-of-one-node")
				b.ReportMetric(float64(worst)/float64(p99), how+"-of-one-p99")
			}
			report("looking", without)
			report("hints", with)
			b.ReportMetric(rate/rounds, "alone-commits/s")
			b.ReportMetric(float64(p99.Microseconds())/1000, "alone-p99-ms")
		})
	}
}
