// Package account holds the acts of and on accounts: users, roles, tokens,
// sessions, second factors, identities elsewhere, one-time links, preferences.
// Each is an action.Action.
package account

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of a user.
const (
	MaxName  = 200 // characters of a person's name
	MaxRoles = 50  // of one user
)

// UserFields are what can be said of a user. Nil fields stay as they are.
type UserFields struct {
	Name        *string
	Email       *string
	Roles       *[]content.RoleID
	Locale      *content.Locale
	Association *content.EntryID
}

// SaveUser makes a user or changes one. The secrets have actions of their own.
type SaveUser struct {
	ID  content.UserID // empty: a new user, who needs an e-mail
	Set UserFields
}

// Name is "user.save".
func (SaveUser) Name() string { return "user.save" }

// Needs the right to manage users.
func (SaveUser) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Users) }

// Plan saves. New roles count from the next request, and sign nobody out. A new
// e-mail does, and voids links: whoever reads it can sign in.
func (a SaveUser) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u := content.User{ID: a.ID, CreatedAt: env.Now}
	if a.ID == "" {
		u.ID = content.UserID(env.NewID())
	} else {
		var err error
		if u, err = noun.FindUser(tx, a.ID); err != nil {
			return nil, err
		}
		if noun.Erased(u) {
			return nil, problem.New(problem.Conflict, "user_erased", nil)
		}
	}
	was := u
	if err := a.Set.apply(tx, env, &u); err != nil {
		return nil, err
	}
	if a.ID != "" && was.Email != u.Email {
		u.Epoch++
	}
	if a.ID != "" && noun.SameUser(was, u) {
		env.About(string(u.ID))
		return nil, nil
	}
	if err := noun.KeepAdministrator(tx, was, u); err != nil {
		return nil, err
	}
	return noun.ChangeUser(u)
}

func (a UserFields) apply(tx *view.Tx, env action.Env, u *content.User) error {
	var faults []problem.Field
	fault := func(pointer, code string, args problem.Args) {
		faults = append(faults, problem.Field{Pointer: pointer, Code: code, Args: args})
	}
	if a.Name != nil {
		u.Name = strings.TrimSpace(*a.Name)
		if !utf8.ValidString(u.Name) || utf8.RuneCountInString(u.Name) > MaxName {
			fault("/name", "name_too_long", problem.Args{"limit": MaxName})
		}
	}
	if a.Locale != nil {
		u.Locale = *a.Locale
		if u.Locale != "" && !content.ValidLocale(string(u.Locale)) {
			fault("/locale", "locale_unknown", problem.Args{"locale": problem.Short(string(u.Locale))})
		}
	}
	if a.Email != nil || u.Email == "" {
		if err := a.email(tx, env, u, fault); err != nil {
			return err
		}
	}
	if a.Roles != nil {
		if err := a.roles(tx, u, fault); err != nil {
			return err
		}
	}
	if a.Association != nil {
		u.Association = *a.Association
		if _, err := tx.Entry(u.Association); u.Association != "" && err != nil {
			if !noun.Missing(err) {
				return err
			}
			fault("/association", "target_missing", problem.Args{"field": "association", "id": problem.Short(string(u.Association))})
		}
	}
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

func (a UserFields) email(tx *view.Tx, env action.Env, u *content.User, fault func(string, string, problem.Args)) error {
	given := ""
	if a.Email != nil {
		given = *a.Email
	}
	email, err := noun.NormalEmail(env.Kinds, given)
	if err != nil || email == "" {
		fault("/email", "email_needed", nil)
		return nil //nolint:nilerr // told as a fault
	}
	other, err := tx.NounByLookup(content.NounUser, noun.EmailLookup(email))
	switch {
	case err != nil && !noun.Missing(err):
		return err
	case err == nil && other.ID != string(u.ID):
		return problem.New(problem.Conflict, "email_taken", nil)
	}
	u.Email = email
	return nil
}

func (a UserFields) roles(tx *view.Tx, u *content.User, fault func(string, string, problem.Args)) error {
	roles := slices.Clone(*a.Roles)
	if len(roles) > MaxRoles {
		fault("/roles", "too_many_roles", problem.Args{"limit": MaxRoles})
		return nil
	}
	for i, id := range roles {
		_, err := tx.Noun(content.NounRole, string(id))
		if noun.Missing(err) && !slices.Contains(u.Roles, id) {
			fault("/roles/"+strconv.Itoa(i), "role_missing", problem.Args{"id": problem.Short(string(id))})
		} else if err != nil && !noun.Missing(err) {
			return err
		}
	}
	slices.Sort(roles)
	u.Roles = slices.Compact(roles)
	return nil
}

// SaveMe lets a user change their own name and locale; nil stays as it is.
type SaveMe struct {
	Called *string
	Locale *content.Locale
}

// Name is "user.save_me".
func (SaveMe) Name() string { return "user.save_me" }

// Needs nothing but to be signed in as a person.
func (SaveMe) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan saves.
func (a SaveMe) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if env.By.Kind != content.ActorUser {
		return nil, problem.New(problem.Unauthenticated, "person_needed", nil)
	}
	set := UserFields{Name: a.Called, Locale: a.Locale}
	return SaveUser{ID: content.UserID(env.By.ID), Set: set}.Plan(tx, env)
}

