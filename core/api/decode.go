package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/big"
	"mime"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
)

// Limits of a JSON body, besides its size.
const (
	maxDepth   = 32     // values in one another
	maxMembers = 20_000 // values in all
)

// maxExact is the largest integer that float64 and every JSON reader keeps.
const maxExact = 1<<53 - 1

// readJSON reads the body as one JSON object. Nothing is repaired or ignored:
// not a second value, not a name twice, not a number that would be rounded to
// another integer, not a lone surrogate or a byte that is not UTF-8. An absent
// body is an empty object when empty is true.
func readJSON(c *fiber.Ctx, empty bool) (map[string]any, []byte, error) {
	raw, err := server.Body(c)
	if err != nil {
		return nil, nil, err
	}
	if len(raw) == 0 && empty {
		return map[string]any{}, raw, nil
	}
	if !isJSON(c.Get(fiber.HeaderContentType)) {
		return nil, nil, problem.New(problem.Unsupported, "json_expected", nil)
	}
	v, err := parseJSON(raw)
	if err != nil {
		return nil, nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, nil, bodyProblem("", "json_object_expected", nil)
	}
	return object, raw, nil
}

func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "application/json" && media != "application/merge-patch+json" {
		return false
	}
	charset := params["charset"]
	return charset == "" || strings.EqualFold(charset, "utf-8")
}

func bodyProblem(pointer, code string, args problem.Args) error {
	return &problem.Error{Kind: problem.BadRequest, Code: code, Args: args,
		Fields: []problem.Field{{Pointer: pointer, Code: code, Args: args}}}
}

// parseJSON reads one value of nil, bool, string, float64, []any and
// map[string]any.
func parseJSON(raw []byte) (any, error) {
	if !utf8.Valid(raw) {
		return nil, bodyProblem("", "json_not_utf8", nil)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	r := jsonReader{dec: dec, raw: raw}
	v, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, r.broken()
	}
	return v, nil
}

type jsonReader struct {
	dec   *json.Decoder
	raw   []byte
	path  []string // to the value being read
	count int
}

// pointer is the JSON Pointer to the value being read. Names are cut: a
// problem must not be as long as the body it is about.
func (r *jsonReader) pointer() string {
	var b strings.Builder
	for _, step := range r.path {
		b.WriteString(problem.Pointer(shorten(step)))
	}
	return b.String()
}

func (r *jsonReader) broken() error {
	return bodyProblem(r.pointer(), "json_malformed", problem.Args{"offset": strconv.FormatInt(r.dec.InputOffset(), 10)})
}

func (r *jsonReader) value(depth int) (any, error) {
	if r.count++; r.count > maxMembers {
		return nil, bodyProblem(r.pointer(), "json_too_many", problem.Args{"limit": maxMembers})
	}
	from := r.dec.InputOffset()
	token, err := r.dec.Token()
	if err != nil {
		return nil, r.broken()
	}
	switch t := token.(type) {
	case json.Delim:
		if depth == maxDepth {
			return nil, bodyProblem(r.pointer(), "json_too_deep", problem.Args{"limit": maxDepth})
		}
		if t == '{' {
			return r.object(depth)
		}
		return r.list(depth)
	case json.Number:
		return r.number(t)
	case string:
		return t, r.surrogates(from)
	}
	return token, nil
}

func (r *jsonReader) object(depth int) (any, error) {
	out := map[string]any{}
	for r.dec.More() {
		from := r.dec.InputOffset()
		token, err := r.dec.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return nil, r.broken()
		}
		r.path = append(r.path, name)
		if err := r.surrogates(from); err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice {
			return nil, bodyProblem(r.pointer(), "json_name_twice", problem.Args{"name": shorten(name)})
		}
		if out[name], err = r.value(depth + 1); err != nil {
			return nil, err
		}
		r.path = r.path[:len(r.path)-1]
	}
	return out, r.end()
}

func (r *jsonReader) list(depth int) (any, error) {
	out := []any{}
	for r.dec.More() {
		r.path = append(r.path, strconv.Itoa(len(out)))
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
		r.path = r.path[:len(r.path)-1]
	}
	return out, r.end()
}

func (r *jsonReader) end() error {
	if _, err := r.dec.Token(); err != nil {
		return r.broken()
	}
	return nil
}

func (r *jsonReader) number(n json.Number) (any, error) {
	f, err := n.Float64()
	whole := !strings.ContainsAny(n.String(), ".eE")
	if err != nil || math.IsInf(f, 0) || whole && math.Abs(f) > maxExact && !kept(n.String(), f) {
		return nil, bodyProblem(r.pointer(), "json_number_unsafe", nil)
	}
	return f, nil
}

// kept reports whether a large integer is the one that its float64 stands for:
// exactly, or as it is written again.
func kept(literal string, f float64) bool {
	exact, _ := new(big.Float).SetFloat64(f).Int(nil)
	return literal == exact.String() || literal == strconv.FormatFloat(f, 'f', -1, 64)
}

// surrogates refuses an escaped half of a surrogate pair in the string that
// ends here: encoding/json would turn it into another character.
func (r *jsonReader) surrogates(from int64) error {
	s := r.raw[from:r.dec.InputOffset()]
	for i := 0; i+5 < len(s); i++ {
		if s[i] != '\\' {
			continue
		}
		if s[i+1] != 'u' {
			i++
			continue
		}
		unit, err := strconv.ParseUint(string(s[i+2:i+6]), 16, 32)
		switch {
		case err != nil || unit < 0xD800 || unit > 0xDFFF:
			i += 5
			continue
		case unit <= 0xDBFF && lowSurrogate(s[i+6:]):
			i += 11
			continue
		}
		return bodyProblem(r.pointer(), "json_surrogate", nil)
	}
	return nil
}

func lowSurrogate(s []byte) bool {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return false
	}
	unit, err := strconv.ParseUint(string(s[2:6]), 16, 32)
	return err == nil && unit >= 0xDC00 && unit <= 0xDFFF
}
