package extract

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
)

// exifBytes is how much of a picture is looked through for its orientation.
const exifBytes = 128 << 10

// orientation gives the EXIF orientation of a JPEG, 1 to 8; 1 when it has none
// or none that can be read.
func orientation(f *os.File) int {
	head := make([]byte, exifBytes)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF { //nolint:errorlint // ReadAt gives it bare
		return 1
	}
	return orientationOf(head[:n])
}

func orientationOf(head []byte) int {
	for head = head[min(2, len(head)):]; len(head) >= 4 && head[0] == 0xff; {
		size := int(binary.BigEndian.Uint16(head[2:]))
		if head[1] == 0xda || size < 2 || len(head) < 2+size {
			return 1
		}
		if body := head[4 : 2+size]; head[1] == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return tiffOrientation(body[6:])
		}
		head = head[2+size:]
	}
	return 1
}

// tiffOrientation finds the tag in the first directory of a TIFF structure.
func tiffOrientation(b []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if bytes.HasPrefix(b, []byte("II*\x00")) {
		order = binary.LittleEndian
	} else if !bytes.HasPrefix(b, []byte("MM\x00*")) {
		return 1
	}
	if len(b) < 8 {
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	const tag, entry = 0x0112, 12
	count := int(order.Uint16(b[at:]))
	for rest := b[at+2:]; count > 0 && len(rest) >= entry; count-- {
		if order.Uint16(rest) == tag {
			if v := int(order.Uint16(rest[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		rest = rest[entry:]
	}
	return 1
}
