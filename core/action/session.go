package action

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// OpenSession signs a user in. Only the program itself does that, once
// core/auth has made sure of who it is.
type OpenSession struct {
	User    content.UserID
	Digest  string // of the secret: hexadecimal SHA-256, the lookup of the session
	Expires time.Time
	Agent   string // coarse: "Firefox, Linux"
}

// Name is "session.open".
func (OpenSession) Name() string { return "session.open" }

// Needs nothing: only the program itself may.
func (OpenSession) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan opens the session, in the user's present epoch.
func (a OpenSession) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := env.programOnly(); err != nil {
		return nil, err
	}
	u, err := findUser(tx, a.User)
	if err != nil {
		return nil, err
	}
	if u.Disabled {
		return nil, problem.New(problem.Forbidden, "user_disabled", nil)
	}
	if err := secretFree(tx, content.NounSession, a.Digest); err != nil {
		return nil, err
	}
	s := content.Session{ID: content.SessionID(env.NewID()), User: u.ID, Epoch: u.Epoch,
		CreatedAt: env.Now, ExpiresAt: a.Expires.UTC(), Agent: cutText(a.Agent, 100)}
	return changeNoun(content.NounSession, string(s.ID), a.Digest, s)
}

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
	if missing(err) {
		return nil
	}
	return err
}

func cutText(s string, limit int) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, ""))
	for len(s) > limit {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
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
func (a CloseSession) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	s, err := find[content.Session](tx, content.NounSession, string(a.ID))
	if err != nil && problem.KindOf(err) == problem.NotFound {
		env.out.subject = string(a.ID)
		return nil, nil //nolint:nilerr // it is closed, as asked for
	}
	if err != nil {
		return nil, err
	}
	if err := own(env, s.User, access.Users); err != nil {
		return nil, err
	}
	return []content.Change{gone(content.NounSession, string(a.ID))}, nil
}

// own lets someone do with their own what only managers do with others'.
func own(env Env, user content.UserID, what string) error {
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
func (a CloseSessions) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := own(env, a.User, access.Users); err != nil {
		return nil, err
	}
	u, err := findUser(tx, a.User)
	if err != nil {
		return nil, err
	}
	u.Epoch++
	return changeUser(u)
}

// SweepSessions removes sessions that are over, at most 500 at a time.
type SweepSessions struct{}

// Name is "session.sweep".
func (SweepSessions) Name() string { return "session.sweep" }

// Needs nothing: only the program itself may.
func (SweepSessions) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan removes them.
func (SweepSessions) Plan(tx *view.Tx, env Env) ([]content.Change, error) {
	if err := env.programOnly(); err != nil {
		return nil, err
	}
	var changes []content.Change
	epochs := map[content.UserID]int{}
	err := eachNoun(tx, content.NounSession, func(s content.Session) (bool, error) {
		epoch, known := epochs[s.User]
		if !known {
			u, err := findUser(tx, s.User)
			if err != nil && problem.KindOf(err) != problem.NotFound {
				return false, err
			}
			epoch = u.Epoch
			epochs[s.User] = epoch
		}
		if !env.Now.Before(s.ExpiresAt) || s.Epoch != epoch {
			changes = append(changes, gone(content.NounSession, string(s.ID)))
		}
		return len(changes) < 500, nil
	})
	return changes, err
}
