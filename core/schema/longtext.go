package schema

import (
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxLong is the most characters of a plain text of several lines.
const maxLong = 100_000

// longtextKind is plain text of several lines, without any formatting.
type longtextKind struct{ settings[textSettings] }

var _ Kind = longtextKind{}

func (longtextKind) Name() string { return "longtext" }

func (longtextKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := lines(f, v)
	if err != nil {
		return nil, err
	}
	return emptyAsNil(text), settingsOf[textSettings](f).limits(f, text, maxLong)
}

func (longtextKind) incomplete(f Field, v any) []problem.Field {
	return settingsOf[textSettings](f).short(f, v)
}

func (longtextKind) Text(_ Field, v any) []string { return asText(v) }

func (longtextKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	return settingsOf[textSettings](f).schema(maxLong)
}
