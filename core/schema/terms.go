package schema

import (
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// TermsCollection is the thesaurus that a terms field means by default.
const TermsCollection content.CollectionID = "terms"

// termsSettings limit a terms field to one scheme of a thesaurus.
type termsSettings struct {
	Collection content.CollectionID `json:"collection,omitempty"` // default: terms
	Scheme     string               `json:"scheme"`
	Min        int                  `json:"min,omitempty"`
	Max        int                  `json:"max,omitempty"` // 0: 500
	Back       *BackLink            `json:"back,omitempty"`
}

func (s *termsSettings) check() []problem.Field {
	faults := checkRange(s.Min, s.Max, "min", "max", maxKeys)
	if !validOption(s.Scheme) {
		faults = append(faults, problem.Field{Pointer: "/scheme", Code: "definition_option"})
	}
	if len(s.Collection) > MaxNameBytes {
		faults = append(faults, problem.Field{Pointer: "/collection", Code: "definition_id"})
	}
	if s.Back != nil {
		faults = append(faults, checkName("/back/name", s.Back.Name)...)
		faults = append(faults, checkTexts("/back/label", s.Back.Label, maxLabel)...)
	}
	return faults
}

// termsKind is a list of the ids of terms of one scheme of the thesaurus.
// Whether they exist and belong to the scheme is for the action to say.
type termsKind struct{ settings[termsSettings] }

var _ Kind = termsKind{}

func (termsKind) Name() string { return "terms" }

func (termsKind) Normalize(f Field, v any) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	ids, faults := keys(f, v, settingsOf[termsSettings](f).Max, entryKey(f))
	return keysValue(ids), invalidValues(faults)
}

func (termsKind) incomplete(f Field, v any) []problem.Field {
	return tooFew(f, v, settingsOf[termsSettings](f).Min)
}

func (termsKind) Refs(_ Field, v any) []content.Ref { return entryRefs(v) }

func (termsKind) Column(Field) ColumnType { return KeysColumn }

func (termsKind) Cells(_ Field, v any) []any { return anyKeys(cellKeys(v)) }

func (k termsKind) Schema(f Field, d Direction, _ content.Locale) map[string]any {
	s := settingsOf[termsSettings](f)
	one := entrySchema(d)
	one["x-recueil-targets"] = k.relation(f).To
	one["x-recueil-scheme"] = s.Scheme
	return keysSchema(one, s.Max)
}

func (termsKind) relation(f Field) Relation {
	s := settingsOf[termsSettings](f)
	r := Relation{To: []content.CollectionID{TermsCollection}, Many: true, Scheme: s.Scheme, Min: s.Min, Max: s.Max}
	if s.Collection != "" {
		r.To[0] = s.Collection
	}
	if s.Back != nil {
		r.Back, r.BackLabel = s.Back.Name, s.Back.Label
	}
	return r
}
