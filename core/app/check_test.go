package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

// open opens a node for a test; it is closed with the test unless before.
func open(t *testing.T, bucket storage.Bucket, data string) *node {
	t.Helper()
	n, err := openNode(t.Context(), Config{Data: data}, Parts{Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func closeNode(t *testing.T, n *node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := n.close(ctx); err != nil {
		t.Fatal(err)
	}
}

// checkable is a bucket with personal values, an erasure, a file and segments.
func checkable(t *testing.T, data string) *storagetest.Memory {
	t.Helper()
	bucket := storagetest.NewMemory()
	n := open(t, bucket, data)
	do := func(a action.Action) action.Receipt {
		t.Helper()
		r, err := n.runner.Do(t.Context(), system("test"), a)
		if err != nil {
			t.Fatalf("%s: %v", a.Name(), err)
		}
		return r
	}
	person := func(name string) content.EntryID {
		return content.EntryID(do(action.CreateEntry{Collection: "people", Inputs: action.Inputs{"fr": {
			"full_name": name, "role": "Animatrice", "consent_on": "2026-01-01"}}}).Subject)
	}
	person("Canari Jaune")
	receipt := do(action.EraseEntry{ID: person("Canari Vert")})
	if err := n.finishErasure(t.Context(), receipt.Seq); err != nil {
		t.Fatal(err)
	}
	ref, err := n.blobs.Put(t.Context(), bytes.NewReader([]byte("some bytes")), 1000)
	if err != nil {
		t.Fatal(err)
	}
	do(action.SaveAsset{Asset: content.Asset{Name: "a.txt", MediaType: "text/plain", Size: 10, Blob: string(ref), Decorative: true}})
	for i := range 300 { // more than one segment takes
		do(action.CreateEntry{Collection: "pages", Inputs: action.Inputs{"fr": {"title": "Page " + string(rune('a'+i%26))}}})
	}
	closeNode(t, n)
	later, err := commitlog.Open(t.Context(), bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: n.keys}), commitlog.Options{
		Node: "later", Now: func() time.Time { return time.Now().Add(time.Hour) }, Rand: rand.Reader, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := later.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	return bucket
}

func checkIt(t *testing.T, bucket storage.Bucket, data string) *Findings {
	t.Helper()
	f, err := check(t.Context(), Config{Data: data}, Parts{Bucket: bucket}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func codes(f *Findings) []string {
	var out []string
	for _, d := range f.First {
		out = append(out, d.Code)
	}
	return out
}

func TestCheckFindsASoundBucketSound(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	bucket := checkable(t, data)
	before := objects(t, bucket)
	f := checkIt(t, bucket, data)
	if f.Damage != 0 {
		t.Fatalf("a sound bucket is damaged: %+v", f.First)
	}
	if f.Records < 300 || f.Merged != 256 || f.Sealed == 0 || f.Erased == 0 || f.Blobs != 1 || f.Entries != 302 || f.View != "equal" {
		t.Errorf("found %+v", f)
	}
	if after := objects(t, bucket); !slices.Equal(before, after) {
		t.Error("a check wrote to the bucket")
	}
}

// objects lists what a bucket holds, with its ETags.
func objects(t *testing.T, b storage.Bucket) []string {
	t.Helper()
	var out []string
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, o.Key+" "+o.ETag)
	}
	return out
}

// Each harm done behind the program's back is found and named.
func TestCheckFindsDamage(t *testing.T) {
	sound := checkable(t, t.TempDir())
	for name, c := range map[string]struct {
		harm func(t *testing.T, b storage.Bucket)
		want string
	}{
		"a record is changed":        {func(t *testing.T, b storage.Bucket) { flip(t, b, nth(t, b, "log/", 270)) }, "record_damaged"},
		"the last record is changed": {func(t *testing.T, b storage.Bucket) { flip(t, b, last(t, b, "log/")) }, "log_unreadable"},
		"a record is removed":        {func(t *testing.T, b storage.Bucket) { remove(t, b, nth(t, b, "log/", 280)) }, "record_missing"},
		"a fence is removed":         {func(t *testing.T, b storage.Bucket) { remove(t, b, nth(t, b, "log/", 3)) }, "record_missing"},
		"a segment is changed":       {func(t *testing.T, b storage.Bucket) { flip(t, b, last(t, b, "segments/")) }, "record_damaged"},
		"a key is removed":           {func(t *testing.T, b storage.Bucket) { remove(t, b, last(t, b, "keys/")) }, "key_missing"},
		"a blob is removed":          {func(t *testing.T, b storage.Bucket) { remove(t, b, last(t, b, "blobs/")) }, "blob_missing"},
		"a blob is changed":          {func(t *testing.T, b storage.Bucket) { flip(t, b, last(t, b, "blobs/")) }, "blob_damaged"},
		"a stranger's object":        {func(t *testing.T, b storage.Bucket) { put(t, b, "log/stranger", []byte("x")) }, "odd_key"},
	} {
		t.Run(name, func(t *testing.T) {
			bucket := copied(t, sound)
			c.harm(t, bucket)
			if f := checkIt(t, bucket, t.TempDir()); !slices.Contains(codes(f), c.want) {
				t.Errorf("found %v, want %s", codes(f), c.want)
			}
		})
	}
}

// copied is another bucket with the same objects.
func copied(t *testing.T, from storage.Bucket) *storagetest.Memory {
	t.Helper()
	to := storagetest.NewMemory()
	for o, err := range from.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		put(t, to, o.Key, bytesOf(t, from, o.Key))
	}
	return to
}

func bytesOf(t *testing.T, b storage.Bucket, key string) []byte {
	t.Helper()
	r, _, err := b.Get(t.Context(), key, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestCheckComparesTheView(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	bucket := checkable(t, data)
	other := filepath.Join(t.TempDir(), "other")
	closeNode(t, open(t, storagetest.NewMemory(), other))
	if f := checkIt(t, bucket, other); !slices.Contains(codes(f), "view_differs") {
		t.Errorf("a view of another log gave %v, %s", codes(f), f.View)
	}
	n := open(t, bucket, data)
	defer closeNode(t, n)
	if f := checkIt(t, bucket, data); f.View != "in_use" || f.Damage != 0 {
		t.Errorf("a view in use gave %s, %v", f.View, codes(f))
	}
	if f := checkIt(t, bucket, t.TempDir()); f.View != "absent" {
		t.Errorf("no view gave %s", f.View)
	}
}

func nth(t *testing.T, b storage.Bucket, prefix string, n int) string {
	t.Helper()
	key := ""
	for o, err := range b.List(t.Context(), prefix, "") {
		if err != nil {
			t.Fatal(err)
		}
		if key = o.Key; n == 1 {
			break
		}
		n--
	}
	if key == "" {
		t.Fatalf("nothing under %s", prefix)
	}
	return key
}

func last(t *testing.T, b storage.Bucket, prefix string) string {
	t.Helper()
	return nth(t, b, prefix, 1<<30)
}

func remove(t *testing.T, b storage.Bucket, key string) {
	t.Helper()
	if err := b.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, b storage.Bucket, key string, raw []byte) {
	t.Helper()
	if _, err := b.Put(t.Context(), key, bytes.NewReader(raw), int64(len(raw)), storage.Cond{}); err != nil {
		t.Fatal(err)
	}
}

// flip changes one byte in the middle of an object.
func flip(t *testing.T, b storage.Bucket, key string) {
	t.Helper()
	raw := bytesOf(t, b, key)
	raw[len(raw)/2] ^= 0xff
	put(t, b, key, raw)
}

func TestALockedFolderIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	n := open(t, storagetest.NewMemory(), data)
	_, err := openNode(t.Context(), Config{Data: data}, Parts{Bucket: storagetest.NewMemory()})
	if err == nil || !strings.Contains(err.Error(), "in use by process") {
		t.Errorf("a second node on the folder gave %v", err)
	}
	closeNode(t, n)
	closeNode(t, open(t, storagetest.NewMemory(), data))
}
