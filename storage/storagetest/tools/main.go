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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	for _, tool := range storagetest.Tools() {
		path, err := tool.Find(ctx, os.Stderr)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			stop()
			os.Exit(1)
		}
		fmt.Println(tool.Name, tool.Version, path)
	}
}
