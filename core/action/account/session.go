package account

import (
	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// secretFree refuses the digest of a secret that was given out before, which
// only a broken source of randomness brings about.
func secretFree(tx *view.Tx, kind content.NounKind, digest string) error {
	if len(digest) != 64 {
		return problem.New(problem.Internal, "digest_malformed", nil)
	}
	_, err := tx.NounByLookup(kind, digest)
	if err == nil {
		return problem.New(problem.Internal, "digest_repeated", nil)
	}
	if noun.Missing(err) {
		return nil
	}
	return err
}

// CloseSession signs one browser out. It is for the user themself and for
// those who manage users; a session that is closed already is no error.
type CloseSession struct {
	ID content.SessionID
}

// Name is "session.close".
func (CloseSession) Name() string { return "session.close" }

// Needs nothing here: everyone may close their own, and Plan asks for others'.
func (CloseSession) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan closes it.
func (a CloseSession) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	s, err := noun.Find[content.Session](tx, content.NounSession, string(a.ID))
	if err != nil && problem.KindOf(err) == problem.NotFound {
		env.About(string(a.ID))
		return nil, nil //nolint:nilerr // it is closed, as asked for
	}
	if err != nil {
		return nil, err
	}
	if err := own(env, s.User, access.Users); err != nil {
		return nil, err
	}
	return []content.Change{noun.Gone(content.NounSession, string(a.ID))}, nil
}

// own lets someone do with their own what only managers do with others'.
func own(env action.Env, user content.UserID, what string) error {
	if env.By.Kind == content.ActorUser && env.By.ID == string(user) {
		return nil
	}
	_, err := env.Policy.Allow(access.Need{Verb: access.Manage, Collection: what})
	return err
}

// CloseSessions signs a user out everywhere, on every node.
type CloseSessions struct {
	User content.UserID
}

// Name is "session.close_all".
func (CloseSessions) Name() string { return "session.close_all" }

// Needs nothing here: everyone may close their own, and Plan asks for others'.
func (CloseSessions) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan begins a new epoch of the user, which ends all sessions of the last.
func (a CloseSessions) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if err := own(env, a.User, access.Users); err != nil {
		return nil, err
	}
	u, err := noun.FindUser(tx, a.User)
	if err != nil {
		return nil, err
	}
	u.Epoch++
	return noun.ChangeUser(u)
}

// SessionsOf gives the sessions of the same user and epoch as one of them, the
// oldest first. Some may have expired.
func SessionsOf(tx *view.Tx, one content.Session) ([]content.Session, error) {
	var out []content.Session
	err := noun.Each(tx, content.NounSession, func(s content.Session) (bool, error) {
		if s.User == one.User && s.Epoch == one.Epoch {
			out = append(out, s)
		}
		return true, nil
	})
	return out, err
}
