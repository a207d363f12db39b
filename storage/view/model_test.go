package view

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/core/schema/calendar"
	"github.com/recueil-cms/recueil/core/schema/letters"
)

// model is the view as a person would write it down: every entry, and every
// question answered by looking at all of them.
type model struct {
	entries map[content.EntryID]*content.Entry
	defs    map[content.CollectionID]*schema.Collection
	kinds   schema.Kinds
}

// modelRow is one (entry, locale) on one side.
type modelRow struct {
	e      *content.Entry
	locale content.Locale
	values content.Values
}

// locales gives the locales of an entry on a side; Shared when it has none.
func (m *model) locales(e *content.Entry, live bool) []content.Locale {
	var out []content.Locale
	for _, l := range e.Locales() {
		if (live && e.Live(l) != nil) || (!live && e.Working(l) != nil) {
			out = append(out, l)
		}
	}
	if slices.ContainsFunc(e.Locales(), func(l content.Locale) bool { return e.Working(l) != nil }) {
		return out
	}
	if (live && e.Live("") != nil) || (!live && e.Working("") != nil) {
		return []content.Locale{""}
	}
	return nil
}

// row gives the row that stands for an entry, or nil.
func (m *model) row(e *content.Entry, live bool, order []content.Locale, all bool) *modelRow {
	has := m.locales(e, live)
	if all {
		order = append(slices.Clone(order), has...)
	}
	for _, l := range append(slices.Clone(order), "") {
		if slices.Contains(has, l) {
			values := e.Working(l)
			if live {
				values = e.Live(l)
			}
			return &modelRow{e, l, values}
		}
	}
	return nil
}

func (m *model) holds(r *modelRow, live bool, order []content.Locale, f ask.Filter) bool {
	switch {
	case f.And != nil:
		return !slices.ContainsFunc(f.And, func(p ask.Filter) bool { return !m.holds(r, live, order, p) })
	case f.Or != nil:
		return slices.ContainsFunc(f.Or, func(p ask.Filter) bool { return m.holds(r, live, order, p) })
	case f.Not != nil:
		return !m.holds(r, live, order, *f.Not)
	case len(f.Path) == 0:
		return true
	}
	return m.path(r, live, live, order, f.Path, f)
}

func (m *model) path(r *modelRow, base, live bool, order []content.Locale, path []ask.Step, f ask.Filter) bool {
	step := path[0]
	if len(path) == 1 {
		return m.leaf(r, step, f)
	}
	found := false
	there := base || step.Live
	for _, t := range m.ends(r, there, order, step) {
		if step.Where != nil && !m.holds(t, there, order, *step.Where) {
			continue
		}
		found = found || m.path(t, base, there, order, path[1:], f)
	}
	return found != step.None
}

// ends gives the rows that a step leads to: the targets of a relation, or those
// that point here.
func (m *model) ends(r *modelRow, live bool, order []content.Locale, step ask.Step) (rows []*modelRow) {
	row := func(e *content.Entry) *modelRow {
		if e == nil || e.Collection != step.Target || e.TrashedAt != nil {
			return nil
		}
		return m.row(e, live, order, true)
	}
	if step.Back {
		for _, e := range m.entries {
			if t := row(e); t != nil && slices.Contains(keysIn(t.values[step.Field]), string(r.e.ID)) {
				rows = append(rows, t)
			}
		}
		return rows
	}
	for _, key := range keysIn(r.values[step.Field]) {
		if t := row(m.entries[content.EntryID(key)]); t != nil {
			rows = append(rows, t)
		}
	}
	return rows
}

func keysIn(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, x := range v {
			out = append(out, x.(string))
		}
		return out
	}
	return nil
}

