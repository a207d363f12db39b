package schema

import (
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/calendar"
)

type datetimeSettings struct {
	Min string `json:"min,omitempty"` // RFC 3339
	Max string `json:"max,omitempty"`
}

func (s *datetimeSettings) check() []problem.Field {
	var faults []problem.Field
	for name, bound := range map[string]string{"min": s.Min, "max": s.Max} {
		if _, ok := calendar.ParseInstant(bound); bound != "" && !ok {
			faults = append(faults, problem.Field{Pointer: problem.Pointer(name), Code: "definition_datetime"})
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
	instant, ok := calendar.ParseInstant(raw)
	if !ok {
		return nil, wrong(f, "datetime_format", nil)
	}
	s := settingsOf[datetimeSettings](f)
	if bound, set := calendar.ParseInstant(s.Min); set && instant < bound {
		return nil, wrong(f, "date_too_early", problem.Args{"limit": bound})
	}
	if bound, set := calendar.ParseInstant(s.Max); set && instant > bound {
		return nil, wrong(f, "date_too_late", problem.Args{"limit": bound})
	}
	return instant, nil
}

func (datetimeKind) Column(Field) ColumnType { return TimeColumn }

func (datetimeKind) Cells(_ Field, v any) []any { return asCell(v) }

func (datetimeKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "format": "date-time"}
}

// Instants reports whether the values of a field of TimeColumn are instants;
// otherwise they are dates.
func Instants(f Field) bool {
	return f.Kind == (datetimeKind{}).Name() || f.Kind == (periodKind{}).Name() && settingsOf[periodSettings](f).Times
}
