// Package launch starts the processes of plugins and confines them: an empty
// environment, a sealed binary, limits, and, where the kernel allows, its own
// namespaces and a view of the file system that holds little but the plugin.
// It knows no protocol. What it starts dies with whoever started it.
package launch
