package folder

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The bucket's own files, all under one folder that no key can name:
//
//	.recueil/format.json  the marker: what this folder is; every process that
//	                      has the bucket open holds a shared lock on it
//	.recueil/locks/NN     locks of the keys, by hash
//	.recueil/tmp/ID/      unfinished files of one open bucket, which holds an
//	                      exclusive lock on the file "owner" in it
const (
	ownFolder  = ".recueil"
	markerFile = "format.json"
	tmpFolder  = "tmp"
	lockFolder = "locks"
	ownerFile  = "owner"
)

// Version is the version of the layout on disk that this package writes and
// the only one it reads.
const Version = 1

const formatName = "recueil-folder"

type marker struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
}

// Errors of Open, beside those of the file system.
var (
	// ErrFormat says that a folder was made by a later version of Recueil.
	ErrFormat = errors.New("folder has an unknown format")
	// ErrNotBucket says that a folder holds other files and no bucket.
	ErrNotBucket = errors.New("folder is not empty and not a bucket")
)

// Open opens the bucket in the folder path, and makes the folder when it does
// not exist. Any number of processes on one machine may have it open. A folder
// that holds something else is ErrNotBucket, one of a later version ErrFormat.
//
// Open removes the unfinished files of processes that are gone: those whose
// lock the kernel has released, so never a living one's.
func Open(path string) (*Bucket, error) {
	b, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("open bucket in folder %s: %w", path, err)
	}
	return b, nil
}

func open(path string) (*Bucket, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := makeAll(root); err != nil {
		return nil, err
	}
	top, err := os.Open(root)
	if err != nil {
		return nil, err
	}
	defer top.Close() // and with it the lock that lets one process at a time set up and sweep
	if err := lock(top, exclusive); err != nil {
		return nil, err
	}
	if err := prepare(root); err != nil {
		return nil, err
	}
	b := &Bucket{root: root, own: filepath.Join(root, ownFolder)}
	b.made.Store("", struct{}{}) // prepare has synced the top
	if err := b.enter(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// prepare makes the bucket's own files, the marker last: a process killed
// before that leaves a folder that the next Open takes as new.
func prepare(root string) error {
	own := filepath.Join(root, ownFolder)
	known, err := readMarker(filepath.Join(own, markerFile))
	if err != nil || known {
		return err
	}
	entries, err := os.ReadDir(root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch e.Name() {
		case ownFolder, "lost+found", ".DS_Store":
		default:
			return fmt.Errorf("%w: it holds %s", ErrNotBucket, e.Name())
		}
	}
	for _, folder := range []string{own, filepath.Join(own, tmpFolder), filepath.Join(own, lockFolder)} {
		if err := os.Mkdir(folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	text, err := json.Marshal(marker{Format: formatName, Version: Version})
	if err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(own, markerFile), append(text, '\n')); err != nil {
		return err
	}
	return errors.Join(syncFolder(own), syncFolder(root))
}

func readMarker(path string) (known bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var m marker
	if err := json.Unmarshal(text, &m); err != nil {
		return false, fmt.Errorf("%w: %s: %w", ErrFormat, path, err)
	}
	if m.Format != formatName || m.Version != Version {
		return false, fmt.Errorf("%w: %s says %q version %d, this program knows %q version %d; use a newer one",
			ErrFormat, path, m.Format, m.Version, formatName, Version)
	}
	return true, nil
}

// writeSynced makes a small file appear whole or not at all.
func writeSynced(path string, text []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// enter takes this process's place: the shared lock on the marker, the lock
// files, a folder for unfinished files. The caller holds the lock on the top.
func (b *Bucket) enter() error {
	var err error
	if b.marker, err = os.Open(filepath.Join(b.own, markerFile)); err != nil {
		return err
	}
	if ok, err := tryLock(b.marker, shared); err != nil || !ok {
		return errors.Join(err, errors.New("another process has it for itself"))
	}
	for i := range b.stripes {
		path := filepath.Join(b.own, lockFolder, fmt.Sprintf("%02d", i))
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		b.stripes[i] = stripe{turn: make(chan struct{}, 1), file: f}
	}
	if err := sweep(filepath.Join(b.own, tmpFolder)); err != nil {
		return fmt.Errorf("remove what dead processes left: %w", err)
	}
	b.tmp = filepath.Join(b.own, tmpFolder, strings.ToLower(rand.Text()))
	if err := os.Mkdir(b.tmp, 0o700); err != nil {
		return err
	}
	if b.owner, err = os.OpenFile(filepath.Join(b.tmp, ownerFile), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return err
	}
	return lock(b.owner, exclusive)
}

// sweep removes the folders of unfinished files that nobody holds a lock on.
func sweep(tmp string) error {
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(tmp, e.Name())
		dead, err := abandoned(path)
		if err != nil {
			return err
		}
		if dead {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
}

func abandoned(path string) (bool, error) {
	f, err := os.Open(filepath.Join(path, ownerFile))
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil // killed before it took the lock; nobody is at that point now
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	return tryLock(f, exclusive)
}

// Close frees the locks and removes this bucket's unfinished files. Calls that
// are still running fail; what they had acknowledged stays.
func (b *Bucket) Close() error {
	if b.closed.Swap(true) {
		return nil
	}
	var errs []error
	if b.tmp != "" {
		errs = append(errs, os.RemoveAll(b.tmp))
	}
	for _, f := range []*os.File{b.owner, b.marker} {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	for _, s := range b.stripes {
		if s.file != nil {
			errs = append(errs, s.file.Close())
		}
	}
	return errors.Join(errs...)
}
