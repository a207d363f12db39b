// Package started lets go-plugin use a process that was started our way. It does
// the handshake and the certificates; starting, the environment, noticing the
// end and killing are ours, because its own can block for ever and inherit all.
package started

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/recueil-cms/recueil/plugins/launch"
)

// Runner lets go-plugin use a process that was started our way. It does the
// handshake and the certificates; starting, the environment, noticing the end
// and killing are ours, because its own can block for ever and inherit all.
type Runner struct {
	Spec launch.Spec
	Logs io.Writer

	mu sync.Mutex
	p  *launch.Process
}

func (r *Runner) Start(context.Context) error {
	p, err := launch.Start(r.Spec)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.p = p
	r.mu.Unlock()
	return nil
}

// Started gives the process; nil: it was not started yet.
func (r *Runner) Started() *launch.Process {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.p
}

func (r *Runner) Stdout() io.ReadCloser { return r.p.Stdout() }

// Stderr is also kept among the plugin's last lines.
func (r *Runner) Stderr() io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(r.p.Stderr(), r.Logs), r.p.Stderr()}
}

func (r *Runner) Wait(context.Context) error {
	<-r.p.Done()
	if s := r.p.State(); s != nil && !s.Success() {
		return errors.New(s.String())
	}
	return nil
}

func (r *Runner) Kill(context.Context) error {
	if r.Started() == nil {
		return nil
	}
	err := r.p.Kill()
	<-r.p.Done()
	return err
}

func (r *Runner) Name() string                    { return r.Spec.Name }
func (r *Runner) ID() string                      { return strconv.Itoa(r.p.PID()) }
func (r *Runner) Diagnose(context.Context) string { return "" }

func (r *Runner) PluginToHost(network, address string) (string, string, error) {
	return network, address, nil
}

func (r *Runner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
