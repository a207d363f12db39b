package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/search/statistics"
)

// searchFolder is where the text index is, in the data folder.
const searchFolder = "search"

// openSearch opens the text index.
func (n *node) openSearch(ctx context.Context, locales []content.Locale, pages search.Pager) (*search.Index, error) {
	index, err := search.Open(ctx, filepath.Join(n.cfg.Data, searchFolder), search.Options{
		View: n.view, Log: n.log, Kinds: n.kinds, Apart: query.Apart, Locales: locales, Pages: pages, Now: n.parts.Now, Logger: n.parts.Log,
	})
	if err != nil {
		return nil, err
	}
	n.closers = append(n.closers, index)
	return index, nil
}

// statistics counts what people search for.
func (a *App) statistics(fold func(string, content.Locale) string) *statistics.Book {
	n := a.node
	book := statistics.New(statistics.Options{Bucket: n.bucket, Now: n.parts.Now, Fold: fold, Log: n.parts.Log})
	a.working.run("search statistics", func(ctx context.Context) error { book.Run(ctx, n.parts.Ticks); return nil })
	return book
}

// search opens the text index, brings a node that has none near to the log by
// a snapshot, and lets the index follow.
func (a *App) search(ctx context.Context, m *server.Metrics, locales []content.Locale, pages search.Pager) (*search.Index, error) {
	n := a.node
	index, err := n.openSearch(ctx, locales, pages)
	if err != nil {
		return nil, err
	}
	if before := index.Seq(); n.log.Head() > before+restoreLag || before == 0 {
		at, err := n.log.RestoreSnapshot(ctx, index)
		if err != nil {
			return nil, fmt.Errorf("restore a snapshot of the text index: %w", err)
		}
		if at > before {
			n.parts.Log.Info("the text index was restored from a snapshot", "seq", at, "head", n.log.Head())
		}
	}
	n.following.run("search", index.Run)
	n.following.run("search index", index.Rebuilds)
	n.measureSearch(m, index)
	a.working.run("search snapshots", func(ctx context.Context) error { return n.snapshot(ctx, index) })
	return index, nil
}
