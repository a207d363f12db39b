package schema

import (
	"errors"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// FieldLabel names a field in the texts of a problem: by its label in the
// reader's language, or by its API name. It is found in Args["field"].
type FieldLabel struct {
	Name  string
	Label Texts
}

// In gives the label in a locale; core/texts calls it.
func (l FieldLabel) In(locale string) string {
	if text := l.Label.In(content.Locale(locale)); text != "" {
		return text
	}
	return l.Name
}

// String is the API name, for logs.
func (l FieldLabel) String() string { return l.Name }

// MarshalText is the API name, for problem documents; a text without one is
// given in its first language.
func (l FieldLabel) MarshalText() ([]byte, error) {
	if l.Name == "" {
		return []byte(l.In("")), nil
	}
	return []byte(l.Name), nil
}

// In gives the text in a locale, or in its language, or else in the first of
// French, Arabic and English that there is; "" when there is none of them.
func (t Texts) In(locale content.Locale) string {
	if len(t) == 0 {
		return ""
	}
	tag, _, _ := strings.Cut(string(locale), "-")
	for _, l := range []content.Locale{locale, content.Locale(tag), "fr", "ar", "en"} {
		if text := t[l]; text != "" {
			return text
		}
	}
	return ""
}

func label(f Field) FieldLabel { return FieldLabel{Name: f.Name, Label: f.Label} }

// fault is one thing wrong with the value of a field. Args never hold what a
// person wrote: problems are logged.
func fault(f Field, code string, args problem.Args) problem.Field {
	if args == nil {
		args = problem.Args{}
	}
	args["field"] = label(f)
	return problem.Field{Code: code, Args: args}
}

// wrong is fault as an error.
func wrong(f Field, code string, args problem.Args) error {
	return &problem.Error{Kind: problem.Invalid, Code: "invalid_values",
		Fields: []problem.Field{fault(f, code, args)}}
}

// invalidValues and invalidDefinition bundle faults, or give nil when there
// are none.
func invalidValues(faults []problem.Field) error {
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

func invalidDefinition(faults []problem.Field) error {
	return problem.OfFields(problem.Invalid, "invalid_definition", faults)
}

// below moves the faults in err under a pointer. An error that is no problem
// is a fault of ours, and is told as such.
func below(pointer string, err error) []problem.Field {
	if err == nil {
		return nil
	}
	e, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return []problem.Field{{Pointer: pointer, Code: "internal"}}
	}
	out := make([]problem.Field, len(e.Fields))
	for i, f := range e.Fields {
		f.Pointer = pointer + f.Pointer
		out[i] = f
	}
	return out
}

// maxFaults bounds how many problems one answer lists.
const maxFaults = 100

func bounded(faults []problem.Field) []problem.Field {
	if len(faults) > maxFaults {
		return faults[:maxFaults]
	}
	return faults
}