// cells gives the cells of one field of a row and its column type.
func (m *model) cells(r *modelRow, step ask.Step) ([]any, schema.ColumnType) {
	if step.System == "" {
		f := m.defs[r.e.Collection].Field(step.Field)
		kind := m.kinds[f.Kind]
		c, ok := kind.(schema.Columner)
		v := r.values[step.Field]
		switch {
		case !ok && v == nil:
			return nil, schema.NoColumn
		case !ok:
			return []any{true}, schema.NoColumn
		case v == nil:
			return nil, c.Column(*f)
		}
		return c.Cells(*f, v), c.Column(*f)
	}
	text := map[string]string{
		schema.SysID: string(r.e.ID), schema.SysStatus: string(r.e.Status(r.locale)), schema.SysLocale: string(r.locale),
		schema.SysCreatedAt: calendar.Stamp(r.e.CreatedAt), schema.SysUpdatedAt: calendar.Stamp(r.e.UpdatedAt),
		schema.SysCreatedBy: r.e.CreatedBy.ID, schema.SysParent: string(r.e.Parent), schema.SysPosition: r.e.Position,
	}[step.System]
	switch step.System {
	case schema.SysRevision:
		return []any{float64(r.e.Revision)}, schema.NumberColumn
	case schema.SysPublishedAt:
		if at := r.e.Side(r.locale).PublishedAt; at != nil {
			return []any{calendar.Stamp(*at)}, schema.TimeColumn
		}
		return nil, schema.TimeColumn
	case schema.SysCreatedAt, schema.SysUpdatedAt:
		return []any{text}, schema.TimeColumn
	}
	if text == "" {
		return nil, schema.KeysColumn
	}
	return []any{text}, schema.KeysColumn
}

func (m *model) leaf(r *modelRow, step ask.Step, f ask.Filter) bool {
	cells, column := m.cells(r, step)
	list, _ := f.Value.([]any)
	switch f.Op {
	case ask.Null:
		return (len(cells) == 0) == f.Value.(bool)
	case ask.Eq:
		return slices.Contains(cells, f.Value)
	case ask.Neq:
		return !slices.Contains(cells, f.Value)
	case ask.In:
		return slices.ContainsFunc(list, func(v any) bool { return slices.Contains(cells, v) })
	case ask.Nin:
		return !slices.ContainsFunc(list, func(v any) bool { return slices.Contains(cells, v) })
	}
	if len(cells) == 0 {
		return false
	}
	order := func(v any) int { return compareCells(column, cells[0], v) }
	switch f.Op {
	case ask.Lt:
		return order(f.Value) < 0
	case ask.Lte:
		return order(f.Value) <= 0
	case ask.Gt:
		return order(f.Value) > 0
	case ask.Gte:
		return order(f.Value) >= 0
	case ask.Between:
		return order(list[0]) >= 0 && order(list[1]) <= 0
	case ask.Contains:
		return strings.Contains(letters.SortKey(cells[0].(string)), letters.SortKey(f.Value.(string)))
	case ask.StartsWith:
		return strings.HasPrefix(letters.SortKey(cells[0].(string)), letters.SortKey(f.Value.(string)))
	}
	panic("operator " + f.Op)
}

func compareCells(column schema.ColumnType, a, b any) int {
	switch a := a.(type) {
	case float64:
		return cmp.Compare(a, b.(float64))
	case bool:
		return cmp.Compare(boolInt(a), boolInt(b.(bool)))
	}
	if column == schema.TextColumn {
		return strings.Compare(letters.SortKey(a.(string)), letters.SortKey(b.(string)))
	}
	return strings.Compare(a.(string), b.(string))
}

// list answers a List by looking at everything: all ids in order.
func (m *model) list(l List) []content.EntryID {
	var rows []*modelRow
	for _, e := range m.entries {
		if e.Collection != l.Collection || (e.TrashedAt != nil) != l.Trashed {
			continue
		}
		if r := m.row(e, l.Live, l.Locales, false); r != nil && m.holds(r, l.Live, l.Locales, l.Filter) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *modelRow) int {
		for _, o := range l.Order {
			if n := m.compare(a, b, l, o); n != 0 {
				return n
			}
		}
		n := strings.Compare(string(a.e.ID), string(b.e.ID))
		if len(l.Order) > 0 && l.Order[len(l.Order)-1].Descending {
			return -n
		}
		return n
	})
	out := []content.EntryID{}
	for _, r := range rows {
		out = append(out, r.e.ID)
	}
	return out
}

func (m *model) compare(a, b *modelRow, l List, o ask.Order) int {
	x, column := m.far(a, l, o.Path, o.Descending)
	y, _ := m.far(b, l, o.Path, o.Descending)
	n := compareAbsent(column, x, y)
	if o.Descending {
		return -n
	}
	return n
}

