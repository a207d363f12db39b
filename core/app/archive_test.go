package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/app/demo"
	"github.com/recueil-cms/recueil/core/transfer"
	"github.com/recueil-cms/recueil/storage/folder"
)

// BenchmarkArchive moves sites of generated associations from one folder to
// another by an archive: export, import, and the same import again.
func BenchmarkArchive(b *testing.B) {
	for _, count := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("entries=%d", count), func(b *testing.B) {
			for b.Loop() {
				archiveOf(b, count)
			}
		})
	}
}

func folderNode(b *testing.B, dir string) *node {
	b.Helper()
	bucket, err := folder.Open(filepath.Join(dir, "bucket"))
	if err != nil {
		b.Fatal(err)
	}
	n, err := openNode(b.Context(), Config{Data: filepath.Join(dir, "data")}, Parts{Bucket: bucket})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := n.close(context.Background()); err != nil {
			b.Error(err)
		}
		if err := bucket.Close(); err != nil {
			b.Error(err)
		}
	})
	return n
}

func archiveOf(b *testing.B, count int) {
	dir := b.TempDir()
	from, to := folderNode(b, filepath.Join(dir, "from")), folderNode(b, filepath.Join(dir, "to"))
	written, err := demo.Entries()
	if err != nil {
		b.Fatal(err)
	}
	if err := from.importDemo(b.Context(), written, nil); err != nil {
		b.Fatal(err)
	}
	generated(b, from, count)

	name := filepath.Join(dir, "site.zip")
	began := time.Now()
	if _, err := exportFile(b.Context(), from.site(), name, transfer.ExportOptions{Personal: true}); err != nil {
		b.Fatal(err)
	}
	exported := time.Since(began)
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	first, report := importInto(b, to, name)
	if made := report.Entries.Created; made != count+len(written) || report.Refused() > 0 {
		b.Fatalf("made %d entries, refused %d: %v", made, report.Refused(), report.First)
	}
	again, report := importInto(b, to, name)
	if report.Entries.Unchanged != count+len(written) {
		b.Fatalf("the same import again: %+v", report.Entries)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(count)/exported.Seconds(), "exported/s")
	b.ReportMetric(float64(count)/first.Seconds(), "imported/s")
	b.ReportMetric(float64(count)/again.Seconds(), "compared/s")
	b.ReportMetric(float64(info.Size())/1e6, "archive-MB")
	b.ReportMetric(float64(m.Sys)/(1<<20), "memory-MiB")
}

// generated fills a site with drawn associations.
func generated(b *testing.B, n *node, count int) {
	b.Helper()
	drawn, err := demo.Generate(1, count)
	if err != nil {
		b.Fatal(err)
	}
	act := action.ImportEntries{Loose: true}
	flush := func() {
		if len(act.Entries) == 0 {
			return
		}
		if _, err := n.runner.Do(b.Context(), system("bench"), act); err != nil {
			b.Fatal(err)
		}
		act.Entries = nil
	}
	for e := range drawn {
		if act.Entries = append(act.Entries, imported(&e)); len(act.Entries) == 200 {
			flush()
		}
	}
	flush()
}

func importInto(b *testing.B, n *node, name string) (time.Duration, *transfer.Report) {
	b.Helper()
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	a, err := transfer.Open(f, info.Size())
	if err != nil {
		b.Fatal(err)
	}
	report, err := transfer.Import(b.Context(), n.site(), a, transfer.ImportOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return time.Since(began), report
}
