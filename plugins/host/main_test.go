//go:build unix

package host

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/host/state"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// The test binary is also the plugin. Started as one it serves and exits, and
// never runs a test: it would start itself again, for ever.
func TestMain(m *testing.M) {
	if os.Getenv(sdk.CookieKey) != "" {
		manifest := probeManifest
		if len(os.Args) == 2 { // as the interpreter of another version
			var err error
			if manifest, err = os.ReadFile(os.Args[1]); err != nil {
				panic(err)
			}
		}
		sdk.Main(probe(manifest))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

//go:embed testdata/plugin.json
var probeManifest []byte

// probe is a plugin that does what the titles of entries say.
func probe(manifest []byte) sdk.Plugin {
	var mu sync.Mutex
	var settings struct{ Mood string }
	failed := map[string]int{}
	return sdk.Plugin{
		Manifest: manifest,
		Check: func(_ context.Context, s sdk.Setup) error {
			var next struct{ Mood string }
			if err := s.Into(&next); err != nil {
				return err
			}
			if next.Mood == "grim" {
				return &sdk.RefusalError{Faults: []sdk.Fault{{Pointer: "/mood", Text: sdk.Texts{"fr": "Trop sombre.", "ar": "قاتم.", "en": "Too grim."}}}}
			}
			return nil
		},
		Configure: func(_ context.Context, s sdk.Setup) error {
			mu.Lock()
			defer mu.Unlock()
			fmt.Println("this goes to standard output and harms nobody")
			return s.Into(&settings)
		},
		BeforeCommit: func(ctx context.Context, c *sdk.Commit) error {
			for _, ch := range c.Changes {
				if ch.After == nil {
					continue
				}
				title, _ := ch.After.Values["title"].(string)
				switch title {
				case "refuse":
					c.Refuse(ch.After, "title", sdk.Texts{"fr": "Pas ce titre.", "ar": "ليس هذا العنوان.", "en": "Not this title."})
				case "patch":
					c.Set(ch.After, "mark", "seen, "+os.Getenv("MINIO_SECRET"))
				case "overreach":
					c.Set(ch.After, "title", "mine")
				case "panic":
					panic("as asked")
				case "slow":
					<-ctx.Done()
					return ctx.Err()
				case "exit":
					os.Exit(7)
				case "huge":
					c.Set(ch.After, "mark", strings.Repeat("x", 5<<20))
				}
			}
			return nil
		},
		Events: func(ctx context.Context, h *sdk.Host, events []sdk.Event) error {
			for _, e := range events {
				if e.What == sdk.Announced {
					if err := remember(ctx, h, e); err != nil {
						return err
					}
					continue
				}
				var seen struct{ Title string }
				if err := h.Get(ctx, e.Collection, e.ID, "version=draft", &seen); err != nil && !sdk.IsNotFound(err) {
					return err
				}
				mu.Lock()
				failed[e.ID]++
				n := failed[e.ID]
				mu.Unlock()
				switch {
				case seen.Title == "poison":
					return fmt.Errorf("cannot take %s", e.ID)
				case seen.Title == "hiccup" && n == 1:
					return fmt.Errorf("not yet")
				case seen.Title == "answer":
					if _, err := h.Save(ctx, e.ID, sdk.Locales{"fr": {"title": "answered"}}, sdk.Options{Key: e.ID + "answer"}); err != nil {
						return err
					}
				case strings.HasPrefix(seen.Title, "ping"):
					_, err := h.Save(ctx, e.ID, sdk.Locales{"fr": {"title": seen.Title + "."}}, sdk.Options{})
					var refused *sdk.ProblemError
					if errors.As(err, &refused) && refused.Code == "plugin_loop" {
						err = count(ctx, h, "loops")
					}
					if err != nil {
						return err
					}
				case seen.Title == "announce":
					if _, err := h.Announce(ctx, "full", map[string]string{"entry": e.ID}, e.ID); err != nil {
						return err
					}
				case seen.Title == "exit event" && n == 1:
					if v, err := h.State().Get(ctx, "exited", new(bool)); err == nil && v == sdk.Absent {
						if err := h.State().Put(ctx, "exited", true, sdk.Absent); err != nil {
							return err
						}
						os.Exit(9)
					}
				}
				if err := remember(ctx, h, e); err != nil {
					return err
				}
			}
			return nil
		},
		Render: func(_ context.Context, item *sdk.Item) (*sdk.Content, error) {
			return &sdk.Content{Title: "in " + item.Locale, Tree: sdk.Text("here")}, nil
		},
		Routes:  probeRoutes(),
		Jobs:    probeJobs(),
		Migrate: probeMigration,
	}
}

// probeJobs are jobs that tell in the state where they are, and wait there for
// the test to let them go on.
func probeJobs() map[string]func(context.Context, *sdk.Run) error {
	return map[string]func(context.Context, *sdk.Run) error{
		"steps": func(ctx context.Context, r *sdk.Run) error {
			var from int
			if err := r.Checkpoint(&from); err != nil {
				return err
			}
			for i := from; i < 3; i++ {
				if err := count(ctx, r.Host, fmt.Sprintf("step %d", i)); err != nil {
					return err
				}
				if err := r.Progress(float64(i+1)/4, sdk.Texts{"en": fmt.Sprintf("step %d", i)}, i+1); err != nil {
					return err
				}
				if i == 1 {
					if err := released(ctx, r.Host); err != nil {
						return err
					}
				}
			}
			return nil
		},
		"wait": func(ctx context.Context, _ *sdk.Run) error {
			<-ctx.Done()
			return ctx.Err()
		},
		"fail": func(context.Context, *sdk.Run) error { return sdk.Permanent(fmt.Errorf("no way")) },
		"tick": func(ctx context.Context, r *sdk.Run) error { return count(ctx, r.Host, "tick") },
	}
}

// probeMigration takes three steps, and waits after the second.
func probeMigration(ctx context.Context, m *sdk.Migration) error {
	if m.Back {
		var stubborn bool
		if _, err := m.Host.State().Get(ctx, "stubborn", &stubborn); err != nil || stubborn {
			return errors.Join(err, errors.New("it cannot be undone"))
		}
		return count(ctx, m.Host, "back to "+m.To)
	}
	var from int
	if err := m.Checkpoint(&from); err != nil {
		return err
	}
	for i := from; i < 3; i++ {
		if err := count(ctx, m.Host, fmt.Sprintf("from %s: %d", m.From, i)); err != nil {
			return err
		}
		if err := m.Progress(float64(i+1)/3, nil, i+1); err != nil {
			return err
		}
		if i == 1 {
			if err := released(ctx, m.Host); err != nil {
				return err
			}
		}
	}
	return nil
}

// count adds one to a value of the state.
func count(ctx context.Context, h *sdk.Host, key string) error {
	for {
		var n int
		version, err := h.State().Get(ctx, key, &n)
		if err != nil {
			return err
		}
		if err = h.State().Put(ctx, key, n+1, version); !sdk.IsStale(err) {
			return err
		}
	}
}

// released waits until the test lets a job go on.
func released(ctx context.Context, h *sdk.Host) error {
	for {
		var yes bool
		if _, err := h.State().Get(ctx, "released", &yes); err != nil || yes {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// remember keeps what was delivered, in the order in which it came.
func remember(ctx context.Context, h *sdk.Host, e sdk.Event) error {
	for {
		var log []string
		version, err := h.State().Get(ctx, "log", &log)
		if err != nil {
			return err
		}
		err = h.State().Put(ctx, "log", append(log, strings.TrimRight(fmt.Sprintf("%d %s %s %s %s %s", e.Seq, e.Action, e.What, e.Plugin, e.Name, e.Body), " ")), version)
		if !sdk.IsStale(err) {
			return err
		}
	}
}

func probeRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /who", func(w http.ResponseWriter, r *http.Request) {
		who, err := sdk.From(r).Host.Who(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(who)
	})
	return mux
}

// site is a node with a host, on a memory bucket.
type site struct {
	t      *testing.T
	bucket storage.Bucket
	log    *commitlog.Log[content.Commit]
	view   *view.DB
	runner *action.Runner
	query  *query.Engine
	host   *Host
	*Installer
	stop func() // the host
}

var robot = content.Actor{Kind: content.ActorSystem, ID: "test"}

// quick is a pace for tests: short pauses, long patience.
var quick = Pace{Start: time.Minute, Answer: time.Minute, Drain: time.Minute, Health: 20 * time.Second,
	Again: 2 * time.Millisecond, Most: 50 * time.Millisecond, Look: 5 * time.Millisecond, Deliver: time.Minute,
	Lease: time.Minute, Falls: 100, Jobs: jobs.Pace{Look: 20 * time.Millisecond, Lease: time.Minute, Again: 5 * time.Millisecond, Most: 50 * time.Millisecond}, Hook: 20 * time.Second, Call: 20 * time.Second}

func newSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	return siteOn(t, storagetest.NewMemory(), t.TempDir(), change)
}

func siteOn(t *testing.T, bucket storage.Bucket, dir string, change func(*Options)) *site {
	t.Helper()
	s := &site{t: t, bucket: bucket}
	kinds, now := schema.Builtin(), time.Now
	ctx, cancel := context.WithCancel(context.Background())
	keys := keyring.Open(bucket, rand.Reader)
	var err error
	s.log, err = commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: keys}),
		commitlog.Options{Node: "test", Now: now, Rand: rand.Reader, Temp: t.TempDir()})
	s.must(err)
	s.view, err = view.Open(ctx, t.TempDir(), kinds, view.Options{})
	s.must(err)
	writer := commitlog.NewWriter[content.Commit, *view.Tx](s.log, s.view, commitlog.WriterOptions{})
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		s.must(s.view.Close())
	})
	gate := &Gate{}
	s.runner, err = action.NewRunner(action.Config{Writer: writer, View: s.view, Kinds: kinds, Now: now,
		NewID: action.NewIDs(now, rand.Reader), Hooks: []action.Hook{gate}, Past: action.LogPast{View: s.view, Log: s.log}})
	s.must(err)
	s.must(s.view.WaitFor(ctx, s.log.Head()))
	if s.log.Head() == 0 {
		s.do(action.Init{})
		s.do(action.DefineCollection{Definition: schema.Collection{ID: "notes", Name: "notes", Title: "title", Fields: []schema.Field{
			{ID: "title", Name: "title", Kind: "text", Localized: true}, {ID: "hidden", Name: "hidden", Kind: "text", Sees: schema.Coordinators},
		}}, Locale: "fr"})
	}
	s.query = query.New(s.view, s.log, kinds, query.Options{Now: now})
	catalogue, err := texts.Load()
	s.must(err)
	exe, err := os.Executable()
	s.must(err)
	o := Options{Dir: dir, Bucket: bucket, Blobs: blob.New(bucket, t.TempDir()), View: s.view, Log: s.log, Runner: s.runner,
		Query: s.query, Kinds: kinds, Texts: catalogue, Now: now, Rand: rand.Reader, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Gate: gate, Locales: []content.Locale{"fr", "ar", "en"}, Version: "test", Program: exe, Pace: quick,
		Bundled: []Bundled{{Manifest: probeManifest}}}
	if change != nil {
		change(&o)
	}
	s.host, err = New(o)
	s.must(err)
	s.Installer = &Installer{Bucket: bucket, Blobs: o.Blobs, View: s.view, Runner: s.runner, Kinds: kinds, Bundled: o.Bundled}
	hosting, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.host.Run(hosting)
	}()
	s.stop = sync.OnceFunc(func() { end(); <-ended })
	t.Cleanup(func() {
		s.stop()
		if t.Failed() {
			s.host.mu.Lock()
			known := slices.Collect(maps.Values(s.host.plugins))
			s.host.mu.Unlock()
			for _, p := range known {
				t.Logf("%s: %+v", p.name, p.status())
			}
		}
	})
	return s
}

