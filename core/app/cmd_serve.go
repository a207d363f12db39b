package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/server"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/storage/view"
)

// stopWithin bounds an orderly stop; what is not done by then is cut off, and
// nothing that was acknowledged is lost by it.
const stopWithin = 30 * time.Second

// siteFlags are those of every command that opens a site.
func (c *cli) siteFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.cfg.Data, "data", "./data", c.text("flag.data"))
	cmd.Flags().StringVar(&c.cfg.Bucket, "bucket", "", c.text("flag.bucket"))
}

// siteConfig completes what the flags say.
func (c *cli) siteConfig() Config {
	cfg := c.cfg
	if cfg.Bucket == "" {
		cfg.Bucket = "folder:" + filepath.Join(cfg.Data, "bucket")
	}
	cfg.Program = version()
	return cfg
}

// serverFlags are those of the commands that serve.
func (c *cli) serverFlags(cmd *cobra.Command, logging *logFlags) {
	f := cmd.Flags()
	f.StringVar(&c.cfg.Listen, "listen", defaultListen, c.text("flag.listen"))
	f.StringVar(&c.cfg.PeerListen, "peer-listen", "", c.text("flag.peer_listen"))
	f.StringVar(&c.cfg.PeerAddress, "peer-address", "", c.text("flag.peer_address"))
	f.StringVar(&c.cfg.PublicURL, "url", "", c.text("flag.url"))
	f.StringSliceVar(&c.cfg.Locales, "locales", texts.Locales[:], c.text("flag.locales"))
	f.StringSliceVar(&c.cfg.Proxies, "proxies", nil, c.text("flag.proxies"))
	f.StringSliceVar(&c.cfg.Origins, "origins", nil, c.text("flag.origins"))
	f.StringVar(&c.cfg.MetricsToken, "metrics-token", "", c.text("flag.metrics_token"))
	f.StringVar(&c.cfg.Mail, "mail", "", c.text("flag.mail"))
	f.StringVar(&c.cfg.MailFrom, "mail-from", "", c.text("flag.mail_from"))
	f.StringVar(&c.cfg.MailPassword, "mail-password", "", c.text("flag.mail_password"))
	f.StringVar(&c.cfg.OIDC.Issuer, "oidc-issuer", "", c.text("flag.oidc_issuer"))
	f.StringVar(&c.cfg.OIDC.ClientID, "oidc-client", "", c.text("flag.oidc_client"))
	f.StringVar(&c.cfg.OIDC.ClientSecret, "oidc-secret", "", c.text("flag.oidc_secret"))
	f.StringVar(&c.cfg.OIDC.Label, "oidc-label", "", c.text("flag.oidc_label"))
	f.DurationVar(&c.cfg.CompactEvery, "compact-every", defaultCompactEvery, c.text("flag.compact_every"))
	f.DurationVar(&c.cfg.SnapshotEvery, "snapshot-every", defaultSnapshotEvery, c.text("flag.snapshot_every"))
	f.IntVar(&c.cfg.SnapshotRecords, "snapshot-records", defaultSnapshotRecords, c.text("flag.snapshot_records"))
	f.StringVar(&c.cfg.Theme, "theme", "", c.text("flag.theme"))
	f.BoolVar(&c.cfg.ThemeReload, "theme-reload", false, c.text("flag.theme_reload"))
	c.keysFlag(cmd)
	f.StringVar(&logging.format, "log-format", "text", c.text("flag.log_format"))
	f.StringVar(&logging.level, "log-level", cmp.Or(logging.level, "info"), c.text("flag.log_level"))
	completes(cmd, "log-format", "text", "json")
	completes(cmd, "log-level", "debug", "info", "warn", "error")
	completes(cmd, "locales", texts.Locales[:]...)
}

type logFlags struct{ format, level string }

// logger makes the logger that the flags ask for.
func (c *cli) logger(cmd *cobra.Command, l logFlags) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.level)); err != nil {
		return nil, &usageError{text: c.text("error.log_level", "value", clipText(l.level)), cmd: cmd}
	}
	if l.format != "text" && l.format != "json" {
		return nil, &usageError{text: c.text("error.log_format", "value", clipText(l.format)), cmd: cmd}
	}
	return server.NewLogger(c.Err, l.format == "json", level), nil
}

