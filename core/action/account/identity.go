package account

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of the accounts elsewhere that a user may sign in with.
const (
	maxIdentities = 10
	maxSubject    = 255 // characters (OpenID Connect Core §2)
)

// IdentityLookup is the second name of an identity's noun. Like that of a user
// it is sealed in the log.
func IdentityLookup(issuer, subject string) string {
	sum := sha256.Sum256([]byte("identity\x00" + issuer + "\x00" + subject))
	return hex.EncodeToString(sum[:])
}

// ConnectIdentity lets the caller sign in with an account elsewhere, of which
// core/auth has just made sure that it is theirs.
type ConnectIdentity struct {
	Issuer, Subject string
}

// Name is "identity.connect".
func (ConnectIdentity) Name() string { return "identity.connect" }

// Needs nothing but to be signed in as a person.
func (ConnectIdentity) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan connects it, unless it is somebody else's.
func (a ConnectIdentity) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	u, err := me(tx, env)
	if err != nil {
		return nil, err
	}
	if a.Subject == "" || len(a.Subject) > maxSubject {
		return nil, problem.New(problem.Unauthenticated, "oidc_failed", nil)
	}
	lookup := IdentityLookup(a.Issuer, a.Subject)
	n, err := tx.NounByLookup(content.NounIdentity, lookup)
	if err != nil && !noun.Missing(err) {
		return nil, err
	}
	if err == nil {
		old, err := noun.Decode[content.Identity](n)
		if err == nil && old.User != u.ID {
			err = problem.New(problem.Conflict, "identity_taken", nil)
		}
		env.About(n.ID)
		return nil, err
	}
	all, err := IdentitiesOf(tx, u.ID)
	if err != nil {
		return nil, err
	}
	if len(all) >= maxIdentities {
		return nil, problem.New(problem.Conflict, "identities_many", problem.Args{"limit": maxIdentities})
	}
	i := content.Identity{ID: content.IdentityID(env.NewID()), User: u.ID, Issuer: a.Issuer, CreatedAt: env.Now}
	noun, err := noun.Of(content.NounIdentity, string(i.ID), lookup, i)
	if err != nil {
		return nil, err
	}
	noun.Personal, err = json.Marshal(content.IdentityPersonal{Subject: a.Subject})
	return []content.Change{{Noun: noun}}, err
}

// IdentitiesOf gives the accounts elsewhere of a user.
func IdentitiesOf(tx *view.Tx, id content.UserID) ([]content.Identity, error) {
	out := []content.Identity{}
	err := noun.Each(tx, content.NounIdentity, func(i content.Identity) (bool, error) {
		if i.User == id {
			out = append(out, i)
		}
		return true, nil
	})
	return out, err
}

// DisconnectIdentity ends signing in with an account elsewhere. It is for the
// user themself and for those who manage users.
type DisconnectIdentity struct {
	ID content.IdentityID
}

// Name is "identity.disconnect".
func (DisconnectIdentity) Name() string { return "identity.disconnect" }

// Needs nothing here: everyone may disconnect their own, and Plan asks for
// others'.
func (DisconnectIdentity) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan disconnects it. Sessions go on: how they began does not matter.
func (a DisconnectIdentity) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	i, err := noun.Find[content.Identity](tx, content.NounIdentity, string(a.ID))
	if err != nil {
		return nil, err
	}
	if err := own(env, i.User, access.Users); err != nil {
		if problem.KindOf(err) == problem.Forbidden {
			err = noun.Absent(content.NounIdentity, string(a.ID)) // nobody learns who has which
		}
		return nil, err
	}
	return []content.Change{noun.Gone(content.NounIdentity, string(a.ID))}, nil
}
