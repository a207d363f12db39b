package app

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/texts"
)

func (c *cli) reindexCommand() *cobra.Command {
	cmd := c.command("reindex", func(cmd *cobra.Command, args []string) error {
		return c.withNode(cmd.Context(), func(ctx context.Context, n *node) error {
			bar := c.progress("reindex.reading")
			defer bar.end()
			if err := n.reindex(ctx, bar.show); err != nil {
				return err
			}
			bar.end()
			c.say("reindex.done")
			return nil
		})
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	cmd.Flags().StringSliceVar(&c.cfg.Locales, "locales", texts.Locales[:], c.text("flag.locales"))
	return cmd
}

// reindex makes the text index anew.
func (n *node) reindex(ctx context.Context, done func(done, total int64)) error {
	locales := make([]content.Locale, len(n.cfg.Locales))
	for i, l := range n.cfg.Locales {
		locales[i] = content.Locale(l)
	}
	library := media.New(media.Options{Bucket: n.bucket, Blobs: n.blobs, Runner: n.runner, View: n.view,
		Temp: filepath.Join(n.cfg.Data, "temp"), Now: n.parts.Now, Log: n.parts.Log})
	index, err := n.openSearch(ctx, locales, library)
	if err != nil {
		return err
	}
	return index.Rebuild(ctx, done)
}
