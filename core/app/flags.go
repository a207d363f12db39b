package app

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix begins the name of each flag's environment variable.
const envPrefix = "RECUEIL_"

// envName is the environment variable of a flag.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnv sets the flags that the command line does not speak of from the
// environment.
func (c *cli) fromEnv(cmd *cobra.Command) error {
	var wrong error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := c.Env(envName(f.Name))
		if f.Changed || value == "" || wrong != nil || f.Name == "help" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			wrong = &usageError{text: c.text("error.bad_variable", "name", envName(f.Name), "value", clipText(value), "type", c.typeName(f)), cmd: cmd}
		}
	})
	return wrong
}

// flagError puts what pflag says into the user's words.
func (c *cli) flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		text = c.text("error.unknown_flag", "flag", dashes(name)) + c.suggest(nearFlags(cmd, name))
	case errors.As(err, &empty):
		text = c.text("error.flag_needs_value", "flag", dashes(empty.GetSpecifiedName()), "type", c.typeName(empty.GetFlag()))
	case errors.As(err, &invalid):
		text = c.text("error.bad_flag", "flag", dashes(invalid.GetFlag().Name), "value", clipText(invalid.GetValue()), "type", c.typeName(invalid.GetFlag()))
	case errors.As(err, &syntax):
		text = c.text("error.unknown_flag", "flag", syntax.GetSpecifiedFlag())
	}
	return &usageError{text: text, cmd: cmd}
}

func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// nearFlags are the flags that begin like a word, or that begin it.
func nearFlags(cmd *cobra.Command, word string) []string {
	var near []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if len(word) >= 2 && (strings.HasPrefix(f.Name, word) || strings.HasPrefix(word, f.Name) || f.Name[:min(3, len(f.Name))] == word[:min(3, len(word))]) {
			near = append(near, "--"+f.Name)
		}
	})
	return near
}

// typeName says what sort of value a flag takes.
func (c *cli) typeName(f *pflag.Flag) string {
	if f == nil {
		return c.text("type.string")
	}
	return c.text("type." + f.Value.Type())
}

func clipText(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// usage writes how a command is called.
func (c *cli) usage(cmd *cobra.Command) error {
	b := &strings.Builder{}
	b.WriteString(c.text("usage.heading") + "\n  " + cmd.UseLine() + "\n")
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n" + c.text("usage.commands") + "\n")
		width := 14
		for _, sub := range cmd.Commands() {
			width = max(width, len(sub.Name())+2)
		}
		for _, sub := range cmd.Commands() {
			if sub.IsAvailableCommand() {
				b.WriteString("  " + pad(sub.Name(), width) + sub.Short + "\n")
			}
		}
	}
	b.WriteString("\n" + c.text("usage.flags") + "\n")
	visit := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		name := "--" + f.Name
		if f.Value.Type() != "bool" {
			name += " " + strings.ToUpper(c.typeName(f))
		}
		b.WriteString("  " + pad(name, 28) + f.Usage)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" && f.DefValue != "0s" {
			b.WriteString(" [" + f.DefValue + "]")
		}
		if f.Name != "help" && f.Name != "version" {
			b.WriteString("\n" + strings.Repeat(" ", 30) + envName(f.Name))
		}
		b.WriteString("\n")
	}
	cmd.Flags().VisitAll(visit)
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\n" + c.text("usage.more", "command", cmd.CommandPath()) + "\n")
	}
	cmd.Print(b.String())
	return nil
}

// completes lets shells complete the value of a flag.
func completes(cmd *cobra.Command, flag string, values ...string) {
	// It fails only when there is no such flag, or it has values already.
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("complete --" + flag + ": " + err.Error())
	}
}

func pad(s string, width int) string {
	if n := len([]rune(s)); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	return s + "  "
}
