package schema

import "github.com/recueil-cms/recueil/core/content"

// booleanKind is yes or no; nil is not answered.
type booleanKind struct{ settings[struct{}] }

var _ Kind = booleanKind{}

func (booleanKind) Name() string { return "boolean" }

func (booleanKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if b, ok := v.(bool); ok {
		return b, nil
	}
	return nil, wrong(f, "not_boolean", nil)
}

func (booleanKind) Column(Field) ColumnType { return BooleanColumn }

func (booleanKind) Cells(_ Field, v any) []any { return asCell(v) }

func (booleanKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "boolean"}
}
