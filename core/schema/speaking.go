package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
)

// textKeys are the members of definitions and settings that hold Texts.
var textKeys = map[string]bool{"label": true, "label_one": true, "help": true, "pattern_help": true, "unit": true, "item": true}

// Speaking is a copy of the definition whose texts are in one locale only, or,
// where one is not, in that of Texts.In: about half as long. It is to be read,
// and not to be saved, which would lose the other languages.
func (c *Collection) Speaking(l content.Locale) *Collection {
	out := *c
	out.Label, out.One, out.Help = c.Label.only(l), c.One.only(l), c.Help.only(l)
	out.Fields = make([]Field, len(c.Fields))
	for i, f := range c.Fields {
		f.Label, f.Help, f.parsed = f.Label.only(l), f.Help.only(l), nil
		var settings any
		if json.Unmarshal(f.Settings, &settings) == nil && speak(settings, l) {
			if raw, err := json.Marshal(settings); err == nil {
				f.Settings = raw
			}
		}
		out.Fields[i] = f
	}
	return &out
}

func (t Texts) only(l content.Locale) Texts {
	if text := t.In(l); text != "" {
		return Texts{l: text}
	}
	return nil
}

// speak cuts the texts inside settings, in place; it says whether there were any.
func speak(v any, l content.Locale) bool {
	cut := false
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			cut = speak(item, l) || cut
		}
	case map[string]any:
		for key, item := range v {
			texts, ok := item.(map[string]any)
			if key == "default" {
				continue
			}
			if !ok || !textKeys[key] {
				cut = speak(item, l) || cut
				continue
			}
			all := Texts{}
			for locale, text := range texts {
				all[content.Locale(locale)], _ = text.(string)
			}
			clear(texts)
			for locale, text := range all.only(l) {
				texts[string(locale)] = text
			}
			cut = true
		}
	}
	return cut
}
