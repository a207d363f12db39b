package storage_test

import (
	"errors"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/storage"
)

func TestCheckKeyAccepts(t *testing.T) {
	for _, key := range []string{
		"a", "log/00000000000000000001", "keys/01J9ZQ", "a-b", "a b/c+d", "..a", "a..", ".hidden/.x", "tmp-1", "a.tmp-1",
		"جمعية/تقرير 2024.pdf", "é", "e\u0301", "😀", "%2e%2e", "~", "con", "C:",
		strings.Repeat("a", storage.MaxSegment),
		strings.Repeat(strings.Repeat("a", 179)+"/", 5)[:storage.MaxKey-1],
	} {
		if err := storage.CheckKey(key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func TestCheckKeyRefuses(t *testing.T) {
	for _, key := range []string{
		"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.", "a/..", ".tmp-", "a/.tmp-1/b",
		"a\x00b", "a\nb", "a\x7f", `a\b`, `..\a`, "\xff", "a\xc3", "\xed\xa0\x80",
		strings.Repeat("a", storage.MaxSegment+1),
		strings.Repeat("é", storage.MaxSegment/2+1),
		strings.Repeat("aaaaaaaaa/", 90) + "a",
	} {
		if err := storage.CheckKey(key); !errors.Is(err, storage.ErrKey) {
			t.Errorf("%q: error %v, want ErrKey", key, err)
		}
	}
}

// FuzzCheckKey holds what the implementations rely on: an accepted key stays
// inside any folder it is joined to, is unchanged by cleaning, and fits.
func FuzzCheckKey(f *testing.F) {
	for _, key := range []string{"a", "a/b", "../a", "a//b", "a/./b", "\x00", "é", "e\u0301", ".tmp-x", `a\b`, "/"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		err := storage.CheckKey(key)
		if err != nil {
			if !errors.Is(err, storage.ErrKey) {
				t.Fatalf("%q: error %v does not wrap ErrKey", key, err)
			}
			return
		}
		switch {
		case path.Clean("/"+key) != "/"+key:
			t.Fatalf("%q is not clean", key)
		case len(key) > storage.MaxKey || !utf8.ValidString(key):
			t.Fatalf("%q is too long or not UTF-8", key)
		case strings.ContainsAny(key, "\x00\r\n\\"):
			t.Fatalf("%q holds a character that no store takes", key)
		}
		for part := range strings.SplitSeq(key, "/") {
			if part == "" || len(part) > storage.MaxSegment {
				t.Fatalf("%q has a part of %d bytes", key, len(part))
			}
		}
	})
}
