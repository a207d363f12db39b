// Package pluginpb is the wire format between Recueil and its plugins, as
// generated from plugin.proto. Authors of plugins in Go use plugins/sdk and
// never see it. `make proto` makes it anew.
package pluginpb
