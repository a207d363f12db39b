// Package host runs plugins: it keeps their processes alive, tells them what
// was committed, asks them before commits, and answers what they ask, within
// their rights and those of the person behind a request. What is installed is
// in the log; a host makes it run on its node, whichever node installed it.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/mail"
	"github.com/recueil-cms/recueil/core/media"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/host/bundle"
	"github.com/recueil-cms/recueil/plugins/host/jobs"
	"github.com/recueil-cms/recueil/plugins/host/outbound"
	"github.com/recueil-cms/recueil/plugins/host/pages"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/sdk"
	"github.com/recueil-cms/recueil/storage"
	"github.com/recueil-cms/recueil/storage/blob"
	"github.com/recueil-cms/recueil/storage/commitlog"
	"github.com/recueil-cms/recueil/storage/view"
)

// Options of a host. All but the last group are required.
type Options struct {
	Dir     string // folder for local files; losing it loses nothing
	Bucket  storage.Bucket
	Blobs   *blob.Store
	View    *view.DB
	Log     *commitlog.Log[content.Commit]
	Runner  *action.Runner
	Query   *query.Engine
	Kinds   schema.Kinds
	Texts   *texts.Catalogue
	Now     func() time.Time
	Rand    io.Reader
	Logger  *slog.Logger
	Gate    *Gate // that the runner has as its hook
	Locales []content.Locale

	// What plugins reach by way of the host; what is nil they do without.
	Mail    func(mail.Message) error
	Library *media.Library
	Search  asked.Search
	Network outbound.Network // zero: the real one

	SiteURL string
	Version string // of the program
	// Bundled are the plugins that are part of the program.
	Bundled []Bundled
	// Program is the path of the program when this process is the program, and
	// not a test of it or anything else that was built from its parts: bundled
	// plugins are started from it as `<program> plugin run <name>`. Empty: they
	// do not run.
	Program string
	// Attach gives the socket of a plugin that already runs, under a debugger or
	// in a test; false: it is started. nil: all are started.
	Attach func(name string) (socket string, ok bool)
	// Trace is told of each call, while nothing waits for it; it may be nil.
	Trace func(plugin string, call CallNote)
	Pace  Pace // zero members: those of Unhurried
}

// Bundled is a plugin that is part of the program.
type Bundled struct {
	Manifest []byte
	Plugin   sdk.Plugin
	Files    fs.FS // of its frames in the console; nil: it has none
}

// Pace says how long a host waits.
type Pace struct {
	Start  time.Duration // for a process to be ready
	Answer time.Duration // for Describe and Configure
	Drain  time.Duration // for what is under way when it stops
	Health time.Duration // between questions, and for an answer

	Again   time.Duration   // before the second new start; doubled each time
	Most    time.Duration   // between new starts
	Steady  time.Duration   // without a fall, after which falls are forgotten
	Falls   int             // within Steady, after which the plugin is given a rest
	Rests   []time.Duration // the rests, in order; after the last it stays stopped
	Look    time.Duration   // between looks at what is installed
	Deliver time.Duration   // for a batch of events
	Hook    time.Duration   // at least, for the answer of a hook; 0: what manifests say
	Call    time.Duration   // at least, for any call; 0: what its surface says
	Pages   time.Duration   // for what visitors see; 0: pages.Budget
	Jobs    jobs.Pace       // zero: jobs.Unhurried
	Lease   time.Duration   // of the right to deliver events, without a sign of life
}

// Unhurried is the pace of a server.
var Unhurried = Pace{
	Start: 15 * time.Second, Answer: 10 * time.Second, Drain: 30 * time.Second, Health: 5 * time.Second,
	Again: 250 * time.Millisecond, Most: time.Minute, Steady: 10 * time.Minute, Falls: 5,
	Rests: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute},
	Look:  250 * time.Millisecond, Deliver: 30 * time.Second, Lease: 30 * time.Second,
}

// ErrPlugin says that this process is itself a plugin, which runs no plugins.
var ErrPlugin = errors.New("a plugin runs no plugins")

// Host runs the plugins of a node.
type Host struct {
	o     Options
	dir   string // for sockets; its path is short
	node  string // of this data folder, for leases
	files *bundle.Store
	pages *pages.Pages

	mu      sync.Mutex
	plugins map[string]*plug // by name
	seen    commitlog.Seq    // of the nouns that plugins were made from
	ready   bool
	look    chan struct{}
	looked  chan struct{} // closed after the first look
}

// New makes a host. Nothing of it costs anything until a plugin is installed.
func New(o Options) (*Host, error) {
	if os.Getenv(sdk.CookieKey) != "" {
		return nil, ErrPlugin
	}
	o.Pace = o.Pace.orUnhurried()
	h := &Host{o: o, plugins: map[string]*plug{}, look: make(chan struct{}, 1), looked: make(chan struct{})}
	h.files = bundle.New(h.folder(), o.Blobs)
	h.pages = pages.New(pages.Options{Plugins: h, Changed: o.View.Changed, Now: o.Now, Logger: o.Logger,
		Budget: max(o.Pace.Pages, o.Pace.Call)}) // visitors wait as long as calls last, where nobody is in a hurry
	return h, nil
}

