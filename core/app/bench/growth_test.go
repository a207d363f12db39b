package bench

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/view"
)

// BenchmarkGrowth imports 1,000, 10,000 and 100,000 entries through actions,
// starts fresh nodes from the log with and without a snapshot, and looks at
// what the real program takes of memory.
func BenchmarkGrowth(b *testing.B) {
	_, err := program() // not a part of what is measured
	check(b, err)
	for _, count := range []int{1_000, 10_000, 100_000} {
		if count > entries(b) {
			continue
		}
		b.Run(fmt.Sprintf("entries=%d", count), func(b *testing.B) {
			dir := filepath.Join(b.TempDir(), "bucket")
			bucket, err := folder.Open(dir)
			check(b, err)
			s, _ := openSite(b, bucket, "loader", false)
			began := time.Now()
			s.fill(b, 0, count)
			imported := time.Since(began)
			_, fromLog := openSite(b, bucket, "from-log", false)
			began = time.Now()
			_, err = s.log.SaveSnapshot(b.Context(), s.db)
			check(b, err)
			saved := time.Since(began)
			_, fromSnapshot := openSite(b, bucket, "from-snapshot", true)
			var stored int64
			for o, err := range bucket.List(b.Context(), "log/", "") {
				check(b, err)
				stored += o.Size
			}
			s.stop()
			check(b, bucket.Close())

			began = time.Now()
			ours := serveSite(b, "folder:"+dir)
			up := time.Since(began)
			rest := ours.memory(b)
			slug := fmt.Sprintf("/api/v1/entries/news/nouvelle-%d", count/2)
			load(b, ours, append(lists(1000), slug), 8, 2*time.Second)
			report("imported %.0f/s; log %.1f MB; fresh node from the log %v, from a snapshot %v (%.1f times faster; made in %v); program up after %v, %.0f MiB at rest, %.0f MiB after reads",
				float64(count)/imported.Seconds(), float64(stored)/1e6, fromLog.Round(time.Millisecond), fromSnapshot.Round(time.Millisecond),
				float64(fromLog)/float64(fromSnapshot), saved.Round(time.Millisecond), up.Round(time.Millisecond), rest, ours.memory(b))
			b.ReportMetric(float64(count)/imported.Seconds(), "imported/s")
			b.ReportMetric(fromLog.Seconds()*1000, "from-log-ms")
			b.ReportMetric(fromSnapshot.Seconds()*1000, "from-snapshot-ms")
			b.ReportMetric(rest, "rest-MiB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// ids gives the ids of the first entries.
func (s *site) ids(b *testing.B, into *[]content.EntryID) error {
	return s.db.Read(b.Context(), func(tx *view.Tx) error {
		page, err := tx.List(view.List{Collection: "news", Locales: []content.Locale{"fr"}, Limit: 1000})
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			*into = append(*into, row.ID)
		}
		return nil
	})
}
