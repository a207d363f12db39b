package app

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pack"
)

// bundleOf reads a bundle from a file, or makes one of a folder; nil for what
// is neither, and so may be the name of a plugin of the program.
func bundleOf(source string) ([]byte, error) {
	info, err := os.Stat(source)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(source, "./\\"):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("open the plugin: %w", err)
	case info.IsDir():
		return pack.Folder(source, nil)
	}
	return bundleFile(source)
}

// bundleFile reads a bundle.
func bundleFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("open the bundle: %w", err)
	case info.Size() > pack.MaxBundle:
		return nil, problem.New(problem.TooLarge, "bundle_too_large", problem.Args{"files": pack.MaxFiles, "mib": pack.MaxBundle >> 20})
	}
	return os.ReadFile(name)
}

func (c *cli) pluginValidate() *cobra.Command {
	var printSchema bool
	cmd := c.command("plugin validate", func(cmd *cobra.Command, args []string) error {
		if printSchema {
			_, err := c.Out.Write(manifest.Schema)
			return err
		}
		m, err := validatePlugin(args[0])
		if err != nil {
			return err
		}
		c.say("plugin.valid", "plugin", m.Name, "version", m.Version)
		for _, s := range m.Scopes() {
			c.print(c.scopeLine(s, false))
		}
		return nil
	})
	cmd.Use += " <file | folder>"
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if printSchema {
			return c.noArgs(cmd, args)
		}
		return c.oneArg("plugin_source")(cmd, args)
	}
	cmd.Flags().BoolVar(&printSchema, "schema", false, c.text("flag.plugin_schema"))
	return cmd
}

// validatePlugin checks a manifest alone, or a bundle.
func validatePlugin(source string) (*manifest.Manifest, error) {
	if strings.HasSuffix(source, ".json") {
		raw, err := os.ReadFile(source)
		if err != nil {
			return nil, fmt.Errorf("open the manifest: %w", err)
		}
		return manifest.Parse(raw, schema.Builtin())
	}
	bundle, err := bundleOf(source)
	if err != nil {
		return nil, err
	}
	if bundle == nil {
		return nil, fmt.Errorf("open the plugin: %s: %w", source, fs.ErrNotExist)
	}
	return host.CheckBundle(bundle, schema.Builtin())
}

func (c *cli) pluginPack() *cobra.Command {
	var to string
	cmd := c.command("plugin pack", func(_ *cobra.Command, args []string) error {
		bundle, err := pack.Folder(folderOf(args), nil)
		if err != nil {
			return err
		}
		m, err := host.CheckBundle(bundle, schema.Builtin())
		if err != nil {
			return err
		}
		if to == "" {
			to = m.Name + "-" + m.Version + ".tar.gz"
		}
		if err := os.WriteFile(to, bundle, 0o644); err != nil { //nolint:gosec // it is passed on
			return fmt.Errorf("write the bundle: %w", err)
		}
		if err := c.showBundle(to, bundle); err != nil {
			return err
		}
		return c.warnStale(folderOf(args), bundle, m)
	})
	cmd.Use += " [folder]"
	cmd.Args = c.folderArg
	cmd.Flags().StringVar(&to, "out", "", c.text("flag.plugin_out"))
	return cmd
}

// showBundle says what is in a bundle, so that nobody passes on what they did
// not mean to.
func (c *cli) showBundle(name string, bundle []byte) error {
	err := pack.Walk(bytes.NewReader(bundle), func(file string, body io.Reader) error {
		n, err := io.Copy(io.Discard, body)
		c.print(fmt.Sprintf("  %9d  %s", n, file))
		return err
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(bundle)
	c.say("plugin.packed", "file", name, "bytes", len(bundle), "sha256", hex.EncodeToString(sum[:]))
	return nil
}

// warnStale says when a program in Go was built before its manifest was changed:
// the site would refuse to run it.
func (c *cli) warnStale(dir string, bundle []byte, m *manifest.Manifest) error {
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		return nil //nolint:nilerr // other languages have their manifests elsewhere
	}
	raw, err := os.ReadFile(filepath.Join(dir, manifest.FileName))
	if err != nil {
		return fmt.Errorf("open the manifest: %w", err)
	}
	return pack.Walk(bytes.NewReader(bundle), func(file string, body io.Reader) error {
		for _, r := range m.Run {
			if r.File != file || r.Interpreter != "" {
				continue
			}
			program, err := io.ReadAll(body)
			if err != nil {
				return err
			}
			if !bytes.Contains(program, raw) {
				c.say("plugin.pack_stale", "file", file, "manifest", manifest.FileName)
			}
			return nil
		}
		return nil
	})
}

// folderArg lets a command take the folder of a plugin, or none for the present
// one.
func (c *cli) folderArg(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return c.oneArg("plugin_source")(cmd, args)
}

func folderOf(args []string) string {
	if len(args) == 1 {
		return args[0]
	}
	return "."
}
