// Package sdktest tests a plugin in the process of its test, with breakpoints
// and coverage, against a real site: the log, the view, the rights and the
// host's own checks, on a bucket in memory. Nothing of it is a stand-in.
package sdktest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// patience bounds whatever a test waits for; only a failure reaches it.
const patience = time.Minute

// Site is a site with the plugin installed, approved and running.
type Site struct {
	t      testing.TB
	name   string
	runner *action.Runner
	view   *view.DB
	query  *query.Engine
	host   *host.Host
	texts  *texts.Catalogue
	*host.Installer

	mu        sync.Mutex
	letters   []mail.Message
	elsewhere http.Handler
	refusal   refusal
	users     map[string]int // by role
}

// Admin is who sets the site up: the program itself, who may do everything.
var Admin = content.Actor{Kind: content.ActorSystem, ID: "test"}

// Visitor is somebody who is not signed in.
var Visitor = content.Actor{}

// Run installs a plugin on a new site and runs it until the test ends.
// settings may be nil.
func Run(t testing.TB, p sdk.Plugin, settings any) *Site {
	t.Helper()
	m, err := manifest.Parse(p.Manifest, schema.Builtin())
	if err != nil {
		t.Fatalf("plugin.json: %v", err)
	}
	s := newSite(t, m.Name, p)
	ctx := t.Context()
	in, err := s.InstallBundled(ctx, Admin, m.Name)
	s.must("install", err)
	if settings != nil {
		raw, err := json.Marshal(settings)
		s.must("write the settings", err)
		_, err = s.Configure(ctx, Admin, m.Name, raw, nil, nil)
		s.must("configure", err)
	}
	_, err = s.Approve(ctx, Admin, m.Name, in.Plugin.Pending.Version)
	s.must("approve", err)
	s.host.Wake()
	s.Until("the plugin runs", func() bool { st, _ := s.host.Status(m.Name); return st.State == host.Running })
	return s
}

func newSite(t testing.TB, name string, p sdk.Plugin) *Site {
	t.Helper()
	s := &Site{t: t, name: name, users: map[string]int{}}
	ctx, cancel := context.WithCancel(context.Background())
	bucket, kinds := storagetest.NewMemory(), schema.Builtin()
	keys := keyring.Open(bucket, rand.Reader)
	log, err := commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: keys}),
		commitlog.Options{Node: "test", Now: time.Now, Rand: rand.Reader, Temp: t.TempDir()})
	s.must("open the log", err)
	s.view, err = view.Open(ctx, t.TempDir(), kinds, view.Options{})
	s.must("open the view", err)
	writer := commitlog.NewWriter[content.Commit, *view.Tx](log, s.view, commitlog.WriterOptions{})
	gate := &host.Gate{}
	s.runner, err = action.NewRunner(action.Config{Writer: writer, View: s.view, Kinds: kinds, Now: time.Now,
		NewID: action.NewIDs(time.Now, rand.Reader), Hooks: []action.Hook{gate, &s.refusal}, Past: action.LogPast{View: s.view, Log: log}})
	s.must("make the runner", err)
	s.query = query.New(s.view, log, kinds, query.Options{Now: time.Now})
	s.texts, err = texts.Load()
	s.must("load the texts", err)
	socket := s.serve(ctx, p)
	bundled := []host.Bundled{{Manifest: p.Manifest, Plugin: p}}
	blobs := blob.New(bucket, t.TempDir())
	library := media.New(media.Options{Bucket: bucket, Blobs: blobs, Runner: s.runner, View: s.view,
		Refresh: func(context.Context) error { return nil }, Temp: t.TempDir(), Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	s.host, err = host.New(host.Options{Dir: t.TempDir(), Bucket: bucket, Blobs: blobs, View: s.view,
		Log: log, Runner: s.runner, Query: s.query, Kinds: kinds, Texts: s.texts, Now: time.Now, Rand: rand.Reader,
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Gate: gate, Locales: []content.Locale{"fr", "ar", "en"},
		Version: "test", Bundled: bundled, Attach: func(string) (string, bool) { return socket, true },
		Mail: s.take, Library: library, Network: s.network(), SiteURL: "https://site.example",
		Pace: host.Pace{Look: 5 * time.Millisecond, Hook: patience, Health: patience, Lease: patience, Call: patience,
			Jobs: jobs.Pace{Look: 20 * time.Millisecond, Lease: patience, Again: 5 * time.Millisecond, Most: 100 * time.Millisecond}}})
	s.must("make the host", err)
	s.Installer = &host.Installer{Bucket: bucket, Blobs: blobs, View: s.view, Runner: s.runner, Kinds: kinds, Bundled: bundled}
	var running sync.WaitGroup
	running.Go(func() { _ = writer.Run(ctx) }) // ends with ctx, as the next
	hosting, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	running.Go(func() { defer close(ended); _ = s.host.Run(hosting) })
	t.Cleanup(func() {
		stop()
		<-ended
		cancel()
		running.Wait()
		if err := s.view.Close(); err != nil {
			t.Errorf("close the view: %v", err)
		}
	})
	_, err = s.runner.Do(ctx, Admin, action.Init{})
	s.must("begin the site", err)
	return s
}

// serve serves the plugin on a socket, whose path is short.
func (s *Site) serve(ctx context.Context, p sdk.Plugin) string {
	s.t.Helper()
	dir, err := os.MkdirTemp("", "recueil-")
	s.must("make a folder", err)
	socket := filepath.Join(dir, "plugin")
	ln, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
	s.must("listen", err)
	served := make(chan error, 1)
	serving, stop := context.WithCancel(context.Background())
	go func() { served <- sdk.Serve(serving, p, ln) }() // until the test ends
	s.t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			s.t.Errorf("the plugin: %v", err)
		}
		_ = os.RemoveAll(dir)
	})
	return socket
}

