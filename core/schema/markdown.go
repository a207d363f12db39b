package schema

import (
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema/markup"
)

// markdownKind is rich text in CommonMark with tables, footnotes and
// strikethrough. Its link markup.Destinations "asset:<id>" and "entry:<id>" point at
// assets and entries: ![alt](asset:ID) shows a picture, [text](asset:ID) links
// a file, [text](entry:ID) links an entry, and ![](entry:ID) alone in a
// paragraph embeds it.
type markdownKind struct{ settings[textSettings] }

var _ Kind = markdownKind{}

func (markdownKind) Name() string { return "markdown" }

func (markdownKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	source, err := lines(f, v)
	if err != nil {
		return nil, err
	}
	if err := settingsOf[textSettings](f).limits(f, source, markup.Max); err != nil {
		return nil, err
	}
	if !markup.Fits(source) {
		return nil, wrong(f, "markdown_too_complex", nil)
	}
	var broken bool
	markup.Destinations(source, func(dest string) {
		if _, ours, ok := ParseLink(dest); ours && !ok {
			broken = true
		}
	})
	if broken {
		return nil, wrong(f, "markdown_bad_reference", nil)
	}
	return emptyAsNil(source), nil
}

func (markdownKind) incomplete(f Field, v any) []problem.Field {
	return settingsOf[textSettings](f).short(f, v)
}

func (markdownKind) Text(_ Field, v any) []string {
	source, _ := v.(string)
	return asText(markup.Text(source))
}

func (markdownKind) Refs(_ Field, v any) []content.Ref {
	source, _ := v.(string)
	var refs []content.Ref
	markup.Destinations(source, func(dest string) {
		if ref, _, ok := ParseLink(dest); ok {
			refs = append(refs, ref)
		}
	})
	return refs
}

func (markdownKind) Schema(f Field, _ Direction, _ content.Locale) map[string]any {
	s := settingsOf[textSettings](f).schema(markup.Max)
	s["contentMediaType"] = "text/markdown"
	return s
}

// ParseLink reads a Markdown link destination: ours says that it is meant to
// be a reference of ours, ok that it is one.
func ParseLink(dest string) (ref content.Ref, ours, ok bool) {
	scheme, id, found := strings.Cut(dest, ":")
	switch {
	case !found:
		return content.Ref{}, false, false
	case strings.EqualFold(scheme, string(content.RefAsset)):
		return content.Ref{Kind: content.RefAsset, ID: id}, true, validAssetID(id)
	case strings.EqualFold(scheme, string(content.RefEntry)):
		return content.Ref{Kind: content.RefEntry, ID: strings.ToUpper(id)}, true, content.ValidEntryID(id)
	}
	return content.Ref{}, false, false
}
