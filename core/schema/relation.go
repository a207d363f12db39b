package schema

import (
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// relationSettings say where a relation leads.
type relationSettings struct {
	To   []content.CollectionID `json:"to"`
	Many bool                   `json:"many,omitempty"`
	Min  int                    `json:"min,omitempty"` // when many
	Max  int                    `json:"max,omitempty"` // when many; 0: 500
	// Back names the relation as the targets see it; empty: they do not.
	Back *BackLink `json:"back,omitempty"`
}

// BackLink is a relation seen from its target.
type BackLink struct {
	Name  string `json:"name"` // as a field's name; unique among the target's fields and back-links
	Label Texts  `json:"label,omitempty"`
}

func (s *relationSettings) check() []problem.Field {
	faults := checkRange(s.Min, s.Max, "min", "max", maxKeys)
	if n := len(s.To); n == 0 || n > 20 {
		faults = append(faults, problem.Field{Pointer: "/to", Code: "definition_count",
			Args: problem.Args{"min": 1, "max": 20, "got": n}})
	}
	for i, id := range s.To {
		if id == "" || len(id) > MaxNameBytes {
			faults = append(faults, problem.Field{Pointer: "/to" + problem.At(i), Code: "definition_id"})
		}
	}
	if s.Back != nil {
		faults = append(faults, checkName("/back/name", s.Back.Name)...)
		faults = append(faults, checkTexts("/back/label", s.Back.Label, maxLabel)...)
	}
	return faults
}

// relationKind points at entries: one id, or, when many, a list of ids in an
// order that counts. Whether they exist is for the action to say.
type relationKind struct{ settings[relationSettings] }

var _ Kind = relationKind{}

func (relationKind) Name() string { return "relation" }

func (relationKind) Normalize(f Field, v any) (any, error) {
	s := settingsOf[relationSettings](f)
	if v == nil || v == "" {
		return nil, nil
	}
	if s.Many {
		ids, faults := keys(f, v, s.Max, entryKey(f))
		return keysValue(ids), invalidValues(faults)
	}
	id, ok := idOf(v)
	if !ok {
		return nil, wrong(f, "not_entry_id", nil)
	}
	key, bad := entryKey(f)(id)
	if bad != nil {
		return nil, invalidValues([]problem.Field{*bad})
	}
	return key, nil
}

func (relationKind) incomplete(f Field, v any) []problem.Field {
	return tooFew(f, v, settingsOf[relationSettings](f).Min)
}

func (relationKind) Refs(_ Field, v any) []content.Ref { return entryRefs(v) }

func (relationKind) Column(Field) ColumnType { return KeysColumn }

func (relationKind) Cells(_ Field, v any) []any { return anyKeys(cellKeys(v)) }

func (relationKind) Schema(f Field, d Direction, _ content.Locale) map[string]any {
	s := settingsOf[relationSettings](f)
	one := entrySchema(d)
	one["x-recueil-targets"] = s.To
	if s.Many {
		return keysSchema(one, s.Max)
	}
	return one
}

// entrySchema is an entry's id; in what the API gives, the entry when it was
// asked for.
func entrySchema(d Direction) map[string]any {
	id := map[string]any{"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{26}$"}
	if d != Read {
		return id
	}
	return map[string]any{"anyOf": []any{id, map[string]any{"type": "object", "required": []any{"id"},
		"properties": map[string]any{"id": map[string]any{"type": "string"}}}}}
}

func entryKey(f Field) func(string) (string, *problem.Field) {
	return func(id string) (string, *problem.Field) {
		id = strings.ToUpper(strings.TrimSpace(id))
		if !content.ValidEntryID(id) {
			bad := fault(f, "not_entry_id", nil)
			return "", &bad
		}
		return id, nil
	}
}

func entryRefs(v any) []content.Ref {
	var refs []content.Ref
	for _, id := range cellKeys(v) {
		refs = append(refs, content.Ref{Kind: content.RefEntry, ID: id})
	}
	return refs
}

// validAssetID takes up to 64 letters, digits, "-" and "_".
func validAssetID(id string) bool {
	for _, c := range []byte(id) {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '_') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// Relation says where the values of a relational field lead.
type Relation struct {
	To     []content.CollectionID // at least one
	Many   bool                   // the value is a list of ids; otherwise one id
	Scheme string                 // of a terms field: the value of "scheme" that its targets have
	Min    int                    // of Many, to be published
	Max    int                    // of Many; 0: 500
	// Back is the name by which the targets see the entries that point at
	// them; empty: they do not.
	Back      string
	BackLabel Texts
}

// Relation gives the relation of a top-level field, or false when the field
// is of no relational kind.
func (k Kinds) Relation(f Field) (Relation, bool) {
	r, ok := k[f.Kind].(interface{ relation(f Field) Relation })
	if !ok {
		return Relation{}, false
	}
	return r.relation(f), true
}

func (relationKind) relation(f Field) Relation {
	s := settingsOf[relationSettings](f)
	r := Relation{To: s.To, Many: s.Many, Min: s.Min, Max: s.Max}
	if s.Back != nil {
		r.Back, r.BackLabel = s.Back.Name, s.Back.Label
	}
	return r
}
