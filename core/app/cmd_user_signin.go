package app

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/action/account"
)

// userInvite prints a link instead of mailing it: whoever runs commands may do
// everything, and perhaps there is no mail yet.
func (c *cli) userInvite() *cobra.Command {
	cmd := c.command("user invite", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			u, err := n.findUser(ctx, args[0])
			if err != nil {
				return err
			}
			keeper, err := newAuth(n, nil)
			if err != nil {
				return err
			}
			link, err := keeper.Invite(ctx, byCommand, u.ID)
			if err != nil {
				return err
			}
			c.say("user.invited", "email", u.Email)
			c.print(link)
			return nil
		})
	})
	cmd.Use += " <e-mail>"
	cmd.Args = c.oneArg("email")
	cmd.Flags().StringVar(&c.cfg.PublicURL, "url", "", c.text("flag.url"))
	c.siteFlags(cmd)
	return cmd
}

// userResetFactor is for somebody who has lost their app and their recovery
// codes.
func (c *cli) userResetFactor() *cobra.Command {
	cmd := c.command("user reset-second-factor", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			u, err := n.findUser(ctx, args[0])
			if err != nil {
				return err
			}
			if _, err := n.runner.Do(ctx, byCommand, account.RemoveFactor{User: u.ID}); err != nil {
				return err
			}
			c.say("user.factor_reset", "email", u.Email)
			return nil
		})
	})
	cmd.Use += " <e-mail>"
	cmd.Args = c.oneArg("email")
	c.siteFlags(cmd)
	return cmd
}
