// Package pack makes, reads, signs and checks bundles, the files in which
// plugins travel: a tar compressed by gzip, plugin.json at its root. The same
// files give the same bytes.
package pack

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
)

// Limits of a bundle.
const (
	MaxBundle = 128 << 20 // bytes, compressed
	MaxFiles  = 1000
	MaxBytes  = 512 << 20 // of all files, unpacked
)

// IgnoreName is the file that says what stays out of a bundle: one pattern a
// line, as of path.Match, for a path or a name; # begins a comment.
const IgnoreName = ".bundleignore"

// Folder makes the bundle of a folder. What begins with a dot, what IgnoreName
// lists and secret keys stay out; instead holds files that are put in the place of
// those of the folder.
func Folder(dir string, instead map[string][]byte) ([]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the folder of the plugin: %w", err)
	}
	defer root.Close() //nolint:errcheck // it was only read
	names, err := List(root.FS())
	if err != nil {
		return nil, fmt.Errorf("pack %s: %w", dir, err)
	}
	for name := range instead {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return write(names, func(name string) ([]byte, error) {
		if body, ok := instead[name]; ok {
			return body, nil
		}
		return root.ReadFile(name)
	})
}

// List gives the files of a folder that its bundle holds, in order. A secret key
// to sign with never leaves the folder.
func List(files fs.FS) ([]string, error) {
	ignored, err := patterns(files)
	if err != nil {
		return nil, err
	}
	var names []string
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		out := strings.HasPrefix(d.Name(), ".") || slices.ContainsFunc(ignored, func(p string) bool { return matches(p, name) })
		switch {
		case out && d.IsDir():
			return fs.SkipDir
		case out || !d.Type().IsRegular() || isSecretKey(files, name, d):
			return nil
		}
		if names = append(names, name); len(names) > MaxFiles {
			return tooLarge()
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

func patterns(files fs.FS) ([]string, error) {
	raw, err := fs.ReadFile(files, IgnoreName)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		line = strings.Trim(strings.TrimSpace(line), "/")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := path.Match(line, "x"); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", IgnoreName, line, err)
		}
		out = append(out, line)
	}
	return out, nil
}

func matches(pattern, name string) bool {
	byName, _ := path.Match(pattern, path.Base(name)) // patterns were tried out
	byPath, _ := path.Match(pattern, name)
	return byName || byPath
}

// write makes a bundle of files, in the order given, without times or owners.
func write(names []string, read func(name string) ([]byte, error)) ([]byte, error) {
	var out bytes.Buffer
	// The best compression takes four times as long and spares a twentieth.
	zipped, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	tw := tar.NewWriter(zipped)
	size := 0
	for _, name := range names {
		body, err := read(name)
		if err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
		if size += len(body); size > MaxBytes {
			return nil, tooLarge()
		}
		head := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(body)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if err := tw.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
		if _, err := tw.Write(body); err != nil {
			return nil, fmt.Errorf("pack %s: %w", name, err)
		}
	}
	if err := errors.Join(tw.Close(), zipped.Close()); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if out.Len() > MaxBundle {
		return nil, tooLarge()
	}
	return out.Bytes(), nil
}

func tooLarge() error {
	return problem.New(problem.TooLarge, "bundle_too_large", problem.Args{"files": MaxFiles, "mib": MaxBytes >> 20})
}

// Walk reads the files of a bundle. Names that leave the folder, links and
// devices are refused, and so is more than the limits.
func Walk(r io.Reader, see func(name string, body io.Reader) error) error {
	unzipped, err := gzip.NewReader(r)
	if err != nil {
		return Bad(err)
	}
	tr := tar.NewReader(io.LimitReader(unzipped, MaxBytes+1))
	count, size := 0, int64(0)
	for {
		head, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return Bad(err)
		}
		if head.Typeflag == tar.TypeDir {
			continue
		}
		name := strings.TrimPrefix(head.Name, "./")
		if head.Typeflag != tar.TypeReg || !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\:\x00") {
			return Bad(fmt.Errorf("%.100q is no plain file of a plugin", head.Name))
		}
		if count, size = count+1, size+head.Size; count > MaxFiles || size > MaxBytes {
			return tooLarge()
		}
		if err := see(name, tr); err != nil {
			return err
		}
	}
}

// Bad is the problem of what is no bundle.
func Bad(err error) error {
	return problem.Wrap(err, problem.Invalid, "bundle_invalid", problem.Args{"reason": err.Error()})
}
