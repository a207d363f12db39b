package account

import (
	"slices"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// SaveRole makes or changes a role. Its id is given by the caller, once.
type SaveRole struct {
	Role    access.Role // Builtin and Revision are not the caller's to set
	IfMatch *int        // revision; 0 for a role that must not exist yet
}

// Name is "role.save".
func (SaveRole) Name() string { return "role.save" }

// Needs the right to manage roles.
func (SaveRole) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Roles) }

// Plan checks and saves.
func (a SaveRole) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	old, err := noun.Find[access.Role](tx, content.NounRole, string(a.Role.ID))
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	if a.IfMatch != nil && *a.IfMatch != old.Revision {
		return nil, problem.New(problem.Stale, "role_changed", problem.Args{"revision": old.Revision}).
			With("current_revision", old.Revision)
	}
	role := a.Role
	role.Builtin, role.Revision = old.Builtin, old.Revision
	if err := access.CheckRole(&role, tx.Collection, env.Kinds); err != nil {
		return nil, err
	}
	if same, err := noun.Same(old, role); same || err != nil {
		env.About(string(role.ID))
		return nil, err
	}
	other, err := tx.NounByLookup(content.NounRole, role.Name)
	switch {
	case err != nil && !noun.Missing(err):
		return nil, err
	case err == nil && other.ID != string(role.ID):
		return nil, problem.New(problem.Conflict, "role_name_taken", problem.Args{"name": role.Name})
	}
	if role.ID == access.Administrator && !keepsKeys(role) {
		return nil, problem.New(problem.Conflict, "administrator_locked_out", nil)
	}
	role.Revision++
	return noun.Change(content.NounRole, string(role.ID), role.Name, role)
}

// keepsKeys reports whether a role can still hand out every right: without
// that nobody could repair a mistake.
func keepsKeys(r access.Role) bool {
	policy := access.OfRoles(time.Time{}, r)
	for _, what := range []string{access.Users, access.Roles} {
		if !policy.May(access.Manage, what) {
			return false
		}
	}
	return true
}

// RemoveRole removes a role that is not built in. Users who hold it lose it,
// which has to be confirmed with Force.
type RemoveRole struct {
	ID    content.RoleID
	Force bool
}

// Name is "role.remove".
func (RemoveRole) Name() string { return "role.remove" }

// Needs the right to manage roles.
func (RemoveRole) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Roles) }

// Plan removes the role, and takes it from its holders.
func (a RemoveRole) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	role, err := noun.Find[access.Role](tx, content.NounRole, string(a.ID))
	if err != nil {
		return nil, err
	}
	if role.Builtin {
		return nil, problem.New(problem.Conflict, "role_builtin", nil)
	}
	changes := []content.Change{noun.Gone(content.NounRole, string(a.ID))}
	err = noun.Each(tx, content.NounUser, func(u content.User) (bool, error) {
		if !slices.Contains(u.Roles, a.ID) {
			return true, nil
		}
		whole, err := noun.FindUser(tx, u.ID)
		if err != nil {
			return false, err
		}
		whole.Roles = slices.DeleteFunc(slices.Clone(u.Roles), func(r content.RoleID) bool { return r == a.ID })
		n, err := noun.OfUser(whole)
		changes = append(changes, content.Change{Noun: n})
		return len(changes) <= action.MaxChanges, err
	})
	if holders := len(changes) - 1; err == nil && holders > 0 && !a.Force {
		return nil, problem.New(problem.Conflict, "role_held", problem.Args{"n": holders}).With("users", holders)
	}
	return changes, err
}
