// Package folder is a bucket in a plain folder: for a laptop, and for one
// machine with a disk of its own. It needs hard links, atomic renames and
// flock(2), which local Unix file systems have and network ones may not.
//
// An object is written to a file of its own, synced, given its name by link(2)
// or rename(2), and the folder synced; so a crash at any point leaves the old
// object or the new one. Creating needs no lock: link(2) has one winner, also
// between processes. Replacing and deleting take a lock by key. A folder that
// a deletion has emptied stays, because removing it would race with a writer.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/recueil-cms/recueil/storage"
)

// Bucket implements storage.Bucket. It keeps no versions.
type Bucket struct {
	root, own, tmp string // absolute paths
	marker, owner  *os.File
	stripes        [64]stripe
	made           sync.Map      // folders, relative to root, known to be durable; they are never removed
	serial         atomic.Uint64 // of the last unfinished file
	closed         atomic.Bool
}

// errDamaged says that a file in the folder is not as Put left it.
var errDamaged = errors.New("file is damaged")

// begin refuses a call on a closed bucket or an ended context.
func (b *Bucket) begin(ctx context.Context) error {
	if b.closed.Load() {
		return fmt.Errorf("bucket in folder %s: %w", b.root, os.ErrClosed)
	}
	return ctx.Err()
}

// Put implements storage.Bucket.
func (b *Bucket) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if err := storage.CheckPut(key, size, c); err != nil {
		return storage.Object{}, err
	}
	o, err := b.put(ctx, key, body, size, c)
	if err != nil {
		return storage.Object{}, fmt.Errorf("put %s: %w", key, err)
	}
	return o, nil
}

func (b *Bucket) put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if err := b.begin(ctx); err != nil {
		return storage.Object{}, err
	}
	folder, file := pathOf(key)
	target := filepath.Join(b.root, folder, file)
	if err := holds(target, c); err != nil { // a lost race need not cost a write
		return storage.Object{}, untouched(err)
	}
	tmp := filepath.Join(b.tmp, strconv.FormatUint(b.serial.Add(1), 36))
	o, err := writeFile(ctx, tmp, storage.Exactly(body, size), size)
	if err != nil {
		return storage.Object{}, errors.Join(untouched(err), removeIfThere(tmp))
	}
	o.Key = key
	if err := b.publish(ctx, key, tmp, target, folder, c); err != nil {
		return storage.Object{}, errors.Join(err, removeIfThere(tmp))
	}
	if err := syncFolder(filepath.Join(b.root, folder)); err != nil {
		return storage.Object{}, err
	}
	if c.IfAbsent { // the link stays, the name among the unfinished files goes
		return o, removeIfThere(tmp)
	}
	return o, nil
}

// publish gives the finished file tmp its name. Somebody may have removed the
// folders by hand since they were made, so it makes them again, once.
func (b *Bucket) publish(ctx context.Context, key, tmp, target, folder string, c storage.Cond) error {
	if err := b.makeFolder(folder); err != nil {
		return untouched(err)
	}
	err := b.name(ctx, key, tmp, target, c)
	if errors.Is(err, fs.ErrNotExist) {
		b.made.Clear()
		if err := b.makeFolder(folder); err != nil {
			return untouched(err)
		}
		err = b.name(ctx, key, tmp, target, c)
	}
	return err
}

func (b *Bucket) name(ctx context.Context, key, tmp, target string, c storage.Cond) error {
	if c.IfAbsent {
		err := os.Link(tmp, target)
		if errors.Is(err, fs.ErrExist) {
			return storage.ErrCondition
		}
		return refusal(err)
	}
	release, err := b.lockKey(ctx, key)
	if err != nil {
		return untouched(err)
	}
	defer release()
	if err := holds(target, c); err != nil {
		return untouched(err)
	}
	return refusal(os.Rename(tmp, target))
}

// untouched marks the failure of a Put that has not reached the key.
func untouched(err error) error {
	if errors.Is(err, storage.ErrCondition) {
		return err // says so already
	}
	return fmt.Errorf("%w: %w", storage.ErrUntouched, err)
}

// refusal marks what a link(2) or rename(2) answers when it has not begun, as
// on a full disk. After another failure, such as EIO, nobody knows.
func refusal(err error) error {
	for _, known := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.ENAMETOOLONG} {
		if errors.Is(err, known) {
			return untouched(err)
		}
	}
	return err
}

// holds gives storage.ErrCondition unless c holds for the file now.
func holds(target string, c storage.Cond) error {
	if !c.Conditional() {
		return nil
	}
	o, err := stat(target)
	switch {
	case errors.Is(err, storage.ErrNotExist):
		if c.IfAbsent {
			return nil
		}
		return storage.ErrCondition
	case err != nil:
		return err
	case c.IfAbsent || c.IfMatch != o.ETag:
		return storage.ErrCondition
	}
	return nil
}

// Delete implements storage.Bucket. It keeps nothing of the object.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if err := storage.CheckKey(key); err != nil {
		return err
	}
	if err := b.begin(ctx); err != nil {
		return err
	}
	folder, file := pathOf(key)
	release, err := b.lockKey(ctx, key)
	if err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	err = removeIfThere(filepath.Join(b.root, folder, file))
	release()
	if err != nil {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	// Also when there was no file: one who removed it may have died before this.
	err = syncFolder(filepath.Join(b.root, folder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete %s: %w", key, err)
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// makeFolder makes a folder, relative to the top and ending in '/', and its
// parents. It syncs the parent also when the folder exists: whoever made it
// may have died before syncing.
func (b *Bucket) makeFolder(folder string) error {
	if _, ok := b.made.Load(folder); ok || folder == "" {
		return nil
	}
	parent := parentOf(folder)
	if err := b.makeFolder(parent); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(b.root, folder), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncFolder(filepath.Join(b.root, parent)); err != nil {
		return err
	}
	b.made.Store(folder, struct{}{})
	return nil
}
