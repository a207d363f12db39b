package host

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/host/documents"
	"github.com/recueil-cms/recueil/plugins/host/files"
	"github.com/recueil-cms/recueil/plugins/host/letters"
	"github.com/recueil-cms/recueil/plugins/host/outbound"
	"github.com/recueil-cms/recueil/plugins/host/state"
	"github.com/recueil-cms/recueil/plugins/host/surface"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
)

// The surfaces, with their places. As many again, twice, may wait.
var surfaces = map[string]int{
	wire.Hook: 32, wire.Events: 2, wire.HTTP: 64, wire.Pages: 32, wire.Console: 8, wire.Jobs: 4,
}

func newSurfaces() map[string]*surface.Surface {
	out := map[string]*surface.Surface{}
	for name, places := range surfaces {
		out[name] = surface.New(places)
	}
	return out
}

func late(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded || errors.Is(err, errLate)
}

// CallNote is one of the last calls of a plugin.
type CallNote struct {
	At       time.Time `json:"at"`
	Surface  string    `json:"surface"`
	What     string    `json:"what"`
	Took     float64   `json:"ms"`
	Deadline int64     `json:"deadline_ms"`
	Error    string    `json:"error,omitempty"`
}

// maxCalls is how many of the last calls are kept.
const maxCalls = 50

// note keeps what became of a call.
func (p *plug) note(name, what string, begun time.Time, deadline time.Duration, err error) {
	took := time.Since(begun)
	p.surfaces[name].Note(took, deadline, err != nil, late(err))
	n := CallNote{At: begun.UTC(), Surface: name, What: wire.Clip(what, 200), Took: float64(took.Microseconds()) / 1000, Deadline: deadline.Milliseconds()}
	if err != nil {
		n.Error = wire.Clip(wire.Told(err), 300)
	}
	if p.h.o.Trace != nil {
		p.h.o.Trace(p.name, n)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.figures.Calls++
	if err != nil {
		p.figures.Failures++
	}
	if len(p.calls) < maxCalls {
		p.calls = append(p.calls, n)
		return
	}
	p.calls[p.oldest] = n
	p.oldest = (p.oldest + 1) % maxCalls
}

// lastCalls gives them in their order. p.mu is held.
func (p *plug) lastCalls() []CallNote { return slices.Concat(p.calls[p.oldest:], p.calls[:p.oldest]) }

// busy says that no place was free.
func (p *plug) busy(err error) error {
	return problem.Wrap(err, problem.Unavailable, "plugin_busy", problem.Args{"plugin": p.name}).With("retry_after", 1)
}

// Call calls a plugin that runs: within the limits of the surface, for whoever
// is behind it, and within the time. What is wrong with the plugin is a Problem
// of kind Unavailable.
func (h *Host) Call(ctx context.Context, c wire.Call, do func(ctx context.Context, to wire.Process) error) error {
	p := h.plug(c.Plugin)
	if p == nil {
		return problem.New(problem.Unavailable, "plugin_down", problem.Args{"plugin": wire.Clip(c.Plugin, 60)}).With("retry_after", 2)
	}
	return p.call(ctx, c, do)
}

func (p *plug) call(ctx context.Context, c wire.Call, do func(ctx context.Context, to wire.Process) error) error {
	s := p.surfaces[c.Surface]
	if err := s.Enter(ctx); err != nil {
		return p.busy(err)
	}
	defer s.Leave()
	first := p.live()
	err := p.callNow(ctx, c, do)
	if c.Waits > 0 && problem.CodeOf(err) == "plugin_down" && p.comesBack(ctx, first, c.Waits) {
		err = p.callNow(ctx, c, do)
	}
	return err
}

// callNow calls the process that runs now.
func (p *plug) callNow(ctx context.Context, c wire.Call, do func(ctx context.Context, to wire.Process) error) error {
	in, leave, err := p.use()
	if err != nil {
		return err
	}
	defer leave()
	return in.call(ctx, c, do)
}

// call calls this process, whose place in the surface is taken.
func (in *instance) call(ctx context.Context, c wire.Call, do func(ctx context.Context, to wire.Process) error) error {
	p := in.p
	ticket, over, err := in.ticket(ctx, c)
	if err != nil {
		return err
	}
	defer over()
	most := max(c.Lasts, p.h.o.Pace.Call)
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	begun := time.Now()
	err = do(ctx, wire.Process{Conn: in.conn, Ticket: ticket, Version: in.version.Version, Manifest: in.m, Leaving: in.leaving})
	if c.Surface != wire.Jobs { // which takes as long as it takes
		in.heard(err)
	}
	p.note(c.Surface, c.What, begun, max(cmp.Or(c.Due, c.Lasts), p.h.o.Pace.Call), err)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*problem.Error](err); ok {
		return err
	}
	if late(err) {
		return problem.Wrap(err, problem.Unavailable, "plugin_late", problem.Args{"plugin": p.name}).With("retry_after", 2)
	}
	code := "plugin_failed"                                  // it answered, with an error
	if status.Code(err) == codes.Unavailable || in.ended() { // a connection that we closed says something else
		code = "plugin_down"
	}
	return problem.Wrap(err, problem.Unavailable, code, problem.Args{"plugin": p.name}).With("retry_after", 2)
}

