package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
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

// signIn opens a session. The secret travels in the cookie only, where no
// script reads it.
func signIn(k *call) error {
	if err := server.LimitSignIn(k.Ctx); err != nil {
		return err
	}
	var b signInBody
	if _, err := readInto(k.Ctx, &b, false); err != nil {
		return err
	}
	agent := auth.Agent(k.Get(fiber.HeaderUserAgent))
	secret, s, err := k.api.o.Auth.SignIn(k.ctx, b.Email, b.Password, agent)
	if err != nil {
		return err
	}
	server.Private(k.Ctx)
	server.SetSession(k.Ctx, secret, s.ExpiresAt)
	return k.created(Prefix+"/session", 0, envelope{Data: sessionInfo{s.User, s.ExpiresAt}})
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
	User  *userInfo        `json:"user,omitempty"`
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
	out := meInfo{Actor: k.by}
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		out.Roles = p.Roles()
		if p.User() == "" {
			return nil
		}
		n, err := noun(tx, content.NounUser, string(p.User()))
		if err != nil {
			return err
		}
		u, err := action.DecodeUser(n)
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
	if _, err := k.do(action.SaveMe{Called: b.Name, Locale: b.Locale}, "", raw); err != nil {
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
	if _, err := k.do(action.CloseSessions{User: content.UserID(k.by.ID)}, "", nil); err != nil {
		return err
	}
	server.EndSession(k.Ctx)
	return k.absent()
}

// permission is what the caller may do with one collection. rows says that a
// right reaches some entries only.
type permission struct {
	Collection string               `json:"collection"`
	Name       string               `json:"name,omitempty"`
	Verbs      map[string]verbScope `json:"verbs"`
}

type verbScope struct {
	Rows   []json.RawMessage `json:"rows,omitempty"`
	Fields []string          `json:"fields,omitempty"` // by name; absent when it has no fields
}

// getPermissions lists what the caller may do, or explains one right:
// ?explain=publish&collection=news&entry=….
func getPermissions(k *call) error {
	also, err := k.only("explain", "collection", "entry")
	if err != nil {
		return err
	}
	if also["explain"] != "" {
		return k.explain(also)
	}
	for _, name := range []string{"collection", "entry"} {
		if also[name] != "" {
			return problem.Parameter(name, "parameter_with_explain", nil)
		}
	}
	out := []permission{}
	err = k.read(func(tx *view.Tx, p *access.Policy) error {
		for _, col := range tx.Collections() {
			if one := permissionOn(p, string(col.ID), col); len(one.Verbs) > 0 {
				out = append(out, one)
			}
		}
		for _, id := range access.Admin {
			if one := permissionOn(p, id, nil); len(one.Verbs) > 0 {
				out = append(out, one)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: out})
}

func permissionOn(p *access.Policy, id string, col *schema.Collection) permission {
	out := permission{Collection: id, Verbs: map[string]verbScope{}}
	for _, v := range access.Verbs {
		if !p.May(v, id) {
			continue
		}
		scope, err := p.Allow(access.Need{Verb: v, Collection: id, Of: col})
		if err != nil {
			continue
		}
		one := verbScope{Rows: scope.Rows}
		if col != nil {
			out.Name = col.Name
			one.Fields = []string{}
			for _, f := range p.Fields(col, v).Of(col) {
				one.Fields = append(one.Fields, f.Name)
			}
		}
		out.Verbs[string(v)] = one
	}
	return out
}

// explain tells which of the caller's roles give a right, and why the others
// do not.
func (k *call) explain(also map[string]string) error {
	var out access.Explanation
	err := k.read(func(tx *view.Tx, p *access.Policy) error {
		n := access.Need{Verb: access.Verb(also["explain"]), Collection: also["collection"], Entry: content.EntryID(also["entry"])}
		var matches func(json.RawMessage) (bool, error)
		if col := tx.Collection(n.Collection); col != nil && p.Reads(string(col.ID)) {
			n.Collection, n.Of = string(col.ID), col
			matches = k.matches(tx, p, col, n.Entry)
		}
		var err error
		out, err = p.Explain(n, matches)
		return err
	})
	if err != nil {
		return err
	}
	return k.answer(-1, envelope{Data: out})
}

// matches holds an entry against the rows of a grant, in any of its locales;
// an entry that the caller may not read matches none.
func (k *call) matches(tx *view.Tx, p *access.Policy, col *schema.Collection, id content.EntryID) func(json.RawMessage) (bool, error) {
	return func(rows json.RawMessage) (bool, error) {
		e, err := tx.Entry(id)
		if err != nil || e.Collection != col.ID {
			return false, nil
		}
		scope, err := p.Allow(access.Need{Verb: access.ReadDraft, Collection: string(col.ID), Of: col})
		if err != nil {
			return false, nil
		}
		readable, err := scope.Filter(col, tx.Collection, k.api.o.Kinds)
		if err != nil {
			return false, err
		}
		scope.Rows = []json.RawMessage{rows}
		wanted, err := scope.Filter(col, tx.Collection, k.api.o.Kinds)
		if err != nil {
			return false, err
		}
		return anyLocale(tx, e, schema.Filter{And: []schema.Filter{readable, wanted}})
	}
}

// anyLocale reports whether the newest values of some locale of the entry
// match.
func anyLocale(tx *view.Tx, e *content.Entry, f schema.Filter) (bool, error) {
	for _, l := range append([]content.Locale{content.Shared}, e.Locales()...) {
		ok, err := tx.Matches(e.ID, false, l, f)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}
