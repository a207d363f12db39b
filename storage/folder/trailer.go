package folder

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
)

// A file is the bytes of the object followed by a trailer:
//
//	8 bytes   size of the object, big endian
//	16 bytes  ETag, random
//	4 bytes   CRC-32C of the bytes and of the 24 above, big endian
//	8 bytes   "recueil" and the version 1
//
// The ETag is written with the bytes, in the same link(2) or rename(2), so it
// changes exactly when they do. Times and inode numbers cannot promise that:
// an inode is used again at once and two writes can fall into one tick of the
// clock. Being random rather than a hash, it also differs when the same bytes
// are written again after others, so IfMatch never takes a later state for the
// one that was read. At the end of the file it leaves images and text readable
// to the tools that a person looks with.
const (
	trailerSize = 36
	etagSize    = 16
)

const magic = "recueil\x01"

// castagnoli has hardware support on common processors.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

type trailer struct {
	size int64
	etag [etagSize]byte
	sum  uint32
}

// seal makes the trailer of size bytes whose CRC-32C is sum.
func seal(size int64, etag [etagSize]byte, sum uint32) [trailerSize]byte {
	var b [trailerSize]byte
	binary.BigEndian.PutUint64(b[:], uint64(size))
	copy(b[8:], etag[:])
	binary.BigEndian.PutUint32(b[24:], crc32.Update(sum, castagnoli(), b[:24]))
	copy(b[28:], magic)
	return b
}

// parseTrailer reads the end of a file of fileSize bytes.
func parseTrailer(b []byte, fileSize int64) (trailer, error) {
	if len(b) != trailerSize || string(b[28:]) != magic {
		return trailer{}, fmt.Errorf("%w: no trailer", errDamaged)
	}
	t := trailer{size: int64(binary.BigEndian.Uint64(b)), sum: binary.BigEndian.Uint32(b[24:])}
	copy(t.etag[:], b[8:24])
	if t.size != fileSize-trailerSize {
		return trailer{}, fmt.Errorf("%w: %d bytes, should be %d", errDamaged, fileSize-trailerSize, t.size)
	}
	return t, nil
}

// check compares the CRC-32C of the bytes that were read.
func (t trailer) check(sum uint32) error {
	b := seal(t.size, t.etag, sum)
	if binary.BigEndian.Uint32(b[24:]) != t.sum {
		return fmt.Errorf("%w: checksum differs", errDamaged)
	}
	return nil
}

func (t trailer) tag() string { return hex.EncodeToString(t.etag[:]) }
