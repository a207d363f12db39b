package schema

import (
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

type datetimeSettings struct {
	Min string `json:"min,omitempty"` // RFC 3339
	Max string `json:"max,omitempty"`
}

func (s *datetimeSettings) check() []problem.Field {
	var faults []problem.Field
	for name, bound := range map[string]string{"min": s.Min, "max": s.Max} {
		if _, ok := parseInstant(bound); bound != "" && !ok {
			faults = append(faults, problem.Field{Pointer: step(name), Code: "definition_datetime"})
		}
	}
	return faults
}

// datetimeKind is an instant, RFC 3339 with its offset. It is kept in UTC to
// the whole second, "2007-10-12T08:30:00Z", so that byte order is time order.
type datetimeKind struct{ settings[datetimeSettings] }

var _ Kind = datetimeKind{}

func (datetimeKind) Name() string { return "datetime" }

func (datetimeKind) Normalize(f Field, v any) (any, error) {
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
	instant, ok := parseInstant(raw)
	if !ok {
		return nil, wrong(f, "datetime_format", nil)
	}
	s := settingsOf[datetimeSettings](f)
	if bound, set := parseInstant(s.Min); set && instant < bound {
		return nil, wrong(f, "date_too_early", problem.Args{"limit": bound})
	}
	if bound, set := parseInstant(s.Max); set && instant > bound {
		return nil, wrong(f, "date_too_late", problem.Args{"limit": bound})
	}
	return instant, nil
}

// parseInstant takes RFC 3339 of the years 1 to 9999 to its kept form.
func parseInstant(s string) (string, bool) {
	if len(s) > 64 {
		return "", false
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return "", false
	}
	return formatInstant(t)
}

func formatInstant(t time.Time) (string, bool) {
	t = t.UTC()
	return t.Format("2006-01-02T15:04:05Z"), t.Year() >= 1 && t.Year() <= 9999
}

// Stamp writes a time of a system field, such as updated_at, for comparing:
// UTC to the millisecond, of fixed width. The operands of filters on system
// fields have this form, and so must the columns of the view.
func Stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (datetimeKind) Column(Field) ColumnType { return TimeColumn }

func (datetimeKind) Cells(_ Field, v any) []any { return asCell(v) }

func (datetimeKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "format": "date-time"}
}
