package app

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/pack"
)

// keysFlag is that of the commands which install plugins.
func (c *cli) keysFlag(cmd *cobra.Command) {
	cmd.Flags().Var((*keyList)(&c.cfg.PluginKeys), "plugin-keys", c.text("flag.plugin_keys"))
}

// keyList is a flag of public keys: their texts, or files with them.
type keyList []pack.Key

func (l *keyList) Set(value string) error {
	for source := range strings.SplitSeq(value, ",") {
		k, err := pack.ReadKey(strings.TrimSpace(source))
		if err != nil {
			return err
		}
		*l = append(*l, k)
	}
	return nil
}

func (l *keyList) String() string { return "" }
func (l *keyList) Type() string   { return "keys" }

func (c *cli) pluginKey() *cobra.Command {
	cmd := c.command("plugin key", func(_ *cobra.Command, args []string) error {
		public, private, err := pack.NewKey(rand.Reader)
		if err != nil {
			return err
		}
		for _, f := range []struct {
			name string
			text []byte
			mode os.FileMode
		}{{args[0] + ".key", private, 0o600}, {args[0] + ".pub", public, 0o644}} {
			if err := writeNew(f.name, f.text, f.mode); err != nil {
				return err
			}
		}
		c.say("plugin.key_made", "secret", args[0]+".key", "public", args[0]+".pub", "option", "--plugin-keys "+args[0]+".pub")
		return nil
	})
	cmd.Use += " <name>"
	cmd.Args = c.oneArg("key_name")
	return cmd
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer f.Close()
	if _, err := f.Write(text); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return f.Close()
}

func (c *cli) pluginSign() *cobra.Command {
	var key string
	cmd := c.command("plugin sign", func(cmd *cobra.Command, args []string) error {
		if key == "" {
			return &usageError{text: c.text("error.plugin_no_key", "command", "recueil plugin key "+strings.TrimSuffix(filepath.Base(args[0]), ".tar.gz")), cmd: cmd}
		}
		bundle, err := bundleFile(args[0])
		if err != nil {
			return err
		}
		private, err := c.readAll(key)
		if err != nil {
			return err
		}
		m, err := host.CheckBundle(bundle, schema.Builtin())
		if err != nil {
			return err
		}
		signed, id, err := pack.Sign(bundle, private, m.Name+" "+m.Version)
		if err != nil {
			return err
		}
		fresh := args[0] + ".new"
		if err := os.WriteFile(fresh, signed, 0o644); err != nil { //nolint:gosec // it is passed on
			return fmt.Errorf("write the bundle: %w", err)
		}
		if err := os.Rename(fresh, args[0]); err != nil {
			return fmt.Errorf("write the bundle: %w", err)
		}
		c.say("plugin.signed", "file", args[0], "key", id)
		return nil
	})
	cmd.Use += " <file>"
	cmd.Args = c.oneArg("bundle")
	cmd.Flags().StringVar(&key, "key", "", c.text("flag.plugin_key"))
	return cmd
}

// showSignature says who signed a bundle, as far as the keys tell.
func (c *cli) showSignature(bundle []byte) error {
	s, err := pack.Check(bundle, c.cfg.PluginKeys)
	switch {
	case err != nil:
		return err
	case s.Key == "":
		c.say("plugin.unsigned")
	case s.Known:
		c.say("plugin.signed_by", "key", s.Key)
	default:
		c.say("plugin.signed_unknown", "key", s.Key)
	}
	return nil
}
