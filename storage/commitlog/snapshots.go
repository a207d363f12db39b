package commitlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/storage"
)

// floorKey holds the seq below which no snapshot may be used or kept.
const floorKey = "snapshots/.floor"

// floorObject is the JSON under floorKey.
type floorObject struct {
	Version int `json:"version"`
	Seq     Seq `json:"seq"`
}

// snapshotter gives the ability of f and where its snapshots are.
func snapshotter[T any](f Follower[T]) (Snapshotter, string, error) {
	s, ok := f.(Snapshotter)
	if !ok {
		return nil, "", fmt.Errorf("%s: %w", f.Name(), ErrNoSnapshots)
	}
	for _, part := range []string{f.Name(), s.SnapshotFormat()} {
		odd := strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789.-")
		if part == "" || len(part) > 64 || odd != "" || part[0] == '.' {
			return nil, "", fmt.Errorf("%q cannot name a follower or a snapshot format", part)
		}
	}
	return s, "snapshots/" + f.Name() + "/" + s.SnapshotFormat() + "/", nil
}

func snapshotKey(prefix string, at Seq) string { return fmt.Sprintf("%s%020d", prefix, at) }

// snapshotSeq reads the seq at the end of the key of a snapshot.
func snapshotSeq(key string) (Seq, bool) {
	digits := key[strings.LastIndexByte(key, '/')+1:]
	seq, err := strconv.ParseUint(digits, 10, 64)
	return Seq(seq), err == nil && len(digits) == 20
}

// snapshots lists what is under a prefix, oldest first.
func (l *Log[T]) snapshots(ctx context.Context, prefix string) ([]Seq, error) {
	var seqs []Seq
	for object, err := range l.bucket.List(ctx, prefix, "") {
		if err != nil {
			return nil, fmt.Errorf("list snapshots: %w", err)
		}
		if seq, ok := snapshotSeq(object.Key); ok {
			seqs = append(seqs, seq)
		}
	}
	return seqs, nil
}

// prune removes all but the newest snapshots, and those below the floor. It
// runs after every save, so that a snapshot which was on its way while others
// were dropped does not stay.
func (l *Log[T]) prune(ctx context.Context, prefix string) error {
	floor, _, err := l.floor(ctx)
	if err != nil {
		return err
	}
	seqs, err := l.snapshots(ctx, prefix)
	if err != nil {
		return err
	}
	for i, seq := range seqs {
		if seq >= floor && i >= len(seqs)-snapshotsKept {
			continue
		}
		if err := storage.Purge(ctx, l.bucket, snapshotKey(prefix, seq)); err != nil {
			return err
		}
	}
	return nil
}

// DropSnapshots destroys, with all their versions, the snapshots of every
// follower that were made before a record, and sees to it that one which is
// being written at this moment is not used and goes too. An erasure calls it
// with the seq of its commit. It can be repeated.
func (l *Log[T]) DropSnapshots(ctx context.Context, before Seq) error {
	if err := l.raiseFloor(ctx, before); err != nil {
		return fmt.Errorf("drop snapshots: %w", err)
	}
	for object, err := range l.bucket.List(ctx, "snapshots/", "") {
		if err != nil {
			return fmt.Errorf("drop snapshots: %w", err)
		}
		if seq, ok := snapshotSeq(object.Key); !ok || seq >= before {
			continue
		}
		if err := storage.Purge(ctx, l.bucket, object.Key); err != nil {
			return fmt.Errorf("drop %s: %w", object.Key, err)
		}
	}
	return nil
}

// floor reads the floor and the ETag of its object.
func (l *Log[T]) floor(ctx context.Context) (Seq, string, error) {
	data, object, err := l.part(ctx, floorKey, 0, 1<<10)
	if errors.Is(err, storage.ErrNotExist) {
		return 0, "", nil
	}
	if err != nil {
		return 0, "", err
	}
	var f floorObject
	if err := json.Unmarshal(data, &f); err != nil || f.Version != 1 {
		return 0, "", fmt.Errorf("%s: %w", floorKey, ErrCorrupt)
	}
	return f.Seq, object.ETag, nil
}

func (l *Log[T]) raiseFloor(ctx context.Context, to Seq) error {
	for {
		at, etag, err := l.floor(ctx)
		if err != nil || at >= to {
			return err
		}
		data, err := json.Marshal(floorObject{Version: 1, Seq: to})
		if err != nil {
			return err
		}
		_, err = l.bucket.Put(ctx, floorKey, bytes.NewReader(data), int64(len(data)), storage.Cond{IfAbsent: etag == "", IfMatch: etag})
		if !errors.Is(err, storage.ErrCondition) {
			return err
		}
	}
}
