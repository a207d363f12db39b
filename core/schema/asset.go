package schema

import (
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// assetSettings limit what may be chosen: "image/*", "application/pdf".
type assetSettings struct {
	MediaTypes []string `json:"media_types,omitempty"` // empty: any
}

func (s *assetSettings) check() []problem.Field { return checkMediaTypes(s.MediaTypes) }

func checkMediaTypes(types []string) []problem.Field {
	if len(types) > 50 {
		return []problem.Field{{Pointer: "/media_types", Code: "definition_count",
			Args: problem.Args{"min": 0, "max": 50, "got": len(types)}}}
	}
	var faults []problem.Field
	for i, t := range types {
		top, sub, ok := strings.Cut(t, "/")
		if !ok || top == "" || sub == "" || len(t) > 100 || strings.ContainsAny(t, " ;,\"\\") {
			faults = append(faults, problem.Field{Pointer: "/media_types" + problem.At(i), Code: "definition_media_type"})
		}
	}
	return faults
}

// assetKind points at one asset. Whether it exists and is of the right media
// type is for the action to say; see AllowsMedia.
type assetKind struct{ settings[assetSettings] }

var _ Kind = assetKind{}

func (assetKind) Name() string { return "asset" }

func (assetKind) Normalize(f Field, v any) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	id, ok := idOf(v)
	if !ok || !validAssetID(id) {
		return nil, wrong(f, "not_asset_id", nil)
	}
	return id, nil
}

func (assetKind) Refs(_ Field, v any) []content.Ref {
	if id, ok := v.(string); ok && id != "" {
		return []content.Ref{{Kind: content.RefAsset, ID: id}}
	}
	return nil
}

func (assetKind) Column(Field) ColumnType { return KeysColumn }

func (assetKind) Cells(_ Field, v any) []any { return anyKeys(cellKeys(v)) }

func (assetKind) Schema(f Field, d Direction, _ content.Locale) map[string]any {
	return assetSchema(d, settingsOf[assetSettings](f).MediaTypes)
}

func assetSchema(d Direction, types []string) map[string]any {
	out := map[string]any{"type": "string", "pattern": "^[0-9A-Za-z_-]{1,64}$"}
	if d == Read {
		out = map[string]any{"anyOf": []any{out, map[string]any{"type": "object", "required": []any{"id"},
			"properties": map[string]any{"id": map[string]any{"type": "string"}}}}}
	}
	if len(types) > 0 {
		out["x-recueil-media-types"] = types
	}
	return out
}
