package app

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/media/extract"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/core/transfer"
	"github.com/recueil-cms/recueil/plugins/pack"
	"github.com/recueil-cms/recueil/storage"
)

// The exit codes of every command.
const (
	ExitOK      = 0
	ExitFailed  = 1 // it could not be done; the message says why
	ExitUsage   = 2 // the command line is wrong
	ExitDamaged = 3 // recueil check found damage
	ExitBusy    = 4 // the data folder or the address is in use
)

// Terminal is where a command reads and writes.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Env      func(string) string // as os.Getenv
	// Program is the path of this very program; see Parts.Program.
	Program string
}

// Main runs the command line, args without the program's name, and gives the
// exit code. An interruption ends the command in an orderly way; a second one
// ends the process at once.
func Main(args []string, t Terminal) int {
	if len(args) == 2 && args[0] == extract.Argument {
		if in, ok := t.In.(*os.File); ok {
			return extract.Child(args[1], in, t.Out)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the next signal has its default effect again
	return run(ctx, args, t, Parts{Program: t.Program})
}

// run is Main for a given context and world.
func run(ctx context.Context, args []string, t Terminal, parts Parts) int {
	catalogue, err := texts.Load()
	if err != nil {
		_, _ = io.WriteString(t.Err, err.Error()+"\n") // nothing else is left to tell it to
		return ExitFailed
	}
	parts.Texts = catalogue
	c := &cli{Terminal: t, texts: catalogue, locale: language(t.Env), parts: parts, width: terminalWidth(t.Err)}
	if err := c.pluginGuard(args); err != nil {
		return c.report(err)
	}
	root := c.root()
	root.SetArgs(args)
	root.SetIn(t.In)
	root.SetOut(t.Out)
	root.SetErr(t.Err)
	if err := root.ExecuteContext(ctx); err != nil {
		return c.report(err)
	}
	return ExitOK
}

// cli is one run of the command line.
type cli struct {
	Terminal
	texts  *texts.Catalogue
	locale string
	parts  Parts
	cfg    Config
	width  int // columns of the terminal that progress is shown on; 0: not a terminal
}

// language is that of the user: RECUEIL_LANG, or what the locale variables of
// POSIX say; English for the C locale and for languages that the program does
// not speak.
func language(env func(string) string) string {
	for _, name := range []string{"RECUEIL_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		value := env(name)
		if value == "" {
			continue
		}
		tag, _, _ := strings.Cut(strings.ToLower(value), ".")
		tag, _, _ = strings.Cut(tag, "_")
		for _, l := range texts.Locales {
			if tag == l {
				return l
			}
		}
		return "en"
	}
	return "en"
}

// text gives a text of the catalogue in the user's language.
func (c *cli) text(key string, args ...any) string {
	return c.texts.Text(c.locale, "cli."+key, pairs(args))
}

// pairs makes the arguments of a text from names and values in turn.
func pairs(args []any) map[string]any {
	out := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		name, _ := args[i].(string)
		out[name] = args[i+1]
	}
	return out
}

// say prints one line of text.
func (c *cli) say(key string, args ...any) {
	c.print(c.text(key, args...))
}

// print writes one line to the output. A reader that has gone is no error of
// ours: the work goes on.
func (c *cli) print(line string) {
	_, _ = io.WriteString(c.Out, line+"\n")
}

// root is the tree of commands.
func (c *cli) root() *cobra.Command {
	root := c.command("", nil)
	root.Use = "recueil"
	root.Version = version()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(&cobra.Command{Hidden: true, Use: "no-help"})
	root.SetFlagErrorFunc(c.flagError)
	root.SetUsageFunc(c.usage)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		cmd.SetOut(c.Out)
		cmd.Println(cmd.Long + "\n")
		cmd.SetErr(c.Out) // cobra prints usage there
		_ = c.usage(cmd)  // writes to memory and to the output
		cmd.SetErr(c.Err)
	})
	root.PersistentFlags().BoolP("help", "h", false, c.text("flag.help"))
	root.Flags().Bool("version", false, c.text("flag.version"))
	root.AddCommand(c.serveCommand(), c.demoCommand(), c.userCommand(), c.tokenCommand(), c.collectionCommand(),
		c.importCommand(), c.exportCommand(), c.pluginCommand(), c.reindexCommand(), c.checkCommand(), c.completionCommand(), c.versionCommand())
	return root
}

