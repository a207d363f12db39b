package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/lines"
	"github.com/recueil-cms/recueil/plugins/host/surface"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/commitlog"
)

// Line is one line that a plugin wrote, or the host about it.
type Line = lines.Line

// Status is how a plugin does on this node.
type Status struct {
	State    State      `json:"state"`
	Cause    *FallError `json:"cause,omitempty"`
	Version  string     `json:"version,omitempty"` // that runs
	Confined string     `json:"confined,omitempty"`
	PID      int        `json:"pid,omitempty"`
	// Migrates is the version that is made ready while this one runs.
	Migrates string    `json:"migrates,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	Health   string    `json:"health,omitempty"` // what it says is wrong
	Restarts int       `json:"restarts"`
	Figures  figures   `json:"figures"`
	// Surfaces are the ways in which it is called; Calls are the last ones.
	Surfaces map[string]surface.Figures `json:"surfaces"`
	Calls    []CallNote                 `json:"calls"`
	// Told is the last record whose events it has, when this node tells it.
	Told commitlog.Seq `json:"told,omitempty"`
	Head commitlog.Seq `json:"head"`
	Last []lines.Line  `json:"last"` // lines that it wrote, or the host about it
}

// Status tells how a plugin does on this node.
func (h *Host) Status(name string) (Status, bool) {
	p := h.plug(name)
	if p == nil {
		return Status{}, false
	}
	return p.status(), true
}

func (p *plug) status() Status {
	s := Status{Head: p.h.o.Log.Head(), Last: p.logs.Last(lines.Kept), Surfaces: map[string]surface.Figures{}}
	for name, x := range p.surfaces {
		s.Surfaces[name] = x.Figures()
	}
	in := p.live()
	if in != nil {
		s.Version, s.Confined, s.PID, s.Since = in.version.Version, in.level, in.pid, in.since
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s.State, s.Cause, s.Health, s.Restarts, s.Figures = p.state, p.cause, p.health, p.restarts, p.figures
	s.Calls = p.lastCalls()
	if p.next != nil && p.next.m.Migrate != nil {
		s.Migrates = p.next.version.Version
	}
	if s.State == Running && in == nil {
		s.State = Starting // it fell this moment
	}
	if p.cursor != nil {
		s.Told = p.cursor.At()
	}
	return s
}

// Restart ends a plugin on this node and starts it again.
func (h *Host) Restart(name string) error {
	p := h.plug(name)
	if p == nil {
		return problem.Wrap(errNotHere, problem.NotFound, "plugin_missing", problem.Args{"id": wire.Clip(name, 60)})
	}
	p.again()
	return nil
}

// Check asks a running plugin what is wrong with settings that somebody is
// about to save.
func (h *Host) Check(ctx context.Context, name string, settings json.RawMessage, secrets map[string]*string) error {
	p := h.plug(name)
	if p == nil {
		return nil
	}
	in, leave, err := p.use()
	if err != nil {
		return nil //nolint:nilerr // it does not run, perhaps for want of settings
	}
	defer leave()
	want, _, _ := p.news()
	if settings != nil {
		want.Settings = settings
	}
	r := in.setup(want)
	r.ValidateOnly = true
	r.Secrets = map[string]string{}
	for name, value := range want.Secrets {
		r.Secrets[name] = value
	}
	for name, value := range secrets {
		if delete(r.Secrets, name); value != nil {
			r.Secrets[name] = *value
		}
	}
	ctx, cancel := in.answer(ctx)
	defer cancel()
	answer, err := pluginpb.NewPluginClient(in.conn).Configure(ctx, r)
	if err != nil {
		return problem.Wrap(err, problem.Unavailable, "plugin_down", problem.Args{"plugin": name}).With("retry_after", 2)
	}
	return problem.OfFields(problem.Invalid, "settings_invalid", wire.Faults(name, answer.Faults))
}

// Wake makes the host look at once at what is installed.
func (h *Host) Wake() { h.wake() }

// statusFile is where a node writes how a plugin does, for the command line.
func statusFile(data, name string) string {
	return filepath.Join(data, "plugins", name+".status")
}

// maxStatus bounds the file of a status.
const maxStatus = 4 << 20

// writeStatus writes it; losing it loses nothing.
func (p *plug) writeStatus() {
	raw, err := json.Marshal(p.status())
	if err != nil {
		return
	}
	file := statusFile(p.h.o.Dir, p.name)
	fresh := file + ".new"
	if err := os.WriteFile(fresh, raw, 0o600); err == nil {
		err = os.Rename(fresh, file)
		if err != nil {
			p.h.o.Logger.Warn("the status of a plugin was not written", "plugin", p.name, "error", err)
		}
	}
}

// ReadStatus reads how a plugin did when the node of a data folder last wrote
// it; false when it never did.
func ReadStatus(data, name string) (Status, bool, error) {
	f, err := os.Open(statusFile(data, name))
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, false, nil
	}
	if err != nil {
		return Status{}, false, fmt.Errorf("read the status of %s: %w", name, err)
	}
	defer f.Close()
	var s Status
	if err := json.NewDecoder(io.LimitReader(f, maxStatus)).Decode(&s); err != nil {
		return Status{}, false, fmt.Errorf("read the status of %s: %w", name, err)
	}
	return s, true, nil
}

// idle reports whether anything of the plugin should run.
func idle(want content.Plugin) bool { return want.Current == nil || !want.Enabled }
