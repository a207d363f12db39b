package api

import (
	"encoding/json"
	"errors"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// appendJSON writes a value that always can be written: maps, slices, strings
// and numbers made here.
func appendJSON(dst []byte, v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		return append(dst, "null"...)
	}
	return append(dst, raw...)
}

// findEntry finds an entry of a collection by id, or by slug in one of the
// locales.
func findEntry(tx *view.Tx, col *schema.Collection, idOrSlug string, locales []content.Locale) (content.EntryID, error) {
	missing := access.Hidden(access.Need{Collection: string(col.ID), Entry: content.EntryID(shorten(idOrSlug))})
	e, err := tx.Entry(content.EntryID(idOrSlug))
	switch {
	case err == nil && e.Collection == col.ID:
		return e.ID, nil
	case err == nil || idOrSlug == "":
		return "", missing
	case !errors.Is(err, view.ErrNotFound):
		return "", err
	}
	for _, l := range append([]content.Locale{content.Shared}, locales...) {
		id, err := tx.EntryBySlug(col.ID, l, idOrSlug, false)
		if err == nil {
			return id, nil
		}
		if !errors.Is(err, view.ErrNotFound) {
			return "", err
		}
	}
	return "", missing
}
