package query

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/storage/view"
)

// Find gives one page of the entries of a collection, named by its name or id.
// What the caller may not read is not in it, and has no influence on it: not on
// the total, not on the order, not on what a filter finds. Problems: BadRequest
// names the parameter that is not understood, Forbidden the right that is
// missing, NotFound is a collection that the caller may not know of.
func (e *Engine) Find(ctx context.Context, by content.Actor, collection string, p Params) (*Result, error) {
	var out *Result
	basis, err := e.read(ctx, by, &p, func(s *session) (err error) {
		out, err = s.find(collection, &p)
		return err
	})
	if err != nil {
		return nil, err
	}
	out.Basis = basis
	return out, nil
}

func (s *session) find(name string, p *Params) (*Result, error) {
	if p.Version.Revision > 0 {
		return nil, problem.Parameter("version", "parameter_not_here", nil)
	}
	b, err := s.open(name, !p.Version.Draft && !p.Trashed, p.Trashed)
	if err != nil {
		return nil, err
	}
	sel, err := s.selection(b, p.Fields)
	if err != nil {
		return nil, err
	}
	list, err := s.list(b, p)
	if err != nil {
		return nil, err
	}
	page, err := s.tx.List(*list)
	if errors.Is(err, view.ErrBadFilter) {
		return nil, problem.Wrap(err, problem.BadRequest, "filter_not_possible", nil)
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", b.col.Name, err)
	}
	return s.result(b, p, list, page, sel)
}

// open gives what the caller may see of a side of a collection, or refuses.
func (s *session) open(name string, live, trashed bool) (*bounds, error) {
	col, err := s.collection(name)
	if err != nil {
		return nil, err
	}
	s.depend(Dependency{Collection: col.ID})
	b := s.boundsOf(col, live, trashed)
	return b, b.err
}

// list puts a request together for the view: the caller's question, bounded,
// and the rows that may answer it.
func (s *session) list(b *bounds, p *Params) (*view.List, error) {
	g := &guard{s: s, root: b}
	filter, err := g.ask(p.Filter)
	if err != nil {
		return nil, err
	}
	order, err := g.order(p.Sort)
	if err != nil {
		return nil, err
	}
	rows, err := s.rows(b, g.used)
	if err != nil {
		return nil, err
	}
	list := &view.List{Collection: b.col.ID, Live: b.live, Trashed: b.trashed, Locales: s.locales,
		Filter: join([]ask.Filter{rows, filter}), Order: order, Limit: p.size(), Count: p.Count == CountExact}
	key, cells := orderKey(list), cursorCells(order)
	if list.After, err = decodeCursor("page[after]", p.Page.After, key, cells); err != nil {
		return nil, err
	}
	if list.Before, err = decodeCursor("page[before]", p.Page.Before, key, cells); err != nil {
		return nil, err
	}
	if p.Page.Number > 1 {
		list.Offset = (p.Page.Number - 1) * list.Limit
	}
	return list, nil
}

func (s *session) result(b *bounds, p *Params, list *view.List, page *view.Page, sel *ask.Selection) (*Result, error) {
	items, err := s.build(page.Rows, b, sel)
	if err != nil {
		return nil, err
	}
	r := &Result{Collection: b.col, Items: items, Size: list.Limit}
	if page.Total >= 0 && list.Count {
		r.Total = &page.Total
	}
	if p.Page.After == "" && p.Page.Before == "" {
		r.Number = max(p.Page.Number, 1)
	}
	key := orderKey(list)
	if r.Next, err = encodeCursor(page.Next, key); err != nil {
		return nil, err
	}
	if r.Prev, err = encodeCursor(page.Prev, key); err != nil {
		return nil, err
	}
	r.Omitted = s.omitted(b, sel, items)
	return r, nil
}

// omitted names the fields that nothing in the answer shows.
func (s *session) omitted(b *bounds, sel *ask.Selection, items []*Item) []string {
	if len(items) == 0 {
		return s.planOf(b, sel, b.visible().Fields).omitted
	}
	out := slices.Clone(items[0].Omitted)
	for _, it := range items[1:] {
		out = slices.DeleteFunc(out, func(name string) bool { return !slices.Contains(it.Omitted, name) })
	}
	return out
}