// ticket lets the plugin act for whoever is behind a call.
func (in *instance) ticket(ctx context.Context, c wire.Call) (string, func(), error) {
	by := wire.Self(in.p.name)
	if !c.Alone {
		var err error
		if by, err = in.p.h.onBehalf(ctx, in.p.name, c.By); err != nil {
			return "", nil, err
		}
	}
	return in.serve.Issue(by, max(c.Depth, 1), max(c.Lasts, in.p.h.o.Pace.Call)+time.Second)
}

// Plugins lists the plugins that are to run on this node, by name.
func (h *Host) Plugins() []wire.Plugin {
	h.mu.Lock()
	defer h.mu.Unlock()
	var out []wire.Plugin
	for name, p := range h.plugins {
		if want, m, _ := p.news(); !idle(want) && m != nil {
			out = append(out, described(name, want, m))
		}
	}
	wire.SortPlugins(out)
	return out
}

// Plugin finds one of them.
func (h *Host) Plugin(name string) (wire.Plugin, bool) {
	p := h.plug(name)
	if p == nil {
		return wire.Plugin{}, false
	}
	want, m, _ := p.news()
	if idle(want) || m == nil {
		return wire.Plugin{}, false
	}
	return described(name, want, m), true
}

func described(name string, want content.Plugin, m *manifest.Manifest) wire.Plugin {
	out := wire.Plugin{Name: name, ID: want.ID, Revision: want.Revision, Bundle: want.Current.Bundle, Since: want.Current.InstalledAt, Manifest: m}
	if p := want.Previous; p != nil && p.InstalledAt.Before(out.Since) {
		out.Since = p.InstalledAt
	}
	return out
}

// answers makes what answers the plugin's own questions.
func (in *instance) answers() (*asked.Server, error) {
	o := in.p.h.o
	want, _, _ := in.p.news()
	desk := &letters.Desk{Plugin: in.p.name, Manifest: in.m, Bucket: o.Bucket, Folder: wire.Folder(want.ID), View: o.View, Send: o.Mail,
		Locales: o.Locales, SiteURL: o.SiteURL, Now: o.Now, Logger: o.Logger}
	shelf := &files.Desk{Plugin: in.p.name, Manifest: in.m, View: o.View, Query: o.Query, Library: o.Library}
	return asked.Serve(asked.Options{
		Plugin: in.p.name, Manifest: in.m, Socket: in.hostSocket(), State: stateOf(o, want.ID, in.m),
		View: o.View, Query: o.Query, Runner: o.Runner, Search: o.Search, Texts: o.Texts, Rand: o.Rand, Logger: o.Logger,
		Services: []asked.Service{in.p.workerOf(want).Service(in.m), desk.Service, shelf.Service,
			outbound.New(in.p.name, in.m.Hosts, o.Network, o.Logger).Service, documents.Service},
	})
}

func stateOf(o Options, id string, m *manifest.Manifest) *state.Values {
	if m.State == nil {
		return nil
	}
	return state.New(o.Bucket, wire.Folder(id)+"state/", int64(m.State.KB)<<10)
}
