package action

import (
	"fmt"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Init gives an empty site its built-in roles and collections, in one commit,
// so that of two nodes that start at once only one does it. On a site that has
// any role it does nothing: an administrator may have removed the others.
type Init struct{}

// Name is "site.init".
func (Init) Name() string { return "site.init" }

// Needs nothing: only the program itself may.
func (Init) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan gives everything that is built in.
func (Init) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	roles, err := tx.Nouns(content.NounRole, "", 1)
	if err != nil || len(roles) > 0 || len(tx.Collections()) > 0 {
		return nil, err
	}
	var changes []content.Change
	for _, r := range access.BuiltinRoles() {
		n, err := noun.Of(content.NounRole, string(r.ID), r.Name, r)
		if err != nil {
			return nil, err
		}
		changes = append(changes, content.Change{Noun: n})
	}
	collections, err := schema.BuiltinCollections()
	if err != nil {
		return nil, err
	}
	for i := range collections {
		c := &collections[i]
		schema.AssignIDs(c, nil, env.NewID)
		if err := env.Kinds.CheckCollection(c); err != nil {
			return nil, fmt.Errorf("built-in collection %s: %w", c.Name, err)
		}
		c.Revision = 1
		n, err := noun.Of(content.NounCollection, string(c.ID), c.Name, c)
		if err != nil {
			return nil, err
		}
		changes = append(changes, content.Change{Noun: n})
	}
	return changes, nil
}
