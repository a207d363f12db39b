package view

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// maxBranches is the most shelves that are merged in order. With more the rows
// are sorted, which takes longer and gives the same.
const maxBranches = 12

// rowCells are the columns that a Row is made of, of c_<n> r and bodies b.
const rowCells = `r.entry, r.locale, r.revision, r.status, r.created, r.updated, r.published, r.actors, r.parent, r.position, r.shelf, b.body`

const rowCellCount = 12

// List gives one page of rows of a collection. See List for what is asked.
func (tx *Tx) List(l List) (*Page, error) {
	p, err := tx.plan(&l)
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", l.Collection, err)
	}
	page := &Page{Total: -1}
	if l.Count {
		if page.Total, err = p.count(); err != nil {
			return nil, fmt.Errorf("count %q: %w", l.Collection, err)
		}
	}
	if err := p.fill(page); err != nil {
		return nil, fmt.Errorf("list %q: %w", l.Collection, err)
	}
	return page, nil
}

// Count counts the rows that List would give without limits.
func (tx *Tx) Count(l List) (int, error) {
	l.Limit, l.Offset, l.After, l.Before = 1, 0, nil, nil
	p, err := tx.plan(&l)
	if err != nil {
		return 0, fmt.Errorf("count %q: %w", l.Collection, err)
	}
	n, err := p.count()
	if err != nil {
		return 0, fmt.Errorf("count %q: %w", l.Collection, err)
	}
	return n, nil
}

// plan is a list on its way to SQL.
type plan struct {
	tx      *Tx
	l       *List
	col     *collection
	shelves []int // whose rows stand for their entries
	terms   []term
	q       *query
	all     []ask.Filter // what has to hold, relations resolved where that is cheap
	parts   []string     // the same on r
}

func (tx *Tx) plan(l *List) (*plan, error) {
	switch {
	case l.Limit < 1 || l.Limit > MaxPage:
		return nil, fmt.Errorf("%w: limit %d", ErrBadFilter, l.Limit)
	case l.After != nil && l.Before != nil, l.Offset < 0, l.Offset > 0 && (l.After != nil || l.Before != nil):
		return nil, fmt.Errorf("%w: more than one place to begin at", ErrBadFilter)
	case l.Live && l.Trashed:
		return nil, fmt.Errorf("%w: nothing in the trash is live", ErrBadFilter)
	}
	cat := tx.catalogue()
	col, err := cat.table(l.Collection)
	if err != nil {
		return nil, err
	}
	p := &plan{tx: tx, l: l, col: col, q: &query{cat: cat, live: l.Live, order: l.Locales}}
	p.shelves = cat.picks(col, l.Live, l.Trashed, l.Locales, false)
	for _, f := range conjuncts(l.Filter) {
		if f, err = p.resolve(f); err != nil {
			return nil, err
		}
		part, err := p.q.condition(col, "r", f)
		if err != nil {
			return nil, err
		}
		p.all, p.parts = append(p.all, f), append(p.parts, part)
	}
	p.terms, err = p.q.terms(col, l.Order)
	return p, err
}

// where joins what has to hold, but for one part that is seen to otherwise; -1
// for none.
func (p *plan) where(but int) string {
	text := "1"
	for i, part := range p.parts {
		if i != but && part != "1" {
			text += " AND " + part
		}
	}
	return text
}

