package ask

import (
	"encoding/json"
	"time"
)

// Nothing is the filter that holds for no entry.
func Nothing() Filter { return Filter{Not: &Filter{}} }

// Paths gives the path of every condition in the filter, so that rights can be
// checked on every step.
func (f Filter) Paths() [][]Step {
	var out [][]Step
	for _, parts := range [][]Filter{f.And, f.Or} {
		for _, part := range parts {
			out = append(out, part.Paths()...)
		}
	}
	if f.Not != nil {
		out = append(out, f.Not.Paths()...)
	}
	if len(f.Path) > 0 {
		out = append(out, f.Path)
	}
	return out
}

// Resolve puts values in the place of variables: a time.Time for "now",
// strings for the others. A condition whose variable vars does not know is
// neither true nor false, as NULL in SQL, and so can never make the filter
// hold: not by _not or _neq either.
func (f Filter) Resolve(vars func(name string) (any, bool)) Filter {
	return f.resolve(vars, true)
}

// resolve is told whether the condition counts for or, inside an odd number of
// _not, against the whole.
func (f Filter) resolve(vars func(name string) (any, bool), counts bool) Filter {
	f.And = resolveAll(f.And, vars, counts)
	f.Or = resolveAll(f.Or, vars, counts)
	if f.Not != nil {
		not := f.Not.resolve(vars, !counts)
		f.Not = &not
	}
	if len(f.Path) == 0 {
		return f
	}
	value, ok := resolveValue(f.Value, vars)
	switch {
	case ok:
		f.Value = value
		return f
	case counts:
		return Nothing()
	}
	return Filter{}
}

func resolveAll(filters []Filter, vars func(name string) (any, bool), counts bool) []Filter {
	if filters == nil {
		return nil
	}
	out := make([]Filter, len(filters))
	for i, f := range filters {
		out[i] = f.resolve(vars, counts)
	}
	return out
}

func resolveValue(v any, vars func(name string) (any, bool)) (any, bool) {
	switch v := v.(type) {
	case Variable:
		found, ok := vars(v.Name)
		if !ok {
			return nil, false
		}
		if t, isTime := found.(time.Time); isTime {
			return v.form.write(t)
		}
		text, isText := found.(string)
		return text, isText && text != ""
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			value, ok := resolveValue(item, vars)
			if !ok {
				return nil, false
			}
			out[i] = value
		}
		return out, true
	}
	return v, true
}

// MarshalJSON writes the filter as ParseFilter reads it, by field ids, which
// no rename changes.
func (f Filter) MarshalJSON() ([]byte, error) { return json.Marshal(f.tree()) }

func (f Filter) tree() map[string]any {
	switch {
	case f.And != nil:
		return map[string]any{"_and": trees(f.And)}
	case f.Or != nil:
		return map[string]any{"_or": trees(f.Or)}
	case f.Not != nil:
		return map[string]any{"_not": f.Not.tree()}
	case len(f.Path) == 0:
		return map[string]any{}
	}
	out := map[string]any{string(f.Op): plainOperand(f.Value)}
	for i := len(f.Path) - 1; i >= 0; i-- {
		s := f.Path[i]
		if s.None {
			out = map[string]any{"_none": out}
		}
		name := string(s.Field)
		switch {
		case s.System != "":
			name = s.System
		case s.Back:
			name = BackName(string(s.Target), name)
		}
		out = map[string]any{name: out}
	}
	return out
}

func trees(filters []Filter) []any {
	out := make([]any, len(filters))
	for i, f := range filters {
		out[i] = f.tree()
	}
	return out
}

func plainOperand(v any) any {
	switch v := v.(type) {
	case Variable:
		return "$" + v.Name
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = plainOperand(item)
		}
		return out
	}
	return v
}
