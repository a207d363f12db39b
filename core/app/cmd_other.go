package app

import (
	"runtime"

	"github.com/spf13/cobra"
)

func (c *cli) versionCommand() *cobra.Command {
	cmd := c.command("version", func(*cobra.Command, []string) error {
		c.print("recueil " + version() + " (" + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")")
		return nil
	})
	cmd.Args = c.noArgs
	return cmd
}

func (c *cli) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	cmd := c.command("completion", func(cmd *cobra.Command, args []string) error {
		root := cmd.Root()
		switch args[0] {
		case "bash":
			return root.GenBashCompletionV2(c.Out, true)
		case "zsh":
			return root.GenZshCompletion(c.Out)
		case "fish":
			return root.GenFishCompletion(c.Out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(c.Out)
		}
		return &usageError{text: c.text("error.shell", "shell", clipText(args[0]), "shells", shells), cmd: cmd}
	})
	cmd.Use += " bash|zsh|fish|powershell"
	cmd.ValidArgs = shells
	cmd.Args = c.oneArg("shell")
	return cmd
}
