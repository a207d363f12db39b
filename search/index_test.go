package search_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// TestFollow does whatever editors do, closes and opens the index now and then
// and remakes it, and holds it against the view.
func TestFollow(t *testing.T) {
	s := newSite(t)
	rng := mathrand.New(mathrand.NewPCG(storagetest.Seed(t), 1))
	var ids []content.EntryID
	trashed := map[content.EntryID]bool{}
	rounds := 120
	if testing.Short() {
		rounds = 40
	}
	for range rounds {
		var id content.EntryID
		if len(ids) > 0 {
			id = ids[rng.IntN(len(ids))]
		}
		switch n := rng.IntN(12); {
		case n < 4 || id == "":
			ids = append(ids, s.news(fmt.Sprint("nouvelle ", len(ids)), "corps"))
		case trashed[id] && n < 8:
			s.do(action.RestoreEntry{ID: id})
			delete(trashed, id)
		case trashed[id]:
		case n < 6:
			s.do(action.SaveDraft{ID: id, Inputs: action.Inputs{"fr": {"title": fmt.Sprint("changée ", rng.Int())}}})
		case n == 6:
			s.do(action.SaveDraft{ID: id, Inputs: action.Inputs{"ar": {"title": "خبر", "kind": "news"}}})
		case n == 7:
			s.do(action.PublishEntry{ID: id, Locales: []content.Locale{"fr"}})
		case n == 8:
			if _, err := s.runner.Do(t.Context(), system, action.UnpublishEntry{ID: id, Locales: []content.Locale{"fr"}}); err != nil {
				continue // it was not live
			}
		case n == 9:
			s.do(action.TrashEntry{ID: id})
			trashed[id] = true
		case n == 10:
			s.stop()
			s.start()
		case n == 11:
			s.Want()
		}
	}
	s.catchUp()
	s.same()
}

// TestRebuildWithoutFailedSearch searches all the time while the index is made
// anew because a definition changes, and because somebody asks.
func TestRebuildWithoutFailedSearch(t *testing.T) {
	s := newSite(t)
	id := s.news("Forage du village", "Un puits profond.")
	s.catchUp()
	halt := make(chan struct{})
	var searching sync.WaitGroup
	var searches, misses atomic.Int64
	for range 2 {
		searching.Go(func() {
			for {
				select {
				case <-halt:
					return
				default:
				}
				searches.Add(1)
				leave, err := s.Turn(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				a, err := s.Search(context.Background(), search.Request{Text: "forages", Live: true, Locale: "fr", Groups: search.Everything("news"), Size: 5})
				leave()
				if err != nil {
					t.Error(err)
					return
				}
				if len(a.Hits) != 1 || a.Hits[0].Entry != id {
					misses.Add(1)
				}
			}
		})
	}
	for i := range 4 {
		s.define("news", func(c *schema.Collection) { c.FieldNamed("body").Weight = float64(i % 2) })
		s.catchUp()
		s.Want()
		s.do(action.SaveDraft{ID: id, Inputs: action.Inputs{"fr": {"summary": fmt.Sprint("version ", i)}}})
		s.catchUp()
	}
	close(halt)
	searching.Wait()
	if misses.Load() > 0 {
		t.Errorf("%d of %d searches missed the entry", misses.Load(), searches.Load())
	}
	s.want("puits", id)
	s.define("news", func(c *schema.Collection) { c.FieldNamed("body").Weight = 0 })
	s.catchUp()
	s.want("puits")
	s.same()
}

// define changes the definition of a collection.
func (s *site) define(name string, change func(*schema.Collection)) {
	s.t.Helper()
	var col schema.Collection
	s.must(s.view.Read(context.Background(), func(tx *view.Tx) error {
		col = *tx.Collection(name)
		col.Fields = slices.Clone(col.Fields)
		return nil
	}))
	change(&col)
	s.do(action.DefineCollection{Definition: col, Force: true})
}

// TestDamageIsFoundAndMended turns bits of every file in turn.
func TestDamageIsFoundAndMended(t *testing.T) {
	s := newSite(t)
	id := s.news("Forage du village", "Un puits profond.")
	s.catchUp()
	for round := range 6 {
		s.stop()
		files, err := filepath.Glob(filepath.Join(s.dir, "*", "*", "*"))
		s.must(err)
		name := files[round%len(files)]
		raw, err := os.ReadFile(name)
		s.must(err)
		switch {
		case round%3 == 2:
			raw = raw[:len(raw)/2]
		case len(raw) > 0:
			raw[len(raw)/2] ^= 0x10
			raw[len(raw)/3] ^= 0x80
		}
		s.must(os.WriteFile(name, raw, 0o600))
		s.start()
		s.catchUp()
		s.want("forages", id)
		s.same()
	}
	s.stop()
	s.must(os.RemoveAll(s.dir))
	s.start()
	s.catchUp()
	s.want("forages", id)
}

// TestErasedWordsAreGone plants words that nobody else uses in personal
// fields, and looks for them in every byte of the index.
func TestErasedWordsAreGone(t *testing.T) {
	s := newSite(t)
	const canary = "zyxwvcanari"
	person := func(name string) content.EntryID {
		id := s.do(action.CreateEntry{Collection: "people", Inputs: action.Inputs{"fr": {"full_name": name, "role": "Formatrice",
			"consent_on": "2020-01-01", "biography": name}}})
		return id
	}
	erased := person("Amel " + canary)
	person("Nadia")
	for i := range 20 {
		s.news(fmt.Sprint("nouvelle ", i), "corps")
	}
	s.catchUp()
	if !s.holds(canary) {
		t.Fatal("the index does not hold the word before: the test proves nothing")
	}
	s.do(action.EraseEntry{ID: erased})
	s.catchUp()
	if s.holds(canary) {
		t.Error("an erased word is still in the files")
	}
	s.same()
	purged := s.news("Secret "+canary, "à purger")
	s.catchUp()
	s.do(action.TrashEntry{ID: purged})
	s.do(action.PurgeEntry{ID: purged})
	s.catchUp()
	if s.holds(canary) {
		t.Error("a purged word is still in the files")
	}
	s.stop()
	s.start()
	s.catchUp()
	s.same()
}

// holds looks for a word in every byte below the folder of the index. A word
// that stands alone is stored as it is.
func (s *site) holds(word string) bool {
	s.t.Helper()
	found := false
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // files come and go
		}
		raw, err := os.ReadFile(path)
		if err == nil && (bytes.Contains(raw, []byte(word)) || bytes.Contains(raw, []byte(word[3:]))) {
			found = true
		}
		return nil
	})
	s.must(err)
	return found
}

