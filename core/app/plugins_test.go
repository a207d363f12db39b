package app

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/contract"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// A process that was started as a plugin serves that and does nothing else: it
// would start plugins, which would start plugins.
func TestPluginProcessDoesNothingElse(t *testing.T) {
	env := func(name string) string {
		if name == sdk.CookieKey {
			return sdk.CookieValue
		}
		return ""
	}
	for _, args := range [][]string{{"serve", "--data", t.TempDir()}, {"demo"}, {"plugin", "list"}, {"plugin", "run"}, {}} {
		var out, errs bytes.Buffer
		code := run(t.Context(), args, Terminal{In: strings.NewReader(""), Out: &out, Err: &errs, Env: env}, Parts{})
		if code != ExitUsage || !strings.Contains(errs.String(), sdk.CookieKey) || out.Len() > 0 {
			t.Errorf("%v: %d %q %q", args, code, out.String(), errs.String())
		}
	}
}

// By hand, a plugin of the program says what it is, or which there are.
func TestUnknownBundledPlugin(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"plugin", "run", "nothing"}, Terminal{In: strings.NewReader(""), Out: &out, Err: &errs,
		Env: func(string) string { return "" }}, Parts{})
	if code != ExitUsage || !strings.Contains(errs.String(), "agenda") {
		t.Errorf("%d %q", code, errs.String())
	}
}

// Every rule of the contract has its texts, and says what to do when it is
// broken.
func TestRulesHaveTexts(t *testing.T) {
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range contract.Rules() {
		for _, l := range texts.Locales {
			if !catalogue.Has(l, "cli.contract."+rule) || !catalogue.Has(l, "cli.contract."+rule+".broken") {
				t.Errorf("%s: no texts for the rule %q", l, rule)
			}
		}
	}
}

// A plugin is installed on a site that is there: in the wrong folder nothing is
// begun.
func TestPluginWithoutASite(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{{"install", "agenda"}, {"approve", "agenda"}, {"list"}} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(append([]string{"plugin"}, args...), "--data", data), Terminal{In: strings.NewReader(""), Out: &out, Err: &errs,
			Env: func(string) string { return "" }}, Parts{})
		if _, err := os.Stat(data); code != ExitUsage || !strings.Contains(errs.String(), "--data") || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v: %d %q %v", args, code, errs.String(), err)
		}
	}
}

// Whoever packs a program that was built before its manifest was changed is
// told so.
func TestPackTellsOfAnOldProgram(t *testing.T) {
	dir, manifest := t.TempDir(), `{"name": "x", "version": "1.0.0", "protocol": 1, "label": {"en": "X"}, "run": {"any": {"file": "bin/x"}}}`
	for _, c := range []struct {
		program string
		stale   bool
	}{{"before " + manifest + " after", false}, {strings.ReplaceAll(manifest, "1.0.0", "0.9.0"), true}} {
		for name, text := range map[string]string{"go.mod": "module x\n", "plugin.json": manifest, "bin/x": c.program} {
			file := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o755)); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"plugin", "pack", dir, "--out", filepath.Join(t.TempDir(), "x.tar.gz")}, Terminal{In: strings.NewReader(""), Out: &out, Err: &errs,
			Env: func(string) string { return "" }}, Parts{})
		if code != 0 || strings.Contains(out.String(), "was not built with this plugin.json") != c.stale {
			t.Errorf("%d %s %s", code, out.String(), errs.String())
		}
	}
}
