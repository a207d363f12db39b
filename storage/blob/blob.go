// Package blob keeps bytes under their SHA-256: the same bytes are stored
// once, and what is read is what was stored.
package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

var (
	// ErrTooLarge says that the bytes exceed the limit of a Put.
	ErrTooLarge = errors.New("file is larger than the limit")
	// ErrCorrupt says that stored bytes do not have the checksum they are
	// stored under.
	ErrCorrupt = errors.New("blob is damaged")
	// ErrRef says that a text is not a Ref.
	ErrRef = errors.New("not a blob reference")
)

// Ref names bytes: "sha256:" and 64 lower case hexadecimal digits.
type Ref string

const scheme = "sha256:"

// Parse checks the form of a reference.
func Parse(s string) (Ref, error) {
	digits, ok := strings.CutPrefix(s, scheme)
	if !ok || len(digits) != 2*sha256.Size || strings.Trim(digits, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%w: %.80q", ErrRef, s)
	}
	return Ref(s), nil
}

func refOf(sum []byte) Ref { return Ref(scheme + hex.EncodeToString(sum)) }

// key is where the bytes are stored.
func (r Ref) key() (string, error) {
	if _, err := Parse(string(r)); err != nil {
		return "", err
	}
	digits := string(r[len(scheme):])
	return "blobs/" + digits[:2] + "/" + digits, nil
}

// Info is what a bucket knows of a blob.
type Info struct {
	Ref      Ref
	Size     int64     // bytes
	Modified time.Time // the bucket's clock
}

// Store keeps blobs in a bucket. It is safe for concurrent use.
type Store struct {
	bucket storage.Bucket
	temp   string
}

// New makes a store. Uploads are spooled in the folder temp; "" is the
// system's.
func New(bucket storage.Bucket, temp string) *Store {
	return &Store{bucket: bucket, temp: temp}
}

// Put stores what it reads and names it, with little memory whatever the size.
// More than limit bytes are ErrTooLarge and nothing is stored. Bytes that are
// there already are not sent again. An error of r comes back in the chain.
func (s *Store) Put(ctx context.Context, r io.Reader, limit int64) (Ref, error) {
	file, err := os.CreateTemp(s.temp, "blob-*")
	if err != nil {
		return "", fmt.Errorf("spool a blob: %w", err)
	}
	defer discard(file)
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(&stoppable{ctx, r}, min(limit, math.MaxInt64-1)+1))
	if err != nil {
		return "", fmt.Errorf("spool a blob: %w", err)
	}
	if size > limit {
		return "", fmt.Errorf("%w of %d bytes", ErrTooLarge, limit)
	}
	ref := refOf(sum.Sum(nil))
	if info, err := s.Stat(ctx, ref); err == nil && info.Size == size {
		return ref, nil
	}
	return ref, s.upload(ctx, ref, file, size)
}

// discard removes a spooled file. What is left of it after a failure lies in a
// folder for temporary files.
func discard(file *os.File) {
	_ = file.Close()
	_ = os.Remove(file.Name())
}

// upload sends a spooled file.
func (s *Store) upload(ctx context.Context, ref Ref, file *os.File, size int64) error {
	key, err := ref.key()
	if err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the spooled blob: %w", err)
	}
	return s.send(ctx, key, ref, file, size)
}

// send stores bytes. After an unclear answer it looks: a bucket stores a body
// wholly or not at all.
func (s *Store) send(ctx context.Context, key string, ref Ref, body io.Reader, size int64) error {
	_, err := s.bucket.Put(ctx, key, body, size, storage.Cond{})
	if err == nil {
		return nil
	}
	if info, looked := s.Stat(ctx, ref); looked == nil && info.Size == size {
		return nil
	}
	return fmt.Errorf("store %s: %w", ref, err)
}

// stoppable ends reading when the context ends.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}

// Open reads a blob, or the part of it that r selects; the caller closes the
// reader. A missing blob is storage.ErrNotExist. When all of it is read, a
// difference from its checksum is ErrCorrupt in place of io.EOF; a part cannot
// be checked.
func (s *Store) Open(ctx context.Context, ref Ref, r storage.Range) (io.ReadCloser, Info, error) {
	key, err := ref.key()
	if err != nil {
		return nil, Info{}, err
	}
	body, object, err := s.bucket.Get(ctx, key, r)
	if err != nil {
		return nil, Info{}, fmt.Errorf("open %s: %w", ref, err)
	}
	if r == (storage.Range{}) {
		body = &verifier{ReadCloser: body, ref: ref, sum: sha256.New()}
	}
	return body, Info{Ref: ref, Size: object.Size, Modified: object.Modified}, nil
}

// Stat gives size and age of a blob; a missing one is storage.ErrNotExist.
func (s *Store) Stat(ctx context.Context, ref Ref) (Info, error) {
	body, info, err := s.Open(ctx, ref, storage.Range{Length: 1})
	if err != nil {
		return Info{}, err
	}
	return info, body.Close()
}

// Verify reads a whole blob and compares its checksum: ErrCorrupt when it
// differs, storage.ErrNotExist when it is missing.
func (s *Store) Verify(ctx context.Context, ref Ref) error {
	body, _, err := s.Open(ctx, ref, storage.Range{})
	if err != nil {
		return err
	}
	defer body.Close()
	if _, err := io.Copy(io.Discard, body); err != nil {
		return fmt.Errorf("verify %s: %w", ref, err)
	}
	return nil
}

// Delete destroys a blob with all its versions, and what was made from it. A
// missing one is not an error. The caller knows that nothing refers to it any
// more.
func (s *Store) Delete(ctx context.Context, ref Ref) error {
	key, err := ref.key()
	if err != nil {
		return err
	}
	if err := storage.Purge(ctx, s.bucket, key); err != nil {
		return fmt.Errorf("delete %s: %w", ref, err)
	}
	return s.deleteDerived(ctx, ref)
}

// List yields the blobs in the order of their references. It stops at the
// first error, and passes over what is not a blob.
func (s *Store) List(ctx context.Context) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for object, err := range s.bucket.List(ctx, "blobs/", "") {
			if err != nil {
				yield(Info{}, fmt.Errorf("list blobs: %w", err))
				return
			}
			ref, err := Parse(scheme + object.Key[strings.LastIndexByte(object.Key, '/')+1:])
			if err != nil {
				continue
			}
			if !yield(Info{Ref: ref, Size: object.Size, Modified: object.Modified}, nil) {
				return
			}
		}
	}
}
