package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxBlockTypes bounds the block types of one field.
const maxBlockTypes = 60

type blocksSettings struct {
	Types []BlockType `json:"types,omitempty"`
	Min   int         `json:"min,omitempty"`
	Max   int         `json:"max,omitempty"` // of one value, those inside them apart; 0: 1000
	// MaxDepth is how deep blocks may stand in blocks of the same field; 0: 4.
	MaxDepth int `json:"max_depth,omitempty"`
	// Inherit, of a field inside a block type, takes the types of the blocks
	// field that the block stands in: blocks within blocks.
	Inherit bool `json:"inherit,omitempty"`
}

// BlockType is one sort of block.
type BlockType struct {
	ID     string  `json:"id"`
	Name   string  `json:"name"` // "type" of the outer form; may change
	Label  Texts   `json:"label,omitempty"`
	Help   Texts   `json:"help,omitempty"`
	Icon   string  `json:"icon,omitempty"`
	Fields []Field `json:"fields,omitempty"`
}

func (s *blocksSettings) max() int {
	if s.Max > 0 && s.Max < maxItems {
		return s.Max
	}
	return maxItems
}

func (s *blocksSettings) depth() int {
	if s.MaxDepth > 0 && s.MaxDepth <= MaxDepth {
		return s.MaxDepth
	}
	return MaxDepth / 2
}

func (s *blocksSettings) blockType(fm form, name string) *BlockType {
	for i := range s.Types {
		if fm.typeKey(&s.Types[i]) == name {
			return &s.Types[i]
		}
	}
	return nil
}

func (s *blocksSettings) names(fm form) []string {
	out := make([]string, len(s.Types))
	for i := range s.Types {
		out[i] = fm.typeKey(&s.Types[i])
	}
	return out
}

// blocksKind is an ordered list of typed blocks, each {"id":…,"type":…} and
// the fields of its type beside them.
type blocksKind struct{ nester }

var (
	_ Kind   = blocksKind{}
	_ Nester = blocksKind{}
)

func (blocksKind) Name() string { return "blocks" }

func (k blocksKind) CheckSettings(raw json.RawMessage) error {
	return invalidDefinition(k.checkNested(raw, 1, false))
}

func (k blocksKind) checkNested(raw json.RawMessage, depth int, inBlocks bool) []problem.Field {
	if depth > MaxDepth {
		return tooDeep()
	}
	var s blocksSettings
	if faults := strict(raw, &s); len(faults) > 0 {
		return faults
	}
	faults := append(checkRange(s.Min, s.Max, "min", "max", maxItems),
		checkRange(0, s.MaxDepth, "", "max_depth", MaxDepth)...)
	switch {
	case s.Inherit && !inBlocks:
		faults = append(faults, problem.Field{Pointer: "/inherit", Code: "definition_inherit"})
	case s.Inherit && len(s.Types) > 0:
		faults = append(faults, problem.Field{Pointer: "/types", Code: "definition_either",
			Args: problem.Args{"name": "inherit", "other": "types"}})
	case !s.Inherit && (len(s.Types) == 0 || len(s.Types) > maxBlockTypes):
		faults = append(faults, problem.Field{Pointer: "/types", Code: "definition_count",
			Args: problem.Args{"min": 1, "max": maxBlockTypes, "got": len(s.Types)}})
	}
	if len(s.Types) > maxBlockTypes {
		return faults
	}
	ids, names := map[string]bool{}, map[string]bool{}
	for i, bt := range s.Types {
		here := "/types" + problem.At(i)
		faults = append(faults, checkIdentity(here, bt.ID, bt.Name, ids, names)...)
		faults = append(faults, checkTexts(here+"/label", bt.Label, maxLabel)...)
		faults = append(faults, checkTexts(here+"/help", bt.Help, maxHelp)...)
		faults = append(faults, problem.Under(here+"/fields", k.kinds.checkFields(bt.Fields, depth, true))...)
	}
	return faults
}

func (blocksKind) prepare(f *Field) { f.parsed = settingsOf[blocksSettings](*f) }

func (blocksKind) incomplete(f Field, v any) []problem.Field {
	return tooFew(f, v, settingsOf[blocksSettings](f).Min)
}

// Nested gives the fields by the id of the block type.
func (blocksKind) Nested(f Field) map[string][]Field {
	out := map[string][]Field{}
	for _, bt := range settingsOf[blocksSettings](f).Types {
		out[bt.ID] = bt.Fields
	}
	return out
}

func (k blocksKind) Schema(f Field, d Direction, l content.Locale) map[string]any {
	return schemaWriter{k.kinds, d, l}.value(level{}, f)
}

// BlockTypes gives the types of a blocks field; a field of another kind, and
// one that inherits its types, has none of its own.
func BlockTypes(f Field) []BlockType {
	if f.Kind != (blocksKind{}).Name() {
		return nil
	}
	return settingsOf[blocksSettings](f).Types
}
