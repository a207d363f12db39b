package action

import (
	"strconv"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// ImportNouns brings users and assets in as they are elsewhere, with their
// ids, all or none. Only the program itself may. Those that are the same
// already change nothing; a user who was erased stays erased.
type ImportNouns struct {
	Users  []content.User
	Assets []content.Asset // their blobs are there already
	// Replace changes those that exist; otherwise they are left as they are.
	Replace bool
}

// Name is "site.import".
func (ImportNouns) Name() string { return "site.import" }

// Needs nothing: Plan refuses whoever is not the program.
func (ImportNouns) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan brings them in.
func (a ImportNouns) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := env.programOnly(); err != nil {
		return nil, err
	}
	if n := len(a.Users) + len(a.Assets); n > MaxImport {
		return nil, problem.New(problem.TooLarge, "import_too_large", problem.Args{"limit": MaxImport, "n": n})
	}
	var changes []content.Change
	var faults []problem.Field
	for i := range a.Users {
		next, err := a.user(tx, env, a.Users[i])
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				return nil, err
			}
			p := asProblem(err)
			faults = append(faults, problem.Field{Pointer: "/users/" + strconv.Itoa(i), Code: p.Code, Args: p.Args})
		}
		changes = append(changes, next...)
	}
	for i := range a.Assets {
		next, err := a.asset(tx, a.Assets[i])
		if err != nil {
			if problem.KindOf(err) == problem.Internal {
				return nil, err
			}
			p := asProblem(err)
			faults = append(faults, problem.Field{Pointer: "/assets/" + strconv.Itoa(i), Code: p.Code, Args: p.Args})
		}
		changes = append(changes, next...)
	}
	return changes, problem.OfFields(problem.Invalid, "import_invalid", faults)
}

func (a ImportNouns) user(tx *view.Tx, env Env, u content.User) ([]content.Change, error) {
	if !validID(content.EntryID(u.ID)) {
		return nil, problem.New(problem.Invalid, "id_malformed", problem.Args{"id": short(string(u.ID))})
	}
	old, err := findUser(tx, u.ID)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	exists := err == nil
	if exists && (!a.Replace || erased(old)) {
		return nil, nil
	}
	if u.Email != "" {
		if u.Email, err = normalEmail(env.Kinds, u.Email); err != nil || u.Email == "" {
			return nil, problem.New(problem.Invalid, "email_needed", nil)
		}
		other, err := tx.NounByLookup(content.NounUser, EmailLookup(u.Email))
		switch {
		case err != nil && !missing(err):
			return nil, err
		case err == nil && other.ID != string(u.ID):
			return nil, problem.New(problem.Conflict, "email_taken", nil)
		}
	}
	if exists {
		if u.PasswordHash == "" {
			u.PasswordHash, u.TOTPSecret = old.PasswordHash, old.TOTPSecret
		}
		u.Epoch = old.Epoch
		if sameUser(old, u) {
			return nil, nil
		}
		if err := keepAdministrator(tx, old, u); err != nil {
			return nil, err
		}
		u.Epoch++
	}
	return changeUser(u)
}

func (a ImportNouns) asset(tx *view.Tx, next content.Asset) ([]content.Change, error) {
	if !validID(content.EntryID(next.ID)) {
		return nil, problem.New(problem.Invalid, "id_malformed", problem.Args{"id": short(string(next.ID))})
	}
	old, err := find[content.Asset](tx, content.NounAsset, string(next.ID))
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	exists := err == nil
	if exists && !a.Replace {
		return nil, nil
	}
	next.Revision = old.Revision
	if err := tidyAsset(&next); err != nil {
		return nil, err
	}
	if same, err := sameJSON(old, next); exists && (same || err != nil) {
		return nil, err
	}
	next.Revision++
	return changeNoun(content.NounAsset, string(next.ID), "", next)
}
