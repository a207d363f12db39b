package commitlog

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/recueil-cms/recueil/storage"
)

// Snapshotter is the optional ability of a follower to be carried whole to a
// fresh node.
type Snapshotter interface {
	// SnapshotFormat names what WriteSnapshot writes, for example "view-1": 1
	// to 64 lower case letters, digits, dots and hyphens. Snapshots of another
	// format are ignored.
	SnapshotFormat() string
	// WriteSnapshot writes the state and gives the checkpoint that it is of.
	WriteSnapshot(ctx context.Context, w io.Writer) (Seq, error)
	// ReadSnapshot replaces the state by one that was written at a checkpoint.
	// An error leaves the state as it was.
	ReadSnapshot(ctx context.Context, r io.Reader, at Seq) error
}

// The layout of a snapshot: magic, compressed state, trailer.
const (
	snapshotMagic   = "RCSP"
	snapshotVersion = 1
	snapshotHead    = 8
	snapshotTrailer = 8 + len(nonce{}) + sha256.Size
	snapshotsKept   = 2 // of a follower and format
)

// ErrNoSnapshots says that a follower has not the ability of a Snapshotter.
var ErrNoSnapshots = errors.New("follower cannot be snapshotted")

// SaveSnapshot stores the present state of f and gives its checkpoint, and
// removes all but the two newest snapshots of the same format. It gives 0
// and stores nothing while f is at the start of the log.
func (l *Log[T]) SaveSnapshot(ctx context.Context, f Follower[T]) (Seq, error) {
	s, prefix, err := snapshotter(f)
	if err != nil {
		return 0, err
	}
	file, err := l.spool()
	if err != nil {
		return 0, err
	}
	defer discard(file)
	at, size, err := l.writeSnapshot(ctx, file, s)
	if err != nil || at == 0 {
		return 0, wrap(err, "write a snapshot of %s", f.Name())
	}
	key := snapshotKey(prefix, at)
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, fmt.Errorf("read the spooled snapshot: %w", err)
	}
	if _, err := l.bucket.Put(ctx, key, file, size, storage.Cond{}); err != nil {
		return 0, fmt.Errorf("store %s: %w", key, err)
	}
	return at, wrap(l.prune(ctx, prefix), "remove old snapshots of %s", f.Name())
}

func (l *Log[T]) writeSnapshot(ctx context.Context, file io.Writer, s Snapshotter) (Seq, int64, error) {
	out := &summed{w: bufio.NewWriterSize(file, 1<<20), hash: sha256.New()}
	head := make([]byte, snapshotHead)
	copy(head, snapshotMagic)
	head[4] = snapshotVersion
	_, _ = out.Write(head) // out keeps its first error
	enc, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(2))
	if err != nil {
		return 0, 0, err
	}
	var at Seq
	err = caught(func() (err error) {
		at, err = s.WriteSnapshot(ctx, enc)
		return err
	})
	if err := errors.Join(err, enc.Close()); err != nil || at == 0 {
		return 0, 0, err
	}
	f, err := l.frameAt(ctx, at)
	if err != nil {
		return 0, 0, err
	}
	_, _ = out.Write(append(binary.BigEndian.AppendUint64(nil, uint64(at)), f.nonce[:]...))
	sum := out.hash.Sum(nil)
	_, _ = out.Write(sum)
	return at, out.size, errors.Join(out.err, out.w.Flush())
}

// frameAt reads the header of a record.
func (l *Log[T]) frameAt(ctx context.Context, seq Seq) (frame, error) {
	if k := l.tail.get(seq); k != nil {
		f, _, err := openFrame(seq, k.raw)
		return f, err
	}
	raw, err := l.fetch(ctx, seq)
	if err != nil {
		return frame{}, err
	}
	f, _, err := openFrame(seq, raw)
	return f, err
}

