package account

import (
	"slices"
	"strconv"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// CreateToken gives a program a secret to act with, for a user. People make
// them for themselves; for others only those may who manage users, because a
// token is as good as its user.
type CreateToken struct {
	Label   string
	User    content.UserID // empty: the caller
	Roles   []content.RoleID
	Prefix  string // first characters of the secret
	Digest  string // hexadecimal SHA-256 of the secret
	Expires *time.Time
}

// Name is "token.create".
func (CreateToken) Name() string { return "token.create" }

// Needs nothing here: everyone may make their own, and Plan asks for others'.
func (CreateToken) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan makes it.
func (a CreateToken) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if env.By.Kind == content.ActorToken || env.By.Kind == content.ActorPlugin {
		// Otherwise a narrow token could make itself a wide one.
		return nil, problem.New(problem.Forbidden, "person_needed", nil)
	}
	id := a.User
	if id == "" {
		id = env.Policy.User()
	}
	if err := own(env, id, access.Users); err != nil {
		return nil, err
	}
	u, err := noun.FindUser(tx, id)
	if err != nil {
		return nil, err
	}
	t := content.Token{ID: content.TokenID(env.NewID()), Name: noun.Cut(a.Label, MaxName), User: u.ID,
		Roles: slices.Clone(a.Roles), Prefix: a.Prefix, CreatedAt: env.Now, ExpiresAt: action.Whole(a.Expires)}
	if err := a.check(t, u, env.Now); err != nil {
		return nil, err
	}
	if err := secretFree(tx, content.NounToken, a.Digest); err != nil {
		return nil, err
	}
	return noun.Change(content.NounToken, string(t.ID), a.Digest, t)
}

func (a CreateToken) check(t content.Token, u content.User, now time.Time) error {
	if u.Disabled {
		return problem.New(problem.Conflict, "user_disabled", nil)
	}
	var faults []problem.Field
	if t.Name == "" {
		faults = append(faults, problem.Field{Pointer: "/name", Code: "token_name_needed"})
	}
	if len(a.Roles) > MaxRoles {
		faults = append(faults, problem.Field{Pointer: "/roles", Code: "too_many_roles", Args: problem.Args{"limit": MaxRoles}})
	}
	for i, r := range a.Roles {
		if i < MaxRoles && !slices.Contains(u.Roles, r) {
			faults = append(faults, problem.Field{Pointer: "/roles/" + strconv.Itoa(i), Code: "role_not_held",
				Args: problem.Args{"id": problem.Short(string(r))}})
		}
	}
	if t.ExpiresAt != nil && !t.ExpiresAt.After(now) {
		faults = append(faults, problem.Field{Pointer: "/expires_at", Code: "time_past"})
	}
	return problem.OfFields(problem.Invalid, "invalid_values", faults)
}

// RevokeToken ends a token. It is kept, without effect, for the history.
type RevokeToken struct {
	ID content.TokenID
}

// Name is "token.revoke".
func (RevokeToken) Name() string { return "token.revoke" }

// Needs nothing here: everyone may revoke their own, and Plan asks for others'.
func (RevokeToken) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan revokes.
func (a RevokeToken) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	n, err := tx.Noun(content.NounToken, string(a.ID))
	if noun.Missing(err) {
		return nil, noun.Absent(content.NounToken, string(a.ID))
	}
	if err != nil {
		return nil, err
	}
	t, err := noun.Decode[content.Token](n)
	if err != nil {
		return nil, err
	}
	if err := own(env, t.User, access.Tokens); err != nil {
		return nil, err
	}
	if t.RevokedAt != nil {
		env.About(n.ID)
		return nil, nil
	}
	t.RevokedAt = new(env.Now)
	return noun.Change(content.NounToken, n.ID, n.Lookup, t)
}
