package query

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/recueil-cms/recueil/core/texts"
)

// TestEveryCodeHasItsTexts reads the sources of this package and core/access
// for the codes of their problems.
func TestEveryCodeHasItsTexts(t *testing.T) {
	c, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?:problem\.(?:New\(problem\.\w+|Parameter\([^"\n]*(?:"[^"\n]*"[^"\n]*?)?|Wrap\(err, problem\.\w+), |Code: |fault\([^"\n]*"[^"\n]*"[^"\n]*?, |fault\(c\.at, )"([a-z][a-z_]+)"`)
	found := 0
	for _, dir := range []string{".", "../access"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if ok, _ := filepath.Match("*_test.go", filepath.Base(name)); ok {
				continue
			}
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range code.FindAllStringSubmatch(string(src), -1) {
				found++
				for _, l := range texts.Locales {
					if !c.Has(l, m[1]) {
						t.Errorf("%s: %s has no text in %s", name, m[1], l)
					}
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("found only %d codes: has the way they are written changed?", found)
	}
}
