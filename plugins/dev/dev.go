// Package dev makes bundles of a plugin that somebody works on: it notices that
// files changed, builds, and gives each build a version of its own, so that a
// site takes it over like any other upgrade.
package dev

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pack"
)

// Folder is what is local to development, in the folder of a plugin. It begins
// with a dot, and so is in no bundle.
const Folder = ".recueil"

// maxWatched bounds the files that are looked at.
const maxWatched = 20_000

// Stamp says what the files of a folder are by their names, sizes and times: it
// changes when one of them does. What begins with a dot does not count, nor
// what is built or packed.
func Stamp(dir string, built []string) (string, error) {
	sum, count := sha256.New(), 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		name, relErr := filepath.Rel(dir, path)
		if err = errors.Join(err, relErr); err != nil || name == "." {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != pack.IgnoreName
		if hidden || strings.HasSuffix(d.Name(), ".tar.gz") || d.Name() == "__pycache__" || d.Name() == "node_modules" || slices.Contains(built, filepath.ToSlash(name)) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if count++; count > maxWatched {
			return fmt.Errorf("more than %d files: is this the folder of a plugin?", maxWatched)
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			fmt.Fprintf(sum, "%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("look at the files of the plugin: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// BuildError is what a build said when it failed.
type BuildError struct {
	Command string
	Output  string
}

func (e *BuildError) Error() string { return e.Command + ":\n" + e.Output }

// Make builds the plugin of a folder and packs it as a version of its own,
// made from that of the manifest and the time. command builds it, with the path
// of the manifest to build in as RECUEIL_MANIFEST; empty: go build where there
// is a go.mod, nothing elsewhere.
func Make(ctx context.Context, dir, command string, now time.Time) (bundle []byte, version string, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, manifest.FileName))
	if err != nil {
		return nil, "", fmt.Errorf("read the manifest: %w", err)
	}
	raw, version, err = withVersion(raw, "-dev."+strings.Replace(now.UTC().Format("20060102150405.000"), ".", "", 1))
	if err != nil {
		return nil, "", err
	}
	work := filepath.Join(dir, Folder)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return nil, "", fmt.Errorf("make the folder for development: %w", err)
	}
	own := filepath.Join(work, manifest.FileName)
	if err := os.WriteFile(own, raw, 0o644); err != nil { //nolint:gosec // no secret
		return nil, "", fmt.Errorf("write the manifest of the build: %w", err)
	}
	if err := build(ctx, dir, command, own, raw); err != nil {
		return nil, "", err
	}
	bundle, err = pack.Folder(dir, map[string][]byte{manifest.FileName: raw})
	return bundle, version, err
}

// withVersion adds to the version in a manifest, and changes nothing else.
func withVersion(raw []byte, suffix string) ([]byte, string, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return raw, "", nil // whoever checks the manifest says what is wrong
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return raw, "", nil //nolint:nilerr // as above
		}
		before := dec.InputOffset()
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return raw, "", nil //nolint:nilerr // as above
		}
		var version string
		if key != "version" || json.Unmarshal(value, &version) != nil {
			continue
		}
		version += suffix
		quoted, err := json.Marshal(version)
		if err != nil {
			return nil, "", err
		}
		at := before + int64(bytes.Index(raw[before:], value))
		return slices.Concat(raw[:at], quoted, raw[at+int64(len(value)):]), version, nil
	}
	return raw, "", nil
}

// Built are the files that a build makes.
func Built(raw []byte) []string {
	var m struct {
		Run map[string]struct{ File, Interpreter string }
	}
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	var out []string
	for _, r := range m.Run {
		if r.Interpreter == "" {
			out = append(out, r.File)
		}
	}
	return out
}

// build builds, with the manifest of the build in the place of that of the
// folder.
func build(ctx context.Context, dir, command, own string, raw []byte) error {
	var cmd *exec.Cmd
	switch _, err := os.Stat(filepath.Join(dir, "go.mod")); {
	case command != "":
		cmd = exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // what the developer asked for
	case err != nil:
		return nil // nothing to build
	default:
		to := target(raw)
		if to == "" {
			return nil // whoever checks the manifest says what is missing
		}
		overlay, err := overlayOf(dir, own)
		if err != nil {
			return err
		}
		// Most of the time of a build goes into what only debuggers read, and they
		// start programs of their own.
		cmd = exec.CommandContext(ctx, "go", "build", "-ldflags=-s", "-overlay", overlay, "-o", filepath.FromSlash(to), ".") //nolint:gosec // as above
	}
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "RECUEIL_MANIFEST="+own)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return &BuildError{Command: strings.Join(cmd.Args, " "), Output: strings.TrimSpace(string(out) + "\n" + err.Error())}
	}
	return nil
}

// target is what this system runs.
func target(raw []byte) string {
	var m struct {
		Run map[string]struct{ File string }
	}
	if json.Unmarshal(raw, &m) != nil {
		return ""
	}
	if r, ok := m.Run[runtime.GOOS+"/"+runtime.GOARCH]; ok {
		return r.File
	}
	return m.Run["any"].File
}

// overlayOf lets the Go command embed the manifest of the build.
func overlayOf(dir, own string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	ownAbs, err := filepath.Abs(own)
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(abs, manifest.FileName): ownAbs}})
	if err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(ownAbs), "overlay.json")
	if err := os.WriteFile(file, raw, 0o644); err != nil { //nolint:gosec // no secret
		return "", fmt.Errorf("write the overlay: %w", err)
	}
	return file, nil
}
