package query

import (
	"fmt"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// build turns rows of one collection on one side into items, relations
// populated level by level.
func (s *session) build(rows []*view.Row, b *bounds, sel *ask.Selection) ([]*Item, error) {
	s.depend(Dependency{Collection: b.col.ID})
	sets, err := s.fieldSets(rows, b)
	if err != nil {
		return nil, err
	}
	plans := map[string]*plan{}
	items := make([]*Item, len(rows))
	for i, row := range rows {
		p := plans[sets[i].key]
		if p == nil {
			p = s.planOf(b, sel, sets[i].fields)
			plans[sets[i].key] = p
		}
		items[i] = s.item(row, b, p)
	}
	for i := range sel.Fields {
		if len(sel.Fields[i].Targets) > 0 {
			if err := s.relate(items, rows, b, &sel.Fields[i]); err != nil {
				return nil, err
			}
		}
	}
	if s.present {
		return items, s.presentAll(items, rows, b)
	}
	return items, s.render(items, rows, b, sel)
}

// rowFields are the fields that may be read of one row; rows with the same key
// have the same.
type rowFields struct {
	key    string
	fields access.FieldSet
}

// fieldSets gives the readable fields of each row. It asks the view once for
// each grant that adds fields on some rows only; mostly there is none.
func (s *session) fieldSets(rows []*view.Row, b *bounds) ([]rowFields, error) {
	scope := b.visible()
	out := make([]rowFields, len(rows))
	for i := range out {
		out[i].fields = scope.Fields
	}
	for i, part := range scope.Parts() {
		f, err := scope.FilterOf(part, b.col, s.tx.Collection, s.e.kinds)
		if err != nil {
			return nil, err
		}
		match, err := s.matching(rowIDs(rows), b, f)
		if err != nil {
			return nil, err
		}
		for j, row := range rows {
			if match[row.ID] != nil {
				out[j].key += fmt.Sprint(i, " ")
				out[j].fields = out[j].fields.Union(part.Fields)
			}
		}
	}
	return out, nil
}

func rowIDs(rows []*view.Row) []content.EntryID {
	ids := make([]content.EntryID, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

// matching gives the rows among ids that meet a condition, by id.
func (s *session) matching(ids []content.EntryID, b *bounds, f ask.Filter) (map[content.EntryID]*view.Row, error) {
	out := make(map[content.EntryID]*view.Row, len(ids))
	for len(ids) > 0 {
		batch := ids[:min(len(ids), ask.MaxFilterList)]
		ids = ids[len(batch):]
		list := make([]any, len(batch))
		for i, id := range batch {
			list[i] = string(id)
		}
		among := ask.Filter{Op: ask.In, Value: list,
			Path: []ask.Step{{Collection: b.col.ID, System: schema.SysID}}}
		page, err := s.tx.List(view.List{Collection: b.col.ID, Live: b.live, Trashed: b.trashed, Locales: s.locales,
			Filter: join([]ask.Filter{among, f}), Limit: len(batch)})
		if err != nil {
			return nil, fmt.Errorf("find rows of %s: %w", b.col.Name, err)
		}
		for _, row := range page.Rows {
			out[row.ID] = row
		}
	}
	return out, nil
}

// item makes an item of a row. Who may not read drafts learns nothing of them:
// what is live is "published", and was last touched when it was published.
func (s *session) item(row *view.Row, b *bounds, p *plan) *Item {
	it := &Item{ID: row.ID, Collection: b.col, Locale: row.Locale, Revision: row.Revision, Status: row.Status,
		Locales: row.Locales, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, PublishedAt: row.PublishedAt,
		Parent: row.Parent, Position: row.Position, Omitted: p.omitted, shows: p.shows,
		Fields: make([]Value, len(p.columns))}
	if b.system {
		it.CreatedBy, it.UpdatedBy = &row.CreatedBy, &row.UpdatedBy
	} else {
		it.Status = content.StatusPublished
		if row.PublishedAt != nil {
			it.UpdatedAt = *row.PublishedAt
		}
	}
	for i := range p.columns {
		c := &p.columns[i]
		it.Fields[i] = Value{Name: c.field.Name, V: c.value(row.Values[c.field.ID])}
	}
	return it
}

func (c *column) value(v any) any {
	if c.nester == nil || v == nil {
		return v
	}
	return c.nester.Outer(*c.field, v)
}

// at finds a field of an item by its name.
func (it *Item) at(name string) *Value {
	for i := range it.Fields {
		if it.Fields[i].Name == name {
			return &it.Fields[i]
		}
	}
	return nil
}
