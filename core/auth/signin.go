package auth

import (
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// Entry is what a sign-in led to: a session, or a ticket with which a code is
// to be shown.
type Entry struct {
	Session content.Session // zero while a code is owed
	Secret  string          // of the session
	Ticket  string          // secret of the ticket; empty when there is a session
	Ends    time.Time       // of either
}

// SignIn takes an e-mail and a password. Whatever is wrong, the answer is the
// same and takes as long, so that nobody learns which accounts exist. agent is
// a coarse name of the browser, without an address.
func (a *Authenticator) SignIn(ctx context.Context, email, password, agent string) (Entry, error) {
	u, found, err := a.byEmail(ctx, email)
	if err != nil {
		return Entry{}, err
	}
	if found && a.o.Attempt != nil && !a.o.Attempt(u.ID) {
		// Guessed at from many addresses. To tell would tell that there is such
		// an account; its holder comes in by a link meanwhile.
		u.PasswordHash = ""
	}
	ok, err := a.hasher.Matches(ctx, password, u.PasswordHash)
	if err != nil {
		return Entry{}, err
	}
	if !ok || !found || u.Disabled {
		return Entry{}, refused("sign_in_failed")
	}
	return a.enter(ctx, agent, func(o account.Opening) action.Action {
		return account.SignIn{User: u.ID, Epoch: u.Epoch, Opening: o}
	})
}

// enter draws secrets for a session and a ticket, and gives the one that the
// action made.
func (a *Authenticator) enter(ctx context.Context, agent string, act func(account.Opening) action.Action) (Entry, error) {
	session, err := newSecret(a.o.Random, sessionPrefix)
	if err != nil {
		return Entry{}, err
	}
	ticket, err := newSecret(a.o.Random, ticketPrefix)
	if err != nil {
		return Entry{}, err
	}
	o := account.Opening{Session: session.Digest, Expires: a.o.Now().Add(SessionAge), Agent: agent, Ticket: ticket.Digest}
	receipt, err := a.runner.Do(ctx, system, act(o))
	if err != nil {
		return Entry{}, err
	}
	var opened content.Session
	err = a.db.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(content.NounSession, receipt.Subject)
		if err != nil {
			return err
		}
		opened, err = noun.Decode[content.Session](n)
		return err
	})
	if errors.Is(err, view.ErrNotFound) {
		return Entry{Ticket: ticket.Text, Ends: a.o.Now().Add(account.TicketAge)}, nil
	}
	if err != nil {
		return Entry{}, fmt.Errorf("look up the new session: %w", err)
	}
	return Entry{Session: opened, Secret: session.Text, Ends: opened.ExpiresAt}, nil
}

// EnterCode is the second step of a sign-in: the ticket of the first, and a
// code of the app or a recovery code.
func (a *Authenticator) EnterCode(ctx context.Context, ticket, code, agent string) (Entry, error) {
	if !wellFormed(ticket, ticketPrefix) {
		return Entry{}, refused("ticket_over")
	}
	e, err := a.enter(ctx, agent, func(o account.Opening) action.Action {
		return account.EnterCode{Ticket: digest(ticket), Proof: proof(code), Opening: o}
	})
	if err == nil && e.Secret == "" {
		return Entry{}, refused("code_wrong")
	}
	return e, err
}

// proof is what an action may know of a code.
func proof(code string) account.Proof {
	p := account.Proof{Code: code}
	if c := plainRecovery(code); len(c) == recoveryLetters {
		p.Recovery = digest(recoveryDomain + c)
	}
	return p
}

// The recovery codes of a second factor: 80 random bits each, so that their
// digests cannot be searched.
const (
	recoveryCodes   = 10
	recoveryBytes   = 10
	recoveryLetters = 16
	recoveryDomain  = "recovery\x00"
)

// newRecovery draws recovery codes, as people see them and as they are kept.
func newRecovery(random io.Reader) (shown, digests []string, err error) {
	raw := make([]byte, recoveryBytes)
	for range recoveryCodes {
		if _, err := io.ReadFull(random, raw); err != nil {
			return nil, nil, fmt.Errorf("draw recovery codes: %w", err)
		}
		text := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
		shown = append(shown, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		digests = append(digests, digest(recoveryDomain+text))
	}
	return shown, digests, nil
}

// plainRecovery is a recovery code without what people put between its
// letters.
func plainRecovery(code string) string {
	if len(code) > 64 {
		return ""
	}
	return strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// reauthenticated gives the epoch of a user whose password was shown again,
// or nil when the user has to prove themself by a code.
func (a *Authenticator) reauthenticated(ctx context.Context, id content.UserID, password string) (*int, error) {
	if password == "" {
		return nil, nil
	}
	u, err := a.user(ctx, id)
	if err != nil {
		return nil, err
	}
	ok, err := a.hasher.Matches(ctx, password, u.PasswordHash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault("/password", "password_wrong")
	}
	return &u.Epoch, nil
}

func fault(pointer, code string) error {
	return problem.OfFields(problem.Invalid, "invalid_values", []problem.Field{{Pointer: pointer, Code: code}})
}
