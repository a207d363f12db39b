package app

import (
	"github.com/spf13/cobra"
)

func (c *cli) checkCommand() *cobra.Command {
	cmd := c.command("check", func(cmd *cobra.Command, args []string) error {
		bar := c.progress("check.reading")
		f, err := check(cmd.Context(), c.siteConfig(), c.parts, bar.show)
		bar.end()
		if err != nil {
			return err
		}
		c.showFindings(f)
		if f.Damage > 0 {
			return &damagedError{text: c.text("check.damaged", "n", f.Damage)}
		}
		c.say("check.sound")
		return nil
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) showFindings(f *Findings) {
	c.say("check.records", "n", f.Records, "commits", f.Commits)
	c.say("check.segments", "n", f.Merged, "compared", f.Compared)
	c.say("check.sealed", "n", f.Sealed, "erased", f.Erased)
	c.say("check.entries", "n", f.Entries)
	c.say("check.blobs", "n", f.Blobs, "bytes", f.BlobBytes)
	if f.View != "" {
		c.say("check.view." + f.View)
	}
	for _, what := range f.Skipped {
		c.say("check.skipped." + what)
	}
	for _, d := range f.First {
		c.print("  " + c.texts.Text(c.locale, "cli.damage."+d.Code, d.Args))
	}
}
