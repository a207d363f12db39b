// Measured is the plugin that the benchmarks measure: it answers as soon as it
// can.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"net/http"

	"github.com/recueil-cms/recueil/plugins/sdk"
)

//go:embed plugin.json
var manifest []byte

func main() {
	body := bytes.Repeat([]byte("x"), 1000)
	sdk.Main(sdk.Plugin{
		Manifest:     manifest,
		BeforeCommit: func(context.Context, *sdk.Commit) error { return nil },
		Events:       func(context.Context, *sdk.Host, []sdk.Event) error { return nil },
		Routes: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body) // the caller may have gone
		}),
	})
}
