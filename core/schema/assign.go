package schema

import (
	"encoding/json"

	"github.com/recueil-cms/recueil/core/content"
)

// AssignIDs gives ids to what has none: the collection, its fields, and the
// fields and block types inside them. An id that is given stays. A field
// without one that has the name of a field of old takes that field's id, so
// that a definition written by hand changes fields instead of replacing them;
// newID makes the others. Title, slug and date, and the source of a slug, may
// be given as names and become ids. old is nil for a new collection. Settings
// that cannot be read are left as they are for CheckCollection to refuse.
func AssignIDs(c *Collection, old *Collection, newID func() string) {
	var before []Field
	if old != nil {
		before = old.Fields
		if c.ID == "" {
			c.ID = old.ID
		}
	}
	if c.ID == "" {
		c.ID = content.CollectionID(newID())
	}
	assignFields(c.Fields, before, newID, 0)
	for _, role := range []*content.FieldID{&c.Title, &c.Slug, &c.Date} {
		*role = idFor(c, *role)
	}
	for i := range c.Fields {
		assignSource(c, &c.Fields[i])
	}
}

func idFor(c *Collection, idOrName content.FieldID) content.FieldID {
	if c.Field(idOrName) == nil {
		if f := c.FieldNamed(string(idOrName)); f != nil {
			return f.ID
		}
	}
	return idOrName
}

func assignSource(c *Collection, f *Field) {
	if f.Kind != (slugKind{}).Name() {
		return
	}
	source := settingsOf[slugSettings](*f).Source
	if id := idFor(c, source); id != source {
		rewrite(f, func(members map[string]json.RawMessage) { set(members, "source", id) })
	}
}

func assignFields(fields, before []Field, newID func() string, depth int) {
	taken := map[content.FieldID]bool{}
	for i := range fields {
		taken[fields[i].ID] = true
	}
	for i := range fields {
		f := &fields[i]
		var was *Field
		for j := range before {
			b := &before[j]
			if (f.ID != "" && b.ID == f.ID) || (f.ID == "" && b.Name == f.Name && !taken[b.ID]) {
				was = b
			}
		}
		switch {
		case f.ID != "":
		case was != nil:
			f.ID = was.ID
		default:
			f.ID = content.FieldID(newID())
		}
		taken[f.ID] = true
		assignInside(f, was, newID, depth+1)
	}
}

// assignInside rewrites the settings of a field that holds fields. It stops
// where CheckCollection refuses anyway, at MaxDepth: each level is read anew.
func assignInside(f, was *Field, newID func() string, depth int) {
	if depth > MaxDepth {
		return
	}
	if was == nil || was.Kind != f.Kind {
		was = &Field{}
	}
	switch f.Kind {
	case groupKind{}.Name():
		s, old := groupSettings{}, settingsOf[groupSettings](*was)
		if len(strict(f.Settings, &s)) == 0 {
			assignFields(s.Fields, old.Fields, newID, depth)
			rewrite(f, func(members map[string]json.RawMessage) { set(members, "fields", s.Fields) })
		}
	case listKind{}.Name():
		s, old := listSettings{}, settingsOf[listSettings](*was)
		if len(strict(f.Settings, &s)) == 0 {
			assignFields(s.Fields, old.Fields, newID, depth)
			rewrite(f, func(members map[string]json.RawMessage) { set(members, "fields", s.Fields) })
		}
	case blocksKind{}.Name():
		s, old := blocksSettings{}, settingsOf[blocksSettings](*was)
		if len(strict(f.Settings, &s)) == 0 && len(s.Types) > 0 {
			assignTypes(s.Types, old.Types, newID, depth)
			rewrite(f, func(members map[string]json.RawMessage) { set(members, "types", s.Types) })
		}
	}
}

func assignTypes(types, before []BlockType, newID func() string, depth int) {
	taken := map[string]bool{}
	for i := range types {
		taken[types[i].ID] = true
	}
	for i := range types {
		bt := &types[i]
		var was BlockType
		for _, b := range before {
			if (bt.ID != "" && b.ID == bt.ID) || (bt.ID == "" && b.Name == bt.Name && !taken[b.ID]) {
				was = b
			}
		}
		if bt.ID == "" {
			bt.ID = was.ID
		}
		if bt.ID == "" {
			bt.ID = newID()
		}
		taken[bt.ID] = true
		assignFields(bt.Fields, was.Fields, newID, depth)
	}
}

// rewrite changes members of a field's settings and keeps the others, those
// that CheckSettings will refuse included.
func rewrite(f *Field, change func(members map[string]json.RawMessage)) {
	var members map[string]json.RawMessage
	if json.Unmarshal(f.Settings, &members) != nil || members == nil {
		return
	}
	change(members)
	if raw, err := json.Marshal(members); err == nil {
		f.Settings, f.parsed = raw, nil
	}
}

func set(members map[string]json.RawMessage, name string, v any) {
	if raw, err := json.Marshal(v); err == nil {
		members[name] = raw
	}
}
