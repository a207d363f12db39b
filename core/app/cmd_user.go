package app

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// byCommand is the author of what the command line changes.
var byCommand = system("command")

func (c *cli) userCommand() *cobra.Command {
	cmd := c.command("user", nil)
	cmd.AddCommand(c.userAdd(), c.userList(), c.userPassword(), c.userDisable("disable", true),
		c.userDisable("enable", false), c.userInvite(), c.userResetFactor(), c.userErase())
	return cmd
}

func (c *cli) userAdd() *cobra.Command {
	var name, locale, association string
	var roles []string
	var stdin bool
	cmd := c.command("user add", func(cmd *cobra.Command, args []string) error {
		if len(roles) == 0 {
			return &usageError{text: c.text("error.role_needed"), cmd: cmd}
		}
		password, drawn, err := c.password(stdin)
		if err != nil {
			return err
		}
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			id, err := addUser(ctx, n, newAccount{Email: args[0], Name: name, Locale: content.Locale(locale), Roles: roles,
				Association: content.EntryID(association), Password: password})
			if err != nil {
				return err
			}
			c.say("user.added", "email", args[0], "id", string(id))
			if drawn {
				c.say("user.password", "password", password)
			}
			return nil
		})
	})
	cmd.Use += " <e-mail>"
	cmd.Args = c.oneArg("email")
	cmd.Flags().StringVar(&name, "name", "", c.text("flag.user_name"))
	cmd.Flags().StringSliceVar(&roles, "role", nil, c.text("flag.role"))
	cmd.Flags().StringVar(&locale, "locale", "", c.text("flag.user_locale"))
	var builtin []string
	for _, r := range access.BuiltinRoles() {
		if r.ID != access.Visitor { // everybody has it
			builtin = append(builtin, string(r.ID))
		}
	}
	completes(cmd, "role", builtin...)
	completes(cmd, "locale", texts.Locales[:]...)
	cmd.Flags().StringVar(&association, "association", "", c.text("flag.association"))
	c.passwordFlag(cmd, &stdin)
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) passwordFlag(cmd *cobra.Command, stdin *bool) {
	cmd.Flags().BoolVar(stdin, "password-stdin", false, c.text("flag.password_stdin"))
}

// password reads a password from the input, or draws one.
func (c *cli) password(stdin bool) (password string, drawn bool, err error) {
	if !stdin {
		return drawPassword(rand.Reader)
	}
	line, err := bufio.NewReader(io.LimitReader(c.In, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", false, fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), false, nil
}

// drawPassword gives 80 random bits in groups that can be read out.
func drawPassword(random io.Reader) (string, bool, error) {
	raw := make([]byte, 10)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", false, fmt.Errorf("draw a password: %w", err)
	}
	text := strings.ToLower(base32.StdEncoding.EncodeToString(raw))
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:], true, nil
}

// newAccount is a user to add.
type newAccount struct {
	Email, Name, Password string
	Locale                content.Locale
	Roles                 []string
	Association           content.EntryID
}

// addUser makes a user with a password.
func addUser(ctx context.Context, n *node, a newAccount) (content.UserID, error) {
	keeper, err := newAuth(n, nil)
	if err != nil {
		return "", err
	}
	hash, err := keeper.HashPassword(ctx, a.Password) // refuses a bad one before anything is made
	if err != nil {
		return "", err
	}
	roles := make([]content.RoleID, len(a.Roles))
	for i, r := range a.Roles {
		roles[i] = content.RoleID(strings.TrimSpace(r))
	}
	set := account.UserFields{Email: &a.Email, Roles: &roles}
	if a.Name != "" {
		set.Name = &a.Name
	}
	if a.Locale != "" {
		set.Locale = &a.Locale
	}
	if a.Association != "" {
		set.Association = &a.Association
	}
	receipt, err := n.runner.Do(ctx, byCommand, account.SaveUser{Set: set})
	if err != nil {
		return "", err
	}
	id := content.UserID(receipt.Subject)
	_, err = n.runner.Do(ctx, byCommand, account.SetPassword{User: id, Hash: hash})
	return id, err
}

// findUser finds a user by e-mail or id.
func (n *node) findUser(ctx context.Context, name string) (u content.User, err error) {
	err = n.view.Read(ctx, func(tx *view.Tx) error {
		found, err := tx.NounByLookup(content.NounUser, noun.EmailLookup(name))
		if errors.Is(err, view.ErrNotFound) {
			found, err = tx.Noun(content.NounUser, name)
		}
		if errors.Is(err, view.ErrNotFound) {
			return problem.New(problem.NotFound, "user_missing", problem.Args{"id": clipText(name)})
		}
		if err != nil {
			return err
		}
		u, err = noun.DecodeUser(found)
		return err
	})
	return u, err
}

