package schema

import (
	"math"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// numberSettings limit a number. Unit is shown to people and changes nothing.
type numberSettings struct {
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	Integer bool     `json:"integer,omitempty"`
	Unit    Texts    `json:"unit,omitempty"`
}

// maxExact is the largest whole number that JSON readers keep exactly.
const maxExact = 1<<53 - 1

func (s *numberSettings) check() []problem.Field {
	var faults []problem.Field
	if s.Min != nil && s.Max != nil && *s.Min > *s.Max {
		faults = append(faults, problem.Field{Pointer: "/min", Code: "definition_min_over_max"})
	}
	return append(faults, checkTexts("/unit", s.Unit, maxLabel)...)
}

// numberKind is a finite number, whole when so set.
type numberKind struct{ settings[numberSettings] }

var _ Kind = numberKind{}

func (numberKind) Name() string { return "number" }

func (numberKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	n, ok := Number(v)
	s := settingsOf[numberSettings](f)
	switch {
	case !ok:
		return nil, wrong(f, "not_number", nil)
	case s.Integer && (n != math.Trunc(n) || math.Abs(n) > maxExact):
		return nil, wrong(f, "number_not_whole", nil)
	case s.Min != nil && n < *s.Min:
		return nil, wrong(f, "number_too_small", problem.Args{"limit": *s.Min, "got": n})
	case s.Max != nil && n > *s.Max:
		return nil, wrong(f, "number_too_large", problem.Args{"limit": *s.Max, "got": n})
	}
	return n, nil
}

func (numberKind) Column(Field) ColumnType { return NumberColumn }

func (numberKind) Cells(_ Field, v any) []any { return asCell(v) }

func (numberKind) Schema(f Field, _ Direction, l content.Locale) map[string]any {
	s := settingsOf[numberSettings](f)
	out := map[string]any{"type": "number"}
	if s.Integer {
		out["type"] = "integer"
	}
	if s.Min != nil {
		out["minimum"] = *s.Min
	}
	if s.Max != nil {
		out["maximum"] = *s.Max
	}
	if unit := s.Unit.In(l); unit != "" {
		out["x-recueil-unit"] = unit
	}
	return out
}