// compareAbsent puts what is absent first.
func compareAbsent(column schema.ColumnType, x, y []any) int {
	if len(x) > 0 && len(y) > 0 {
		return compareCells(column, x[0], y[0])
	}
	return len(x) - len(y)
}

// far gives the cell at the end of a path over relations: of several the first
// one in the direction of the order.
func (m *model) far(r *modelRow, l List, path []ask.Step, descending bool) (best []any, column schema.ColumnType) {
	if len(path) == 1 {
		cells, column := m.cells(r, path[0])
		return cells[:min(1, len(cells))], column
	}
	for i, t := range m.ends(r, l.Live, l.Locales, path[0]) {
		cells, c := m.far(t, l, path[1:], descending)
		if len(cells) > 0 {
			column = c
		}
		n := compareAbsent(column, cells, best)
		if i == 0 || n != 0 && (n > 0) == descending {
			best = cells
		}
	}
	return best, column
}

var (
	someLocales = []content.Locale{"fr", "ar", "en"}
	someWords   = []string{"eau", "Eau", "Éau douce", "droit", "ماء", "jeunes_%", "zèbre", "a\\b"}
	someTopics  = []any{"water", "youth", "law", "art"}
)

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// someEntry makes an entry with values from small sets, so that they meet.
func someEntry(r *rand.Rand, n, of int) *content.Entry {
	if n%4 == 0 {
		return someWilaya(r, n)
	}
	b := entry("studies", n)
	b.Revision, b.UpdatedAt = 1+r.IntN(4), at(r.IntN(5))
	version := func(v content.Values) *content.Version {
		return &content.Version{Revision: b.Revision, At: b.UpdatedAt, By: editor, Values: v}
	}
	shared := func() content.Values {
		v := content.Values{}
		maybe(r, v, "code", fmt.Sprint("c", n))
		maybe(r, v, "empty", "of a field that is not there")
		maybe(r, v, "pages", float64(r.IntN(4)))
		maybe(r, v, "open", r.IntN(2) == 0)
		maybe(r, v, "date", fmt.Sprintf("20%02d", 10+r.IntN(3)))
		maybe(r, v, "topics", someOf(r, someTopics))
		maybe(r, v, "wilaya", string(id(4*r.IntN(of/4+1))))
		maybe(r, v, "related", []any{string(id(r.IntN(of))), string(id(of + r.IntN(of)))})
		maybe(r, v, "place", map[string]any{"lat": 36.0, "lon": float64(r.IntN(3))})
		return v
	}
	put := func(s *content.Side, v func() content.Values) {
		if r.IntN(3) > 0 {
			s.Published = version(v())
			s.PublishedAt = ptr(at(r.IntN(6)))
		}
		if s.Published == nil || r.IntN(3) == 0 {
			s.Draft = version(v())
		}
	}
	put(b.side(""), shared)
	for _, l := range someLocales {
		if r.IntN(5) < 3 {
			put(b.side(l), func() content.Values {
				v := content.Values{}
				maybe(r, v, "title", pick(r, someWords))
				maybe(r, v, "slug", fmt.Sprint("s", n))
				maybe(r, v, "note", pick(r, someWords))
				maybe(r, v, "body", "text")
				return v
			})
		}
	}
	if s := b.side("").Newest(); r.IntN(3) == 0 {
		s.Personal = content.Values{"contact": pick(r, someWords)}
	}
	if r.IntN(8) == 0 {
		b.TrashedAt = ptr(at(7))
	}
	return b.Entry
}

func someWilaya(r *rand.Rand, n int) *content.Entry {
	b := entry("wilayas", n).live("", content.Values{"number": fmt.Sprintf("%02d", r.IntN(5))})
	b.Position = string(rune('a' + r.IntN(26)))
	for _, l := range someLocales {
		switch r.IntN(3) {
		case 0:
			b.live(l, content.Values{"name": pick(r, someWords)})
		case 1:
			b.draft(l, content.Values{"name": pick(r, someWords)})
		}
	}
	if r.IntN(8) == 0 {
		b.TrashedAt = ptr(at(7))
	}
	return b.Entry
}

func maybe(r *rand.Rand, v content.Values, f content.FieldID, value any) {
	if r.IntN(4) > 0 {
		v[f] = value
	}
}

func someOf(r *rand.Rand, list []any) []any {
	out := slices.Clone(list)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:1+r.IntN(2)]
}
