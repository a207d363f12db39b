package api

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/storage/view"
)

type previewBody struct {
	Locale content.Locale `json:"locale,omitempty"` // none: the site's first
	// Minutes that the address is good for; none: a day.
	Minutes int `json:"minutes,omitempty"`
}

type previewLink struct {
	URL       string    `json:"url"` // on the site, without the host
	ExpiresAt time.Time `json:"expires_at"`
}

// makePreview gives an address at which anybody sees the draft of an entry as
// the page that it will be. It changes nothing: who may read the draft may
// show it.
func makePreview(k *call) error {
	var body previewBody
	if _, err := readInto(k.Ctx, &body, true); err != nil {
		return err
	}
	if _, err := k.only(); err != nil {
		return err
	}
	life, err := body.life()
	if err != nil {
		return err
	}
	if body.Locale == "" {
		body.Locale = k.api.o.Locales[0]
	} else if !slices.Contains(k.api.o.Locales, body.Locale) {
		return bodyProblem("/locale", "locale_unknown", problem.Args{"locale": string(body.Locale)})
	}
	id, err := k.entryID(access.ReadDraft)
	if err != nil {
		return err
	}
	link := preview.Link{Entry: id, By: k.by}
	if err := k.read(func(tx *view.Tx, _ *access.Policy) error {
		link.Collection = tx.Collection(k.param("collection")).ID
		return nil
	}); err != nil {
		return err
	}
	// The same question that the site will ask.
	p := query.Params{Fields: "id", Locale: body.Locale, AnyLocale: true}
	if _, err := k.api.o.Query.Preview(k.ctx, k.by, link.Collection, id, p); err != nil {
		return err
	}
	path, until, err := k.api.o.Previews.Make(k.ctx, link, body.Locale, life)
	if err != nil {
		return err
	}
	k.Set(fiber.HeaderCacheControl, "no-store")
	return k.created(path, 0, envelope{Data: previewLink{path, until}})
}

func (b previewBody) life() (time.Duration, error) {
	if b.Minutes == 0 {
		return preview.DefaultLife, nil
	}
	most := int(preview.MaxLife / time.Minute)
	if b.Minutes < int(preview.MinLife/time.Minute) || b.Minutes > most {
		return 0, bodyProblem("/minutes", "preview_minutes", problem.Args{"limit": most})
	}
	return time.Duration(b.Minutes) * time.Minute, nil
}
