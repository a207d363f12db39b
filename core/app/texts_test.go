package app

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/core/texts/textstest"
)

// Every text that the source asks for by its full key is in the catalogue, in
// every language, and every command and flag has its help.
func TestTextsExist(t *testing.T) {
	var keys []string
	for _, key := range textstest.Asked(t, `\b(?:text|say|progress)\("([a-z_.-]+[a-z-])"`, 80, "*.go") { // without families, whose rest is put together
		keys = append(keys, "cli."+key)
	}
	for _, key := range textstest.Asked(t, `\bdamage\("([a-z_.-]+[a-z-])"`, 1, "*.go") {
		keys = append(keys, "cli.damage."+key)
	}
	textstest.Exist(t, keys...)
	catalogue, err := texts.Load()
	if err != nil {
		t.Fatal(err)
	}
	c := &cli{texts: catalogue, locale: "fr"}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if !cmd.Hidden && (strings.HasPrefix(cmd.Short, "cli.") || strings.HasPrefix(cmd.Long, "cli.")) {
			t.Errorf("%s has no help", cmd.CommandPath())
		}
		if usage := cmd.Flags().FlagUsages(); strings.Contains(usage, "cli.") {
			t.Errorf("%s has a flag without help:\n%s", cmd.CommandPath(), usage)
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if strings.HasPrefix(c.typeName(f), "cli.") {
				t.Errorf("%s --%s takes something that has no name", cmd.CommandPath(), f.Name)
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(c.root())
}
