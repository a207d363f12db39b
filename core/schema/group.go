package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

type groupSettings struct {
	Fields []Field `json:"fields"`
}

// groupKind is a set of fields under one name.
type groupKind struct{ nester }

var (
	_ Kind   = groupKind{}
	_ Nester = groupKind{}
)

func (groupKind) Name() string { return "group" }

func (k groupKind) CheckSettings(raw json.RawMessage) error {
	return invalidDefinition(k.checkNested(raw, 1, false))
}

func (k groupKind) checkNested(raw json.RawMessage, depth int, inBlocks bool) []problem.Field {
	if depth > MaxDepth {
		return tooDeep()
	}
	var s groupSettings
	if faults := strict(raw, &s); len(faults) > 0 {
		return faults
	}
	return problem.Under("/fields", k.kinds.checkFields(s.Fields, depth, inBlocks))
}

func (groupKind) prepare(f *Field) { f.parsed = settingsOf[groupSettings](*f) }

func (groupKind) Nested(f Field) map[string][]Field {
	return map[string][]Field{"": settingsOf[groupSettings](f).Fields}
}

func (k groupKind) Schema(f Field, d Direction, l content.Locale) map[string]any {
	return schemaWriter{k.kinds, d, l}.value(level{}, f)
}
