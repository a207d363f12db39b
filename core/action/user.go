package action

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
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
func (SaveUser) Needs(*view.Tx) ([]access.Need, error) { return manage(access.Users) }

// Plan saves. New roles count from the next request; nobody is signed out.
func (a SaveUser) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	u := content.User{ID: a.ID, CreatedAt: env.Now}
	if a.ID == "" {
		u.ID = content.UserID(env.NewID())
	} else {
		var err error
		if u, err = findUser(tx, a.ID); err != nil {
			return nil, err
		}
		if erased(u) {
			return nil, problem.New(problem.Conflict, "user_erased", nil)
		}
	}
	was := u
	if err := a.Set.apply(tx, env, &u); err != nil {
		return nil, err
	}
	if a.ID != "" && sameUser(was, u) {
		env.out.subject = string(u.ID)
		return nil, nil
	}
	if err := keepAdministrator(tx, was, u); err != nil {
		return nil, err
	}
	return changeUser(u)
}

// erased users have no e-mail, which every other user has.
func erased(u content.User) bool { return u.Email == "" }

func sameUser(a, b content.User) bool {
	return a.UserPersonal == b.UserPersonal && slices.Equal(a.Roles, b.Roles) && a.Locale == b.Locale &&
		a.Association == b.Association && a.Disabled == b.Disabled && a.Epoch == b.Epoch
}

func (a UserFields) apply(tx *view.Tx, env Env, u *content.User) error {
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
			fault("/locale", "locale_unknown", problem.Args{"locale": short(string(u.Locale))})
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
			if !missing(err) {
				return err
			}
			fault("/association", "target_missing", problem.Args{"field": "association", "id": short(string(u.Association))})
		}
	}
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

func (a UserFields) email(tx *view.Tx, env Env, u *content.User, fault func(string, string, problem.Args)) error {
	given := ""
	if a.Email != nil {
		given = *a.Email
	}
	email, err := normalEmail(env.Kinds, given)
	if err != nil || email == "" {
		fault("/email", "email_needed", nil)
		return nil //nolint:nilerr // told as a fault
	}
	other, err := tx.NounByLookup(content.NounUser, EmailLookup(email))
	switch {
	case err != nil && !missing(err):
		return err
	case err == nil && other.ID != string(u.ID):
		return problem.New(problem.Conflict, "email_taken", nil)
	}
	u.Email = email
	return nil
}

// normalEmail brings an address into the form of the email kind.
func normalEmail(kinds schema.Kinds, email string) (string, error) {
	kind := kinds["email"]
	if kind == nil {
		return "", errors.New("there is no kind for e-mail addresses")
	}
	v, err := kind.Normalize(schema.Field{Name: "email", Kind: "email"}, email)
	text, _ := v.(string)
	return text, err
}

func (a UserFields) roles(tx *view.Tx, u *content.User, fault func(string, string, problem.Args)) error {
	roles := slices.Clone(*a.Roles)
	if len(roles) > MaxRoles {
		fault("/roles", "too_many_roles", problem.Args{"limit": MaxRoles})
		return nil
	}
	for i, id := range roles {
		_, err := tx.Noun(content.NounRole, string(id))
		if missing(err) && !slices.Contains(u.Roles, id) {
			fault("/roles/"+strconv.Itoa(i), "role_missing", problem.Args{"id": short(string(id))})
		} else if err != nil && !missing(err) {
			return err
		}
	}
	slices.Sort(roles)
	u.Roles = slices.Compact(roles)
	return nil
}

func administers(u content.User) bool {
	return !u.Disabled && slices.Contains(u.Roles, access.Administrator)
}

// keepAdministrator refuses a change that leaves nobody who can administer.
func keepAdministrator(tx *view.Tx, was, now content.User) error {
	if !administers(was) || administers(now) {
		return nil
	}
	other := false
	err := eachNoun(tx, content.NounUser, func(u content.User) (bool, error) {
		other = u.ID != was.ID && administers(u)
		return !other, nil
	})
	if err == nil && !other {
		err = problem.New(problem.Conflict, "last_administrator", nil)
	}
	return err
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
func (a SaveMe) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
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
func (a SetPassword) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	u, err := credentials(tx, env, a.User)
	if err != nil {
		return nil, err
	}
	u.PasswordHash = a.Hash
	u.Epoch++
	return changeUser(u)
}

// SetTOTP sets or, when empty, takes away the secret of a user's second
// factor. Every session of theirs ends.
type SetTOTP struct {
	User   content.UserID
	Secret string
}

// Name is "user.set_totp".
func (SetTOTP) Name() string { return "user.set_totp" }

// Needs nothing here: everyone may set their own, and Plan asks for others'.
func (SetTOTP) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan sets it.
func (a SetTOTP) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	u, err := credentials(tx, env, a.User)
	if err != nil {
		return nil, err
	}
	u.TOTPSecret = a.Secret
	u.Epoch++
	return changeUser(u)
}

// credentials gives a user whose secrets the caller may change: their own, in
// person and not by a token, or those of others with the right to manage users.
func credentials(tx *view.Tx, env Env, id content.UserID) (content.User, error) {
	if own := env.By.Kind == content.ActorUser && env.By.ID == string(id); !own {
		if _, err := env.Policy.Allow(access.Need{Verb: access.Manage, Collection: access.Users}); err != nil {
			return content.User{}, err
		}
	}
	u, err := findUser(tx, id)
	if err == nil && erased(u) {
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
func (DisableUser) Needs(*view.Tx) ([]access.Need, error) { return manage(access.Users) }

// Plan disables or enables.
func (a DisableUser) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	u, err := findUser(tx, a.ID)
	if err != nil {
		return nil, err
	}
	if erased(u) && !a.Disabled {
		return nil, problem.New(problem.Conflict, "user_erased", nil)
	}
	if u.Disabled == a.Disabled {
		env.out.subject = string(u.ID)
		return nil, nil
	}
	was := u
	u.Disabled = a.Disabled
	u.Epoch++
	if err := keepAdministrator(tx, was, u); err != nil {
		return nil, err
	}
	return changeUser(u)
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
func (a EraseUser) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	was, err := findUser(tx, a.ID)
	if err != nil {
		return nil, err
	}
	if erased(was) {
		env.out.subject = string(was.ID)
		return nil, nil
	}
	u := content.User{ID: was.ID, CreatedAt: was.CreatedAt, Disabled: true, Epoch: was.Epoch + 1}
	if err := keepAdministrator(tx, was, u); err != nil {
		return nil, err
	}
	changes, err := changeUser(u)
	return append(changes, content.Change{Erased: &content.Erased{Kind: content.NounUser, ID: string(u.ID)}}), err
}
