// Package storage is the seam to an object store: everything Recueil must not
// lose goes through Bucket. It holds the promises and the errors, and no
// implementation; storagetest turns each promise into a test.
package storage

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Bucket is one flat namespace of immutable-until-replaced objects.
//
// A Put that returned nil is durable and visible to every later Get and List,
// from every process. A Put that returned ErrCondition changed nothing. A Put
// that wraps ErrUntouched changed nothing either. A Put that returned any other
// error may or may not have taken effect, now or a little later: the caller
// settles that by reading the key.
//
// All methods honour the context, are safe for concurrent use, and answer
// ErrKey for a key that CheckKey refuses.
type Bucket interface {
	// Get opens an object, or the part of it that r selects. The caller closes
	// the reader. A missing key is ErrNotExist. A range that starts beyond the
	// end gives an empty reader, not an error.
	Get(ctx context.Context, key string, r Range) (io.ReadCloser, Object, error)

	// Put stores exactly size bytes read from body, all or nothing: a body that
	// is shorter, longer or fails leaves the key as it was. An unmet condition
	// is ErrCondition. Conditional bodies are limited to MaxConditional bytes.
	Put(ctx context.Context, key string, body io.Reader, size int64, c Cond) (Object, error)

	// Delete removes an object; deleting a missing key is not an error.
	Delete(ctx context.Context, key string) error

	// List yields the objects whose key starts with prefix and sorts after
	// after, in ascending byte order of key. It stops at the first error.
	List(ctx context.Context, prefix, after string) iter.Seq2[Object, error]
}

// Purger is the optional ability to destroy every version of an object. A
// bucket without it keeps no versions, so Delete destroys.
type Purger interface {
	// Purge removes the object and all its earlier versions and markers. When
	// it returns nil no byte of any of them can be read again.
	Purge(ctx context.Context, key string) error
}

// Purge destroys every version of key, whichever ability b has.
func Purge(ctx context.Context, b Bucket, key string) error {
	if p, ok := b.(Purger); ok {
		return p.Purge(ctx, key)
	}
	return b.Delete(ctx, key)
}

// Range selects part of an object, in bytes. The zero Range is all of it;
// Length 0 means to the end. Negative values are refused with ErrRange.
type Range struct{ Offset, Length int64 }

// Object is what a bucket knows about a stored object.
type Object struct {
	Key      string
	Size     int64     // of the whole object in bytes, also when a range was read
	ETag     string    // opaque; changes whenever the bytes change; usable as Cond.IfMatch
	Modified time.Time // the bucket's clock; a hint, never compared for correctness
}

// Cond is the condition of a Put. The zero Cond replaces whatever is there.
// Setting both fields is a programming error and is refused with ErrCondition.
type Cond struct {
	IfAbsent bool   // create: fails with ErrCondition when the key exists
	IfMatch  string // replace: fails with ErrCondition unless the ETag is this one, or the key is missing
}

// MaxConditional is the largest body of a conditional Put: 4 MiB. Conditions
// are only safe on single PUTs, never on multipart uploads.
const MaxConditional = 4 << 20

// MaxKey is the longest key in bytes, and MaxSegment the longest part of a key
// between slashes: the smallest of what S3 and common file systems take.
const (
	MaxKey     = 900
	MaxSegment = 200
)

var (
	// ErrNotExist says that there is no object under the key.
	ErrNotExist = errors.New("object does not exist")
	// ErrCondition says that the condition of a Put did not hold; nothing changed.
	ErrCondition = errors.New("condition not met")
	// ErrUntouched says that a Put failed before it could change anything, as
	// on a full disk: there is nothing to settle.
	ErrUntouched = errors.New("nothing was changed")
	// ErrKey says that a key is not one that every bucket can hold.
	ErrKey = errors.New("key not allowed")
	// ErrRange says that a range has a negative offset or length.
	ErrRange = errors.New("range not allowed")
	// ErrTooLarge says that a conditional body exceeds MaxConditional.
	ErrTooLarge = errors.New("body too large for a conditional put")
	// ErrUnconditional says that a store ignores the conditions of a Put, so
	// that two nodes could overwrite each other's commits.
	ErrUnconditional = errors.New("store ignores conditional writes")
)
