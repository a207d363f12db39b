package auth

import (
	"context"
	"fmt"
	"io"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/auth/totp"
	"github.com/recueil-cms/recueil/core/content"
)

// NewFactor is the secret of a second factor that is being set up.
type NewFactor struct {
	Secret string // as people type it
	URI    string // otpauth://…, as apps read it
}

// BeginFactor draws the secret of a second factor for a user who shows their
// password again; one without a password needs a session that is young.
func (a *Authenticator) BeginFactor(ctx context.Context, s content.Session, password string) (NewFactor, error) {
	u, err := a.user(ctx, s.User)
	if err != nil {
		return NewFactor{}, err
	}
	if err := a.sure(ctx, s, u, password); err != nil {
		return NewFactor{}, err
	}
	secret := make([]byte, totp.SecretBytes)
	if _, err := io.ReadFull(a.o.Random, secret); err != nil {
		return NewFactor{}, fmt.Errorf("draw the secret of a second factor: %w", err)
	}
	if _, err := a.runner.Do(ctx, person(s), account.BeginFactor{Secret: secret}); err != nil {
		return NewFactor{}, err
	}
	return NewFactor{Secret: totp.Text(secret), URI: totp.URI(secret, a.o.Site(), u.Email)}, nil
}

// sure makes sure that it is the user themself, and not whoever found their
// browser open.
func (a *Authenticator) sure(ctx context.Context, s content.Session, u content.User, password string) error {
	if u.PasswordHash == "" {
		if a.o.Now().Sub(s.CreatedAt) > account.TicketAge {
			return refused("session_old")
		}
		return nil
	}
	ok, err := a.hasher.Matches(ctx, password, u.PasswordHash)
	if err == nil && !ok {
		err = fault("/password", "password_wrong")
	}
	return err
}

// ConfirmFactor makes the factor that was begun count, once a code of it is
// shown, and gives the recovery codes, which are told this once.
func (a *Authenticator) ConfirmFactor(ctx context.Context, s content.Session, code string) ([]string, error) {
	shown, digests, err := newRecovery(a.o.Random)
	if err != nil {
		return nil, err
	}
	_, err = a.runner.Do(ctx, person(s), account.ConfirmFactor{Code: code, Recovery: digests, Session: s.ID})
	return shown, err
}

// RenewRecovery gives new recovery codes in the place of the old ones.
func (a *Authenticator) RenewRecovery(ctx context.Context, s content.Session, code string) ([]string, error) {
	shown, digests, err := newRecovery(a.o.Random)
	if err != nil {
		return nil, err
	}
	if _, err := a.runner.Do(ctx, person(s), account.RenewRecovery{Proof: proof(code), Recovery: digests}); err != nil {
		return nil, err
	}
	f, err := a.factor(ctx, s.User)
	if err != nil {
		return nil, err
	}
	if len(f.Recovery) == 0 || f.Recovery[0] != digests[0] {
		return nil, fault("/code", "code_wrong")
	}
	return shown, nil
}

// RemoveFactor takes the user's own second factor away, for their password or
// a code.
func (a *Authenticator) RemoveFactor(ctx context.Context, s content.Session, password, code string) error {
	epoch, err := a.reauthenticated(ctx, s.User, password)
	if err != nil {
		return err
	}
	act := account.RemoveFactor{User: s.User, Epoch: epoch, Proof: proof(code), Session: s.ID}
	if _, err := a.runner.Do(ctx, person(s), act); err != nil {
		return err
	}
	if u, err := a.user(ctx, s.User); err != nil || u.SecondFactor {
		return orFault(err, "/code", "code_wrong")
	}
	return nil
}

func orFault(err error, pointer, code string) error {
	if err != nil {
		return err
	}
	return fault(pointer, code)
}

// person is the user of a session, as an actor.
func person(s content.Session) content.Actor {
	return content.Actor{Kind: content.ActorUser, ID: string(s.User)}
}
