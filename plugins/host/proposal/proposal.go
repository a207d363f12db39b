// Package proposal writes commits as a plugin's hook may see them, and reads
// what it answers, within what was granted.
package proposal

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Shows writes entries as a plugin may see them.
type Shows struct {
	Kinds  schema.Kinds
	Col    *schema.Collection
	Fields access.FieldSet
}

// Changes gives one change per locale that a commit touches.
func (s Shows) Changes(before, after *content.Entry) ([]*pluginpb.Change, error) {
	var out []*pluginpb.Change
	for _, l := range localesOf(before, after) {
		b, err := s.entry(before, l)
		if err != nil {
			return nil, err
		}
		a, err := s.entry(after, l)
		if err != nil {
			return nil, err
		}
		if a != nil || b != nil {
			out = append(out, &pluginpb.Change{Before: b, After: a})
		}
	}
	return out, nil
}

func localesOf(entries ...*content.Entry) []content.Locale {
	var out []content.Locale
	for _, e := range entries {
		if e == nil {
			continue
		}
		for _, l := range e.Locales() {
			if !slices.Contains(out, l) {
				out = append(out, l)
			}
		}
	}
	if len(out) == 0 {
		return []content.Locale{content.Shared}
	}
	return out
}

func (s Shows) entry(e *content.Entry, l content.Locale) (*pluginpb.Entry, error) {
	if e == nil || e.Side(l).Newest() == nil {
		return nil, nil
	}
	values := e.Working(l)
	visible := content.Values{}
	for _, f := range s.Fields.Of(s.Col) {
		if v, ok := values[f.ID]; ok {
			visible[f.ID] = v
		}
	}
	raw, err := json.Marshal(s.Kinds.Encode(s.Col, visible))
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", e.ID, err)
	}
	return &pluginpb.Entry{Collection: string(s.Col.ID), Id: string(e.ID), Locale: string(l), Revision: int64(e.Revision),
		Published: e.Side(l).Published != nil, Trashed: e.TrashedAt != nil, ValuesJson: raw}, nil
}

// Refusal is a commit that a plugin refuses, in the plugin's words.
func Refusal(name string, refusals []*pluginpb.Refusal) error {
	var faults []problem.Field
	for _, r := range refusals[:min(len(refusals), wire.MaxFaults)] {
		at := ""
		if r.Field != "" {
			at = "/" + wire.Clip(r.Field, 60)
		}
		faults = append(faults, problem.Field{Pointer: at, Code: "plugin_refusal",
			Args: problem.Args{"plugin": name, "text": wire.Words(r.Message)}})
	}
	return &problem.Error{Kind: problem.Invalid, Code: "plugin_refuses", Args: problem.Args{"plugin": name}, Fields: faults}
}

// Patches reads the patches of an answer: fields that the grant names, of
// entries that the commit saves.
func Patches(in []*pluginpb.Patch, pr action.Proposal, may map[content.CollectionID][]content.FieldID,
	names func(content.CollectionID, []content.FieldID) map[string]bool) ([]action.Patch, error) {
	var out []action.Patch
	for _, p := range in {
		i := slices.IndexFunc(pr.Commit.Changes, func(c content.Change) bool {
			return c.Entry != nil && string(c.Entry.ID) == p.Id
		})
		if i < 0 {
			return nil, fmt.Errorf("a patch of %.40q, which is not in the commit", p.Id)
		}
		var values map[string]any
		if err := json.Unmarshal(p.ValuesJson, &values); err != nil {
			return nil, fmt.Errorf("a patch that is no JSON object: %w", err)
		}
		collection := pr.Commit.Changes[i].Entry.Collection
		allowed := names(collection, may[collection])
		for name := range values {
			if !allowed[name] {
				return nil, fmt.Errorf("a patch of the field %.60q of %s, which was not granted", name, collection)
			}
		}
		out = append(out, action.Patch{Entry: content.EntryID(p.Id), Locale: content.Locale(p.Locale), Values: values})
	}
	return out, nil
}
