package folder

import (
	"strings"
)

// Names on disk. A key part becomes a folder name, the last part a file name:
//
//   - a to z, 0 to 9, '-', '_' and '.' stay as they are; a capital letter is
//     '=' and the small one; any other byte, and a '.' in front, is '%' and
//     two hexadecimal digits. So names differ even where a file system folds
//     case or normalises Unicode, and a name that starts with '.' is never a key's.
//   - a part of chunk bytes or more is cut after each chunk; the pieces in
//     front are folders that end in '+'. So no name exceeds 3*chunk+1 bytes,
//     and whatever starts with a cut piece is inside its folder, which keeps
//     the order of keys that of a sorted walk.
//   - the name of an object ends in '@'. So "a" and "a/b" live side by side.
//   - a rest of nothing, after a cut, is '%'.
const (
	chunk     = 80
	objectEnd = '@'
	cutEnd    = '+'
	hexDigits = "0123456789abcdef"
)

// nameKind says what a name on disk stands for.
type nameKind uint8

const (
	isFolder nameKind = iota // the end of a key part: the key goes on after a slash
	isObject                 // the end of a key
	isCut                    // chunk bytes of a key part, of which the rest is inside
)

// pathOf gives the folder (relative, "" for the top, otherwise ending in '/')
// and the file name of an object.
func pathOf(key string) (folder, file string) {
	slash := strings.LastIndexByte(key, '/')
	var b strings.Builder
	b.WriteString(folderOf(key[:slash+1]))
	last := cutInto(&b, key[slash+1:])
	return b.String(), escape(last) + string(objectEnd)
}

// folderOf gives the folder that holds the keys that start with prefix, which
// is empty or ends in '/'.
func folderOf(prefix string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(strings.TrimSuffix(prefix, "/"), "/") {
		if part != "" {
			b.WriteString(escape(cutInto(&b, part)))
			b.WriteByte('/')
		}
	}
	return b.String()
}

// cutInto writes the '+' folders of part and gives what is left of it.
func cutInto(b *strings.Builder, part string) string {
	for len(part) >= chunk {
		b.WriteString(escape(part[:chunk]))
		b.WriteByte(cutEnd)
		b.WriteByte('/')
		part = part[chunk:]
	}
	return part
}

func escape(s string) string {
	if s == "" {
		return "%"
	}
	b := make([]byte, 0, len(s)+8)
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && i == 0:
			b = append(b, "%2e"...)
		case plain(c):
			b = append(b, c)
		case 'A' <= c && c <= 'Z':
			b = append(b, '=', c|0x20)
		default:
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return string(b)
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
}

// parseName reads back a name on disk. A name that pathOf and folderOf never
// make is not ok: somebody else put it there.
func parseName(name string) (s string, kind nameKind, ok bool) {
	if name == "" {
		return "", 0, false
	}
	switch name[len(name)-1] {
	case objectEnd:
		kind, name = isObject, name[:len(name)-1]
	case cutEnd:
		kind, name = isCut, name[:len(name)-1]
	}
	s, ok = unescape(name)
	if !ok || escape(s) != name || len(s) > chunk || (len(s) == chunk) != (kind == isCut) {
		return "", 0, false
	}
	return s, kind, true
}

func unescape(name string) (string, bool) {
	if name == "%" {
		return "", true
	}
	if !strings.ContainsAny(name, "=%") {
		return name, true
	}
	b := make([]byte, 0, len(name))
	for i := 0; i < len(name); i++ {
		switch c := name[i]; c {
		case '=':
			if i++; i == len(name) || name[i] < 'a' || name[i] > 'z' {
				return "", false
			}
			b = append(b, name[i]-0x20)
		case '%':
			if i += 2; i >= len(name) {
				return "", false
			}
			high, low := strings.IndexByte(hexDigits, name[i-1]), strings.IndexByte(hexDigits, name[i])
			if high < 0 || low < 0 {
				return "", false
			}
			b = append(b, byte(high<<4|low))
		default:
			b = append(b, c)
		}
	}
	return string(b), true
}
