package storage_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/recueil-cms/recueil/storage"
)

func TestExactlyHandsOverABodyOfTheRightSize(t *testing.T) {
	for _, size := range []int{0, 1, 7, 5000} {
		want := bytes.Repeat([]byte("x"), size)
		for name, r := range map[string]io.Reader{
			"whole":     bytes.NewReader(want),
			"one byte":  iotest.OneByteReader(bytes.NewReader(want)),
			"data+EOF":  iotest.DataErrReader(bytes.NewReader(want)),
			"half":      iotest.HalfReader(bytes.NewReader(want)),
			"unlimited": struct{ io.Reader }{bytes.NewReader(want)},
		} {
			got, err := io.ReadAll(storage.Exactly(r, int64(size)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %d bytes: got %d bytes, error %v", name, size, len(got), err)
			}
		}
	}
}

func TestExactlyFailsOnAWrongSize(t *testing.T) {
	for _, c := range []struct {
		body string
		size int64
	}{{"", 1}, {"abc", 4}, {"abcd", 3}, {"a", 0}, {strings.Repeat("a", 9000), 8999}} {
		for _, r := range []io.Reader{strings.NewReader(c.body), iotest.OneByteReader(strings.NewReader(c.body)), iotest.DataErrReader(strings.NewReader(c.body))} {
			got, err := io.ReadAll(storage.Exactly(r, c.size))
			if !errors.Is(err, storage.ErrSize) {
				t.Errorf("%d bytes announced as %d: error %v", len(c.body), c.size, err)
			}
			if len(c.body) > int(c.size) && c.size > 0 && int64(len(got)) >= c.size {
				t.Errorf("a body of %d bytes announced as %d was handed over whole", len(c.body), c.size)
			}
		}
	}
}

func TestExactlyPassesOnFailures(t *testing.T) {
	broken := errors.New("broken")
	body := io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))
	for _, size := range []int64{2, 3, 4} {
		got, err := io.ReadAll(storage.Exactly(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), size))
		if err == nil || (size >= 3 && !errors.Is(err, broken)) {
			t.Errorf("size %d: got %q, error %v", size, got, err)
		}
	}
	if _, err := io.ReadAll(storage.Exactly(body, 10)); !errors.Is(err, broken) {
		t.Errorf("error %v, want the reader's own", err)
	}
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		r                   storage.Range
		size, offset, count int64
	}{
		{storage.Range{}, 10, 0, 10},
		{storage.Range{Offset: 3}, 10, 3, 7},
		{storage.Range{Length: 4}, 10, 0, 4},
		{storage.Range{Offset: 8, Length: 4}, 10, 8, 2},
		{storage.Range{Offset: 10}, 10, 10, 0},
		{storage.Range{Offset: 99, Length: 1}, 10, 10, 0},
		{storage.Range{}, 0, 0, 0},
		{storage.Range{Offset: 1, Length: 1 << 62}, 10, 1, 9},
	} {
		offset, count, err := c.r.Clip(c.size)
		if err != nil || offset != c.offset || count != c.count {
			t.Errorf("%+v of %d bytes: got %d+%d, error %v; want %d+%d", c.r, c.size, offset, count, err, c.offset, c.count)
		}
	}
	for _, r := range []storage.Range{{Offset: -1}, {Length: -1}} {
		if _, _, err := r.Clip(10); !errors.Is(err, storage.ErrRange) {
			t.Errorf("%+v: error %v, want ErrRange", r, err)
		}
	}
}
