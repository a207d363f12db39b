package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// systemKind says how a system field is kept.
type systemKind uint8

const (
	systemKey  systemKind = iota // exact text, "" when absent
	systemTime                   // nanoseconds, never when absent
	systemInt
)

type systemField struct {
	name string // of the column
	kind systemKind
}

// systemColumns are the columns of the system fields.
var systemColumns = map[string]systemField{
	schema.SysID:          {"entry", systemKey},
	schema.SysStatus:      {"status", systemKey},
	schema.SysLocale:      {"locale", systemKey},
	schema.SysRevision:    {"revision", systemInt},
	schema.SysCreatedAt:   {"created", systemTime},
	schema.SysCreatedBy:   {"creator", systemKey},
	schema.SysUpdatedAt:   {"updated", systemTime},
	schema.SysUpdatedBy:   {"updater", systemKey},
	schema.SysPublishedAt: {"published", systemTime},
	schema.SysParent:      {"parent", systemKey},
	schema.SysPosition:    {"position", systemKey},
	schema.SysTrashedAt:   {"trashed", systemTime},
}

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
func (q *query) condition(col *collection, r string, f schema.Filter) (string, error) {
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
	return q.path(col, r, q.live, f.Path, f)
}

func (q *query) joined(col *collection, r string, parts []schema.Filter, by, none string) (string, error) {
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
func (q *query) path(col *collection, r string, live bool, path []schema.Step, f schema.Filter) (string, error) {
	step := path[0]
	if step.Collection != "" && step.Collection != col.id {
		return "", fmt.Errorf("%w: a step of %q on %q", ErrBadFilter, step.Collection, col.id)
	}
	if len(path) > 1 {
		return q.hop(col, r, live, path, f)
	}
	if step.System != "" {
		return q.system(r, step.System, f.Op, f.Value)
	}
	c := col.shape.column(step.Field)
	if c == nil {
		return "", fmt.Errorf("%w: no field %q in %q", ErrBadFilter, step.Field, col.id)
	}
	if c.Type == schema.KeysColumn && f.Op != schema.Null {
		return q.keys(c, r, f.Op, f.Value)
	}
	return q.compare(c, r, f.Op, f.Value)
}

// target gives what leads from the row r over a relation to the rows of its
// targets: the FROM part, the condition that belongs to it, and the alias of
// the target.
func (q *query) target(col *collection, r string, live bool, step schema.Step) (to *collection, t, from, where string, err error) {
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

// hop compiles a step over a relation: there is a target that meets the rest.
// The target is looked at in the locale that the list prefers, else in any.
func (q *query) hop(col *collection, r string, live bool, path []schema.Step, f schema.Filter) (string, error) {
	step := path[0]
	live = q.live || step.Live
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
	rest, err := q.path(to, t, live, path[1:], f)
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
func (q *query) keys(c *column, r string, op schema.Op, value any) (string, error) {
	list := []any{value}
	if op == schema.In || op == schema.Nin {
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
	case schema.Eq, schema.In:
		return text, nil
	case schema.Neq, schema.Nin:
		return "NOT " + text, nil
	}
	return "", badOperand(op, value)
}

func (q *query) bindTexts(op schema.Op, list []any) (string, error) {
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

func badOperand(op schema.Op, v any) error {
	return fmt.Errorf("%w: %s with an operand of type %T", ErrBadFilter, op, v)
}

// compare compiles a condition on a column with at most one value.
func (q *query) compare(c *column, r string, op schema.Op, value any) (string, error) {
	col := r + "." + c.value()
	if op == schema.Null {
		b, ok := value.(bool)
		if !ok {
			return "", badOperand(op, value)
		}
		is := "<>"
		if b {
			is = "="
		}
		return "(" + col + " " + is + " " + c.nothing() + ")", nil
	}
	switch c.Type {
	case schema.TextColumn:
		return q.text(c, r, op, value)
	case schema.NumberColumn, schema.BooleanColumn, schema.TimeColumn:
		return q.ordered(col, c.nothing(), op, value, func(v any) (any, error) {
			cells := c.cell(v)
			if cells == nil {
				return nil, badOperand(op, v)
			}
			return cells[0], nil
		})
	}
	return "", badOperand(op, value)
}

// nothing is the literal of the cell of an absent value.
func (c *column) nothing() string {
	switch c.Type {
	case schema.TextColumn, schema.TimeColumn:
		return "''"
	case schema.NumberColumn:
		return "-9e999"
	case schema.BooleanColumn:
		return "-1"
	case schema.PointColumn:
		return strconv.FormatFloat(noPoint, 'f', 1, 64)
	}
	return "0"
}

// ordered compiles a condition on a column whose cells are compared as they
// are; nothing is the literal of the absent cell, which is the least, or "" when
// the caller sees to it.
func (q *query) ordered(col, nothing string, op schema.Op, value any, cell func(any) (any, error)) (string, error) {
	list, isList := value.([]any)
	if isList != (op == schema.In || op == schema.Nin || op == schema.Between) {
		return "", badOperand(op, value)
	}
	if !isList {
		list = []any{value}
	}
	places := make([]string, len(list))
	for i, item := range list {
		v, err := cell(item)
		if err != nil {
			return "", err
		}
		places[i] = q.bind(v)
	}
	return comparison(col, nothing, op, places, value)
}

// comparison writes an operator on places of arguments.
func comparison(col, nothing string, op schema.Op, places []string, value any) (string, error) {
	some := " AND " + col + " <> " + nothing + ")"
	if nothing == "" {
		some = ")"
	}
	switch op {
	case schema.Eq:
		return "(" + col + " = " + places[0] + ")", nil
	case schema.Neq:
		return "(" + col + " <> " + places[0] + ")", nil
	case schema.Lt:
		return "(" + col + " < " + places[0] + some, nil
	case schema.Lte:
		return "(" + col + " <= " + places[0] + some, nil
	case schema.Gt:
		return "(" + col + " > " + places[0] + some, nil
	case schema.Gte:
		return "(" + col + " >= " + places[0] + some, nil
	case schema.In:
		return "(" + col + " IN (" + strings.Join(places, ", ") + "))", nil
	case schema.Nin:
		return "(" + col + " NOT IN (" + strings.Join(places, ", ") + "))", nil
	case schema.Between:
		if len(places) == 2 {
			return "(" + col + " BETWEEN " + places[0] + " AND " + places[1] + some, nil
		}
	}
	return "", badOperand(op, value)
}

// text compiles a condition on a text: equality is exact, everything else
// compares folded texts. The folded column goes first in equality too, because
// it has the index.
func (q *query) text(c *column, r string, op schema.Op, value any) (string, error) {
	exact, folded := r+"."+c.value(), r+"."+c.order()
	fold := func(v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, badOperand(op, v)
		}
		return schema.SortKey(s), nil
	}
	switch op {
	case schema.Eq, schema.In, schema.Neq, schema.Nin:
		list, isList := value.([]any)
		if isList != (op == schema.In || op == schema.Nin) {
			return "", badOperand(op, value)
		}
		if !isList {
			list = []any{value}
		}
		places, err := q.bindTexts(op, list)
		if err != nil {
			return "", err
		}
		if op == schema.Neq || op == schema.Nin {
			return "(" + exact + " NOT IN (" + places + "))", nil
		}
		keys := make([]any, len(list))
		for i := range list {
			keys[i] = schema.SortKey(list[i].(string)) // bindTexts has seen that it is one
		}
		near, err := q.bindTexts(op, keys)
		return "(" + folded + " IN (" + near + ") AND " + exact + " IN (" + places + "))", err
	case schema.Contains, schema.StartsWith:
		key, err := fold(value)
		if err != nil {
			return "", err
		}
		place := q.bind(key)
		if op == schema.Contains && key != "" { // needs the index only
			return "(instr(" + folded + ", " + place + ") > 0)", nil
		}
		if op == schema.Contains {
			return "(" + exact + " <> '' AND instr(" + folded + ", " + place + ") > 0)", nil
		}
		return "(" + exact + " <> '' AND " + folded + " >= " + place + " AND " + folded + " < " + q.bind(key.(string)+"\U0010FFFF") + ")", nil
	}
	text, err := q.ordered(folded, "", op, value, fold)
	return "(" + exact + " <> '' AND " + text + ")", err
}

// system compiles a condition on a system field.
func (q *query) system(r, name string, op schema.Op, value any) (string, error) {
	f, ok := systemColumns[name]
	if !ok {
		return "", fmt.Errorf("%w: no system field %q", ErrBadFilter, name)
	}
	col := r + "." + f.name
	nothing := map[systemKind]string{systemKey: "''", systemTime: absentTime, systemInt: "0"}[f.kind]
	if op == schema.Null {
		b, ok := value.(bool)
		if !ok {
			return "", badOperand(op, value)
		}
		return "((" + col + " = " + nothing + ") = " + strconv.FormatInt(boolInt(b), 10) + ")", nil
	}
	switch f.kind {
	case systemTime:
		return q.systemTime(col, op, value)
	case systemInt:
		return q.ordered(col, nothing, op, value, func(v any) (any, error) {
			if n, ok := v.(float64); ok {
				return n, nil
			}
			return nil, badOperand(op, v)
		})
	}
	if name == schema.SysPosition && (op == schema.Contains || op == schema.StartsWith) {
		places, err := q.bindTexts(op, []any{value})
		at := ") > 0)"
		if op == schema.StartsWith {
			at = ") = 1)"
		}
		return "(instr(" + col + ", " + places + at, err
	}
	text, err := q.ordered(col, nothing, op, value, func(v any) (any, error) {
		if s, ok := v.(string); ok {
			return s, nil
		}
		return nil, badOperand(op, v)
	})
	if err == nil && name == schema.SysStatus && (op == schema.Eq || op == schema.In) && !usual(value) {
		text = "(" + r + "." + unusual + " AND " + text + ")" // its index is on the unusual ones only
	}
	return text, err
}

// usual reports whether a condition on the status asks for published rows too.
func usual(value any) bool {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, v := range list {
		if v == string(content.StatusPublished) {
			return true
		}
	}
	return false
}

const absentTime = "-9223372036854775808"

// systemTime compiles a condition on a time. Operands have milliseconds, which
// is what callers are shown; rows have nanoseconds, so that an operand means
// the whole of its millisecond.
func (q *query) systemTime(col string, op schema.Op, value any) (string, error) {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	firsts, lasts := make([]string, len(list)), make([]string, len(list))
	for i, v := range list {
		first, last, err := millisecond(v)
		if err != nil {
			return "", badOperand(op, v)
		}
		firsts[i], lasts[i] = q.bind(first), q.bind(last)
	}
	some := " AND " + col + " > " + absentTime + ")"
	within := make([]string, len(list))
	for i := range list {
		within[i] = "(" + col + " BETWEEN " + firsts[i] + " AND " + lasts[i] + ")"
	}
	any := "(" + strings.Join(within, " OR ") + ")"
	switch {
	case !isList && op == schema.Eq, isList && op == schema.In:
		return any, nil
	case !isList && op == schema.Neq, isList && op == schema.Nin:
		return "NOT " + any, nil
	case isList && op == schema.Between && len(list) == 2:
		return "(" + col + " BETWEEN " + firsts[0] + " AND " + lasts[1] + some, nil
	case isList:
		return "", badOperand(op, value)
	}
	switch op {
	case schema.Lt:
		return "(" + col + " < " + firsts[0] + some, nil
	case schema.Lte:
		return "(" + col + " <= " + lasts[0] + some, nil
	case schema.Gt:
		return "(" + col + " > " + lasts[0] + some, nil
	case schema.Gte:
		return "(" + col + " >= " + firsts[0] + some, nil
	}
	return "", badOperand(op, value)
}

// millisecond gives the first and the last nanosecond that an operand means.
func millisecond(v any) (first, last int64, err error) {
	s, _ := v.(string)
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		if at, err = time.Parse(time.DateOnly, s); err != nil {
			return 0, 0, err
		}
	}
	n := nanos(at.UTC())
	if n == never+1 || n == math.MaxInt64 {
		return n, n, nil
	}
	n -= ((n % 1e6) + 1e6) % 1e6
	return n, n + 1e6 - 1, nil
}
