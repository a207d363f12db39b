package wire

import (
	"context"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// The surfaces by which a plugin is called.
const (
	Hook    = "hook"
	Events  = "events"
	HTTP    = "http"
	Pages   = "pages"
	Console = "console"
	Jobs    = "jobs"
)

// Call is a call of a plugin.
type Call struct {
	Plugin  string
	Surface string
	What    string // for people who watch: "block next"
	// By is who is behind it; the plugin may act for them. Alone: nobody is, and
	// the plugin acts for itself, because of the call.
	By    content.Actor
	Alone bool
	Depth int // of answers of plugins to each other; 0: 1
	Lasts time.Duration
	Due   time.Duration // when somebody stops waiting for the answer, for people who watch; 0: Lasts
	// Waits is how long the call waits for a process, while one is being started:
	// it only reads, and is made again when its process ends meanwhile. 0: not at
	// all.
	Waits time.Duration
}

// Process is a process of a plugin, as a call sees it.
type Process struct {
	Conn     grpc.ClientConnInterface
	Ticket   string
	Version  string
	Manifest *manifest.Manifest
	// Leaving is closed when the process makes room for another, or ends.
	Leaving <-chan struct{}
}

// Plugin is a plugin that is to run on this node.
type Plugin struct {
	Name     string
	ID       string // of the installation
	Revision int    // changes with version and settings
	Bundle   string
	Since    time.Time // when it, or the version before, was installed
	Manifest *manifest.Manifest
}

// Plugins reaches the plugins of a node. The host is one; parts of it are
// tested with another.
type Plugins interface {
	Plugins() []Plugin
	Plugin(name string) (Plugin, bool)
	Call(ctx context.Context, c Call, do func(ctx context.Context, to Process) error) error
}

// SortPlugins puts them in the order of their names.
func SortPlugins(all []Plugin) {
	slices.SortFunc(all, func(a, b Plugin) int { return strings.Compare(a.Name, b.Name) })
}
