package media

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/lease"
	"github.com/recueil-cms/recueil/storage/view"
)

const (
	// holdSpan is how long a blob may be held while an asset of it is made, or
	// while it is found out that there is none.
	holdSpan  = time.Minute
	holdPause = 50 * time.Millisecond
	// orphanAge is from when on a blob that no asset has is taken for a left
	// one: whoever stored it did not get to the commit.
	orphanAge = 24 * time.Hour
)

// hold keeps a blob from being dropped while an asset of it is made, and from
// being used while it is dropped.
func (l *Library) hold(ctx context.Context, ref blob.Ref) (release func(), err error) {
	held, err := lease.Wait(ctx, l.o.Bucket, "leases/blob/"+strings.TrimPrefix(string(ref), "sha256:"), l.o.Now, holdSpan, holdPause)
	if err != nil {
		return nil, err
	}
	return func() { _ = held.Release(context.WithoutCancel(ctx)) }, nil // else it is over by itself
}

// commit makes the asset of a blob that is stored.
func (l *Library) commit(ctx context.Context, by content.Actor, save action.SaveAsset, ref blob.Ref, o action.Options) (action.Receipt, error) {
	release, err := l.hold(ctx, ref)
	if err != nil {
		return action.Receipt{}, problem.Wrap(err, problem.Unavailable, "upload_not_stored", nil)
	}
	defer release()
	info, err := l.o.Blobs.Stat(ctx, ref)
	if err != nil { // the last asset that had the same bytes was removed just now
		return action.Receipt{}, problem.Wrap(err, problem.Unavailable, "upload_not_stored", nil)
	}
	save.Asset.Blob, save.Asset.Size = string(ref), info.Size
	return l.o.Runner.DoWith(ctx, by, save, o)
}

// Drop destroys a blob, with its text and its pictures, unless an asset has it.
func (l *Library) Drop(ctx context.Context, ref string) error {
	parsed, err := blob.Parse(ref)
	if err != nil {
		return err
	}
	release, err := l.hold(ctx, parsed)
	if err != nil {
		return err
	}
	defer release()
	if err := l.o.Refresh(ctx); err != nil {
		return fmt.Errorf("drop %s: %w", ref, err)
	}
	used, err := l.used(ctx)
	if err != nil || used[ref] {
		return err
	}
	return l.o.Blobs.Delete(ctx, parsed)
}

// dropLater is Drop for whoever has answered for a change already: what fails
// is logged, and Sweep tries again.
func (l *Library) dropLater(ctx context.Context, ref string) {
	if err := l.Drop(ctx, ref); err != nil {
		l.o.Log.LogAttrs(ctx, slog.LevelWarn, "the bytes of a removed file are still there; it will be tried again", slog.Any("error", err))
	}
}

// Removed destroys what an asset leaves behind that was removed, as far as no
// other needs it.
func (l *Library) Removed(ctx context.Context, a *content.Asset) { l.dropLater(ctx, a.Blob) }

// used gives the blobs that assets have.
func (l *Library) used(ctx context.Context) (map[string]bool, error) {
	used := map[string]bool{}
	err := l.o.View.Read(ctx, func(tx *view.Tx) error {
		return eachAsset(tx, func(a *content.Asset) error {
			used[a.Blob] = true
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look for the blobs of assets: %w", err)
	}
	return used, nil
}

// Sweep drops the blobs that no asset has: what was left by uploads that did
// not get to their commit, and by removals that did not get to the bytes.
func (l *Library) Sweep(ctx context.Context) error {
	used, err := l.used(ctx)
	if err != nil {
		return err
	}
	var left []string
	for info, err := range l.o.Blobs.List(ctx) {
		if err != nil {
			return err
		}
		if !used[string(info.Ref)] && l.o.Now().Sub(info.Modified) > orphanAge {
			left = append(left, string(info.Ref))
		}
	}
	var failed []error
	for _, ref := range left {
		if err := l.Drop(ctx, ref); err != nil && !errors.Is(err, storage.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