// RestoreSnapshot replaces the state of f by the newest snapshot that is valid
// and ahead of its checkpoint, and gives the checkpoint that f then has.
// Damaged snapshots, and those of another log, are logged and passed over.
func (l *Log[T]) RestoreSnapshot(ctx context.Context, f Follower[T]) (Seq, error) {
	s, prefix, err := snapshotter(f)
	if err != nil {
		return 0, err
	}
	at, err := f.Checkpoint()
	if err != nil {
		return 0, fmt.Errorf("checkpoint of %s: %w", f.Name(), err)
	}
	if err := l.refresh(ctx); err != nil {
		return at, err
	}
	seqs, err := l.snapshots(ctx, prefix)
	if err != nil {
		return at, err
	}
	floor, _, err := l.floor(ctx)
	if err != nil {
		return at, err
	}
	for _, seq := range slices.Backward(seqs) {
		if seq <= at || seq < floor || seq > l.Head() {
			continue
		}
		err := l.restore(ctx, s, snapshotKey(prefix, seq), seq)
		if err == nil {
			return seq, nil
		}
		if ctx.Err() != nil {
			return at, err
		}
		l.o.Logger.LogAttrs(ctx, slog.LevelWarn, "snapshot passed over",
			slog.String("follower", f.Name()), slog.Uint64("seq", uint64(seq)), slog.Any("error", err))
	}
	return at, nil
}

// restore verifies a snapshot in a local file before the follower sees it.
func (l *Log[T]) restore(ctx context.Context, s Snapshotter, key string, seq Seq) error {
	file, err := l.spool()
	if err != nil {
		return err
	}
	defer discard(file)
	body, _, err := l.bucket.Get(ctx, key, storage.Range{})
	if err != nil {
		return err
	}
	defer body.Close()
	size, err := io.Copy(file, body)
	if err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	if err := l.checkSnapshot(ctx, file, size, seq); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	state := io.NewSectionReader(file, snapshotHead, size-snapshotHead-int64(snapshotTrailer))
	dec, err := zstd.NewReader(state, zstd.WithDecoderConcurrency(2))
	if err != nil {
		return err
	}
	defer dec.Close()
	return caught(func() error { return s.ReadSnapshot(ctx, dec, seq) })
}

func (l *Log[T]) checkSnapshot(ctx context.Context, file *os.File, size int64, seq Seq) error {
	if size < snapshotHead+int64(snapshotTrailer) {
		return fmt.Errorf("%w: %d bytes", ErrCorrupt, size)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, size-sha256.Size)); err != nil {
		return err
	}
	head, trailer := make([]byte, snapshotHead), make([]byte, snapshotTrailer)
	if _, err := file.ReadAt(head, 0); err != nil {
		return err
	}
	if _, err := file.ReadAt(trailer, size-int64(snapshotTrailer)); err != nil {
		return err
	}
	switch {
	case !bytes.Equal(sum.Sum(nil), trailer[8+len(nonce{}):]):
		return fmt.Errorf("%w: checksum differs", ErrCorrupt)
	case string(head[:4]) != snapshotMagic || head[4] != snapshotVersion:
		return fmt.Errorf("%w: not a snapshot of a version known to this program", ErrCorrupt)
	case Seq(binary.BigEndian.Uint64(trailer)) != seq:
		return fmt.Errorf("%w: it is of another record", ErrCorrupt)
	}
	f, err := l.frameAt(ctx, seq)
	if err == nil && !bytes.Equal(f.nonce[:], trailer[8:8+len(f.nonce)]) {
		err = ErrDiverged
	}
	return err
}

func (l *Log[T]) spool() (*os.File, error) {
	file, err := os.CreateTemp(l.o.Temp, "snapshot-*")
	if err != nil {
		return nil, fmt.Errorf("spool a snapshot: %w", err)
	}
	return file, nil
}

// discard removes a spooled file. What is left of it after a failure lies in a
// folder for temporary files.
func discard(file *os.File) {
	_ = file.Close()
	_ = os.Remove(file.Name())
}

// summed counts and hashes what it writes; the first error stays.
type summed struct {
	w    *bufio.Writer
	hash hash.Hash
	size int64
	err  error
}

func (s *summed) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.hash.Write(p[:n])
	s.size += int64(n)
	s.err = err
	return n, err
}

// wrap adds what was being done to an error, if there is one.
func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), err)
}
