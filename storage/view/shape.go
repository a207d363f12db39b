package view

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/ask"
	"github.com/recueil-cms/recueil/core/schema/letters"
)

// never stands for a time that is absent, ahead of all others. Columns hold a
// least value instead of NULL, so that conditions are true or false and never
// unknown, and so that a cursor can stand on an absent value.
const never = math.MinInt64

// noPoint stands for an absent latitude and longitude.
const noPoint = 1000.0

// column is how one field is kept in the table of rows.
type column struct {
	Number   int               `json:"n"`
	Type     schema.ColumnType `json:"type"`
	Kind     string            `json:"kind"`
	Settings string            `json:"settings,omitempty"`

	field    schema.Field
	columner schema.Columner // nil for NoColumn
	referrer schema.Referrer // nil when the kind has no references
}

// names gives the names of its columns in the table.
func (c *column) names() []string {
	n := strconv.Itoa(c.Number)
	switch c.Type {
	case schema.TextColumn:
		return []string{"f" + n, "s" + n} // as it is, and folded
	case schema.PointColumn:
		return []string{"f" + n, "g" + n} // latitude, longitude
	}
	return []string{"f" + n}
}

// value is the name of the column of the value itself; of keys it holds their
// number, and of a field without a column whether there is a value.
func (c *column) value() string { return "f" + strconv.Itoa(c.Number) }

// order is the name of the column by which rows are ordered, "" for none.
func (c *column) order() string {
	switch c.Type {
	case schema.TextColumn:
		return "s" + strconv.Itoa(c.Number)
	case schema.NumberColumn, schema.BooleanColumn, schema.TimeColumn:
		return c.value()
	}
	return ""
}

// absent gives the cells of an empty value.
func (c *column) absent() []any {
	switch c.Type {
	case schema.TextColumn:
		return []any{"", ""}
	case schema.TimeColumn:
		return []any{""}
	case schema.NumberColumn:
		return []any{math.Inf(-1)}
	case schema.BooleanColumn:
		return []any{int64(-1)}
	case schema.PointColumn:
		return []any{noPoint, noPoint}
	}
	return []any{int64(0)}
}

func (c *column) sqlType() string {
	switch c.Type {
	case schema.TextColumn, schema.TimeColumn:
		return "TEXT"
	case schema.NumberColumn, schema.PointColumn:
		return "REAL"
	}
	return "INTEGER"
}

// cells gives the cells of a value, and its keys when it is a column of keys.
// What a kind gives in another type than its column's reads as absent.
func (c *column) cells(v any) (cells []any, keys []string) {
	if v == nil {
		return c.absent(), nil
	}
	if c.columner == nil || c.Type == schema.NoColumn {
		return []any{int64(1)}, nil
	}
	given := c.columner.Cells(c.field, v)
	if len(given) == 0 {
		return c.absent(), nil
	}
	switch c.Type {
	case schema.KeysColumn:
		for _, key := range given {
			if s, ok := key.(string); ok {
				keys = append(keys, s)
			}
		}
		slices.Sort(keys)
		keys = slices.Compact(keys)
		return []any{int64(len(keys))}, keys
	case schema.PointColumn:
		if len(given) == 2 {
			lat, ok1 := given[0].(float64)
			long, ok2 := given[1].(float64)
			if ok1 && ok2 {
				return []any{lat, long}, nil
			}
		}
		return c.absent(), nil
	}
	if cells := c.cell(given[0]); cells != nil {
		return cells, nil
	}
	return c.absent(), nil
}

// cell turns one comparable cell into what the table holds, or gives nil.
func (c *column) cell(v any) []any {
	switch c.Type {
	case schema.TextColumn:
		if s, ok := v.(string); ok {
			return []any{s, letters.SortKey(s)}
		}
	case schema.TimeColumn:
		if s, ok := v.(string); ok {
			return []any{s}
		}
	case schema.NumberColumn:
		if n, ok := v.(float64); ok && !math.IsNaN(n) {
			return []any{n}
		}
	case schema.BooleanColumn:
		if b, ok := v.(bool); ok {
			return []any{boolInt(b)}
		}
	}
	return nil
}

// shape is the layout of the table of rows of one collection. Its JSON is kept
// beside the table, to see whether a definition, or a kind, asks for another.
type shape struct {
	Columns []*column `json:"columns"` // by number
	Indexes []index   `json:"indexes"`
	Rank    string    `json:"rank"` // the column that links carry

	insert, update string // statements that write a whole row
}

