// Package extracttest helps tests that read PDF files.
package extracttest

import (
	"os"
	"path/filepath"
	"testing"
)

// Cache is the folder for what compiling the PDF machine gives, shared by all
// tests and their runs: compiling takes seconds, and a minute or more under the
// race detector.
func Cache(t testing.TB) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "recueil", "tests", "machine")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
