package storagetest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Benchmark measures conditional creates and gets of 4 KiB objects with 1, 16
// and 64 callers, and reports operations per second and the median and the
// 99th percentile of one, in milliseconds.
func Benchmark(b *testing.B, open func(b *testing.B) storage.Bucket) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 256)
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("create/callers=%d", callers), func(b *testing.B) {
			bucket := open(b)
			measure(b, callers, func(i int) error {
				_, err := bucket.Put(b.Context(), fmt.Sprintf("log/%020d", i), bytes.NewReader(body), int64(len(body)), storage.Cond{IfAbsent: true})
				return err
			})
		})
		b.Run(fmt.Sprintf("get/callers=%d", callers), func(b *testing.B) {
			bucket := open(b)
			const objects = 100
			for i := range objects {
				put(b, bucket, fmt.Sprintf("log/%020d", i), string(body), storage.Cond{})
			}
			measure(b, callers, func(i int) error {
				r, _, err := bucket.Get(b.Context(), fmt.Sprintf("log/%020d", i%objects), storage.Range{})
				if err != nil {
					return err
				}
				defer r.Close()
				_, err = io.Copy(io.Discard, r)
				return err
			})
		})
	}
}

// measure runs do b.N times, by so many goroutines.
func measure(b *testing.B, callers int, do func(i int) error) {
	took := make([]time.Duration, b.N)
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
				start := time.Now()
				if err := do(i); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}