// eachNoun calls f with every noun of a kind.
func (n *node) eachNoun(ctx context.Context, kind content.NounKind, f func(*content.Noun) error) error {
	return n.view.Read(ctx, func(tx *view.Tx) error { return eachNounOf(tx, kind, f) })
}

func eachNounOf(tx *view.Tx, kind content.NounKind, f func(*content.Noun) error) error {
	const page = 500
	for after := ""; ; {
		nouns, err := tx.Nouns(kind, after, page)
		if err != nil {
			return err
		}
		for _, one := range nouns {
			if err := f(one); err != nil {
				return err
			}
			after = one.ID
		}
		if len(nouns) < page {
			return nil
		}
	}
}

func (c *cli) userList() *cobra.Command {
	cmd := c.command("user list", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
			if err := n.eachNoun(ctx, content.NounUser, func(user *content.Noun) error {
				u, err := noun.DecodeUser(user)
				if err != nil {
					return err
				}
				state := "user.active"
				switch {
				case u.Email == "":
					state = "user.erased"
				case u.Disabled:
					state = "user.disabled"
				}
				_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", u.ID, u.Email, u.Name, joinIDs(u.Roles), c.text(state))
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

func joinIDs[T ~string](ids []T) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = string(id)
	}
	return strings.Join(out, ",")
}

func (c *cli) userPassword() *cobra.Command {
	var stdin bool
	cmd := c.command("user set-password", func(cmd *cobra.Command, args []string) error {
		password, drawn, err := c.password(stdin)
		if err != nil {
			return err
		}
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			u, err := n.findUser(ctx, args[0])
			if err != nil {
				return err
			}
			keeper, err := newAuth(n, nil)
			if err != nil {
				return err
			}
			hash, err := keeper.HashPassword(ctx, password)
			if err != nil {
				return err
			}
			if _, err := n.runner.Do(ctx, byCommand, account.SetPassword{User: u.ID, Hash: hash}); err != nil {
				return err
			}
			c.say("user.password_set", "email", u.Email)
			if drawn {
				c.say("user.password", "password", password)
			}
			return nil
		})
	})
	cmd.Use += " <e-mail>"
	cmd.Args = c.oneArg("email")
	c.passwordFlag(cmd, &stdin)
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) userDisable(name string, disabled bool) *cobra.Command {
	cmd := c.command("user "+name, func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			u, err := n.findUser(ctx, args[0])
			if err != nil {
				return err
			}
			if _, err := n.runner.Do(ctx, byCommand, account.DisableUser{ID: u.ID, Disabled: disabled}); err != nil {
				return err
			}
			c.say("user.was_"+name+"d", "email", args[0])
			return nil
		})
	})
	cmd.Use += " <e-mail>"
	cmd.Args = c.oneArg("email")
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) userErase() *cobra.Command {
	var yes bool
	cmd := c.command("user erase", func(cmd *cobra.Command, args []string) error {
		if !yes {
			return &usageError{text: c.text("error.erase_needs_yes"), cmd: cmd}
		}
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			u, err := n.findUser(ctx, args[0])
			if err != nil {
				return err
			}
			receipt, err := n.runner.Do(ctx, byCommand, account.EraseUser{ID: u.ID})
			if err != nil {
				return err
			}
			if err := n.finishErasure(ctx, receipt.Seq); err != nil {
				return err
			}
			c.say("user.was_erased", "id", string(u.ID))
			return nil
		})
	})
	cmd.Use += " <e-mail>"
	cmd.Args = c.oneArg("email")
	cmd.Flags().BoolVar(&yes, "yes", false, c.text("flag.yes"))
	c.siteFlags(cmd)
	return cmd
}

// finishErasure carries erasures out up to a record before the command ends;
// the eraser takes the same records twice without harm.
func (n *node) finishErasure(ctx context.Context, seq commitlog.Seq) error {
	at, err := n.eraser.Checkpoint()
	if err != nil {
		return err
	}
	for record, err := range n.log.Records(ctx, at) {
		if err != nil {
			return fmt.Errorf("read what is to be erased: %w", err)
		}
		if err := n.eraser.Apply(ctx, []commitlog.Record[content.Commit]{record}); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
		if record.Seq >= seq {
			break
		}
	}
	return nil
}
