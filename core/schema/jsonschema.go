package schema

import (
	"slices"

	"github.com/recueil-cms/recueil/core/content"
)

// JSONSchema describes the outer form of an entry of a collection (JSON Schema
// 2020-12), with titles and descriptions in a locale. It is the one source of
// the OpenAPI document and of the console's forms. Null is allowed for every
// field, and none is required: a draft may lack anything. What must be there
// to publish has "x-recueil-required". For Read the system fields are there
// too.
func (k Kinds) JSONSchema(c *Collection, d Direction, l content.Locale) map[string]any {
	w := schemaWriter{k, d, l}
	properties := map[string]any{}
	if d == Read {
		properties = systemSchemas()
	}
	order := make([]any, 0, len(c.Fields))
	for i := range c.Fields {
		properties[c.Fields[i].Name] = w.field(level{}, c.Fields[i])
		order = append(order, c.Fields[i].Name)
	}
	out := map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
		"properties": properties, "additionalProperties": false, "x-recueil-order": order,
	}
	describe(out, c.One, c.Help, l)
	if d == Read {
		out["required"] = []any{SysID}
		delete(out, "additionalProperties") // a later version may say more
	}
	return out
}

// SystemSchema describes one system field, or gives nil.
func SystemSchema(name string) map[string]any {
	s, _ := systemSchemas()[name].(map[string]any)
	return s
}

func systemSchemas() map[string]any {
	text := func() map[string]any { return map[string]any{"type": "string", "readOnly": true} }
	instant := func() map[string]any {
		return map[string]any{"type": []any{"string", "null"}, "format": "date-time", "readOnly": true}
	}
	maybe := func() map[string]any { return map[string]any{"type": []any{"string", "null"}, "readOnly": true} }
	status := text()
	status["enum"] = []any{string(content.StatusDraft), string(content.StatusScheduled),
		string(content.StatusPublished), string(content.StatusChanged), string(content.StatusTrashed)}
	return map[string]any{
		SysID: text(), SysStatus: status, SysLocale: maybe(),
		SysRevision:  map[string]any{"type": "integer", "readOnly": true},
		SysCreatedAt: instant(), SysUpdatedAt: instant(), SysPublishedAt: instant(), SysTrashedAt: instant(),
		SysCreatedBy: maybe(), SysUpdatedBy: maybe(), SysParent: maybe(), SysPosition: maybe(),
	}
}

// schemaWriter writes schemas of fields in one direction and language.
type schemaWriter struct {
	kinds     Kinds
	direction Direction
	locale    content.Locale
}

// field describes a field with its title and marks.
func (w schemaWriter) field(l level, f Field) map[string]any {
	s := nullable(w.value(l, f))
	describe(s, f.Label, f.Help, w.locale)
	s["x-recueil-kind"] = f.Kind
	for name, set := range map[string]bool{"localized": f.Localized, "required": f.Required,
		"unique": f.Unique, "personal": f.Personal, "facet": f.Facet, "sortable": f.Sortable} {
		if set {
			s["x-recueil-"+name] = true
		}
	}
	if f.Sees.Level() > 0 {
		s["x-recueil-visibility"] = string(f.Sees)
	}
	if !blank(f.Default) {
		s["default"] = decoded(f.Default)
	}
	return s
}

func describe(s map[string]any, label, help Texts, l content.Locale) {
	if text := label.In(l); text != "" {
		s["title"] = text
	}
	if text := help.In(l); text != "" {
		s["description"] = text
	}
}

// value describes the values of a field.
func (w schemaWriter) value(l level, f Field) map[string]any {
	switch f.Kind {
	case groupKind{}.Name():
		return w.set(l, settingsOf[groupSettings](f).Fields, nil)
	case listKind{}.Name():
		s := settingsOf[listSettings](f)
		return map[string]any{"type": "array", "maxItems": s.max(),
			"items": w.set(l, s.Fields, map[string]any{"id": itemIDSchema()})}
	case blocksKind{}.Name():
		return w.blocks(l, f)
	}
	if schemer, ok := w.kinds[f.Kind].(Schemer); ok {
		return schemer.Schema(f, w.direction, w.locale)
	}
	return map[string]any{}
}

func itemIDSchema() map[string]any {
	return map[string]any{"type": "string", "maxLength": 40}
}

func (w schemaWriter) set(l level, fields []Field, own map[string]any) map[string]any {
	properties := map[string]any{}
	var required []any
	for _, name := range sortedKeys(own) {
		properties[name] = own[name]
		if name == "type" || w.direction == Read {
			required = append(required, name)
		}
	}
	order := make([]any, 0, len(fields))
	for i := range fields {
		properties[fields[i].Name] = w.field(l, fields[i])
		order = append(order, fields[i].Name)
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false, "x-recueil-order": order}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// blocks is a oneOf with a discriminator. Inside a block, a field that takes
// its types from the field around it is described by the names of the types
// only: written out, the schema would have no end.
func (w schemaWriter) blocks(l level, f Field) map[string]any {
	own := settingsOf[blocksSettings](f)
	s, inside := l.enter(own)
	out := map[string]any{"type": "array", "maxItems": s.max()}
	if own.Inherit {
		var names []any
		for _, name := range s.names(outerForm) {
			names = append(names, name)
		}
		out["x-recueil-inherit"] = true
		out["items"] = map[string]any{"type": "object", "required": []any{"type"}, "properties": map[string]any{
			"id": itemIDSchema(), "type": map[string]any{"type": "string", "enum": names}}}
		return out
	}
	var variants []any
	for i := range s.Types {
		bt := &s.Types[i]
		variant := w.set(inside, bt.Fields, map[string]any{"id": itemIDSchema(),
			"type": map[string]any{"type": "string", "const": bt.Name}})
		describe(variant, bt.Label, bt.Help, w.locale)
		if bt.Icon != "" {
			variant["x-recueil-icon"] = bt.Icon
		}
		variants = append(variants, variant)
	}
	out["items"] = map[string]any{"oneOf": variants, "discriminator": map[string]any{"propertyName": "type"}}
	return out
}

// nullable allows null beside what a schema allows.
func nullable(s map[string]any) map[string]any {
	out := make(map[string]any, len(s)+4)
	for name, v := range s {
		out[name] = v
	}
	switch t := out["type"].(type) {
	case string:
		out["type"] = []any{t, "null"}
		if enum, ok := out["enum"].([]any); ok {
			out["enum"] = append(slices.Clone(enum), nil)
		}
	case nil:
		if variants, ok := out["anyOf"].([]any); ok {
			out["anyOf"] = append(slices.Clone(variants), map[string]any{"type": "null"})
		}
	}
	return out
}
