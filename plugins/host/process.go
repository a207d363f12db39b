package host

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"

	"github.com/recueil-cms/recueil/plugins/host/started"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/launch"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// launch starts the process and connects to it.
func (in *instance) launch(ctx context.Context, spec launch.Spec, tls bool) error {
	r := &started.Runner{Spec: spec, Logs: in.p.logs}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  plugin.HandshakeConfig{ProtocolVersion: manifest.Protocol, MagicCookieKey: sdk.CookieKey, MagicCookieValue: sdk.CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{manifest.Protocol: {}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			r.Spec.Env = append(r.Spec.Env, cmd.Env...)
			return r, nil
		},
		SkipHostEnv: true, AutoMTLS: tls, StartTimeout: in.p.h.o.Pace.Start,
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: in.dir},
		GRPCDialOptions:  dialOptions(),
		Logger:           hclog.NewNullLogger(), SyncStdout: in.p.logs, SyncStderr: in.p.logs,
	})
	abort := context.AfterFunc(ctx, func() {
		if p := r.Started(); p != nil {
			_ = p.Kill() // the start fails with it
		}
	})
	defer abort()
	protocol, err := client.Client()
	p := r.Started()
	if err != nil {
		if p == nil {
			return &FallError{Code: "launch", Detail: err.Error()}
		}
		return errors.Join(in.fallen(p, err), p.Kill())
	}
	connection, ok := protocol.(*plugin.GRPCClient)
	if !ok {
		return errors.Join(fmt.Errorf("%s speaks %T", in.p.name, protocol), p.Kill())
	}
	in.conn, in.level, in.pid = connection.Conn, p.Level().String(), p.PID()
	in.end = func() { _ = p.Kill() } // it fails when it has ended
	go in.await(p, client)
	return nil
}

// await notices the end of the process and ends what the library runs for it.
// It ends soon after the process.
func (in *instance) await(p *launch.Process, client *plugin.Client) {
	<-p.Done()
	in.mu.Lock()
	if in.why == nil {
		in.why = &FallError{Code: "exit", Detail: p.State().String()}
	}
	in.mu.Unlock()
	close(in.done)
	client.Kill() // blocks for a living process only
}

// fallen says why a process was not ready in time.
func (in *instance) fallen(p *launch.Process, err error) error {
	select {
	case <-p.Done():
		return &FallError{Code: "start_exit", Detail: p.State().String()}
	default:
		return &FallError{Code: "start", Detail: wire.Clip(err.Error(), 500)}
	}
}
