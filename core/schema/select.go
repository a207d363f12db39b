package schema

import (
	"slices"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxOptions bounds the options of one field; more than that is a thesaurus.
const maxOptions = 500

// selectSettings list the options. Value is kept and is for ever; Label may
// change.
type selectSettings struct {
	Options  []Option `json:"options"`
	Multiple bool     `json:"multiple,omitempty"`
	Min      int      `json:"min,omitempty"` // options to choose, when multiple
	Max      int      `json:"max,omitempty"` // 0: all
}

// Option is one choice of a select field.
type Option struct {
	Value string `json:"value"` // letters, digits, "_", "-", "." and "+"
	Label Texts  `json:"label,omitempty"`
}

func (s *selectSettings) check() []problem.Field {
	faults := checkRange(s.Min, s.Max, "min", "max", maxOptions)
	if n := len(s.Options); n == 0 || n > maxOptions {
		faults = append(faults, problem.Field{Pointer: "/options", Code: "definition_count",
			Args: problem.Args{"min": 1, "max": maxOptions, "got": n}})
		return faults
	}
	seen := map[string]bool{}
	for i, o := range s.Options {
		here := "/options" + problem.At(i)
		switch {
		case !validOption(o.Value):
			faults = append(faults, problem.Field{Pointer: here + "/value", Code: "definition_option"})
		case seen[o.Value]:
			faults = append(faults, problem.Field{Pointer: here + "/value", Code: "definition_twice", Args: problem.Args{"name": o.Value}})
		}
		seen[o.Value] = true
		faults = append(faults, checkTexts(here+"/label", o.Label, maxLabel)...)
	}
	return faults
}

func validOption(value string) bool {
	for _, c := range []byte(value) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.' || c == '+') {
			return false
		}
	}
	return value != "" && len(value) <= 100
}

// Options gives the choices of a select field; a field of another kind has
// none.
func Options(f Field) []Option {
	if f.Kind != (selectKind{}).Name() {
		return nil
	}
	return settingsOf[selectSettings](f).Options
}

func (s *selectSettings) values() []string {
	out := make([]string, len(s.Options))
	for i, o := range s.Options {
		out[i] = o.Value
	}
	return out
}

// selectKind is one of a few options, or, when multiple, a list of them in the
// order of the definition.
type selectKind struct{ settings[selectSettings] }

var _ Kind = selectKind{}

func (selectKind) Name() string { return "select" }

func (selectKind) Normalize(f Field, v any) (any, error) {
	s := settingsOf[selectSettings](f)
	if v == nil || v == "" {
		return nil, nil
	}
	if !s.Multiple {
		value, ok := v.(string)
		if !ok {
			return nil, wrong(f, "not_text", nil)
		}
		if !slices.Contains(s.values(), value) {
			return nil, wrong(f, "select_unknown", problem.Args{"allowed": problem.Listed(s.values())})
		}
		return value, nil
	}
	chosen, faults := keys(f, v, s.Max, func(value string) (string, *problem.Field) {
		if !slices.Contains(s.values(), value) {
			fault := fault(f, "select_unknown", problem.Args{"allowed": problem.Listed(s.values())})
			return "", &fault
		}
		return value, nil
	})
	if len(faults) > 0 {
		return nil, invalidValues(faults)
	}
	var ordered []string
	for _, value := range s.values() {
		if slices.Contains(chosen, value) {
			ordered = append(ordered, value)
		}
	}
	return keysValue(ordered), nil
}

func (selectKind) incomplete(f Field, v any) []problem.Field {
	s := settingsOf[selectSettings](f)
	return tooFew(f, v, s.Min)
}

// Text gives the labels in every language, so that a search finds them.
func (selectKind) Text(f Field, v any) []string {
	chosen := cellKeys(v)
	var out []string
	for _, o := range settingsOf[selectSettings](f).Options {
		if slices.Contains(chosen, o.Value) {
			for _, l := range sortedKeys(o.Label) {
				out = append(out, o.Label[l])
			}
		}
	}
	return out
}

func (selectKind) Column(Field) ColumnType { return KeysColumn }

func (selectKind) Cells(_ Field, v any) []any { return anyKeys(cellKeys(v)) }

func (selectKind) Schema(f Field, _ Direction, l content.Locale) map[string]any {
	s := settingsOf[selectSettings](f)
	enum := make([]any, len(s.Options))
	labels := make([]any, len(s.Options))
	for i, o := range s.Options {
		enum[i], labels[i] = o.Value, o.Value
		if label := o.Label.In(l); label != "" {
			labels[i] = label
		}
	}
	one := map[string]any{"type": "string", "enum": enum, "x-enum-labels": labels}
	if !s.Multiple {
		return one
	}
	return keysSchema(one, s.Max)
}
