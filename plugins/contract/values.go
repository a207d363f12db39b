package contract

import (
	"context"
	"fmt"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
)

// robot is who makes the entries: the program itself, who may do everything.
var robot = content.Actor{Kind: content.ActorSystem, ID: "contract"}

// made are values that fit fields of a kind, where the field asks for nothing
// particular.
var made = map[string]any{
	"text": "Contrat", "longtext": "Un texte.", "markdown": "Un *texte*.", "number": 1, "boolean": true, "date": "2027-05-12",
	"datetime": "2027-05-12T10:00:00Z", "email": "contract@example.org", "url": "https://example.org/", "slug": "contrat",
}

// values makes up values for the simple fields of a collection, or gives those
// of the configuration.
func (t *trial) values(c *schema.Collection) map[string]any {
	if v, ok := t.Entries[string(c.ID)]; ok {
		return v
	}
	out := map[string]any{}
	for _, f := range c.Fields {
		if v, ok := made[f.Kind]; ok && f.Kind != "slug" {
			out[f.Name] = v
		}
	}
	return out
}

// own gives the collections of the plugin that a predicate picks.
func (t *trial) own(ids []content.CollectionID) []*schema.Collection {
	var out []*schema.Collection
	for _, id := range ids {
		for i := range t.m.Collections {
			if t.m.Collections[i].ID == id {
				out = append(out, &t.m.Collections[i])
			}
		}
	}
	return out
}

// create makes an entry, published.
func (t *trial) create(ctx context.Context, c *schema.Collection) (content.EntryID, error) {
	r, err := t.site.Runner.Do(ctx, robot, action.CreateEntry{Collection: string(c.ID),
		Inputs: action.Inputs{"fr": t.values(c)}, Publish: true})
	return content.EntryID(r.Subject), err
}

// cannot says that there are no entries to try with.
func cannot(c *schema.Collection, err error) error {
	return apart(fmt.Sprintf("no entry of %s could be made up: %s. Give values with --entries.", c.ID, said(err)))
}
