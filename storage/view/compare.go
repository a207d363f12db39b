package view

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/core/schema/letters"
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

// compare compiles a condition on a column with at most one value.
func (q *query) compare(c *column, r string, op ask.Op, value any) (string, error) {
	col := r + "." + c.value()
	if op == ask.Null {
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
	case schema.PointColumn:
		return q.place(c, r, op, value)
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
func (q *query) ordered(col, nothing string, op ask.Op, value any, cell func(any) (any, error)) (string, error) {
	list, isList := value.([]any)
	if isList != (op == ask.In || op == ask.Nin || op == ask.Between) {
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
func comparison(col, nothing string, op ask.Op, places []string, value any) (string, error) {
	some := " AND " + col + " <> " + nothing + ")"
	if nothing == "" {
		some = ")"
	}
	switch op {
	case ask.Eq:
		return "(" + col + " = " + places[0] + ")", nil
	case ask.Neq:
		return "(" + col + " <> " + places[0] + ")", nil
	case ask.Lt:
		return "(" + col + " < " + places[0] + some, nil
	case ask.Lte:
		return "(" + col + " <= " + places[0] + some, nil
	case ask.Gt:
		return "(" + col + " > " + places[0] + some, nil
	case ask.Gte:
		return "(" + col + " >= " + places[0] + some, nil
	case ask.In:
		return "(" + col + " IN (" + strings.Join(places, ", ") + "))", nil
	case ask.Nin:
		return "(" + col + " NOT IN (" + strings.Join(places, ", ") + "))", nil
	case ask.Between:
		if len(places) == 2 {
			return "(" + col + " BETWEEN " + places[0] + " AND " + places[1] + some, nil
		}
	}
	return "", badOperand(op, value)
}

// text compiles a condition on a text: equality is exact, everything else
// compares folded texts. The folded column goes first in equality too, because
// it has the index.
func (q *query) text(c *column, r string, op ask.Op, value any) (string, error) {
	exact, folded := r+"."+c.value(), r+"."+c.order()
	fold := func(v any) (any, error) {
		s, ok := v.(string)
		if !ok {
			return nil, badOperand(op, v)
		}
		return letters.SortKey(s), nil
	}
	switch op {
	case ask.Eq, ask.In, ask.Neq, ask.Nin:
		list, isList := value.([]any)
		if isList != (op == ask.In || op == ask.Nin) {
			return "", badOperand(op, value)
		}
		if !isList {
			list = []any{value}
		}
		places, err := q.bindTexts(op, list)
		if err != nil {
			return "", err
		}
		if op == ask.Neq || op == ask.Nin {
			return "(" + exact + " NOT IN (" + places + "))", nil
		}
		keys := make([]any, len(list))
		for i := range list {
			keys[i] = letters.SortKey(list[i].(string)) // bindTexts has seen that it is one
		}
		near, err := q.bindTexts(op, keys)
		return "(" + folded + " IN (" + near + ") AND " + exact + " IN (" + places + "))", err
	case ask.Contains, ask.StartsWith:
		key, err := fold(value)
		if err != nil {
			return "", err
		}
		place := q.bind(key)
		if op == ask.Contains && key != "" { // needs the index only
			return "(instr(" + folded + ", " + place + ") > 0)", nil
		}
		if op == ask.Contains {
			return "(" + exact + " <> '' AND instr(" + folded + ", " + place + ") > 0)", nil
		}
		return "(" + exact + " <> '' AND " + folded + " >= " + place + " AND " + folded + " < " + q.bind(key.(string)+"\U0010FFFF") + ")", nil
	}
	text, err := q.ordered(folded, "", op, value, fold)
	return "(" + exact + " <> '' AND " + text + ")", err
}

// system compiles a condition on a system field.
func (q *query) system(r, name string, op ask.Op, value any) (string, error) {
	f, ok := systemColumns[name]
	if !ok {
		return "", fmt.Errorf("%w: no system field %q", ErrBadFilter, name)
	}
	col := r + "." + f.name
	nothing := map[systemKind]string{systemKey: "''", systemTime: absentTime, systemInt: "0"}[f.kind]
	if op == ask.Null {
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
	if name == schema.SysPosition && (op == ask.Contains || op == ask.StartsWith) {
		places, err := q.bindTexts(op, []any{value})
		at := ") > 0)"
		if op == ask.StartsWith {
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
	if err == nil && name == schema.SysStatus && (op == ask.Eq || op == ask.In) && !usual(value) {
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
func (q *query) systemTime(col string, op ask.Op, value any) (string, error) {
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
	case !isList && op == ask.Eq, isList && op == ask.In:
		return any, nil
	case !isList && op == ask.Neq, isList && op == ask.Nin:
		return "NOT " + any, nil
	case isList && op == ask.Between && len(list) == 2:
		return "(" + col + " BETWEEN " + firsts[0] + " AND " + lasts[1] + some, nil
	case isList:
		return "", badOperand(op, value)
	}
	switch op {
	case ask.Lt:
		return "(" + col + " < " + firsts[0] + some, nil
	case ask.Lte:
		return "(" + col + " <= " + lasts[0] + some, nil
	case ask.Gt:
		return "(" + col + " > " + lasts[0] + some, nil
	case ask.Gte:
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
