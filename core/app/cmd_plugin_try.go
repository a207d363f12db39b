package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/contract"
	"github.com/recueil-cms/recueil/plugins/host"
)

// brokenError says that a plugin does not keep to the protocol.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }

func (c *cli) pluginTest() *cobra.Command {
	var settings, entries string
	var secrets []string
	cmd := c.command("plugin test", func(cmd *cobra.Command, args []string) error {
		suite := contract.Config{Kinds: schema.Builtin(), Open: c.trialSite, Tell: c.showResult}
		var err error
		if suite.Bundle, err = bundleOf(folderOf(args)); err != nil {
			return err
		}
		if suite.Bundle == nil {
			return fmt.Errorf("open the plugin: %s: %w", args[0], os.ErrNotExist)
		}
		if settings != "" {
			if suite.Settings, err = c.readAll(settings); err != nil {
				return err
			}
		}
		if entries != "" {
			raw, err := c.readAll(entries)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(raw, &suite.Entries); err != nil {
				return &usageError{text: c.text("error.plugin_entries", "file", entries, "reason", err.Error()), cmd: cmd}
			}
		}
		if suite.Secrets, err = c.namedSecrets(secrets); err != nil {
			return err
		}
		report, err := contract.Run(cmd.Context(), suite)
		if err != nil {
			return err
		}
		if n := report.Broken(); n > 0 {
			return &brokenError{c.text("plugin.test_broken", "broken", n, "all", len(report))}
		}
		c.say("plugin.test_kept", "n", report.Count(contract.Kept))
		return nil
	})
	cmd.Use += " [file | folder]"
	cmd.Args = c.folderArg
	cmd.Flags().StringVar(&settings, "settings", "", c.text("flag.plugin_settings"))
	cmd.Flags().StringArrayVar(&secrets, "secret", nil, c.text("flag.plugin_secret"))
	cmd.Flags().StringVar(&entries, "entries", "", c.text("flag.plugin_entries"))
	return cmd
}

// showResult prints the line of one rule.
func (c *cli) showResult(r contract.Result) {
	mark := map[contract.Outcome]string{contract.Kept: "✓", contract.Broken: "✗", contract.Apart: "–"}[r.Outcome]
	line := mark + " " + c.text("contract."+r.Rule)
	if r.Outcome != contract.Broken {
		if r.Seen != "" {
			line += " (" + r.Seen + ")"
		}
		c.print(line)
		return
	}
	c.print(line + "\n    " + strings.ReplaceAll(r.Seen, "\n", "\n    ") + "\n  → " + c.text("contract."+r.Rule+".broken"))
}

// trialSite makes a site in a temporary folder, for a plugin to be tried on.
func (c *cli) trialSite(ctx context.Context, change func(*host.Options)) (*contract.Site, error) {
	dir, err := os.MkdirTemp("", "recueil-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the site: %w", err)
	}
	parts := c.parts
	parts.Log, parts.Host = slog.New(slog.DiscardHandler), change
	app, err := Start(ctx, Config{Data: filepath.Join(dir, "data"), Bucket: "folder:" + filepath.Join(dir, "bucket"),
		Listen: "127.0.0.1:0", SnapshotEvery: -1, CompactEvery: -1, Program: version()}, parts)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	site := app.Trial()
	site.Close = func() error {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		defer cancel()
		return errors.Join(app.Stop(ctx), os.RemoveAll(dir))
	}
	return site, nil
}

// Trial gives what a plugin is tried with on a node that runs. Whoever asked
// stops the node.
func (a *App) Trial() *contract.Site {
	n := a.node
	return &contract.Site{Host: a.plugins, Installer: n.installer(), Runner: n.runner, Log: n.log, Bucket: n.bucket,
		Close: func() error { return nil }}
}
