package desk_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/app/apptest"
	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/lease"
	"github.com/recueil-cms/recueil/storage/storagetest"
	"github.com/recueil-cms/recueil/storage/view"
)

var shared apptest.Demo

func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }

// clock is a clock that tests set.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// open makes a desk on a bucket, without anybody who lets it run.
func open(t *testing.T, bucket storage.Bucket, c *clock) *desk.Desk {
	t.Helper()
	return openWith(t, bucket, c, func(context.Context) error { return nil })
}

// openWith is open with what brings the view up to date.
func openWith(t *testing.T, bucket storage.Bucket, c *clock, refresh func(context.Context) error) *desk.Desk {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "view")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(shared.Folder(t), "view"))); err != nil {
		t.Fatal(err)
	}
	kinds := schema.Builtin()
	db, err := view.Open(t.Context(), dir, kinds, view.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	return desk.New(desk.Options{
		Source: book.Source{Query: query.New(db, nil, kinds, query.Options{Now: c.now}), Kinds: kinds, Texts: catalogue,
			BaseURL: func() string { return "https://pact.example.org" }},
		Bucket: bucket, Refresh: refresh, Locales: []content.Locale{"fr", "ar", "en"},
		Now: c.now, Log: slog.New(slog.DiscardHandler),
	})
}

var french = book.Form{Paper: "a5", Locales: []content.Locale{"fr"}}

func state(t *testing.T, d *desk.Desk, id string, want desk.State) *desk.Job {
	t.Helper()
	j, err := d.Job(t.Context(), id)
	if err != nil || j.State != want {
		t.Fatalf("the order is %+v, %v; want %s", j, err, want)
	}
	return j
}

// Two nodes have one order: whoever is at it keeps the other from it, what one
// has made the other hands out, and it has one name on both.
func TestTwoNodes(t *testing.T) {
	bucket := storagetest.NewMemory()
	c := &clock{time.Date(2026, 3, 15, 9, 0, 0, 0, time.UTC)}
	one, other := open(t, bucket, c), open(t, bucket, c)
	asked, err := one.AskCopy(t.Context(), french)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := other.AskCopy(t.Context(), french); err != nil || again.ID != asked.ID {
		t.Fatalf("asked again: %+v %v", again, err)
	}
	held, err := lease.Take(t.Context(), bucket, "leases/book/"+asked.ID, c.now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	state(t, other, asked.ID, desk.Waiting)
	if err := held.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := other.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	j := state(t, one, asked.ID, desk.Done)
	if j.Percent() != 100 || len(j.Files) != 1 || j.Files[0].Pages < 60 || j.Profiles != 60 {
		t.Errorf("made %+v", j)
	}
	body, _, err := one.Open(t.Context(), j, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err != nil || int64(len(data)) != j.Files[0].Size || !bytes.HasPrefix(data, []byte("%PDF-")) {
		t.Errorf("%d bytes of %d, %v", len(data), j.Files[0].Size, err)
	}
}

// An order that a node left when it died is made by the next, once its lease is
// void; what fails for reasons of ours is tried a few times and then said to
// have failed; old copies go.
func TestLeftAndOld(t *testing.T) {
	bucket := storagetest.NewMemory()
	c := &clock{time.Date(2026, 3, 15, 9, 0, 0, 0, time.UTC)}
	behind := errors.New("the log cannot be read")
	one, other := openWith(t, bucket, c, func(context.Context) error { return behind }), open(t, bucket, c)
	j, err := one.AskCopy(t.Context(), french)
	if err != nil {
		t.Fatal(err)
	}
	if err := one.Work(t.Context()); !errors.Is(err, behind) {
		t.Fatalf("a book was made of an old view: %v", err)
	}
	state(t, other, j.ID, desk.Making)
	if err := other.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	state(t, other, j.ID, desk.Done)

	second := book.Form{Paper: "a5", Locales: []content.Locale{"en"}}
	if j, err = one.AskCopy(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	for range 6 {
		_ = one.Work(t.Context()) // fails
	}
	if failed := state(t, one, j.ID, desk.Failed); failed.Problem != "book_failed" {
		t.Errorf("failed with %q", failed.Problem)
	}
	if again, err := other.AskCopy(t.Context(), second); err != nil || again.State != desk.Waiting {
		t.Errorf("asked again: %+v %v", again, err)
	}
	if err := other.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	state(t, other, j.ID, desk.Done)

	c.at = c.at.Add(72 * time.Hour)
	if err := other.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	for object, err := range bucket.List(t.Context(), "books/", "") {
		t.Errorf("%s is still there (%v)", object.Key, err)
	}
}

func TestLimits(t *testing.T) {
	bucket := storagetest.NewMemory()
	c := &clock{time.Date(2026, 3, 15, 9, 0, 0, 0, time.UTC)}
	d := open(t, bucket, c)
	for range desk.MaxWaiting { // a day each, so that they differ
		if _, err := d.AskCopy(t.Context(), french); err != nil {
			t.Fatal(err)
		}
		c.at = c.at.Add(24 * time.Hour)
	}
	if _, err := d.AskCopy(t.Context(), french); problem.CodeOf(err) != "book_busy" {
		t.Errorf("one order too many: %v", err)
	}
	if _, err := d.AskCopy(t.Context(), book.Form{Paper: "a3", Locales: []content.Locale{"fr"}}); problem.KindOf(err) != problem.Invalid {
		t.Errorf("an unknown paper: %v", err)
	}
	for _, id := range []string{"", "../log", strings.Repeat("a", 65), "a/b", "none"} {
		if _, err := d.Job(t.Context(), id); problem.KindOf(err) != problem.NotFound {
			t.Errorf("order %q: %v", id, err)
		}
	}
}
