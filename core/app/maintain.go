package app

import (
	"context"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Default paces of what a node does now and then.
const (
	defaultCompactEvery    = 10 * time.Minute
	defaultSnapshotEvery   = time.Hour
	defaultSnapshotRecords = 5000
	// snapshotCheck is how often the number of new records is looked at.
	snapshotCheck = 30 * time.Second
)

// compact merges old records into segments, now and then. Several nodes may do
// it at once.
func (n *node) compact(ctx context.Context) error {
	every := orDefault(n.cfg.CompactEvery, defaultCompactEvery)
	return n.every(ctx, every, func(ctx context.Context) {
		if err := n.log.Compact(ctx); err != nil && ctx.Err() == nil {
			n.parts.Log.Warn("old records were not merged; it will be tried again", "error", err)
		}
	})
}

// snapshot stores the view, or the text index, for nodes to come: after so many
// records, or after so much time when anything changed at all.
func (n *node) snapshot(ctx context.Context, f commitlog.Follower[content.Commit]) error {
	longest := orDefault(n.cfg.SnapshotEvery, defaultSnapshotEvery)
	if longest < 0 {
		return n.every(ctx, longest, nil)
	}
	records := commitlog.Seq(defaultSnapshotRecords)
	if n.cfg.SnapshotRecords > 0 {
		records = commitlog.Seq(n.cfg.SnapshotRecords)
	}
	last, err := f.Checkpoint()
	if err != nil {
		return fmt.Errorf("keep snapshots of the %s: %w", f.Name(), err)
	}
	at := n.parts.Now()
	return n.every(ctx, min(longest, snapshotCheck), func(ctx context.Context) {
		now := n.parts.Now()
		seq, err := f.Checkpoint()
		if err != nil || seq == last || seq < last+records && now.Sub(at) < longest {
			return
		}
		stored, err := n.log.SaveSnapshot(ctx, f)
		if err != nil {
			if ctx.Err() == nil {
				n.parts.Log.Warn("no snapshot was stored; it will be tried again", "of", f.Name(), "error", err)
			}
			return
		}
		last, at = stored, now
		n.parts.Log.Info("a snapshot was stored", "of", f.Name(), "seq", stored)
	})
}

// every calls f at a pace until ctx ends; a negative pace never calls it.
func (n *node) every(ctx context.Context, pace time.Duration, f func(context.Context)) error {
	if pace < 0 {
		<-ctx.Done()
		return nil
	}
	ticks, stop := n.parts.Ticks(pace)
	defer stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks:
			f(ctx)
		}
	}
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}
