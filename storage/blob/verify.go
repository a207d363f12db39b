package blob

import (
	"errors"
	"fmt"
	"hash"
	"io"
)

// verifier compares the checksum of what passes through it at the end.
type verifier struct {
	io.ReadCloser
	ref Ref
	sum hash.Hash
}

func (v *verifier) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	v.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if got := refOf(v.sum.Sum(nil)); got != v.ref {
			return n, fmt.Errorf("%w: %s has the checksum %s", ErrCorrupt, v.ref, got)
		}
	}
	return n, err
}
