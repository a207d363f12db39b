//go:build python

package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A new plugin in Python passes its tests as it is, and what it consists of is
// less than 200 lines. That it works on a site is tested in plugins/contract.
func TestPython(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "field-notes")
	if _, err := New(Plan{Dir: dir, Name: "field-notes", Language: "python"}); err != nil {
		t.Fatal(err)
	}
	valid(t, dir, "field-notes")
	run(t, dir, nil, "/usr/bin/python3", "-m", "unittest", "-v")
	lines := 0
	for _, name := range []string{"main.py", "recueil.py"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(raw), "\n")
	}
	if lines >= 200 {
		t.Errorf("%d lines", lines)
	}
}

// The messages in Python are those of the wire format.
func TestPythonMessages(t *testing.T) {
	out := t.TempDir()
	run(t, ".", nil, "protoc", "-I", "../pluginpb", "--python_out="+out, "../pluginpb/plugin.proto")
	want, err := os.ReadFile(filepath.Join(out, "plugin_pb2.py"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("templates/python/plugin_pb2.py")
	if err != nil || string(got) != string(want) {
		t.Errorf("templates/python/plugin_pb2.py is not what plugin.proto gives: run make proto (%v)", err)
	}
}
