package schema

import (
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// maxCaption is the most characters of a caption.
const maxCaption = 500

type gallerySettings struct {
	MediaTypes []string `json:"media_types,omitempty"` // empty: any
	Min        int      `json:"min,omitempty"`
	Max        int      `json:"max,omitempty"` // 0: 200
}

const maxGallery = 200

func (s *gallerySettings) check() []problem.Field {
	return append(checkRange(s.Min, s.Max, "min", "max", maxGallery), checkMediaTypes(s.MediaTypes)...)
}

func (s *gallerySettings) max() int {
	if s.Max > 0 && s.Max < maxGallery {
		return s.Max
	}
	return maxGallery
}

// galleryKind is an ordered list of assets, each with a caption:
// [{"asset":id,"caption":text}]. A bare id is an item without a caption.
type galleryKind struct{ settings[gallerySettings] }

var _ Kind = galleryKind{}

func (galleryKind) Name() string { return "gallery" }

func (galleryKind) Normalize(f Field, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok {
		return nil, wrong(f, "not_list", nil)
	}
	if limit := settingsOf[gallerySettings](f).max(); len(list) > limit {
		return nil, wrong(f, "list_too_long", problem.Args{"n": limit, "limit": limit, "got": len(list)})
	}
	var faults []problem.Field
	out := make([]any, 0, len(list))
	for i, item := range list {
		picture, err := galleryItem(f, item)
		faults = append(faults, below(problem.At(i), err)...)
		out = append(out, picture)
	}
	if len(faults) > 0 {
		return nil, invalidValues(faults)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

func galleryItem(f Field, v any) (any, error) {
	if id, ok := v.(string); ok {
		v = map[string]any{"asset": id}
	}
	m, faults := parts(f, v, "asset", "caption")
	if faults != nil {
		return nil, invalidValues(faults)
	}
	id, ok := idOf(m["asset"])
	if !ok || !validAssetID(id) {
		return nil, invalidValues(problem.Under("/asset", []problem.Field{fault(f, "not_asset_id", nil)}))
	}
	out := map[string]any{"asset": id}
	if m["caption"] == nil {
		return out, nil
	}
	caption, err := line(f, m["caption"])
	if err != nil {
		return nil, invalidValues(below("/caption", err))
	}
	if n := utf8.RuneCountInString(caption); n > maxCaption {
		return nil, invalidValues(problem.Under("/caption", []problem.Field{
			fault(f, "text_too_long", problem.Args{"n": maxCaption, "limit": maxCaption, "got": n})}))
	}
	if caption != "" {
		out["caption"] = caption
	}
	return out, nil
}

func (galleryKind) incomplete(f Field, v any) []problem.Field {
	return tooFew(f, v, settingsOf[gallerySettings](f).Min)
}

func pictures(v any, member string) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		m, _ := item.(map[string]any)
		if word, ok := m[member].(string); ok {
			out = append(out, word)
		}
	}
	return out
}

func (galleryKind) Text(_ Field, v any) []string { return pictures(v, "caption") }

func (galleryKind) Refs(_ Field, v any) []content.Ref {
	var refs []content.Ref
	for _, id := range pictures(v, "asset") {
		refs = append(refs, content.Ref{Kind: content.RefAsset, ID: id})
	}
	return refs
}

func (galleryKind) Column(Field) ColumnType { return KeysColumn }

func (galleryKind) Cells(_ Field, v any) []any { return anyKeys(pictures(v, "asset")) }

func (galleryKind) Schema(f Field, d Direction, _ content.Locale) map[string]any {
	s := settingsOf[gallerySettings](f)
	return map[string]any{"type": "array", "maxItems": s.max(), "items": map[string]any{
		"type": "object", "required": []any{"asset"}, "additionalProperties": false,
		"properties": map[string]any{
			"asset":   assetSchema(d, s.MediaTypes),
			"caption": nullable(map[string]any{"type": "string", "maxLength": maxCaption}),
		}}}
}
