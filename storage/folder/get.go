package folder

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/recueil-cms/recueil/storage"
)

// Get implements storage.Bucket. Reading a whole object compares its checksum
// and fails at the end rather than hand over damaged bytes as good; a small
// one fails before the first byte.
func (b *Bucket) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	if err := storage.CheckKey(key); err != nil {
		return nil, storage.Object{}, err
	}
	body, o, err := b.get(ctx, key, r)
	if err != nil {
		return nil, storage.Object{}, fmt.Errorf("get %s: %w", key, err)
	}
	return body, o, nil
}

func (b *Bucket) get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	if err := r.Check(); err != nil {
		return nil, storage.Object{}, err
	}
	if err := b.begin(ctx); err != nil {
		return nil, storage.Object{}, err
	}
	folder, file := pathOf(key)
	f, t, o, err := openObject(filepath.Join(b.root, folder, file))
	if err != nil {
		return nil, storage.Object{}, err
	}
	o.Key = key
	offset, length, err := r.Clip(o.Size)
	if err != nil {
		f.Close()
		return nil, storage.Object{}, err
	}
	if length <= copySize {
		body, err := readSmall(f, t, offset, length)
		return body, o, err
	}
	return &reader{
		ctx: ctx, file: f, trailer: t,
		body:  io.NewSectionReader(f, offset, length),
		whole: length == o.Size,
		left:  length,
	}, o, nil
}

// readSmall reads into memory and closes the file.
func readSmall(f *os.File, t trailer, offset, length int64) (io.ReadCloser, error) {
	defer f.Close()
	data := make([]byte, length)
	if _, err := f.ReadAt(data, offset); err != nil {
		return nil, err
	}
	if length == t.size {
		if err := t.check(crc32.Checksum(data, castagnoli())); err != nil {
			return nil, err
		}
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// reader streams a large object. The file it has open stays the one it was,
// whatever happens to the key.
type reader struct {
	ctx     context.Context
	file    *os.File
	trailer trailer
	body    io.Reader
	whole   bool // all of the object: the checksum can be compared
	sum     uint32
	left    int64
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := r.body.Read(p)
	r.left -= int64(n)
	if r.whole {
		r.sum = crc32.Update(r.sum, castagnoli(), p[:n])
	}
	if err == io.EOF {
		if r.left > 0 {
			return n, fmt.Errorf("%s: %w: %d bytes are missing", r.file.Name(), errDamaged, r.left)
		}
		if r.whole {
			if err := r.trailer.check(r.sum); err != nil {
				return n, fmt.Errorf("%s: %w", r.file.Name(), err)
			}
		}
	}
	return n, err
}

func (r *reader) Close() error { return r.file.Close() }
