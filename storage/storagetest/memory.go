// Package storagetest turns the promises of storage.Bucket into tests that
// every implementation imports, and gives tests the buckets to run on: one in
// memory, one that fails on purpose, and real S3 servers as processes.
package storagetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Memory is a bucket in memory. Its clock is package time, so it follows the
// fake clock of testing/synctest. It has no effect after a call has returned
// and starts no goroutine. It refuses, with storage.ErrKey, a key that is under
// another or has another under it, so that code which would go wrong on MinIO
// (see FlatKeys) fails in its tests.
type Memory struct {
	mu      sync.Mutex
	objects map[string]memoryObject
	keys    []string // sorted
	serial  uint64   // of the last put; makes the ETag
}

type memoryObject struct {
	data []byte // never changed once stored
	meta storage.Object
}

// NewMemory gives an empty bucket.
func NewMemory() *Memory {
	return &Memory{objects: map[string]memoryObject{}}
}

// Get implements storage.Bucket.
func (m *Memory) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	if err := storage.CheckKey(key); err != nil {
		return nil, storage.Object{}, err
	}
	if err := r.Check(); err != nil {
		return nil, storage.Object{}, fmt.Errorf("get %s: %w", key, err)
	}
	if err := ctx.Err(); err != nil {
		return nil, storage.Object{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o, ok := m.objects[key]
	if !ok {
		return nil, storage.Object{}, fmt.Errorf("get %s: %w", key, storage.ErrNotExist)
	}
	offset, length, err := r.Clip(int64(len(o.data)))
	if err != nil {
		return nil, storage.Object{}, fmt.Errorf("get %s: %w", key, err)
	}
	body := bytes.NewReader(o.data[offset : offset+length])
	return &memoryReader{ctx: ctx, body: body}, o.meta, nil
}

type memoryReader struct {
	ctx  context.Context
	body io.Reader
}

func (r *memoryReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.body.Read(p)
}

func (r *memoryReader) Close() error { return nil }

// Put implements storage.Bucket.
func (m *Memory) Put(ctx context.Context, key string, body io.Reader, size int64, c storage.Cond) (storage.Object, error) {
	if err := storage.CheckPut(key, size, c); err != nil {
		return storage.Object{}, err
	}
	var data bytes.Buffer
	data.Grow(int(min(size, 1<<20)))
	if _, err := io.Copy(&data, storage.Exactly(body, size)); err != nil {
		return storage.Object{}, fmt.Errorf("put %s: %w: %w", key, storage.ErrUntouched, err)
	}
	if err := ctx.Err(); err != nil {
		return storage.Object{}, fmt.Errorf("put %s: %w: %w", key, storage.ErrUntouched, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old, exists := m.objects[key]
	if (c.IfAbsent && exists) || (c.IfMatch != "" && (!exists || old.meta.ETag != c.IfMatch)) {
		return storage.Object{}, fmt.Errorf("put %s: %w", key, storage.ErrCondition)
	}
	if err := m.checkFlat(key); err != nil {
		return storage.Object{}, err
	}
	m.serial++
	o := memoryObject{data: data.Bytes(), meta: storage.Object{
		Key: key, Size: size, ETag: "m" + strconv.FormatUint(m.serial, 10), Modified: time.Now(),
	}}
	m.objects[key] = o
	if !exists {
		i, _ := slices.BinarySearch(m.keys, key)
		m.keys = slices.Insert(m.keys, i, key)
	}
	return o.meta, nil
}

func (m *Memory) checkFlat(key string) error {
	for i := range len(key) {
		if _, exists := m.objects[key[:i]]; key[i] == '/' && exists {
			return fmt.Errorf("put %s: %w: it is under the object %s", key, storage.ErrKey, key[:i])
		}
	}
	if i, _ := slices.BinarySearch(m.keys, key+"/"); i < len(m.keys) && strings.HasPrefix(m.keys[i], key+"/") {
		return fmt.Errorf("put %s: %w: the object %s is under it", key, storage.ErrKey, m.keys[i])
	}
	return nil
}

// Delete implements storage.Bucket.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := storage.CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, exists := m.objects[key]; !exists {
		return nil
	}
	delete(m.objects, key)
	if i, found := slices.BinarySearch(m.keys, key); found {
		m.keys = slices.Delete(m.keys, i, i+1)
	}
	return nil
}

// List implements storage.Bucket. It looks up one key after the other, so
// writes during the iteration are seen when they sort later.
func (m *Memory) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	return func(yield func(storage.Object, error) bool) {
		for after := after; ; { // each ranging starts anew
			if err := ctx.Err(); err != nil {
				yield(storage.Object{}, err)
				return
			}
			o, ok := m.next(prefix, after)
			if !ok || !yield(o, nil) {
				return
			}
			after = o.Key
		}
	}
}

// next gives the first object with the prefix whose key sorts after after.
func (m *Memory) next(prefix, after string) (storage.Object, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, found := slices.BinarySearch(m.keys, max(prefix, after))
	if found && m.keys[i] == after {
		i++
	}
	if i == len(m.keys) || !strings.HasPrefix(m.keys[i], prefix) {
		return storage.Object{}, false
	}
	return m.objects[m.keys[i]].meta, true
}
