package schema

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/calendar"
	"github.com/recueil-cms/recueil/core/schema/letters"
	"github.com/recueil-cms/recueil/core/schema/markup"
)

// Convert turns a kept value of one field into one of another that says the
// same, and normalizes it for the other. What would lose something is an
// Invalid problem "convert_loses"; the action counts them and names the
// entries. Kinds that have nothing in common give "convert_kinds" for any
// value, Convertible says so beforehand. nil stays nil.
func (k Kinds) Convert(from, to Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	convert := converter(from.Kind, to.Kind)
	if convert == nil {
		return nil, wrong(to, "convert_kinds", problem.Args{"from": from.Kind, "to": to.Kind})
	}
	turned, ok := convert(from, to, v)
	if !ok {
		return nil, wrong(to, "convert_loses", problem.Args{"from": from.Kind, "to": to.Kind})
	}
	kind, ok := k[to.Kind]
	if !ok {
		return nil, wrong(to, "kind_unknown", problem.Args{"name": to.Kind})
	}
	return kind.Normalize(to, turned)
}

type conversion func(from, to Field, v any) (any, bool)

func converter(from, to string) conversion {
	switch {
	case from == to:
		return sameKind
	case from == "date" && to == "datetime":
		return dateInstant
	case plainTexts[from] && plainTexts[to], to == "json":
		return same
	case from == "markdown" && (to == "longtext" || to == "text"):
		return unmarked
	case to == "markdown" && plainTexts[from]:
		return marked
	case from == "number" && plainTexts[to]:
		return numberText
	case from == "text" && to == "number":
		return textNumber
	case from == "boolean" && plainTexts[to]:
		return booleanText
	case from == "date" && to == "period":
		return func(_, _ Field, v any) (any, bool) { return map[string]any{"start": v, "end": v}, true }
	case from == "asset" && to == "gallery", from == "relation" && to == "terms":
		return func(_, _ Field, v any) (any, bool) { return anyKeys(cellKeys(v)), true }
	case from == "gallery" && to == "asset":
		return galleryAsset
	case from == "terms" && to == "relation":
		return sameKind
	case from == "group" && to == "list":
		return func(_, _ Field, v any) (any, bool) { return []any{v}, true }
	}
	return nil
}

// plainTexts are the kinds whose value is one text that reads the same as
// plain text. A text that is not of the other kind's form is refused by its
// Normalize.
var plainTexts = map[string]bool{
	"text": true, "longtext": true, "email": true, "url": true, "phone": true, "slug": true, "select": true,
	"date": true, "datetime": true,
}

func same(_, to Field, v any) (any, bool) {
	if text, ok := v.(string); ok && to.Kind == "text" {
		// A line cannot hold several.
		for _, c := range text {
			if c == '\n' {
				return nil, false
			}
		}
	}
	if list, ok := v.([]any); ok && to.Kind != "json" {
		if len(list) != 1 {
			return nil, false
		}
		return list[0], true
	}
	return v, true
}

// sameKind converts between one and many of what is a key.
func sameKind(from, to Field, v any) (any, bool) {
	if !keyed(from) {
		return v, true
	}
	list, ok := v.([]any)
	if many(to) == ok {
		return v, true
	}
	if !ok {
		return []any{v}, true
	}
	if len(list) != 1 {
		return nil, false
	}
	return list[0], true
}

func keyed(f Field) bool {
	return f.Kind == "select" || f.Kind == "relation" || f.Kind == "terms"
}

func many(f Field) bool {
	switch f.Kind {
	case "select":
		return settingsOf[selectSettings](f).Multiple
	case "relation":
		return settingsOf[relationSettings](f).Many
	}
	return true
}

// marked keeps a plain text as it reads: what Markdown takes for markup is
// escaped, and line ends stay.
func marked(_, _ Field, v any) (any, bool) {
	text, ok := v.(string)
	if list, many := v.([]any); many && len(list) == 1 {
		text, ok = list[0].(string)
	}
	return markup.Escape(text), ok
}

// unmarked turns Markdown into plain text where there is no markup to lose.
func unmarked(from, to Field, v any) (any, bool) {
	source, ok := v.(string)
	if !ok || !slices.Equal(strings.Fields(markup.Text(source)), strings.Fields(source)) {
		return nil, false
	}
	return same(from, to, source)
}

func numberText(_, _ Field, v any) (any, bool) {
	n, ok := v.(float64)
	return strconv.FormatFloat(n, 'f', -1, 64), ok
}

func textNumber(_, _ Field, v any) (any, bool) {
	text, _ := v.(string)
	n := json.Number(letters.Digits(text))
	f, err := n.Float64()
	return f, err == nil
}

func booleanText(_, _ Field, v any) (any, bool) {
	b, ok := v.(bool)
	return word(b), ok
}

// dateInstant takes a day for its first moment in UTC; a month or a year is
// none.
func dateInstant(_, _ Field, v any) (any, bool) {
	date, _ := v.(string)
	return date + "T00:00:00Z", len(date) == calendar.Length("day")
}

func galleryAsset(_, _ Field, v any) (any, bool) {
	assets := pictures(v, "asset")
	if len(assets) != 1 || len(pictures(v, "caption")) > 0 {
		return nil, false
	}
	return assets[0], true
}
