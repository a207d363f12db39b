package folder

import (
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/storage"
)

// FuzzNames holds the names on disk to what the bucket relies on: each key has
// its own, also where case is folded; it can be read back; it fits a file
// system; none is one of the bucket's own.
func FuzzNames(f *testing.F) {
	for _, key := range []string{"a", "a/b", "A", ".recueil/tmp", "é", "e\u0301", "%", "=", "@", "+", "a@", strings.Repeat("Z", 200), strings.Repeat("x", 80) + "/" + strings.Repeat("y", 160)} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if storage.CheckKey(key) != nil {
			return
		}
		folder, file := pathOf(key)
		path := folder + file
		if strings.ToLower(path) != path {
			t.Fatalf("%q is stored as %q, which is not the same in small letters", key, path)
		}
		parts := strings.Split(path, "/")
		back := ""
		for i, part := range parts {
			s, kind, ok := parseName(part)
			if !ok || (kind == isObject) != (i == len(parts)-1) || len(part) > 255 || part[0] == '.' {
				t.Fatalf("%q is stored as %q; its part %q reads as %q, %v, %v", key, path, part, s, kind, ok)
			}
			for _, c := range []byte(part) {
				if c >= 0x80 || c < 0x20 {
					t.Fatalf("%q is stored as %q", key, path)
				}
			}
			if back += s; kind == isFolder {
				back += "/"
			}
		}
		if back != key {
			t.Fatalf("%q is stored as %q, which reads as %q", key, path, back)
		}
		if slash := strings.LastIndexByte(key, '/'); slash > 0 && !strings.HasPrefix(folder, folderOf(key[:slash+1])) {
			t.Fatalf("%q is not in the folder of %q", path, key[:slash+1])
		}
	})
}

// FuzzParseName feeds it what anybody may leave in a folder.
func FuzzParseName(f *testing.F) {
	for _, name := range []string{"", "@", "%@", "%4", "%41", "=", "=a", "=A", "a+", ".x", "%2e", "%2E", "a=@", "x@@", strings.Repeat("a", 80) + "+"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s, kind, ok := parseName(name)
		if !ok {
			return
		}
		again := escape(s)
		switch kind {
		case isObject:
			again += string(objectEnd)
		case isCut:
			again += string(cutEnd)
		}
		if again != name {
			t.Fatalf("%q reads as %q, which is written as %q", name, s, again)
		}
	})
}
