package action

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/texts"
)

// Every code that this package gives out has a text in every language.
func TestTexts(t *testing.T) {
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]bool{}
	for _, kind := range []content.NounKind{content.NounUser, content.NounRole, content.NounToken, content.NounSession, content.NounAsset} {
		codes[string(kind)+"_missing"] = true // see noNoun
	}
	given := regexp.MustCompile(`(?:problem\.(?:New\(|Wrap\(err, )problem\.\w+, |problem\.OfFields\(problem\.\w+, |Code: |fault\([^,\n]+, |return |code := |code = )"([a-z]+(?:_[a-z]+)+)"`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range given.FindAllStringSubmatch(string(source), -1) {
			codes[found[1]] = true
		}
	}
	if len(codes) < 80 {
		t.Fatalf("found only %d codes: the pattern no longer fits the source", len(codes))
	}
	for code := range codes {
		for _, l := range texts.Locales {
			if !catalogue.Has(l, code) {
				t.Errorf("%s has no text in %s", code, l)
			}
		}
	}
}
