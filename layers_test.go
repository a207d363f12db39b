package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/recueil-cms/recueil"

// layers is the map of the program: for each package the packages of ours
// that it may import, besides those that everyone may. A new arrow is a line
// here first, with its reason in the commit. No package imports upward: each
// line may name only packages that stand above it.
var layers = []struct {
	pkg  string
	uses string
}{
	// The nouns and the seam: nothing of ours below them.
	{"core/content", ""},
	{"core/problem", ""},
	{"core/texts", ""},
	{"storage", ""},

	// Buckets, and what is kept in them.
	{"storage/folder", "storage"},
	{"storage/minio", "storage"},
	{"storage/storagetest", "storage storage/minio"},
	{"storage/commitlog", "storage"},
	{"storage/blob", "storage"},
	{"storage/keyring", "storage"},

	// What fits, and who may.
	{"core/schema", "core/content core/problem"},
	{"core/access", "core/content core/problem core/schema"},

	// The read view is made from the log.
	{"storage/view", "core/content core/schema storage/commitlog"},

	// The one way in, and the reads.
	{"core/action", "core/access core/content core/problem core/schema storage storage/commitlog storage/keyring storage/view"},
	{"core/query", "core/access core/content core/problem core/schema storage/commitlog storage/view"},

	// Parts that act through actions.
	{"core/auth", "core/action core/content core/problem storage/commitlog storage/view"},
	{"core/schedule", "core/action core/content core/problem storage/commitlog storage/view"},
	{"core/media", "core/action core/content core/problem storage storage/blob"},
	{"core/transfer", "core/access core/action core/content core/problem core/query core/schema core/texts storage storage/blob storage/keyring storage/view"},

	// The edge.
	{"core/server", "core/content core/problem core/texts"},
	{"core/api", "core/access core/action core/auth core/content core/media core/problem core/query core/schema core/server core/texts storage storage/commitlog storage/view"},

	// The parts put together.
	{"core/app", "core/access core/action core/api core/auth core/content core/media core/problem core/query core/schedule core/schema core/server core/texts core/transfer storage storage/blob storage/commitlog storage/folder storage/keyring storage/minio storage/view core/app/demo"},
	{"", "core/app"},
}

// fences name, for each large dependency, the only packages that may touch it.
var fences = map[string]string{
	"github.com/gofiber/fiber/v2":                    "core/server core/api core/app",
	"github.com/valyala/fasthttp":                    "core/server core/api core/app",
	"github.com/minio/minio-go/v7":                   "storage/minio",
	"modernc.org/sqlite":                             "storage/view",
	"database/sql":                                   "storage/view",
	"github.com/spf13/cobra":                         "core/app",
	"github.com/yuin/goldmark":                       "core/query core/schema",
	"golang.org/x/crypto/argon2":                     "core/auth",
	"github.com/prometheus/client_golang/prometheus": "core/server core/app",
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %s", exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

// TestLayers fails when a package imports what the map does not allow.
func TestLayers(t *testing.T) {
	allowed, order := map[string][]string{}, map[string]int{}
	for i, l := range layers {
		allowed[l.pkg], order[l.pkg] = strings.Fields(l.uses), i
	}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		uses, known := lookUp(allowed, name)
		if !known {
			t.Errorf("%s is not on the map: add it to layers in layers_test.go", name)
			continue
		}
		for _, imp := range p.Imports {
			if target, ours := strings.CutPrefix(imp, module+"/"); ours {
				if !slices.Contains(uses, target) && !within(target, name) && !within(name, target) {
					t.Errorf("%s imports %s, which the map does not allow", name, target)
				}
			}
		}
	}
	for _, l := range layers {
		for _, use := range strings.Fields(l.uses) {
			if at, ok := order[use]; ok && at >= order[l.pkg] {
				t.Errorf("the map lets %s import %s, which stands below it", l.pkg, use)
			}
		}
	}
}

// TestFences fails when a package reaches for a large dependency that is
// fenced in elsewhere.
func TestFences(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, imp := range p.Imports {
			for dep, homes := range fences {
				if imp != dep && !strings.HasPrefix(imp, dep+"/") {
					continue
				}
				if _, ok := lookUp(asSet(homes), name); !ok {
					t.Errorf("%s imports %s, which only %s may", name, imp, homes)
				}
			}
		}
	}
}

func asSet(names string) map[string][]string {
	set := map[string][]string{}
	for n := range strings.FieldsSeq(names) {
		set[n] = nil
	}
	return set
}

// lookUp finds a package, or the nearest parent on the map: a sub-package has
// the rights of its parent.
func lookUp(m map[string][]string, name string) ([]string, bool) {
	for {
		if v, ok := m[name]; ok {
			return v, true
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			return nil, false
		}
		name = name[:i]
	}
}

// within reports whether a is b or inside it.
func within(a, b string) bool {
	return b != "" && (a == b || strings.HasPrefix(a, b+"/"))
}
