package commitlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/recueil-cms/recueil/storage"
)

// The layout of a stored record; FORMAT.md describes it for other programs.
const (
	frameMagic   = "RCLR"
	frameVersion = 1
	frameFixed   = 48 // bytes before the names of nodes
	flagZstd     = 1  // the payload is compressed; always set
	flagBusy     = 2  // courtesy.busy
	flagGuest    = 4  // courtesy.guest
	flagChained  = 8  // the checksum of the record before follows the names

	maxNode   = 64                     // bytes of the name of a node
	maxRecord = storage.MaxConditional // bytes of a stored record
	maxPlain  = 64 << 20               // bytes of a payload before compression
)

type nonce [16]byte

func (n nonce) String() string { return hex.EncodeToString(n[:]) }

// digest is the checksum at the end of a record.
type digest [sha256.Size]byte

// frame is a record without its payload.
type frame struct {
	seq    Seq
	at     time.Time
	node   string
	nonce  nonce
	values int    // how many the payload holds
	plain  int    // size of the payload before compression
	before digest // checksum of the record before; zero: not known
	sum    digest // checksum of this one

	courtesy
}

// seal gives the bytes of a record: header, compressed payload, checksum.
func (f *frame) seal(payload []byte) []byte {
	out := make([]byte, frameFixed, frameFixed+len(f.node)+len(f.next)+len(payload)+2*sha256.Size)
	copy(out, frameMagic)
	out[4], out[5] = frameVersion, flagZstd
	if f.busy {
		out[5] |= flagBusy
	}
	if f.guest {
		out[5] |= flagGuest
	}
	if f.before != (digest{}) {
		out[5] |= flagChained
	}
	out[6], out[7] = byte(len(f.node)), byte(len(f.next))
	binary.BigEndian.PutUint64(out[8:], uint64(f.seq))
	binary.BigEndian.PutUint64(out[16:], uint64(f.at.UnixMicro()))
	copy(out[24:], f.nonce[:])
	binary.BigEndian.PutUint32(out[40:], uint32(f.values))
	binary.BigEndian.PutUint32(out[44:], uint32(f.plain))
	out = append(out, f.node...)
	out = append(out, f.next...)
	if f.before != (digest{}) {
		out = append(out, f.before[:]...)
	}
	out = append(out, payload...)
	f.sum = sha256.Sum256(out)
	return append(out, f.sum[:]...)
}

// openFrame checks the bytes of the record at want and gives its header and
// its compressed payload. Every error is ErrCorrupt.
func openFrame(want Seq, raw []byte) (frame, []byte, error) {
	corrupt := func(format string, args ...any) (frame, []byte, error) {
		return frame{}, nil, fmt.Errorf("record %d: %w: %s", want, ErrCorrupt, fmt.Sprintf(format, args...))
	}
	if len(raw) < frameFixed+sha256.Size || len(raw) > maxRecord {
		return corrupt("%d bytes", len(raw))
	}
	body, sum := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return corrupt("checksum differs")
	}
	if string(body[:4]) != frameMagic {
		return corrupt("not a record")
	}
	if body[4] != frameVersion || body[5]&^(flagBusy|flagGuest|flagChained) != flagZstd {
		return corrupt("version %d with flags %#x is not known to this program", body[4], body[5])
	}
	node, names, chain := int(body[6]), int(body[6])+int(body[7]), 0
	if body[5]&flagChained != 0 {
		chain = sha256.Size
	}
	f := frame{
		seq:    Seq(binary.BigEndian.Uint64(body[8:])),
		at:     time.UnixMicro(int64(binary.BigEndian.Uint64(body[16:]))).UTC(),
		nonce:  nonce(body[24:40]),
		values: int(binary.BigEndian.Uint32(body[40:])),
		plain:  int(binary.BigEndian.Uint32(body[44:])),
		sum:    digest(sum),
		courtesy: courtesy{
			busy: body[5]&flagBusy != 0, guest: body[5]&flagGuest != 0,
		},
	}
	if f.seq != want {
		return corrupt("it is record %d", f.seq)
	}
	if node > maxNode || names > node+maxNode || names+chain > len(body)-frameFixed || f.plain > maxPlain {
		return corrupt("impossible lengths")
	}
	f.node = string(body[frameFixed : frameFixed+node])
	f.next = string(body[frameFixed+node : frameFixed+names])
	copy(f.before[:], body[frameFixed+names:frameFixed+names+chain])
	return f, body[frameFixed+names+chain:], nil
}

// packer compresses payloads. Both directions are safe for concurrent use.
type packer struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newPacker() (packer, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20))
	if err != nil {
		return packer{}, fmt.Errorf("prepare compression: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxPlain))
	if err != nil {
		return packer{}, fmt.Errorf("prepare compression: %w", err)
	}
	return packer{enc, dec}, nil
}

func (p packer) pack(plain []byte) []byte { return p.enc.EncodeAll(plain, nil) }

func (p packer) unpack(f frame, payload []byte) ([]byte, error) {
	plain, err := p.dec.DecodeAll(payload, make([]byte, 0, f.plain))
	if err != nil {
		return nil, fmt.Errorf("record %d: %w: %w", f.seq, ErrCorrupt, err)
	}
	if len(plain) != f.plain {
		return nil, fmt.Errorf("record %d: %w: payload of %d bytes instead of %d", f.seq, ErrCorrupt, len(plain), f.plain)
	}
	return plain, nil
}
