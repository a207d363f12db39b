// Package state keeps the values of a plugin under keys, in the bucket, so that
// all nodes see them and one writer wins.
package state

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage"
)

// Limits of the values of a plugin.
const (
	maxStateKey   = 90 // bytes
	maxStateValue = 256 << 10
	maxStateKeys  = 500 // of one list
)

// Absent is the version of a value that is not there.
const Absent = "absent"

// Values are those of one plugin.
type Values struct {
	bucket storage.Bucket
	folder string
	quota  int64

	mu     sync.Mutex
	sizes  map[string]int64 // by key, of those that this node has seen; nil: not counted yet
	inUse  int64
	loaded bool
}

// New gives the values in a folder, which ends in a slash, of at most quota
// bytes together.
func New(bucket storage.Bucket, folder string, quota int64) *Values {
	return &Values{bucket: bucket, folder: folder, quota: quota}
}

func (s *Values) key(key string) (string, error) {
	if key == "" || len(key) > maxStateKey {
		return "", status.Errorf(codes.InvalidArgument, "a key has 1 to %d bytes", maxStateKey)
	}
	return s.folder + hex.EncodeToString([]byte(key)), nil
}

// Get reads a value.
func (s *Values) Get(ctx context.Context, key string) (*pluginpb.StateValue, error) {
	at, err := s.key(key)
	if err != nil {
		return nil, err
	}
	body, object, err := s.bucket.Get(ctx, at, storage.Range{})
	if errors.Is(err, storage.ErrNotExist) {
		return &pluginpb.StateValue{Version: Absent}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read a value: %w", err)
	}
	defer body.Close()
	value, err := io.ReadAll(io.LimitReader(body, maxStateValue+1))
	if err != nil {
		return nil, fmt.Errorf("read a value: %w", err)
	}
	return &pluginpb.StateValue{Found: true, Value: value, Version: object.ETag}, nil
}

// Put keeps a value, under a condition.
func (s *Values) Put(ctx context.Context, r *pluginpb.StatePut) (*pluginpb.StateValue, error) {
	at, err := s.key(r.Key)
	if err != nil {
		return nil, err
	}
	if len(r.Value) > maxStateValue {
		return nil, status.Errorf(codes.InvalidArgument, "a value has at most %d bytes", maxStateValue)
	}
	if err := s.reserve(ctx, r.Key, int64(len(r.Value))); err != nil {
		return nil, err
	}
	cond := storage.Cond{IfMatch: r.IfVersion}
	if r.IfVersion == Absent {
		cond = storage.Cond{IfAbsent: true}
	}
	if r.IfVersion != "" && r.IfVersion != Absent {
		// A bucket lets a condition on what is gone pass; here it is another
		// version.
		if now, err := s.Get(ctx, r.Key); err != nil || !now.Found {
			return nil, errors.Join(err, status.Error(codes.Aborted, "the value is gone"))
		}
	}
	object, err := s.bucket.Put(ctx, at, bytes.NewReader(r.Value), int64(len(r.Value)), cond)
	if errors.Is(err, storage.ErrCondition) {
		return nil, status.Error(codes.Aborted, "the value has another version")
	}
	if err != nil {
		return nil, fmt.Errorf("keep a value: %w", err)
	}
	return &pluginpb.StateValue{Found: true, Version: object.ETag}, nil
}

// Remove forgets a value.
func (s *Values) Remove(ctx context.Context, key string) error {
	at, err := s.key(key)
	if err != nil {
		return err
	}
	if err := storage.Purge(ctx, s.bucket, at); err != nil {
		return fmt.Errorf("forget a value: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inUse -= s.sizes[key]
	delete(s.sizes, key)
	return nil
}

// List lists keys.
func (s *Values) List(ctx context.Context, r *pluginpb.StateList) (*pluginpb.StateKeys, error) {
	if len(r.Prefix) > maxStateKey || len(r.After) > maxStateKey {
		return nil, status.Errorf(codes.InvalidArgument, "a key has 1 to %d bytes", maxStateKey)
	}
	limit := int(min(r.Limit, maxStateKeys))
	if limit <= 0 || limit > maxStateKeys {
		limit = maxStateKeys
	}
	after := ""
	if r.After != "" {
		after = s.folder + hex.EncodeToString([]byte(r.After))
	}
	out := &pluginpb.StateKeys{}
	for o, err := range s.bucket.List(ctx, s.folder+hex.EncodeToString([]byte(r.Prefix)), after) {
		if err != nil {
			return nil, fmt.Errorf("list values: %w", err)
		}
		if len(out.Keys) == limit {
			out.More = true
			break
		}
		out.Keys = append(out.Keys, s.name(o.Key))
	}
	return out, nil
}

// name is the key that an object stands for; "" for what is none of ours.
func (s *Values) name(key string) string {
	raw, err := hex.DecodeString(strings.TrimPrefix(key, s.folder))
	if err != nil {
		return ""
	}
	return string(raw)
}

// reserve holds the size of a value against what the plugin may keep. What
// other nodes add meanwhile is noticed when this one counts anew.
func (s *Values) reserve(ctx context.Context, key string, size int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.loaded {
		s.sizes, s.inUse = map[string]int64{}, 0
		for o, err := range s.bucket.List(ctx, s.folder, "") {
			if err != nil {
				return fmt.Errorf("count values: %w", err)
			}
			s.sizes[s.name(o.Key)] = o.Size
			s.inUse += o.Size
		}
		s.loaded = true
	}
	if next := s.inUse - s.sizes[key] + size; next > s.quota {
		s.loaded = false // count anew the next time
		return status.Errorf(codes.ResourceExhausted, "%d of %d bytes are in use; ask for more in the manifest (state.kb)", s.inUse, s.quota)
	}
	s.inUse += size - s.sizes[key]
	s.sizes[key] = size
	return nil
}
