package view

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// benchEntry is an entry of about 3 KB in French and Arabic, live; every
// twentieth has a newer draft beside it.
func benchEntry(r *rand.Rand, n int) *content.Entry {
	b := entry("studies", n)
	b.live("", content.Values{
		"code": fmt.Sprint("c", n), "pages": float64(r.IntN(400)), "open": r.IntN(2) == 0,
		"date":   time.Date(2000+r.IntN(25), time.Month(1+r.IntN(12)), 1+r.IntN(28), 0, 0, 0, 0, time.UTC).Format(time.DateOnly),
		"topics": someOf(r, someTopics), "wilaya": string(id(9_000_000 + r.IntN(58))), "place": map[string]any{"lat": 36.5, "lon": 4.5},
	})
	body := strings.Repeat("Les associations de la wilaya ont mené une étude. ", 24)
	b.live("fr", content.Values{"title": fmt.Sprintf("Étude %06d sur l’eau", r.IntN(1_000_000)), "slug": fmt.Sprint("etude-", n), "note": "n", "body": body})
	b.live("ar", content.Values{"title": fmt.Sprintf("دراسة %06d", r.IntN(1_000_000)), "slug": fmt.Sprint("دراسة-", n), "body": body})
	if n%20 == 0 {
		b.draft("fr", content.Values{"title": fmt.Sprint("Brouillon ", n), "slug": fmt.Sprint("etude-", n), "body": body})
	}
	return b.Entry
}

// large gives a view of n studies and 58 wilayas, filled in batches as a fresh
// node is, and how long one entry took.
func large(b testing.TB, dir string, n int) (*DB, time.Duration) {
	b.Helper()
	d, err := Open(b.Context(), dir, schema.Builtin(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	c := nounCommit(definition(b, studies()), definition(b, wilayas()))
	for w := range 58 {
		e := entry("wilayas", 9_000_000+w).live("", content.Values{"number": fmt.Sprintf("%02d", w)}).
			live("fr", content.Values{"name": fmt.Sprint("Wilaya ", w)}).live("ar", content.Values{"name": fmt.Sprint("ولاية ", w)})
		c.Changes = append(c.Changes, content.Change{Entry: e.Entry})
	}
	apply(b, d, c)
	var took time.Duration
	for from := 0; from < n; from += 1000 {
		var commits []content.Commit
		for i := from; i < min(n, from+1000); i++ {
			commits = append(commits, entryCommit(benchEntry(r, i)))
		}
		begin := time.Now()
		apply(b, d, commits...)
		took += time.Since(begin)
	}
	return d, took / time.Duration(n)
}

// sizes of the site; the largest only with RECUEIL_BENCH_LARGE.
func sizes() []int {
	if os.Getenv("RECUEIL_BENCH_LARGE") != "" {
		return []int{1000, 10_000, 100_000}
	}
	return []int{1000, 10_000}
}

var benchLists = []struct{ name, filter, sort string }{
	{"newest", `{}`, "-date"},
	{"title", `{}`, "title"},
	{"updated", `{}`, "-updated_at"},
	{"topic by date", `{"topics":{"_eq":"water"}}`, "-date"},
	{"topic by title", `{"topics":{"_eq":"water"}}`, "title"},
	{"wilaya by date", `{"wilaya":{"number":{"_eq":"06"}}}`, "-date"},
	{"wilaya by title", `{"wilaya":{"number":{"_eq":"06"}}}`, "title"},
	{"years by title", `{"date":{"_between":["2010","2012"]}}`, "title"},
	{"two of each", `{"topics":{"_eq":"law"},"open":{"_eq":true},"date":{"_gte":"2015"}}`, "-date,title"},
	{"pages by date", `{"page_count":{"_gte":395}}`, "-date"},
	{"contains", `{"title":{"_contains":"00"}}`, "-date"},
	{"starts with", `{"title":{"_starts_with":"etude 00"}}`, "title"},
}

func BenchmarkView(b *testing.B) {
	for _, n := range sizes() {
		d, each := large(b, b.TempDir(), n)
		b.Run(fmt.Sprintf("%d/apply", n), func(b *testing.B) {
			b.ReportMetric(float64(each.Microseconds()), "µs/entry")
			for range b.N {
			}
		})
		b.Run(fmt.Sprintf("%d/row by slug", n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			percentiles(b, d, func(tx *Tx) error {
				_, err := tx.RowBySlug("studies", fmt.Sprint("etude-", r.IntN(n)), true, []content.Locale{"fr", "ar"})
				return err
			})
		})
		b.Run(fmt.Sprintf("%d/entry", n), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 1))
			percentiles(b, d, func(tx *Tx) error {
				_, err := tx.Entry(id(r.IntN(n)))
				return err
			})
		})
		for _, q := range benchLists {
			b.Run(fmt.Sprintf("%d/%s", n, q.name), func(b *testing.B) { benchList(b, d, q.filter, q.sort) })
		}
		b.Run(fmt.Sprintf("%d/save", n), func(b *testing.B) { benchSave(b, d, n) })
		memory(b, d, n)
		b.Run(fmt.Sprintf("%d/whole", n), func(b *testing.B) { benchWhole(b, d, n) })
	}
}

