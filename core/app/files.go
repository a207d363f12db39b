package app

import (
	"context"
	"path/filepath"
	"time"

	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/storage/lease"
)

// readersAtOnce is how many files this node reads at a time, each in a process
// of its own: one for text, and pictures that somebody waits for.
const readersAtOnce = 2

// library makes the library of files, and starts what looks for text in those
// that are new.
func (a *App) library(ctx context.Context) (*media.Library, error) {
	n := a.node
	place, err := placeOf(n.cfg.Data, n.parts.Rand)
	if err != nil {
		return nil, err
	}
	o := media.Options{
		Owner:  lease.NewOwner(place),
		Bucket: n.bucket, Blobs: n.blobs, Runner: n.runner, View: n.view, Refresh: n.refresh,
		Temp: filepath.Join(n.cfg.Data, "temp"), Now: n.parts.Now, Log: n.parts.Log,
	}
	if n.parts.Program != "" {
		o.Extractor = extract.NewOutside(n.parts.Program, filepath.Join(n.cfg.Data, "cache"), readersAtOnce)
	}
	library := media.New(o)
	if o.Extractor == nil {
		return library, nil
	}
	worker, err := library.Worker(ctx)
	if err != nil {
		return nil, err
	}
	n.following.run("media", func(ctx context.Context) error { return n.log.Follow(ctx, worker) })
	a.working.run("media", func(ctx context.Context) error {
		worker.Run(ctx)
		return nil
	})
	return library, nil
}

// uploads makes the resumable uploads, and what clears up after them.
func (a *App) uploads(library *media.Library) *media.Uploads {
	n := a.node
	uploads := library.Uploads(n.newID)
	a.working.run("blobs", func(ctx context.Context) error {
		return n.every(ctx, blobsEvery, func(ctx context.Context) {
			if err := library.Sweep(ctx); err != nil && ctx.Err() == nil {
				n.parts.Log.Warn("blobs that no asset has were not removed; it will be tried again", "error", err)
			}
		})
	})
	a.working.run("uploads", func(ctx context.Context) error {
		return n.every(ctx, clearEvery, func(ctx context.Context) {
			if err := uploads.Sweep(ctx); err != nil && ctx.Err() == nil {
				n.parts.Log.Warn("uploads were not cleared up; it will be tried again", "error", err)
			}
		})
	})
	return uploads
}

// blobsEvery is how often the bucket is looked through for blobs that no asset
// has.
const blobsEvery = 12 * time.Hour

// clearEvery is how often uploads are looked through for those that are over,
// and for those that are complete and were left.
const clearEvery = 5 * time.Minute
