package action

import (
	"maps"
	"slices"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// Inputs are values by API name for one or more locales, in outer form. What
// the locales share may be given with any of them, but only once or alike.
// Pointers in problems are into the values of a locale; with several locales
// they begin with the locale.
type Inputs map[content.Locale]map[string]any

// CreateEntry makes a new entry with a draft in each locale of Inputs, of
// which there must be at least one. A slug that is not given is made from the
// field that it follows, with a number behind it when that is taken; one that
// is given and taken is refused.
type CreateEntry struct {
	Collection string // id or name
	Inputs     Inputs

	// ID is drawn by the caller, so that other acts of a commit can name the
	// entry: a ULID of now that was never used. Empty: it is drawn here.
	ID content.EntryID

	Parent content.EntryID // trees only; empty: at the top
	// After and Before name the sibling to stand next to; both empty: last.
	After, Before content.EntryID

	Publish bool // at once, in every locale of Inputs
}

// Name is "entry.create".
func (CreateEntry) Name() string { return "entry.create" }

// Needs the right to create with these fields, and to publish if asked to.
func (a CreateEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	c, err := collectionOf(tx, a.Collection)
	if err != nil {
		return nil, err
	}
	needs := []access.Need{{Verb: access.Create, Collection: string(c.ID), Of: c, Fields: a.Inputs.fields(c)}}
	if a.Publish {
		needs = append(needs, access.Need{Verb: access.Publish, Collection: string(c.ID), Of: c})
	}
	return needs, nil
}

// Plan makes the entry.
func (a CreateEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	c, err := collectionOf(tx, a.Collection)
	if err != nil {
		return nil, err
	}
	if err := onlyOne(tx, c); err != nil {
		return nil, err
	}
	if len(a.Inputs) == 0 {
		return nil, problem.New(problem.BadRequest, "locale_needed", nil)
	}
	if a.ID == "" {
		a.ID = content.EntryID(env.NewID())
	} else if err := drawn(tx, env, a.ID); err != nil {
		return nil, err
	}
	e := create(env, c, a.ID)
	if err := e.place(tx, a.Parent, a.After, a.Before); err != nil {
		return nil, err
	}
	defaults, err := env.Kinds.Defaults(c)
	if err != nil {
		return nil, err
	}
	if err := e.take(tx, a.Inputs, defaults); err != nil {
		return nil, err
	}
	if a.Publish {
		if err := e.publish(tx, faces(e.Entry), env); err != nil {
			return nil, err
		}
	}
	return e.changes(), nil
}

// onlyOne refuses a second entry of a singleton.
func onlyOne(tx *view.Tx, c *schema.Collection) error {
	if !c.Singleton {
		return nil
	}
	return tx.EachEntry(c.ID, func(e *content.Entry) error {
		if e.TrashedAt != nil {
			return nil
		}
		return problem.New(problem.Conflict, "singleton_exists", problem.Args{"collection": c.Name}).
			With("entry", string(e.ID))
	})
}

// locales gives those of the inputs in a stable order.
func (in Inputs) locales() []content.Locale {
	return slices.Sorted(maps.Keys(in))
}

// fields gives the ids of the fields that the inputs name; what the collection
// does not have is refused later, by decoding.
func (in Inputs) fields(c *schema.Collection) []content.FieldID {
	var ids []content.FieldID
	for _, input := range in {
		for name := range input {
			if f := c.FieldNamed(name); f != nil && !slices.Contains(ids, f.ID) {
				ids = append(ids, f.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}
