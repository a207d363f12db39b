// Package bundle unpacks what a plugin is installed from, whose bytes are
// checked on the way.
package bundle

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
)

// Limits of a bundle.
const (
	Max      = pack.MaxBundle // bytes
	MaxFiles = pack.MaxFiles
)

// Store keeps the unpacked files of plugins. What is on the disk is never
// believed: each process unpacks anew what it got from the bucket, whose bytes
// are checked.
type Store struct {
	dir   string
	blobs *blob.Store

	mu       sync.Mutex
	unpacked map[string]*Bundle // by blob
}

// Bundle is the unpacked files of one version.
type Bundle struct {
	Dir  string
	Sums map[string]string // SHA-256 by name
}

// New makes a store that unpacks into a folder.
func New(dir string, blobs *blob.Store) *Store {
	return &Store{dir: dir, blobs: blobs, unpacked: map[string]*Bundle{}}
}

// Open gives the files of a version.
func (f *Store) Open(ctx context.Context, ref string) (*Bundle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if b := f.unpacked[ref]; b != nil {
		return b, nil
	}
	parsed, err := blob.Parse(ref)
	if err != nil {
		return nil, err
	}
	body, _, err := f.blobs.Open(ctx, parsed, storage.Range{})
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, Max+1))
	if err != nil {
		return nil, fmt.Errorf("read the bundle: %w", err)
	}
	b := &Bundle{Dir: filepath.Join(f.dir, strings.TrimPrefix(ref, "sha256:")), Sums: map[string]string{}}
	if err := b.unpack(raw); err != nil {
		return nil, err
	}
	f.unpacked[ref] = b
	return b, nil
}

func (b *Bundle) unpack(raw []byte) error {
	if err := removeAll(b.Dir); err != nil {
		return fmt.Errorf("remove older files of the plugin: %w", err)
	}
	err := pack.Walk(bytes.NewReader(raw), func(name string, body io.Reader) error {
		path := filepath.Join(b.Dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o555)
		if err != nil {
			return err
		}
		sum := sha256.New()
		_, err = io.Copy(io.MultiWriter(out, sum), body)
		b.Sums[name] = hex.EncodeToString(sum.Sum(nil))
		return errors.Join(err, out.Close())
	})
	if err != nil {
		return fmt.Errorf("unpack the plugin: %w", err)
	}
	return nil
}

// removeAll removes a folder that may have been made read-only.
func removeAll(dir string) error {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o700) //nolint:gosec // ours, about to be removed
		}
		return nil // RemoveAll tells
	})
	return os.RemoveAll(dir)
}

// ReadManifest finds the manifest in a bundle, and checks that the files that
// it runs are there.
func ReadManifest(packed []byte) (raw []byte, names map[string]bool, err error) {
	names = map[string]bool{}
	err = pack.Walk(bytes.NewReader(packed), func(name string, body io.Reader) error {
		if names[name] {
			return pack.Bad(fmt.Errorf("%q is there twice", name))
		}
		names[name] = true
		if name != manifest.FileName {
			return nil
		}
		raw, err = io.ReadAll(io.LimitReader(body, manifest.MaxBytes+1))
		return err
	})
	if err == nil && raw == nil {
		err = pack.Bad(fmt.Errorf("there is no %s at its root", manifest.FileName))
	}
	return raw, names, err
}
