package schema

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

type jsonSettings struct {
	MaxBytes int `json:"max_bytes,omitempty"` // of its compact JSON; 0: 64 KiB
	MaxDepth int `json:"max_depth,omitempty"` // of objects and lists in one another; 0: 10
}

const (
	maxJSONBytes = 1 << 20
	maxJSONDepth = 50
)

func (s *jsonSettings) check() []problem.Field {
	return append(checkRange(0, s.MaxBytes, "", "max_bytes", maxJSONBytes),
		checkRange(0, s.MaxDepth, "", "max_depth", maxJSONDepth)...)
}

func (s *jsonSettings) bytes() int {
	if s.MaxBytes > 0 {
		return s.MaxBytes
	}
	return 64 << 10
}

func (s *jsonSettings) depth() int {
	if s.MaxDepth > 0 {
		return s.MaxDepth
	}
	return 10
}

// jsonKind is any JSON: data for programs that nothing here looks into.
type jsonKind struct{ settings[jsonSettings] }

var _ Kind = jsonKind{}

func (jsonKind) Name() string { return "json" }

func (jsonKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	s := settingsOf[jsonSettings](f)
	out, err := jsonValue(f, v, s.depth())
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, wrong(f, "json_value", nil)
	}
	if len(raw) > s.bytes() {
		return nil, wrong(f, "json_too_large", problem.Args{"limit": s.bytes(), "got": len(raw)})
	}
	return out, nil
}

// jsonValue copies a value into the few types that a kept value is made of.
func jsonValue(f Field, v any, depth int) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		if !utf8.ValidString(v) {
			return nil, wrong(f, "text_not_utf8", nil)
		}
		return v, nil
	case []any, map[string]any:
		if depth == 0 {
			return nil, wrong(f, "json_too_deep", problem.Args{"limit": settingsOf[jsonSettings](f).depth()})
		}
		return jsonMembers(f, v, depth-1)
	}
	n, ok := Number(v)
	if !ok {
		return nil, wrong(f, "json_value", nil)
	}
	return n, nil
}

func jsonMembers(f Field, v any, depth int) (any, error) {
	var faults []problem.Field
	if list, ok := v.([]any); ok {
		out := make([]any, len(list))
		for i, item := range list {
			value, err := jsonValue(f, item, depth)
			faults = append(faults, below(problem.At(i), err)...)
			out[i] = value
		}
		return out, invalidValues(bounded(faults))
	}
	m, _ := v.(map[string]any)
	out := make(map[string]any, len(m))
	for name, item := range m {
		value, err := jsonValue(f, item, depth)
		if !utf8.ValidString(name) {
			err = wrong(f, "text_not_utf8", nil)
			name = ""
		}
		faults = append(faults, below(problem.Pointer(name), err)...)
		out[name] = value
	}
	return out, invalidValues(bounded(faults))
}

// Schema allows anything: that is what the kind is for.
func (jsonKind) Schema(Field, Direction, content.Locale) map[string]any { return map[string]any{} }
