package schema

import (
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
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
		if _, ok := parseDate(bound); bound != "" && !ok {
			faults = append(faults, problem.Field{Pointer: step(name), Code: "definition_date"})
		}
	}
	if len(faults) == 0 && s.Min != "" && s.Max != "" && earliest(s.Min) > latest(s.Max) {
		faults = append(faults, problem.Field{Pointer: "/min", Code: "definition_min_over_max"})
	}
	return faults
}

func checkPrecision(p string) []problem.Field {
	if p == "" || precisions[p] > 0 {
		return nil
	}
	return []problem.Field{{Pointer: "/precision", Code: "definition_choice",
		Args: problem.Args{"allowed": []string{"day", "month", "year"}}}}
}

// precisions gives the length of a date written to that precision.
var precisions = map[string]int{"day": len("2006-01-02"), "month": len("2006-01"), "year": len("2006")}

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
	date, ok := parseDate(raw)
	switch {
	case !ok:
		return nil, wrong(f, "date_format", nil)
	case len(date) < precise(s.Precision):
		return nil, wrong(f, "date_too_coarse", problem.Args{"form": dateForms[precise(s.Precision)]})
	case s.Min != "" && earliest(date) < earliest(s.Min):
		return nil, wrong(f, "date_too_early", problem.Args{"limit": s.Min})
	case s.Max != "" && latest(date) > latest(s.Max):
		return nil, wrong(f, "date_too_late", problem.Args{"limit": s.Max})
	}
	return date, nil
}

func precise(precision string) int {
	if n := precisions[precision]; n > 0 {
		return n
	}
	return precisions["day"]
}

var dateForms = map[int]string{4: "2007", 7: "2007-04", 10: "2007-04-12"}

// parseDate takes a year, a month or a day that exists, of the years 1 to 9999.
func parseDate(s string) (string, bool) {
	for _, layout := range []string{"2006", "2006-01", "2006-01-02"} {
		if len(s) != len(layout) {
			continue
		}
		t, err := time.Parse(layout, s)
		return s, err == nil && t.Year() >= 1
	}
	return "", false
}

// earliest and latest give the first and the last day that a date means.
func earliest(date string) string {
	return date + "0001-01-01"[len(date):]
}

func latest(date string) string {
	switch len(date) {
	case 4:
		return date + "-12-31"
	case 7:
		t, err := time.Parse("2006-01", date)
		if err != nil {
			return date
		}
		return t.AddDate(0, 1, -1).Format(time.DateOnly)
	}
	return date
}

func (dateKind) Column(Field) ColumnType { return TimeColumn }

// Cells gives the first day that the date means, so that orders and bounds of
// filters take a bare year for its 1 January.
func (dateKind) Cells(_ Field, v any) []any {
	if date, ok := v.(string); ok && date != "" {
		return []any{earliest(date)}
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
