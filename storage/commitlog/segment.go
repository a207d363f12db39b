package commitlog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/recueil-cms/recueil/storage"
)

// The layout of a segment: a head of fixed size with the places of the
// records, then the records exactly as they were stored. The index comes
// first so that one record costs two ranged reads.
const (
	segmentRecords = 256
	segmentMagic   = "RCLS"
	segmentVersion = 1
	segmentHead    = 16 + segmentRecords*4 + sha256.Size
	keptIndexes    = 32
)

// block is 256 records in a row that one segment holds: block 0 holds 1 to 256.
type block uint64

func blockOf(seq Seq) block     { return block((seq - 1) / segmentRecords) }
func (b block) first() Seq      { return Seq(b)*segmentRecords + 1 }
func (b block) last() Seq       { return Seq(b+1) * segmentRecords }
func (b block) key() string     { return fmt.Sprintf("segments/%020d", b.first()) }
func (b block) index(s Seq) int { return int(s - b.first()) }

// index says where in a segment the records are.
type index struct {
	block   block
	offsets [segmentRecords + 1]int64 // of the record, and of the end
}

// place gives offset and size of a record in the segment, in bytes.
func (x *index) place(seq Seq) (offset, size int64) {
	i := x.block.index(seq)
	return x.offsets[i], x.offsets[i+1] - x.offsets[i]
}

// size of the whole segment in bytes.
func (x *index) size() int64 { return x.offsets[segmentRecords] }

func newIndex(b block, sizes []int64) *index {
	x := &index{block: b}
	x.offsets[0] = segmentHead
	for i, size := range sizes {
		x.offsets[i+1] = x.offsets[i] + size
	}
	return x
}

// encode gives the head of a segment.
func (x *index) encode() []byte {
	out := make([]byte, 16, segmentHead)
	copy(out, segmentMagic)
	out[4] = segmentVersion
	binary.BigEndian.PutUint64(out[8:], uint64(x.block.first()))
	for i := range segmentRecords {
		out = binary.BigEndian.AppendUint32(out, uint32(x.offsets[i+1]-x.offsets[i]))
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:]...)
}

// decodeIndex checks the head of the segment of b. Every error is ErrCorrupt.
func decodeIndex(b block, head []byte) (*index, error) {
	corrupt := func(why string) (*index, error) {
		return nil, fmt.Errorf("%s: %w: %s", b.key(), ErrCorrupt, why)
	}
	if len(head) != segmentHead {
		return corrupt("too short")
	}
	body, sum := head[:segmentHead-sha256.Size], head[segmentHead-sha256.Size:]
	if got := sha256.Sum256(body); !bytes.Equal(got[:], sum) {
		return corrupt("checksum of the index differs")
	}
	if string(body[:4]) != segmentMagic || body[4] != segmentVersion {
		return corrupt("not a segment of a version known to this program")
	}
	if Seq(binary.BigEndian.Uint64(body[8:])) != b.first() {
		return corrupt("it is another segment")
	}
	sizes := make([]int64, segmentRecords)
	for i := range sizes {
		size := binary.BigEndian.Uint32(body[16+4*i:])
		if size < frameFixed+sha256.Size || size > maxRecord {
			return corrupt("impossible length")
		}
		sizes[i] = int64(size)
	}
	return newIndex(b, sizes), nil
}

// indexes keeps the indexes of the segments read last.
type indexes struct {
	mu    sync.Mutex
	known map[block]*index
	order []block
}

func newIndexes() *indexes { return &indexes{known: map[block]*index{}} }

func (x *indexes) get(b block) *index {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.known[b]
}

func (x *indexes) add(i *index) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.known[i.block] == nil {
		x.order = append(x.order, i.block)
	}
	x.known[i.block] = i
	if len(x.order) > keptIndexes {
		delete(x.known, x.order[0])
		x.order = x.order[1:]
	}
}

// segmentIndex reads the index of a segment; storage.ErrNotExist when there is
// no segment yet.
func (l *Log[T]) segmentIndex(ctx context.Context, b block) (*index, error) {
	if x := l.index.get(b); x != nil {
		return x, nil
	}
	head, object, err := l.part(ctx, b.key(), 0, segmentHead)
	if err != nil {
		return nil, err
	}
	x, err := decodeIndex(b, head)
	if err != nil {
		return nil, err
	}
	if x.size() != object.Size {
		return nil, fmt.Errorf("%s: %w: %d bytes instead of %d", b.key(), ErrCorrupt, object.Size, x.size())
	}
	l.index.add(x)
	return x, nil
}

// part reads up to size bytes of an object.
func (l *Log[T]) part(ctx context.Context, key string, offset, size int64) ([]byte, storage.Object, error) {
	body, object, err := l.bucket.Get(ctx, key, storage.Range{Offset: offset, Length: size})
	if err != nil {
		return nil, object, fmt.Errorf("read %s: %w", key, err)
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, size))
	if err != nil {
		return nil, object, fmt.Errorf("read %s: %w", key, err)
	}
	return data, object, nil
}

// fetchMerged gives the stored bytes of a record out of its segment.
func (l *Log[T]) fetchMerged(ctx context.Context, seq Seq) ([]byte, error) {
	b := blockOf(seq)
	x, err := l.segmentIndex(ctx, b)
	if errors.Is(err, storage.ErrNotExist) {
		return nil, fmt.Errorf("record %d is empty and %w: there is no %s", seq, ErrCorrupt, b.key())
	}
	if err != nil {
		return nil, err
	}
	offset, size := x.place(seq)
	raw, _, err := l.part(ctx, b.key(), offset, size)
	return raw, err
}