// fill reads the rows of the page and the cursors at its ends.
func (p *plan) fill(page *Page) error {
	if len(p.shelves) == 0 {
		return nil
	}
	terms, at := p.terms, p.l.After
	if p.l.Before != nil {
		terms, at = turned(p.terms), p.l.Before
	}
	inner, err := p.inner(terms, at)
	if err != nil {
		return err
	}
	text := "SELECT " + rowCells + ", p.* FROM (" + inner + ") p CROSS JOIN " + table(p.col.n) +
		" r ON r.k = p.k CROSS JOIN bodies b ON b.k = r.k"
	var cursors []*Cursor
	err = p.tx.c.query(p.tx.ctx, text, p.q.args, func(v []driver.Value) error {
		row, err := p.row(v)
		if err != nil {
			return err
		}
		page.Rows = append(page.Rows, row)
		if n := len(page.Rows); n == 1 || n >= p.l.Limit {
			cursors = append(cursors, cursor(terms, v[rowCellCount+1:]))
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.finish(page, cursors)
	return nil
}

// finish takes off the row too many and sets the cursors. cursors holds that
// of the first row, and those from the Limit-th row on.
func (p *plan) finish(page *Page, cursors []*Cursor) {
	more := len(page.Rows) > p.l.Limit
	if len(page.Rows) == 0 {
		return
	}
	first, last := cursors[0], (*Cursor)(nil)
	if more {
		page.Rows = page.Rows[:p.l.Limit]
		cursors = cursors[:len(cursors)-1]
		last = cursors[len(cursors)-1]
	} else if len(page.Rows) == p.l.Limit {
		last = cursors[len(cursors)-1]
	}
	if p.l.Before == nil {
		if more {
			page.Next = last
		}
		if p.l.After != nil || p.l.Offset > 0 {
			page.Prev = first
		}
		return
	}
	slices.Reverse(page.Rows)
	page.Next = first
	if more {
		page.Prev = last
	}
}

// inner writes the SELECT of the keys of the page, in order: the columns k and
// o0, o1 … for the terms.
func (p *plan) inner(terms []term, at *Cursor) (string, error) {
	field, key, linked := p.linked(terms)
	if field != nil {
		terms = onLinks(terms)
	}
	behind := ""
	if at != nil {
		text, err := p.q.behind(terms, at)
		if err != nil {
			return "", err
		}
		behind = " AND " + text
	}
	end := " ORDER BY " + orderBy(terms) + " LIMIT " + p.q.bind(p.l.Limit+1)
	if p.l.Offset > 0 {
		end += " OFFSET " + p.q.bind(p.l.Offset)
	}
	columns := "SELECT r.k AS k"
	for i, t := range terms {
		columns += fmt.Sprintf(", %s AS o%d", t.expr, i)
	}
	rows := table(p.col.n) + " r"
	if field != nil {
		return p.branches(columns+" FROM links l INDEXED BY links_key CROSS JOIN "+rows+" ON r.k = l.k WHERE l.key = "+p.q.bind(key)+
			fmt.Sprintf(" AND l.f = %d AND l.use & 1 AND l.shelf = ", field.Number), p.where(linked)+behind) + end, nil
	}
	few, by, err := p.few()
	if err != nil {
		return "", err
	}
	ix := p.orderIndex(terms)
	switch {
	case few != "":
		return columns + " FROM " + rows + " WHERE r.k IN (" + few + ") AND " + p.where(by) + behind + end, nil
	case ix == "" || len(p.shelves) > maxBranches:
		return columns + " FROM " + rows + " WHERE r.shelf IN (" + numbers(p.shelves) + ") AND " + p.where(-1) + behind + end, nil
	}
	return p.branches(columns+" FROM "+rows+" INDEXED BY "+ix+" WHERE r.shelf = ", p.where(-1)+behind) + end, nil
}

// branches writes one SELECT for each shelf; SQLite merges them in order.
func (p *plan) branches(text, where string) string {
	all := make([]string, len(p.shelves))
	for i, n := range p.shelves {
		all[i] = fmt.Sprintf("%s%d AND %s", text, n, where)
	}
	return strings.Join(all, " UNION ALL ")
}

// row makes a Row of what rowCells selected.
func (p *plan) row(v []driver.Value) (*Row, error) { return rowFrom(p.q.cat, p.col.id, p.l.Live, v) }

func rowFrom(cat *catalogue, col content.CollectionID, live bool, v []driver.Value) (*Row, error) {
	values, err := unpackValues(asBytes(v[11]))
	if err != nil {
		return nil, fmt.Errorf("entry %s: %w", asText(v[0]), err)
	}
	r := &Row{
		ID: content.EntryID(asText(v[0])), Locale: content.Locale(asText(v[1])), Collection: col,
		Revision: int(asInt(v[2])), Status: content.Status(asText(v[3])),
		CreatedAt: timeOf(asInt(v[4])), UpdatedAt: timeOf(asInt(v[5])),
		Parent: content.EntryID(asText(v[8])), Position: asText(v[9]),
		Locales: cat.shelves[int(asInt(v[10]))].list(live), Values: values,
	}
	if n := asInt(v[6]); n != never {
		at := timeOf(n)
		r.PublishedAt = &at
	}
	r.CreatedBy, r.UpdatedBy = actorsOf(asText(v[7]))
	return r, nil
}
