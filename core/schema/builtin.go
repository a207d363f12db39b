package schema

import (
	"embed"
	"fmt"
)

// Builtin lists the kinds.
func Builtin() Kinds {
	k := Kinds{}
	for _, kind := range []Kind{
		textKind{}, longtextKind{}, markdownKind{}, slugKind{},
		numberKind{}, booleanKind{}, dateKind{}, datetimeKind{}, periodKind{},
		selectKind{}, termsKind{}, relationKind{}, assetKind{}, galleryKind{},
		geopointKind{}, addressKind{}, emailKind{}, urlKind{}, phoneKind{},
		groupKind{nester{k}}, listKind{nester{k}}, blocksKind{nester{k}}, jsonKind{},
	} {
		k[kind.Name()] = kind
	}
	return k
}

//go:embed builtin/*.json
var definitions embed.FS

// builtinNames are the collections that a new site starts with, in the order
// of the console's menu.
var builtinNames = []string{
	"pages", "news", "associations", "authorities", "people", "projects", "funds",
	"experiences", "studies", "editions", "territories", "terms", "menus", "redirects", "settings",
	"synonyms", "pins", "search_settings",
}

// BuiltinCollections gives the collections that a new site starts with. They
// are data: a site may change or remove them.
func BuiltinCollections() ([]Collection, error) {
	var out []Collection
	for _, name := range builtinNames {
		raw, err := definitions.ReadFile("builtin/" + name + ".json")
		if err != nil {
			return nil, fmt.Errorf("read built-in collection %s: %w", name, err)
		}
		c, err := ParseCollection(raw)
		if err != nil {
			return nil, fmt.Errorf("built-in collection %s: %w", name, err)
		}
		out = append(out, *c)
	}
	return out, nil
}
