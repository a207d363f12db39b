package ask

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/schema/calendar"
	"github.com/recueil-cms/recueil/core/schema/letters"
)

// maxOperand is the most characters of a text to compare with.
const maxOperand = 1000

// operandForm says how the operands of a column are written.
type operandForm string

const (
	formAny   operandForm = ""
	formDate  operandForm = "date"  // "2007-04-12"
	formTime  operandForm = "time"  // "2007-04-12T00:00:00Z"
	formStamp operandForm = "stamp" // "2007-04-12T00:00:00.000Z"
	formEntry operandForm = "entry" // an entry's id
	formKey   operandForm = "key"   // another exact string
)

// Variable is an operand that is known only when a filter is used: "now",
// "user" or "association".
type Variable struct {
	Name string
	form operandForm
}

var variableForms = map[string][]operandForm{
	"now":         {formDate, formTime, formStamp},
	"user":        {formKey},
	"association": {formEntry},
}

// operandColumn is what a filter has to know of a column.
type operandColumn struct {
	column  schema.ColumnType
	form    operandForm
	allowed []string // the only values; nil: any
}

var columnOperators = map[schema.ColumnType][]Op{
	schema.NoColumn:      {Null},
	schema.PointColumn:   {Null, BBox, Near},
	schema.KeysColumn:    {Eq, Neq, In, Nin, Null},
	schema.BooleanColumn: {Eq, Neq, Null},
	schema.NumberColumn:  {Eq, Neq, Lt, Lte, Gt, Gte, In, Nin, Null, Between},
	schema.TimeColumn:    {Eq, Neq, Lt, Lte, Gt, Gte, In, Nin, Null, Between},
	schema.TextColumn:    {Eq, Neq, Lt, Lte, Gt, Gte, In, Nin, Null, Contains, StartsWith, Between},
}

func (c operandColumn) takes(op Op) bool { return slices.Contains(columnOperators[c.column], op) }

func (c operandColumn) operators() []string {
	var out []string
	for _, op := range columnOperators[c.column] {
		out = append(out, string(op))
	}
	return out
}

// systemColumn gives the column of a system field.
func systemColumn(name string) (operandColumn, bool) {
	switch name {
	case schema.SysID, schema.SysParent:
		return operandColumn{schema.KeysColumn, formEntry, nil}, true
	case schema.SysStatus:
		return operandColumn{schema.KeysColumn, formKey, []string{string(content.StatusDraft), string(content.StatusScheduled),
			string(content.StatusPublished), string(content.StatusChanged), string(content.StatusTrashed)}}, true
	case schema.SysLocale, schema.SysCreatedBy, schema.SysUpdatedBy:
		return operandColumn{schema.KeysColumn, formKey, nil}, true
	case schema.SysPosition:
		return operandColumn{schema.TextColumn, formAny, nil}, true
	case schema.SysRevision:
		return operandColumn{schema.NumberColumn, formAny, nil}, true
	case schema.SysCreatedAt, schema.SysUpdatedAt, schema.SysPublishedAt, schema.SysTrashedAt:
		return operandColumn{schema.TimeColumn, formStamp, nil}, true
	}
	return operandColumn{}, false
}

func columnOf(k schema.Kinds, f *schema.Field) operandColumn {
	out := operandColumn{column: k.Column(f)}
	_, related := k.Relation(*f)
	switch {
	case out.column == schema.TimeColumn && schema.Instants(*f):
		out.form = formTime
	case out.column == schema.TimeColumn:
		out.form = formDate
	case related:
		out.form = formEntry
	case out.column == schema.KeysColumn:
		out.form = formKey
	}
	return out
}

// condition makes the filter for one operator and operand.
func (c operandColumn) condition(path []Step, op Op, raw any, pointer string) (Filter, error) {
	leaf := func(op Op, v any) Filter { return Filter{Path: path, Op: op, Value: v} }
	switch op {
	case Null:
		b, ok := operandBool(raw)
		if !ok {
			return Filter{}, badOperand(pointer, "operand_boolean")
		}
		return leaf(Null, b), nil
	case BBox, Near:
		return c.placeCondition(leaf, op, raw, pointer)
	case In, Nin, Between:
		list, err := operandList(op, raw, pointer)
		if err != nil {
			return Filter{}, err
		}
		if c.column == schema.TimeColumn {
			return c.timeList(leaf, op, list, pointer)
		}
		for i, item := range list {
			if list[i], err = c.operand(item, pointer+problem.At(i)); err != nil {
				return Filter{}, err
			}
		}
		return leaf(op, list), nil
	}
	if c.column == schema.TimeColumn {
		return c.timeCondition(leaf, op, raw, pointer)
	}
	v, err := c.operand(raw, pointer)
	if err == nil && v == "" && (op == Contains || op == StartsWith) {
		err = badOperand(pointer, "operand_empty")
	}
	return leaf(op, v), err
}

func badOperand(pointer, code string) error { return badFilter(pointer, code, nil) }

// operandList takes a list, or, as an address carries it, text with commas.
func operandList(op Op, raw any, pointer string) ([]any, error) {
	list, ok := raw.([]any)
	if text, single := raw.(string); single && len(text) <= maxOperand*10 {
		for _, part := range strings.Split(text, ",") {
			list = append(list, part)
		}
		ok = true
	}
	switch {
	case !ok || len(list) == 0:
		return nil, badFilter(pointer, "filter_not_list", nil)
	case len(list) > MaxFilterList:
		return nil, badFilter(pointer, "filter_list_long", problem.Args{"limit": MaxFilterList})
	case op == Between && len(list) != 2:
		return nil, badOperand(pointer, "operand_two")
	case op == BBox && len(list) != 4:
		return nil, badOperand(pointer, "operand_bbox")
	case op == Near && len(list) != 3:
		return nil, badFilter(pointer, "operand_near", problem.Args{"limit": farthest})
	}
	return slices.Clone(list), nil
}

