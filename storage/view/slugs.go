package view

import (
	"fmt"

	"github.com/recueil-cms/recueil/core/content"
)

// slugs keeps under which slugs an entry is live. Mostly they are known, which
// costs a look at an index and no write.
func (t *transaction) slugs(col *collection, e *content.Entry) error {
	if col.def == nil || col.def.Slug == "" || e.TrashedAt != nil {
		return nil
	}
	for _, l := range append(e.Locales(), content.Shared) {
		live := e.Side(l).Published
		if live == nil {
			continue
		}
		slug, _ := live.Values[col.def.Slug].(string)
		if slug == "" {
			continue
		}
		err := t.write(`INSERT INTO slugs(collection, locale, slug, entry) VALUES(?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET entry = excluded.entry WHERE entry <> excluded.entry`, col.n, l, slug, e.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// FormerSlug finds the entry that was the last to be live under a slug, in the
// earliest of the locales in which there is one; it may still be, or be gone
// from the site. ErrNotFound when there was none.
func (tx *Tx) FormerSlug(col content.CollectionID, slug string, locales []content.Locale) (content.EntryID, error) {
	c := tx.catalogue().collections[col]
	if c == nil {
		return "", fmt.Errorf("collection %q: %w", col, ErrNotFound)
	}
	for _, l := range append([]content.Locale{content.Shared}, locales...) {
		row, err := tx.c.one(`SELECT entry FROM slugs WHERE collection = ? AND slug = ? AND locale = ?`, c.n, slug, l)
		if err != nil {
			return "", fmt.Errorf("former slug %q: %w", slug, err)
		}
		if len(row) > 0 {
			return content.EntryID(asText(row[0])), nil
		}
	}
	return "", fmt.Errorf("former slug %q in %q: %w", slug, col, ErrNotFound)
}