// SetPassword sets or, when empty, takes away the password of a user. Every
// session of theirs ends. core/auth makes the hash and checks the old one.
type SetPassword struct {
	User content.UserID
	Hash string // PHC string
}

// Name is "user.set_password".
func (SetPassword) Name() string { return "user.set_password" }

// Needs nothing here: everyone may set their own, and Plan asks for others'.
func (SetPassword) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan sets it.
func (a SetPassword) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := credentials(tx, env, a.User)
	if err != nil {
		return nil, err
	}
	u.PasswordHash = a.Hash
	u.Epoch++
	return noun.ChangeUser(u)
}

// credentials gives a user whose secrets the caller may change: their own, in
// person and not by a token, or those of others with the right to manage users.
func credentials(tx *view.Tx, env action.Env, id content.UserID) (content.User, error) {
	if own := env.By.Kind == content.ActorUser && env.By.ID == string(id); !own {
		if _, err := env.Policy.Allow(access.Need{Verb: access.Manage, Collection: access.Users}); err != nil {
			return content.User{}, err
		}
	}
	u, err := noun.FindUser(tx, id)
	if err == nil && noun.Erased(u) {
		err = problem.New(problem.Conflict, "user_erased", nil)
	}
	return u, err
}

// DisableUser shuts a user out, or lets them in again. Every session of theirs
// ends, and their tokens have no effect meanwhile.
type DisableUser struct {
	ID       content.UserID
	Disabled bool
}

// Name is "user.disable".
func (DisableUser) Name() string { return "user.disable" }

// Needs the right to manage users.
func (DisableUser) Needs(*view.Tx) ([]access.Need, error) { return noun.Manage(access.Users) }

// Plan disables or enables.
func (a DisableUser) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := noun.FindUser(tx, a.ID)
	if err != nil {
		return nil, err
	}
	if noun.Erased(u) && !a.Disabled {
		return nil, problem.New(problem.Conflict, "user_erased", nil)
	}
	if u.Disabled == a.Disabled {
		env.About(string(u.ID))
		return nil, nil
	}
	was := u
	u.Disabled = a.Disabled
	u.Epoch++
	if err := noun.KeepAdministrator(tx, was, u); err != nil {
		return nil, err
	}
	return noun.ChangeUser(u)
}

// EraseUser destroys what is personal of a user, for ever. Their id stays in
// the history, and nothing in it says who it was.
type EraseUser struct {
	ID content.UserID
}

// Name is "user.erase".
func (EraseUser) Name() string { return "user.erase" }

// Needs the right to erase users, which who manages them has not by that.
func (EraseUser) Needs(*view.Tx) ([]access.Need, error) {
	return []access.Need{{Verb: access.Erase, Collection: access.Users}}, nil
}

// Plan erases.
func (a EraseUser) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	was, err := noun.FindUser(tx, a.ID)
	if err != nil {
		return nil, err
	}
	if noun.Erased(was) {
		env.About(string(was.ID))
		return nil, nil
	}
	u := content.User{ID: was.ID, CreatedAt: was.CreatedAt, Disabled: true, Epoch: was.Epoch + 1}
	if err := noun.KeepAdministrator(tx, was, u); err != nil {
		return nil, err
	}
	changes, err := noun.ChangeUser(u)
	if err != nil {
		return nil, err
	}
	changes = append(changes, content.Change{Erased: &content.Erased{Kind: content.NounUser, ID: string(u.ID)}})
	return a.signIns(tx, was, changes)
}

// signIns adds the end of what the user signed in with, and kept.
func (a EraseUser) signIns(tx *view.Tx, was content.User, changes []content.Change) ([]content.Change, error) {
	if _, err := tx.Noun(content.NounFactor, string(was.ID)); err == nil {
		changes = append(changes, noun.Gone(content.NounFactor, string(was.ID)))
	} else if !noun.Missing(err) {
		return nil, err
	}
	if _, err := tx.Noun(content.NounPreference, string(was.ID)); err == nil {
		changes = append(changes, noun.Gone(content.NounPreference, string(was.ID)))
	} else if !noun.Missing(err) {
		return nil, err
	}
	identities, err := IdentitiesOf(tx, was.ID)
	for _, i := range identities {
		changes = append(changes, noun.Gone(content.NounIdentity, string(i.ID)))
	}
	return changes, err
}
