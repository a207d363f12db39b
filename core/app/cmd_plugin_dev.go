package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/dev"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// workshopEvery is how often files, lines and debuggers are looked at.
const workshopEvery = 300 * time.Millisecond

func (c *cli) pluginDev() *cobra.Command {
	logging := logFlags{format: "text", level: "warn"}
	w := &workshop{cli: c}
	var site string
	cmd := c.command("plugin dev", func(cmd *cobra.Command, args []string) error {
		log, err := c.logger(cmd, logging)
		if err != nil {
			return err
		}
		w.dir = folderOf(args)
		if _, err := os.Stat(filepath.Join(w.dir, manifest.FileName)); err != nil {
			return &usageError{text: c.text("error.plugin_dev_folder", "folder", w.dir, "file", manifest.FileName), cmd: cmd}
		}
		c.cfg.Data, c.cfg.Bucket = orText(site, filepath.Join(w.dir, dev.Folder, "site")), ""
		if w.meeting, err = dev.Meet(w.dir); err != nil {
			return err
		}
		defer w.meeting.End()
		c.parts.Host = w.change
		return c.serve(cmd.Context(), log, func(_ context.Context, app *App) error {
			w.app = app
			app.working.run("workshop", w.run)
			return nil
		})
	})
	cmd.Use += " [folder]"
	cmd.Args = c.folderArg
	cmd.Flags().StringVar(&site, "site", "", c.text("flag.plugin_dev_data"))
	cmd.Flags().StringVar(&c.cfg.Listen, "listen", defaultListen, c.text("flag.listen"))
	cmd.Flags().StringVar(&w.build, "build", "", c.text("flag.plugin_build"))
	cmd.Flags().BoolVar(&w.debug, "debug", false, c.text("flag.plugin_debug"))
	return cmd
}

// workshop keeps the newest build of a plugin running on a development site.
type workshop struct {
	*cli
	app     *App
	dir     string
	build   string // command
	debug   bool   // nobody is in a hurry
	meeting *dev.Meeting

	mu       sync.Mutex // of what is printed
	name     string     // of the plugin, once one was installed
	stamp    string     // of the files that were built
	attached bool
	shown    time.Time // of the last line
	pid      int
}

// hour is how long a site waits for a plugin that a debugger holds.
const hour = time.Hour

func (w *workshop) change(o *host.Options) {
	o.Trace = w.trace
	o.Attach = func(string) (string, bool) { return w.meeting.Socket, w.meeting.Present() }
	if w.debug {
		o.Pace = host.Pace{Start: hour, Answer: hour, Health: hour, Hook: hour, Deliver: hour, Lease: hour, Call: hour}
	}
}

// trace prints a call, with how much of its time it took.
func (w *workshop) trace(plugin string, n host.CallNote) {
	line := fmt.Sprintf("%s > %-7s %-32s %8.1f ms", n.At.Local().Format("15:04:05.000"), n.Surface, n.What, n.Took)
	if n.Deadline > 0 {
		line += fmt.Sprintf(" of %d ms, %.0f %%", n.Deadline, 100*n.Took/float64(n.Deadline))
	}
	if n.Error != "" {
		line += "  ! " + n.Error
	}
	w.show(line)
}

func (w *workshop) show(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.print(line)
}

func (w *workshop) tell(text string) { w.show(time.Now().Format("15:04:05.000") + " = " + text) }

// run looks at the files, the plugin's lines and the debugger until ctx ends.
func (w *workshop) run(ctx context.Context) error {
	ticks := time.NewTicker(workshopEvery)
	defer ticks.Stop()
	for {
		w.renew(ctx)
		w.follow()
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
	}
}

// renew builds and installs when files changed. What went wrong is shown, and
// the version before goes on.
func (w *workshop) renew(ctx context.Context) {
	raw, err := os.ReadFile(filepath.Join(w.dir, manifest.FileName))
	if err != nil {
		return // it is being saved
	}
	stamp, err := dev.Stamp(w.dir, dev.Built(raw))
	if err != nil || stamp == w.stamp {
		return
	}
	w.stamp = stamp
	begun := time.Now()
	err = w.install(ctx, begun)
	var failed *dev.BuildError
	switch {
	case ctx.Err() != nil:
	case errors.As(err, &failed):
		w.tell(w.text("plugin.dev_build_failed") + "\n" + failed.Error())
	case err != nil:
		w.tell(w.explain(err))
	}
}

func (w *workshop) install(ctx context.Context, begun time.Time) error {
	bundle, version, err := dev.Make(ctx, w.dir, w.build, begun)
	if err != nil {
		return err
	}
	m, err := host.CheckBundle(bundle, schema.Builtin())
	if err != nil {
		return err
	}
	built := time.Since(begun)
	in := w.app.node.installer()
	in.Keys = nil // the developer's own work, on the developer's own site
	p, err := in.Install(ctx, byCommand, bundle)
	if err != nil {
		return err
	}
	if p.Pending != nil {
		var asks []string
		for _, a := range p.Asks() {
			if a.New {
				asks = append(asks, w.scopeLine(a.Scope, false))
			}
		}
		if len(asks) > 0 {
			w.tell(w.text("plugin.dev_agrees") + "\n" + strings.Join(asks, "\n"))
		}
		if _, err := in.Approve(ctx, byCommand, m.Name, version); err != nil {
			return err
		}
	}
	w.name = m.Name
	w.app.plugins.Wake()
	w.tell(w.text("plugin.dev_installed", "version", version, "ms", built.Milliseconds()))
	return nil
}

// follow shows what the plugin wrote and where it runs, and turns to a program
// under a debugger when there is one.
func (w *workshop) follow() {
	if w.name == "" {
		return
	}
	if now := w.meeting.Present(); now != w.attached {
		w.attached = now
		w.tell(w.text(map[bool]string{true: "plugin.dev_attached", false: "plugin.dev_detached"}[now]))
		if err := w.app.plugins.Restart(w.name); err != nil {
			w.tell(w.explain(err))
		}
	}
	status, known := w.app.plugins.Status(w.name)
	if !known {
		return
	}
	if status.PID != w.pid && status.PID != 0 {
		w.pid = status.PID
		w.tell(w.text("plugin.dev_runs", "version", status.Version, "pid", status.PID, "confined", w.text("plugin.confined."+status.Confined)))
	}
	for _, l := range status.Last {
		if !l.At.After(w.shown) {
			continue
		}
		w.shown = l.At
		mark := " | "
		if l.Host {
			mark = " * "
		}
		w.show(l.At.Local().Format("15:04:05.000") + mark + l.Text)
	}
}
