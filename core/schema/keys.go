package schema

import (
	"cmp"
	"maps"
	"slices"

	"github.com/recueil-cms/recueil/core/problem"
)

// maxKeys bounds any list of keys: relations, terms, options.
const maxKeys = 500

// keys takes a list of strings without repeats, or one string for a list of
// one. each checks a member and gives its canonical form.
func keys(f Field, v any, limit int, each func(string) (string, *problem.Field)) ([]string, []problem.Field) {
	list, ok := v.([]any)
	if one, single := v.(string); single {
		list, ok = []any{one}, true
	}
	if !ok {
		return nil, []problem.Field{fault(f, "not_list", nil)}
	}
	if limit == 0 || limit > maxKeys {
		limit = maxKeys
	}
	if len(list) > limit {
		return nil, []problem.Field{fault(f, "list_too_long", problem.Args{"n": limit, "limit": limit, "got": len(list)})}
	}
	var out []string
	var faults []problem.Field
	for i, item := range list {
		word, ok := idOf(item)
		if !ok {
			faults = append(faults, problem.Under(problem.At(i), []problem.Field{fault(f, "not_text", nil)})...)
			continue
		}
		key, wrong := each(word)
		if wrong != nil {
			wrong.Pointer = problem.At(i) + wrong.Pointer
			faults = append(faults, *wrong)
		} else if !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out, faults
}

// idOf takes an id, or an object with one: what a populated read gave may be
// written back.
func idOf(v any) (string, bool) {
	if m, ok := v.(map[string]any); ok {
		v = m["id"]
	}
	id, ok := v.(string)
	return id, ok
}

func keysValue(words []string) any {
	if len(words) == 0 {
		return nil
	}
	return anyKeys(words)
}

func anyKeys(words []string) []any {
	if len(words) == 0 {
		return nil
	}
	out := make([]any, len(words))
	for i, word := range words {
		out[i] = word
	}
	return out
}

// cellKeys gives the strings of a kept value: one, or a list of them.
func cellKeys(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case []any:
		out := make([]string, 0, len(v))
		for _, item := range v {
			if word, ok := item.(string); ok {
				out = append(out, word)
			}
		}
		return out
	}
	return nil
}

// tooFew checks the least number of items of a list, which a draft need not
// have.
func tooFew(f Field, v any, least int) []problem.Field {
	got := 1
	if list, ok := v.([]any); ok {
		got = len(list)
	}
	if got < least {
		return []problem.Field{fault(f, "list_too_short", problem.Args{"n": least, "limit": least, "got": got})}
	}
	return nil
}

func keysSchema(one map[string]any, limit int) map[string]any {
	if limit == 0 || limit > maxKeys {
		limit = maxKeys
	}
	return map[string]any{"type": "array", "items": one, "uniqueItems": true, "maxItems": limit}
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
