package view

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
)

// term is one key of an order.
type term struct {
	expr       string // on the row r
	column     string // of the table of rows, "" when expr is something else
	kind       termKind
	descending bool
}

// termKind says how cells of a term travel in a cursor.
type termKind uint8

const (
	termText termKind = iota // "" is absent
	termNumber
	termBoolean
	termTime
	termInt
)

// terms compiles an order. The last term is always the entry's id, in the
// direction of the key before it, so that an index serves it.
func (q *query) terms(col *collection, orders []ask.Order) ([]term, error) {
	var out []term
	descending := false
	for _, o := range orders {
		if len(o.Path) == 0 {
			return nil, fmt.Errorf("%w: an order without a path", ErrBadFilter)
		}
		t, err := q.term(col, "r", o.Path, o.Descending)
		if err != nil {
			return nil, err
		}
		t.descending, descending = o.Descending, o.Descending
		out = append(out, t)
		if t.column == "entry" {
			return out, nil // nothing behind the id can count
		}
	}
	return append(out, term{expr: "r.entry", column: "entry", descending: descending}), nil
}

func (q *query) term(col *collection, r string, path []ask.Step, descending bool) (term, error) {
	step := path[0]
	if step.Collection != "" && step.Collection != col.id {
		return term{}, fmt.Errorf("%w: an order by %q on %q", ErrBadFilter, step.Collection, col.id)
	}
	if len(path) > 1 {
		return q.farTerm(col, r, path, descending)
	}
	if step.System != "" {
		f, ok := systemColumns[step.System]
		if !ok {
			return term{}, fmt.Errorf("%w: no system field %q", ErrBadFilter, step.System)
		}
		kind := map[systemKind]termKind{systemKey: termText, systemTime: termTime, systemInt: termInt}[f.kind]
		return term{expr: r + "." + f.name, column: f.name, kind: kind}, nil
	}
	c := col.shape.column(step.Field)
	if c == nil || c.order() == "" {
		return term{}, fmt.Errorf("%w: %q has no order by %q", ErrBadFilter, col.id, step.Field)
	}
	kind := map[schema.ColumnType]termKind{schema.NumberColumn: termNumber, schema.BooleanColumn: termBoolean}[c.Type]
	return term{expr: r + "." + c.order(), column: c.order(), kind: kind}, nil
}

// farTerm orders by a field of the one target of a relation; when there are
// several, by that of the first one in the direction of the order.
func (q *query) farTerm(col *collection, r string, path []ask.Step, descending bool) (term, error) {
	live := q.live || path[0].Live
	to, t, from, where, err := q.target(col, r, live, path[0])
	if err != nil {
		return term{}, err
	}
	if path[0].Where != nil {
		inner := *q
		inner.live = live
		bound, err := inner.condition(to, t, *path[0].Where)
		if err != nil {
			return term{}, err
		}
		q.args, q.alias = inner.args, inner.alias
		where += " AND " + bound
	}
	rest, err := q.term(to, t, path[1:], descending)
	if err != nil {
		return term{}, err
	}
	first := "min"
	if descending {
		first = "max"
	}
	rest.expr = fmt.Sprintf("coalesce((SELECT %s(%s) FROM %s WHERE %s), %s)", first, rest.expr, from, where, rest.kind.absent())
	rest.column = ""
	return rest, nil
}

// absent is the literal of an absent cell.
func (k termKind) absent() string {
	switch k {
	case termNumber:
		return "-9e999"
	case termBoolean:
		return "-1"
	case termTime:
		return absentTime
	case termInt:
		return "0"
	}
	return "''"
}

// show gives a cell as a cursor carries it.
func (k termKind) show(v driver.Value) any {
	switch k {
	case termNumber:
		if n := asFloat(v); !math.IsInf(n, -1) {
			return n
		}
		return nil
	case termBoolean:
		if n := asInt(v); n >= 0 {
			return n == 1
		}
		return nil
	case termTime:
		if n := asInt(v); n != never {
			return timeOf(n).Format(time.RFC3339Nano)
		}
		return nil
	case termInt:
		return float64(asInt(v))
	}
	if s := asText(v); s != "" {
		return s
	}
	return nil
}

// read takes a cell from a cursor.
func (k termKind) read(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return map[termKind]any{
			termText: "", termNumber: math.Inf(-1), termBoolean: int64(-1), termTime: int64(never), termInt: int64(0),
		}[k], nil
	case string:
		if k == termText {
			return x, nil
		}
		if k == termTime {
			if at, err := time.Parse(time.RFC3339Nano, x); err == nil {
				return nanos(at), nil
			}
		}
	case float64:
		if k == termNumber && !math.IsNaN(x) {
			return x, nil
		}
		if k == termInt && x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), nil
		}
	case bool:
		if k == termBoolean {
			return boolInt(x), nil
		}
	}
	return nil, fmt.Errorf("%w: a cursor with a cell of type %T", ErrBadFilter, v)
}

// cursor makes the cursor of a row from its cells, the id last.
func cursor(terms []term, cells []driver.Value) *Cursor {
	c := &Cursor{ID: content.EntryID(asText(cells[len(terms)-1])), Cells: []any{}}
	for i, t := range terms[:len(terms)-1] {
		c.Cells = append(c.Cells, t.kind.show(cells[i]))
	}
	return c
}

// behind compiles the condition that a row stands behind a cursor:
//
//	a >= A AND (a > A OR (b >= B AND (b > B OR id > I)))
//
// so that an index on the first term can start there.
func (q *query) behind(terms []term, c *Cursor) (string, error) {
	if len(c.Cells) != len(terms)-1 {
		return "", fmt.Errorf("%w: a cursor of %d cells for an order of %d", ErrBadFilter, len(c.Cells), len(terms)-1)
	}
	var text strings.Builder
	for i, t := range terms {
		v := any(string(c.ID))
		if i < len(terms)-1 {
			var err error
			if v, err = t.kind.read(c.Cells[i]); err != nil {
				return "", err
			}
		}
		more := ">"
		if t.descending {
			more = "<"
		}
		place := q.bind(v)
		if i == len(terms)-1 {
			fmt.Fprintf(&text, "%s %s %s", t.expr, more, place)
			break
		}
		fmt.Fprintf(&text, "%[1]s %[2]s= %[3]s AND (%[1]s %[2]s %[3]s OR (", t.expr, more, place)
	}
	return "(" + text.String() + strings.Repeat("))", len(terms)-1) + ")", nil
}

// orderBy writes the ORDER BY list over the result columns o0, o1 …
func orderBy(terms []term) string {
	words := make([]string, len(terms))
	for i, t := range terms {
		words[i] = fmt.Sprintf("o%d", i)
		if t.descending {
			words[i] += " DESC"
		}
	}
	return strings.Join(words, ", ")
}

// turned gives the opposite order.
func turned(terms []term) []term {
	out := make([]term, len(terms))
	for i, t := range terms {
		t.descending = !t.descending
		out[i] = t
	}
	return out
}
