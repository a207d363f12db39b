// Package app puts the parts of Recueil together: a node with its start and
// its end, the command line, the demonstration, and the check of a bucket.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/book/desk"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/presence"
	"github.com/recueil-cms/recueil/core/preview"
	"github.com/recueil-cms/recueil/core/profile"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schedule"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/signed"
	"github.com/recueil-cms/recueil/core/site"
	"github.com/recueil-cms/recueil/core/site/theme"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/search/statistics"
)

// defaultListen is where a node listens unless told otherwise: on this machine
// only.
const defaultListen = "127.0.0.1:8080"

// App is a running node that answers HTTP.
type App struct {
	node    *node
	auth    *auth.Authenticator
	mail    *mail.Queue
	plugins *host.Host
	desk    *desk.Desk

	serving *group // the server, which ends first
	working *group // what acts by itself: planned publications, maintenance
	sending *group // outgoing mail, after those who write letters
	url     string
}

// Start opens the bucket, brings the local view up to date and serves. What it
// started runs until Stop, whatever becomes of ctx. An error leaves nothing
// running.
func Start(ctx context.Context, cfg Config, parts Parts) (*App, error) {
	n, err := openNode(ctx, cfg, parts)
	if err != nil {
		return nil, err
	}
	a := &App{node: n, serving: newGroup(n.parts.Log, n.fail), working: newGroup(n.parts.Log, n.fail),
		sending: newGroup(n.parts.Log, n.fail)}
	if err := a.start(ctx); err != nil {
		return nil, errors.Join(err, a.Stop(ctx))
	}
	return a, nil
}