// TestSnapshot carries an index to a node that has none.
func TestSnapshot(t *testing.T) {
	s := newSite(t)
	id := s.news("Forage du village", "Un puits profond.")
	s.catchUp()
	at, err := s.log.SaveSnapshot(t.Context(), s.Index)
	s.must(err)
	if at != s.Seq() {
		t.Fatalf("the snapshot is of %d, the index at %d", at, s.Seq())
	}
	later := s.news("Éducation", "Une école.")
	s.stop()
	s.dir = filepath.Join(t.TempDir(), "fresh")
	x, err := search.Open(t.Context(), s.dir, search.Options{View: s.view, Log: s.log, Kinds: schema.Builtin(),
		Locales: []content.Locale{"fr", "ar", "en"}, Pages: s.pages, Now: time.Now})
	s.must(err)
	restored, err := s.log.RestoreSnapshot(t.Context(), x)
	s.must(err)
	if restored != at || x.Seq() != at {
		t.Errorf("restored to %d, want %d", restored, at)
	}
	s.must(x.Close())
	s.start()
	s.catchUp()
	s.want("forages", id)
	s.want("école", later)
	s.same()
	var broken bytes.Buffer
	broken.WriteString(strings.Repeat("no tar ", 400))
	if err := s.ReadSnapshot(t.Context(), &broken, s.Seq()+1); err == nil {
		t.Error("a broken snapshot is taken")
	}
	s.want("forages", id)
}

