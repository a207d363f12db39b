package api_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/core/media/extract/extracttest"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// files makes the library of the site, with a worker that reads what is added.
// It reads in this process.
func (s *site) files(ctx context.Context, bucket storage.Bucket, log *commitlog.Log[content.Commit], run func(func())) *media.Library {
	s.t.Helper()
	temp := s.t.TempDir()
	s.reader = &counted{Extractor: extract.NewInside(extracttest.Cache(s.t), true)}
	s.follow = func(ctx context.Context, f commitlog.Follower[content.Commit]) error { return log.Follow(ctx, f) }
	s.media = media.New(media.Options{Bucket: bucket, Blobs: blob.New(bucket, temp), Runner: s.runner, View: s.view,
		Refresh:   func(context.Context) error { return nil },
		Extractor: s.reader, Temp: temp, Now: s.now, Log: slog.New(slog.DiscardHandler)})
	s.newID = action.NewIDs(time.Now, rand.Reader)
	s.bucket, s.uploads = bucket, s.media.Uploads(s.newID)
	worker := must(s.media.Worker(ctx))(s.t)
	run(func() { _ = log.Follow(ctx, worker) })
	run(func() { worker.Run(ctx) })
	return s.media
}

// textState waits until somebody has looked into a file.
func (s *site) textState(id any) map[string]any {
	s.t.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); {
		d := s.as("editor", "GET", fmt.Sprintf("/assets/%v", id), nil).data(s.t, 200)
		if text, ok := d["text"].(map[string]any); ok {
			return text
		}
		time.Sleep(50 * time.Millisecond) // as a client would
	}
	s.t.Fatalf("nobody has looked into %v: %s", id, s.log)
	return nil
}

// What is in a file is found out by itself, once however many look for it,
// and without getting in the way of who edits the asset meanwhile.
func TestTextOfFiles(t *testing.T) {
	s := newSite(t, siteOptions{})
	french := strings.Repeat("Les associations de la wilaya demandent que la concertation se poursuive. ", 5)
	sent := s.upload("editor", "/assets?name=bilan.txt", []byte(french+"\fDeuxième page"), "text/plain").data(t, 201)
	text := s.textState(sent["id"])
	if text["state"] != "found" || text["pages"] != 2.0 || text["language"] != "fr" || text["paged"] != true {
		t.Errorf("text: %v", text)
	}
	path := fmt.Sprintf("/assets/%v", sent["id"])
	after := s.as("editor", "PATCH", path, fields{"credit": "Moi"}, "If-Match", `"1"`).data(t, 200)
	if after["text"] == nil || after["revision"] != 2.0 {
		t.Errorf("after a change of the credit: %v", after)
	}
	var a content.Asset
	must(0, s.view.Read(t.Context(), func(tx *view.Tx) (err error) {
		n, err := tx.Noun(content.NounAsset, fmt.Sprint(sent["id"]))
		if err == nil {
			a, err = noun.Decode[content.Asset](n)
		}
		return err
	}))(t)
	pages := must(s.media.Pages(t.Context(), a.Blob))(t)
	if len(pages) != 2 || pages[1] != "Deuxième page" {
		t.Errorf("pages: %q", pages)
	}
	blank := s.upload("editor", "/assets?name=vide.txt", []byte(" \n \n"), "text/plain").data(t, 201)
	if text := s.textState(blank["id"]); text["state"] != "none" {
		t.Errorf("a file without text: %v", text)
	}
	if _, err := s.runner.Do(t.Context(), content.Actor{Kind: content.ActorUser, ID: string(s.users["administrator"])},
		action.DescribeAsset{ID: a.ID, Blob: a.Blob}); problem.KindOf(err) != problem.Forbidden {
		t.Errorf("a person says what is in a file: %v", err)
	}
}

// counted counts how often files are read.
type counted struct {
	extract.Extractor
	texts, pictures atomic.Int32
}

