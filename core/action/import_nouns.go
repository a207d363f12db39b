package action

import (
	"strconv"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
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
	if err := env.ProgramOnly(); err != nil {
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
		return nil, problem.New(problem.Invalid, "id_malformed", problem.Args{"id": problem.Short(string(u.ID))})
	}
	old, err := noun.FindUser(tx, u.ID)
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	exists := err == nil
	u.SecondFactor = old.SecondFactor // stays with the site where it was set up
	if exists && (!a.Replace || noun.Erased(old)) {
		return nil, nil
	}
	if u.Email != "" {
		if u.Email, err = noun.NormalEmail(env.Kinds, u.Email); err != nil || u.Email == "" {
			return nil, problem.New(problem.Invalid, "email_needed", nil)
		}
		other, err := tx.NounByLookup(content.NounUser, noun.EmailLookup(u.Email))
		switch {
		case err != nil && !noun.Missing(err):
			return nil, err
		case err == nil && other.ID != string(u.ID):
			return nil, problem.New(problem.Conflict, "email_taken", nil)
		}
	}
	if exists {
		if u.PasswordHash == "" {
			u.PasswordHash = old.PasswordHash
		}
		u.Epoch = old.Epoch
		if noun.SameUser(old, u) {
			return nil, nil
		}
		if err := noun.KeepAdministrator(tx, old, u); err != nil {
			return nil, err
		}
		u.Epoch++
	}
	return noun.ChangeUser(u)
}

func (a ImportNouns) asset(tx *view.Tx, next content.Asset) ([]content.Change, error) {
	if !validID(content.EntryID(next.ID)) {
		return nil, problem.New(problem.Invalid, "id_malformed", problem.Args{"id": problem.Short(string(next.ID))})
	}
	old, err := noun.Find[content.Asset](tx, content.NounAsset, string(next.ID))
	if err != nil && problem.KindOf(err) != problem.NotFound {
		return nil, err
	}
	exists := err == nil
	if exists && !a.Replace {
		return nil, nil
	}
	next.Revision = old.Revision
	if next.Text = nil; next.Blob == old.Blob {
		next.Text = old.Text // what another site found is not in this one's bucket
	}
	if err := tidyAsset(&next); err != nil {
		return nil, err
	}
	if same, err := noun.Same(old, next); exists && (same || err != nil) {
		return nil, err
	}
	next.Revision++
	return noun.Change(content.NounAsset, string(next.ID), "", next)
}
