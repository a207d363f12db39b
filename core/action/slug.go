package action

import (
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// slugTries bounds the numbers tried behind a generated slug before a part of
// the entry's id is used, which nobody else has.
const slugTries = 20

// slugRoom is kept free of a generated slug for what is put behind it.
const slugRoom = 12

// deriveSlug gives a locale its slug when it has none: made from the field
// that the slug follows, unique by a number behind it. A slug that an entry
// has never changes by itself, because addresses are meant to last.
func (e *edit) deriveSlug(tx *view.Tx, l content.Locale) error {
	f := e.col.Field(e.col.Slug)
	values := e.Working(l)
	if f == nil || f.Personal || values == nil || values[f.ID] != nil {
		return nil
	}
	base := e.env.Kinds.SlugFrom(e.col, values)
	if base == "" {
		return nil
	}
	slug, err := e.freeSlug(tx, f, l, base)
	if err != nil {
		return err
	}
	e.put(sideOf(f, l), content.Values{f.ID: slug}, nil)
	return nil
}

// freeSlug gives base, or base with something behind it, such that no other
// entry has it.
func (e *edit) freeSlug(tx *view.Tx, f *schema.Field, l content.Locale, base string) (string, error) {
	for n := 1; n <= slugTries; n++ {
		slug := base
		if n > 1 {
			slug = cutSlug(base, slugRoom) + "-" + strconv.Itoa(n)
		}
		if e.env.reserved(place{e.col.ID, f.ID, sideOf(f, l), slug}, e.ID) {
			continue
		}
		_, taken, err := tx.Taken(e.col.ID, f.ID, sideOf(f, l), slug, e.ID)
		if err != nil {
			return "", err
		}
		if !taken {
			return e.checkedSlug(f, slug)
		}
	}
	id := strings.ToLower(string(e.ID))
	return e.checkedSlug(f, cutSlug(base, slugRoom)+"-"+id[max(0, len(id)-10):])
}

// checkedSlug holds a made slug against the limits of its field.
func (e *edit) checkedSlug(f *schema.Field, slug string) (string, error) {
	kind := e.env.Kinds[f.Kind]
	if kind == nil {
		return slug, nil
	}
	v, err := kind.Normalize(*f, slug)
	if err != nil {
		return "", problem.Wrap(err, problem.Invalid, "slug_underivable", problem.Args{"field": label(f)})
	}
	text, _ := v.(string)
	return text, nil
}

// cutSlug keeps room bytes free below 80, without a hyphen or a broken
// character at the end.
func cutSlug(slug string, room int) string {
	if limit := 80 - room; len(slug) > limit {
		slug = strings.ToValidUTF8(slug[:limit], "")
	}
	return strings.TrimRight(slug, "-")
}
