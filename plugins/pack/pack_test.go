package pack

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/problem"
)

func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func names(t *testing.T, bundle []byte) []string {
	t.Helper()
	var out []string
	if err := Walk(bytes.NewReader(bundle), func(name string, _ io.Reader) error { out = append(out, name); return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

// The same files give the same bytes, whenever and wherever they were written,
// and what is to stay out does.
func TestFolder(t *testing.T) {
	files := map[string]string{
		"plugin.json": "{}", "bin/x": "program", "main.go": "source", "deep/main_test.go": "source", "doc/a.md": "text", "kept/b.txt": "kept",
		".git/config": "hidden", "deep/.secret": "hidden", IgnoreName: "# sources\n*.go\ndoc/\n",
	}
	one, other := folder(t, files), folder(t, files)
	if err := os.Chtimes(filepath.Join(other, "bin/x"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(other, "bin/x"), 0o755); err != nil {
		t.Fatal(err)
	}
	a, err := Folder(one, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Folder(other, nil)
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same files differ (%v)", err)
	}
	if got, want := names(t, a), []string{"bin/x", "kept/b.txt", "plugin.json"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	c, err := Folder(one, map[string][]byte{"plugin.json": []byte("other"), "added": nil})
	if got, want := names(t, c), []string{"added", "bin/x", "kept/b.txt", "plugin.json"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, want %v (%v)", got, want, err)
	}
}

// Who makes a key where the plugin is does not pass the secret one on with it.
func TestSecretKeysStay(t *testing.T) {
	public, private, err := NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Folder(folder(t, map[string]string{"plugin.json": "{}", "ours.key": string(private), "deep/renamed": string(private), "ours.pub": string(public)}), nil)
	if want := []string{"ours.pub", "plugin.json"}; err != nil || !slices.Equal(names(t, got), want) {
		t.Errorf("%v, want %v (%v)", names(t, got), want, err)
	}
}

func TestFolderRefuses(t *testing.T) {
	if _, err := Folder(folder(t, map[string]string{IgnoreName: "[a"}), nil); err == nil {
		t.Error("a broken pattern is taken")
	}
	many := map[string]string{}
	for i := range MaxFiles + 1 {
		many[filepath.Join("d", string(rune('a'+i%26)), string(rune('0'+i/26%10)), string(rune('a'+i/260)))] = ""
	}
	if _, err := Folder(folder(t, many), nil); problem.CodeOf(err) != "bundle_too_large" {
		t.Errorf("%d files: %v", len(many), err)
	}
}
