package schema

import (
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/calendar"
)

// dateSettings limit a date. Precision is the coarsest that is allowed: "day"
// (also ""), "month" or "year".
type dateSettings struct {
	Min       string `json:"min,omitempty"`
	Max       string `json:"max,omitempty"`
	Precision string `json:"precision,omitempty"`
}

func (s *dateSettings) check() []problem.Field {
	faults := checkPrecision(s.Precision)
	for name, bound := range map[string]string{"min": s.Min, "max": s.Max} {
		if _, ok := calendar.Parse(bound); bound != "" && !ok {
			faults = append(faults, problem.Field{Pointer: problem.Pointer(name), Code: "definition_date"})
		}
	}
	if len(faults) == 0 && s.Min != "" && s.Max != "" && calendar.First(s.Min) > calendar.Last(s.Max) {
		faults = append(faults, problem.Field{Pointer: "/min", Code: "definition_min_over_max"})
	}
	return faults
}

func checkPrecision(p string) []problem.Field {
	if p == "" || calendar.Precision(p) {
		return nil
	}
	return []problem.Field{{Pointer: "/precision", Code: "definition_choice",
		Args: problem.Args{"allowed": []string{"day", "month", "year"}}}}
}

// dateKind is a calendar date of ISO 8601, "2007-04-12"; where the settings
// allow it also a month, "2007-04", or a year, "2007" (EDTF level 0).
type dateKind struct{ settings[dateSettings] }

var _ Kind = dateKind{}

func (dateKind) Name() string { return "date" }

func (dateKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	raw, ok := v.(string)
	if !ok {
		return nil, wrong(f, "not_text", nil)
	}
	if raw = strings.TrimSpace(raw); raw == "" {
		return nil, nil
	}
	s := settingsOf[dateSettings](f)
	date, ok := calendar.Parse(raw)
	switch {
	case !ok:
		return nil, wrong(f, "date_format", nil)
	case len(date) < calendar.Length(s.Precision):
		return nil, wrong(f, "date_too_coarse", problem.Args{"form": dateForms[calendar.Length(s.Precision)]})
	case s.Min != "" && calendar.First(date) < calendar.First(s.Min):
		return nil, wrong(f, "date_too_early", problem.Args{"limit": s.Min})
	case s.Max != "" && calendar.Last(date) > calendar.Last(s.Max):
		return nil, wrong(f, "date_too_late", problem.Args{"limit": s.Max})
	}
	return date, nil
}

var dateForms = map[int]string{4: "2007", 7: "2007-04", 10: "2007-04-12"}

func (dateKind) Column(Field) ColumnType { return TimeColumn }

// Cells gives the first day that the date means, so that orders and bounds of
// filters take a bare year for its 1 January.
func (dateKind) Cells(_ Field, v any) []any {
	if date, ok := v.(string); ok && date != "" {
		return []any{calendar.First(date)}
	}
	return nil
}

func (dateKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	return dateSchema(settingsOf[dateSettings](f).Precision)
}

func dateSchema(precision string) map[string]any {
	switch precision {
	case "year":
		return map[string]any{"type": "string", "pattern": `^\d{4}(-\d{2}(-\d{2})?)?$`}
	case "month":
		return map[string]any{"type": "string", "pattern": `^\d{4}-\d{2}(-\d{2})?$`}
	}
	return map[string]any{"type": "string", "format": "date"}
}
