package app

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"time"

	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/server"
)

// newMail makes the queue of outgoing letters.
func newMail(n *node) (*mail.Queue, error) {
	sender, err := mail.Open(orText(n.cfg.Mail, "folder:"+filepath.Join(n.cfg.Data, "mail")), n.cfg.MailPassword)
	if err != nil {
		return nil, fmt.Errorf("prepare outgoing mail: %w", err)
	}
	from, err := mail.ParsePerson(orText(n.cfg.MailFrom, "Recueil <recueil@"+siteHost(n.cfg.PublicURL)+">"))
	if err != nil {
		return nil, fmt.Errorf("prepare outgoing mail: %w", err)
	}
	return mail.NewQueue(mail.Options{Sender: sender, From: from, Now: n.parts.Now, Random: n.parts.Rand, Log: n.parts.Log}), nil
}

// siteHost is the host that people reach the site at.
func siteHost(publicURL string) string {
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}

// newAuth makes the authenticator of a node. A server gives it the means to
// mail links.
func newAuth(n *node, also func(*auth.Options)) (*auth.Authenticator, error) {
	o := auth.Options{Now: n.parts.Now, Random: n.parts.Rand, AtOnce: runtime.GOMAXPROCS(0), CatchUp: n.refresh,
		Log: n.parts.Log, Texts: n.parts.Texts, Site: func() string { return siteHost(n.cfg.PublicURL) },
		Link: func(p content.LinkPurpose, secret string) string { return linkAddress(n.cfg.PublicURL, p, secret) }}
	if also != nil {
		also(&o)
	}
	a, err := auth.New(n.view, n.runner, o)
	if err != nil {
		return nil, fmt.Errorf("start auth: %w", err)
	}
	return a, nil
}

// accountRate is how often a password may be tried on one account, at one
// node, from all addresses together.
var accountRate = server.Rate{Count: 30, Per: 15 * time.Minute}

// errOIDC says that not all is known of the identity provider.
var errOIDC = errors.New("the client of the identity provider is not complete")

func (o OIDC) check() error {
	if (o.Issuer == "") != (o.ClientID == "") || o.ClientSecret != "" && o.Issuer == "" {
		return errOIDC
	}
	return nil
}

// signIns is what only a server has: mail, and an address of its own.
func (a *App) signIns(o *auth.Options) {
	accounts := server.NewLimiter("account", accountRate, a.node.parts.Now)
	o.Attempt = func(id content.UserID) bool { return accounts.Take(string(id)).OK }
	o.Mail = a.mail
	o.Locale = content.Locale(a.locales()[0])
	o.Link = func(p content.LinkPurpose, secret string) string { return linkAddress(a.url, p, secret) }
	if c := a.node.cfg.OIDC; c.Issuer != "" {
		o.OIDC = &auth.OIDC{Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Label: orText(c.Label, siteHost(c.Issuer)),
			Callback: func() string { return a.url + api.Prefix + api.CallbackPath }}
	}
}

// linkAddress is where a one-time link is confirmed. The secret stands in the
// fragment, which no server and no proxy ever sees.
func linkAddress(site string, p content.LinkPurpose, secret string) string {
	return orText(site, "http://"+defaultListen) + api.Prefix + "/session/link#" + string(p) + "=" + secret
}
