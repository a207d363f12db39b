// Command tools builds the servers that the tests run, so that no test has to,
// and prints where they are. It builds only what is missing.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/recueil-cms/recueil/storage/storagetest"
)

func main() {
	if err := install(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func install() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, tool := range storagetest.Tools() {
		path, err := tool.Find(ctx, os.Stderr)
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, tool.Name, tool.Version, path)
	}
	return nil
}
