package words_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/plugins/consultation/open"
	"github.com/recueil-cms/recueil/plugins/consultation/words"
)

var places = regexp.MustCompile(`%[a-z%]`)

// Every text is there in three languages with the same places.
func TestWhole(t *testing.T) {
	keys := words.Keys()
	if len(keys) < 300 {
		t.Fatalf("%d texts", len(keys))
	}
	for _, key := range keys {
		want := places.FindAllString(words.Find("fr", key), -1)
		for _, l := range words.Locales {
			text := words.Find(l, key)
			if text == "" {
				t.Errorf("%s has no text in %s", key, l)
			}
			if got := places.FindAllString(text, -1); strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("%s in %s has the places %v, not %v", key, l, got, want)
			}
		}
	}
	for _, c := range open.Columns() {
		if open.Describe("ar", c) == "" {
			t.Errorf("the dictionary says nothing of the column %q", c)
		}
	}
}

// said is how the source asks for a text by its whole key; keys that are put
// together end in a dot there.
var said = regexp.MustCompile(`(?:\.T \(?(?:print )?|words\.(?:Say|Find)\([^,()]+(?:\.Locale)?, |said\([^,()]+, |\bv\.t\(|fault\(|Code: )"([a-z_0-9.]+)"`)

// Every text that the source names is there.
func TestNamed(t *testing.T) {
	all := map[string]bool{}
	for _, key := range words.Keys() {
		all[key] = true
	}
	n := 0
	for _, pattern := range []string{"../*.go", "../*/*.go", "../show/pages/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range said.FindAllStringSubmatch(string(raw), -1) {
				key := m[1]
				if strings.HasPrefix(m[0], "fault(") || strings.HasPrefix(m[0], "Code: ") {
					key = "fault." + key
				}
				n++
				if !all[key] && !beginning(all, key) {
					t.Errorf("%s says %q, which has no text", file, key)
				}
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d texts are named; is the pattern right?", n)
	}
}

func beginning(all map[string]bool, key string) bool {
	if !strings.HasSuffix(key, ".") {
		return false
	}
	for k := range all {
		if strings.HasPrefix(k, key) {
			return true
		}
	}
	return false
}
