package app

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/plugins/host"
)

// logsEvery is how often new lines are looked for.
const logsEvery = 300 * time.Millisecond

func (c *cli) pluginLogs() *cobra.Command {
	var follow bool
	cmd := c.command("plugin logs", func(cmd *cobra.Command, args []string) error {
		data := c.siteConfig().Data
		status, known, err := host.ReadStatus(data, args[0])
		if err != nil {
			return err
		}
		if !known {
			c.say("plugin.no_status", "plugin", clipText(args[0]))
			if !follow {
				return nil
			}
		}
		last := c.showLines(status.Last, time.Time{})
		if follow {
			return c.followLogs(cmd.Context(), data, args[0], last)
		}
		if status.Cause != nil {
			c.say("plugin.cause", "cause", status.Cause.Error())
		}
		return nil
	})
	cmd.Use += " <name>"
	cmd.Args = c.oneArg("plugin")
	c.siteFlags(cmd)
	cmd.Flags().BoolVar(&follow, "follow", false, c.text("flag.plugin_follow"))
	return cmd
}

// showLines prints the lines after a time, and gives the time of the last one.
func (c *cli) showLines(lines []host.Line, after time.Time) time.Time {
	for _, l := range lines {
		if !l.At.After(after) {
			continue
		}
		mark := " "
		if l.Host {
			mark = "*"
		}
		c.print(l.At.Format("2006-01-02 15:04:05.000") + " " + mark + " " + l.Text)
		after = l.At
	}
	return after
}

// followLogs prints new lines until ctx ends. The node writes them down when
// something changes, and every few seconds.
func (c *cli) followLogs(ctx context.Context, data, name string, last time.Time) error {
	ticks := time.NewTicker(logsEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		}
		status, known, err := host.ReadStatus(data, name)
		if err != nil {
			return err
		}
		if known {
			last = c.showLines(status.Last, last)
		}
	}
}
