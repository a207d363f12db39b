package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// maxDefinition bounds the file of a definition, in bytes.
const maxDefinition = 4 << 20

func (c *cli) collectionCommand() *cobra.Command {
	cmd := c.command("collection", nil)
	cmd.AddCommand(c.collectionList(), c.collectionShow(), c.collectionApply(), c.collectionRemove())
	return cmd
}

func (c *cli) collectionList() *cobra.Command {
	cmd := c.command("collection list", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			w := tabwriter.NewWriter(c.Out, 0, 4, 2, ' ', 0)
			err := n.view.Read(ctx, func(tx *view.Tx) error {
				for _, col := range tx.Collections() {
					total, err := entriesOf(tx, col.ID)
					if err != nil {
						return err
					}
					if _, err := fmt.Fprintf(w, "%s\t%s\t%s\n", col.Name, col.Label.In(content.Locale(c.locale)), c.text("collection.entries", "n", total)); err != nil {
						return err
					}
				}
				return nil
			})
			return errors.Join(err, w.Flush())
		})
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	return cmd
}

// entriesOf counts the entries of a collection, whatever locales they have.
func entriesOf(tx *view.Tx, id content.CollectionID) (int, error) {
	counts, err := tx.Counts(id)
	if err != nil {
		return 0, err
	}
	var locales []content.Locale
	for _, n := range counts {
		if !slices.Contains(locales, n.Locale) {
			locales = append(locales, n.Locale)
		}
	}
	return tx.Count(view.List{Collection: id, Limit: 1, Locales: locales})
}

func (c *cli) collectionShow() *cobra.Command {
	cmd := c.command("collection show", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			col, err := n.collection(ctx, args[0])
			if err != nil {
				return err
			}
			enc := json.NewEncoder(c.Out)
			enc.SetIndent("", "  ")
			enc.SetEscapeHTML(false)
			return enc.Encode(col)
		})
	})
	cmd.Use += " <name>"
	cmd.Args = c.oneArg("collection")
	c.siteFlags(cmd)
	return cmd
}

func (n *node) collection(ctx context.Context, name string) (col *schema.Collection, err error) {
	err = n.view.Read(ctx, func(tx *view.Tx) error {
		if col = tx.Collection(name); col == nil {
			return problem.New(problem.NotFound, "collection_not_found", problem.Args{"collection": clipText(name)})
		}
		return nil
	})
	return col, err
}

func (c *cli) collectionApply() *cobra.Command {
	var dry, yes bool
	cmd := c.command("collection apply", func(cmd *cobra.Command, args []string) error {
		def, err := c.readDefinition(args[0])
		if err != nil {
			return err
		}
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			return c.applyDefinition(ctx, n, *def, dry, yes)
		})
	})
	cmd.Use += " <file>"
	cmd.Args = c.oneArg("file")
	cmd.Flags().BoolVar(&dry, "dry-run", false, c.text("flag.dry_run"))
	cmd.Flags().BoolVar(&yes, "yes", false, c.text("flag.confirm_loss"))
	c.siteFlags(cmd)
	return cmd
}

func (c *cli) readDefinition(name string) (*schema.Collection, error) {
	in := c.In
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open the definition: %w", err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxDefinition+1))
	if err != nil {
		return nil, fmt.Errorf("read the definition: %w", err)
	}
	if len(raw) > maxDefinition {
		return nil, problem.New(problem.TooLarge, "body_too_large", problem.Args{"limit": maxDefinition})
	}
	return schema.ParseCollection(raw)
}

// applyDefinition defines a collection. One that the file does not identify is
// found by its name; a revision in the file must be the present one.
func (c *cli) applyDefinition(ctx context.Context, n *node, def schema.Collection, dry, yes bool) error {
	act := action.DefineCollection{Definition: def, Force: yes, Locale: "fr"}
	if def.ID == "" {
		if old, err := n.collection(ctx, def.Name); err == nil {
			act.Definition.ID = old.ID
		}
	}
	if def.Revision > 0 {
		act.IfMatch = &def.Revision
	}
	report, err := n.runner.CheckDefinition(ctx, byCommand, act)
	if err != nil {
		return err
	}
	c.showReport(report)
	if dry {
		c.say("collection.dry_run")
		return nil
	}
	if _, err := n.runner.Do(ctx, byCommand, act); err != nil {
		return err
	}
	c.say("collection.applied", "name", def.Name)
	return nil
}

func (c *cli) showReport(r *action.Report) {
	for _, change := range r.Changes {
		c.print("  " + c.showChange(change))
	}
	c.say("collection.checked", "n", r.Checked)
	if r.Offending > 0 {
		c.say("collection.offending", "n", r.Offending)
	}
	for _, o := range r.First {
		c.print(fmt.Sprintf("  %s %s %s: %s", o.Entry, o.Title, o.Pointer, c.texts.Text(c.locale, o.Code, map[string]any{"field": o.Field})))
	}
	for _, o := range r.Confirm {
		c.print("  " + c.texts.Text(c.locale, o.Code, map[string]any{"field": o.Field, "n": o.Entries}))
	}
}

func (c *cli) collectionRemove() *cobra.Command {
	var yes bool
	cmd := c.command("collection remove", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			receipt, err := n.runner.Do(ctx, byCommand, action.RemoveCollection{Collection: args[0], Force: yes})
			if err != nil {
				return err
			}
			if err := n.finishErasure(ctx, receipt.Seq); err != nil {
				return err
			}
			c.say("collection.removed", "name", args[0])
			return nil
		})
	})
	cmd.Use += " <name>"
	cmd.Args = c.oneArg("collection")
	cmd.Flags().BoolVar(&yes, "yes", false, c.text("flag.with_entries"))
	c.siteFlags(cmd)
	return cmd
}

// showChange says in words what a definition does to a field.
func (c *cli) showChange(ch action.FieldChange) string {
	return c.text("collection.change."+ch.What, "path", ch.Path, "from", ch.From, "to", ch.To)
}
