package scaffold

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/dev"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// run runs a command in a folder, as a developer would.
func run(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// valid holds the manifest of a new plugin against the rules.
func valid(t *testing.T, dir, name string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, manifest.FileName))
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(raw, schema.Builtin())
	if err != nil || m.Name != name {
		t.Fatalf("%v %v", m, err)
	}
}

// A new plugin in Go builds and passes its tests as it is, on a real site.
func TestGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "field-notes")
	origin, err := New(Plan{Dir: dir, Name: "field-notes", Language: "go", SDK: filepath.Join("..", "..")})
	if err != nil || origin != Source {
		t.Fatal(origin, err)
	}
	valid(t, dir, "field-notes")
	// Nothing has to be fetched or completed first.
	run(t, dir, []string{"GOFLAGS=-mod=readonly"}, "go", "vet", ".")
	if out := run(t, dir, []string{"GOFLAGS=-mod=readonly"}, "go", "test", "-v", "./..."); !strings.Contains(out, "--- PASS: TestOnSite") {
		t.Error(out)
	}
	// A build for development has the manifest of its own version in it.
	_, version, err := dev.Make(t.Context(), dir, "", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if program, err := os.ReadFile(filepath.Join(dir, "bin", "field-notes")); err != nil || !bytes.Contains(program, []byte(version)) {
		t.Errorf("the program does not know version %s (%v)", version, err)
	}
	if out := run(t, dir, nil, "gofmt", "-l", "."); out != "" {
		t.Errorf("not in the form of gofmt: %s", out)
	}
}

// Where neither the source nor a release is at hand, the SDK is copied.
func TestCopied(t *testing.T) {
	dir := t.TempDir()
	m := module{Name: "notes", Title: "Notes", Origin: Copied, Version: "v0.0.0", Replace: "./recueil"}
	if err := errors.Join(m.write(dir, "go"), m.copySDK(dir)); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join("..", "..", "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	// The checksums that a developer would get from the network.
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, nil, "go", "mod", "tidy")
	run(t, dir, nil, "go", "test", "./...")
	run(t, dir, nil, "go", "build", "-o", "bin/notes", ".")
}

// What is required of other modules is what this program is built with.
func TestVersions(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(sdkMod) {
		if line = strings.TrimSpace(line); strings.Contains(line, "/") && !strings.Contains(string(raw), line+"\n") {
			t.Errorf("the program does not use %s", line)
		}
	}
}

func TestRefuses(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		plan Plan
		want error
	}{
		{Plan{Dir: t.TempDir(), Name: "A b", Language: "go"}, ErrName},
		{Plan{Dir: t.TempDir(), Name: "a", Language: "cobol"}, ErrLanguage},
		{Plan{Dir: t.TempDir(), Name: "a", Language: "go", SDK: t.TempDir()}, ErrSDK},
		{Plan{Dir: full, Name: "a", Language: "go"}, ErrNotEmpty},
	} {
		if _, err := New(c.plan); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.plan, err, c.want)
		}
	}
	dir := t.TempDir()
	if origin, err := New(Plan{Dir: dir, Name: "a", Language: "go", Version: "v1.2.3"}); err != nil || origin != Released {
		t.Error(origin, err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || !strings.Contains(string(raw), Module+" v1.2.3") {
		t.Errorf("%s %v", raw, err)
	}
}
