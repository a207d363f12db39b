package app

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/texts"
)

// Every text that the source asks for by its full key is in the catalogue, in
// every language, and every command and flag has its help.
func TestTextsExist(t *testing.T) {
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	has := func(key string) {
		t.Helper()
		for _, l := range texts.Locales {
			if !catalogue.Has(l, "cli."+key) {
				t.Errorf("%s: no text for %q", l, "cli."+key)
			}
		}
	}
	asked := regexp.MustCompile(`\b(?:text|say|progress|damage)\("([a-z_.-]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(source), -1) {
			key := m[1]
			if strings.HasSuffix(key, ".") || strings.HasSuffix(key, "_") {
				continue // a family: the rest is put together
			}
			if strings.HasPrefix(m[0], "damage") {
				key = "damage." + key
			}
			has(key)
			found++
		}
	}
	if found < 80 {
		t.Errorf("only %d texts are asked for: the pattern misses some", found)
	}
	c := &cli{texts: catalogue, locale: "fr"}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if !cmd.Hidden && (strings.HasPrefix(cmd.Short, "cli.") || strings.HasPrefix(cmd.Long, "cli.")) {
			t.Errorf("%s has no help", cmd.CommandPath())
		}
		if usage := cmd.Flags().FlagUsages(); strings.Contains(usage, "cli.") {
			t.Errorf("%s has a flag without help:\n%s", cmd.CommandPath(), usage)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(c.root())
}
