package storage

import (
	"errors"
	"fmt"
	"io"
)

// ErrSize says that a body did not have the size that its Put announced.
var ErrSize = errors.New("body does not have the announced size")

// CheckPut refuses what no bucket takes, before a byte is read: a bad key, a
// negative size, two conditions at once, a conditional body over
// MaxConditional. Every Bucket calls it first, so that all refuse alike.
func CheckPut(key string, size int64, c Cond) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	switch {
	case size < 0:
		return fmt.Errorf("%w: %d bytes announced", ErrSize, size)
	case c.IfAbsent && c.IfMatch != "":
		return fmt.Errorf("%w: both IfAbsent and IfMatch are set", ErrCondition)
	case c.Conditional() && size > MaxConditional:
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, size, MaxConditional)
	}
	return nil
}

// Conditional says whether c asks for anything.
func (c Cond) Conditional() bool { return c.IfAbsent || c.IfMatch != "" }

// Clip gives the offset and the length in bytes that r selects from an object
// of size bytes. A range beyond the end selects nothing; a negative one is
// ErrRange.
func (r Range) Clip(size int64) (offset, length int64, err error) {
	if err := r.Check(); err != nil {
		return 0, 0, err
	}
	if r.Offset >= size {
		return size, 0, nil
	}
	length = size - r.Offset
	if r.Length > 0 && r.Length < length {
		length = r.Length
	}
	return r.Offset, length, nil
}

// Check refuses negative offsets and lengths with ErrRange.
func (r Range) Check() error {
	if r.Offset < 0 || r.Length < 0 {
		return fmt.Errorf("%w: offset %d, length %d", ErrRange, r.Offset, r.Length)
	}
	return nil
}

// All says whether r selects the whole of any object.
func (r Range) All() bool { return r == Range{} }

// Exactly reads body and promises that it has size bytes: when it is shorter
// or longer the reader fails with ErrSize instead of ending, and the last byte
// of a body that turns out too long is never handed over, so a writer that
// streams it cannot complete by mistake.
func Exactly(body io.Reader, size int64) io.Reader {
	if body == nil {
		body = eof{}
	}
	return &exact{body: body, left: size, size: size}
}

type eof struct{}

func (eof) Read([]byte) (int, error) { return 0, io.EOF }

type exact struct {
	body io.Reader
	left int64
	size int64
	err  error
}

func (e *exact) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if e.left == 0 { // only when size is 0: otherwise the last read has set err
		e.err = e.end()
		return 0, e.err
	}
	n, err := e.body.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	switch {
	case err == io.EOF && e.left > 0:
		e.err = fmt.Errorf("%w: ended %d bytes short of %d", ErrSize, e.left, e.size)
	case err != nil && err != io.EOF:
		e.err = err
	case e.left == 0:
		if e.err = e.end(); !errors.Is(e.err, io.EOF) {
			return 0, e.err
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, e.err
}

// end gives io.EOF when the body has nothing more. A reader that answers
// neither a byte nor an error a hundred times over is taken to be broken.
func (e *exact) end() error {
	var one [1]byte
	for range 100 {
		n, err := e.body.Read(one[:])
		switch {
		case n > 0:
			return fmt.Errorf("%w: longer than %d", ErrSize, e.size)
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}
