//go:build linux

package app_test

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

// disk is a place for files where room can be taken away and given back.
type disk struct {
	dir  string
	fill func(t testing.TB, r *process)
	free func(t testing.TB, r *process)
}

// smallDisk is a file system of a few megabytes when we may mount one, and
// otherwise cappedDisk.
func smallDisk(t testing.TB) disk {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=24m"); err != nil {
		t.Logf("no file system of our own (%v): files that may not grow stand for it", err)
		return cappedDisk(t)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	return disk{
		dir: dir,
		fill: func(t testing.TB, _ *process) {
			f, err := os.Create(ballast)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for _, size := range []int{1 << 20, 4 << 10, 1} { // to the last byte
				for err == nil {
					_, err = f.Write(make([]byte, size))
				}
				if !errors.Is(err, unix.ENOSPC) {
					t.Fatal(err)
				}
				err = nil
			}
		},
		free: func(t testing.TB, _ *process) {
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// cappedDisk lets no file of the process grow: every write that would make one
// longer fails, as on a full disk, for whatever user.
func cappedDisk(t testing.TB) disk {
	limit := func(most uint64) func(testing.TB, *process) {
		return func(t testing.TB, r *process) {
			var now unix.Rlimit
			if err := unix.Prlimit(r.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &now); err != nil {
				t.Fatal(err)
			}
			now.Cur = min(most, now.Max)
			if err := unix.Prlimit(r.cmd.Process.Pid, unix.RLIMIT_FSIZE, &now, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	return disk{dir: t.TempDir(), fill: limit(16), free: limit(unix.RLIM_INFINITY)}
}

// TestDiskFull takes the last byte away from a running node, and gives it back.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		place func(t *testing.T, d disk) (p place, data string)
		disk  func(testing.TB) disk
	}{
		{"bucket", func(t *testing.T, d disk) (place, string) {
			return placeInFolder(filepath.Join(d.dir, "bucket")), filepath.Join(t.TempDir(), "data")
		}, smallDisk},
		{"local files", func(t *testing.T, d disk) (place, string) {
			return minioPlace(t, storagetest.MinIO(t)), filepath.Join(d.dir, "data")
		}, smallDisk},
		{"both", func(t *testing.T, d disk) (place, string) {
			return placeInFolder(filepath.Join(d.dir, "bucket")), filepath.Join(d.dir, "data")
		}, cappedDisk},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := c.disk(t)
			p, data := c.place(t, d)
			fullDisk(t, d, p, data)
		})
	}
}

func fullDisk(t *testing.T, d disk, p place, data string) {
	token := administrator(t, p, data)
	node := serve(t, p, data)
	c := newClient(t, node, token)
	c.want(t, http.StatusCreated, "POST", "/api/v1/collections", notes)
	s := &filler{t: t, c: c, made: map[string]string{}}
	for range 3 {
		if err := s.write(); err != nil {
			t.Fatal(err)
		}
	}
	for round := range rounds(t) {
		d.fill(t, node)
		before := len(s.made)
		for refused := 0; refused < 2; {
			if err := s.write(); err != nil {
				t.Logf("round %d, after %d more: %v", round, len(s.made)-before, err)
				refused++
			}
			if len(s.made) > before+500 {
				t.Fatal("500 writes went well on a full disk")
			}
		}
		s.upload()
		for id, title := range s.first() {
			if err := c.sees(t, note(id)+"?version=draft", title)(); err != nil {
				t.Errorf("read on a full disk: %v", err)
			}
		}
		c.want(t, http.StatusOK, "GET", "/healthz", nil)
		if !strings.HasPrefix(p.address, "folder:") { // the view is behind the bucket
			eventually(t, c.ready(t, http.StatusServiceUnavailable))
		}
		d.free(t, node)
		eventually(t, s.write)
		for id, title := range s.made {
			eventually(t, c.sees(t, note(id)+"?version=draft", title))
		}
		eventually(t, c.ready(t, http.StatusOK))
		eventually(t, func() error { return c.finds(t, "", len(c.all(t, "notes")))() })
		eventually(t, func() error { return c.finds(t, "filling", len(c.all(t, "notes")))() })
	}
	items := c.all(t, "notes")
	byTitle := map[string]int{}
	for _, it := range items {
		if byTitle[it.Title]++; byTitle[it.Title] > 1 {
			t.Errorf("there are %d of %q", byTitle[it.Title], it.Title)
		}
	}
	node.stop()
	sound(t, p, data, viewEqual)
	fresh := filepath.Join(t.TempDir(), "fresh")
	serve(t, p, fresh).stop()
	if digestOf(t, data) != digestOf(t, fresh) {
		t.Error("the view that was on a full disk differs from a fresh one")
	}
}

// filler writes notes until there is no room.
type filler struct {
	t     *testing.T
	c     *client
	count int
	made  map[string]string // titles by id, of those that were acknowledged
	early []string
}

// first are the notes that were made before the disk was full.
func (s *filler) first() map[string]string {
	out := map[string]string{}
	for _, id := range s.early {
		out[id] = s.made[id]
	}
	return out
}

// write makes a note that no compression makes small. Its error is a refusal;
// one that tells the caller anything but to come back later fails the test.
func (s *filler) write() error {
	s.t.Helper()
	s.count++
	title := fmt.Sprint("filling ", s.count, " ")
	raw := make([]byte, 20_000)
	_, _ = io.ReadFull(rand.Reader, raw) // never fails
	r, err := s.c.call(s.t.Context(), "POST", notesPath, map[string]any{"title": title, "body": hex.EncodeToString(raw)})
	if err != nil {
		s.t.Fatalf("no answer: %v", err)
	}
	if r.status == http.StatusCreated {
		got, err := r.item()
		if err != nil {
			s.t.Fatal(err)
		}
		s.made[got.ID] = strings.TrimSpace(title)
		if len(s.early) < 3 {
			s.early = append(s.early, got.ID)
		}
		return nil
	}
	return s.refusal(r)
}

func (s *filler) refusal(r *reply) error {
	s.t.Helper()
	code, err := r.problem()
	if err != nil || r.status != http.StatusServiceUnavailable && r.status != http.StatusInsufficientStorage {
		s.t.Errorf("a full disk gives %d %s %v", r.status, r.body, err)
	}
	return fmt.Errorf("%d %s", r.status, code)
}

// upload sends a file that does not fit.
func (s *filler) upload() {
	s.t.Helper()
	raw := make([]byte, 200_000)
	_, _ = io.ReadFull(rand.Reader, raw) // never fails
	r, err := s.c.call(s.t.Context(), "POST", "/api/v1/assets?name=full.bin", raw, "Content-Type", "application/octet-stream")
	if err != nil {
		s.t.Fatalf("no answer to an upload: %v", err)
	}
	if r.status != http.StatusCreated {
		s.t.Logf("upload: %v", s.refusal(r))
	}
}