func (p Pace) orUnhurried() Pace {
	for _, m := range []struct{ have, want *time.Duration }{
		{&p.Start, &Unhurried.Start}, {&p.Answer, &Unhurried.Answer}, {&p.Drain, &Unhurried.Drain}, {&p.Health, &Unhurried.Health},
		{&p.Again, &Unhurried.Again}, {&p.Most, &Unhurried.Most}, {&p.Steady, &Unhurried.Steady}, {&p.Look, &Unhurried.Look},
		{&p.Deliver, &Unhurried.Deliver}, {&p.Lease, &Unhurried.Lease},
	} {
		if *m.have == 0 {
			*m.have = *m.want
		}
	}
	if p.Falls == 0 {
		p.Falls = Unhurried.Falls
	}
	if p.Jobs == (jobs.Pace{}) {
		p.Jobs = jobs.Unhurried
	}
	if p.Rests == nil {
		p.Rests = Unhurried.Rests
	}
	return p
}

// Run keeps what is installed running until ctx ends; then all processes are
// drained, ended, and gone when it returns.
func (h *Host) Run(ctx context.Context) error {
	defer h.stop()
	ticks := time.NewTicker(h.o.Pace.Look)
	defer ticks.Stop()
	looked := sync.OnceFunc(func() { close(h.looked) })
	for {
		if changed := h.o.View.ChangedNouns(content.NounPlugin); changed != h.seen || !h.ready {
			if err := h.reconcile(ctx, changed); err != nil && ctx.Err() == nil {
				h.o.Logger.Warn("plugins could not be looked up; it will be tried again", "error", err)
			}
		}
		looked()
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
		case <-h.look:
		}
	}
}

// Looked is closed when Run has looked for the first time at what is installed:
// before, there are no pages, and commits pass unchecked.
func (h *Host) Looked() <-chan struct{} { return h.looked }

// wake makes Run look at once.
func (h *Host) wake() {
	select {
	case h.look <- struct{}{}:
	default: // it will look anyway
	}
}

// maxPlugins bounds how many can be installed.
const maxPlugins = 200

// installed reads what is in the log.
func (h *Host) installed(ctx context.Context) ([]content.Plugin, error) {
	var out []content.Plugin
	err := h.o.View.Read(ctx, func(tx *view.Tx) error {
		nouns, err := tx.Nouns(content.NounPlugin, "", maxPlugins)
		if err != nil {
			return err
		}
		for _, n := range nouns {
			p, err := action.DecodePlugin(n)
			if err != nil {
				return err
			}
			out = append(out, p)
		}
		return nil
	})
	return out, err
}

// reconcile starts, changes and stops what the log says.
func (h *Host) reconcile(ctx context.Context, changed commitlog.Seq) error {
	installed, err := h.installed(ctx)
	if err != nil {
		return err
	}
	if len(installed) > 0 && h.dir == "" {
		if err := h.settle(); err != nil {
			return err
		}
	}
	h.mu.Lock()
	wanted := map[string]bool{}
	for _, p := range installed {
		wanted[p.Name] = true
		if h.plugins[p.Name] == nil {
			h.plugins[p.Name] = newPlug(h, p.Name)
		}
		h.plugins[p.Name].want(p)
	}
	var gone []*plug
	for name, p := range h.plugins {
		if !wanted[name] {
			gone = append(gone, p)
			delete(h.plugins, name)
		}
	}
	h.seen, h.ready = changed, true
	h.setGate()
	h.mu.Unlock()
	for _, p := range gone {
		p.stop()
	}
	return nil
}

// settle makes the folder of the sockets, whose addresses must be short, and
// finds the name by which this node is known to others.
func (h *Host) settle() error {
	if err := os.MkdirAll(h.folder(), 0o700); err != nil {
		return fmt.Errorf("make the folder of plugins: %w", err)
	}
	node, err := wire.NodeID(filepath.Join(h.folder(), "node"), h.o.Rand)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "recueil-")
	if err != nil {
		return fmt.Errorf("make the folder of the plugins' sockets: %w", err)
	}
	h.node, h.dir = node, dir
	return nil
}

// stop ends all plugins, at the same time.
func (h *Host) stop() {
	h.mu.Lock()
	all := h.plugins
	h.plugins = map[string]*plug{}
	h.setGate()
	h.mu.Unlock()
	var ended sync.WaitGroup
	for _, p := range all {
		ended.Go(p.stop)
	}
	ended.Wait()
	if h.dir != "" {
		_ = os.RemoveAll(h.dir) // sockets that nobody listens on
	}
}

// plug finds a plugin by name.
func (h *Host) plug(name string) *plug {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.plugins[name]
}

// policy gives what an actor may do now.
func (h *Host) policy(ctx context.Context, by content.Actor) (*access.Policy, error) {
	return h.o.Query.Policy(ctx, by)
}

// folder is where the node keeps files of plugins; losing it loses nothing.
func (h *Host) folder() string { return filepath.Join(h.o.Dir, "plugins") }