// TestPagesOfFiles finds a study by what stands in its file, down to the page.
func TestPagesOfFiles(t *testing.T) {
	s := newSite(t)
	blob := "sha256:" + strings.Repeat("ab", 32)
	s.pages.text[blob] = []string{"Sommaire", "", "Les forages du sud ont été creusés en 1990.", "Annexe : forages et forages."}
	guide := s.do(action.SaveAsset{Asset: content.Asset{Name: "guide.pdf", MediaType: "application/pdf", Size: 9, Blob: blob}})
	s.do(action.CreateEntry{Collection: "studies", Publish: true, Inputs: action.Inputs{"fr": {"title": "Eau rurale", "kind": "study",
		"document": string(guide), "summary": "Résumé.", "authors": []any{map[string]any{"author": "A. B."}}, "published_on": "2012",
		"languages": []any{"fr"}, "rights": "reserved"}}})
	s.catchUp()
	s.want("forages") // nobody has looked into the file yet
	s.do(action.DescribeAsset{ID: content.AssetID(guide), Blob: blob, Text: content.AssetText{State: "found", Pages: 4, Paged: true, Version: 1}})
	s.catchUp()
	leave, err := s.Turn(t.Context())
	s.must(err)
	defer leave()
	a, err := s.Search(t.Context(), search.Request{Text: "forage", Live: true, Locale: "fr", Groups: search.Everything("studies"), Size: 5})
	s.must(err)
	if len(a.Hits) != 1 || a.Total != 1 || len(a.Hits[0].Pages) != 2 {
		t.Fatalf("found %+v", a.Hits)
	}
	numbers := map[int]string{}
	for _, p := range a.Hits[0].Pages {
		numbers[p.Number] = p.Snippet
	}
	if !strings.Contains(numbers[3], "Les <mark>forages</mark> du sud") || numbers[4] == "" {
		t.Errorf("pages %v", numbers)
	}
	// Whoever may not read files finds nothing in them.
	g := search.Everything("studies")
	g[0].Classes = 0
	g[0].Classes = g[0].Classes.With(0)
	a, err = s.Search(t.Context(), search.Request{Text: "forage", Live: true, Locale: "fr", Groups: g, Size: 5})
	s.must(err)
	if a.Total != 0 {
		t.Errorf("found %+v without the right to files", a.Hits)
	}
}

// TestEmbargo finds nothing in a file before its day, and only there.
func TestEmbargo(t *testing.T) {
	s := newSite(t)
	blob := "sha256:" + strings.Repeat("cd", 32)
	s.pages.text[blob] = []string{"Les forages du sud."}
	guide := s.do(action.SaveAsset{Asset: content.Asset{Name: "guide.pdf", MediaType: "application/pdf", Size: 9, Blob: blob}})
	s.do(action.DescribeAsset{ID: content.AssetID(guide), Blob: blob, Text: content.AssetText{State: "found", Pages: 1, Paged: true, Version: 1}})
	until := time.Now().UTC().AddDate(0, 0, 2)
	id := s.do(action.CreateEntry{Collection: "studies", Publish: true, Inputs: action.Inputs{"fr": {"title": "Eau rurale", "kind": "study",
		"document": string(guide), "summary": "Résumé.", "authors": []any{map[string]any{"author": "A. B."}}, "published_on": "2012",
		"languages": []any{"fr"}, "rights": "reserved", "embargo": map[string]any{"until": until.Format(time.DateOnly)}}}})
	s.catchUp()
	s.want("eau rurale", id)
	s.want("forages")
	find := func(live bool) int {
		leave, err := s.Turn(t.Context())
		s.must(err)
		defer leave()
		a, err := s.Search(t.Context(), search.Request{Text: "forages", Live: live, Locale: "fr", Groups: search.Everything("studies"), Size: 5})
		s.must(err)
		return a.Total
	}
	if n := find(false); n != 1 {
		t.Errorf("whoever reads drafts finds %d, want 1", n)
	}
	s.stop()
	s.now = func() time.Time { return until }
	s.start()
	if n := find(true); n != 1 {
		t.Errorf("found %d on the day the embargo ends, want 1", n)
	}
}

// TestSynonyms finds by what the thesaurus says is the same.
func TestSynonyms(t *testing.T) {
	s := newSite(t)
	long := s.news("Atelier", "Une formation à la gestion du cycle de projet.")
	arabic := s.news("Rencontre", "Le forum de بجاية a réuni les associations.")
	s.catchUp()
	s.want("GCP")
	s.do(action.CreateEntry{Collection: "terms", Publish: true, Inputs: action.Inputs{"fr": {"label": "Gestion du cycle de projet", "scheme": "skills",
		"synonyms": []any{map[string]any{"label": "GCP"}}}}})
	place := s.do(action.CreateEntry{Collection: "territories", Publish: true, Inputs: action.Inputs{
		"fr": {"name": "Béjaïa", "kind": "wilaya", "code": "06", "other_names": []any{map[string]any{"label": "Bougie"}}}, "ar": {"name": "بجاية"}}})
	s.catchUp()
	s.want("GCP", long)
	s.want("bejaia", arabic)
	s.want("bougie", arabic)
	s.do(action.TrashEntry{ID: place})
	s.catchUp()
	s.want("bougie")
}
