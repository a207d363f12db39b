package commitlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Options of a log. Node, Now and Rand are required.
type Options struct {
	Node   string            // name of this node, 1 to 64 bytes, unique among the nodes of a bucket
	Now    func() time.Time  // clock
	Rand   io.Reader         // source of nonces: crypto/rand.Reader
	Logger *slog.Logger      // nil: nothing is logged
	Tell   func(Seq, []byte) // tells the other nodes of a record of this one (see Heard), without waiting or changing it; nil: they find it

	Temp    string        // folder for spooled snapshots; "" is the system's
	Timeout time.Duration // of one request of the bucket for a record; 0 is 10 s
	Grace   time.Duration // age at which records may be merged into segments; 0 is 10 min
}

func (o *Options) complete() error {
	switch {
	case o.Node == "" || len(o.Node) > maxNode:
		return fmt.Errorf("name of the node has %d bytes, not 1 to %d", len(o.Node), maxNode)
	case o.Now == nil || o.Rand == nil:
		return errors.New("a log needs a clock and a source of randomness")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Grace <= 0 {
		o.Grace = 10 * time.Minute
	}
	return nil
}

// Log is the ordered log of one bucket as one node sees it. It is safe for
// concurrent use and needs no closing.
type Log[T any] struct {
	bucket storage.Bucket
	codec  Codec[T]
	pack   packer
	node   string
	limit  int // bytes of a record; less than maxRecord only in tests
	o      Options

	tail    *tail[T]
	reads   pace
	polling chan struct{} // holds the right to look at the next place
	index   *indexes      // of segments read lately
	stats   *counters
}

// Open finds the end of the log in bucket. An empty bucket is an empty log.
func Open[T any](ctx context.Context, bucket storage.Bucket, codec Codec[T], o Options) (*Log[T], error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("open commit log: %w", err)
	}
	pack, err := newPacker()
	if err != nil {
		return nil, fmt.Errorf("open commit log: %w", err)
	}
	l := &Log[T]{
		bucket: bucket, codec: codec, pack: pack, node: o.Node, limit: maxRecord, o: o,
		tail: newTail[T](o.Node), polling: make(chan struct{}, 1), index: newIndexes(), stats: newCounters(),
	}
	if err := l.refresh(ctx); err != nil {
		return nil, fmt.Errorf("open commit log: find its end: %w", err)
	}
	return l, nil
}

// Head is the last record that this node knows of. It never goes back.
func (l *Log[T]) Head() Seq {
	head, _, _ := l.tail.now()
	return head
}

// Wait returns when this node knows of the record at seq, which may be its own
// or another node's, or with an error when ctx ends or the bucket fails.
func (l *Log[T]) Wait(ctx context.Context, seq Seq) error {
	if seq == 0 {
		return nil
	}
	if err := l.await(ctx, seq-1); err != nil {
		return fmt.Errorf("wait for record %d: %w", seq, err)
	}
	return nil
}

// Read gives one record. A record that does not exist yet is
// storage.ErrNotExist, a damaged one ErrCorrupt.
func (l *Log[T]) Read(ctx context.Context, seq Seq) (Record[T], error) {
	if k := l.tail.get(seq); k != nil {
		return l.decode(ctx, seq, k)
	}
	if seq == 0 {
		return Record[T]{}, fmt.Errorf("record 0: %w", storage.ErrNotExist)
	}
	raw, err := l.fetch(ctx, seq)
	if err != nil {
		return Record[T]{}, err
	}
	return l.open(ctx, seq, raw)
}

// Forget drops the decoded records that the node keeps in memory. A follower
// that sees an erasure calls it, so that nothing erased stays readable.
func (l *Log[T]) Forget() { l.tail.forget() }

// now is for measuring how long something takes: unlike the clock of Options
// it never jumps. Only what is written down is dated by that clock.
func (l *Log[T]) now() time.Time { return time.Now() }

// recordKey is where the record at seq is stored: a thousand to a folder, so
// that listing the newest stays cheap however long the log is.
func recordKey(seq Seq) string { return fmt.Sprintf("%s%020d", recordFolder(seq), seq) }

// recordFolder is the prefix of the keys of a thousand records.
func recordFolder(seq Seq) string { return fmt.Sprintf("log/%017d/", seq/1000) }

func (l *Log[T]) exists(ctx context.Context, seq Seq) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, l.o.Timeout)
	defer cancel()
	began := l.now()
	body, _, err := l.bucket.Get(ctx, recordKey(seq), storage.Range{Length: 1})
	if err == nil || errors.Is(err, storage.ErrNotExist) {
		l.reads.took(l.now().Sub(began))
	}
	if errors.Is(err, storage.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for record %d: %w", seq, err)
	}
	return true, body.Close()
}

// fetch gives the stored bytes of a record, from its segment when its own
// object was emptied. They are not verified yet.
func (l *Log[T]) fetch(ctx context.Context, seq Seq) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.o.Timeout)
	defer cancel()
	body, object, err := l.bucket.Get(ctx, recordKey(seq), storage.Range{})
	if err != nil {
		return nil, fmt.Errorf("read record %d: %w", seq, err)
	}
	defer body.Close()
	if object.Size > maxRecord {
		return nil, fmt.Errorf("record %d: %w: %d bytes", seq, ErrCorrupt, object.Size)
	}
	if object.Size == 0 {
		return l.fetchMerged(ctx, seq)
	}
	raw := make([]byte, object.Size)
	if _, err := io.ReadFull(body, raw); err != nil {
		return nil, fmt.Errorf("read record %d: %w", seq, err)
	}
	return raw, nil
}

// open verifies and decodes the stored bytes of a record.
func (l *Log[T]) open(ctx context.Context, seq Seq, raw []byte) (Record[T], error) {
	f, payload, err := openFrame(seq, raw)
	if err != nil {
		return Record[T]{}, err
	}
	plain, err := l.pack.unpack(f, payload)
	if err != nil {
		return Record[T]{}, err
	}
	var values []T
	err = caught(func() (err error) {
		values, err = l.codec.Decode(ctx, plain)
		return err
	})
	if err != nil {
		return Record[T]{}, fmt.Errorf("decode record %d: %w", seq, err)
	}
	if len(values) != f.values {
		return Record[T]{}, fmt.Errorf("record %d: %w: %d values instead of %d", seq, ErrCorrupt, len(values), f.values)
	}
	return record(f, values), nil
}

func record[T any](f frame, values []T) Record[T] {
	return Record[T]{Seq: f.seq, At: f.at, Node: f.node, Nonce: f.nonce.String(), Values: values}
}
