package blob

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/recueil-cms/recueil/storage"
)

// What is made from a blob alone is kept beside it under a name that says what
// it is and how it was made: the text of a file, pictures of it. It is the
// same whoever makes it, may be made again at any time, and goes with its blob.

// derivedKey is where a derived thing is stored; "" is what all of them have
// in common.
func derivedKey(ref Ref, name string) (string, error) {
	if _, err := Parse(string(ref)); err != nil {
		return "", err
	}
	digits := string(ref[len(scheme):])
	return "derived/" + digits[:2] + "/" + digits + "/" + name, nil
}

// PutDerived stores what was made from a blob.
func (s *Store) PutDerived(ctx context.Context, ref Ref, name string, data []byte) error {
	key, err := derivedKey(ref, name)
	if err != nil {
		return err
	}
	if _, err := s.bucket.Put(ctx, key, bytes.NewReader(data), int64(len(data)), storage.Cond{}); err != nil {
		return fmt.Errorf("store %s of %s: %w", name, ref, err)
	}
	return nil
}

// Derived reads what was made from a blob, at most limit bytes;
// storage.ErrNotExist when nobody has made it.
func (s *Store) Derived(ctx context.Context, ref Ref, name string, limit int64) ([]byte, error) {
	key, err := derivedKey(ref, name)
	if err != nil {
		return nil, err
	}
	body, object, err := s.bucket.Get(ctx, key, storage.Range{})
	if err != nil {
		return nil, fmt.Errorf("open %s of %s: %w", name, ref, err)
	}
	defer body.Close()
	if object.Size > limit {
		return nil, fmt.Errorf("open %s of %s: %w of %d bytes", name, ref, ErrTooLarge, limit)
	}
	data, err := io.ReadAll(io.LimitReader(body, limit))
	if err != nil {
		return nil, fmt.Errorf("read %s of %s: %w", name, ref, err)
	}
	return data, nil
}

// deleteDerived destroys all that was made from a blob.
func (s *Store) deleteDerived(ctx context.Context, ref Ref) error {
	prefix, err := derivedKey(ref, "")
	if err != nil {
		return err
	}
	var keys []string // a few: what there is to make of a file is a short list
	for object, err := range s.bucket.List(ctx, prefix, "") {
		if err != nil {
			return fmt.Errorf("list what was made from %s: %w", ref, err)
		}
		keys = append(keys, object.Key)
	}
	for _, key := range keys {
		if err := storage.Purge(ctx, s.bucket, key); err != nil {
			return fmt.Errorf("delete what was made from %s: %w", ref, err)
		}
	}
	return nil
}
