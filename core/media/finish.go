package media

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/lease"
)

// finishSpan is how long a node may be at making one asset of an upload before
// others take over: 2 GiB are read twice and stored once.
const finishSpan = 15 * time.Minute

// Finish makes an asset of an upload that is complete. It may be asked any
// number of times, from any node: one of them does it, and the log makes sure
// that there is one asset. Without an error and not Done, another is at it.
func (u *Uploads) Finish(ctx context.Context, r *Resumable) error {
	held, err := u.l.o.Owner.Take(ctx, u.l.o.Bucket, "leases/upload/"+r.ID, u.l.o.Now(), finishSpan)
	if errors.Is(err, lease.ErrHeld) {
		return nil
	}
	if err != nil {
		return u.away(err)
	}
	defer func() { _ = held.Release(context.WithoutCancel(ctx)) }() // else it is over by itself
	fresh, err := u.load(ctx, r.key())
	if err != nil {
		return u.away(err)
	}
	if *r = *fresh; r.Done || r.Failed != "" {
		r.Offset = r.Length
		return nil
	}
	if err := u.measure(ctx, r); err != nil {
		return err
	}
	if r.Offset != r.Length {
		return fmt.Errorf("upload %s has %d of %d bytes", r.ID, r.Offset, r.Length)
	}
	receipt, err := u.publish(ctx, r)
	switch {
	case err == nil:
		r.Done = true
		r.Asset = content.AssetID(receipt.Subject)
	case final(err):
		r.Failed = problem.CodeOf(err)
	default:
		return err
	}
	if stored := u.store(ctx, r, storage.Cond{}); stored != nil {
		return stored
	}
	return errors.Join(err, u.dropParts(ctx, r))
}

// final reports whether trying again would be of no use.
func final(err error) bool {
	switch problem.KindOf(err) {
	case problem.Forbidden, problem.Unauthenticated, problem.NotFound, problem.Invalid, problem.Conflict, problem.TooLarge:
		return true
	}
	return false
}

// publish stores the file and says so in the log. The key makes one asset of
// one upload even when a node died between the commit and noting it.
func (u *Uploads) publish(ctx context.Context, r *Resumable) (action.Receipt, error) {
	save := r.save()
	if r.Asset != "" { // its file is replaced, what people said of it stays
		old, err := u.l.find(ctx, r.Asset)
		if err != nil {
			return action.Receipt{}, err
		}
		save = action.SaveAsset{Asset: *old, IfMatch: &old.Revision}
	}
	head, err := u.head(ctx, r)
	if err != nil {
		return action.Receipt{}, u.away(err)
	}
	ref, err := u.l.o.Blobs.PutTwice(ctx, func() (io.ReadCloser, error) { return u.open(ctx, r), nil }, r.Length)
	if err != nil {
		return action.Receipt{}, u.away(err)
	}
	u.l.describe(&save.Asset, r.Name, head)
	before := save.Asset.Blob
	receipt, err := u.l.commit(ctx, r.By, save, ref, action.Options{Key: "upload-" + r.ID, Request: r.ID})
	if err == nil && before != "" && before != string(ref) {
		u.l.dropLater(ctx, before)
	}
	return receipt, err
}

func (u *Uploads) head(ctx context.Context, r *Resumable) ([]byte, error) {
	body := u.open(ctx, r)
	defer body.Close()
	head, err := bufio.NewReaderSize(body, sniffBytes).Peek(sniffBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head, nil
}

// open reads an upload from its first part to its last.
func (u *Uploads) open(ctx context.Context, r *Resumable) io.ReadCloser {
	return &parts{u: u, ctx: ctx, r: r}
}

type parts struct {
	u    *Uploads
	ctx  context.Context
	r    *Resumable
	at   int64
	body io.ReadCloser // of the part that is being read
}

func (p *parts) Read(b []byte) (int, error) {
	for p.at < p.r.Length {
		if p.body == nil {
			body, _, err := p.u.l.o.Bucket.Get(p.ctx, p.r.part(p.at), storage.Range{})
			if err != nil {
				return 0, fmt.Errorf("read part at %d of upload %s: %w", p.at, p.r.ID, err)
			}
			p.body = body
		}
		n, err := p.body.Read(b)
		p.at += int64(n)
		if errors.Is(err, io.EOF) {
			err = errors.Join(p.Close())
			if n == 0 && err == nil {
				continue
			}
		}
		return n, err
	}
	return 0, io.EOF
}

func (p *parts) Close() error {
	if p.body == nil {
		return nil
	}
	body := p.body
	p.body = nil
	return body.Close()
}

// Sweep removes uploads whose time is over, and finishes those that are
// complete, where whoever was at it did not get to the end.
func (u *Uploads) Sweep(ctx context.Context) error {
	var keys []string
	for object, err := range u.l.o.Bucket.List(ctx, "uploads/", "") {
		if err != nil {
			return fmt.Errorf("list uploads: %w", err)
		}
		keys = append(keys, object.Key)
	}
	var failed []error
	for _, key := range keys {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := u.sweep(ctx, key); err != nil && !errors.Is(err, storage.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(append(failed, u.dropOrphans(ctx))...)
}

func (u *Uploads) sweep(ctx context.Context, key string) error {
	r, err := u.load(ctx, key)
	if err != nil {
		return err
	}
	if !u.l.o.Now().Before(r.Expires) {
		u.l.o.Log.LogAttrs(ctx, slog.LevelInfo, "an upload whose time is over was removed", slog.String("upload", r.ID))
		return u.Cancel(ctx, r)
	}
	if r.Done || r.Failed != "" {
		return u.dropParts(ctx, r)
	}
	if err := u.measure(ctx, r); err != nil || r.Offset < r.Length {
		return err
	}
	if err := u.Finish(ctx, r); !final(err) {
		return err
	}
	return nil // noted with the upload, for whoever asks
}

// dropOrphans removes parts whose upload is gone: it was ended while a request
// still brought bytes. Parts are listed first, because an upload is there
// before its parts are.
func (u *Uploads) dropOrphans(ctx context.Context) error {
	var keys []string
	for object, err := range u.l.o.Bucket.List(ctx, "parts/", "") {
		if err != nil {
			return fmt.Errorf("list parts of uploads: %w", err)
		}
		keys = append(keys, object.Key)
	}
	known := map[string]bool{}
	for object, err := range u.l.o.Bucket.List(ctx, "uploads/", "") {
		if err != nil {
			return fmt.Errorf("list uploads: %w", err)
		}
		known[object.Key[strings.LastIndexByte(object.Key, '/')+1:]] = true
	}
	for _, key := range keys {
		if id, _, _ := strings.Cut(strings.TrimPrefix(key, "parts/"), "/"); known[id] {
			continue
		}
		if err := u.l.o.Bucket.Delete(ctx, key); err != nil {
			return fmt.Errorf("remove parts of uploads: %w", err)
		}
	}
	return nil
}
