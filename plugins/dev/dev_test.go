package dev

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

func write(t *testing.T, dir, name, body string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Only the version of the manifest itself changes, and nothing else of it.
func TestWithVersion(t *testing.T) {
	raw := `{ "collections": [{"version": "9"}], "name": "version",
	"version" :  "1.2.0",  "label": {"version": "x"} }`
	got, version, err := withVersion([]byte(raw), "-dev.1")
	if want := strings.Replace(raw, `"1.2.0"`, `"1.2.0-dev.1"`, 1); err != nil || string(got) != want || version != "1.2.0-dev.1" {
		t.Errorf("%s %s %v", got, version, err)
	}
	for _, broken := range []string{``, `[]`, `{"version":1}`, `{"version"`, `{`} {
		if got, version, err := withVersion([]byte(broken), "-x"); err != nil || string(got) != broken || version != "" {
			t.Errorf("%q: %q %q %v", broken, got, version, err)
		}
	}
}

func TestStamp(t *testing.T) {
	dir := t.TempDir()
	stamp := func() string {
		s, err := Stamp(dir, []string{"bin/x"})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	write(t, dir, "main.go", "one")
	first := stamp()
	for _, name := range []string{"bin/x", ".recueil/site/a", ".git/b", "__pycache__/c", "x-1.0.0.tar.gz"} {
		write(t, dir, name, "built")
	}
	// The folders that came with them do not count either.
	if stamp() != first {
		t.Error("what is built counts as a change")
	}
	write(t, dir, "main.go", "three")
	second := stamp()
	write(t, dir, pack.IgnoreName, "*.go")
	if second == first || stamp() == second {
		t.Error("a change does not count")
	}
}

// Whatever builds the plugin gets the manifest of the build, and it is in the
// bundle.
func TestMake(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "plugin.json", `{"name":"x","version":"1.0.0","run":{"any":{"file":"bin/x"}}}`)
	bundle, version, err := Make(t.Context(), dir, `mkdir -p bin && cp "$RECUEIL_MANIFEST" bin/x`, time.Date(2027, 5, 12, 1, 2, 3, 4e6, time.UTC))
	if err != nil || version != "1.0.0-dev.20270512010203004" {
		t.Fatal(version, err)
	}
	files := map[string]string{}
	err = pack.Walk(bytes.NewReader(bundle), func(name string, body io.Reader) error {
		raw, err := io.ReadAll(body)
		files[name] = string(raw)
		return err
	})
	if err != nil || len(files) != 2 || files["plugin.json"] != files["bin/x"] || !strings.Contains(files["bin/x"], version) {
		t.Errorf("%v %v", files, err)
	}
	var failed *BuildError
	if _, _, err := Make(t.Context(), dir, "echo sorry; exit 3", time.Now()); !errors.As(err, &failed) || !strings.Contains(failed.Output, "sorry") {
		t.Error(err)
	}
}

// A program that is started by hand in the folder is found, and used as what it
// is.
func TestMeeting(t *testing.T) {
	dir := t.TempDir()
	m, err := Meet(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer m.End()
	if m.Present() {
		t.Error("somebody is there already")
	}
	if raw, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(sdk.AttachFile))); err != nil || string(raw) != m.Socket {
		t.Errorf("%q %v", raw, err)
	}
	t.Chdir(filepath.Join(dir, Folder)) // below the folder
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- sdk.ServeAttached(ctx, sdk.Plugin{Manifest: []byte(`{"name":"x","version":"1.0.0"}`)})
	}()
	for deadline := time.Now().Add(time.Minute); !m.Present(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody comes")
		}
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if m.Present() {
		t.Error("somebody is there still")
	}
}
