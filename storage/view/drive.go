package view

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
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

// linked gives the field and the key of a list by link and which part of the
// filter it is; nil when the list is another one.
func (p *plan) linked(terms []term) (*column, any, int) {
	if terms[0].column == "" || terms[0].column != p.col.shape.Rank || len(p.shelves) > maxBranches {
		return nil, nil, -1
	}
	for i, f := range p.all {
		if c, keys := keysOf(p.col, f); len(keys) == 1 {
			return c, keys[0], i
		}
	}
	return nil, nil, -1
}

// conjuncts gives the conditions that all have to hold.
func conjuncts(f ask.Filter) []ask.Filter {
	if f.And == nil {
		return []ask.Filter{f}
	}
	var out []ask.Filter
	for _, part := range f.And {
		out = append(out, conjuncts(part)...)
	}
	return out
}

// keysOf gives the keys that a condition asks for, when it is one on a column
// of keys of the collection itself.
func keysOf(col *collection, f ask.Filter) (*column, []any) {
	if len(f.Path) != 1 || f.Path[0].System != "" {
		return nil, nil
	}
	c := col.shape.column(f.Path[0].Field)
	if c == nil || c.Type != schema.KeysColumn {
		return nil, nil
	}
	switch f.Op {
	case ask.Eq:
		return c, []any{f.Value}
	case ask.In:
		list, _ := f.Value.([]any)
		return c, list
	}
	return nil, nil
}

// way is a part of the filter that an index can say much about.
type way struct {
	part int
	n    int     // rows; more than probed means that there are more
	keys []int64 // of these rows, when they were read because to find them takes long
}

// few gives a SELECT of the keys of the rows that meet one part of the filter,
// when it is quicker to sort these than to walk, and that part when nothing
// else of it is left to check; otherwise "".
func (p *plan) few() (string, int, error) {
	best, err := p.fewest()
	if err != nil || best == nil {
		return "", -1, err
	}
	total, err := p.total()
	if err != nil {
		return "", -1, err
	}
	// To walk takes page * total / n steps, to sort takes n.
	page := float64(p.l.Limit + p.l.Offset)
	if float64(best.n) > min(math.Sqrt(page*float64(total)), probed) {
		return "", -1, nil
	}
	text, err := p.take(p.q, best)
	if !exact(p.all[best.part]) {
		return text, -1, err
	}
	return text, best.part, err
}

// take writes the SELECT of the keys of a way.
func (p *plan) take(q *query, w *way) (string, error) {
	if w.keys == nil {
		return p.candidate(q, p.all[w.part])
	}
	list, err := json.Marshal(w.keys)
	return "SELECT value FROM json_each(" + q.bind(string(list)) + ")", err
}

// exact reports whether a candidate gives no other rows than those that meet
// the condition: it leaves out what steps want of their targets besides.
func exact(f ask.Filter) bool {
	return !slices.ContainsFunc(f.Path, func(s ask.Step) bool { return s.Where != nil })
}

// fewest gives the part of the filter that has the fewest rows by an index, or
// nil.
func (p *plan) fewest() (*way, error) {
	var best *way
	for i, f := range p.all {
		q := p.fresh()
		text, err := p.candidate(q, f)
		if err != nil {
			return nil, err
		}
		if text == "" {
			continue
		}
		w := &way{part: i}
		if f.Op == ask.Contains {
			err = w.read(p.tx, fmt.Sprintf("%s LIMIT %d", text, probed+1), q.args)
		} else {
			w.n, err = p.tx.probe(text, q.args)
		}
		if err != nil {
			return nil, err
		}
		if best == nil || w.n < best.n {
			best = w
		}
	}
	return best, nil
}

// read reads the keys, because to search for them again would take as long.
func (w *way) read(tx *Tx, text string, args []any) error {
	keys := []int64{}
	err := tx.c.query(tx.ctx, text, args, func(v []driver.Value) error {
		keys = append(keys, asInt(v[0]))
		return nil
	})
	if w.n = len(keys); w.n <= probed {
		w.keys = keys
	}
	return err
}

// fresh gives a query of its own on the same lists.
func (p *plan) fresh() *query {
	return &query{cat: p.q.cat, live: p.q.live, order: p.q.order}
}

// resolve turns a condition on the targets of a relation into one on their
// ids, when they are few and quickly found: then the index of links can serve
// it. Any other condition stays as it is.
func (p *plan) resolve(f ask.Filter) (ask.Filter, error) {
	if len(f.Path) < 2 || f.Path[0].None || f.Path[0].System != "" {
		return f, nil
	}
	step := f.Path[0]
	to := p.q.cat.collections[step.Target]
	c := p.col.shape.column(step.Field)
	if step.Back && to != nil && to.shape != nil {
		c = to.shape.column(step.Field)
	}
	if c == nil || c.Type != schema.KeysColumn || to == nil || to.shape == nil {
		return f, nil // the condition itself will tell what is wrong
	}
	q := p.fresh()
	live := q.live || step.Live
	where, err := p.tx.targets(q, to, live, "t", f.Path[1:], f)
	if err != nil || where == "" {
		return f, err
	}
	if step.Where != nil {
		q.live = live
		bound, err := q.condition(to, "t", *step.Where)
		if err != nil {
			return f, err
		}
		where += " AND " + bound
	}
	ids := []any{}
	text := fmt.Sprintf("SELECT t.entry FROM %s t WHERE %s LIMIT %d", table(to.n), where, maxResolved+1)
	leaf := ask.Step{Collection: step.Collection, Field: step.Field}
	if step.Back {
		text = fmt.Sprintf("SELECT DISTINCT l.key FROM %s t CROSS JOIN links l WHERE %s AND l.k = t.k AND l.f = %d AND l.use & 1 LIMIT %d",
			table(to.n), where, c.Number, maxResolved+1)
		leaf = ask.Step{Collection: step.Collection, System: schema.SysID}
	}
	err = p.tx.c.query(p.tx.ctx, text, q.args, func(v []driver.Value) error {
		ids = append(ids, asText(v[0]))
		return nil
	})
	if err != nil || len(ids) > maxResolved {
		return f, err
	}
	if len(ids) == 0 {
		return ask.Nothing(), nil
	}
	return ask.Filter{Path: []ask.Step{leaf}, Op: ask.In, Value: ids}, nil
}

