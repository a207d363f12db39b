package action_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// clock is a clock that tests set.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(time.Microsecond)
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// site is a real stack: one node on a bucket.
type site struct {
	t      testing.TB
	bucket storage.Bucket
	clock  *clock
	keys   *keyring.Keyring
	log    *commitlog.Log[content.Commit]
	db     *view.DB
	runner *action.Runner
}

var robot = content.Actor{Kind: content.ActorSystem, ID: "test"}

func newSite(t testing.TB, hooks ...action.Hook) *site {
	return node(t, storagetest.NewMemory(), newClock(), "one", hooks...)
}

// node starts a node on a bucket; it stops with the test.
func node(t testing.TB, bucket storage.Bucket, clock *clock, name string, hooks ...action.Hook) *site {
	t.Helper()
	s := &site{t: t, bucket: bucket, clock: clock, keys: keyring.Open(bucket, rand.Reader)}
	ctx, stop := context.WithCancel(context.Background())
	kinds := schema.Builtin()
	var err error
	s.log, err = commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: s.keys}),
		commitlog.Options{Node: name, Now: clock.now, Rand: rand.Reader, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if s.db, err = view.Open(ctx, t.TempDir(), kinds, view.Options{}); err != nil {
		t.Fatal(err)
	}
	writer := commitlog.NewWriter[content.Commit, *view.Tx](s.log, s.db, commitlog.WriterOptions{})
	var running sync.WaitGroup
	running.Go(func() {
		if err := writer.Run(ctx); err != nil {
			t.Errorf("writer: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := s.db.Close(); err != nil {
			t.Errorf("close the view: %v", err)
		}
	})
	s.runner, err = action.NewRunner(action.Config{Writer: writer, View: s.db, Kinds: kinds, Now: clock.now,
		NewID: action.NewIDs(clock.now, rand.Reader), Hooks: hooks, Past: action.LogPast{View: s.db, Log: s.log}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// do carries out an action that must succeed.
func (s *site) do(by content.Actor, a action.Action) action.Receipt {
	s.t.Helper()
	r, err := s.runner.Do(s.t.Context(), by, a)
	if err != nil {
		s.t.Fatalf("%s: %v", a.Name(), err)
	}
	return r
}

// refuse carries out an action that must be refused with a code.
func (s *site) refuse(by content.Actor, a action.Action, code string) *problem.Error {
	s.t.Helper()
	r, err := s.runner.Do(s.t.Context(), by, a)
	if err == nil {
		s.t.Fatalf("%s was let through as %+v, not refused with %s", a.Name(), r, code)
	}
	if problem.CodeOf(err) != code {
		s.t.Fatalf("%s was refused with %v, not %s", a.Name(), err, code)
	}
	p, _ := errors.AsType[*problem.Error](err)
	return p
}

// entry reads an entry from the view.
func (s *site) entry(id content.EntryID) *content.Entry {
	s.t.Helper()
	var e *content.Entry
	err := s.db.Read(s.t.Context(), func(tx *view.Tx) (err error) {
		e, err = tx.Entry(id)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

// notes is a small collection with a bit of everything.
const notes = `{
 "id":"notes","name":"notes","title":"title","slug":"slug",
 "fields":[
  {"id":"title","name":"title","kind":"text","localized":true,"required":true,"settings":{"max_length":200}},
  {"id":"slug","name":"slug","kind":"slug","localized":true,"settings":{"source":"title"}},
  {"id":"body","name":"body","kind":"longtext","localized":true},
  {"id":"code","name":"code","kind":"text","unique":true},
  {"id":"score","name":"score","kind":"number"},
  {"id":"owner","name":"owner","kind":"text"},
  {"id":"contact","name":"contact","kind":"text","personal":true,"visibility":"coordinators"},
  {"id":"related","name":"related","kind":"relation","settings":{"to":["notes"],"many":true}},
  {"id":"picture","name":"picture","kind":"asset","settings":{"media_types":["image/*"]}}
 ]}`

func define(t testing.TB, raw string) schema.Collection {
	t.Helper()
	c, err := schema.ParseCollection([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return *c
}

// withNotes is a site with the collection of notes, changed as asked.
func withNotes(t testing.TB, change func(c *schema.Collection)) *site {
	s := newSite(t)
	s.defineNotes(change)
	return s
}

func (s *site) defineNotes(change func(c *schema.Collection)) {
	s.t.Helper()
	c := define(s.t, notes)
	if change != nil {
		change(&c)
	}
	s.do(robot, action.DefineCollection{Definition: c})
}

// in is input in French.
func in(pairs ...any) action.Inputs { return action.Inputs{"fr": values(pairs...)} }

func values(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

// note makes a note in French.
func (s *site) note(pairs ...any) content.EntryID {
	s.t.Helper()
	return content.EntryID(s.do(robot, action.CreateEntry{Collection: "notes", Inputs: in(pairs...)}).Subject)
}

// user makes a user with a role of these grants.
func (s *site) user(name string, grants ...access.Grant) content.Actor {
	s.t.Helper()
	role := access.Role{ID: content.RoleID(name), Name: name, Grants: grants, Sees: schema.Coordinators}
	s.do(robot, account.SaveRole{Role: role})
	return s.person(name, role.ID)
}

func (s *site) person(name string, roles ...content.RoleID) content.Actor {
	s.t.Helper()
	email := name + "@example.org"
	r := s.do(robot, account.SaveUser{Set: account.UserFields{Name: &name, Email: &email, Roles: &roles}})
	return content.Actor{Kind: content.ActorUser, ID: r.Subject}
}

func grants(collection string, verbs ...access.Verb) access.Grant {
	return access.Grant{Collection: collection, Verbs: verbs}
}

func rows(g access.Grant, filter string) access.Grant {
	g.Rows = json.RawMessage(filter)
	return g
}

func at(n int) *int { return &n }

func pointers(p *problem.Error) []string {
	var out []string
	for _, f := range p.Fields {
		out = append(out, f.Pointer+" "+f.Code)
	}
	return out
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s is %s, want %s", what, g, w)
	}
}
