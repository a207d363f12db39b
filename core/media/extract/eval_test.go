package extract

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// BenchmarkAgainstPdftotext reads the PDFs of the folder RECUEIL_PDFS and says
// how far the words are those of pdftotext (Debian: poppler-utils), and how
// long both took: words as a multiset, F1, and the same for pairs of words,
// which fall apart when the order of reading does.
func BenchmarkAgainstPdftotext(b *testing.B) {
	files, err := filepath.Glob(filepath.Join(os.Getenv("RECUEIL_PDFS"), "*.pdf"))
	if err != nil || len(files) == 0 {
		b.Fatal("set RECUEIL_PDFS to a folder of PDF files")
	}
	out := outside(b)
	for b.Loop() {
		var ours, theirs time.Duration
		var pages int
		var sumWords, sumPairs float64
		var worst []string
		for _, name := range files {
			f, err := os.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			at := time.Now()
			text, err := out.Text(b.Context(), f, pdfType)
			ours += time.Since(at)
			f.Close()
			if err != nil {
				b.Fatalf("%s: %v", name, err)
			}
			at = time.Now()
			reference, err := exec.Command("pdftotext", name, "-").Output()
			theirs += time.Since(at)
			if err != nil {
				b.Fatalf("pdftotext %s: %v", name, err)
			}
			pages += text.Total
			mine, other := wordsOf(strings.Join(text.Pages, "\n")), wordsOf(mend([]string{string(reference)})[0])
			words := agreement(mine, other)
			sumWords, sumPairs = sumWords+words, sumPairs+agreement(pairsOf(mine), pairsOf(other))
			if words < 0.95 {
				worst = append(worst, filepath.Base(name))
			}
		}
		n := float64(len(files))
		b.ReportMetric(sumWords/n, "words-F1")
		b.ReportMetric(sumPairs/n, "pairs-F1")
		b.ReportMetric(float64(pages)/ours.Seconds(), "pages/s")
		b.ReportMetric(float64(pages)/theirs.Seconds(), "pdftotext-pages/s")
		b.Logf("%d files, %d pages; below 0.95: %v", len(files), pages, worst)
	}
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}

func pairsOf(words []string) []string {
	pairs := make([]string, 0, len(words))
	for i := 1; i < len(words); i++ {
		pairs = append(pairs, words[i-1]+" "+words[i])
	}
	return pairs
}

// agreement is F1 of two multisets.
func agreement(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	common := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch c := strings.Compare(a[i], b[j]); {
		case c == 0:
			common, i, j = common+1, i+1, j+1
		case c < 0:
			i++
		default:
			j++
		}
	}
	return 2 * float64(common) / float64(len(a)+len(b))
}
