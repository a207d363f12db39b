package transfer

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

// newSite is an empty site on a bucket in memory, with what is built in.
func newSite(t testing.TB) Site {
	t.Helper()
	bucket := storagetest.NewMemory()
	ctx, stop := context.WithCancel(context.Background())
	keys := keyring.Open(bucket, rand.Reader)
	kinds := schema.Builtin()
	log, err := commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: keys}),
		commitlog.Options{Node: "test", Now: time.Now, Rand: rand.Reader, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	db, err := view.Open(ctx, t.TempDir(), kinds, view.Options{})
	if err != nil {
		t.Fatal(err)
	}
	writer := commitlog.NewWriter(log, commitlog.Stage[content.Commit, *view.Tx](db), commitlog.WriterOptions{})
	var running sync.WaitGroup
	running.Go(func() {
		if err := writer.Run(ctx); err != nil {
			t.Errorf("writer: %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	runner, err := action.NewRunner(action.Config{Writer: writer, View: db, Kinds: kinds, Now: time.Now,
		NewID: action.NewIDs(time.Now, rand.Reader)})
	if err != nil {
		t.Fatal(err)
	}
	s := Site{View: db, Blobs: blob.New(bucket, t.TempDir()), Kinds: kinds, Runner: runner, Now: time.Now}
	do(t, s, action.Init{})
	return s
}

var robot = content.Actor{Kind: content.ActorSystem, ID: "test"}

func do(t testing.TB, s Site, a action.Action) action.Receipt {
	t.Helper()
	r, err := s.Runner.Do(t.Context(), robot, a)
	if err != nil {
		t.Fatalf("%s: %v", a.Name(), err)
	}
	return r
}

// filled makes a site that has something of everything, and gives the ids of
// some of its entries by name.
func filled(t testing.TB) (Site, map[string]content.EntryID) {
	t.Helper()
	s := newSite(t)
	ids := map[string]content.EntryID{}
	create := func(name, collection string, in action.Inputs, publish bool, parent string) {
		t.Helper()
		r := do(t, s, action.CreateEntry{Collection: collection, Inputs: in, Publish: publish, Parent: ids[parent]})
		ids[name] = content.EntryID(r.Subject)
	}
	create("term", "terms", action.Inputs{"fr": {"label": "Enfance", "scheme": "themes"}, "ar": {"label": "الطفولة"}}, true, "")
	create("root", "pages", action.Inputs{"fr": {"title": "Programme"}}, true, "")
	create("leaf", "pages", action.Inputs{"fr": {"title": "Objectifs", "blocks": []any{
		map[string]any{"type": "text", "body": fmt.Sprintf("[haut](entry:%s)", ids["root"])}}}}, true, "root")
	create("news", "news", action.Inputs{"fr": {"title": "Une nouvelle", "kind": "news", "themes": []any{string(ids["term"])}}}, true, "")
	create("planned", "news", action.Inputs{"fr": {"title": "Plus tard", "kind": "news"}}, false, "")
	create("trashed", "news", action.Inputs{"fr": {"title": "À jeter", "kind": "news"}}, false, "")
	create("person", "people", action.Inputs{"fr": {"full_name": "Canari Jaune", "role": "Animatrice", "consent_on": "2026-01-01"}}, true, "")
	create("changed", "news", action.Inputs{"fr": {"title": "Avant", "kind": "news", "source": map[string]any{"name": "Journal"}}}, true, "")
	do(t, s, action.SaveDraft{ID: ids["changed"], Inputs: action.Inputs{"fr": {"title": "Après", "source": nil}}})
	tomorrow := time.Now().Add(24 * time.Hour)
	do(t, s, action.ScheduleEntry{ID: ids["planned"], Locale: "fr", PublishAt: &tomorrow})
	do(t, s, action.TrashEntry{ID: ids["trashed"]})

	email, name := "canari@example.org", "Canari Vert"
	roles := []content.RoleID{"editor"}
	user := do(t, s, account.SaveUser{Set: account.UserFields{Email: &email, Name: &name, Roles: &roles}})
	do(t, s, account.SetPassword{User: content.UserID(user.Subject), Hash: "$argon2id$v=19$secret"})

	ref, err := s.Blobs.Put(t.Context(), bytes.NewReader([]byte("bytes of a file")), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, action.SaveAsset{Asset: content.Asset{Name: "note.txt", MediaType: "text/plain", Size: 15, Blob: string(ref), Decorative: true}})
	do(t, s, action.DefineCollection{Definition: schema.Collection{Name: "ateliers", Title: "name", Fields: []schema.Field{
		{Name: "name", Kind: "text", Localized: true, Required: true}}}})
	create("own", "ateliers", action.Inputs{"fr": {"name": "Atelier"}}, true, "")
	return s, ids
}

// archive exports a site into memory and opens what it wrote.
func archive(t testing.TB, s Site, o ExportOptions) ([]byte, *Archive) {
	t.Helper()
	var buf bytes.Buffer
	if _, err := Export(t.Context(), s, &buf, o); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes(), open(t, buf.Bytes())
}

func open(t testing.TB, raw []byte) *Archive {
	t.Helper()
	a, err := Open(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	return a
}
