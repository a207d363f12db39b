package auth

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// OIDC is the one place elsewhere (OpenID Connect) at which users may have an
// account that they sign in with. Who has none here gets none by that.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Label        string        // what people know it as
	Callback     func() string // address that it sends people back to

	mu       sync.Mutex
	provider *oidc.Provider // once it was reached
}

// oidcTime bounds each request to the provider.
const oidcTime = 10 * time.Second

// FlowAge is how long somebody may take at the provider.
const FlowAge = 10 * time.Minute

// Flow is what the browser keeps while its user is at the provider. Another
// browser's answer does not fit it.
type Flow struct {
	State    string            `json:"state"`
	Nonce    string            `json:"nonce"`
	Verifier string            `json:"verifier"`          // of PKCE
	Connect  content.SessionID `json:"connect,omitempty"` // to whose user the account is to be connected; empty: to sign in
}

// Elsewhere is the label of the provider, or empty when there is none.
func (a *Authenticator) Elsewhere() string {
	if a.o.OIDC == nil {
		return ""
	}
	return a.o.OIDC.Label
}

// BeginOIDC gives the provider's address to go to, to sign in or, with a
// session, to connect the account there.
func (a *Authenticator) BeginOIDC(ctx context.Context, connect content.SessionID) (string, Flow, error) {
	_, config, err := a.oidc(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f := Flow{Connect: connect, Verifier: oauth2.GenerateVerifier()}
	for _, part := range []*string{&f.State, &f.Nonce} {
		raw := make([]byte, 18)
		if _, err := io.ReadFull(a.o.Random, raw); err != nil {
			return "", Flow{}, fmt.Errorf("draw a state: %w", err)
		}
		*part = base64.RawURLEncoding.EncodeToString(raw)
	}
	return config.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// oidc gives the configuration of the provider, which is asked for it when it
// is first needed: a node must start without it.
func (a *Authenticator) oidc(ctx context.Context) (*oidc.Provider, *oauth2.Config, error) {
	o := a.o.OIDC
	if o == nil {
		return nil, nil, problem.New(problem.NotFound, "no_oidc", nil)
	}
	o.mu.Lock()
	known := o.provider
	o.mu.Unlock()
	if known == nil {
		var err error
		if known, err = oidc.NewProvider(oidcContext(ctx), o.Issuer); err != nil {
			return nil, nil, problem.Wrap(err, problem.Unavailable, "oidc_unreachable", nil)
		}
		o.mu.Lock()
		o.provider = known
		o.mu.Unlock()
	}
	return known, &oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: known.Endpoint(),
		RedirectURL: o.Callback(), Scopes: []string{oidc.ScopeOpenID}}, nil
}

func oidcContext(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, &http.Client{Timeout: oidcTime})
}

// FinishOIDC lets in the user whose account the provider vouches for.
func (a *Authenticator) FinishOIDC(ctx context.Context, f Flow, state, code, agent string) (Entry, error) {
	token, err := a.vouched(ctx, f, state, code)
	if err != nil {
		return Entry{}, err
	}
	lookup := account.IdentityLookup(token.Issuer, token.Subject)
	i, err := lookUp[content.Identity](ctx, a, content.NounIdentity, lookup)
	if err != nil {
		return Entry{}, orRefused(err, "identity_unknown")
	}
	u, err := a.user(ctx, i.User)
	if err != nil {
		return Entry{}, orRefused(err, "identity_unknown")
	}
	return a.enter(ctx, agent, func(o account.Opening) action.Action {
		return account.SignIn{User: u.ID, Epoch: u.Epoch, Identity: lookup, Opening: o}
	})
}

// ConnectOIDC connects the account that the provider vouches for to the user
// of the session that began it.
func (a *Authenticator) ConnectOIDC(ctx context.Context, f Flow, state, code string, s content.Session) error {
	if f.Connect != s.ID {
		return refused("oidc_failed")
	}
	token, err := a.vouched(ctx, f, state, code)
	if err != nil {
		return err
	}
	_, err = a.runner.Do(ctx, person(s), account.ConnectIdentity{Issuer: token.Issuer, Subject: token.Subject})
	return err
}

// vouched exchanges the code for an ID token, and checks it.
func (a *Authenticator) vouched(ctx context.Context, f Flow, state, code string) (*oidc.IDToken, error) {
	failed := func(err error) error { return problem.Wrap(err, problem.Unauthenticated, "oidc_failed", nil) }
	if f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(state)) != 1 {
		return nil, failed(errors.New("the state is not that of this browser"))
	}
	provider, config, err := a.oidc(ctx)
	if err != nil {
		return nil, err
	}
	ctx = oidcContext(ctx)
	tokens, err := config.Exchange(ctx, code, oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return nil, failed(fmt.Errorf("exchange the code: %w", err))
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return nil, failed(errors.New("the provider gave no ID token"))
	}
	token, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID, Now: a.o.Now}).Verify(ctx, raw)
	if err != nil {
		return nil, failed(fmt.Errorf("check the ID token: %w", err))
	}
	if f.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(f.Nonce)) != 1 {
		return nil, failed(errors.New("the nonce is not that of this browser"))
	}
	return token, nil
}

// Identities are the accounts elsewhere of a user.
func (a *Authenticator) Identities(ctx context.Context, id content.UserID) (out []content.Identity, err error) {
	err = a.db.Read(ctx, func(tx *view.Tx) error {
		out, err = account.IdentitiesOf(tx, id)
		return err
	})
	return out, err
}