func (s *site) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) do(a action.Action) action.Receipt {
	s.t.Helper()
	r, err := s.runner.Do(s.t.Context(), robot, a)
	s.must(err)
	return r
}

// run installs the probe, agrees to what it asks for, and waits until it runs.
func (s *site) run() {
	s.t.Helper()
	in, err := s.InstallBundled(s.t.Context(), robot, "probe")
	s.must(err)
	_, err = s.Approve(s.t.Context(), robot, "probe", in.Plugin.Pending.Version)
	s.must(err)
	s.host.Wake()
	s.until("it runs", func() bool { return s.status().State == Running })
}

func (s *site) status() Status {
	st, _ := s.host.Status("probe")
	return st
}

// until waits for something that has to happen.
func (s *site) until(what string, holds func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain: %s; %+v", what, s.status())
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// create makes an entry and gives its id, or the error.
func (s *site) create(collection, title string) (content.EntryID, error) {
	r, err := s.runner.Do(s.t.Context(), robot, action.CreateEntry{Collection: collection,
		Inputs: action.Inputs{"fr": {"title": title}}})
	return content.EntryID(r.Subject), err
}

func (s *site) entry(id content.EntryID) *content.Entry {
	s.t.Helper()
	var e *content.Entry
	s.must(s.view.Read(s.t.Context(), func(tx *view.Tx) (err error) {
		e, err = tx.Entry(id)
		return err
	}))
	return e
}

// values are those that the probe keeps, or another plugin.
func (s *site) values(of ...string) *state.Values {
	s.t.Helper()
	p, err := s.Find(s.t.Context(), append(of, "probe")[0])
	s.must(err)
	return state.New(s.bucket, wire.Folder(p.ID)+"state/", 1<<20)
}

// value reads a number that the probe keeps.
func (s *site) value(key string) (n int) {
	s.t.Helper()
	v, err := s.values().Get(s.t.Context(), key)
	s.must(err)
	if v.Found {
		s.must(json.Unmarshal(v.Value, &n))
	}
	return n
}

// delivered is what the probe was told, or another plugin, in the order in
// which it came.
func (s *site) delivered(to ...string) []string {
	s.t.Helper()
	v, err := s.values(to...).Get(s.t.Context(), "log")
	s.must(err)
	var out []string
	if v.Found {
		s.must(json.Unmarshal(v.Value, &out))
	}
	return out
}

// tarOf makes a bundle of files.
func tarOf(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw, err := gzip.NewWriterLevel(&buf, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	tw := tar.NewWriter(zw)
	for name, body := range files {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(body)), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}
