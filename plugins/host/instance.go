package host

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/host/relay"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/launch"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// attached is the level of a process that was not started here.
const attached = "attached"

// FallError says why a plugin does not run.
type FallError struct {
	Code   string `json:"code"` // of a text: plugin_cause.<code>
	Detail string `json:"detail,omitempty"`
	Text   string `json:"text,omitempty"` // of the code, where somebody reads it
}

func (c *FallError) Error() string { return c.Code + ": " + c.Detail }

// is reports whether two causes say the same.
func (c *FallError) is(other *FallError) bool {
	return c == other || c != nil && other != nil && *c == *other
}

// instance is one running process of a plugin.
type instance struct {
	p       *plug
	version content.PluginVersion
	m       *manifest.Manifest
	level   string // how far it is confined; "attached" when it was not started here
	dir     string // of its sockets
	pid     int
	since   time.Time

	conn  *grpc.ClientConn
	end   func()        // ends the process, at once
	done  chan struct{} // closed when it has ended
	serve *asked.Server

	httpSecret string
	http       *relay.Line

	mu       sync.Mutex
	revision int // of the settings that it has
	why      *FallError
	calls    int  // under way
	draining bool // takes no more
	idle     chan struct{}
	leaving  chan struct{} // closed when it takes no more
	late     int           // answers in a row that did not come in time
}

// start starts a version and makes it ready for calls.
func (p *plug) start(ctx context.Context, want content.Plugin) (_ *instance, err error) {
	version := *want.Current
	m, err := manifest.Parse(version.Manifest, p.h.o.Kinds)
	if err != nil {
		return nil, &FallError{Code: "manifest", Detail: err.Error()}
	}
	random, err := wire.Secret(p.h.o.Rand)
	if err != nil {
		return nil, err
	}
	in := &instance{p: p, version: version, m: m, dir: filepath.Join(p.h.dir, random[:12]), done: make(chan struct{}), idle: make(chan struct{}), leaving: make(chan struct{})}
	if err := os.Mkdir(in.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder for the sockets of %s: %w", p.name, err)
	}
	defer func() {
		if err != nil {
			in.discard()
		}
	}()
	if in.httpSecret, err = wire.Secret(p.h.o.Rand); err != nil {
		return nil, err
	}
	in.http = relay.NewLine(in.httpSocket(), surfaces[wire.HTTP])
	if in.serve, err = in.answers(); err != nil {
		return nil, err
	}
	if err := in.connect(ctx); err != nil {
		return nil, err
	}
	if err := in.describe(ctx); err != nil {
		return nil, err
	}
	if err := in.configure(ctx, want); err != nil {
		return nil, err
	}
	in.since = p.h.o.Now()
	return in, nil
}

// connect starts the process, or finds the one that runs already.
func (in *instance) connect(ctx context.Context) error {
	if in.p.h.o.Attach != nil {
		if socket, ok := in.p.h.o.Attach(in.p.name); ok {
			return in.attach(socket)
		}
	}
	spec, tls, err := in.spec(ctx)
	if err != nil {
		return err
	}
	return in.launch(ctx, spec, tls)
}

func (in *instance) attach(socket string) error {
	conn, err := grpc.NewClient("unix:"+socket, append(dialOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()))...)
	if err != nil {
		return fmt.Errorf("connect to %s: %w", in.p.name, err)
	}
	in.conn, in.level = conn, attached
	in.end = sync.OnceFunc(func() { close(in.done) })
	return nil
}

func dialOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage), grpc.MaxCallSendMsgSize(wire.MaxMessage)),
		grpc.WithInitialWindowSize(1 << 20), grpc.WithInitialConnWindowSize(4 << 20),
		grpc.WithReadBufferSize(128 << 10), grpc.WithWriteBufferSize(128 << 10),
	}
}

// spec says what is started, and whether the socket takes certificates.
func (in *instance) spec(ctx context.Context) (launch.Spec, bool, error) {
	s := SpecOf(in.m, in.dir)
	if in.version.Bundle == content.BuiltinBundle {
		if in.p.h.o.Program == "" {
			return s, false, &FallError{Code: "not_the_program"}
		}
		s.File, s.Args = in.p.h.o.Program, []string{"plugin", "run", in.p.name}
		return s, true, nil
	}
	b, err := in.p.h.files.Open(ctx, in.version.Bundle)
	if err != nil {
		return s, false, &FallError{Code: "files", Detail: err.Error()}
	}
	s.Readable = []string{b.Dir}
	var tls bool
	s.Program, tls, err = ProgramOf(in.m, b.Dir, b.Sums)
	return s, tls, err
}

// answer bounds a call of the host's own.
func (in *instance) answer(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, in.p.h.o.Pace.Answer)
}

// describe makes sure that the process is the version that was agreed to.
func (in *instance) describe(ctx context.Context) error {
	ctx, cancel := in.answer(ctx)
	defer cancel()
	d, err := pluginpb.NewPluginClient(in.conn).Describe(ctx, &pluginpb.DescribeRequest{
		HostVersion: in.p.h.o.Version, HostFeatures: manifest.Features}, grpc.WaitForReady(true))
	if err != nil {
		return &FallError{Code: "describe", Detail: wire.Told(err)}
	}
	if in.level == attached && d.Name == in.p.name {
		return nil // whoever works on it may be ahead of what is installed
	}
	if d.Name != in.p.name || d.Version != in.version.Version || hex.EncodeToString(d.ManifestSha256) != in.version.Digest {
		return &FallError{Code: "differs", Detail: fmt.Sprintf("%.40s %.40s", d.Name, d.Version)}
	}
	return nil
}

