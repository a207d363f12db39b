package search_test

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/fr"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search"
)

// BenchmarkSearch measures searches of two words over so many entries as
// RECUEIL_BENCH_ENTRIES says (10,000), next to Bleve by itself on the same
// texts in the same run: bare, and with five facets and highlights.
func BenchmarkSearch(b *testing.B) {
	count := 10_000
	if text := os.Getenv("RECUEIL_BENCH_ENTRIES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		count = n
	}
	texts := newTexts()
	s := newSite(b)
	s.stop()
	texts.load(s, count)
	s.start()
	began := time.Now()
	for s.Building() {
		time.Sleep(time.Millisecond)
	}
	ours := time.Since(began)
	s.catchUp()
	plain, rate := texts.bleve(b, count)
	b.Logf("%d entries: indexed at %.0f/s (Bleve %.0f/s), %.1f MB on disk (both sides)", count,
		float64(count)/ours.Seconds(), rate, float64(s.Size())/1e6)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	queries := texts.queries(600)
	facets := []search.Facet{}
	for _, f := range []content.FieldID{search.FacetCollection, search.FacetLocale, "kind", "themes", "territories"} {
		facets = append(facets, search.Facet{Name: string(f), Fields: map[content.CollectionID]content.FieldID{"news": f}})
	}
	full := measured(b, queries, func(q string) {
		_, err := s.Search(context.Background(), search.Request{Text: q, Live: true, Locale: "fr", Groups: search.Everything("news"), Facets: facets, Size: 20})
		s.must(err)
	})
	bare := measured(b, queries, func(q string) {
		_, err := plain.Search(bleve.NewSearchRequestOptions(bleve.NewMatchQuery(q), 20, 0, false))
		s.must(err)
	})
	dressed := measured(b, queries, func(q string) {
		r := bleve.NewSearchRequestOptions(bleve.NewMatchQuery(q), 20, 0, false)
		r.Highlight = bleve.NewHighlight()
		for _, f := range []string{"collection", "locale", "kind", "themes", "territories"} {
			r.AddFacet(f, bleve.NewFacetRequest(f, 100))
		}
		_, err := plain.Search(r)
		s.must(err)
	})
	typing := measured(b, texts.typed(queries), func(q string) {
		_, _, err := s.Suggest(context.Background(), search.SuggestRequest{Text: q, Live: true, Locale: "fr", Groups: search.Everything("news"), Size: 8})
		s.must(err)
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	for name, m := range map[string][2]time.Duration{"two words, five facets, excerpts": full, "Bleve, bare": bare, "Bleve, facets and highlights": dressed, "suggestions": typing} {
		b.Logf("%-34s p50 %8.2f ms  p99 %8.2f ms  (of bare Bleve's p50: %.2f)", name, ms(m[0]), ms(m[1]), float64(m[0])/float64(bare[0]))
	}
	b.Logf("memory of the heap in use: %.0f MB, of which since the searches began %.0f MB", float64(after.HeapInuse)/1e6,
		float64(int64(after.HeapInuse)-int64(before.HeapInuse))/1e6)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// measured gives the median and the 99th percentile of the time that f takes.
func measured(b *testing.B, queries []string, f func(string)) (out [2]time.Duration) {
	b.Helper()
	for _, q := range queries[:20] { // what is read once is not measured
		f(q)
	}
	took := make([]time.Duration, len(queries))
	for i, q := range queries {
		began := time.Now()
		f(q)
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return [2]time.Duration{took[len(took)/2], took[len(took)*99/100]}
}

// texts makes up French that is distributed like language: few words often,
// many rarely.
type texts struct {
	source *mathrand.PCG
	rng    *mathrand.Rand
	words  []string
	zipf   *mathrand.Zipf
	terms  []string // ids, of themes and then of territories
}

func newTexts() *texts {
	t := &texts{source: mathrand.NewPCG(1, 2)}
	t.rng = mathrand.New(t.source)
	syllables := strings.Fields("ba con dé fran gé jeu la mi no pro qua ré so té vi a é in ou for ma tion ment té eur ique")
	for range 30_000 {
		var w strings.Builder
		for range 2 + t.rng.IntN(3) {
			w.WriteString(syllables[t.rng.IntN(len(syllables))])
		}
		t.words = append(t.words, w.String())
	}
	t.zipf = mathrand.NewZipf(t.rng, 1.15, 8, uint64(len(t.words)-1))
	for i := range 40 {
		t.terms = append(t.terms, fmt.Sprintf("01J%023d", i))
	}
	return t
}

func (t *texts) sentence(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = t.words[t.zipf.Uint64()]
	}
	return strings.Join(words, " ")
}

// entry is the n-th entry, the same for both indexes.
func (t *texts) entry(n int) (title, body string, kind string, themes []string) {
	t.source.Seed(7, uint64(n))
	return t.sentence(7), t.sentence(400), []string{"news", "press", "call"}[n%3], []string{t.terms[n%17], t.terms[(n+5)%17]}
}

func (t *texts) queries(n int) []string {
	rng := mathrand.New(mathrand.NewPCG(3, 4))
	out := make([]string, n)
	for i := range out {
		out[i] = t.words[rng.IntN(400)] + " " + t.words[rng.IntN(3000)]
	}
	return out
}

func (t *texts) typed(queries []string) []string {
	out := make([]string, len(queries))
	for i, q := range queries {
		out[i] = string([]rune(q)[:1+i%8])
	}
	return out
}

// load imports the entries.
func (t *texts) load(s *site, count int) {
	at := time.Now().Add(-time.Hour)
	side := func(values map[string]any) map[content.Locale]action.ImportedSide {
		return map[content.Locale]action.ImportedSide{"fr": {Published: values, PublishedAt: &at}}
	}
	var terms []action.Imported
	for i, id := range t.terms[:17] {
		terms = append(terms, action.Imported{ID: content.EntryID(id), Collection: "terms", CreatedAt: at,
			Sides: side(map[string]any{"label": fmt.Sprint("Thème ", i), "scheme": "themes"})})
	}
	s.do(action.ImportEntries{Entries: terms})
	for from := 0; from < count; from += action.MaxImport {
		var batch []action.Imported
		for n := from; n < min(count, from+action.MaxImport); n++ {
			title, body, kind, themes := t.entry(n)
			batch = append(batch, action.Imported{ID: content.EntryID(fmt.Sprintf("01K%023d", n)), Collection: "news", CreatedAt: at,
				Sides: side(map[string]any{"title": title, "body": body, "kind": kind, "themes": []any{themes[0], themes[1]}})})
		}
		s.do(action.ImportEntries{Entries: batch})
	}
}

// bleve makes a plain index of the same entries, and gives how many a second.
func (t *texts) bleve(b *testing.B, count int) (bleve.Index, float64) {
	b.Helper()
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = "fr"
	keyword := bleve.NewKeywordFieldMapping()
	for _, f := range []string{"collection", "locale", "kind", "themes", "territories"} {
		m.DefaultMapping.AddFieldMappingsAt(f, keyword)
	}
	x, err := bleve.New(filepath.Join(b.TempDir(), "bleve"), m)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	began := time.Now()
	for from := 0; from < count; from += 1000 {
		batch := x.NewBatch()
		for n := from; n < min(count, from+1000); n++ {
			title, body, kind, themes := t.entry(n)
			if err := batch.Index(strconv.Itoa(n), map[string]any{"title": title, "body": body, "kind": kind, "themes": themes,
				"collection": "news", "locale": "fr"}); err != nil {
				b.Fatal(err)
			}
		}
		if err := x.Batch(batch); err != nil {
			b.Fatal(err)
		}
	}
	return x, float64(count) / time.Since(began).Seconds()
}
