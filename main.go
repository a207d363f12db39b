// Command recueil serves and manages a site of Recueil.
package main

import (
	"os"

	"github.com/recueil-cms/recueil/core/app"
)

func main() {
	program, err := os.Executable()
	if err != nil {
		program = "" // what it does in other processes is not done
	}
	os.Exit(app.Main(os.Args[1:], app.Terminal{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Getenv, Program: program}))
}
