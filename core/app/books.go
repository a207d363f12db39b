package app

import (
	"context"
	"fmt"
	"time"

	"github.com/recueil-cms/recueil/core/book"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/book/wording"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/lease"
)

// books makes the desk that takes orders of books, and lets it work.
func (a *App) books(engine *query.Engine, locales []content.Locale) (*desk.Desk, error) {
	n := a.node
	place, err := placeOf(n.cfg.Data, n.parts.Rand)
	if err != nil {
		return nil, err
	}
	d := desk.New(desk.Options{
		Source: book.Source{Query: engine, Kinds: n.kinds, Texts: n.parts.Texts, BaseURL: a.URL},
		Owner:  lease.NewOwner(place),
		Bucket: n.bucket, Blobs: n.blobs, Runner: n.runner, Refresh: n.refresh,
		Locales: locales, NewID: n.newID, Now: n.parts.Now, Log: n.parts.Log,
	})
	a.working.run("books", func(ctx context.Context) error {
		d.Run(ctx)
		return nil
	})
	return d, nil
}

// demoForms are the books of the edition in the demonstration.
var demoForms = []book.Form{
	{Paper: "a4", Locales: []content.Locale{"fr"}},
	{Paper: "a4", Locales: []content.Locale{"fr", "ar"}},
	{Paper: "a5", Locales: []content.Locale{"ar"}},
}

// demoEdition orders an edition of today. It is made in the background, so that
// nobody waits for the demonstration.
func (a *App) demoEdition(ctx context.Context) error {
	n := a.node
	title := map[content.Locale]string{}
	for _, l := range texts.Locales {
		day := wording.Date(n.parts.Now().UTC().Format(time.DateOnly), content.Locale(l))
		title[content.Locale(l)] = n.parts.Texts.Text(l, "demo.edition", map[string]any{"date": day})
	}
	if _, err := a.desk.AskEdition(ctx, system("demo"), desk.Order{Title: title, Forms: demoForms}); err != nil {
		return fmt.Errorf("order the edition of the demonstration: %w", err)
	}
	return nil
}
