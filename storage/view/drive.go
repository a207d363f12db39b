package view

import (
	"database/sql/driver"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/schema"
)

// A list is read in one of three ways, and the right one depends on how many
// rows match. SQLite cannot know that without looking, so it is looked at here:
//
//   - by link: the entries that have one key in a field, in the order of the
//     collection's date, are found in that order in the index of links;
//   - by the few: when an index says that a condition is met by few rows, these
//     are taken and sorted;
//   - in order: else the index of the order is walked until the page is full.

// probed is how many rows of a condition are counted at most.
const probed = 1500

// smallTarget is how many rows a collection may have to be searched whole for
// the targets of a relation.
const smallTarget = 2000

// linked gives the field and the key of a list by link, or nil.
func (p *plan) linked(terms []term) (*column, any) {
	if len(terms) != 2 || terms[0].column == "" || terms[0].column != p.col.shape.Rank ||
		terms[0].descending != terms[1].descending || len(p.shelves) > maxBranches {
		return nil, nil
	}
	for _, f := range conjuncts(p.l.Filter) {
		if c, keys := keysOf(p.col, f); len(keys) == 1 {
			return c, keys[0]
		}
	}
	return nil, nil
}

// conjuncts gives the conditions that all have to hold.
func conjuncts(f schema.Filter) []schema.Filter {
	if f.And == nil {
		return []schema.Filter{f}
	}
	var out []schema.Filter
	for _, part := range f.And {
		out = append(out, conjuncts(part)...)
	}
	return out
}

// keysOf gives the keys that a condition asks for, when it is one on a column
// of keys of the collection itself.
func keysOf(col *collection, f schema.Filter) (*column, []any) {
	if len(f.Path) != 1 || f.Path[0].System != "" {
		return nil, nil
	}
	c := col.shape.column(f.Path[0].Field)
	if c == nil || c.Type != schema.KeysColumn {
		return nil, nil
	}
	switch f.Op {
	case schema.Eq:
		return c, []any{f.Value}
	case schema.In:
		list, _ := f.Value.([]any)
		return c, list
	}
	return nil, nil
}

// few gives a SELECT of the keys of the rows that meet one of the conditions,
// when it is quicker to sort these than to walk; otherwise "".
func (p *plan) few() (string, error) {
	best, n, err := p.fewest()
	if err != nil || best == nil {
		return "", err
	}
	total, err := p.total()
	if err != nil {
		return "", err
	}
	// To walk takes page * total / n steps, to sort takes n.
	page := float64(p.l.Limit + p.l.Offset)
	if float64(n) > min(math.Sqrt(page*float64(total)), probed) {
		return "", nil
	}
	return p.candidate(p.q, *best)
}

// fewest gives the condition that an index can say most about, or nil, and the
// number of its rows; more than probed means that there are more.
func (p *plan) fewest() (*schema.Filter, int, error) {
	var best *schema.Filter
	least := math.MaxInt
	for _, f := range conjuncts(p.l.Filter) {
		q := &query{cat: p.q.cat, live: p.q.live, order: p.q.order}
		text, err := p.candidate(q, f)
		if err != nil {
			return nil, 0, err
		}
		if text == "" {
			continue
		}
		n, err := p.tx.number(fmt.Sprintf("SELECT count(*) FROM (%s LIMIT %d)", text, probed+1), q.args)
		if err != nil {
			return nil, 0, err
		}
		if n < least {
			best, least = &f, n
		}
	}
	return best, least, nil
}

// total gives the kept number of rows that the list would have without filter.
func (p *plan) total() (int, error) {
	return p.tx.rowsOn(p.col, p.shelves)
}

func (tx *Tx) rowsOn(col *collection, shelves []int) (int, error) {
	if len(shelves) == 0 {
		return 0, nil
	}
	return tx.number("SELECT coalesce(sum(rows), 0) FROM counts WHERE collection = ? AND shelf IN ("+numbers(shelves)+")", []any{col.n})
}

func (tx *Tx) number(text string, args []any) (int, error) {
	n := 0
	err := tx.c.query(tx.ctx, text, args, func(v []driver.Value) error {
		n = int(asInt(v[0]))
		return nil
	})
	return n, err
}

// candidate writes a SELECT of the keys of all rows on the shelves that meet a
// condition, and perhaps of others; "" when no index helps.
func (p *plan) candidate(q *query, f schema.Filter) (string, error) {
	if len(f.Path) == 0 {
		return "", nil
	}
	return p.tx.candidate(q, p.col, p.shelves, q.live, f.Path, f)
}

func (tx *Tx) candidate(q *query, col *collection, shelves []int, live bool, path []schema.Step, f schema.Filter) (string, error) {
	if len(shelves) == 0 {
		return "", nil
	}
	if len(path) > 1 {
		return tx.candidateTargets(q, col, shelves, path, f)
	}
	f.Path = path
	if c, keys := keysOf(col, f); c != nil {
		places, err := q.bindTexts(f.Op, keys)
		return fmt.Sprintf("SELECT l.k FROM links l INDEXED BY links_key WHERE l.key IN (%s) AND l.f = %d AND l.shelf IN (%s) AND l.use & 1",
			places, c.Number, numbers(shelves)), err
	}
	ix := conditionIndex(col, path[0], f)
	if ix == "" {
		return "", nil
	}
	r := q.name("r")
	condition, err := q.path(col, r, live, path, f)
	return fmt.Sprintf("SELECT %[1]s.k FROM %[2]s %[1]s INDEXED BY %[3]s WHERE %[1]s.shelf IN (%[4]s) AND %[5]s",
		r, table(col.n), ix, numbers(shelves), condition), err
}

