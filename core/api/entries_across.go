package api

import (
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
)

// acrossInfo is an entry by its title.
type acrossInfo struct {
	Collection string          `json:"collection"` // by name
	ID         content.EntryID `json:"id"`
	Title      string          `json:"title,omitempty"`
	Locale     content.Locale  `json:"locale,omitempty"` // of the title
	Status     content.Status  `json:"status"`
	UpdatedAt  time.Time       `json:"updated_at"`
}

var acrossParams = []string{"filter", "title", "may", "collections", "trashed", "page[size]", "locale", "fallback"}

// listAcross gives the newest drafts of all collections that fit: by a filter
// on what every entry has, by words in the title. One question in the place of
// one for each collection.
func listAcross(k *call) error {
	p, err := k.reading("title", "may", "collections")
	if err != nil {
		return err
	}
	words, verb := p.Also["title"], access.Verb(p.Also["may"])
	if verb == "" {
		verb = access.ReadDraft
	}
	if !slices.Contains(access.Verbs[:], verb) {
		return problem.Parameter("may", "grant_verb_unknown", problem.Args{"verb": string(verb)})
	}
	if err := notHere(&p, acrossParams); err != nil {
		return err
	}
	if p.Fields != "" {
		return problem.Parameter("fields", "parameter_not_here", nil)
	}
	wanted := listed(p.Also["collections"])
	p.Sort, p.Version, p.AnyLocale = "-updated_at", query.Version{Draft: true}, true
	policy, err := k.api.o.Query.Policy(k.ctx, k.by)
	if err != nil {
		return err
	}
	cols, _, err := k.api.o.Query.Collections(k.ctx, k.by)
	if err != nil {
		return err
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(cols, func(c *schema.Collection) bool { return isNamed(c, name) }) {
			return access.Hidden(access.Need{Collection: name})
		}
	}
	out := []acrossInfo{}
	for _, col := range cols {
		if wanted != nil && !slices.ContainsFunc(wanted, func(name string) bool { return isNamed(col, name) }) {
			continue
		}
		if p.Trashed && !policy.May(access.Delete, string(col.ID)) {
			continue
		}
		if !policy.May(access.ReadDraft, string(col.ID)) || !policy.May(verb, string(col.ID)) {
			continue
		}
		found, err := k.across(col, p, words)
		if err != nil {
			return err
		}
		out = append(out, found...)
	}
	slices.SortFunc(out, func(a, b acrossInfo) int {
		if c := b.UpdatedAt.Compare(a.UpdatedAt); c != 0 {
			return c
		}
		return strings.Compare(string(b.ID), string(a.ID))
	})
	size := p.Page.Size
	if size == 0 {
		size = query.DefaultPage
	}
	return k.answer(-1, envelope{Data: out[:min(len(out), size)]})
}

// across gives those of one collection. None when words are looked for in
// titles, and it has none that the caller may read.
func (k *call) across(col *schema.Collection, p query.Params, words string) ([]acrossInfo, error) {
	title := ""
	for _, f := range col.Fields {
		if f.ID == col.Title {
			title = f.Name
		}
	}
	switch {
	case words != "" && title == "":
		return nil, nil
	case words != "" && p.Filter != nil:
		p.Filter = map[string]any{"_and": []any{p.Filter, titleHas(title, words)}}
	case words != "":
		p.Filter = titleHas(title, words)
	}
	p.Fields = "id"
	if title != "" {
		p.Fields = title
	}
	r, err := k.api.o.Query.Find(k.ctx, k.by, string(col.ID), p)
	if err != nil {
		return nil, err
	}
	out := make([]acrossInfo, len(r.Items))
	for i, it := range r.Items {
		name, _ := it.Value(title).(string)
		out[i] = acrossInfo{col.Name, it.ID, name, it.Locale, it.Status, it.UpdatedAt}
	}
	return out, nil
}

func isNamed(col *schema.Collection, name string) bool {
	return col.Name == name || string(col.ID) == name
}

func titleHas(field, words string) map[string]any {
	return map[string]any{field: map[string]any{"_contains": words}}
}
