package action

import (
	"reflect"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// MarkEntry notes something about an entry that is no part of what people
// write: when it was last confirmed, when to ask again. It changes fields that
// are not localized in what is live and in the draft alike, so that it neither
// publishes a draft nor waits for one. Only the program itself may.
type MarkEntry struct {
	ID content.EntryID
	// Was holds what some of the fields must be before it, by name; nil for
	// absent. Otherwise it is a conflict: somebody else was first.
	Was map[string]any
	// Values by name; nil empties a field. Fields that the collection does not
	// have are left out.
	Values map[string]any
}

// Name is "entry.mark".
func (MarkEntry) Name() string { return "entry.mark" }

// Needs the right to update.
func (a MarkEntry) Needs(tx *view.Tx) ([]access.Need, error) {
	return need(tx, access.Update, a.ID)
}

// Plan makes the next revision, of what there is.
func (a MarkEntry) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	e, err := begin(tx, env, a.ID, nil)
	if err != nil {
		return nil, err
	}
	now := e.Side(content.Shared).Newest()
	for name, want := range a.Was {
		f := e.col.FieldNamed(name)
		if f == nil {
			continue
		}
		var have any
		if now != nil {
			have = now.Values[f.ID]
		}
		if !reflect.DeepEqual(have, want) {
			return nil, problem.New(problem.Conflict, "entry_marked", nil)
		}
	}
	values, err := a.normalized(e.col, env)
	if err != nil || len(values) == 0 {
		return nil, err
	}
	side := e.side(content.Shared)
	if side.Draft == nil && side.Published == nil {
		return nil, problem.New(problem.Conflict, "entry_marked", nil)
	}
	side.Draft, side.Published = e.marked(side.Draft, values), e.marked(side.Published, values)
	return e.changes(), nil
}

// normalized gives the values as they are kept, by field.
func (a MarkEntry) normalized(col *schema.Collection, env Env) (content.Values, error) {
	out := content.Values{}
	for name, v := range a.Values {
		f := col.FieldNamed(name)
		if f == nil || f.Localized || f.Personal {
			continue
		}
		if v != nil {
			var err error
			if v, err = env.Kinds[f.Kind].Normalize(*f, v); err != nil {
				return nil, err
			}
		}
		out[f.ID] = v
	}
	return out, nil
}

func (e *edit) marked(v *content.Version, values content.Values) *content.Version {
	if v == nil {
		return nil
	}
	next := *v
	next.Revision, next.At, next.By, next.Sealed = e.Revision, e.env.Now, e.env.By, nil
	next.Values = schema.Apply(v.Values, values)
	return &next
}
