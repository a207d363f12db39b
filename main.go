// Command recueil serves and manages a site of Recueil.
package main

import (
	"os"

	"github.com/recueil-cms/recueil/core/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], app.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv}))
}