func benchList(b *testing.B, d *DB, cond, order string) {
	var l List
	read(b, d, func(tx *Tx) {
		l = List{Collection: "studies", Live: true, Locales: []content.Locale{"fr", "ar"}, Limit: 20,
			Filter: filter(b, tx, "studies", cond), Order: sort(b, tx, "studies", order)}
	})
	percentiles(b, d, func(tx *Tx) error {
		page, err := tx.List(l)
		if err == nil && len(page.Rows) == 0 {
			return fmt.Errorf("nothing found")
		}
		return err
	})
}

// benchSave saves a draft of one locale, one commit a record, as the console
// does.
func benchSave(b *testing.B, d *DB, n int) {
	r := rand.New(rand.NewPCG(2, 2))
	var times []time.Duration
	for b.Loop() {
		e := benchEntry(r, r.IntN(n))
		e.Revision = 2
		e.Side("fr").Draft = &content.Version{Values: content.Values{"title": fmt.Sprint("Neu ", r.IntN(100)), "slug": "etude", "body": "x"}}
		begin := time.Now()
		apply(b, d, entryCommit(e))
		times = append(times, time.Since(begin))
	}
	report(b, times)
}

// benchWhole times, once, what works on the whole file, and closes it.
func benchWhole(b *testing.B, d *DB, n int) {
	timed := func(name string, f func() error) {
		begin := time.Now()
		if err := f(); err != nil {
			b.Fatal(name, err)
		}
		b.ReportMetric(float64(time.Since(begin).Milliseconds()), name+"-ms")
	}
	for range b.N {
	}
	if b.N > 1 {
		return
	}
	timed("erase", func() error {
		c := entryCommit(benchEntry(rand.New(rand.NewPCG(3, 3)), 1))
		c.Changes = append(c.Changes, content.Change{Erased: &content.Erased{Kind: content.NounEntry, ID: string(id(1))}})
		apply(b, d, c)
		return nil
	})
	timed("snapshot", func() error { _, err := d.WriteSnapshot(b.Context(), io.Discard); return err })
	timed("digest", func() error { _, err := d.Digest(b.Context()); return err })
	wider := studies()
	wider.Fields = append(wider.Fields, schema.Field{ID: "extra", Name: "extra", Kind: "text", Sortable: true})
	timed("new-field", func() error { apply(b, d, nounCommit(definition(b, wider))); return nil })
	timed("close", d.Close)
	for name, mark := range map[string]bool{"open": true, "open-checked": false} {
		if !mark {
			if err := os.Remove(d.markFile()); err != nil {
				b.Fatal(err)
			}
		}
		timed(name, func() (err error) {
			again, err := Open(b.Context(), filepath.Dir(d.file), schema.Builtin(), Options{})
			if err != nil {
				return err
			}
			if again.Seq() == 0 {
				return fmt.Errorf("the view was made anew")
			}
			return again.Close()
		})
	}
}

func percentiles(b *testing.B, d *DB, f func(tx *Tx) error) {
	var times []time.Duration
	for b.Loop() {
		begin := time.Now()
		if err := d.Read(b.Context(), f); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(begin))
	}
	report(b, times)
}

func report(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-µs")
}

func memory(b *testing.B, d *DB, n int) {
	b.Run(fmt.Sprintf("%d/size", n), func(b *testing.B) {
		info, err := os.Stat(d.file)
		if err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(info.Size())/float64(n), "file-B/entry")
		b.ReportMetric(float64(m.HeapInuse)/(1<<20), "heap-MB")
		b.ReportMetric(resident(b), "resident-MB")
		for range b.N {
		}
	})
}

// resident reads how much memory the process has, where the system says so.
func resident(b *testing.B) float64 {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
