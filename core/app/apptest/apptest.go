// Package apptest gives tests of other packages the demonstration, loaded by the
// program itself, once for all tests of a package.
package apptest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/recueil-cms/recueil/core/app"
)

// Password is that of every account of the demonstration.
const Password = "mot de passe de test"

// Demo is a folder with the demonstration. A test package has one, and runs its
// tests by Main:
//
//	var shared apptest.Demo
//
//	func TestMain(m *testing.M) { os.Exit(shared.Main(m)) }
type Demo struct {
	dir  string
	once sync.Once
	err  error
}

// Main runs the tests of a package, and removes the folder after them.
func (d *Demo) Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "recueil-demo-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	d.dir = filepath.Join(dir, "data")
	return m.Run()
}

// Folder gives the folder, which tests may read; whoever asks first has it
// loaded.
func (d *Demo) Folder(t testing.TB) string {
	t.Helper()
	d.once.Do(func() { _, d.err = run("demo", "--load-only", "--data", d.dir, "--demo-password", Password) })
	if d.err != nil {
		t.Fatalf("load the demonstration: %v", d.err)
	}
	return d.dir
}

// Copy gives a folder with the demonstration that a test may change.
func (d *Demo) Copy(t testing.TB) string {
	t.Helper()
	from, dir := d.Folder(t), filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Run runs a command of the program, and gives what it says.
func Run(t testing.TB, args ...string) string {
	t.Helper()
	said, err := run(args...)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

func run(args ...string) (string, error) {
	var said bytes.Buffer
	terminal := app.Terminal{In: strings.NewReader(""), Out: &said, Err: &said, Env: func(string) string { return "" }}
	if code := app.Main(args, terminal); code != 0 {
		return "", fmt.Errorf("%v ended with %d: %s", args, code, said.String())
	}
	return said.String(), nil
}
