package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/storage/view"
)

// Authenticator lets the server ask core/auth who sends a request.
func Authenticator(a *auth.Authenticator) server.Authenticator { return authenticator{a} }

type authenticator struct{ a *auth.Authenticator }

func (w authenticator) Authenticate(ctx context.Context, c server.Credentials) (content.Actor, error) {
	return w.a.Authenticate(ctx, auth.Credentials{Bearer: c.Bearer, Session: c.Session})
}

type signInBody struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// sessionInfo says who is signed in, and until when.
type sessionInfo struct {
	User      content.UserID `json:"user"`
	ExpiresAt time.Time      `json:"expires_at"`
}

// readSignIn reads the body of a request by which somebody wants to come in,
// unless too many came from there.
func (k *call) readSignIn(b any) error {
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	_, err := readInto(k.Ctx, b, false)
	return err
}

// signIn opens a session. The secret travels in the cookie only, where no
// script reads it.
func signIn(k *call) error {
	var b signInBody
	if err := k.readSignIn(&b); err != nil {
		return err
	}
	return k.entered(k.api.o.Auth.SignIn(k.ctx, b.Email, b.Password, k.agent()))
}

func getSession(k *call) error {
	secret := server.SessionSecret(k.Ctx)
	if secret == "" {
		return problem.New(problem.Unauthenticated, "no_session", nil)
	}
	server.Private(k.Ctx)
	s, err := k.api.o.Auth.Session(k.ctx, secret)
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: sessionInfo{s.User, s.ExpiresAt}})
}

// signOut ends the session, if there is one, and takes the cookie back.
func signOut(k *call) error {
	server.Private(k.Ctx)
	if secret := server.SessionSecret(k.Ctx); secret != "" {
		if err := k.api.o.Auth.SignOut(k.ctx, secret); err != nil {
			return err
		}
	}
	server.EndSession(k.Ctx)
	return k.absent()
}

// meInfo is who the caller is. user is absent for visitors and plugins.
type meInfo struct {
	Actor content.Actor    `json:"actor"`
	Roles []content.RoleID `json:"roles"`
	// Waiting are the caller's roles that do not count until they have a
	// second factor.
	Waiting []content.RoleID `json:"waiting_roles,omitempty"`
	User    *userInfo        `json:"user,omitempty"`
	// Locales of the site, first choice first.
	Locales []content.Locale `json:"locales"`
}

func getMe(k *call) error {
	if _, err := k.only(); err != nil {
		return err
	}
	me, err := k.me()
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: me})
}

func (k *call) me() (meInfo, error) {
	out := meInfo{Actor: k.by, Locales: k.api.o.Locales}
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		out.Roles, out.Waiting = p.Roles(), p.Waiting()
		if p.User() == "" {
			return nil
		}
		n, err := findNoun(tx, content.NounUser, string(p.User()))
		if err != nil {
			return err
		}
		u, err := noun.DecodeUser(n)
		if err != nil {
			return err
		}
		info := infoOf(u)
		out.User = &info
		return nil
	})
	return out, err
}

type meBody struct {
	Name   *string         `json:"name,omitempty"`
	Locale *content.Locale `json:"locale,omitempty"`
}

func saveMe(k *call) error {
	var b meBody
	raw, err := readInto(k.Ctx, &b, false)
	if err != nil {
		return err
	}
	if _, err := k.do(account.SaveMe{Called: b.Name, Locale: b.Locale}, "", raw); err != nil {
		return err
	}
	me, err := k.me()
	if err != nil {
		return err
	}
	return k.written(fiber.StatusOK, 0, envelope{Data: me})
}

type changePasswordBody struct {
	Current  string `json:"current"`
	Password string `json:"password"`
}

// personOnly refuses visitors and tokens.
func (k *call) personOnly() error {
	switch k.by.Kind {
	case content.ActorUser:
		return nil
	case content.ActorVisitor:
		return problem.New(problem.Unauthenticated, "no_session", nil)
	}
	return problem.New(problem.Forbidden, "people_only", nil)
}

// changePassword sets the caller's own password, which ends all their
// sessions. The present one is asked for again, and counted like a sign-in, so
// that a borrowed browser is not enough.
func changePassword(k *call) error {
	if err := k.personOnly(); err != nil {
		return err
	}
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	var b changePasswordBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	id := content.UserID(k.by.ID)
	ok, err := k.api.o.Auth.PasswordMatches(k.ctx, id, b.Current)
	if err != nil {
		return err
	}
	if !ok {
		return problem.OfFields(problem.Invalid, "body_invalid", []problem.Field{{Pointer: "/current", Code: "password_wrong"}})
	}
	if err := k.newPassword(id, b.Password); err != nil {
		return err
	}
	server.EndSession(k.Ctx)
	return nil
}

// signOutEverywhere ends all sessions of the caller, on every node.
func signOutEverywhere(k *call) error {
	if err := k.personOnly(); err != nil {
		return err
	}
	if _, err := k.do(account.CloseSessions{User: content.UserID(k.by.ID)}, "", nil); err != nil {
		return err
	}
	server.EndSession(k.Ctx)
	return k.absent()
}
