// Package plugins holds the source of what a plugin in Go imports, for modules
// that are made where nothing else of it can be had.
package plugins

import "embed"

// Source is plugins/sdk and plugins/pluginpb, without tests.
//
//go:embed sdk/*.go pluginpb/*.go
var Source embed.FS
