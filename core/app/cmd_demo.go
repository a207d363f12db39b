package app

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/spf13/cobra"
)

func (c *cli) demoCommand() *cobra.Command {
	logging := logFlags{level: "warn"} // the accounts are to stay on the screen
	var password string
	var loadOnly bool
	cmd := c.command("demo", func(cmd *cobra.Command, args []string) error {
		log, err := c.logger(cmd, logging)
		if err != nil {
			return err
		}
		fill := func(ctx context.Context, n *node) error {
			bar := c.progress("demo.loading")
			accounts, err := loadDemo(ctx, n, password, rand.Reader, bar.show)
			bar.end()
			if errors.Is(err, errNotEmpty) {
				return &usageError{text: c.text("demo.not_empty", "bucket", c.siteConfig().Bucket,
					"command", "recueil serve --data "+c.cfg.Data)}
			}
			if err != nil {
				return err
			}
			c.say("demo.loaded")
			c.showAccounts(accounts)
			return nil
		}
		if loadOnly {
			return c.withNode(cmd.Context(), fill)
		}
		return c.serve(cmd.Context(), log, func(ctx context.Context, app *App) error {
			if err := fill(ctx, app.node); err != nil {
				return err
			}
			return app.demoEdition(ctx)
		})
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	c.serverFlags(cmd, &logging)
	cmd.Flags().StringVar(&password, "demo-password", "", c.text("flag.demo_password"))
	cmd.Flags().BoolVar(&loadOnly, "load-only", false, c.text("flag.load_only"))
	return cmd
}
