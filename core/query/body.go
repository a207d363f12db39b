package query

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
)

// ParseBody reads the same parameters as ParseParams from a JSON object, for
// filters that are too long for an address:
//
//	{"filter": {…}, "fields": ["title"], "sort": "-title", "page": {"size": 50}, "locale": "fr"}
//
// fields, sort and fallback may be lists.
func ParseBody(raw []byte, also ...string) (Params, error) {
	if len(raw) > MaxBody {
		return Params{}, problem.New(problem.TooLarge, "query_body_too_large", problem.Args{"limit": MaxBody})
	}
	v, err := decodeJSON("", string(raw))
	if err != nil {
		return Params{}, err
	}
	body, ok := v.(map[string]any)
	if !ok {
		return Params{}, problem.Parameter("", "parameter_not_object", nil)
	}
	r := reader{also: also}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if err := r.member(name, body[name]); err != nil {
			return Params{}, err
		}
	}
	return r.finish()
}

func (r *reader) member(name string, v any) error {
	switch name {
	case "filter":
		if _, ok := v.(map[string]any); !ok {
			return problem.Parameter(name, "parameter_not_object", nil)
		}
		r.p.Filter = v
		return nil
	case "page":
		page, ok := v.(map[string]any)
		if !ok {
			return problem.Parameter(name, "parameter_not_object", nil)
		}
		for _, key := range slices.Sorted(maps.Keys(page)) {
			text, err := scalar("page["+key+"]", page[key])
			if err != nil {
				return err
			}
			if err := r.place(key, text); err != nil {
				return err
			}
		}
		return nil
	}
	text, err := scalar(name, v)
	if err != nil {
		if known := append(slices.Clone(r.also), parameters...); !slices.Contains(known, name) {
			return unknown(name, known)
		}
		return err
	}
	return r.take(name, &node{leaf: text})
}

// scalar gives the text that a parameter has in a query string. A list is
// joined by commas.
func scalar(name string, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		if v {
			return "true", nil
		}
		return "false", nil
	case float64:
		raw, err := json.Marshal(v)
		return string(raw), err
	case []any:
		parts := make([]string, 0, len(v))
		for _, one := range v {
			s, ok := one.(string)
			if !ok || strings.Contains(s, ",") {
				return "", problem.Parameter(shown(name), "parameter_not_text", nil)
			}
			parts = append(parts, s)
		}
		return strings.Join(parts, ","), nil
	}
	return "", problem.Parameter(shown(name), "parameter_not_text", nil)
}

// decodeJSON reads one JSON value, strictly: nothing behind it, no name twice
// in an object, bounded depth and lists.
func decodeJSON(name, raw string) (any, error) {
	dec := json.NewDecoder(strings.NewReader(raw))
	d := jsonReader{name: name, dec: dec}
	v, err := d.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, problem.Parameter(name, "parameter_json", problem.Args{"offset": dec.InputOffset()})
	}
	return v, nil
}

type jsonReader struct {
	name string
	dec  *json.Decoder
}

func (d *jsonReader) broken() error {
	return problem.Parameter(d.name, "parameter_json", problem.Args{"offset": d.dec.InputOffset()})
}

func (d *jsonReader) value(depth int) (any, error) {
	if depth > MaxNesting {
		return nil, problem.Parameter(d.name, "parameter_too_deep", problem.Args{"limit": MaxNesting})
	}
	token, err := d.dec.Token()
	if err != nil {
		return nil, d.broken()
	}
	switch token {
	case json.Delim('{'):
		return d.object(depth)
	case json.Delim('['):
		return d.list(depth)
	}
	return token, nil
}

func (d *jsonReader) object(depth int) (any, error) {
	out := map[string]any{}
	for d.dec.More() {
		token, err := d.dec.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, d.broken()
		}
		if _, twice := out[key]; twice {
			return nil, problem.Parameter(shown(key), "parameter_repeated", nil)
		}
		if out[key], err = d.value(depth + 1); err != nil {
			return nil, err
		}
	}
	return out, d.end()
}

func (d *jsonReader) list(depth int) (any, error) {
	out := []any{}
	for d.dec.More() {
		if len(out) == MaxList {
			return nil, problem.Parameter(d.name, "parameter_too_many", problem.Args{"limit": MaxList})
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, d.end()
}

func (d *jsonReader) end() error {
	if _, err := d.dec.Token(); err != nil {
		return d.broken()
	}
	return nil
}
