package search_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

var system = content.Actor{Kind: content.ActorSystem, ID: "test"}

// site is a log with its view, and a text index that follows it.
type site struct {
	t      testing.TB
	log    *commitlog.Log[content.Commit]
	now    func() time.Time // nil: time.Now
	keys   *keyring.Keyring
	view   *view.DB
	runner *action.Runner
	pages  *pages
	dir    string // of the index

	*search.Index
	stop func() // ends the index
}

// pages are files with text.
type pages struct {
	mu   sync.Mutex
	text map[string][]string
}

func (p *pages) Pages(_ context.Context, blob string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if text, ok := p.text[blob]; ok {
		return text, nil
	}
	return nil, storage.ErrNotExist
}

func newSite(t testing.TB) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "search"), pages: &pages{text: map[string][]string{}}}
	bucket, kinds := storagetest.NewMemory(), schema.Builtin()
	s.keys = keyring.Open(bucket, rand.Reader)
	var err error
	s.log, err = commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: s.keys}), commitlog.Options{
		Node: "test", Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler), Temp: t.TempDir()})
	s.must(err)
	s.view, err = view.Open(ctx, t.TempDir(), kinds, view.Options{})
	s.must(err)
	writer := commitlog.NewWriter(s.log, commitlog.Stage[content.Commit, *view.Tx](s.view), commitlog.WriterOptions{})
	s.runner, err = action.NewRunner(action.Config{Writer: writer, View: s.view, Kinds: kinds, Now: time.Now,
		NewID: action.NewIDs(time.Now, rand.Reader), Past: action.LogPast{View: s.view, Log: s.log}})
	s.must(err)
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) })
	s.do(action.Init{})
	s.start()
	t.Cleanup(func() {
		s.stop()
		cancel()
		running.Wait()
		s.must(s.view.Close())
	})
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// start opens the index and lets it follow.
func (s *site) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	x, err := search.Open(ctx, s.dir, search.Options{View: s.view, Log: s.log, Kinds: schema.Builtin(),
		Locales: []content.Locale{"fr", "ar", "en"}, Pages: s.pages, Now: s.clock})
	if err != nil {
		cancel()
		s.t.Fatal(err)
	}
	s.Index = x
	var running sync.WaitGroup
	running.Go(func() { s.note(x.Rebuilds(ctx)) })
	running.Go(func() { s.note(x.Run(ctx)) })
	var once sync.Once
	s.stop = func() {
		once.Do(func() {
			cancel()
			running.Wait()
			s.must(x.Close())
		})
	}
}

func (s *site) note(err error) {
	if err != nil {
		s.t.Error(err)
	}
}

func (s *site) do(a action.Action) content.EntryID {
	s.t.Helper()
	r, err := s.runner.Do(context.Background(), system, a)
	if err != nil {
		s.t.Fatalf("%s: %v", a.Name(), err)
	}
	return content.EntryID(r.Subject)
}

// catchUp waits until the index has everything.
func (s *site) catchUp() {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for s.Seq() != s.view.Seq() || s.Building() {
		if time.Now().After(deadline) {
			s.t.Fatalf("the index is at %d of %d, building: %v", s.Seq(), s.view.Seq(), s.Building())
		}
		time.Sleep(time.Millisecond)
	}
}

// news publishes a piece of news.
func (s *site) news(title, body string) content.EntryID {
	s.t.Helper()
	id := s.do(action.CreateEntry{Collection: "news", Inputs: action.Inputs{"fr": {"title": title, "slug": "", "kind": "news", "body": body}}})
	s.do(action.PublishEntry{ID: id, Locales: []content.Locale{"fr"}})
	return id
}

// finds gives the entries that have words.
func (s *site) finds(words string) []content.EntryID {
	s.t.Helper()
	leave, err := s.Turn(s.t.Context())
	s.must(err)
	defer leave()
	a, err := s.Search(s.t.Context(), search.Request{Text: words, Live: true, Locale: "fr",
		Groups: search.Everything("news", "people", "studies"), Size: 100})
	s.must(err)
	ids := make([]content.EntryID, len(a.Hits))
	for i, h := range a.Hits {
		ids[i] = h.Entry
	}
	return ids
}

func (s *site) want(words string, ids ...content.EntryID) {
	s.t.Helper()
	got := s.finds(words)
	slices.Sort(got)
	slices.Sort(ids)
	if !slices.Equal(got, ids) {
		s.t.Errorf("%q finds %v, want %v", words, got, ids)
	}
}

// model lists the documents that the index should have, by the view.
func (s *site) model(live bool) []string {
	s.t.Helper()
	var want []string
	s.must(s.view.Read(context.Background(), func(tx *view.Tx) error {
		ids, err := tx.EntryIDs("", 10_000)
		if err != nil {
			return err
		}
		for _, id := range ids {
			e, err := tx.Entry(id)
			if err != nil {
				return err
			}
			faces := e.Locales()
			if len(faces) == 0 {
				faces = []content.Locale{content.Shared}
			}
			for _, l := range faces {
				there := e.TrashedAt == nil && e.Working(l) != nil
				if live {
					there = e.Live(l) != nil
				}
				if there {
					want = append(want, fmt.Sprintf("%s/%s", id, l))
				}
			}
		}
		return nil
	}))
	slices.Sort(want)
	return want
}

// same holds the index against the model: nothing is lost, nothing double.
func (s *site) same() {
	s.t.Helper()
	for _, live := range []bool{true, false} {
		got, err := s.Documents(live)
		s.must(err)
		slices.Sort(got)
		if want := s.model(live); !slices.Equal(got, want) {
			s.t.Errorf("live %v: the index has %d documents %v, want %d %v", live, len(got), got, len(want), want)
		}
	}
}

func (s *site) clock() time.Time {
	if s.now != nil {
		return s.now()
	}
	return time.Now()
}