// configure hands the settings over, which must fit the manifest.
func (in *instance) configure(ctx context.Context, want content.Plugin) error {
	if err := in.m.CheckSettings(want.Settings); err != nil {
		return &FallError{Code: "settings", Detail: err.Error()}
	}
	for _, s := range in.m.Secrets {
		if s.Required && want.Secrets[s.Name] == "" {
			return &FallError{Code: "settings", Detail: "/secrets/" + s.Name}
		}
	}
	ctx, cancel := in.answer(ctx)
	defer cancel()
	r := in.setup(want)
	r.HostSocket, r.HostToken = in.serve.Socket(), in.serve.Token
	if len(in.m.Routes) > 0 {
		r.HttpSocket, r.HttpSecret = in.httpSocket(), in.httpSecret
	}
	c, err := pluginpb.NewPluginClient(in.conn).Configure(ctx, r)
	if err != nil {
		return &FallError{Code: "configure", Detail: wire.Told(err)}
	}
	if len(c.Faults) > 0 {
		return &FallError{Code: "settings", Detail: c.Faults[0].Pointer + " " + c.Faults[0].Message["en"]}
	}
	in.mu.Lock()
	in.revision = want.Revision
	in.mu.Unlock()
	return nil
}

func (in *instance) hostSocket() string { return filepath.Join(in.dir, "host") }

func (in *instance) httpSocket() string { return filepath.Join(in.dir, "http") }

// setup is the part of Configure that says what the site and its settings are.
func (in *instance) setup(want content.Plugin) *pluginpb.ConfigureRequest {
	r := &pluginpb.ConfigureRequest{SettingsJson: want.Settings, Secrets: want.Secrets, SiteUrl: in.p.h.o.SiteURL}
	if len(r.SettingsJson) == 0 {
		r.SettingsJson = []byte(`{}`)
	}
	for _, l := range in.p.h.o.Locales {
		r.Locales = append(r.Locales, string(l))
	}
	return r
}

// enter notes a call; false: the instance takes no more, and another one has
// its place already.
func (in *instance) enter() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.draining {
		return false
	}
	in.calls++
	return true
}

func (in *instance) leave() {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.calls--; in.draining && in.calls == 0 {
		close(in.idle)
	}
}

// maxLate is how many answers in a row may be late before the process counts
// as stuck.
const maxLate = 20

// heard notes how a call ended, and ends a process that answers nothing.
func (in *instance) heard(err error) {
	in.mu.Lock()
	if status.Code(err) == codes.DeadlineExceeded {
		in.late++
	} else {
		in.late = 0
	}
	stuck := in.late >= maxLate
	in.mu.Unlock()
	if stuck {
		in.kill(&FallError{Code: "stuck", Detail: fmt.Sprint(maxLate)})
	}
}

// kill ends the process at once, for a reason; the first reason counts.
func (in *instance) kill(why *FallError) {
	in.mu.Lock()
	if in.why == nil {
		in.why = why
	}
	in.mu.Unlock()
	in.end()
}

// cause is why it ended.
func (in *instance) cause() *FallError {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.why == nil {
		return &FallError{Code: "ended"}
	}
	return in.why
}

// ended reports whether the process has ended.
func (in *instance) ended() bool {
	select {
	case <-in.done:
		return true
	default:
		return false
	}
}

// stop takes no more calls, waits for those under way, lets the plugin finish,
// and ends it: within the time to drain, however the plugin behaves.
func (in *instance) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), in.p.h.o.Pace.Drain)
	defer cancel()
	in.mu.Lock()
	if !in.draining {
		in.draining = true
		close(in.leaving)
		if in.calls == 0 {
			close(in.idle)
		}
	}
	in.mu.Unlock()
	select {
	case <-in.idle:
	case <-in.done:
	case <-ctx.Done():
	}
	if ctx.Err() == nil {
		_, err := pluginpb.NewPluginClient(in.conn).Drain(ctx, &pluginpb.DrainRequest{})
		if err != nil && status.Code(err) != codes.Unavailable && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			in.p.logs.Note("drain: " + wire.Told(err))
		}
	}
	in.kill(&FallError{Code: "stopped"})
	<-in.done
	in.discard()
}

// discard frees what the instance held. The process has ended, or never began.
func (in *instance) discard() {
	if in.end != nil {
		in.end()
		<-in.done
	}
	if in.serve != nil {
		in.serve.Close()
	}
	if in.conn != nil {
		_ = in.conn.Close()
	}
	if in.http != nil {
		in.http.CloseIdleConnections()
	}
	_ = os.RemoveAll(in.dir) // sockets
}

// watch asks now and then how the plugin is, and ends it when it does not
// answer, until it ends.
func (in *instance) watch() {
	const misses = 3
	every := time.NewTicker(in.p.h.o.Pace.Health)
	defer every.Stop()
	for missed := 0; ; {
		select {
		case <-in.done:
			return
		case <-every.C:
		}
		ctx, cancel := context.WithTimeout(context.Background(), in.p.h.o.Pace.Health)
		health, err := pluginpb.NewPluginClient(in.conn).Health(ctx, &pluginpb.HealthRequest{})
		cancel()
		switch {
		case err == nil:
			missed = 0
			in.p.feels(health)
			in.p.writeStatus()
		case status.Code(err) == codes.DeadlineExceeded || in.level == attached:
			if missed++; missed == misses {
				in.kill(&FallError{Code: "hung", Detail: wire.Told(err)})
			}
		}
	}
}
