package contract

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// granted holds a patch against the manifest, as the host does; collections are
// those of the entries that the hook was asked about.
func (t *trial) granted(p *pluginpb.Patch, collections map[string]string) error {
	collection, asked := collections[p.Id]
	if !asked {
		return fmt.Errorf("it sets fields of %.60q, which is not part of the commit", p.Id)
	}
	var values map[string]any
	if err := json.Unmarshal(p.ValuesJson, &values); err != nil {
		return fmt.Errorf("the values of a patch are no JSON object: %w", err)
	}
	allowed := t.m.Hook.Patch[content.CollectionID(collection)]
	for name := range values {
		if !slices.Contains(allowed, t.fieldID(collection, name)) {
			return fmt.Errorf("it sets %s of %s, which hook.patch of plugin.json does not name", name, collection)
		}
	}
	return nil
}

// fieldID finds a field by its name.
func (t *trial) fieldID(collection, name string) content.FieldID {
	i := slices.IndexFunc(t.m.Collections, func(c schema.Collection) bool { return string(c.ID) == collection })
	if i < 0 {
		return content.FieldID(name)
	}
	for _, f := range t.m.Collections[i].Fields {
		if f.Name == name {
			return f.ID
		}
	}
	return content.FieldID(name)
}

// hostileValues are values that a hook has no reason to expect: of the wrong
// type, in the wrong place, of great size, or none.
func hostileValues(like *pluginpb.BeforeCommitRequest) []string {
	names := map[string]bool{}
	for _, c := range like.Changes {
		var values map[string]any
		if c.After != nil && json.Unmarshal(c.After.ValuesJson, &values) == nil {
			for name := range values {
				names[name] = true
			}
		}
	}
	all := func(value string) string {
		var members []string
		for name := range names {
			quoted, _ := json.Marshal(name) // a string always can be
			members = append(members, string(quoted)+":"+value)
		}
		slices.Sort(members)
		return "{" + strings.Join(members, ",") + "}"
	}
	return []string{
		`{}`, `null`, ``, all(`null`), all(`[]`), all(`{"a":{"b":[1,"2",null]}}`), all(`-1e308`), all(`9007199254740993`), all(`true`),
		all(`""`), all(`"\u0000\ud800 ’ \u202e"`), all(`"` + strings.Repeat("long ", 20_000) + `"`), `{"` + strings.Repeat("x", 1000) + `":1}`,
	}
}
