package view

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// query is the text and the arguments of one SELECT in the making. Arguments
// have numbers, so that a condition may stand in it several times.
type query struct {
	cat   *catalogue
	live  bool
	order []content.Locale // preference, for the targets of relations too
	args  []any
	alias int
}

// bind adds an argument and gives its place in the text.
func (q *query) bind(v any) string {
	q.args = append(q.args, v)
	return "?" + strconv.Itoa(len(q.args))
}

func (q *query) name(letter string) string {
	q.alias++
	return letter + strconv.Itoa(q.alias)
}

// condition compiles a filter to an expression on the row r of a collection.
// Its value is 0 or 1 and never NULL, so that NOT means what it says: what is
// absent is not equal to anything, not less, not more, and contains nothing.
func (q *query) condition(col *collection, r string, f ask.Filter) (string, error) {
	switch {
	case f.And != nil:
		return q.joined(col, r, f.And, " AND ", "1")
	case f.Or != nil:
		return q.joined(col, r, f.Or, " OR ", "0")
	case f.Not != nil:
		inner, err := q.condition(col, r, *f.Not)
		return "NOT " + inner, err
	case len(f.Path) == 0:
		return "1", nil
	}
	return q.path(col, r, f.Path, f)
}

func (q *query) joined(col *collection, r string, parts []ask.Filter, by, none string) (string, error) {
	if len(parts) == 0 {
		return none, nil
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		var err error
		if texts[i], err = q.condition(col, r, part); err != nil {
			return "", err
		}
	}
	return "(" + strings.Join(texts, by) + ")", nil
}

// path compiles the rest of a path from the row r on.
func (q *query) path(col *collection, r string, path []ask.Step, f ask.Filter) (string, error) {
	step := path[0]
	if step.Collection != "" && step.Collection != col.id {
		return "", fmt.Errorf("%w: a step of %q on %q", ErrBadFilter, step.Collection, col.id)
	}
	if len(path) > 1 {
		return q.hop(col, r, path, f)
	}
	if step.System != "" {
		return q.system(r, step.System, f.Op, f.Value)
	}
	c := col.shape.column(step.Field)
	if c == nil {
		return "", fmt.Errorf("%w: no field %q in %q", ErrBadFilter, step.Field, col.id)
	}
	if c.Type == schema.KeysColumn && f.Op != ask.Null {
		return q.keys(c, r, f.Op, f.Value)
	}
	return q.compare(c, r, f.Op, f.Value)
}

// target gives what leads from the row r over a relation to the rows of its
// targets: the FROM part, the condition that belongs to it, and the alias of
// the target.
func (q *query) target(col *collection, r string, live bool, step ask.Step) (to *collection, t, from, where string, err error) {
	if step.Back {
		return q.pointing(r, live, step)
	}
	c := col.shape.column(step.Field)
	if c == nil || c.Type != schema.KeysColumn || step.System != "" {
		return nil, "", "", "", fmt.Errorf("%w: %q of %q is no relation", ErrBadFilter, step.Field, col.id)
	}
	if to, err = q.cat.table(step.Target); err != nil {
		return nil, "", "", "", fmt.Errorf("%w: %w", ErrBadFilter, err)
	}
	l, e := q.name("l"), q.name("e")
	t = q.name("t")
	from = fmt.Sprintf("links %s CROSS JOIN entries %s CROSS JOIN %s %s", l, e, table(to.n), t)
	where = fmt.Sprintf("%[1]s.k = %[2]s.k AND %[1]s.f = %[3]d AND %[1]s.use & 1 AND %[4]s.id = %[1]s.key"+
		" AND %[5]s.k BETWEEN %[4]s.n * %[6]d AND %[4]s.n * %[6]d + %[7]d AND %[5]s.shelf IN (%[8]s)",
		l, r, c.Number, e, t, perEntry, perEntry-1, numbers(q.cat.picks(to, live, false, q.order, true)))
	return to, t, from, where, nil
}

// pointing does the same against a relation: it leads to the rows that point at
// the entry of the row r.
func (q *query) pointing(r string, live bool, step ask.Step) (from *collection, t, tables, where string, err error) {
	if from, err = q.cat.table(step.Target); err != nil {
		return nil, "", "", "", fmt.Errorf("%w: %w", ErrBadFilter, err)
	}
	c := from.shape.column(step.Field)
	if c == nil || c.Type != schema.KeysColumn {
		return nil, "", "", "", fmt.Errorf("%w: %q of %q is no relation", ErrBadFilter, step.Field, step.Target)
	}
	l := q.name("l")
	t = q.name("t")
	tables = fmt.Sprintf("links %s INDEXED BY links_key CROSS JOIN %s %s", l, table(from.n), t)
	where = fmt.Sprintf("%[1]s.key = %[2]s.entry AND %[1]s.f = %[3]d AND %[1]s.shelf IN (%[4]s) AND %[1]s.use & 1 AND %[5]s.k = %[1]s.k",
		l, r, c.Number, numbers(q.cat.picks(from, live, false, q.order, true)), t)
	return from, t, tables, where, nil
}

// hop compiles a step over a relation: there is a target that meets the rest.
// The target is looked at in the locale that the list prefers, else in any.
func (q *query) hop(col *collection, r string, path []ask.Step, f ask.Filter) (string, error) {
	step := path[0]
	live := q.live || step.Live
	to, t, from, where, err := q.target(col, r, live, step)
	if err != nil {
		return "", err
	}
	if step.Where != nil {
		// The condition is one on the target as the step sees it.
		inner := *q
		inner.live = live
		bound, err := inner.condition(to, t, *step.Where)
		if err != nil {
			return "", err
		}
		q.args, q.alias = inner.args, inner.alias
		where += " AND " + bound
	}
	rest, err := q.path(to, t, path[1:], f)
	if err != nil {
		return "", err
	}
	text := "EXISTS (SELECT 1 FROM " + from + " WHERE " + where + " AND " + rest + ")"
	if step.None {
		text = "NOT " + text
	}
	return text, nil
}

func numbers(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

// keys compiles a condition on a column of keys.
func (q *query) keys(c *column, r string, op ask.Op, value any) (string, error) {
	list := []any{value}
	if op == ask.In || op == ask.Nin {
		var ok bool
		if list, ok = value.([]any); !ok {
			return "", badOperand(op, value)
		}
	}
	keys, err := q.bindTexts(op, list)
	if err != nil {
		return "", err
	}
	l := q.name("l")
	text := fmt.Sprintf("EXISTS (SELECT 1 FROM links %[1]s WHERE %[1]s.k = %[2]s.k AND %[1]s.f = %[3]d AND %[1]s.key IN (%[4]s) AND %[1]s.use & 1)",
		l, r, c.Number, keys)
	switch op {
	case ask.Eq, ask.In:
		return text, nil
	case ask.Neq, ask.Nin:
		return "NOT " + text, nil
	}
	return "", badOperand(op, value)
}

func (q *query) bindTexts(op ask.Op, list []any) (string, error) {
	places := make([]string, len(list))
	for i, item := range list {
		s, ok := item.(string)
		if !ok {
			return "", badOperand(op, item)
		}
		places[i] = q.bind(s)
	}
	return strings.Join(places, ", "), nil
}

func badOperand(op ask.Op, v any) error {
	return fmt.Errorf("%w: %s with an operand of type %T", ErrBadFilter, op, v)
}
