package api

import (
	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/server"
)

// queryBody describes a question that is too long for an address: the
// parameters of a list, by the same names.
type queryBody struct {
	Filter   map[string]any `json:"filter,omitempty"`
	Fields   []string       `json:"fields,omitempty"`
	Sort     []string       `json:"sort,omitempty"`
	Page     *queryPage     `json:"page,omitempty"`
	Count    string         `json:"count,omitempty"`
	Locale   string         `json:"locale,omitempty"`
	Fallback []string       `json:"fallback,omitempty"`
	Version  string         `json:"version,omitempty"`
	Trashed  bool           `json:"trashed,omitempty"`
}

type queryPage struct {
	Size   int    `json:"size,omitempty"`
	Number int    `json:"number,omitempty"`
	After  string `json:"after,omitempty"`
	Before string `json:"before,omitempty"`
}

// queryEntries answers like listEntries. There is no address to link to, so the
// neighbouring pages are cursors in "meta", to be sent as page.after or
// page.before of the same question; and nobody keeps the answer.
func queryEntries(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	_, raw, err := readJSON(k.Ctx, true)
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	p, err := query.ParseBody(raw)
	if err != nil {
		return err
	}
	k.speak(&p)
	r, err := k.api.o.Query.Find(k.ctx, k.by, k.param("collection"), p)
	if err != nil {
		return err
	}
	meta := listMeta(r)
	page, _ := meta["page"].(map[string]any)
	for name, cursor := range map[string]string{"after": r.Next, "before": r.Prev} {
		if cursor != "" {
			page[name] = cursor
		}
	}
	body := append(appendItems(nil, r.Items), `,"meta":`...)
	body = append(appendJSON(body, meta), '}')
	return server.Send(k.Ctx, fiber.MIMEApplicationJSON, -1, body)
}
