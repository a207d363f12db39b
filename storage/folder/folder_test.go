package folder_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func open(t testing.TB, path string) *folder.Bucket {
	t.Helper()
	b, err := folder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return b
}

func TestContract(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storage.Bucket { return open(t, t.TempDir()) },
		storagetest.Large(1<<30, 32<<20))
}

func TestOpenRefusesWhatIsNotItsOwn(t *testing.T) {
	strange := t.TempDir()
	if err := os.WriteFile(filepath.Join(strange, "letter.odt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Open(strange); !errors.Is(err, folder.ErrNotBucket) || !strings.Contains(err.Error(), "letter.odt") {
		t.Errorf("a folder of letters: error %v", err)
	}
	entries, err := os.ReadDir(strange)
	if err != nil || len(entries) != 1 {
		t.Errorf("the refused folder now holds %v, %v", entries, err)
	}
	for _, text := range []string{
		`{"format":"recueil-folder","version":2}`, `{"format":"something","version":1}`, `{}`, ``, `nonsense`,
	} {
		later := t.TempDir()
		if err := open(t, later).Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(later, ".recueil", "format.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := folder.Open(later); !errors.Is(err, folder.ErrFormat) || !strings.Contains(err.Error(), later) {
			t.Errorf("marker %q: error %v, want ErrFormat", text, err)
		}
	}
	file := filepath.Join(strange, "letter.odt")
	if _, err := folder.Open(file); err == nil {
		t.Error("a file was taken for a folder")
	}
}

func TestOpenMakesTheFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "c")
	put(t, open(t, path), "k", "text")
	if got, err := os.ReadFile(filepath.Join(path, ".recueil", "format.json")); err != nil || !strings.Contains(string(got), `"version":1`) {
		t.Errorf("the marker is %q, %v", got, err)
	}
}

func put(t testing.TB, b storage.Bucket, key, text string) storage.Object {
	t.Helper()
	o, err := b.Put(t.Context(), key, strings.NewReader(text), int64(len(text)), storage.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestDamageIsNoticed changes files behind the bucket's back.
func TestDamageIsNoticed(t *testing.T) {
	for _, size := range []int{10, 500_000} {
		for name, damage := range map[string]func(data []byte) []byte{
			"a bit":         func(data []byte) []byte { data[size/2] ^= 1; return data },
			"cut short":     func(data []byte) []byte { return data[:len(data)-5] },
			"cut to half":   func(data []byte) []byte { return data[:len(data)/2] },
			"longer":        func(data []byte) []byte { return append(data, "more"...) },
			"empty":         func([]byte) []byte { return nil },
			"other trailer": func(data []byte) []byte { return append(data[:size-1], data[size:]...) },
		} {
			path := t.TempDir()
			b := open(t, path)
			put(t, b, "k", strings.Repeat("x", size))
			file := filepath.Join(path, "k@")
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(data), 0o600); err != nil {
				t.Fatal(err)
			}
			body, _, err := b.Get(t.Context(), "k", storage.Range{})
			if err == nil {
				_, err = io.Copy(io.Discard, body)
				body.Close()
			}
			if err == nil || errors.Is(err, storage.ErrNotExist) {
				t.Errorf("%d bytes, %s: error %v", size, name, err)
			}
			put(t, b, "k", "repaired")
		}
	}
}

// TestTheCopyIsAsGood: a folder copied file by file is the same bucket, ETags
// included, whatever its times and inodes are now.
func TestTheCopyIsAsGood(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	b := open(t, from)
	want := put(t, b, "a/B/ج", "text")
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	c := open(t, to)
	if _, err := c.Put(t.Context(), want.Key, strings.NewReader("next"), 4, storage.Cond{IfMatch: want.ETag}); err != nil {
		t.Error(err)
	}
}

func TestStrangersInTheFolderAreNotListed(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	put(t, b, "a/k", "text")
	for _, name := range []string{".DS_Store", "Thumbs.db", "README", "x@y", "UP@", "a/.nfs0001", "a/notes.txt", "%@", "a/%@", "a/k@~"} {
		if err := os.WriteFile(filepath.Join(path, filepath.FromSlash(name)), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var keys []string
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, o.Key)
	}
	if !slices.Equal(keys, []string{"a/k"}) {
		t.Errorf("listed: %q", keys)
	}
}

func TestClosed(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	put(t, b, "k", "text")
	for range 2 {
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := b.Get(t.Context(), "k", storage.Range{})
	_, err2 := b.Put(t.Context(), "k", strings.NewReader("x"), 1, storage.Cond{})
	var err3 error
	for _, err3 = range b.List(t.Context(), "", "") {
	}
	for what, err := range map[string]error{"get": err, "put": err2, "list": err3, "delete": b.Delete(t.Context(), "k")} {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s: error %v, want os.ErrClosed", what, err)
		}
	}
}

// TestFoldersRemovedByHandAreMadeAgain: an administrator tidies up empty
// folders while the program runs.
func TestFoldersRemovedByHandAreMadeAgain(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	put(t, b, "a/b/c", "text")
	if err := os.RemoveAll(filepath.Join(path, "a")); err != nil {
		t.Fatal(err)
	}
	put(t, b, "a/b/c", "again")
	if err := os.RemoveAll(filepath.Join(path, "a")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "a/b/c", strings.NewReader("x"), 1, storage.Cond{IfAbsent: true}); err != nil {
		t.Error(err)
	}
}

// TestLostRacesLeaveNoFiles: a finished file that came too late goes at once,
// not only when the process ends.
func TestLostRacesLeaveNoFiles(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	var racers sync.WaitGroup
	for i := range 200 {
		racers.Go(func() {
			_, err := b.Put(t.Context(), fmt.Sprint("k", i/20), strings.NewReader("text"), 4, storage.Cond{IfAbsent: true})
			if err != nil && !errors.Is(err, storage.ErrCondition) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	left, err := filepath.Glob(filepath.Join(path, ".recueil", "tmp", "*", "*"))
	if err != nil || len(left) != 1 || filepath.Base(left[0]) != "owner" {
		t.Errorf("left: %q, %v", left, err)
	}
}

func BenchmarkFolder(b *testing.B) {
	storagetest.Benchmark(b, func(b *testing.B) storage.Bucket { return open(b, b.TempDir()) })
}