func (s *Site) must(what string, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
}

// Until waits for something that has to happen.
func (s *Site) Until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); {
		if time.Now().After(deadline) {
			status, _ := s.host.Status(s.name)
			s.t.Fatalf("waited in vain: %s; the plugin: %+v", what, status)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// Create makes an entry as an administrator would, and publishes it. An error
// is a problem: problem.CodeOf gives its code.
func (s *Site) Create(collection string, values map[string]any) (id string, err error) {
	r, err := s.runner.Do(s.t.Context(), Admin, action.CreateEntry{Collection: collection, Inputs: action.Inputs{"fr": values}, Publish: true})
	return r.Subject, err
}

// Save changes an entry, and publishes it.
func (s *Site) Save(id string, values map[string]any) error {
	_, err := s.runner.Do(s.t.Context(), Admin, action.SaveDraft{ID: content.EntryID(id), Inputs: action.Inputs{"fr": values}})
	if err == nil {
		_, err = s.runner.Do(s.t.Context(), Admin, action.PublishEntry{ID: content.EntryID(id)})
	}
	return err
}

// Entry reads the newest values of an entry.
func (s *Site) Entry(collection, id string) map[string]any {
	s.t.Helper()
	got, err := s.query.Get(s.t.Context(), Admin, collection, id, query.Params{Locale: "fr", AnyLocale: true, Version: query.Version{Draft: true}})
	s.must("read "+id, err)
	var out map[string]any
	s.must("read "+id, json.Unmarshal(got.Item.AppendJSON(nil), &out))
	return out
}

// Request sends a request to a route of the plugin, and gives the status and
// the body. A refusal of the host is an error.
func (s *Site) Request(by content.Actor, method, path, body string) (int, string, error) {
	s.t.Helper()
	path, raw, _ := strings.Cut(path, "?")
	route, err := s.host.Route(s.t.Context(), s.name, method, path, by)
	if err != nil {
		return 0, "", err
	}
	r := host.Request{Method: method, Path: path, Query: raw, Header: http.Header{"Content-Type": {"application/json"}}, By: by}
	if body != "" {
		r.Body, r.Size = strings.NewReader(body), int64(len(body))
	}
	answer, err := s.host.Forward(s.t.Context(), route, r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	return answer.Status, string(got), err
}

// Form sends a form to a route of the plugin, as a browser without scripts does,
// and gives the status, where the answer leads, and its body.
func (s *Site) Form(by content.Actor, path string, values url.Values) (status int, location, body string) {
	s.t.Helper()
	route, err := s.host.Route(s.t.Context(), s.name, http.MethodPost, path, by)
	s.must("find "+path, err)
	raw := values.Encode()
	answer, err := s.host.Forward(s.t.Context(), route, host.Request{Method: http.MethodPost, Path: path, By: by, Body: strings.NewReader(raw), Size: int64(len(raw)),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}})
	s.must("send "+path, err)
	defer answer.Body.Close()
	got, err := io.ReadAll(answer.Body)
	s.must("read the answer of "+path, err)
	return answer.Status, answer.Header.Get("Location"), string(got)
}

// Find gives the id of the entry whose field has a value; there has to be one.
func (s *Site) Find(collection, field, value string) string {
	s.t.Helper()
	ids := s.FindAll(collection, field, value)
	if len(ids) != 1 {
		s.t.Fatalf("%d entries of %s have %q in %s", len(ids), collection, value, field)
	}
	return ids[0]
}

// FindAll gives the ids of the entries whose field has a value, at most a page
// of them.
func (s *Site) FindAll(collection, field, value string) []string {
	s.t.Helper()
	found := s.List(collection, url.Values{"filter[" + field + "][_eq]": {value}, "fields": {"id"}})
	ids := make([]string, len(found))
	for i, one := range found {
		ids[i] = fmt.Sprint(one["id"])
	}
	return ids
}

// List gives entries in their newest values, at most a page of them, asked for
// as the HTTP API is.
func (s *Site) List(collection string, q url.Values) (out []map[string]any) {
	s.t.Helper()
	q.Set("version", "draft")
	q.Set("fallback", "*")
	params, err := query.ParseParams(q.Encode())
	s.must("ask for entries of "+collection, err)
	found, err := s.query.Find(s.t.Context(), Admin, collection, params)
	s.must("look for entries of "+collection, err)
	for _, item := range found.Items {
		var one map[string]any
		s.must("read an entry of "+collection, json.Unmarshal(item.AppendJSON(nil), &one))
		out = append(out, one)
	}
	return out
}