// shapeOf derives the layout from the definition. number gives the number of a
// field, for ever the same.
func shapeOf(table string, c *schema.Collection, kinds schema.Kinds, sort []ask.Order, number func(content.FieldID) (int, error)) (*shape, error) {
	s := &shape{Rank: "published"}
	for _, f := range c.Fields {
		n, err := number(f.ID)
		if err != nil {
			return nil, err
		}
		col := &column{Number: n, Kind: f.Kind, Settings: string(f.Settings), field: f}
		kind := kinds[f.Kind] // a kind that this program does not know has no column
		if columner, ok := kind.(schema.Columner); ok {
			col.columner, col.Type = columner, columner.Column(f)
		}
		col.referrer, _ = kind.(schema.Referrer)
		s.Columns = append(s.Columns, col)
	}
	slices.SortFunc(s.Columns, func(a, b *column) int { return a.Number - b.Number })
	if date := s.column(c.Date); date != nil && date.order() != "" {
		s.Rank = date.order()
	}
	s.Indexes = indexesOf(c, s, sort)
	columns := slices.Concat(rowColumns, s.names())
	s.insert = fmt.Sprintf("INSERT INTO %s(k, %s) VALUES(?%s)", table, strings.Join(columns, ", "), strings.Repeat(", ?", len(columns)))
	s.update = fmt.Sprintf("UPDATE %s SET %s = ? WHERE k = ?", table, strings.Join(columns, " = ?, "))
	return s, nil
}

func (s *shape) column(id content.FieldID) *column {
	for _, c := range s.Columns {
		if c.field.ID == id {
			return c
		}
	}
	return nil
}

// names gives the columns of all fields in the table.
func (s *shape) names() []string {
	var out []string
	for _, c := range s.Columns {
		out = append(out, c.names()...)
	}
	return out
}

func indexesOf(c *schema.Collection, s *shape, sort []ask.Order) []index {
	byShelf := func(columns ...string) index {
		return index{Columns: append(append([]string{"shelf"}, columns...), "entry")}
	}
	out := []index{
		byShelf(), byShelf("created"), byShelf("updated"), byShelf("published"),
		{Columns: []string{"shelf", "status", "updated", "entry"}, Where: unusual},
	}
	if c.Tree {
		out = append(out, byShelf("parent", "position"))
	}
	for _, col := range s.Columns {
		f := &col.field
		single := col.Type != schema.KeysColumn && col.Type != schema.PointColumn && col.Type != schema.NoColumn
		if single && (f.Unique || c.Slug == f.ID) {
			out = append(out, index{Columns: []string{col.value(), "shelf"}})
		}
		if single && (f.Sortable || f.Facet || c.Title == f.ID || c.Date == f.ID) {
			out = append(out, byShelf(col.order()))
		}
	}
	if several := defaultOrder(s, sort); several != nil {
		out = append(out, index{Columns: several})
	}
	return out
}

// unusual holds for the few rows that somebody still has to deal with.
const unusual = "status <> 'published'"

// defaultOrder gives the columns of an index for a default order of several
// keys, or nil.
func defaultOrder(s *shape, sort []ask.Order) []string {
	if len(sort) < 2 {
		return nil
	}
	columns := []string{"shelf"}
	direction := ""
	for _, o := range sort {
		name := ""
		if len(o.Path) == 1 {
			name = orderColumn(s, o.Path[0])
		}
		if name == "" || slices.Contains(columns, name) || slices.Contains(columns, name+" DESC") {
			return nil
		}
		direction = ""
		if o.Descending {
			direction = " DESC"
		}
		columns = append(columns, name+direction)
	}
	if columns[len(columns)-1] != "entry"+direction {
		columns = append(columns, "entry"+direction)
	}
	return columns
}

// orderColumn gives the column of a step by which rows are ordered, or "".
func orderColumn(s *shape, step ask.Step) string {
	if step.System != "" {
		return systemColumns[step.System].name
	}
	if c := s.column(step.Field); c != nil {
		return c.order()
	}
	return ""
}

// createTable makes the empty table, without its indexes.
func (s *shape) createTable(name string) string {
	var fields strings.Builder
	for _, c := range s.Columns {
		for _, column := range c.names() {
			fmt.Fprintf(&fields, ",\n\t%s %s NOT NULL", column, c.sqlType())
		}
	}
	return fmt.Sprintf(rowTable, name, fields.String())
}

// text is the form in which the shape is kept and compared.
func (s *shape) text() (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}
