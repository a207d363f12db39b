package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

func (c *cli) pluginInstall() *cobra.Command {
	var yes bool
	cmd := c.command("plugin install", func(cmd *cobra.Command, args []string) error {
		bundle, err := bundleOf(args[0])
		if err != nil {
			return err
		}
		if bundle != nil {
			if err := c.showSignature(bundle); err != nil {
				return err
			}
		}
		return c.withSite(cmd.Context(), func(ctx context.Context, n *node) error {
			var p *host.Installed
			if bundle == nil {
				p, err = n.installer().InstallBundled(ctx, byCommand, args[0])
			} else {
				p, err = n.installer().Install(ctx, byCommand, bundle)
			}
			if err != nil {
				return err
			}
			if p.Pending != nil {
				c.showAsked(p)
				if !yes {
					c.say("plugin.waits", "command", "recueil plugin approve "+p.Name)
					return nil
				}
				if p, err = n.installer().Approve(ctx, byCommand, p.Name, p.Plugin.Pending.Version); err != nil {
					return err
				}
			}
			c.say("plugin.runs", "plugin", p.Name, "version", p.Current.Version)
			return nil
		})
	})
	cmd.Use += " <file | folder | name>"
	cmd.Args = c.oneArg("plugin_source")
	c.keysFlag(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, c.text("flag.plugin_yes"))
	c.siteFlags(cmd)
	return cmd
}

// showAsked tells in plain words what a version asks for.
func (c *cli) showAsked(p *host.Installed) {
	version := p.Plugin.Pending.Version
	asks := p.Asks()
	if len(asks) == 0 {
		c.say("plugin.asks_nothing", "plugin", p.Name, "version", version)
		return
	}
	c.say("plugin.asks", "plugin", p.Name, "version", version)
	for _, a := range asks {
		c.print(c.scopeLine(a.Scope, a.New && p.Current != nil))
	}
}

func (c *cli) scopeLine(s manifest.Scope, fresh bool) string {
	line := "  - " + c.texts.Text(c.locale, s.Code, s.Args)
	if s.Elevated {
		line += " (" + c.text("plugin.elevated") + ")"
	}
	if fresh {
		line += " [" + c.text("plugin.new_scope") + "]"
	}
	if why := s.Why.In(content.Locale(c.locale)); why != "" {
		line += " — " + why
	}
	return line
}

func (c *cli) pluginApprove() *cobra.Command {
	var version string
	cmd := c.onPlugin("approve", func(ctx context.Context, n *node, name string) error {
		p, err := n.installer().Find(ctx, name)
		if err != nil {
			return err
		}
		if p.Pending != nil {
			c.showAsked(p)
			if version == "" {
				version = p.Plugin.Pending.Version
			}
		}
		if p, err = n.installer().Approve(ctx, byCommand, name, version); err != nil {
			return err
		}
		c.say("plugin.runs", "plugin", name, "version", p.Current.Version)
		return nil
	})
	cmd.Flags().StringVar(&version, "version", "", c.text("flag.plugin_version"))
	return cmd
}

func (c *cli) pluginConfigure() *cobra.Command {
	var file string
	var named []string
	cmd := c.onPlugin("configure", func(ctx context.Context, n *node, name string) error {
		var settings json.RawMessage
		if file != "" {
			raw, err := c.readAll(file)
			if err != nil {
				return err
			}
			settings = raw
		}
		secrets, err := c.namedSecrets(named)
		if err != nil {
			return err
		}
		if _, err := n.installer().Configure(ctx, byCommand, name, settings, secrets, nil); err != nil {
			return err
		}
		c.say("plugin.changed", "plugin", name)
		return nil
	})
	cmd.Flags().StringVar(&file, "settings", "", c.text("flag.plugin_settings"))
	cmd.Flags().StringArrayVar(&named, "secret", nil, c.text("flag.plugin_secret"))
	return cmd
}

// namedSecrets reads the files of secrets, each named as key=file; without a
// file the secret is forgotten.
func (c *cli) namedSecrets(named []string) (map[string]*string, error) {
	secrets := map[string]*string{}
	for _, s := range named {
		key, source, ok := strings.Cut(s, "=")
		if !ok {
			return nil, &usageError{text: c.text("error.secret_form", "value", clipText(s))}
		}
		if secrets[key] = nil; source == "" {
			continue
		}
		raw, err := c.readAll(source)
		if err != nil {
			return nil, err
		}
		value := strings.TrimRight(string(raw), "\r\n")
		secrets[key] = &value
	}
	return secrets, nil
}

// readAll reads a small file, or the input for "-".
func (c *cli) readAll(name string) ([]byte, error) {
	in := c.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", name, err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxDefinition+1))
	if err == nil && len(raw) > maxDefinition {
		err = problem.New(problem.TooLarge, "body_too_large", problem.Args{"limit": maxDefinition})
	}
	return raw, err
}
