package transfer

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Archive is an archive whose structure was checked. Its content is not
// trusted before Verify.
type Archive struct {
	Manifest Manifest
	files    map[string]*zip.File
	verified bool
}

// Open reads the directory and the manifest of an archive and refuses what no
// archive of ours has.
func Open(r io.ReaderAt, size int64) (*Archive, error) {
	if err := countMembers(r, size); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	a := &Archive{files: make(map[string]*zip.File, len(z.File))}
	var total uint64
	for _, f := range z.File {
		if err := checkMember(f); err != nil {
			return nil, err
		}
		if a.files[f.Name] != nil {
			return nil, fmt.Errorf("%w: %s is there twice", ErrHostile, f.Name)
		}
		if total += f.UncompressedSize64; total > MaxTotal {
			return nil, fmt.Errorf("%w: more than %d bytes", ErrHostile, int64(MaxTotal))
		}
		a.files[f.Name] = f
	}
	if err := a.readManifest(); err != nil {
		return nil, err
	}
	return a, nil
}

// countMembers reads the number of members before the directory is loaded into
// memory.
func countMembers(r io.ReaderAt, size int64) error {
	const endLen, locatorLen, end64Len = 22, 20, 56
	tail := make([]byte, min(size, 65535+endLen))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the end of the archive: %w", err)
	}
	at := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if at < 0 || at+endLen > len(tail) {
		return fmt.Errorf("%w: not a zip file", ErrFormat)
	}
	count := uint64(binary.LittleEndian.Uint16(tail[at+10:]))
	directory := uint64(binary.LittleEndian.Uint32(tail[at+12:]))
	if at >= locatorLen && bytes.HasPrefix(tail[at-locatorLen:], []byte("PK\x06\x07")) {
		end := make([]byte, end64Len)
		if _, err := r.ReadAt(end, int64(binary.LittleEndian.Uint64(tail[at-locatorLen+8:]))); err != nil {
			return fmt.Errorf("%w: its directory is cut off", ErrFormat)
		}
		count, directory = binary.LittleEndian.Uint64(end[32:]), binary.LittleEndian.Uint64(end[40:])
	}
	// A member of ours takes less than 256 bytes in the directory.
	if count > MaxMembers || directory > MaxMembers*256 {
		return fmt.Errorf("%w: %d members in a directory of %d bytes", ErrHostile, count, directory)
	}
	return nil
}

func checkMember(f *zip.File) error {
	packed, size := f.CompressedSize64, f.UncompressedSize64
	switch {
	case !known(f.Name):
		return fmt.Errorf("%w: unknown member %q", ErrHostile, clip(f.Name))
	case f.Mode()&fs.ModeType != 0:
		return fmt.Errorf("%w: %s is not a plain file", ErrHostile, f.Name)
	case f.Flags&1 != 0:
		return fmt.Errorf("%w: %s is encrypted", ErrFormat, f.Name)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("%w: %s is compressed by method %d", ErrFormat, f.Name, f.Method)
	case strings.HasPrefix(f.Name, blobsFolder) && size > MaxBlob,
		f.Name == manifestName && size > MaxManifest,
		f.Method == zip.Deflate && size > 1<<20 && size/maxRatio > packed:
		return fmt.Errorf("%w: %s unpacks to %d bytes", ErrHostile, f.Name, size)
	}
	return nil
}

func (a *Archive) readManifest() error {
	f := a.files[manifestName]
	if f == nil {
		return fmt.Errorf("%w: it has no %s", ErrFormat, manifestName)
	}
	r, err := f.Open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer r.Close()
	dec := json.NewDecoder(io.LimitReader(r, MaxManifest))
	if err := dec.Decode(&a.Manifest); err != nil {
		return fmt.Errorf("%w: manifest: %w", ErrDamaged, err)
	}
	if err := a.Manifest.check(); err != nil {
		return err
	}
	for _, m := range a.Manifest.Members {
		f := a.files[m.Name]
		if f == nil || m.Name == manifestName {
			return fmt.Errorf("%w: %s is missing", ErrDamaged, clip(m.Name))
		}
		if f.UncompressedSize64 != uint64(m.Size) {
			return fmt.Errorf("%w: %s has %d bytes, not %d", ErrDamaged, m.Name, f.UncompressedSize64, m.Size)
		}
	}
	if len(a.Manifest.Members) != len(a.files)-1 {
		return fmt.Errorf("%w: members that the manifest does not name, or names twice", ErrHostile)
	}
	return nil
}

// Verify reads every member and compares its checksum. done is told the bytes
// read so far, of the total; it may be nil.
func (a *Archive) Verify(ctx context.Context, done func(read, total int64)) error {
	var read, total int64
	for _, m := range a.Manifest.Members {
		total += m.Size
	}
	for _, m := range a.Manifest.Members {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.verify(m); err != nil {
			return err
		}
		if read += m.Size; done != nil {
			done(read, total)
		}
	}
	a.verified = true
	return nil
}

func (a *Archive) verify(m Member) error {
	r, err := a.files[m.Name].Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, m.Name, err)
	}
	defer r.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, io.LimitReader(r, m.Size+1))
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, m.Name, err)
	}
	if n != m.Size {
		return fmt.Errorf("%w: %s unpacks to more than %d bytes", ErrDamaged, m.Name, m.Size)
	}
	got := hex.EncodeToString(sum.Sum(nil))
	if got != m.SHA256 || strings.HasPrefix(m.Name, blobsFolder) && m.Name != blobsFolder+got {
		return fmt.Errorf("%w: the checksum of %s differs", ErrDamaged, m.Name)
	}
	return nil
}

// lines calls f with each line of a member, strictly decoded by f. A member
// that the archive does not have has no lines.
func (a *Archive) lines(ctx context.Context, name string, f func(number int, line []byte) error) error {
	file := a.files[name]
	if file == nil {
		return nil
	}
	r, err := file.Open()
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	defer r.Close()
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 64<<10), MaxLine)
	for n := 1; scan.Scan(); n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(n, scan.Bytes()); err != nil {
			return fmt.Errorf("%s, line %d: %w", name, n, err)
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrHostile, name, err)
	}
	return nil
}

// blob opens a blob by its checksum.
func (a *Archive) blob(sum string) (io.ReadCloser, error) {
	f := a.files[blobsFolder+sum]
	if f == nil {
		return nil, fmt.Errorf("%w: blob %s is missing", ErrDamaged, clip(sum))
	}
	return f.Open()
}

// entryMembers lists the members that hold entries, in the order of the
// manifest.
func (a *Archive) entryMembers() []Member {
	var out []Member
	for _, m := range a.Manifest.Members {
		if strings.HasPrefix(m.Name, entriesFolder) {
			out = append(out, m)
		}
	}
	return out
}
