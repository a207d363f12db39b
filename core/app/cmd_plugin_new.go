package app

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/plugins/scaffold"
)

func (c *cli) pluginNew() *cobra.Command {
	plan := scaffold.Plan{Version: version()}
	cmd := c.command("plugin new", func(_ *cobra.Command, args []string) error {
		plan.Dir, plan.Name = args[0], filepath.Base(filepath.Clean(args[0]))
		origin, err := scaffold.New(plan)
		if err != nil {
			return c.notBegun(plan, err)
		}
		c.say("plugin.begun", "plugin", plan.Name, "folder", plan.Dir)
		c.print("")
		for _, line := range nextSteps(plan, origin) {
			c.print("    " + line)
		}
		return nil
	})
	cmd.Use += " <folder/name>"
	cmd.Args = c.oneArg("plugin_name")
	cmd.Flags().StringVar(&plan.Language, "lang", "go", c.text("flag.plugin_lang"))
	cmd.Flags().StringVar(&plan.SDK, "sdk", "", c.text("flag.plugin_sdk"))
	completes(cmd, "lang", scaffold.Languages...)
	return cmd
}

// notBegun puts what was wrong with the wishes into the user's words.
func (c *cli) notBegun(plan scaffold.Plan, err error) error {
	switch {
	case errors.Is(err, scaffold.ErrName):
		return &usageError{text: c.text("error.plugin_name", "name", clipText(plan.Name))}
	case errors.Is(err, scaffold.ErrLanguage):
		return &usageError{text: c.text("error.plugin_language", "language", clipText(plan.Language), "languages", strings.Join(scaffold.Languages, ", "))}
	case errors.Is(err, scaffold.ErrSDK):
		return &usageError{text: c.text("error.plugin_sdk", "folder", clipText(plan.SDK), "module", scaffold.Module)}
	case errors.Is(err, scaffold.ErrNotEmpty):
		return &usageError{text: c.text("error.plugin_folder", "folder", clipText(plan.Dir))}
	}
	return err
}

// nextSteps are what to type now.
func nextSteps(plan scaffold.Plan, origin scaffold.Origin) []string {
	steps := []string{"cd " + plan.Dir}
	if plan.Language == "python" {
		return append(steps, "/usr/bin/python3 -m unittest", "recueil plugin test .", "recueil plugin dev")
	}
	if origin != scaffold.Source {
		steps = append(steps, "go mod tidy")
	}
	return append(steps, "go test ./...", "go build -o bin/"+plan.Name+" .", "recueil plugin test .", "recueil plugin dev")
}
