package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
)

// PutTwice stores size bytes that can be read again, without a local copy: the
// first reading names them, the second stores them. open is called for each;
// bytes that differ the second time are ErrCorrupt, and nothing is stored.
func (s *Store) PutTwice(ctx context.Context, open func() (io.ReadCloser, error), size int64) (Ref, error) {
	ref, err := s.digest(ctx, open, size)
	if err != nil {
		return "", err
	}
	if info, err := s.Stat(ctx, ref); err == nil && info.Size == size {
		return ref, nil
	}
	key, err := ref.key()
	if err != nil {
		return "", err
	}
	r, err := open()
	if err != nil {
		return "", fmt.Errorf("read a blob again: %w", err)
	}
	body := &verifier{ReadCloser: r, ref: ref, sum: sha256.New()}
	defer body.Close()
	return ref, s.send(ctx, key, ref, body, size)
}

func (s *Store) digest(ctx context.Context, open func() (io.ReadCloser, error), size int64) (Ref, error) {
	r, err := open()
	if err != nil {
		return "", fmt.Errorf("read a blob: %w", err)
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, &stoppable{ctx, r})
	if err != nil {
		return "", fmt.Errorf("read a blob: %w", err)
	}
	if n != size {
		return "", fmt.Errorf("read a blob: %d bytes, not %d: %w", n, size, io.ErrUnexpectedEOF)
	}
	return refOf(sum.Sum(nil)), nil
}