// operand gives the canonical form of one operand.
func (c operandColumn) operand(raw any, pointer string) (any, error) {
	switch c.column {
	case schema.NumberColumn:
		if text, ok := raw.(string); ok {
			n, err := strconv.ParseFloat(letters.Digits(strings.TrimSpace(text)), 64)
			if err != nil {
				return nil, badOperand(pointer, "operand_number")
			}
			raw = n
		}
		if n, ok := schema.Number(raw); ok {
			return n, nil
		}
		return nil, badOperand(pointer, "operand_number")
	case schema.BooleanColumn:
		if b, ok := operandBool(raw); ok {
			return b, nil
		}
		return nil, badOperand(pointer, "operand_boolean")
	}
	text, ok := raw.(string)
	if !ok || !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxOperand {
		return nil, badFilter(pointer, "operand_text", problem.Args{"limit": maxOperand})
	}
	if c.column == schema.TextColumn {
		return norm.NFC.String(text), nil
	}
	return c.key(strings.TrimSpace(text), pointer)
}

func (c operandColumn) key(text, pointer string) (any, error) {
	if v, is, err := c.variable(text, pointer); is {
		return v, err
	}
	switch {
	case c.form == formEntry:
		if !content.ValidEntryID(text) {
			return nil, badOperand(pointer, "operand_entry_id")
		}
		return strings.ToUpper(text), nil
	case c.allowed != nil && !slices.Contains(c.allowed, text):
		return nil, badFilter(pointer, "operand_choice", problem.Args{"allowed": c.allowed})
	case text == "":
		return nil, badOperand(pointer, "operand_empty")
	}
	return text, nil
}

// variable reads "$now" and the like.
func (c operandColumn) variable(text, pointer string) (any, bool, error) {
	name, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, false, nil
	}
	if !slices.Contains(variableForms[name], c.form) {
		names := make([]string, 0, len(variableForms))
		for _, name := range slices.Sorted(maps.Keys(variableForms)) {
			names = append(names, "$"+name)
		}
		return nil, true, unknownIn(pointer, "filter_variable", text, names)
	}
	return Variable{name, c.form}, true, nil
}

func operandBool(raw any) (value, ok bool) {
	switch raw {
	case true, "true", "1":
		return true, true
	case false, "false", "0":
		return false, true
	}
	return false, false
}

// span is the time that an operand means, from its first to its last moment in
// the form of the column. A variable is a moment.
type span struct{ first, last any }

func (s span) moment() bool { return s.first == s.last }

func (c operandColumn) span(raw any, pointer string) (span, error) {
	text, ok := raw.(string)
	if !ok {
		return span{}, badOperand(pointer, "operand_time")
	}
	text = strings.TrimSpace(text)
	if v, is, err := c.variable(text, pointer); is {
		return span{v, v}, err
	}
	if date, ok := calendar.Parse(text); ok {
		first, last := calendar.First(date), calendar.Last(date)
		switch c.form {
		case formTime:
			return span{first + "T00:00:00Z", last + "T23:59:59Z"}, nil
		case formStamp:
			return span{first + "T00:00:00.000Z", last + "T23:59:59.999Z"}, nil
		}
		return span{first, last}, nil
	}
	if len(text) > 64 {
		return span{}, badOperand(pointer, "operand_time")
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return span{}, badOperand(pointer, "operand_time")
	}
	moment, ok := c.form.write(t)
	if !ok {
		return span{}, badOperand(pointer, "operand_time")
	}
	return span{moment, moment}, nil
}

// write gives a time in the form of a column.
func (f operandForm) write(t time.Time) (string, bool) {
	instant, ok := calendar.Instant(t)
	switch f {
	case formDate:
		return instant[:min(len(instant), len(time.DateOnly))], ok
	case formStamp:
		return calendar.Stamp(t), ok
	}
	return instant, ok
}

func (c operandColumn) timeCondition(leaf func(Op, any) Filter, op Op, raw any, pointer string) (Filter, error) {
	s, err := c.span(raw, pointer)
	if err != nil {
		return Filter{}, err
	}
	switch op {
	case Lt, Gte:
		return leaf(op, s.first), nil
	case Lte, Gt:
		return leaf(op, s.last), nil
	}
	if s.moment() {
		return leaf(op, s.first), nil
	}
	within := leaf(Between, []any{s.first, s.last})
	if op == Neq {
		return Filter{Not: &within}, nil
	}
	return within, nil
}

func (c operandColumn) timeList(leaf func(Op, any) Filter, op Op, list []any, pointer string) (Filter, error) {
	moments := true
	spans := make([]span, len(list))
	for i, item := range list {
		s, err := c.span(item, pointer+problem.At(i))
		if err != nil {
			return Filter{}, err
		}
		spans[i], list[i] = s, s.first
		moments = moments && s.moment()
	}
	switch {
	case op == Between:
		return leaf(Between, []any{spans[0].first, spans[1].last}), nil
	case moments:
		return leaf(op, list), nil
	}
	parts := make([]Filter, len(spans))
	for i, s := range spans {
		parts[i] = leaf(Between, []any{s.first, s.last})
	}
	within := anyOf(parts)
	if op == Nin {
		return Filter{Not: &within}, nil
	}
	return within, nil
}
