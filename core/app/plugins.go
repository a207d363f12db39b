package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/api"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/slot"
	"github.com/recueil-cms/recueil/plugins/consultation"
	"github.com/recueil-cms/recueil/plugins/example"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/plugins/training"
)

// bundled lists the plugins that are part of the program. They have no
// privilege over a stranger's.
func bundled() []host.Bundled {
	return []host.Bundled{
		{Manifest: example.Manifest, Plugin: example.Plugin(), Files: example.Files},
		{Manifest: consultation.Manifest, Plugin: consultation.Plugin()},
		{Manifest: training.Manifest, Plugin: training.Plugin()},
	}
}

// installer changes which plugins are installed.
func (n *node) installer() *host.Installer {
	return &host.Installer{Bucket: n.bucket, Blobs: n.blobs, View: n.view, Runner: n.runner, Kinds: n.kinds, Bundled: bundled(), Keys: n.cfg.PluginKeys}
}

// hostPlugins makes what runs the plugins of a node, and lets it run.
func (a *App) hostPlugins(ctx context.Context, engine *query.Engine, library *media.Library, locales []content.Locale) error {
	n := a.node
	o := host.Options{
		Dir: n.cfg.Data, Bucket: n.bucket, Blobs: n.blobs, View: n.view, Log: n.log, Runner: n.runner, Query: engine,
		Kinds: n.kinds, Texts: n.parts.Texts, Now: n.parts.Now, Rand: n.parts.Rand, Logger: n.parts.Log,
		Gate: n.gate, Locales: locales, SiteURL: n.cfg.PublicURL, Version: n.cfg.Program,
		Bundled: bundled(), Program: n.parts.Program, Mail: a.mail.Add, Library: library,
		Search: func(ctx context.Context, by content.Actor, raw string) ([]byte, error) {
			return api.FindText(ctx, engine, by, raw, locales[0])
		},
	}
	if n.parts.Host != nil {
		n.parts.Host(&o)
	}
	h, err := host.New(o)
	if err != nil {
		return fmt.Errorf("start the host of plugins: %w", err)
	}
	a.plugins = h
	a.working.run("plugins", h.Run)
	a.working.run("bundled plugins", a.renewPlugins)
	select { // nobody writes past a hook because the node has just begun
	case <-h.Looked():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// renewAgain is how long a node waits before it tries again to bring the
// program's own plugins to its version.
const renewAgain = 10 * time.Second

// renewPlugins brings the program's own plugins, where they are installed, to
// the version that this program has. One that asks for more than was agreed to
// waits for an administrator.
func (a *App) renewPlugins(ctx context.Context) error {
	log := a.node.parts.Log
	for {
		renewed, err := a.node.installer().Renew(ctx, content.Actor{Kind: content.ActorSystem, ID: "upgrade"})
		for _, p := range renewed {
			if p.Pending != nil {
				log.Warn("a plugin of this program asks for more than was agreed to, and waits for an approval", "plugin", p.Name, "version", p.Pending.Version)
				continue
			}
			log.Info("a plugin of this program has a new version", "plugin", p.Name, "version", p.Current.Version)
		}
		if err == nil || ctx.Err() != nil {
			return nil
		}
		log.Warn("plugins of this program are not at its version yet; it will be tried again", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(renewAgain):
		}
	}
}

// slots is what contributes to the site: the plugins.
func (a *App) slots() slot.Provider {
	if a.node.parts.Slots != nil {
		return a.node.parts.Slots
	}
	return a.plugins
}

// runBundled serves one of the program's own plugins: this process was started
// by a host, and is nothing else.
func (c *cli) runBundled(name string) error {
	var known []string
	for _, b := range bundled() {
		m, err := manifest.Parse(b.Manifest, schema.Builtin())
		if err != nil {
			return err
		}
		if m.Name == name {
			sdk.Main(b.Plugin)
		}
		known = append(known, m.Name)
	}
	slices.Sort(known)
	return &usageError{text: c.text("error.plugin_unknown", "name", clipText(name), "known", strings.Join(known, ", "))}
}

// isPlugin reports whether a command line is that of a plugin of the program.
func isPlugin(args []string) bool {
	return len(args) == 3 && args[0] == "plugin" && args[1] == "run"
}

// pluginGuard ends a process that a host started as a plugin and that is
// about to do anything else: a plugin that served a site would start plugins.
func (c *cli) pluginGuard(args []string) error {
	if c.Env(sdk.CookieKey) == "" || isPlugin(args) {
		return nil
	}
	return &usageError{text: c.text("error.plugin_variable", "name", sdk.CookieKey)}
}
