package server

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// Credentials are what a request shows of who sends it. Both may be empty;
// with both, the bearer token counts.
type Credentials struct {
	Bearer  string // of Authorization
	Session string // of the session cookie
}

// Authenticator finds the actor of credentials. Credentials that are not
// (or no longer) good are a problem of kind Unauthenticated, never a visitor.
type Authenticator interface {
	Authenticate(ctx context.Context, c Credentials) (content.Actor, error)
}

// Actor gives who sends the request: the zero Actor, a visitor, when it shows
// no credentials. Every handler asks; the answer is found once.
func Actor(c *fiber.Ctx) (content.Actor, error) {
	x := exchangeOf(c.Context())
	if x == nil {
		return content.Actor{}, problem.New(problem.Internal, "internal", nil)
	}
	if x.authenticated {
		return x.actor, x.actorErr
	}
	x.authenticated = true
	cred := CredentialsOf(c)
	if cred == (Credentials{}) {
		x.actor = content.Actor{Kind: content.ActorVisitor}
	} else {
		x.private, x.keep = true, nil
		x.actor, x.actorErr = x.server.o.Auth.Authenticate(x.ctx, cred)
	}
	if x.actorErr == nil && unsafeMethod(c.Context().Method()) {
		x.actorErr = x.server.limitWrites(c, x.actor)
	}
	return x.actor, x.actorErr
}

// CredentialsOf gives copies of what the request shows.
func CredentialsOf(c *fiber.Ctx) Credentials {
	h := &c.Context().Request.Header
	if b := bearer(h); b != "" {
		return Credentials{Bearer: b}
	}
	return Credentials{Session: string(h.Cookie(SessionCookie))}
}

// SessionSecret gives the secret of the session cookie, or "".
func SessionSecret(c *fiber.Ctx) string {
	return string(c.Context().Request.Header.Cookie(SessionCookie))
}

// SetSession gives the browser a session until ends.
func SetSession(c *fiber.Ctx, secret string, ends time.Time) {
	SetSecret(c, SessionCookie, secret, "/", ends)
}

// SetSecret has the browser keep a secret until ends, and send it to addresses
// below a path. No script reads it, and of other sites' requests only those
// that open a page here bring it along.
func SetSecret(c *fiber.Ctx, name, secret, path string, ends time.Time) {
	x := exchangeOf(c.Context())
	c.Cookie(&fiber.Cookie{
		Name: name, Value: secret, Path: path, Expires: ends,
		HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
		Secure: x != nil && x.server.overTLS(c.Context()),
	})
}

// EndSession takes the session from the browser.
func EndSession(c *fiber.Ctx) {
	SetSession(c, "", time.Unix(0, 0))
}
