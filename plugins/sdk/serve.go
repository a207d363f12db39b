package sdk

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"

	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// The handshake with the host. The variable tells a process that it is a
// plugin; it is no secret.
const (
	CookieKey   = "RECUEIL_PLUGIN"
	CookieValue = "b5a8d1c6e2f94707"
	protocol    = 1
)

// maxMessage bounds messages both ways, in bytes.
const maxMessage = 4 << 20

// Main serves a plugin and never returns. It is the whole of a plugin's main.
func Main(p Plugin) {
	s, err := newServer(p)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getenv(CookieKey) == "" {
		os.Exit(s.standalone())
	}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  plugin.HandshakeConfig{ProtocolVersion: protocol, MagicCookieKey: CookieKey, MagicCookieValue: CookieValue},
		VersionedPlugins: map[int]plugin.PluginSet{protocol: {"recueil": bridge{server: s}}},
		GRPCServer:       func(o []grpc.ServerOption) *grpc.Server { return s.grpc(o...) },
		Logger:           hclog.NewNullLogger(),
	})
}

// standalone serves the development site that waits for a program started by
// hand, or tells whoever starts it what it is.
func (s *server) standalone() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := ServeAttached(ctx, s.p); {
	case err == nil:
		return 0
	case !errors.Is(err, fs.ErrNotExist):
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "%s %s is a plugin of Recueil. Install it: recueil plugin install <file or folder>\n", s.name, s.version)
	return 2
}

// Serve serves a plugin on a listener until ctx ends: for tests, and for a
// debugger that the host attaches to.
func Serve(ctx context.Context, p Plugin, ln net.Listener) error {
	s, err := newServer(p)
	if err != nil {
		return err
	}
	g := s.grpc()
	s.register(g)
	h := health.NewServer()
	h.SetServingStatus("plugin", grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(g, h)
	stop := context.AfterFunc(ctx, g.Stop)
	defer stop()
	defer s.close()
	if err := g.Serve(ln); err != nil && !errors.Is(err, grpc.ErrServerStopped) && ctx.Err() == nil {
		return fmt.Errorf("serve the plugin: %w", err)
	}
	return nil
}

// bridge fits the server into go-plugin.
type bridge struct {
	plugin.NetRPCUnsupportedPlugin
	server *server
}

func (b bridge) GRPCServer(_ *plugin.GRPCBroker, g *grpc.Server) error {
	b.server.register(g)
	return nil
}

func (b bridge) GRPCClient(context.Context, *plugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a plugin calls no plugins")
}

// server answers the host.
type server struct {
	pluginpb.UnimplementedPluginServer
	pluginpb.UnimplementedHooksServer
	pluginpb.UnimplementedEventsServer

	p             Plugin
	name, version string
	digest        [sha256.Size]byte
	host          atomic.Pointer[Host]
	routes        routes
}

func newServer(p Plugin) (*server, error) {
	var m struct{ Name, Version string }
	if err := json.Unmarshal(p.Manifest, &m); err != nil {
		return nil, fmt.Errorf("read the manifest of the plugin: %w", err)
	}
	return &server{p: p, name: m.Name, version: m.Version, digest: sha256.Sum256(p.Manifest)}, nil
}

func (s *server) grpc(o ...grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(o, grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage),
		grpc.InitialWindowSize(1<<20), grpc.InitialConnWindowSize(4<<20),
		grpc.UnaryInterceptor(recovered), grpc.StreamInterceptor(recoveredStream))...)
}

func (s *server) register(g *grpc.Server) {
	pluginpb.RegisterPluginServer(g, s)
	if s.p.BeforeCommit != nil {
		pluginpb.RegisterHooksServer(g, s)
	}
	if s.p.Events != nil {
		pluginpb.RegisterEventsServer(g, s)
	}
	if s.p.Render != nil {
		pluginpb.RegisterPagesServer(g, pages{s: s})
	}
	if s.p.Console != nil {
		pluginpb.RegisterConsoleServer(g, console{s: s})
	}
	if s.p.Jobs != nil {
		pluginpb.RegisterJobsServer(g, jobs{s: s})
	}
}

func (s *server) close() {
	s.routes.close()
	if h := s.host.Load(); h != nil {
		h.close()
	}
}
