//go:build python

package contract_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/contract"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/plugins/scaffold"
)

// A new plugin in Python keeps to the protocol, with all faults thrown in, as a
// process of its own.
func TestPython(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "field-notes")
	if _, err := scaffold.New(scaffold.Plan{Dir: dir, Name: "field-notes", Language: "python"}); err != nil {
		t.Fatal(err)
	}
	bundle, err := pack.Folder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	report, err := contract.Run(t.Context(), contract.Config{Bundle: bundle, Kinds: schema.Builtin(), Open: open(t), Patience: 2 * time.Minute, Slack: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report {
		t.Logf("%s: %s (%s)", r.Rule, r.Outcome, r.Seen)
		notThere := slices.Contains([]string{"pages", "console", "jobs"}, r.Rule)
		if r.Outcome != contract.Kept && !(notThere && r.Outcome == contract.Apart) {
			t.Errorf("%s was not kept", r.Rule)
		}
	}
	if len(report) != len(contract.Rules()) {
		t.Errorf("%d of %d rules were tried", len(report), len(contract.Rules()))
	}
}

// The same attacks by a plugin in Python.
func TestPythonAttacks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tried")
	if _, err := scaffold.New(scaffold.Plan{Dir: dir, Name: "tried", Language: "python"}); err != nil {
		t.Fatal(err)
	}
	main, err := os.ReadFile("testdata/hostile.py")
	if err != nil {
		t.Fatal(err)
	}
	m := strings.NewReplacer(`"INTERPRETER"`, `"/usr/bin/python3", "transport": "socket"`, `"file": "plugin.json", "args": ["FAULT"]`, `"file": "main.py"`).Replace(manifest)
	bundle, err := pack.Folder(dir, map[string][]byte{"main.py": main, "plugin.json": []byte(m)})
	if err != nil {
		t.Fatal(err)
	}
	attack(t, bundle)
}
