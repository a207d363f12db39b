package schema

import (
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/letters"
)

// maxSlug is the most characters of a slug that is given, and slugLength of
// one that is made.
const (
	maxSlug    = 200
	slugLength = 80
)

type slugSettings struct {
	// Source is the top-level field that a slug is made from when none is
	// given; empty: none is made.
	Source content.FieldID `json:"source,omitempty"`
	// Latin writes Arabic letters in Latin ones. Otherwise they stay, and
	// addresses carry them percent-encoded.
	Latin bool `json:"latin,omitempty"`
}

func (s *slugSettings) check() []problem.Field {
	if len(s.Source) > MaxNameBytes {
		return []problem.Field{{Pointer: "/source", Code: "definition_id"}}
	}
	return nil
}

// slugKind names an entry in addresses: lower-case letters and digits of any
// script, and hyphens between. What is typed is brought into that form. That
// it is unique is for the view and the action to keep.
type slugKind struct{ settings[slugSettings] }

var _ Kind = slugKind{}

func (slugKind) Name() string { return "slug" }

func (slugKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	text, err := line(f, v)
	if err != nil || text == "" {
		return nil, err
	}
	slug := letters.Slug(text, maxSlug, settingsOf[slugSettings](f).Latin)
	switch {
	case slug == "":
		return nil, wrong(f, "slug_empty", nil)
	case utf8.RuneCountInString(text) > 2*maxSlug:
		return nil, wrong(f, "text_too_long", problem.Args{"n": maxSlug, "limit": maxSlug, "got": utf8.RuneCountInString(text)})
	case content.ValidEntryID(slug):
		return nil, wrong(f, "slug_like_id", nil)
	}
	return slug, nil
}

func (slugKind) Column(Field) ColumnType { return TextColumn }

func (slugKind) Cells(_ Field, v any) []any { return asCell(v) }

func (slugKind) Schema(Field, Direction, content.Locale) map[string]any {
	return map[string]any{"type": "string", "maxLength": maxSlug}
}
