// Package app puts the parts of Recueil together: a node with its start and
// its end, the command line, the demonstration, and the check of a bucket.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/auth"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schedule"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
)

// defaultListen is where a node listens unless told otherwise: on this machine
// only.
const defaultListen = "127.0.0.1:8080"

// App is a running node that answers HTTP.
type App struct {
	node *node
	auth *auth.Authenticator

	serving *group // the server, which ends first
	working *group // what acts by itself: planned publications, maintenance
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
	a := &App{node: n, serving: newGroup(n.parts.Log, n.fail), working: newGroup(n.parts.Log, n.fail)}
	if err := a.start(ctx); err != nil {
		return nil, errors.Join(err, a.Stop(ctx))
	}
	return a, nil
}

func (a *App) start(ctx context.Context) error {
	n := a.node
	var err error
	a.auth, err = newAuth(n)
	if err != nil {
		return err
	}
	srv, err := a.server()
	if err != nil {
		return err
	}
	if err := a.mount(srv); err != nil {
		return err
	}
	a.working.run("schedule", func(ctx context.Context) error {
		schedule.New(n.view, n.runner, n.parts.Now, n.parts.Log).Run(ctx)
		return nil
	})
	a.working.run("compaction", n.compact)
	a.working.run("snapshots", n.snapshot)
	a.working.run("sessions", func(ctx context.Context) error { return n.every(ctx, sweepEvery, a.sweep) })
	ln := n.parts.Listener
	if ln == nil {
		if ln, err = new(net.ListenConfig).Listen(ctx, "tcp", orText(n.cfg.Listen, defaultListen)); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	a.url = orText(n.cfg.PublicURL, "http://"+ln.Addr().String())
	a.serving.run("server", func(ctx context.Context) error { return srv.Serve(ctx, ln) })
	n.parts.Log.Info("serving", "address", ln.Addr().String(), "seq", n.view.Seq())
	return nil
}

// sweepEvery is how often sessions that are over are removed.
const sweepEvery = time.Hour

func (a *App) sweep(ctx context.Context) {
	if err := a.auth.Sweep(ctx); err != nil && ctx.Err() == nil {
		a.node.parts.Log.Warn("sessions that are over were not removed; it will be tried again", "error", err)
	}
}

func newAuth(n *node) (*auth.Authenticator, error) {
	a, err := auth.New(n.view, n.runner, auth.Options{Now: n.parts.Now, Random: n.parts.Rand,
		AtOnce: runtime.GOMAXPROCS(0), CatchUp: n.refresh})
	if err != nil {
		return nil, fmt.Errorf("start auth: %w", err)
	}
	return a, nil
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
	return srv, nil
}

func (a *App) locales() []string {
	if len(a.node.cfg.Locales) > 0 {
		return a.node.cfg.Locales
	}
	return texts.Locales[:]
}

func (a *App) mount(srv *server.Server) error {
	n := a.node
	locales := make([]content.Locale, 0, len(a.locales()))
	for _, l := range a.locales() {
		if !content.ValidLocale(l) {
			return fmt.Errorf("locale %q: not of the form of a language tag", l)
		}
		locales = append(locales, content.Locale(l))
	}
	engine := query.New(n.view, n.log, n.kinds, query.Options{
		Now:      n.parts.Now,
		Locales:  func() []content.Locale { return locales },
		AssetURL: func(asset *content.Asset) string { return api.Prefix + "/assets/" + string(asset.ID) + "/file" },
	})
	mounted := api.Mount(api.Options{
		Server: srv, View: n.view, Query: engine, Runner: n.runner, Auth: a.auth,
		Media: media.New(n.blobs, n.runner), Kinds: n.kinds, Texts: n.parts.Texts,
		Now: n.parts.Now, Log: n.parts.Log, Locales: locales, Version: n.cfg.Program,
	})
	n.following.run("events", func(ctx context.Context) error { return n.log.Follow(ctx, mounted.Events()) })
	// Until there is a site, the front door leads to the manual of the API.
	srv.App().Get("/", func(c *fiber.Ctx) error { return c.Redirect(api.Prefix + "/docs") })
	return nil
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
	err := errors.Join(a.serving.stop(ctx), a.working.stop(ctx), a.node.close(ctx))
	a.node.parts.Log.Info("stopped")
	return err
}

func orText(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
