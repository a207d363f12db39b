package scaffold

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"text/template"

	"github.com/recueil-cms/recueil/plugins"
)

//go:embed all:templates
var templates embed.FS

// Languages are those that a plugin can be begun in.
var Languages = []string{"go", "python"}

// Module is the path of the program's own module, which a plugin in Go uses.
const Module = "github.com/recueil-cms/recueil"

// Errors that New gives for what its caller chose.
var (
	ErrName     = errors.New("no name of a plugin")
	ErrLanguage = errors.New("no language that a plugin can be begun in")
	ErrSDK      = errors.New("no source of the SDK")
	ErrNotEmpty = errors.New("the folder is not empty")
)

// Plan says what is made.
type Plan struct {
	Dir      string // made if it is not there; empty otherwise
	Name     string // as of a manifest
	Language string
	// SDK is a folder with the source of this program, for plugins in Go. Empty:
	// the one that Origin finds.
	SDK string
	// Version of this program, to be required as it is when it is a release.
	Version string
}

// Origin says where a plugin in Go finds the SDK.
type Origin string

// The origins, best first.
const (
	Released Origin = "released" // the published module
	Source   Origin = "source"   // the source of this program, on this machine
	Copied   Origin = "copied"   // a copy of the SDK alone, without sdktest
)

var (
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	release  = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)
)

// New makes the folder and says where the SDK is from, for a plugin in Go.
func New(p Plan) (Origin, error) {
	if !nameForm.MatchString(p.Name) || len(p.Name) > 40 {
		return "", ErrName
	}
	if !slices.Contains(Languages, p.Language) {
		return "", ErrLanguage
	}
	if err := empty(p.Dir); err != nil {
		return "", err
	}
	m := module{Name: p.Name, Title: title(p.Name)}
	if p.Language == "go" {
		if err := m.find(p); err != nil {
			return "", err
		}
	}
	if err := m.write(p.Dir, p.Language); err != nil {
		return m.Origin, err
	}
	if m.Origin == Copied {
		return m.Origin, m.copySDK(p.Dir)
	}
	return m.Origin, nil
}

// empty makes the folder. One that is there must hold nothing.
func empty(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the plugin: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("make the folder of the plugin: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return nil
}

func title(name string) string {
	words := strings.ReplaceAll(name, "-", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// module is what the templates are filled with.
type module struct {
	Name, Title string
	Origin      Origin
	Version     string // that is required
	Replace     string // folder in its place, or empty
	Requires    string // what that folder requires
	Sums        []byte // its go.sum
}

// Ident is the name as one of a collection in addresses.
func (m module) Ident() string { return strings.ReplaceAll(m.Name, "-", "_") }

// Whole reports whether sdktest can be had.
func (m module) Whole() bool { return m.Origin != Copied }

// Tidy reports whether go.mod has to be completed first.
func (m module) Tidy() bool { return m.Origin != Source }

// find finds the SDK.
func (m *module) find(p Plan) error {
	if p.SDK != "" {
		return m.source(p.SDK)
	}
	if release.MatchString(p.Version) {
		m.Origin, m.Version = Released, p.Version
		return nil
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		if err := m.source(filepath.Join(filepath.Dir(file), "..", "..")); err == nil {
			return nil
		}
	}
	m.Origin, m.Version, m.Replace = Copied, "v0.0.0", "./recueil"
	return nil
}

var requires = regexp.MustCompile(`(?s)\nrequire \((.*?)\n\)`)

// source takes the source of this program. What that requires is copied, with
// its checksums: so the plugin builds at once, and without a network if the
// program was built on this machine.
func (m *module) source(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil || !bytes.HasPrefix(raw, []byte("module "+Module+"\n")) {
		return fmt.Errorf("%s: %w", dir, ErrSDK)
	}
	if m.Sums, err = os.ReadFile(filepath.Join(dir, "go.sum")); err != nil {
		return fmt.Errorf("read the checksums of the SDK: %w", err)
	}
	var all strings.Builder
	for _, block := range requires.FindAllSubmatch(raw, -1) {
		for line := range strings.Lines(string(block[1])) {
			if line = strings.TrimSpace(line); line != "" {
				fmt.Fprintf(&all, "\t%s // indirect\n", strings.TrimSuffix(line, " // indirect"))
			}
		}
	}
	m.Origin, m.Version, m.Replace, m.Requires = Source, "v0.0.0", filepath.ToSlash(dir), all.String()
	return nil
}

const goMod = `module {{.Name}}

go 1.26.0

require ` + Module + ` {{.Version}}
{{if .Requires}}
// What the SDK needs. "go mod tidy" leaves what this module really uses.
require (
{{.Requires}})
{{end}}{{if .Replace}}
replace ` + Module + ` => {{.Replace}}
{{end}}`

// write writes the files of a language.
func (m *module) write(dir, language string) error {
	root, err := fs.Sub(templates, "templates/"+language)
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(root, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		raw, err := fs.ReadFile(root, e.Name())
		if err != nil {
			return err
		}
		if e.Name() == "site_test.go.tmpl" && !m.Whole() {
			continue
		}
		name := strings.TrimSuffix(e.Name(), ".tmpl")
		if strings.HasSuffix(name, "ignore") {
			name = "." + name
		}
		if err := m.file(filepath.Join(dir, name), string(raw), name != e.Name()); err != nil {
			return err
		}
	}
	if language != "go" {
		return nil
	}
	if len(m.Sums) > 0 {
		if err := os.WriteFile(filepath.Join(dir, "go.sum"), m.Sums, 0o644); err != nil { //nolint:gosec // source, for everybody
			return fmt.Errorf("write go.sum: %w", err)
		}
	}
	return m.file(filepath.Join(dir, "go.mod"), goMod, true)
}

// file writes one file, from a template or as it is.
func (m *module) file(path, text string, fill bool) error {
	out := []byte(text)
	if fill {
		t, err := template.New(filepath.Base(path)).Option("missingkey=error").Parse(text)
		if err != nil {
			return fmt.Errorf("read the template of %s: %w", path, err)
		}
		var b bytes.Buffer
		if err := t.Execute(&b, m); err != nil {
			return fmt.Errorf("fill the template of %s: %w", path, err)
		}
		out = b.Bytes()
	}
	if err := os.WriteFile(path, out, 0o644); err != nil { //nolint:gosec // source, for everybody
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// copySDK writes the SDK as a module of its own. Its versions are those that
// this program was built with; "go mod tidy" finds their checksums.
func (m *module) copySDK(dir string) error {
	base := filepath.Join(dir, "recueil")
	err := fs.WalkDir(plugins.Source, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		raw, err := plugins.Source.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(base, "plugins", filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		return os.WriteFile(to, raw, 0o644) //nolint:gosec // source, for everybody
	})
	if err != nil {
		return fmt.Errorf("copy the SDK: %w", err)
	}
	return m.file(filepath.Join(base, "go.mod"), sdkMod, false)
}
