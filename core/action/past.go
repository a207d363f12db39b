package action

import (
	"context"
	"errors"
	"fmt"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// LogPast reads earlier states from the log, in the record that the view
// names.
type LogPast struct {
	View *view.DB
	Log  *commitlog.Log[content.Commit]
}

// Revision gives the entry as it was after one of its revisions.
func (p LogPast) Revision(ctx context.Context, id content.EntryID, revision int) (*content.Entry, error) {
	var at view.HistoryItem
	err := p.View.Read(ctx, func(tx *view.Tx) error {
		items, err := tx.History(id, revision+1, 1)
		if err != nil && !errors.Is(err, view.ErrNotFound) {
			return err
		}
		if len(items) == 0 || items[0].Revision != revision {
			return noRevision(revision)
		}
		at = items[0]
		return nil
	})
	if err != nil {
		return nil, err
	}
	record, err := p.Log.Read(ctx, at.Seq)
	if err != nil {
		return nil, fmt.Errorf("read revision %d of %s: %w", revision, id, err)
	}
	if at.Index < len(record.Values) {
		for _, change := range record.Values[at.Index].Changes {
			if e := change.Entry; e != nil && e.ID == id && e.Revision == revision {
				return e, nil
			}
		}
	}
	return nil, fmt.Errorf("record %d does not hold revision %d of %s as the view says", at.Seq, revision, id)
}

// Commit gives what an actor committed in a record, under a key.
func (p LogPast) Commit(ctx context.Context, seq commitlog.Seq, by content.Actor, key string) (*content.Commit, error) {
	record, err := p.Log.Read(ctx, seq)
	if err != nil {
		return nil, fmt.Errorf("read record %d: %w", seq, err)
	}
	for i := range record.Values {
		if c := &record.Values[i]; c.Actor == by && c.Key == key {
			return c, nil
		}
	}
	return nil, fmt.Errorf("record %d holds no commit of %s under this key", seq, by.Kind)
}

func noRevision(revision int) error {
	return problem.New(problem.NotFound, "revision_missing", problem.Args{"revision": revision})
}
