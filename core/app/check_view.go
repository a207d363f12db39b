package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// apply gives records to the fresh view, and compares it with the local one
// when it comes past its record.
func (c *checker) apply(ctx context.Context, batch []commitlog.Record[content.Commit]) error {
	if c.local != nil {
		at := c.local.Seq()
		for i, r := range batch {
			if r.Seq == at {
				if err := c.fresh.Apply(ctx, batch[:i+1]); err != nil {
					return fmt.Errorf("make a view: %w", err)
				}
				if err := c.digests(ctx); err != nil {
					return err
				}
				if batch = batch[i+1:]; len(batch) == 0 {
					return nil
				}
				break
			}
		}
	}
	if err := c.fresh.Apply(ctx, batch); err != nil {
		return fmt.Errorf("make a view: %w", err)
	}
	return nil
}

func (c *checker) digests(ctx context.Context) error {
	want, err := c.fresh.Digest(ctx)
	if err != nil {
		return err
	}
	got, err := c.local.Digest(ctx)
	if err != nil {
		return fmt.Errorf("read the local view: %w", err)
	}
	switch {
	case got != want:
		c.found.View = "differs"
		c.damage("view_differs", "seq", uint64(c.local.Seq()))
	case c.local.Seq() < c.log.Head():
		c.found.View = "behind"
	default:
		c.found.View = "equal"
	}
	return nil
}

// compareView finds a local view that is of no record of this log.
func (c *checker) compareView() {
	switch {
	case c.local == nil || c.found.View != "":
	case c.local.Seq() == 0:
		c.found.View = "behind"
	default:
		c.found.View = "differs"
		c.damage("view_ahead", "seq", uint64(c.local.Seq()), "head", uint64(c.log.Head()))
	}
}

// things counts the entries and reads every blob that an asset refers to.
func (c *checker) things(ctx context.Context, blobs *blob.Store) error {
	refs := map[string]string{}
	err := c.fresh.Read(ctx, func(tx *view.Tx) error {
		for _, col := range tx.Collections() {
			if err := tx.EachEntry(col.ID, func(*content.Entry) error { c.found.Entries++; return nil }); err != nil {
				return err
			}
		}
		return eachNounOf(tx, content.NounAsset, func(n *content.Noun) error {
			a, err := noun.Decode[content.Asset](n)
			if err == nil {
				refs[a.Blob] = n.ID
			}
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("read the view: %w", err)
	}
	for text, asset := range refs {
		ref, err := blob.Parse(text)
		if err != nil {
			c.damage("blob_reference", "asset", asset, "blob", clipText(text))
			continue
		}
		switch err := blobs.Verify(ctx, ref); {
		case errors.Is(err, storage.ErrNotExist):
			c.damage("blob_missing", "asset", asset, "blob", text)
		case errors.Is(err, blob.ErrCorrupt):
			c.damage("blob_damaged", "asset", asset, "blob", text)
		case err != nil:
			return fmt.Errorf("read blob %s: %w", text, err)
		default:
			c.found.Blobs++
			if info, err := blobs.Stat(ctx, ref); err == nil {
				c.found.BlobBytes += info.Size
			}
		}
	}
	return nil
}
