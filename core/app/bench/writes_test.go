package bench

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/minio"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// buckets opens a new empty bucket of each kind.
func buckets(b *testing.B) map[string]func() storage.Bucket {
	return map[string]func() storage.Bucket{
		"folder": func() storage.Bucket {
			bucket, err := folder.Open(filepath.Join(b.TempDir(), "bucket"))
			check(b, err)
			b.Cleanup(func() { bucket.Close() })
			return bucket
		},
		"minio": func() storage.Bucket {
			bucket, err := minio.Open(b.Context(), storagetest.MinIO(b).Options())
			check(b, err)
			b.Cleanup(func() { bucket.Close() })
			return bucket
		},
	}
}

const writing = 4 * time.Second

// many calls f from some callers for a while, and gives how long each took.
func many(b *testing.B, callers int, f func(ctx context.Context, caller, i int) error) []time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(writing)
	for c := range callers {
		wg.Go(func() {
			var took []time.Duration
			for i := 0; time.Now().Before(until); i++ {
				began := time.Now()
				if err := f(ctx, c, i); err != nil {
					b.Error(err)
					return
				}
				took = append(took, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
		})
	}
	wg.Wait()
	slices.Sort(all)
	return all
}

// BenchmarkWrites saves drafts of 3 KB through actions, next to conditional
// PUTs of 4 KiB on the same bucket.
func BenchmarkWrites(b *testing.B) {
	for _, kind := range []string{"folder", "minio"} {
		open := buckets(b)[kind]
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/writers=%d", kind, callers), func(b *testing.B) {
				bucket := open()
				body := bytes.Repeat([]byte("x"), 4096)
				var serial atomic.Int64
				puts := many(b, callers, func(ctx context.Context, _, _ int) error {
					key := fmt.Sprintf("raw/%020d", serial.Add(1))
					_, err := bucket.Put(ctx, key, bytes.NewReader(body), int64(len(body)), storage.Cond{IfAbsent: true})
					return err
				})
				s, _ := openSite(b, bucket, "writer", false)
				s.fill(b, 0, callers)
				ids := someIDs(b, s, callers)
				before := s.log.Stats()
				saves := many(b, callers, func(ctx context.Context, c, i int) error {
					_, err := s.runner.Do(ctx, loader, action.SaveDraft{ID: ids[c], Inputs: action.Inputs{
						"fr": {"summary": fmt.Sprintf("Résumé numéro %d de %d", i, c)}}})
					return err
				})
				after := s.log.Stats()
				perPut := float64(after.Values-before.Values) / float64(max(1, after.Records-before.Records))
				raw, ours := float64(len(puts))/writing.Seconds(), float64(len(saves))/writing.Seconds()
				report("raw PUT %.0f/s p50 %v; acknowledged saves %.0f/s p50 %v p99 %v; %.1f saves per PUT; %.2f of raw", raw,
					puts[len(puts)/2].Round(10*time.Microsecond), ours, saves[len(saves)/2].Round(10*time.Microsecond),
					saves[len(saves)*99/100].Round(10*time.Microsecond), perPut, ours/raw)
				b.ReportMetric(ours, "saves/s")
				b.ReportMetric(raw, "raw-puts/s")
				b.ReportMetric(ours/raw, "of-raw")
				b.ReportMetric(perPut, "saves/PUT")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func someIDs(b *testing.B, s *site, n int) []content.EntryID {
	b.Helper()
	var ids []content.EntryID
	check(b, s.ids(b, &ids))
	return ids[:n]
}
