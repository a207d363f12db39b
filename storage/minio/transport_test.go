package minio

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipe gives an impatient connection and its other end, in the time of a
// synctest bubble.
func pipe(t *testing.T, timeout time.Duration) (c *impatientConn, far net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return &impatientConn{Conn: near, timeout: timeout}, far
}

// A slow body may take longer than the time-out as a whole, as long as bytes
// come; a pause of that length is an error.
func TestOnlyAPauseIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = time.Minute
		c, far := pipe(t, timeout)
		go func() { // ends with its last byte
			for range 8 {
				time.Sleep(timeout - time.Nanosecond)
				if _, err := io.WriteString(far, "x"); err != nil {
					t.Error(err)
				}
			}
		}()
		text, err := io.ReadAll(c)
		if string(text) != strings.Repeat("x", 8) || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// While a long body is sent, the side that waits for an answer waits, too.
func TestWritingGivesTheReaderTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = time.Minute
		c, far := pipe(t, timeout)
		read := make(chan error, 1)
		go func() { // ends with the answer
			_, err := io.ReadFull(c, make([]byte, 2))
			read <- err
		}()
		go func() { // ends with its last byte
			for range 8 {
				time.Sleep(timeout - time.Nanosecond)
				if _, err := io.ReadFull(far, make([]byte, 1)); err != nil {
					t.Error(err)
				}
			}
			if _, err := io.WriteString(far, "ok"); err != nil {
				t.Error(err)
			}
		}()
		for range 8 {
			if _, err := io.WriteString(c, "x"); err != nil {
				t.Error(err)
			}
		}
		if err := <-read; err != nil {
			t.Errorf("the answer: %v", err)
		}
		if _, err := io.WriteString(c, "x"); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a write that nobody takes: %v", err)
		}
	})
}