func (c *counted) Picture(ctx context.Context, f *os.File, mediaType string, p extract.Picture) (*extract.Drawn, error) {
	c.pictures.Add(1)
	return c.Extractor.Picture(ctx, f, mediaType, p)
}

func (c *counted) Text(ctx context.Context, f *os.File, mediaType string) (*extract.Text, error) {
	c.texts.Add(1)
	return c.Extractor.Text(ctx, f, mediaType)
}

func TestEachFileIsReadOnce(t *testing.T) {
	s := newSite(t, siteOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	second := must(s.media.Worker(ctx))(t)
	var running sync.WaitGroup
	running.Go(func() { _ = s.follow(ctx, second) })
	running.Go(func() { second.Run(ctx) })
	defer running.Wait()
	defer cancel()
	const files = 10
	var ids []any
	for i := range files {
		ids = append(ids, s.upload("editor", fmt.Sprintf("/assets?name=%d.txt", i), []byte(fmt.Sprint("texte ", i)), "text/plain").data(t, 201)["id"])
	}
	for _, id := range ids {
		s.textState(id)
	}
	if n := s.reader.texts.Load(); n != files {
		t.Errorf("%d files were read %d times", files, n)
	}
}

// Whoever removes a file removes its bytes and its text, unless another asset
// has the same ones.
func TestRemovingAFile(t *testing.T) {
	s := newSite(t, siteOptions{})
	left := func() (n int) {
		for _, prefix := range []string{"blobs/", "derived/"} {
			for object, err := range s.bucket.List(t.Context(), prefix, "") {
				if err != nil {
					t.Fatal(err)
				}
				t.Log(object.Key)
				n++
			}
		}
		return n
	}
	first := s.upload("editor", "/assets?name=a.txt", []byte("le même texte"), "text/plain").data(t, 201)
	second := s.upload("editor", "/assets?name=b.txt", []byte("le même texte"), "text/plain").data(t, 201)
	s.textState(first["id"])
	s.textState(second["id"])
	if n := left(); n != 2 {
		t.Fatalf("%d objects, want a blob and its text", n)
	}
	remove := func(d map[string]any) {
		t.Helper()
		if a := s.as("editor", "DELETE", fmt.Sprint("/assets/", d["id"]), nil); a.status != 204 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	remove(first)
	if n := left(); n != 2 {
		t.Errorf("%d objects are left although another has the same bytes", n)
	}
	remove(second)
	if n := left(); n != 0 {
		t.Errorf("%d objects are left", n)
	}
	again := s.upload("editor", "/assets?name=c.txt", []byte("le même texte"), "text/plain").data(t, 201)
	if got := s.send("visitor", "GET", fmt.Sprint(again["url"]), nil); string(got.body) != "le même texte" {
		t.Errorf("after the same bytes came again: %d %q", got.status, got.body)
	}
}

// Removing and adding the same bytes at once never leaves an asset without
// them.
func TestRemovingWhileAdding(t *testing.T) {
	s := newSite(t, siteOptions{})
	id := s.upload("editor", "/assets?name=a.bin", []byte{0, 1, 2}, "application/octet-stream").data(t, 201)["id"]
	for range 15 {
		var wg sync.WaitGroup
		next := make(chan any, 1)
		wg.Go(func() { s.as("editor", "DELETE", fmt.Sprint("/assets/", id), nil) })
		wg.Go(func() {
			for { // told to try again when the bytes went just then
				a := s.upload("editor", "/assets?name=a.bin", []byte{0, 1, 2}, "application/octet-stream")
				if a.status == 201 {
					next <- a.data(t, 201)["id"]
					return
				}
				if a.status != 503 {
					t.Errorf("%d %s", a.status, a.body)
					next <- id
					return
				}
			}
		})
		wg.Wait()
		id = <-next
		if a := s.as("editor", "GET", fmt.Sprintf("/assets/%v/file", id), nil); a.status != 200 || len(a.body) != 3 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
}