// maxResolved is the most targets that a condition is turned into.
const maxResolved = 30

// targets writes the condition that a row t of a collection stands for its
// entry and meets the rest of a path, but for what that wants of further
// targets; "" when it would take long to find these rows.
func (tx *Tx) targets(q *query, to *collection, live bool, t string, path []ask.Step, f ask.Filter) (string, error) {
	there := q.cat.picks(to, live, false, q.order, true)
	if exact(ask.Filter{Path: path}) {
		found, err := tx.candidate(q, to, there, path, f)
		if err != nil || found != "" {
			return t + ".k IN (" + found + ")", err
		}
	}
	if n, err := tx.rowsOn(to, there); err != nil || n > smallTarget {
		return "", err
	}
	rest, err := q.path(to, t, path, f)
	return fmt.Sprintf("%s.shelf IN (%s) AND %s", t, numbers(there), rest), err
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
func (p *plan) candidate(q *query, f ask.Filter) (string, error) {
	if len(f.Path) == 0 {
		return "", nil
	}
	return p.tx.candidate(q, p.col, p.shelves, f.Path, f)
}

func (tx *Tx) candidate(q *query, col *collection, shelves []int, path []ask.Step, f ask.Filter) (string, error) {
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
	condition, err := q.path(col, r, path, f)
	return fmt.Sprintf("SELECT %[1]s.k FROM %[2]s %[1]s INDEXED BY %[3]s WHERE %[1]s.shelf IN (%[4]s) AND %[5]s",
		r, table(col.n), ix, numbers(shelves), condition), err
}

// conditionIndex gives an index in which the rows that meet a condition stand
// together on each shelf, or which is at least quick to search; or "".
func conditionIndex(col *collection, step ask.Step, f ask.Filter) string {
	switch f.Op {
	case ask.Eq, ask.In, ask.Lt, ask.Lte, ask.Gt, ask.Gte, ask.Between, ask.StartsWith, ask.Contains:
	default:
		return ""
	}
	if (f.Op == ask.StartsWith || f.Op == ask.Contains) && step.System != "" {
		return ""
	}
	name := orderColumn(col.shape, step)
	for _, x := range col.shape.Indexes {
		if len(x.Columns) < 2 || x.Columns[0] != "shelf" || strings.TrimSuffix(x.Columns[1], " DESC") != name || name == "" {
			continue
		}
		if x.Where != "" && ((f.Op != ask.Eq && f.Op != ask.In) || usual(f.Value)) {
			continue
		}
		return x.name(table(col.n))
	}
	return ""
}

// candidateTargets finds the targets first and then what points at them.
func (tx *Tx) candidateTargets(q *query, col *collection, shelves []int, path []ask.Step, f ask.Filter) (string, error) {
	step := path[0]
	c := col.shape.column(step.Field)
	to := q.cat.collections[step.Target]
	if step.Back || step.None || step.System != "" || c == nil || c.Type != schema.KeysColumn || to == nil || to.shape == nil {
		return "", nil // what is wrong with it, the condition itself will tell
	}
	t := q.name("t")
	condition, err := tx.targets(q, to, q.live || step.Live, t, path[1:], f)
	if err != nil || condition == "" {
		return "", err
	}
	return fmt.Sprintf("SELECT l.k FROM links l INDEXED BY links_key WHERE l.key IN (SELECT %[1]s.entry FROM %[2]s %[1]s WHERE %[3]s)"+
		" AND l.f = %[4]d AND l.shelf IN (%[5]s) AND l.use & 1", t, table(to.n), condition, c.Number, numbers(shelves)), nil
}

// count counts all rows of the list.
func (p *plan) count() (int, error) {
	if p.l.Filter.Always() || len(p.all) == 0 || len(p.shelves) == 0 {
		return p.total()
	}
	best, err := p.fewest()
	if err != nil {
		return 0, err
	}
	q := p.fresh()
	if c, _ := keysOf(p.col, p.all[0]); best != nil && c != nil && len(p.all) == 1 { // the links alone say it
		text, err := p.candidate(q, p.all[0])
		if err != nil {
			return 0, err
		}
		return p.tx.number("SELECT count(DISTINCT k) FROM ("+text+")", q.args)
	}
	within := "r.shelf IN (" + numbers(p.shelves) + ")"
	if best != nil {
		text, err := p.take(q, best)
		if err != nil {
			return 0, err
		}
		within = "r.k IN (" + text + ")"
	}
	where, err := q.condition(p.col, "r", ask.Filter{And: p.all})
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
	out[0].expr, out[len(out)-1].expr = "l.rank", "l.entry"
	return out
}
