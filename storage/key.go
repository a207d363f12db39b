package storage

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// CheckKey accepts the keys that every bucket can hold unchanged, on S3 and on
// a case-sensitive file system alike: valid UTF-8 of 1 to MaxKey bytes, parts
// of 1 to MaxSegment bytes between single slashes, no part that is "." or
// ".." or starts with ".tmp-", no control character and no backslash.
// The error wraps ErrKey and says which rule was broken.
func CheckKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: empty", ErrKey)
	case len(key) > MaxKey:
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrKey, len(key), MaxKey)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: %q is not UTF-8", ErrKey, key)
	}
	for _, r := range key {
		if r < 0x20 || r == 0x7f || r == '\\' {
			return fmt.Errorf("%w: %q holds the character %q", ErrKey, key, r)
		}
	}
	for part := range strings.SplitSeq(key, "/") {
		if err := checkSegment(part); err != nil {
			return fmt.Errorf("%w in %q", err, key)
		}
	}
	return nil
}

func checkSegment(part string) error {
	switch {
	case part == "":
		return fmt.Errorf("%w: empty part", ErrKey)
	case part == "." || part == "..":
		return fmt.Errorf("%w: part %q", ErrKey, part)
	case len(part) > MaxSegment:
		return fmt.Errorf("%w: part of %d bytes, the limit is %d", ErrKey, len(part), MaxSegment)
	case strings.HasPrefix(part, ".tmp-"):
		return fmt.Errorf("%w: part %q is reserved", ErrKey, part)
	}
	return nil
}
