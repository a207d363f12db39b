package schema

import (
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxLine is the most characters of a text of one line.
const maxLine = 1000

// textKind is one line of plain text: a title, a name, a reference.
type textKind struct{ settings[textSettings] }

var _ Kind = textKind{}

func (textKind) Name() string { return "text" }

func (textKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := line(f, v)
	if err != nil {
		return nil, err
	}
	return emptyAsNil(text), settingsOf[textSettings](f).limits(f, text, maxLine)
}

func (textKind) incomplete(f Field, v any) []problem.Field {
	return settingsOf[textSettings](f).short(f, v)
}

func (textKind) Text(_ Field, v any) []string { return asText(v) }

func (textKind) Column(Field) ColumnType { return TextColumn }

func (textKind) Cells(_ Field, v any) []any { return asCell(v) }

func (textKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	return settingsOf[textSettings](f).schema(maxLine)
}
