// Package auth finds out who is asking: passwords, one-time links, second
// factors, accounts elsewhere (OpenID Connect), sessions of browsers, tokens of
// programs. It decides nothing about what they may do, that is
// core/access, and writes only through actions. Secrets are kept as digests,
// and a change of credentials, a closed account or a revoked token counts from
// the next request on every node, because each request asks the view.
package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/view"
)

// SessionAge is how long a session lasts.
const SessionAge = 14 * 24 * time.Hour

// Options of an Authenticator; all but CatchUp are required.
type Options struct {
	Now    func() time.Time
	Random io.Reader // of secrets and salts
	AtOnce int       // password hashes at the same time, 19 MiB each
	// CatchUp brings the view up to what other nodes have written by now. It
	// is asked before a secret that looks genuine is refused, so that one made
	// on another node a moment ago is good here. nil: not asked.
	CatchUp func(ctx context.Context) error

	// What links are mailed with. Without Mail there are none to ask for.
	Mail   *mail.Queue
	Texts  *texts.Catalogue
	Locale content.Locale // of those who chose none
	// Site is what people call it: in letters, and in authenticator apps.
	Site func() string
	// Link gives the address at which a link is confirmed. The secret is in
	// its fragment, which browsers send to nobody.
	Link func(p content.LinkPurpose, secret string) string
	OIDC *OIDC // nil: nobody signs in elsewhere
	// Attempt counts a password that is tried on an account, from wherever,
	// and reports whether it is to be looked at. nil: every one is.
	Attempt func(id content.UserID) bool
	Log     *slog.Logger // nil: nothing is logged
}

// Authenticator knows sessions, tokens and passwords.
type Authenticator struct {
	db     *view.DB
	runner *action.Runner
	o      Options
	hasher *Hasher
	known  *cache
	ahead  chan time.Time // holds when CatchUp was last asked; its holder may ask
	asked  chan linkRequest
}

// catchUpPause is the least time between two calls of CatchUp: guessed secrets
// must not become requests of the bucket.
const catchUpPause = 200 * time.Millisecond

// New makes an authenticator.
func New(db *view.DB, runner *action.Runner, o Options) (*Authenticator, error) {
	if o.Now == nil || o.Random == nil {
		return nil, errors.New("auth needs a clock and a source of randomness")
	}
	hasher, err := NewHasher(o.Random, o.AtOnce)
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	a := &Authenticator{db: db, runner: runner, o: o, hasher: hasher, known: newCache(), ahead: make(chan time.Time, 1),
		asked: make(chan linkRequest, maxAsked)}
	a.ahead <- time.Time{}
	return a, nil
}

// Credentials are what a request shows. With both, the token counts.
type Credentials struct {
	Bearer  string // a token
	Session string // a session
}

// Authenticate gives the actor of the credentials. Without any, that is a
// visitor; ones that are not or no longer good are an Unauthenticated problem.
func (a *Authenticator) Authenticate(ctx context.Context, c Credentials) (content.Actor, error) {
	switch {
	case c.Bearer != "":
		return a.token(ctx, c.Bearer)
	case c.Session != "":
		s, err := a.Session(ctx, c.Session)
		if err != nil {
			return content.Actor{}, err
		}
		return content.Actor{Kind: content.ActorUser, ID: string(s.User)}, nil
	}
	return content.Actor{Kind: content.ActorVisitor}, nil
}

func (a *Authenticator) token(ctx context.Context, text string) (content.Actor, error) {
	if !wellFormed(text, tokenPrefix) {
		return content.Actor{}, refused("token_unknown")
	}
	t, err := lookUp[content.Token](ctx, a, content.NounToken, digest(text))
	if err != nil {
		return content.Actor{}, orRefused(err, "token_unknown")
	}
	switch now := a.o.Now(); {
	case t.RevokedAt != nil:
		return content.Actor{}, refused("token_revoked")
	case t.ExpiresAt != nil && !now.Before(*t.ExpiresAt):
		return content.Actor{}, refused("token_expired")
	}
	if u, err := a.user(ctx, t.User); err != nil || u.Disabled {
		return content.Actor{}, orRefused(err, "account_closed")
	}
	return content.Actor{Kind: content.ActorToken, ID: string(t.ID), For: t.User}, nil
}

// Session gives the session of a secret while it lasts.
func (a *Authenticator) Session(ctx context.Context, secret string) (content.Session, error) {
	if !wellFormed(secret, sessionPrefix) {
		return content.Session{}, refused("session_unknown")
	}
	s, err := lookUp[content.Session](ctx, a, content.NounSession, digest(secret))
	if err != nil {
		return content.Session{}, orRefused(err, "session_unknown")
	}
	if !a.o.Now().Before(s.ExpiresAt) {
		return content.Session{}, refused("session_over")
	}
	u, err := a.user(ctx, s.User)
	switch {
	case err != nil || u.Disabled:
		return content.Session{}, orRefused(err, "account_closed")
	case s.Epoch != u.Epoch:
		return content.Session{}, refused("session_over")
	}
	return s, nil
}

// SignOut ends the session of a secret; one that is over already is no error.
func (a *Authenticator) SignOut(ctx context.Context, secret string) error {
	s, err := a.Session(ctx, secret)
	if problem.KindOf(err) == problem.Unauthenticated && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = a.runner.Do(ctx, content.Actor{Kind: content.ActorUser, ID: string(s.User)}, account.CloseSession{ID: s.ID})
	return err
}

// HashPassword checks a new password and hashes it for account.SetPassword.
func (a *Authenticator) HashPassword(ctx context.Context, password string) (string, error) {
	return a.hasher.Hash(ctx, password)
}

// PasswordMatches reports whether the password is the user's present one: asked
// for again before something dangerous, such as changing it.
func (a *Authenticator) PasswordMatches(ctx context.Context, id content.UserID, password string) (bool, error) {
	u, err := a.user(ctx, id)
	if err != nil {
		return false, err
	}
	return a.hasher.Matches(ctx, password, u.PasswordHash)
}

// NewToken draws a secret for account.CreateToken.
func (a *Authenticator) NewToken() (Secret, error) {
	return newSecret(a.o.Random, tokenPrefix)
}

// Sweep removes sessions, tickets and links that are over from the view. It is
// called now and then by one who owns the loop.
func (a *Authenticator) Sweep(ctx context.Context) error {
	_, err := a.runner.Do(ctx, system, account.SweepSessions{})
	return err
}

var system = content.Actor{Kind: content.ActorSystem, ID: "auth"}

// refused is an answer to bad credentials.
func refused(code string) error {
	return problem.New(problem.Unauthenticated, code, nil)
}

// orRefused keeps faults of ours apart from credentials that lead nowhere.
func orRefused(err error, code string) error {
	if err == nil || errors.Is(err, view.ErrNotFound) {
		return refused(code)
	}
	return err
}

// Agent gives a coarse name of a browser from its User-Agent header: enough to
// recognise one's own sessions by, too little to recognise a person by.
func Agent(header string) string {
	name, system := "", ""
	for _, b := range []string{"Firefox", "Edg", "OPR", "Chrome", "Safari", "curl"} {
		if strings.Contains(header, b+"/") {
			name = map[string]string{"Edg": "Edge", "OPR": "Opera"}[b]
			if name == "" {
				name = b
			}
			break
		}
	}
	for _, s := range []string{"Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux"} {
		if strings.Contains(header, s) {
			system = map[string]string{"Macintosh": "macOS"}[s]
			if system == "" {
				system = s
			}
			break
		}
	}
	if name == "" || system == "" {
		return name + system
	}
	return name + ", " + system
}
