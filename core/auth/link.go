package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxAsked bounds the requests for links that wait to be looked at.
const maxAsked = 256

type linkRequest struct {
	email   string
	purpose content.LinkPurpose
}

// MailsLinks reports whether links can be asked for.
func (a *Authenticator) MailsLinks() bool { return a.o.Mail != nil }

// AskLink takes note that somebody wants a link mailed to an address. Whether
// there is an account is looked up later, by RunLinks, so that neither the
// answer nor the time it takes depends on it.
func (a *Authenticator) AskLink(email string, p content.LinkPurpose) error {
	if a.o.Mail == nil {
		return problem.New(problem.Unavailable, "no_mail", nil)
	}
	select {
	case a.asked <- linkRequest{email, p}:
		return nil
	default:
		return problem.New(problem.Unavailable, "sign_ins_busy", nil).With("retry_after", 5)
	}
}

// RunLinks mails the links that were asked for, until ctx ends.
func (a *Authenticator) RunLinks(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case r := <-a.asked:
			if err := a.mailAsked(ctx, r); err != nil && ctx.Err() == nil {
				a.o.Log.LogAttrs(ctx, slog.LevelWarn, "a link that was asked for was not mailed",
					slog.String("purpose", string(r.purpose)), slog.Any("error", err))
			}
		}
	}
}

func (a *Authenticator) mailAsked(ctx context.Context, r linkRequest) error {
	u, found, err := a.byEmail(ctx, r.email)
	if err != nil || !found || u.Disabled {
		return err
	}
	_, err = a.sendLink(ctx, system, r.purpose, u)
	if problem.CodeOf(err) == "links_waiting" {
		return nil // as many as one may have are on their way
	}
	return err
}

// Invite mails somebody with an account a link that lets them in and choose a
// password; by has to manage users. The address of the link is given, too.
func (a *Authenticator) Invite(ctx context.Context, by content.Actor, id content.UserID) (string, error) {
	u, err := a.user(ctx, id)
	if errors.Is(err, view.ErrNotFound) {
		return "", problem.New(problem.NotFound, "user_missing", problem.Args{"id": string(id)})
	}
	if err != nil {
		return "", err
	}
	return a.sendLink(ctx, by, content.LinkInvite, u)
}

// sendLink makes a link and mails it, when there is mail.
func (a *Authenticator) sendLink(ctx context.Context, by content.Actor, p content.LinkPurpose, u content.User) (string, error) {
	secret, err := newSecret(a.o.Random, linkPrefix)
	if err != nil {
		return "", err
	}
	if _, err := a.runner.Do(ctx, by, account.OpenLink{Purpose: p, User: u.ID, Digest: secret.Digest}); err != nil {
		return "", err
	}
	address := a.o.Link(p, secret.Text)
	if a.o.Mail == nil {
		return address, nil
	}
	if err := a.o.Mail.Add(a.letter(p, u, address)); err != nil {
		return "", problem.Wrap(err, problem.Unavailable, "mail_busy", nil).With("retry_after", 60)
	}
	return address, nil
}

// letter writes what a link is mailed with, in the reader's language.
func (a *Authenticator) letter(p content.LinkPurpose, u content.User, address string) mail.Message {
	locale := u.Locale
	if locale == "" {
		locale = a.o.Locale
	}
	age := account.LinkAge(p)
	args := map[string]any{"site": a.o.Site(), "name": u.Name, "minutes": int(age / time.Minute), "days": int(age / (24 * time.Hour))}
	text := func(part string) string {
		return a.o.Texts.Text(string(locale), "mail."+string(p)+"."+part, args)
	}
	lines := []string{text("why"), text("how")}
	if u.Name != "" {
		lines = append([]string{a.o.Texts.Text(string(locale), "mail.hello", args)}, lines...)
	}
	return mail.Message{
		Kind: "link." + string(p), To: mail.Person{Name: u.Name, Email: u.Email}, Locale: locale,
		Subject: text("subject"), Lines: lines, Button: mail.Button{Label: text("button"), URL: address},
		Note: text("note"), Until: a.o.Now().Add(age),
	}
}

// FirstLink makes the link by which the first administrator of a site without
// users comes in. It voids those before it.
func (a *Authenticator) FirstLink(ctx context.Context) (string, error) {
	secret, err := newSecret(a.o.Random, linkPrefix)
	if err != nil {
		return "", err
	}
	if _, err := a.runner.Do(ctx, system, account.OpenLink{Purpose: content.LinkFirst, Digest: secret.Digest}); err != nil {
		return "", err
	}
	return a.o.Link(content.LinkFirst, secret.Text), nil
}

// LinkUse is what somebody confirms a link with.
type LinkUse struct {
	Secret      string
	Password    string // new; see account.UseLink for which links take one
	Name, Email string // of the first administrator
	Locale      content.Locale
}

// UseLink lets in whoever has a link. The password is hashed only for a link
// that exists: that costs a lot.
func (a *Authenticator) UseLink(ctx context.Context, use LinkUse, agent string) (Entry, error) {
	if !wellFormed(use.Secret, linkPrefix) {
		return Entry{}, refused("link_over")
	}
	if _, err := lookUp[content.Link](ctx, a, content.NounLink, digest(use.Secret)); err != nil {
		return Entry{}, orRefused(err, "link_over")
	}
	hash := ""
	if use.Password != "" {
		var err error
		if hash, err = a.hasher.Hash(ctx, use.Password); err != nil {
			return Entry{}, err
		}
	}
	first := account.UserFields{Name: &use.Name, Email: &use.Email, Locale: &use.Locale}
	e, err := a.enter(ctx, agent, func(o account.Opening) action.Action {
		return account.UseLink{Link: digest(use.Secret), Hash: hash, First: first, Opening: o}
	})
	if err != nil && problem.KindOf(err) == problem.Internal {
		return e, fmt.Errorf("use a link: %w", err)
	}
	return e, err
}
