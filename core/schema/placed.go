package schema

import (
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Placed is a reference where it stands: in a field of the collection, or of a
// group, list or block inside one.
type Placed struct {
	Ref     content.Ref
	Top     content.FieldID // field of the collection
	Field   *Field          // that holds it; the same, or one inside it
	Pointer string          // to the reference, by names
}

// Placed gives every reference that the values hold, each as often as it stands
// there; see Refs.
func (k Kinds) Placed(c *Collection, values content.Values) []Placed {
	var out []Placed
	for i := range c.Fields {
		top := &c.Fields[i]
		if values[top.ID] != nil {
			out = append(out, k.PlacedIn(top, values[top.ID])...)
		}
	}
	return out
}

// PlacedIn gives those of one value.
func (k Kinds) PlacedIn(top *Field, v any) []Placed {
	var out []Placed
	k.walk(level{}, *top, problem.Pointer(top.Name), v, func(f Field, pointer string, v any) {
		referrer, ok := k.leaf(f).(Referrer)
		if !ok || v == nil {
			return
		}
		add := func(pointer string, refs []content.Ref) {
			for _, r := range refs {
				out = append(out, Placed{r, top.ID, &f, pointer})
			}
		}
		list, ok := v.([]any)
		if !ok {
			add(pointer, referrer.Refs(f, v))
			return
		}
		for i, item := range list {
			add(pointer+problem.At(i)+inItem(item), referrer.Refs(f, []any{item}))
		}
	})
	return out
}

// inItem leads from the item of a gallery to its asset; the other lists are of
// ids.
func inItem(item any) string {
	if _, ok := item.(map[string]any); ok {
		return problem.Pointer("asset")
	}
	return ""
}

// AllowsMedia reports whether an asset of this media type fits a field. Only
// those of kind asset and gallery choose.
func AllowsMedia(f Field, mediaType string) bool {
	types := MediaTypes(f)
	mediaType, _, _ = strings.Cut(strings.ToLower(mediaType), ";")
	top, _, _ := strings.Cut(mediaType, "/")
	for _, t := range types {
		if t = strings.ToLower(t); t == strings.TrimSpace(mediaType) || t == top+"/*" || t == "*/*" {
			return true
		}
	}
	return len(types) == 0
}

// MediaTypes gives the media types that a field of kind asset or gallery takes;
// empty: any.
func MediaTypes(f Field) []string {
	switch f.Kind {
	case assetKind{}.Name():
		return settingsOf[assetSettings](f).MediaTypes
	case galleryKind{}.Name():
		return settingsOf[gallerySettings](f).MediaTypes
	}
	return nil
}
