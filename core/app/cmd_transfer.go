package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/transfer"
)

func (n *node) site() transfer.Site {
	return transfer.Site{View: n.view, Blobs: n.blobs, Kinds: n.kinds, Runner: n.runner, Now: n.parts.Now}
}

func (c *cli) exportCommand() *cobra.Command {
	var o transfer.ExportOptions
	var public bool
	cmd := c.command("export", func(cmd *cobra.Command, args []string) error {
		if public && o.Secrets {
			return &usageError{text: c.text("error.public_secrets"), cmd: cmd}
		}
		o.Personal = !public
		o.Program = "recueil " + version()
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			bar := c.progress("export.progress")
			o.Progress = bar.show
			m, err := exportFile(ctx, n.site(), args[0], o)
			bar.end()
			if err != nil {
				return err
			}
			lines := 0
			for _, member := range m.Members {
				lines += member.Lines
			}
			c.say("export.done", "file", args[0], "n", lines)
			if m.Personal {
				c.say("export.personal")
			}
			return nil
		})
	})
	cmd.Use += " <file>"
	cmd.Args = c.oneArg("archive")
	cmd.Flags().BoolVar(&public, "no-personal", false, c.text("flag.no_personal"))
	cmd.Flags().BoolVar(&o.Secrets, "secrets", false, c.text("flag.secrets"))
	c.siteFlags(cmd)
	return cmd
}

// exportFile writes an archive beside its final name, and gives it that name
// when it is complete. An existing file is not overwritten.
func exportFile(ctx context.Context, site transfer.Site, name string, o transfer.ExportOptions) (_ *transfer.Manifest, err error) {
	if _, err := os.Lstat(name); err == nil {
		return nil, fmt.Errorf("write the archive: %w", &os.PathError{Op: "create", Path: name, Err: os.ErrExist})
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".recueil-export-*") // readable by its owner only
	if err != nil {
		return nil, fmt.Errorf("write the archive: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	m, err := transfer.Export(ctx, site, f, o)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return nil, fmt.Errorf("name the archive: %w", err)
	}
	return m, nil
}

func (c *cli) importCommand() *cobra.Command {
	var o transfer.ImportOptions
	var existing string
	cmd := c.command("import", func(cmd *cobra.Command, args []string) error {
		if existing != "skip" && existing != "update" {
			return &usageError{text: c.text("error.existing", "value", clipText(existing)), cmd: cmd}
		}
		o.Update = existing == "update"
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			return c.importFile(ctx, n, args[0], o)
		})
	})
	cmd.Use += " <file>"
	cmd.Args = c.oneArg("archive")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, c.text("flag.dry_run"))
	cmd.Flags().StringVar(&existing, "existing", "skip", c.text("flag.existing"))
	c.siteFlags(cmd)
	return cmd
}

var errRefused = errors.New("some of the archive was refused")

func (c *cli) importFile(ctx context.Context, n *node, name string, o transfer.ImportOptions) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	a, err := transfer.Open(f, info.Size())
	if err != nil {
		return err
	}
	bars := map[string]*progress{transfer.StageVerify: c.progress("import.verifying"), transfer.StageImport: c.progress("import.importing")}
	shown := ""
	o.Progress = func(stage string, done, total int64) {
		if shown != stage && shown != "" {
			bars[shown].end()
		}
		shown = stage
		bars[stage].show(done, total)
	}
	report, err := transfer.Import(ctx, n.site(), a, o)
	if shown != "" {
		bars[shown].end()
	}
	if report != nil {
		c.showImport(report, o.DryRun)
	}
	if err == nil && report.Refused() > 0 {
		err = errRefused
	}
	return err
}

func (c *cli) showImport(r *transfer.Report, dry bool) {
	if dry {
		c.say("import.dry_run")
	}
	for _, part := range []struct {
		key string
		t   transfer.Tally
	}{{"collections", r.Collections}, {"roles", r.Roles}, {"users", r.Users}, {"assets", r.Assets}, {"entries", r.Entries}} {
		c.say("import.tally", "what", pad(c.text("import."+part.key), 14), "created", part.t.Created, "updated", part.t.Updated,
			"unchanged", part.t.Unchanged, "kept", part.t.Kept, "refused", part.t.Refused)
	}
	if r.Erased > 0 {
		c.say("import.erased", "n", r.Erased)
	}
	for _, f := range r.First {
		c.print("  " + f.What + " " + f.ID + ": " + c.explain(f.Err))
	}
}