func (c *cli) serveCommand() *cobra.Command {
	var logging logFlags
	cmd := c.command("serve", func(cmd *cobra.Command, args []string) error {
		log, err := c.logger(cmd, logging)
		if err != nil {
			return err
		}
		return c.serve(cmd.Context(), log, nil)
	})
	cmd.Args = c.noArgs
	c.siteFlags(cmd)
	c.serverFlags(cmd, &logging)
	return cmd
}

// serve runs a node until ctx ends or a part of it fails. prepare is called
// when it answers; it may be nil.
func (c *cli) serve(ctx context.Context, log *slog.Logger, prepare func(context.Context, *App) error) (err error) {
	parts := c.parts
	parts.Log = log
	c.say("serve.starting", "bucket", c.siteConfig().Bucket)
	app, err := Start(ctx, c.siteConfig(), parts)
	if err != nil {
		return err
	}
	defer func() {
		c.say("serve.stopping")
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = errors.Join(err, app.Stop(stopping))
	}()
	if prepare != nil {
		if err := prepare(ctx, app); err != nil {
			return err
		}
	}
	c.say("serve.ready", "url", app.URL(), "api", app.URL()+"/api/v1/docs")
	if err := c.welcome(ctx, app); err != nil && ctx.Err() == nil {
		log.Warn("the link for the first administrator could not be made", "error", err)
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-app.Failed():
		return err
	}
}

// welcome shows how to come in to a site where nobody can sign in yet.
func (c *cli) welcome(ctx context.Context, app *App) error {
	empty, err := app.node.noUsers(ctx)
	if err != nil || !empty {
		return err
	}
	link, err := app.auth.FirstLink(ctx)
	if err != nil {
		return err
	}
	c.say("serve.no_users", "command", "recueil user add --role administrator --data "+c.cfg.Data+" <e-mail>")
	c.print("  " + link)
	return nil
}

// noUsers reports whether nobody can sign in yet.
func (n *node) noUsers(ctx context.Context) (empty bool, err error) {
	err = n.view.Read(ctx, func(tx *view.Tx) error {
		users, err := tx.Nouns(content.NounUser, "", 1)
		empty = len(users) == 0
		return err
	})
	return empty, err
}

// noArgs refuses arguments.
func (c *cli) noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{text: c.text("error.no_arguments", "argument", clipText(args[0])), cmd: cmd}
	}
	return nil
}

// oneArg asks for exactly one argument, called what in the texts.
func (c *cli) oneArg(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return &usageError{text: c.text("error.one_argument", "what", c.text("argument."+what)), cmd: cmd}
		}
		return nil
	}
}

// withSite is withNode for what makes sense only where a site is: in the wrong
// folder it would begin another one, and nobody would notice.
func (c *cli) withSite(ctx context.Context, work func(context.Context, *node) error) error {
	if c.cfg.Bucket == "" && c.parts.Bucket == nil {
		if _, err := os.Stat(filepath.Join(c.cfg.Data, "bucket")); errors.Is(err, fs.ErrNotExist) {
			return &usageError{text: c.text("error.no_site", "folder", c.cfg.Data)}
		}
	}
	return c.withNode(ctx, work)
}

// withNode does work on a site without serving it. When a server has the data
// folder, the work is done by a node of its own with a temporary view: the
// bucket takes any number of nodes.
func (c *cli) withNode(ctx context.Context, work func(context.Context, *node) error) (err error) {
	cfg := c.siteConfig()
	parts := c.parts
	parts.Log = server.NewLogger(c.Err, false, slog.LevelError)
	n, err := openNode(ctx, cfg, parts)
	if errors.Is(err, errLocked) {
		temp, tempErr := os.MkdirTemp("", "recueil-")
		if tempErr != nil {
			return fmt.Errorf("make a temporary data folder: %w", tempErr)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
		cfg.Data = temp
		n, err = openNode(ctx, cfg, parts)
	}
	if err != nil {
		return err
	}
	defer func() {
		stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		err = errors.Join(err, n.close(stopping))
	}()
	return work(ctx, n)
}
