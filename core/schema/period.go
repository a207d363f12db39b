package schema

import (
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/calendar"
)

// periodSettings say what the bounds of a period are: dates to a precision, or
// instants. A bound that is not optional must be there to publish.
type periodSettings struct {
	Times         bool   `json:"times,omitempty"`
	Precision     string `json:"precision,omitempty"` // of dates; see dateSettings
	StartOptional bool   `json:"start_optional,omitempty"`
	EndOptional   bool   `json:"end_optional,omitempty"`
}

func (s *periodSettings) check() []problem.Field {
	faults := checkPrecision(s.Precision)
	if s.Times && s.Precision != "" {
		faults = append(faults, problem.Field{Pointer: "/precision", Code: "definition_either",
			Args: problem.Args{"name": "times", "other": "precision"}})
	}
	return faults
}

// periodKind is a span of time with both bounds in it: {"start":…,"end":…}.
// A bound that is absent leaves the period open on that side.
type periodKind struct{ settings[periodSettings] }

var _ Kind = periodKind{}

func (periodKind) Name() string { return "period" }

func (periodKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	m, faults := parts(f, v, "start", "end")
	if faults != nil {
		return nil, invalidValues(faults)
	}
	s := settingsOf[periodSettings](f)
	out := map[string]any{}
	for _, name := range []string{"start", "end"} {
		bound, err := s.bound(f, m[name])
		faults = append(faults, below(problem.Pointer(name), err)...)
		if bound != nil {
			out[name] = bound
		}
	}
	if len(faults) > 0 {
		return nil, invalidValues(faults)
	}
	start, hasStart := out["start"].(string)
	end, hasEnd := out["end"].(string)
	if hasStart && hasEnd && s.first(start) > s.last(end) {
		return nil, invalidValues(problem.Under("/end", []problem.Field{fault(f, "period_reversed", nil)}))
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func (s *periodSettings) bound(f Field, v any) (any, error) {
	f.Settings, f.parsed = nil, nil
	if s.Times {
		return datetimeKind{}.Normalize(f, v)
	}
	f.parsed = &dateSettings{Precision: s.Precision}
	return dateKind{}.Normalize(f, v)
}

func (s *periodSettings) first(bound string) string {
	if s.Times {
		return bound
	}
	return calendar.First(bound)
}

func (s *periodSettings) last(bound string) string {
	if s.Times {
		return bound
	}
	return calendar.Last(bound)
}

func (periodKind) incomplete(f Field, v any) []problem.Field {
	s := settingsOf[periodSettings](f)
	m, _ := v.(map[string]any)
	var faults []problem.Field
	if m["start"] == nil && !s.StartOptional {
		faults = append(faults, problem.Under("/start", []problem.Field{fault(f, "period_start_missing", nil)})...)
	}
	if m["end"] == nil && !s.EndOptional {
		faults = append(faults, problem.Under("/end", []problem.Field{fault(f, "period_end_missing", nil)})...)
	}
	return faults
}

func (periodKind) Column(Field) ColumnType { return TimeColumn }

// Cells gives the start, or the end of a period without one.
func (periodKind) Cells(f Field, v any) []any {
	s := settingsOf[periodSettings](f)
	m, _ := v.(map[string]any)
	for _, name := range []string{"start", "end"} {
		if bound, ok := m[name].(string); ok {
			return []any{s.first(bound)}
		}
	}
	return nil
}

func (periodKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	s := settingsOf[periodSettings](f)
	bound := dateSchema(s.Precision)
	if s.Times {
		bound = map[string]any{"type": "string", "format": "date-time"}
	}
	return map[string]any{"type": "object", "additionalProperties": false,
		"properties": map[string]any{"start": nullable(bound), "end": nullable(bound)}}
}

// parts takes a value that is an object with no other members than these.
func parts(f Field, v any, names ...string) (map[string]any, []problem.Field) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, []problem.Field{fault(f, "not_object", problem.Args{"members": names})}
	}
	var faults []problem.Field
	for name := range m {
		if !slices.Contains(names, name) {
			faults = append(faults, problem.Unknown("value_unknown", problem.Pointer(name), name, names))
		}
	}
	return m, faults
}
