// Package admin is the console, the web application for editors: its source is
// in src, and dist holds what Vite built from it, committed so that nothing in
// Go needs Node. `make console` builds it again and compares.
package admin

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files gives the built console: index.html, and what it refers to under
// assets, with names that change with their bytes.
func Files() (fs.FS, error) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the built console: %w", err)
	}
	return files, nil
}