// conditionIndex gives an index in which the rows that meet a condition stand
// together on each shelf, or "".
func conditionIndex(col *collection, step schema.Step, f schema.Filter) string {
	switch f.Op {
	case schema.Eq, schema.In, schema.Lt, schema.Lte, schema.Gt, schema.Gte, schema.Between, schema.StartsWith:
	default:
		return ""
	}
	if f.Op == schema.StartsWith && step.System != "" {
		return ""
	}
	name := orderColumn(col.shape, step)
	for _, x := range col.shape.Indexes {
		if len(x.Columns) < 2 || x.Columns[0] != "shelf" || strings.TrimSuffix(x.Columns[1], " DESC") != name || name == "" {
			continue
		}
		if x.Where != "" && ((f.Op != schema.Eq && f.Op != schema.In) || usual(f.Value)) {
			continue
		}
		return x.name(table(col.n))
	}
	return ""
}

// candidateTargets finds the targets first and then what points at them.
func (tx *Tx) candidateTargets(q *query, col *collection, shelves []int, path []schema.Step, f schema.Filter) (string, error) {
	step := path[0]
	c := col.shape.column(step.Field)
	to := q.cat.collections[step.Target]
	if step.None || step.System != "" || c == nil || c.Type != schema.KeysColumn || to == nil || to.shape == nil {
		return "", nil // what is wrong with it, the condition itself will tell
	}
	live := q.live || step.Live
	there := q.cat.picks(to, live, false, q.order, true)
	found, err := tx.candidate(q, to, there, live, path[1:], f)
	if err != nil {
		return "", err
	}
	t, condition := q.name("t"), ""
	if found != "" {
		condition = t + ".k IN (" + found + ")"
	} else {
		n, err := tx.rowsOn(to, there)
		if err != nil || n > smallTarget {
			return "", err
		}
		if condition, err = q.path(to, t, live, path[1:], f); err != nil {
			return "", err
		}
		condition = fmt.Sprintf("%s.shelf IN (%s) AND %s", t, numbers(there), condition)
	}
	return fmt.Sprintf("SELECT l.k FROM links l INDEXED BY links_key WHERE l.key IN (SELECT %[1]s.entry FROM %[2]s %[1]s WHERE %[3]s)"+
		" AND l.f = %[4]d AND l.shelf IN (%[5]s) AND l.use & 1", t, table(to.n), condition, c.Number, numbers(shelves)), nil
}

// count counts all rows of the list.
func (p *plan) count() (int, error) {
	if p.l.Filter.Always() || len(p.shelves) == 0 {
		return p.total()
	}
	best, _, err := p.fewest()
	if err != nil {
		return 0, err
	}
	q := &query{cat: p.q.cat, live: p.q.live, order: p.q.order}
	if best != nil {
		if c, _ := keysOf(p.col, p.l.Filter); c != nil { // the links alone say it
			text, err := p.candidate(q, p.l.Filter)
			if err != nil {
				return 0, err
			}
			return p.tx.number("SELECT count(DISTINCT k) FROM ("+text+")", q.args)
		}
	}
	within := "r.shelf IN (" + numbers(p.shelves) + ")"
	if best != nil {
		text, err := p.candidate(q, *best)
		if err != nil {
			return 0, err
		}
		within = "r.k IN (" + text + ")"
	}
	where, err := q.condition(p.col, "r", p.l.Filter)
	if err != nil {
		return 0, err
	}
	return p.tx.number("SELECT count(*) FROM "+table(p.col.n)+" r WHERE "+within+" AND "+where, q.args)
}

// orderIndex gives the index that has the rows of a shelf in the order of the
// most leading terms, or "".
func (p *plan) orderIndex(terms []term) string {
	best, most := "", 0
	for _, x := range p.col.shape.Indexes {
		if x.Columns[0] != "shelf" || x.Where != "" {
			continue
		}
		if n := x.serves(terms); n > most {
			best, most = x.name(table(p.col.n)), n
		}
	}
	return best
}

// serves gives the number of leading terms that an index has in their order,
// read forwards or backwards.
func (x index) serves(terms []term) int {
	columns := x.Columns[1:]
	backwards := false
	n := 0
	for ; n < len(terms) && n < len(columns); n++ {
		name, down := strings.CutSuffix(columns[n], " DESC")
		if n == 0 {
			backwards = down != terms[0].descending
		}
		if name != terms[n].column || (down != terms[n].descending) != backwards {
			break
		}
	}
	return n
}

// onLinks gives the terms as the index of links has them.
func onLinks(terms []term) []term {
	out := slices.Clone(terms)
	out[0].expr, out[1].expr = "l.rank", "l.entry"
	return out
}
