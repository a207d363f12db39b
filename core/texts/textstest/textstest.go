// Package textstest finds the texts that source code asks for, for tests that
// all of them are in the catalogue in every language.
package textstest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/texts"
)

// Asked gives what the first group of the pattern finds in the Go files of the
// caller's folder that fit the globs, tests apart, in order and once each.
// Fewer than least fail the test: the pattern no longer fits the source.
func Asked(t *testing.T, pattern string, least int, globs ...string) []string {
	t.Helper()
	asked := regexp.MustCompile(pattern)
	var keys []string
	for _, name := range sources(t, globs) {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range asked.FindAllStringSubmatch(string(source), -1) {
			keys = append(keys, found[1])
		}
	}
	return enough(t, keys, least)
}

// code has the form of the code of a problem.
var code = regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)+$`)

// Given gives the codes that are literal arguments of the named functions and
// methods, and those of members called Code, in the same way as Asked.
func Given(t *testing.T, makers []string, least int, globs ...string) []string {
	t.Helper()
	var keys []string
	note := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && code.MatchString(s) {
				keys = append(keys, s)
			}
		}
	}
	for _, name := range sources(t, globs) {
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
					note(n.Value)
				}
			case *ast.CallExpr:
				if slices.Contains(makers, called(n)) {
					for _, arg := range n.Args {
						note(arg)
					}
				}
			}
			return true
		})
	}
	return enough(t, keys, least)
}

// called names the function or method of a call, without its package or value.
func called(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name
	case *ast.SelectorExpr:
		return fun.Sel.Name
	}
	return ""
}

func sources(t *testing.T, globs []string) []string {
	t.Helper()
	var names []string
	for _, glob := range globs {
		files, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, files...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
}

func enough(t *testing.T, keys []string, least int) []string {
	t.Helper()
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) < least {
		t.Fatalf("found %d keys, fewer than %d: has the way they are written changed?", len(keys), least)
	}
	return keys
}

// Exist fails for every key without a text in one of the languages.
func Exist(t *testing.T, keys ...string) {
	t.Helper()
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		for _, l := range texts.Locales {
			if !catalogue.Has(l, key) {
				t.Errorf("%s has no text in %s", key, l)
			}
		}
	}
}
