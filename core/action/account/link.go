package account

import (
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// LinkAge is how long a link of a purpose is good.
func LinkAge(p content.LinkPurpose) time.Duration {
	switch p {
	case content.LinkInvite:
		return 7 * 24 * time.Hour
	case content.LinkFirst:
		return 24 * time.Hour
	}
	return 15 * time.Minute
}

// maxLinks is how many links of a purpose wait for one user: who asks for more
// for somebody else neither fills their mailbox nor voids a link that waits.
const maxLinks = 3

// OpenLink makes a one-time link. The program makes them for whoever knows an
// e-mail; to invite is for those who manage users.
type OpenLink struct {
	Purpose content.LinkPurpose
	User    content.UserID // empty with LinkFirst
	Digest  string         // hexadecimal SHA-256 of the secret
}

// Name is "link.open".
func (OpenLink) Name() string { return "link.open" }

// Needs the right to manage users, for an invitation.
func (a OpenLink) Needs(*view.Tx) ([]access.Need, error) {
	if a.Purpose == content.LinkInvite {
		return noun.Manage(access.Users)
	}
	return nil, nil
}

// Plan makes it. An invitation voids those before it.
func (a OpenLink) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	l := content.Link{Purpose: a.Purpose, User: a.User, CreatedAt: env.Now, ExpiresAt: env.Now.Add(LinkAge(a.Purpose))}
	if a.Purpose != content.LinkInvite {
		if err := env.ProgramOnly(); err != nil {
			return nil, err
		}
	}
	if a.Purpose == content.LinkFirst {
		if err := noUsers(tx); err != nil {
			return nil, err
		}
	} else if err := a.invitee(tx, &l); err != nil {
		return nil, err
	}
	waiting, err := linksOf(tx, env, l)
	if err != nil {
		return nil, err
	}
	void := []content.Change{}
	switch a.Purpose {
	case content.LinkInvite, content.LinkFirst:
		for _, id := range waiting {
			void = append(void, noun.Gone(content.NounLink, string(id)))
		}
	default:
		if len(waiting) >= maxLinks {
			return nil, problem.New(problem.Limited, "links_waiting", nil)
		}
	}
	if err := secretFree(tx, content.NounLink, a.Digest); err != nil {
		return nil, err
	}
	l.ID = content.LinkID(env.NewID())
	changes, err := noun.Change(content.NounLink, string(l.ID), a.Digest, l)
	return append(changes, void...), err
}

func (a OpenLink) invitee(tx *view.Tx, l *content.Link) error {
	u, err := noun.FindUser(tx, a.User)
	switch {
	case err != nil:
		return err
	case noun.Erased(u):
		return problem.New(problem.Conflict, "user_erased", nil)
	case u.Disabled:
		return problem.New(problem.Conflict, "user_disabled", nil)
	}
	l.Epoch = u.Epoch
	return nil
}

// linksOf gives the links that wait for the same user and purpose.
func linksOf(tx *view.Tx, env action.Env, like content.Link) ([]content.LinkID, error) {
	var ids []content.LinkID
	err := noun.Each(tx, content.NounLink, func(l content.Link) (bool, error) {
		if l.User == like.User && l.Purpose == like.Purpose && env.Now.Before(l.ExpiresAt) && l.Epoch == like.Epoch {
			ids = append(ids, l.ID)
		}
		return true, nil
	})
	return ids, err
}

func noUsers(tx *view.Tx) error {
	users, err := tx.Nouns(content.NounUser, "", 1)
	if err == nil && len(users) > 0 {
		err = problem.New(problem.Conflict, "first_user_exists", nil)
	}
	return err
}

// UseLink lets in whoever has a link, which is used up in the same commit.
// Only the program itself does that, for whoever confirms it.
type UseLink struct {
	Link string // digest
	// Hash is a new password: needed with LinkReset and LinkFirst, possible
	// with LinkInvite, refused with LinkSignIn.
	Hash  string
	First UserFields // with LinkFirst: who the first administrator is
	Opening
}

// Name is "link.use".
func (UseLink) Name() string { return "link.use" }

// Needs nothing: only the program itself may.
func (UseLink) Needs(*view.Tx) ([]access.Need, error) { return nil, nil }

// Plan uses the link up. A new password ends the sessions of the user.
func (a UseLink) Plan(tx *view.Tx, env action.Env) ([]content.Change, error) {
	if err := env.ProgramOnly(); err != nil {
		return nil, err
	}
	l, err := goodLink(tx, env, a.Link)
	if err != nil {
		return nil, err
	}
	if err := a.password(l.Purpose); err != nil {
		return nil, err
	}
	u, err := a.holder(tx, env, l)
	if err != nil {
		return nil, err
	}
	var user []content.Change
	if a.Hash != "" {
		u.PasswordHash = a.Hash
		u.Epoch++
		if user, err = noun.ChangeUser(u); err != nil {
			return nil, err
		}
	}
	changes, err := a.enter(tx, env, u)
	return append(append(changes, user...), noun.Gone(content.NounLink, string(l.ID))), err
}

func (a UseLink) password(p content.LinkPurpose) error {
	code := "password_needed"
	switch {
	case a.Hash == "" && (p == content.LinkReset || p == content.LinkFirst):
	case a.Hash != "" && p == content.LinkSignIn:
		code = "password_not_here"
	default:
		return nil
	}
	return problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Pointer: "/password", Code: code}})
}

// goodLink gives the link of a digest. All that is wrong with one has the same
// answer.
func goodLink(tx *view.Tx, env action.Env, digest string) (content.Link, error) {
	over := problem.New(problem.Unauthenticated, "link_over", nil)
	n, err := tx.NounByLookup(content.NounLink, digest)
	if noun.Missing(err) {
		return content.Link{}, over
	}
	if err != nil {
		return content.Link{}, err
	}
	l, err := noun.Decode[content.Link](n)
	if err == nil && !env.Now.Before(l.ExpiresAt) {
		err = over
	}
	return l, err
}

// holder gives whom a link lets in: its user, or a new administrator.
func (a UseLink) holder(tx *view.Tx, env action.Env, l content.Link) (content.User, error) {
	if l.Purpose != content.LinkFirst {
		u, err := noun.FindUser(tx, l.User)
		if err != nil && problem.KindOf(err) != problem.NotFound {
			return u, err
		}
		if err != nil || u.Disabled || u.Epoch != l.Epoch {
			return u, problem.New(problem.Unauthenticated, "link_over", nil)
		}
		return u, nil
	}
	if err := noUsers(tx); err != nil {
		return content.User{}, err
	}
	u := content.User{ID: content.UserID(env.NewID()), CreatedAt: env.Now, Roles: []content.RoleID{access.Administrator}}
	set := UserFields{Name: a.First.Name, Email: a.First.Email, Locale: a.First.Locale}
	return u, set.apply(tx, env, &u)
}
