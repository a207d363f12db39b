package minio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	s3 "github.com/minio/minio-go/v7"

	"github.com/recueil-cms/recueil/storage"
)

// Get implements storage.Bucket. A body that breaks off ends in an error,
// never in io.EOF.
func (b *Bucket) Get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	if err := storage.CheckKey(key); err != nil {
		return nil, storage.Object{}, err
	}
	if err := r.Check(); err != nil {
		return nil, storage.Object{}, fmt.Errorf("get %s: %w", key, err)
	}
	body, o, err := b.get(ctx, key, r)
	if err != nil {
		return nil, storage.Object{}, fmt.Errorf("get %s: %w", key, err)
	}
	return body, o, nil
}

func (b *Bucket) get(ctx context.Context, key string, r storage.Range) (io.ReadCloser, storage.Object, error) {
	var options s3.GetObjectOptions
	switch {
	case r.Length > 0 && r.Offset+r.Length > 0: // the sum may exceed what int64 holds
		options.Set("Range", fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1))
	case !r.All():
		options.Set("Range", fmt.Sprintf("bytes=%d-", r.Offset))
	}
	core := s3.Core{Client: b.again}
	body, info, header, err := core.GetObject(ctx, b.name, b.prefix+key, options)
	switch code(err) {
	case s3.NoSuchKey:
		return nil, storage.Object{}, fmt.Errorf("%w: %w", storage.ErrNotExist, err)
	case "InvalidRange":
		return b.beyond(ctx, key)
	}
	if err != nil {
		return nil, storage.Object{}, err
	}
	o := storage.Object{Key: key, Size: info.Size, ETag: info.ETag, Modified: info.LastModified}
	if !r.All() {
		if o.Size, err = wholeSize(header, r.Offset, info.Size); err != nil {
			return nil, storage.Object{}, errors.Join(err, body.Close())
		}
	}
	if o.ETag == "" || info.Size < 0 {
		return nil, storage.Object{}, errors.Join(errors.New("the store has answered without an ETag or a length"), body.Close())
	}
	_, length, err := r.Clip(o.Size)
	if err != nil || length != info.Size {
		return nil, storage.Object{}, errors.Join(err, fmt.Errorf("the store sends %d bytes, not %d", info.Size, length), body.Close())
	}
	return &reader{ReadCloser: body, left: length}, o, nil
}

// beyond answers for a range that starts beyond the end.
func (b *Bucket) beyond(ctx context.Context, key string) (io.ReadCloser, storage.Object, error) {
	info, err := b.again.StatObject(ctx, b.name, b.prefix+key, s3.StatObjectOptions{})
	if code(err) == s3.NoSuchKey {
		return nil, storage.Object{}, fmt.Errorf("%w: %w", storage.ErrNotExist, err)
	}
	if err != nil {
		return nil, storage.Object{}, err
	}
	o := storage.Object{Key: key, Size: info.Size, ETag: info.ETag, Modified: info.LastModified}
	return io.NopCloser(strings.NewReader("")), o, nil
}

// wholeSize reads the size of the object from "Content-Range: bytes 5-9/100",
// and makes sure that the part sent is the one asked for.
func wholeSize(header http.Header, offset, sent int64) (int64, error) {
	value := header.Get("Content-Range")
	if value == "" && offset == 0 {
		return sent, nil // all of it, as an answer without a range says
	}
	part, total, ok := strings.Cut(strings.TrimPrefix(value, "bytes "), "/")
	first, _, ok2 := strings.Cut(part, "-")
	start, err := strconv.ParseInt(first, 10, 64)
	size, err2 := strconv.ParseInt(total, 10, 64)
	if !ok || !ok2 || err != nil || err2 != nil || start != offset {
		return 0, fmt.Errorf("the store answers a range from %d with %q", offset, value)
	}
	return size, nil
}

// reader makes sure that as many bytes come as were announced.
type reader struct {
	io.ReadCloser
	left int64
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.left -= int64(n)
	if err == io.EOF && r.left != 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// List implements storage.Bucket, a page of at most 1,000 keys at a time. It
// passes over keys that no Put takes, and fails rather than go on when the
// store does not keep the order, because then keys would be missed unnoticed.
func (b *Bucket) List(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	return func(yield func(storage.Object, error) bool) {
		for o, err := range b.list(ctx, prefix, after) {
			if err != nil {
				yield(storage.Object{}, fmt.Errorf("list %q after %q: %w", prefix, after, err))
				return
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (b *Bucket) list(ctx context.Context, prefix, after string) iter.Seq2[storage.Object, error] {
	return func(yield func(storage.Object, error) bool) {
		ask, possible := listable(prefix)
		if !possible || (after > prefix && !strings.HasPrefix(after, prefix)) {
			return // no key is like that, or after is behind all that are
		}
		owner := false
		options := s3.ListObjectsOptions{Prefix: b.prefix + ask, Recursive: true, FetchOwner: &owner}
		if after > prefix || (after == prefix && after != "") {
			options.StartAfter = b.prefix + after
		}
		last := after
		for info := range b.again.ListObjectsIter(ctx, b.name, options) {
			if info.Err != nil {
				yield(storage.Object{}, info.Err)
				return
			}
			key, ours := strings.CutPrefix(info.Key, b.prefix)
			if !ours || storage.CheckKey(key) != nil {
				continue
			}
			if key <= last || !strings.HasPrefix(key, ask) {
				yield(storage.Object{}, fmt.Errorf("the store lists %q after %q", key, last))
				return
			}
			last = key
			if !strings.HasPrefix(key, prefix) {
				continue
			}
			if !yield(storage.Object{Key: key, Size: info.Size, ETag: info.ETag, Modified: info.LastModified}, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil { // the client ends the sequence without a word
			yield(storage.Object{}, err)
		}
	}
}

// listable gives the prefix to ask the store for, since not every store takes
// every question: none for a prefix that no key has, a shorter one where
// prefix ends within a character or in a part that is "." or ".." so far.
func listable(prefix string) (ask string, possible bool) {
	ask = prefix
	for range utf8.UTFMax - 1 {
		if last, size := utf8.DecodeLastRuneInString(ask); last == utf8.RuneError && size == 1 {
			ask = ask[:len(ask)-1]
		}
	}
	if !utf8.ValidString(ask) || strings.ContainsFunc(ask, func(r rune) bool { return r < 0x20 || r == '\\' }) {
		return "", false
	}
	slash := strings.LastIndexByte(ask, '/') + 1
	if slash > 0 && storage.CheckKey(ask[:slash-1]) != nil {
		return "", false
	}
	if last := ask[slash:]; last == "." || last == ".." {
		ask = ask[:slash]
	}
	return ask, true
}