func (a *App) start(ctx context.Context) error {
	n := a.node
	var err error
	if err := n.cfg.OIDC.check(); err != nil {
		return err
	}
	if a.mail, err = newMail(n); err != nil {
		return err
	}
	if a.auth, err = newAuth(n, a.signIns); err != nil {
		return err
	}
	srv, err := a.server()
	if err != nil {
		return err
	}
	if err := a.mount(ctx, srv); err != nil {
		return err
	}
	a.working.run("schedule", func(ctx context.Context) error {
		schedule.New(n.view, n.runner, n.parts.Now, n.parts.Log).Run(ctx)
		return nil
	})
	a.working.run("compaction", n.compact)
	a.working.run("snapshots", func(ctx context.Context) error { return n.snapshot(ctx, n.view) })
	a.sending.run("mail", func(ctx context.Context) error { a.mail.Run(ctx); return nil })
	a.working.run("sessions", func(ctx context.Context) error { return n.every(ctx, sweepEvery, a.sweep) })
	ln := n.parts.Listener
	if ln == nil {
		if ln, err = new(net.ListenConfig).Listen(ctx, "tcp", orText(n.cfg.Listen, defaultListen)); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	a.url = orText(n.cfg.PublicURL, "http://"+ln.Addr().String())
	a.working.run("links", a.auth.RunLinks)
	a.serving.run("server", func(ctx context.Context) error { return srv.Serve(ctx, ln) })
	n.parts.Log.Info("serving", "address", ln.Addr().String(), "seq", n.view.Seq())
	return nil
}

// checkEvery is how often it is looked for profiles to ask about.
const checkEvery = time.Hour

// sweepEvery is how often sessions that are over are removed.
const sweepEvery = time.Hour

func (a *App) sweep(ctx context.Context) {
	if err := a.auth.Sweep(ctx); err != nil && ctx.Err() == nil {
		a.node.parts.Log.Warn("sessions that are over were not removed; it will be tried again", "error", err)
	}
}

func (a *App) server() (*server.Server, error) {
	n := a.node
	proxies, err := prefixes(n.cfg.Proxies)
	if err != nil {
		return nil, err
	}
	srv, err := server.New(server.Options{
		Texts: n.parts.Texts, Auth: api.Authenticator(a.auth), Log: n.parts.Log, Now: n.parts.Now, Random: n.parts.Rand,
		Locales: a.locales(), Changes: api.Changes(n.view), CacheBytes: n.cfg.CacheBytes,
		Secure: strings.HasPrefix(n.cfg.PublicURL, "https://"), Proxies: proxies, Origins: n.cfg.Origins,
		MetricsToken: n.cfg.MetricsToken, Limits: n.cfg.Limits,
		Checks: n.checks(),
	})
	if err != nil {
		return nil, fmt.Errorf("make the server: %w", err)
	}
	n.measure(srv.Metrics())
	srv.Metrics().Gauge("recueil_mail_waiting", "Letters that wait to be sent.", func() float64 { return float64(a.mail.Waiting()) })
	return srv, nil
}

func (a *App) locales() []string {
	if len(a.node.cfg.Locales) > 0 {
		return a.node.cfg.Locales
	}
	return texts.Locales[:]
}

// siteLocales are locales as the parts take them.
func (a *App) siteLocales() ([]content.Locale, error) {
	locales := make([]content.Locale, 0, len(a.locales()))
	for _, l := range a.locales() {
		if !content.ValidLocale(l) {
			return nil, fmt.Errorf("locale %q: not of the form of a language tag", l)
		}
		locales = append(locales, content.Locale(l))
	}
	return locales, nil
}

func (a *App) mount(ctx context.Context, srv *server.Server) error {
	n := a.node
	locales, err := a.siteLocales()
	if err != nil {
		return err
	}
	library, err := a.library(ctx)
	if err != nil {
		return err
	}
	index, err := a.search(ctx, srv.Metrics(), locales, library)
	if err != nil {
		return err
	}
	book := a.statistics(index.Fold)
	engine := query.New(n.view, n.log, n.kinds, query.Options{
		Now:      n.parts.Now,
		Search:   index,
		Past:     book.Past,
		Locales:  func() []content.Locale { return locales },
		AssetURL: api.AssetURL,
		EntryURL: site.Address,
	})
	if err := a.hostPlugins(ctx, engine, library, locales); err != nil {
		return err
	}
	signer := signed.New(n.keys, n.parts.Now)
	previews := preview.New(signer)
	if a.desk, err = a.books(engine, locales); err != nil {
		return err
	}
	mounted := api.Mount(api.Options{
		Server: srv, View: n.view, Query: engine, Search: index, Statistics: book, Runner: n.runner, Auth: a.auth,
		Media: library, Uploads: a.uploads(library), Books: a.desk, Kinds: n.kinds, Texts: n.parts.Texts,
		Now: n.parts.Now, Log: n.parts.Log, Locales: locales, Version: n.cfg.Program,
		Previews: previews, Plugins: a.plugins, Installer: n.installer(),
		Presence: presence.NewBoard(n.bucket, n.parts.Now),
	})
	n.following.run("events", func(ctx context.Context) error { return n.log.Follow(ctx, mounted.Events()) })
	console, err := newConsole(n.parts.Rand)
	if err != nil {
		return err
	}
	profiles := a.profiles(engine, signer, locales)
	console.mount(srv.App()) // before the site, which answers whatever is left
	_, err = site.Mount(site.Options{
		Server: srv, Query: engine, Kinds: n.kinds, Texts: n.parts.Texts, Now: n.parts.Now, Log: n.parts.Log,
		Locales: locales, BaseURL: a.URL, AssetURL: api.AssetURL, Pictures: api.Pictures, PageText: library.Pages, Mail: a.mail.Add, Slots: a.slots(), Books: a.desk, Previews: previews, Profiles: profiles, Random: n.parts.Rand,
		Searched: func(text string, l content.Locale, hits int, corrected bool) {
			book.Searched(statistics.Search{Query: text, Locale: l, Hits: hits, Corrected: corrected})
		},
		Clicked: book.Clicked,
		Theme:   theme.Options{Dir: n.cfg.Theme, Reload: n.cfg.ThemeReload},
	})
	if err != nil {
		return fmt.Errorf("make the site: %w", err)
	}
	return nil
}

// profiles keeps what associations say of themselves up to date.
func (a *App) profiles(engine *query.Engine, signer *signed.Signer, locales []content.Locale) *profile.Keeper {
	n := a.node
	keeper := profile.New(profile.Options{Query: engine, Do: n.runner.DoWith, Signer: signer, Mail: a.mail.Add, Texts: n.parts.Texts,
		Now: n.parts.Now, Random: n.parts.Rand, Log: n.parts.Log, Locales: locales, BaseURL: a.URL})
	a.working.run("profiles", func(ctx context.Context) error {
		return n.every(ctx, checkEvery, func(ctx context.Context) {
			if err := keeper.Round(ctx); err != nil && ctx.Err() == nil {
				n.parts.Log.Warn("some profiles were not checked; it will be tried again", "error", err)
			}
		})
	})
	return keeper
}

// prefixes reads addresses and prefixes.
func prefixes(texts []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, t := range texts {
		if addr, err := netip.ParseAddr(t); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(t)
		if err != nil {
			return nil, fmt.Errorf("proxy %q: %w", t, err)
		}
		out = append(out, p)
	}
	return out, nil
}

// URL is how people reach the node, without a slash at the end.
func (a *App) URL() string { return a.url }

// Failed gives the first failure of a part, after which the node should be
// stopped.
func (a *App) Failed() <-chan error { return a.node.failed }

// Stop ends the node in the order in which nothing is lost: requests under way
// are finished, then what acts by itself ends, then the followers, then the
// writer with the record on its way. ctx bounds the waiting.
func (a *App) Stop(ctx context.Context) error {
	err := errors.Join(a.serving.stop(ctx), a.working.stop(ctx), a.sending.stop(ctx), a.node.close(ctx))
	a.node.parts.Log.Info("stopped")
	return err
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
