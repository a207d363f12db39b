package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

type listSettings struct {
	Fields []Field `json:"fields"`
	Min    int     `json:"min,omitempty"`
	Max    int     `json:"max,omitempty"` // 0: 1000
	// Item is the name of one item, for people.
	Item Texts `json:"item,omitempty"`
}

func (s *listSettings) max() int {
	if s.Max > 0 && s.Max < maxItems {
		return s.Max
	}
	return maxItems
}

// listKind is an ordered list of items of the same fields. Each item has a
// stable "id", so that a move is told from a change.
type listKind struct{ nester }

var (
	_ Kind   = listKind{}
	_ Nester = listKind{}
)

func (listKind) Name() string { return "list" }

func (k listKind) CheckSettings(raw json.RawMessage) error {
	return invalidDefinition(k.checkNested(raw, 1, false))
}

func (k listKind) checkNested(raw json.RawMessage, depth int, inBlocks bool) []problem.Field {
	if depth > MaxDepth {
		return tooDeep()
	}
	var s listSettings
	if faults := strict(raw, &s); len(faults) > 0 {
		return faults
	}
	faults := append(checkRange(s.Min, s.Max, "min", "max", maxItems), checkTexts("/item", s.Item, maxLabel)...)
	return append(faults, problem.Under("/fields", k.kinds.checkFields(s.Fields, depth, inBlocks))...)
}

func (listKind) prepare(f *Field) { f.parsed = settingsOf[listSettings](*f) }

func (listKind) incomplete(f Field, v any) []problem.Field {
	return tooFew(f, v, settingsOf[listSettings](f).Min)
}

func (listKind) Nested(f Field) map[string][]Field {
	return map[string][]Field{"": settingsOf[listSettings](f).Fields}
}

func (k listKind) Schema(f Field, d Direction, l content.Locale) map[string]any {
	return schemaWriter{k.kinds, d, l}.value(level{}, f)
}
