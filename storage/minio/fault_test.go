package minio_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	s3 "github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/minio"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func putText(t testing.TB, b storage.Bucket, key, text string) storage.Object {
	t.Helper()
	o, err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), storage.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func getText(t testing.TB, b storage.Bucket, key string) string {
	t.Helper()
	body, _, err := b.Get(t.Context(), key, storage.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func openOwn(t *testing.T, o minio.Options) *minio.Bucket {
	t.Helper()
	b, err := minio.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// TestTheServerIsKilledAndComesBack: errors while it is away, everything that
// was acknowledged afterwards, without opening the bucket again.
func TestTheServerIsKilledAndComesBack(t *testing.T) {
	server := storagetest.OwnMinIO(t)
	o := server.Options()
	o.Timeout = 20 * time.Second
	b := openOwn(t, o)
	putText(t, b, "before", "still there")
	kept := killWhileWriting(t, server, b)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	_, _, err := b.Get(ctx, "before", storage.Range{})
	_, err2 := b.Put(ctx, "away", strings.NewReader("x"), 1, storage.Cond{IfAbsent: true})
	var err3 error
	for _, err3 = range b.List(ctx, "", "") {
	}
	_, err4 := minio.Open(ctx, o)
	for what, err := range map[string]error{"get": err, "put": err2, "list": err3, "open": err4, "delete": b.Delete(ctx, "before")} {
		if err == nil || errors.Is(err, storage.ErrNotExist) || errors.Is(err, storage.ErrCondition) || ctx.Err() != nil {
			t.Errorf("%s while the server is away: error %v", what, err)
		}
	}

	if !errors.Is(err2, storage.ErrUntouched) {
		t.Errorf("a put without a connection is not unclear: %v", err2)
	}

	server.Start(t)
	if got := getText(t, b, "before"); got != "still there" {
		t.Errorf("after the restart: %q", got)
	}
	for _, key := range kept {
		if got := getText(t, b, key); got != "text of "+key {
			t.Errorf("%s was acknowledged and holds %q", key, got)
		}
	}
	if _, err := b.Put(t.Context(), "away", strings.NewReader("x"), 1, storage.Cond{IfAbsent: true}); err != nil {
		t.Errorf("create after the restart: %v", err)
	}
	t.Logf("%d creates were acknowledged before the kill", len(kept))
}

// killWhileWriting kills the server in the middle of many creates and gives
// the keys of those that were acknowledged.
func killWhileWriting(t *testing.T, server *storagetest.Server, b storage.Bucket) (kept []string) {
	t.Helper()
	var mu sync.Mutex
	enough := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("kept/%d-%d", w, i)
				text := "text of " + key
				if _, err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), storage.Cond{IfAbsent: true}); err != nil {
					return // the server is gone
				}
				mu.Lock()
				if kept = append(kept, key); len(kept) == 50 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	server.Stop(t)
	writers.Wait()
	return kept
}

// TestPurgeLeavesNoVersion looks for the bytes in the server's own files.
func TestPurgeLeavesNoVersion(t *testing.T) {
	server := storagetest.OwnMinIO(t)
	o := server.Options()
	b := openOwn(t, o)
	admin, err := s3.New(o.Endpoint, &s3.Options{Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Region: o.Region})
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.EnableVersioning(t.Context(), o.Bucket); err != nil {
		t.Fatal(err)
	}
	const canary = "CanaryOfTheTest"
	for i := range 5 {
		putText(t, b, "keys/1", fmt.Sprintf("%s %d", canary, i))
		if i%2 == 0 {
			if err := b.Delete(t.Context(), "keys/1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	putText(t, b, "keys/1", canary+strings.Repeat(" and a body too large to be kept with its metadata", 20_000))
	putText(t, b, "keys/11", "another's")
	if _, err := b.Put(t.Context(), "keys/1", strings.NewReader("x"), 1, storage.Cond{IfAbsent: true}); !errors.Is(err, storage.ErrCondition) {
		t.Errorf("create on a versioned bucket: error %v", err)
	}
	if n := countIn(t, server.Folder(), canary); n == 0 {
		t.Fatal("the search does not even find what is there")
	}
	if err := storage.Purge(t.Context(), b, "keys/1"); err != nil {
		t.Fatal(err)
	}
	for info := range admin.ListObjectsIter(t.Context(), o.Bucket, s3.ListObjectsOptions{Prefix: "keys/", Recursive: true, WithVersions: true}) {
		if info.Err != nil || info.Key != "keys/11" {
			t.Errorf("left: %s version %s, %v", info.Key, info.VersionID, info.Err)
		}
	}
	server.Stop(t) // at its start it empties its trash
	server.Start(t)
	waitUntilGone(t, server.Folder(), canary)
	putText(t, b, "keys/1", "a new life")
	if err := b.Delete(t.Context(), "keys/1"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "keys/1", strings.NewReader("x"), 1, storage.Cond{IfAbsent: true}); err != nil {
		t.Errorf("create over a deletion marker: %v", err)
	}
}

// waitUntilGone gives the server the time to empty its trash.
func waitUntilGone(t *testing.T, folder, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		n := countIn(t, folder, text)
		if n == 0 {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("the bytes are still in %d files of the server", n)
		}
	}
}

// countIn counts the files under a folder that hold text.
func countIn(t *testing.T, folder, text string) (n int) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the server is at work
		}
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if bytes.Contains(data, []byte(text)) {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestAFailedUploadLeavesNoParts: parts that nobody completes would take up
// space for ever, and their bytes outlive an erasure.
func TestAFailedUploadLeavesNoParts(t *testing.T) {
	o := storagetest.MinIO(t).Options()
	b := openOwn(t, o)
	size := int64(40 << 20)
	if _, err := b.Put(t.Context(), "large", bytes.NewReader(make([]byte, size-1)), size, storage.Cond{}); !errors.Is(err, storage.ErrSize) {
		t.Fatalf("error %v, want ErrSize", err)
	}
	core, err := s3.NewCore(o.Endpoint, &s3.Options{Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Region: o.Region})
	if err != nil {
		t.Fatal(err)
	}
	id, err := core.NewMultipartUpload(t.Context(), o.Bucket, "large", s3.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	uploads := func() []s3.ObjectMultipartInfo {
		t.Helper()
		found, err := core.ListMultipartUploads(t.Context(), o.Bucket, "large", "", "", "", 100)
		if err != nil {
			t.Fatal(err)
		}
		return found.Uploads
	}
	if found := uploads(); len(found) != 1 || found[0].UploadID != id {
		t.Fatalf("%d unfinished uploads, want only the one that this test has begun", len(found))
	}
	if err := b.Purge(t.Context(), "large"); err != nil {
		t.Fatal(err)
	}
	if found := uploads(); len(found) != 0 {
		t.Errorf("%d unfinished uploads after the purge", len(found))
	}
}

func TestPrefixesKeepApart(t *testing.T) {
	o := storagetest.MinIO(t).Options()
	plain := openOwn(t, o)
	o.Prefix = "sites/one"
	one := openOwn(t, o)
	o.Prefix = "sites/on"
	other := openOwn(t, o)
	for i, b := range []storage.Bucket{plain, one, other} {
		putText(t, b, "k", fmt.Sprint(i))
	}
	for i, b := range []storage.Bucket{plain, one, other} {
		if got := getText(t, b, "k"); got != fmt.Sprint(i) {
			t.Errorf("bucket %d holds the text of %s", i, got)
		}
	}
	n := 0
	for o, err := range one.List(t.Context(), "", "") {
		if n++; err != nil || o.Key != "k" {
			t.Errorf("listed: %+v, %v", o, err)
		}
	}
	if n != 1 {
		t.Errorf("%d objects are listed, want 1", n)
	}
	if err := storage.Probe(t.Context(), one, "node"); err != nil {
		t.Error(err)
	}
}

func TestProbeOnVersityGW(t *testing.T) {
	if err := storage.Probe(t.Context(), storagetest.VersityGW(t).Bucket(t), "node"); err != nil {
		t.Error(err)
	}
}

func TestWrongKeysAreTold(t *testing.T) {
	o := storagetest.MinIO(t).Options()
	o.SecretKey = "not the right one"
	if _, err := minio.Open(t.Context(), o); err == nil {
		t.Error("opened")
	} else {
		t.Log(err)
	}
}

func BenchmarkMinIO(b *testing.B) {
	server := storagetest.MinIO(b)
	storagetest.Benchmark(b, func(b *testing.B) storage.Bucket { return server.Bucket(b) })
}

func BenchmarkVersityGW(b *testing.B) {
	server := storagetest.VersityGW(b)
	storagetest.Benchmark(b, func(b *testing.B) storage.Bucket { return server.Bucket(b) })
}
