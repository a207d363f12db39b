package search

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/search/ranking"
	"github.com/recueil-cms/recueil/storage/view"
)

// fill puts every entry into a new generation. Most entries are the same on
// both sides, so what is live is indexed first, the other side starts as a copy
// of it, and only what differs is done for that.
func (g *generation) fill(ctx context.Context, db *view.DB, s *sheets, done func(int64)) (count int64, err error) {
	var differ []content.EntryID
	for after := content.EntryID(""); ; {
		var ids []content.EntryID
		err := db.Read(ctx, func(tx *view.Tx) (err error) {
			ids, err = tx.EntryIDs(after, turnEntries)
			return err
		})
		if err != nil {
			return count, err
		}
		if len(ids) == 0 {
			break
		}
		if err := g.fillLive(ctx, db, s, ids, &differ); err != nil {
			return count, err
		}
		after = ids[len(ids)-1]
		count += int64(len(ids))
		done(count)
	}
	if err := g.copyLive(ctx); err != nil {
		return count, fmt.Errorf("copy one side of a new index: %w", err)
	}
	standing, err := allStanding(ctx, db)
	if err != nil {
		return count, err
	}
	return count, g.refresh(ctx, db, s, append(differ, standing...), nil)
}

// fillLive puts what is live of entries into a store that has none of them, and
// notes those that are different on the other side. While one batch goes to the
// disk, the next is made.
func (g *generation) fillLive(ctx context.Context, db *view.DB, s *sheets, ids []content.EntryID, differ *[]content.EntryID) error {
	for len(ids) > 0 {
		var c changes
		n, bytes := 0, uint64(0)
		err := db.Read(ctx, func(tx *view.Tx) error {
			from := s.reading(tx, g.shape)
			for ; n < len(ids) && bytes < turnBytes; n++ {
				e, err := tx.Entry(ids[n])
				if errors.Is(err, view.ErrNotFound) {
					continue
				}
				if err != nil {
					return err
				}
				docs, err := from.of(e, true)
				if err != nil {
					return fmt.Errorf("index entry %s: %w", ids[n], err)
				}
				for _, d := range docs {
					bytes += d.NumPlainTextBytes()
				}
				c.docs = append(c.docs, docs...)
				if !settled(e) {
					*differ = append(*differ, ids[n])
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if err := g.live.change(ctx, &c, nil); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// copyLive makes the draft side a copy of the live one.
func (g *generation) copyLive(ctx context.Context) error {
	// A batch with nothing in it has Bleve settle all that came before.
	if err := g.live.write(ctx, nil, nil); err != nil {
		return err
	}
	old := g.draft
	if err := errors.Join(old.close(), os.RemoveAll(old.dir)); err != nil {
		return err
	}
	temp := filepath.Join(g.dir, "copy")
	if err := g.live.copyTo(temp); err != nil {
		return err
	}
	if err := errors.Join(os.Rename(filepath.Join(temp, copied), old.dir), os.RemoveAll(temp)); err != nil {
		return err
	}
	draft, err := openStore(old.dir)
	if err != nil {
		return err
	}
	draft.tables.names, draft.ranker = old.tables.names, ranking.New(old.ranker.Languages())
	g.draft = draft
	return nil
}
