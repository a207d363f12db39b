package statistics

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

type world struct {
	t      *testing.T
	bucket storage.Bucket
	mu     sync.Mutex
	at     time.Time
}

func newWorld(t *testing.T) *world {
	return &world{t: t, bucket: storagetest.NewMemory(), at: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} // 2026-W48
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func (w *world) book() *Book { return New(Options{Bucket: w.bucket, Now: w.now, Fold: fold}) }

func fold(text string, _ content.Locale) string { return strings.ReplaceAll(text, "é", "e") }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (b *Book) times(n int, query string, hits int) {
	for range n {
		b.Searched(Search{Query: query, Locale: "fr", Hits: hits})
	}
}

// told writes a report in one line.
func (w *world) told(b *Book, from, to Week) string {
	w.t.Helper()
	r, err := b.Report(w.t.Context(), from, to, nil)
	w.must(err)
	var out []string
	for _, c := range r.Weeks {
		out = append(out, fmt.Sprintf("%s:%d/%d/%d", c.Week[5:], c.Searches, c.Empty, c.Clicks))
	}
	for _, q := range r.Queries {
		out = append(out, fmt.Sprintf("%s=%d/%d/%d", q.Query, q.Searches, q.Empty, q.Clicks))
	}
	return strings.Join(out, " ")
}

// stored is every byte that the bucket has.
func (w *world) stored() string {
	w.t.Helper()
	var b strings.Builder
	for o, err := range w.bucket.List(w.t.Context(), "", "") {
		w.must(err)
		body, _, err := w.bucket.Get(w.t.Context(), o.Key, storage.Range{})
		w.must(err)
		fmt.Fprintln(&b, o.Key)
		_, err = io.Copy(&b, body)
		w.must(err)
		w.must(body.Close())
		fmt.Fprintln(&b)
	}
	return b.String()
}

// TestNodesAddUp has several nodes count, end, and count on as others.
func TestNodesAddUp(t *testing.T) {
	w := newWorld(t)
	one, two := w.book(), w.book()
	one.times(3, "Eau  potable", 4)
	two.times(4, "eau potable", 0)
	two.times(2, "karim le rare", 1)
	two.Clicked("eau potable", "fr")
	two.Clicked("jamais cherché", "fr")
	const want = "W48:9/4/2 eau potable=7/4/1"
	w.must(one.Flush(t.Context()))
	w.must(two.Flush(t.Context()))
	for name, b := range map[string]*Book{"one": one, "two": two, "another": w.book()} {
		if got := w.told(b, "2026-W48", "2026-W48"); got != want {
			t.Errorf("%s tells %q, want %q", name, got, want)
		}
	}
	w.must(one.Flush(t.Context())) // again, and nothing is new
	after := w.book()
	after.times(3, "eau potable", 1)
	w.must(after.Flush(t.Context()))
	if got := w.told(two, "2026-W01", "2026-W53"); got != "W48:12/4/2 eau potable=10/4/1" {
		t.Errorf("after a restart: %q", got)
	}
	if all := w.stored(); strings.Contains(all, "karim") || strings.Contains(all, "jamais") {
		t.Errorf("what is rare is in the bucket: %s", all)
	}
}

// TestWeeksAreMergedAndForgotten keeps what a week that is over amounts to in
// one object, whoever ends halfway, and nothing that is too old.
func TestWeeksAreMergedAndForgotten(t *testing.T) {
	w := newWorld(t)
	var books []*Book
	for range 3 {
		b := w.book()
		b.times(3, "eau", 1)
		w.must(b.Flush(t.Context()))
		books = append(books, b)
	}
	books[0].times(2, "eau", 0) // not kept before the week ends
	w.pass(7 * 24 * time.Hour)
	w.must(books[0].Flush(t.Context()))
	const want = "W48:11/2/0 eau=11/2/0"
	if got := w.told(books[1], "2026-W48", "2026-W48"); got != want {
		t.Errorf("before the merge: %q, want %q", got, want)
	}
	faulty := &noDelete{Bucket: w.bucket}
	crashed := New(Options{Bucket: faulty, Now: w.now})
	if err := crashed.tidy(t.Context()); err == nil {
		t.Fatal("the bucket deletes")
	}
	if got := w.told(w.book(), "2026-W48", "2026-W48"); got != want {
		t.Errorf("halfway through a merge: %q, want %q", got, want)
	}
	w.pass(time.Hour)
	for _, b := range append(books[1:], w.book()) {
		w.must(b.Flush(t.Context()))
		w.must(b.tidy(t.Context()))
		if got := w.told(b, "2026-W48", "2026-W48"); got != want {
			t.Errorf("after the merge: %q, want %q", got, want)
		}
	}
	if n := strings.Count(w.stored(), prefix+"2026-W48/"); n != 1 {
		t.Errorf("%d objects of the week, want 1:\n%s", n, w.stored())
	}
	w.pass(Retention * 7 * 24 * time.Hour)
	w.must(books[0].tidy(t.Context()))
	if strings.Contains(w.stored(), prefix) {
		t.Errorf("old counts are there: %s", w.stored())
	}
}

// noDelete is a bucket of a node that dies before it deletes anything.
type noDelete struct{ storage.Bucket }

func (noDelete) Delete(context.Context, string) error { return fmt.Errorf("dead") }

// TestFlood counts what is frequent while thousands of other things are asked.
func TestFlood(t *testing.T) {
	w := newWorld(t)
	b := w.book()
	for i := range 2 * maxQueries {
		b.times(1, fmt.Sprintf("bruit %d", i), 0)
		if i%100 == 0 {
			b.times(1, "eau", 1)
		}
	}
	if n := len(b.weeks["2026-W48"].queries); n > maxQueries {
		t.Errorf("%d queries are in memory, more than %d", n, maxQueries)
	}
	if got := w.told(b, "2026-W48", "2026-W48"); got != "W48:20200/20000/0 eau=200/0/0" {
		t.Errorf("counted %q", got)
	}
}

func TestPast(t *testing.T) {
	w := newWorld(t)
	b := w.book()
	b.times(suggestFrom, "éducation", 1)
	b.times(suggestFrom+5, "eau", 1)
	b.times(suggestFrom-1, "emploi", 1)
	b.times(suggestFrom, "erreur", 0)
	for range suggestFrom {
		b.Searched(Search{Query: "edukation", Locale: "fr", Hits: 1, Corrected: true})
	}
	w.must(b.learn(t.Context()))
	for typed, want := range map[string]string{"e": "[eau éducation]", "educ": "[éducation]", "éduc": "[éducation]", "éducation": "[]", "": "[]"} {
		if got := fmt.Sprint(b.Past(typed, "fr", 5)); got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
	}
	if got := b.Past("e", "ar", 5); got != nil {
		t.Errorf("in Arabic: %v", got)
	}
	w.pass(suggestWeeks * 7 * 24 * time.Hour)
	w.must(b.learn(t.Context()))
	if got := b.Past("e", "fr", 5); got != nil {
		t.Errorf("after weeks: %v", got)
	}
}

func TestPersonal(t *testing.T) {
	for query, want := range map[string]bool{
		"eau potable": false, "loi 12-06": false, "plan 2019-2023": false, "2019/2020": false, "covid 19": false, "association n° 12/2021": false,
		"amel@example.org": true, "amel (at) example": true, "https://example.org/x": true,
		"0550 12 34 56": true, "+213550": true, "٠٥٥٠١٢٣٤٥٦": true, "021.63.12.12": true, "0550-12-34-56 amel": true,
		"12 rue didouche mourad": true, "rue didouche mourad": false, "حي 5 جويلية": true, "حي النصر": false, "cité 200 logements": true,
		strings.Repeat("x", maxBytes+1): true, "un deux trois quatre cinq six sept huit neuf dix onze": true,
	} {
		if got := Personal(Normal(query)); got != want {
			t.Errorf("%q is personal: %v", query, got)
		}
	}
}

func TestNormal(t *testing.T) {
	for typed, want := range map[string]string{"E\u0301cole": "école", "a\u202eb\x00c": "a b c", "\xff": "", "": ""} {
		if got := Normal(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
	if got := Normal("  Eau\t\nPOTABLE "); got != "eau potable" {
		t.Errorf("white space makes %q", got)
	}
}

func TestWeeks(t *testing.T) {
	for at, want := range map[string]Week{"2026-11-29": "2026-W48", "2027-01-03": "2026-W53", "2027-01-04": "2027-W01", "2024-12-30": "2025-W01"} {
		day, err := time.Parse(time.DateOnly, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := WeekOf(day); got != want || WeekOf(got.monday()) != got || got.Back(53).Back(-53) != got {
			t.Errorf("%s is in %s, want %s", at, got, want)
		}
	}
	for text, ok := range map[string]bool{"2026-W53": true, "2025-W53": false, "2026-W00": false, "2026-48": false, "": false, "2026-W480": false} {
		if _, got := ParseWeek(text); got != ok {
			t.Errorf("%q is a week: %v", text, got)
		}
	}
}

// TestRun counts from many requests at once, and keeps what there is at the
// end.
func TestRun(t *testing.T) {
	w := newWorld(t)
	b := w.book()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx, func(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }) })
	var asking sync.WaitGroup
	for range 8 {
		asking.Go(func() { b.times(100, "eau", 1) })
	}
	asking.Wait()
	cancel()
	running.Wait()
	if got := w.told(w.book(), "2026-W48", "2026-W48"); got != "W48:800/0/0 eau=800/0/0" {
		t.Errorf("kept %q", got)
	}
}
