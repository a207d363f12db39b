package app

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/plugins/host"
)

func (c *cli) pluginCommand() *cobra.Command {
	cmd := c.command("plugin", nil)
	cmd.AddCommand(c.pluginInstall(), c.pluginApprove(), c.pluginList(), c.pluginShow(), c.pluginConfigure(),
		c.pluginSwitch("enable", true), c.pluginSwitch("disable", false), c.pluginRollBack(), c.pluginRemove(),
		c.pluginLogs(), c.pluginNew(), c.pluginDev(), c.pluginTest(), c.pluginValidate(), c.pluginPack(), c.pluginKey(), c.pluginSign(), c.pluginRun())
	return cmd
}

// onPlugin makes a command that does something with one plugin.
func (c *cli) onPlugin(name string, work func(ctx context.Context, n *node, plugin string) error) *cobra.Command {
	cmd := c.command("plugin "+name, func(cmd *cobra.Command, args []string) error {
		return c.withSite(cmd.Context(), func(ctx context.Context, n *node) error { return work(ctx, n, args[0]) })
	})
	cmd.Use += " <name>"
	cmd.Args = c.oneArg("plugin")
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) pluginList() *cobra.Command {
	cmd := c.command("plugin list", func(cmd *cobra.Command, args []string) error {
		data := c.siteConfig().Data
		return c.withSite(cmd.Context(), func(ctx context.Context, n *node) error {
			all, err := n.installer().List(ctx)
			if err != nil {
				return err
			}
			if len(all) == 0 {
				c.say("plugin.none")
			}
			w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
			for _, p := range all {
				if err := c.pluginLine(w, data, p); err != nil {
					return err
				}
			}
			return w.Flush()
		})
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) pluginLine(w io.Writer, data string, p *host.Installed) error {
	version, state, confined := "–", "unknown", ""
	status, known, err := host.ReadStatus(data, p.Name)
	switch {
	case err != nil:
		return err
	case p.Current == nil:
		state = string(host.Waiting)
	case !p.Enabled:
		state = string(host.Disabled)
	case known:
		state = string(status.State)
		if status.Confined != "" {
			confined = c.text("plugin.confined." + status.Confined)
		}
	}
	if p.Current != nil {
		version = p.Current.Version
	}
	if p.Pending != nil {
		version += " → " + p.Plugin.Pending.Version
	}
	_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, version, c.text("plugin.state."+state), confined)
	return err
}

func (c *cli) pluginShow() *cobra.Command {
	return c.onPlugin("show", func(ctx context.Context, n *node, name string) error {
		p, err := n.installer().Find(ctx, name)
		if err != nil {
			return err
		}
		if p.Manifest != nil {
			c.say("plugin.asks", "plugin", name, "version", p.Current.Version)
			for _, s := range p.Manifest.Scopes() {
				c.print(c.scopeLine(s, false))
			}
		}
		if p.Pending != nil {
			c.showAsked(p)
			c.say("plugin.waits", "command", "recueil plugin approve "+name)
		}
		return nil
	})
}

func (c *cli) pluginSwitch(name string, enabled bool) *cobra.Command {
	return c.onPlugin(name, func(ctx context.Context, n *node, plugin string) error {
		if _, err := n.installer().Enable(ctx, byCommand, plugin, enabled); err != nil {
			return err
		}
		c.say("plugin.changed", "plugin", plugin)
		return nil
	})
}

func (c *cli) pluginRollBack() *cobra.Command {
	return c.onPlugin("rollback", func(ctx context.Context, n *node, name string) error {
		p, err := n.installer().RollBack(ctx, byCommand, name)
		if err != nil {
			return err
		}
		c.say("plugin.runs", "plugin", name, "version", p.Current.Version)
		return nil
	})
}

func (c *cli) pluginRemove() *cobra.Command {
	return c.onPlugin("remove", func(ctx context.Context, n *node, name string) error {
		if err := n.installer().Remove(ctx, byCommand, name); err != nil {
			return err
		}
		c.say("plugin.removed", "plugin", name)
		return nil
	})
}

func (c *cli) pluginRun() *cobra.Command {
	cmd := c.command("plugin run", func(_ *cobra.Command, args []string) error { return c.runBundled(args[0]) })
	cmd.Use += " <name>"
	cmd.Args = c.oneArg("plugin")
	cmd.Hidden = true
	return cmd
}
