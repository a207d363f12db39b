package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
)

func (c *cli) tokenCommand() *cobra.Command {
	cmd := c.command("token", nil)
	cmd.AddCommand(c.tokenCreate(), c.tokenList(), c.tokenRevoke())
	return cmd
}

func (c *cli) tokenCreate() *cobra.Command {
	var user, name, age string
	var roles []string
	cmd := c.command("token create", func(cmd *cobra.Command, args []string) error {
		if user == "" || name == "" {
			return &usageError{text: c.text("error.token_needs"), cmd: cmd}
		}
		lasts, err := parseAge(age)
		if err != nil {
			return &usageError{text: c.text("error.age", "value", clipText(age)), cmd: cmd}
		}
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			secret, err := n.createToken(ctx, user, name, roles, lasts)
			if err != nil {
				return err
			}
			c.say("token.created")
			c.print(secret)
			return nil
		})
	})
	cmd.Args = c.noArgs
	cmd.Flags().StringVar(&user, "user", "", c.text("flag.token_user"))
	cmd.Flags().StringVar(&name, "name", "", c.text("flag.token_name"))
	cmd.Flags().StringSliceVar(&roles, "role", nil, c.text("flag.token_role"))
	cmd.Flags().StringVar(&age, "expires", "90d", c.text("flag.expires"))
	c.siteFlags(cmd)
	return cmd
}

// createToken makes a token for a user, given by e-mail or id, and gives its
// secret. It lasts for ever when lasts is 0.
func (n *node) createToken(ctx context.Context, user, name string, roles []string, lasts time.Duration) (string, error) {
	u, err := n.findUser(ctx, user)
	if err != nil {
		return "", err
	}
	keeper, err := newAuth(n, nil)
	if err != nil {
		return "", err
	}
	secret, err := keeper.NewToken()
	if err != nil {
		return "", err
	}
	create := account.CreateToken{Label: name, User: u.ID, Prefix: secret.Shown, Digest: secret.Digest}
	for _, r := range roles {
		create.Roles = append(create.Roles, content.RoleID(strings.TrimSpace(r)))
	}
	if lasts > 0 {
		ends := n.parts.Now().Add(lasts)
		create.Expires = &ends
	}
	_, err = n.runner.Do(ctx, byCommand, create)
	return secret.Text, err
}

// parseAge reads a duration with days as well: "90d", "12h", and "never" as 0.
func parseAge(s string) (time.Duration, error) {
	if s == "never" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n <= 0 || n > 36500 {
			return 0, fmt.Errorf("age %q: not a number of days", s)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(s)
	if err == nil && d <= 0 {
		err = fmt.Errorf("age %q: not in the future", s)
	}
	return d, err
}

func (c *cli) tokenList() *cobra.Command {
	cmd := c.command("token list", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
			if err := n.eachNoun(ctx, content.NounToken, func(token *content.Noun) error {
				t, err := noun.Decode[content.Token](token)
				if err != nil {
					return err
				}
				state := c.text("token.valid")
				switch {
				case t.RevokedAt != nil:
					state = c.text("token.revoked_on", "date", t.RevokedAt.Format(time.DateOnly))
				case t.ExpiresAt != nil && n.parts.Now().After(*t.ExpiresAt):
					state = c.text("token.expired_on", "date", t.ExpiresAt.Format(time.DateOnly))
				case t.ExpiresAt != nil:
					state = c.text("token.valid_until", "date", t.ExpiresAt.Format(time.DateOnly))
				}
				_, err = fmt.Fprintf(w, "%s\t%s…\t%s\t%s\t%s\n", t.ID, t.Prefix, t.Name, t.User, state)
				return err
			}); err != nil {
				return err
			}
			return w.Flush()
		})
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) tokenRevoke() *cobra.Command {
	cmd := c.command("token revoke", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			if _, err := n.runner.Do(ctx, byCommand, account.RevokeToken{ID: content.TokenID(args[0])}); err != nil {
				return err
			}
			c.say("token.revoked", "id", args[0])
			return nil
		})
	})
	cmd.Use += " <id>"
	cmd.Args = c.oneArg("token")
	c.siteFlags(cmd)
	return cmd
}
