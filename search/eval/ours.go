package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/sealed"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/search"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/folder"
	"github.com/recueil-cms/recueil/storage/keyring"
	"github.com/recueil-cms/recueil/storage/view"
)

// ours is a whole site without its edge: the texts are entries of a
// collection, committed to a log, and the index is made from that.
type ours struct {
	view    *view.DB
	index   *search.Index
	runner  *action.Runner
	stop    context.CancelFunc
	running sync.WaitGroup

	locale content.Locale
	texts  map[content.EntryID]string
}

const collection = "texts"

func openOurs(ctx context.Context, dir string, s *set) (engine, error) {
	ctx, stop := context.WithCancel(ctx)
	o := &ours{stop: stop, locale: content.Locale(s.locale), texts: map[content.EntryID]string{}}
	if err := o.start(ctx, dir); err != nil {
		return nil, errors.Join(err, o.close())
	}
	if err := o.fill(ctx, s.texts); err != nil {
		return nil, errors.Join(err, o.close())
	}
	if err := o.index.Rebuild(ctx, nil); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

func (o *ours) start(ctx context.Context, dir string) error {
	bucket, err := folder.Open(filepath.Join(dir, "bucket"))
	if err != nil {
		return err
	}
	kinds := schema.Builtin()
	log, err := commitlog.Open(ctx, bucket, commitlog.Codec[content.Commit](sealed.Codec{Keys: keyring.Open(bucket, rand.Reader)}), commitlog.Options{
		Node: "eval", Now: time.Now, Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler), Temp: dir})
	if err != nil {
		return err
	}
	if o.view, err = view.Open(ctx, filepath.Join(dir, "view"), kinds, view.Options{}); err != nil {
		return err
	}
	writer := commitlog.NewWriter(log, commitlog.Stage[content.Commit, *view.Tx](o.view), commitlog.WriterOptions{})
	o.runner, err = action.NewRunner(action.Config{Writer: writer, View: o.view, Kinds: kinds, Now: time.Now,
		NewID: action.NewIDs(time.Now, rand.Reader), Past: action.LogPast{View: o.view, Log: log}})
	if err != nil {
		return err
	}
	o.running.Go(func() { _ = writer.Run(ctx) })
	o.index, err = search.Open(ctx, filepath.Join(dir, "search"), search.Options{View: o.view, Log: log, Kinds: kinds,
		Locales: []content.Locale{"fr", "ar", "en"}, Now: time.Now})
	return err
}

// fill publishes the texts of a set.
func (o *ours) fill(ctx context.Context, texts []text) error {
	by := content.Actor{Kind: content.ActorSystem, ID: "eval"}
	define := action.DefineCollection{Definition: schema.Collection{ID: collection, Name: collection, Title: "title", Fields: []schema.Field{
		{ID: "title", Name: "title", Kind: "text", Localized: true, Weight: 5},
		{ID: "body", Name: "body", Kind: "markdown", Localized: true, Weight: 1},
	}}}
	for _, a := range []action.Action{action.Init{}, define} {
		if _, err := o.runner.Do(ctx, by, a); err != nil {
			return fmt.Errorf("%s: %w", a.Name(), err)
		}
	}
	newID := action.NewIDs(time.Now, rand.Reader)
	for len(texts) > 0 {
		some := texts[:min(len(texts), action.MaxImport)]
		texts = texts[len(some):]
		batch := make([]action.Imported, len(some))
		for i, t := range some {
			id := content.EntryID(newID())
			o.texts[id] = t.ID
			batch[i] = action.Imported{ID: id, Collection: collection, Sides: map[content.Locale]action.ImportedSide{
				o.locale: {Published: map[string]any{"title": t.Title, "body": t.Body}}}}
		}
		if _, err := o.runner.Do(ctx, by, action.ImportEntries{Entries: batch}); err != nil {
			return fmt.Errorf("import: %w", err)
		}
	}
	return nil
}

// answers asks as a visitor would.
func (o *ours) answers(ctx context.Context, queries []query) ([][]string, error) {
	group := search.Group{Classes: search.Classes(0).With(0), In: map[content.CollectionID]*search.Set{collection: nil}}
	out := make([][]string, len(queries))
	for i, q := range queries {
		a, err := o.index.Search(ctx, search.Request{Text: q.Text, Live: true, Locale: o.locale, Groups: []search.Group{group}, Size: 100})
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", q.ID, err)
		}
		for _, h := range a.Hits {
			out[i] = append(out[i], o.texts[h.Entry])
		}
	}
	return out, nil
}

func (o *ours) close() error {
	o.stop()
	o.running.Wait()
	var err error
	if o.index != nil {
		err = o.index.Close()
	}
	if o.view != nil {
		err = errors.Join(err, o.view.Close())
	}
	return err
}