// command makes a command whose texts are under its name. A command without
// work of its own lists those under it.
func (c *cli) command(name string, work func(cmd *cobra.Command, args []string) error) *cobra.Command {
	key := strings.ReplaceAll(name, " ", ".")
	if key == "" {
		key = "recueil"
	}
	if work != nil {
		inner := work
		work = func(cmd *cobra.Command, args []string) error {
			if err := c.fromEnv(cmd); err != nil {
				return err
			}
			return inner(cmd, args)
		}
	}
	cmd := &cobra.Command{
		Use:                   name[strings.LastIndex(name, " ")+1:],
		Short:                 c.text(key + ".short"),
		Long:                  c.text(key + ".long"),
		DisableFlagsInUseLine: true,
		RunE:                  work,
	}
	if work == nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return &usageError{text: c.text("error.unknown_command", "command", args[0], "parent", cmd.CommandPath()) +
				c.suggest(cmd.SuggestionsFor(args[0])), cmd: cmd}
		}
		cmd.Args = cobra.ArbitraryArgs
	}
	return cmd
}

func (c *cli) suggest(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " " + c.text("error.did_you_mean", "names", names)
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}

// usageError is a wrong command line.
type usageError struct {
	text string
	cmd  *cobra.Command
}

func (e *usageError) Error() string { return e.text }

// damagedError says that check found damage.
type damagedError struct{ text string }

func (e *damagedError) Error() string { return e.text }

// report tells the user of an error and gives the exit code.
func (c *cli) report(err error) int {
	text, code := c.explain(err), ExitFailed
	var usage *usageError
	var damaged *damagedError
	var locked *lockedError
	var broken *brokenError
	switch {
	case errors.As(err, &usage):
		text, code = usage.text, ExitUsage
		if usage.cmd != nil {
			text += "\n" + c.text("error.see_help", "command", usage.cmd.CommandPath())
		}
	case errors.As(err, &damaged):
		text, code = damaged.text, ExitDamaged
	case errors.As(err, &broken):
		text = broken.text
	case errors.As(err, &locked):
		text, code = c.text("error.locked", "path", locked.Path, "pid", locked.PID), ExitBusy
	case errors.Is(err, syscall.EADDRINUSE):
		text, code = c.text("error.address_in_use", "address", c.cfg.Listen), ExitBusy
	}
	_, _ = io.WriteString(c.Err, c.text("error.prefix")+" "+text+"\n")
	return code
}

// explain puts an error into the user's words: the texts of a problem and of
// its fields, and for anything else what was being done.
func (c *cli) explain(err error) string {
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		return c.cause(err)
	}
	lines := []string{c.texts.Text(c.locale, p.Code, p.Args)}
	for _, f := range p.Fields {
		lines = append(lines, "  "+f.Pointer+": "+c.texts.Text(c.locale, f.Code, f.Args))
	}
	if p.Err != nil && p.Kind == problem.Internal {
		lines = append(lines, "  "+p.Err.Error())
	}
	return strings.Join(lines, "\n")
}

// cause tells in the user's words of an error that is no problem.
func (c *cli) cause(err error) string {
	for _, known := range []struct {
		err error
		key string
	}{
		{errAddress, "error.bucket_address"},
		{mail.ErrAddress, "error.mail_address"},
		{mail.ErrPerson, "error.mail_from"},
		{errOIDC, "error.oidc"},
		{storage.ErrUnconditional, "error.bucket_unconditional"},
		{transfer.ErrFormat, "error.archive_format"},
		{transfer.ErrDamaged, "error.archive_damaged"},
		{transfer.ErrHostile, "error.archive_hostile"},
		{errRefused, "error.import_refused"},
		{pack.ErrEncrypted, "error.plugin_key_encrypted"},
		{os.ErrExist, "error.file_exists"},
		{os.ErrNotExist, "error.file_missing"},
		{os.ErrPermission, "error.permission"},
		{context.Canceled, "error.interrupted"},
	} {
		if errors.Is(err, known.err) {
			return c.text(known.key) + "\n  " + err.Error()
		}
	}
	return c.text("error.failed") + "\n  " + err.Error()
}
