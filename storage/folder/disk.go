package folder

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/recueil-cms/recueil/storage"
)

// copySize is how much of a body is in memory at a time, in bytes. A smaller
// object takes one write and one read.
const copySize = 128 << 10

// writeFile writes a new file with the bytes of body and their trailer, synced.
// On an error the file may be there, in part.
func writeFile(ctx context.Context, path string, body io.Reader, size int64) (storage.Object, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return storage.Object{}, err
	}
	etag, err := fill(ctx, f, body, size)
	if err != nil {
		return storage.Object{}, errors.Join(err, f.Close())
	}
	info, err := f.Stat()
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return storage.Object{}, err
	}
	return storage.Object{Size: size, ETag: etag, Modified: info.ModTime()}, nil
}

// fill writes size bytes of body, which must be a storage.Exactly, and the
// trailer.
func fill(ctx context.Context, f *os.File, body io.Reader, size int64) (etag string, err error) {
	buf := make([]byte, min(size, copySize), min(size, copySize)+trailerSize)
	var sum uint32
	for left := size; ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		buf = buf[:min(left, copySize)]
		if _, err := io.ReadFull(body, buf); err != nil {
			return "", err
		}
		sum = crc32.Update(sum, castagnoli(), buf)
		if left -= int64(len(buf)); left == 0 {
			break
		}
		if _, err := f.Write(buf); err != nil {
			return "", err
		}
	}
	if _, err := io.ReadFull(body, make([]byte, 1)); err != io.EOF {
		return "", err
	}
	var t trailer
	rand.Read(t.etag[:]) // never fails
	end := seal(size, t.etag, sum)
	if _, err := f.Write(append(buf, end[:]...)); err != nil {
		return "", err
	}
	return t.tag(), nil
}

// openObject opens the file of an object and reads its trailer. A missing file
// is storage.ErrNotExist.
func openObject(path string) (*os.File, trailer, storage.Object, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, trailer{}, storage.Object{}, storage.ErrNotExist
	}
	if err != nil {
		return nil, trailer{}, storage.Object{}, err
	}
	t, o, err := readTrailer(f)
	if err != nil {
		return nil, trailer{}, storage.Object{}, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	return f, t, o, nil
}

func readTrailer(f *os.File) (trailer, storage.Object, error) {
	info, err := f.Stat()
	if err != nil {
		return trailer{}, storage.Object{}, err
	}
	if !info.Mode().IsRegular() || info.Size() < trailerSize {
		return trailer{}, storage.Object{}, fmt.Errorf("%w: no trailer", errDamaged)
	}
	var end [trailerSize]byte
	if _, err := f.ReadAt(end[:], info.Size()-trailerSize); err != nil {
		return trailer{}, storage.Object{}, err
	}
	t, err := parseTrailer(end[:], info.Size())
	if err != nil {
		return trailer{}, storage.Object{}, err
	}
	return t, storage.Object{Size: t.size, ETag: t.tag(), Modified: info.ModTime()}, nil
}

// stat gives what is known of an object, without its key.
func stat(path string) (storage.Object, error) {
	f, _, o, err := openObject(path)
	if err != nil {
		return storage.Object{}, err
	}
	return o, f.Close()
}

// makeAll makes a folder and its parents, durably.
func makeAll(path string) error {
	err := os.Mkdir(path, 0o700)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(path) != path {
		if err := makeAll(filepath.Dir(path)); err != nil {
			return err
		}
		err = os.Mkdir(path, 0o700)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable. Letting concurrent calls for
// one folder share a sync was tried and gained nothing measurable: the journal
// of the file system already joins them.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// parentOf gives the folder above a folder; both end in '/' or are empty.
func parentOf(folder string) string {
	return folder[:strings.LastIndexByte(strings.TrimSuffix(folder, "/"), '/')+1]
}
