// Package record reads the entries of the module of trainings: one struct a
// collection, as the HTTP API gives them, and one way to get and list them.
package record

import (
	"context"
	"fmt"
	"net/url"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

// The collections of the module.
const (
	Trainings     = "training"
	Modules       = "training-module"
	Sessions      = "training-session"
	Trainers      = "training-trainer"
	Venues        = "training-venue"
	Registrations = "training-registration"
	Needs         = "training-needs"
	Rosters       = "training-roster"
	Answers       = "training-answer"
)

// Head is what every entry has.
type Head struct {
	ID        string `json:"id"`
	Revision  int    `json:"revision"`
	UpdatedAt string `json:"updated_at"`
	CreatedAt string `json:"created_at"`
}

// Named is an entry of any collection, by whichever field names it.
type Named struct {
	Head
	Name  string `json:"name"`
	Title string `json:"title"`
	Label string `json:"label"`
}

// Newest reads the newest values, in any language.
const Newest = "version=draft&fallback=*"

// Get reads one entry as it is live, in a language.
func Get[T any](ctx context.Context, h *sdk.Host, collection, id, locale string) (*T, error) {
	v := new(T)
	return v, h.Get(ctx, collection, id, url.Values{"locale": {locale}, "fallback": {"*"}}.Encode(), v)
}

// maxFound bounds what one list of the module holds.
const maxFound = 5000

// Find lists entries, page by page.
func Find[T any](ctx context.Context, h *sdk.Host, collection string, query url.Values) ([]T, error) {
	query.Set("page[size]", "100")
	if query.Get("fallback") == "" {
		query.Set("fallback", "*")
	}
	var out []T
	for len(out) < maxFound {
		page, err := h.Find(ctx, collection, query.Encode())
		if err != nil {
			return nil, err
		}
		var some []T
		if err := page.Into(&some); err != nil {
			return nil, fmt.Errorf("read entries of %s: %w", collection, err)
		}
		out = append(out, some...)
		if page.Next == "" {
			break
		}
		query.Set("page[after]", page.Next)
	}
	return out, nil
}

// Choices are entries of a collection that somebody chooses among, of a kind or
// of all; none on a site that has none, or does not show them.
func Choices(ctx context.Context, h *sdk.Host, collection, locale, kind string) ([]Named, error) {
	q := url.Values{"locale": {locale}, "sort": {"name"}, "fields": {"id,name"}}
	if kind != "" {
		q.Set("filter[kind][_eq]", kind)
	}
	found, err := Find[Named](ctx, h, collection, q)
	if sdk.IsNotFound(err) || sdk.IsForbidden(err) {
		return nil, nil
	}
	return found[:min(len(found), 1000)], err
}
