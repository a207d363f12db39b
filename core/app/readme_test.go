package app_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadmeTour follows the README to the letter: it runs its shell block,
// with curl, against the demonstration. Only the address and the way to start
// the program differ.
func TestReadmeTour(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), "```sh\n")
	tour, _, closed := strings.Cut(after, "```\n")
	if !found || !closed {
		t.Fatal("README.md has no shell block")
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "recueil")
	if out, err := exec.Command("go", "build", "-o", bin, "github.com/recueil-cms/recueil").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	addr := startDemo(t, bin, dir)
	tour = strings.NewReplacer("127.0.0.1:8080", addr, "go run .", bin).Replace(tour)
	// Each line of the tour that asks for something must be answered well.
	script := "set -euo pipefail\ncurl() { command curl --fail-with-body \"$@\" && echo; }\n" + tour
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the tour fails: %v\n%s", err, out)
	}
	for _, want := range []string{
		`"slug":"les-amis-du-jardin"`, `"status":"published"`, `"status":"changed"`, `"Planter ensemble."`,
		`"action":"entry.publish"`, `"revision":4`, `"revision":5`,
	} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the tour does not show %s:\n%s", want, out)
		}
	}
	if n := bytes.Count(out, []byte("Une personne fictive")); n == 0 || n > 3 {
		t.Errorf("the president is shown %d times: to the administrator, and not after the erasure", n)
	}
}

// ready is in the line that says where the demonstration is served.
var ready = regexp.MustCompile(`http://(\S+)/api/v1/docs`)

// startDemo starts the demonstration in dir, waits until it is loaded, and
// gives its address.
func startDemo(t *testing.T, bin, dir string) string {
	t.Helper()
	cmd := exec.Command(bin, "demo", "--listen", "127.0.0.1:0")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LANG=en")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	loaded := make(chan string, 2)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if found := ready.FindStringSubmatch(lines.Text()); found != nil {
				loaded <- found[1]
			}
		}
		loaded <- ""
	}()
	select {
	case addr := <-loaded:
		if addr == "" {
			t.Fatal("the demonstration ended early")
		}
		return addr
	case <-ctx.Done():
		t.Fatal("the demonstration does not come up")
	}
	return ""
}
