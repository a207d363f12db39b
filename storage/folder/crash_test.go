//go:build unix

package folder_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/storagetest"
)

func read(t *testing.T, b storage.Bucket, key string) (string, error) {
	t.Helper()
	body, _, err := b.Get(t.Context(), key, storage.Range{})
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	return string(data), err
}

// TestKilledWriters kills processes in the middle of their writes. What they
// had been promised must be there, and nothing partial may be.
func TestKilledWriters(t *testing.T) {
	path := t.TempDir()
	random := rand.New(rand.NewPCG(storagetest.Seed(t), 0))
	promised := map[string]promise{}
	rounds := 40
	if testing.Short() {
		rounds = 10
	}
	for round := range rounds {
		lines, cmd := child(t, "write", path, fmt.Sprintf("%02d", round))
		for range 1 + random.IntN(60) {
			if !lines.Scan() {
				t.Fatalf("the writer has ended: %v", lines.Err())
			}
			note(t, promised, lines.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // what it had said before the kill
			note(t, promised, lines.Text())
		}
		_ = cmd.Wait() // killed
		b := open(t, path)
		checkPromises(t, b, promised)
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		if left, err := filepath.Glob(filepath.Join(path, ".recueil", "tmp", "*")); err != nil || len(left) > 0 {
			t.Fatalf("unfinished files are left: %q, %v", left, err)
		}
	}
	t.Logf("%d kills, %d promises kept", rounds, len(promised))
}

// promise is what a writer has said last about a key.
type promise struct {
	what string // "put", "deleting" or "deleted"
	n    int
}

func note(t *testing.T, promised map[string]promise, line string) {
	t.Helper()
	var key string
	var p promise
	if _, err := fmt.Sscan(line, &p.what, &key, &p.n); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	promised[key] = p
}

// checkPromises reads everything. The one write that was cut off may have
// happened too, but only as a whole: one object more in the log, or the next
// state.
func checkPromises(t *testing.T, b storage.Bucket, promised map[string]promise) {
	t.Helper()
	listed := map[string]bool{}
	for o, err := range b.List(t.Context(), "", "") {
		if err != nil {
			t.Fatal(err)
		}
		listed[o.Key] = true
		got, err := read(t, b, o.Key)
		if err != nil {
			t.Fatalf("%s is listed: %v", o.Key, err)
		}
		if p, known := promised[o.Key]; !whole(o.Key, got, p.n, known) {
			t.Fatalf("%s holds %d bytes %.40q; promised: %v %+v", o.Key, len(got), got, known, p)
		}
	}
	for key, p := range promised {
		if p.what == "put" && !listed[key] {
			t.Fatalf("%s was promised and is not there", key)
		}
		if p.what == "deleted" && listed[key] {
			t.Fatalf("%s was deleted and is there", key)
		}
	}
}

func whole(key, got string, n int, known bool) bool {
	var round, number int
	if _, err := fmt.Sscanf(key, "log/%d/%d", &round, &number); err == nil {
		return got == text(key, number)
	}
	if !known { // the very first put was cut off
		n = -3
		for i := range 3 {
			if got == text(key, i) {
				return true
			}
		}
	}
	// Each writer counts from 0: the cut-off put may be the first of the last one.
	for _, next := range []int{n, n + 3, n % 3} {
		if got == text(key, next) {
			return true
		}
	}
	return false
}

// gate starts children that wait for each other, and gives what each has said.
func gate(t *testing.T, role, path string, args ...string) [][]string {
	t.Helper()
	type process struct {
		scan func() (string, bool)
		cmd  *exec.Cmd
		open io.Closer
	}
	var all []process
	for _, arg := range args {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		lines, cmd := childWithInput(t, r, role, path, arg)
		all = append(all, process{func() (string, bool) { ok := lines.Scan(); return lines.Text(), ok }, cmd, w})
		if line, _ := all[len(all)-1].scan(); line != "ready" {
			t.Fatalf("the child says %q", line)
		}
	}
	for _, p := range all {
		if err := p.open.Close(); err != nil {
			t.Fatal(err)
		}
	}
	said := make([][]string, len(all))
	for i, p := range all {
		for line, ok := p.scan(); ok; line, ok = p.scan() {
			said[i] = append(said[i], line)
		}
		if err := p.cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	return said
}

func TestProcessesRaceToCreate(t *testing.T) {
	path := t.TempDir()
	names := []string{"first", "second", "third", "fourth"}
	won := map[string]string{}
	for i, keys := range gate(t, "race", path, names...) {
		for _, key := range keys {
			if other, ok := won[key]; ok {
				t.Errorf("%s: both %s and %s have won", key, other, names[i])
			}
			won[key] = names[i]
		}
	}
	if len(won) != 300 {
		t.Errorf("%d keys have a winner, want 300", len(won))
	}
	b := open(t, path)
	winners := map[string]int{}
	for key, name := range won {
		winners[name]++
		if got, err := read(t, b, key); err != nil || got != name {
			t.Errorf("%s holds %q, %v; %s has won it", key, got, err, name)
		}
	}
	t.Logf("wins: %v", winners)
}

func TestProcessesRaceToReplace(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	if _, err := b.Put(t.Context(), "count", strings.NewReader("0"), 1, storage.Cond{}); err != nil {
		t.Fatal(err)
	}
	gate(t, "count", path, "100", "100", "100")
	if got, err := read(t, b, "count"); err != nil || got != "300" {
		t.Errorf("counted to %q, %v; want 300", got, err)
	}
}

func TestAFullDiskLosesNothing(t *testing.T) {
	path := t.TempDir()
	b := open(t, path)
	if _, err := b.Put(t.Context(), "old", strings.NewReader("as it was"), 9, storage.Cond{}); err != nil {
		t.Fatal(err)
	}
	lines, cmd := child(t, "full", path, "")
	var said []string
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if want := []string{"new: true true", "new: true true", "old: true true", "small: true"}; !slices.Equal(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
	for key, want := range map[string]string{"old": "as it was", "small": "fits"} {
		if got, err := read(t, b, key); err != nil || got != want {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
	if _, err := read(t, b, "new"); !errors.Is(err, storage.ErrNotExist) {
		t.Errorf("new: %v", err)
	}
	if err := filepath.WalkDir(filepath.Join(path, ".recueil"), func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() > 1000 {
			t.Errorf("%s is left: %v, %v", p, info, err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestOnlyTheDeadAreSweptAway: what another process has not finished yet is
// its own until it dies.
func TestOnlyTheDeadAreSweptAway(t *testing.T) {
	path := t.TempDir()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	lines, cmd := childWithInput(t, r, "hold", path, "")
	if !lines.Scan() {
		t.Fatal("no word from the child")
	}
	mine := func() []string {
		t.Helper()
		dirs, err := filepath.Glob(filepath.Join(path, ".recueil", "tmp", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return dirs
	}
	theirs := mine()
	if len(theirs) != 1 {
		t.Fatalf("places for unfinished files: %q", theirs)
	}
	unfinished := filepath.Join(theirs[0], "x1")
	if err := os.WriteFile(unfinished, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(unfinished); err != nil {
		t.Fatalf("a living process has lost its file: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if left := mine(); len(left) > 0 {
		t.Errorf("a dead process's files are left: %q", left)
	}
}

// A hand that puts the pieces in place before the marker was there.
func TestAnUnfinishedOpenIsFinished(t *testing.T) {
	path := t.TempDir()
	if err := os.MkdirAll(filepath.Join(path, ".recueil", "tmp", "abandoned"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, ".recueil", "format.json.new"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := folder.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
}
