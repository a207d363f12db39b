// Package asked answers what one process of a plugin asks of the host, on a
// socket of its own, with the rights of whoever it acts for and its own.
package asked

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/core/texts"
	"github.com/recueil-cms/recueil/plugins/host/state"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of what a plugin asks of the host.
const (
	maxAsked    = 64 // calls under way; others wait
	askedTime   = 30 * time.Second
	maxTickets  = 10_000
	maxDepth    = 8 // answers of plugins to each other
	maxPageText = 8 << 10
)

// Options of a Server; all are required but State and Services.
type Options struct {
	Plugin   string
	Manifest *manifest.Manifest
	Socket   string
	State    *state.Values // nil: the plugin keeps none
	View     *view.DB
	Query    *query.Engine
	Runner   *action.Runner
	Search   Search // nil: the site has no search
	Texts    *texts.Catalogue
	Rand     io.Reader
	Logger   *slog.Logger
	// Services are what else the plugin may ask.
	Services []Service
}

// Search answers a search as the HTTP API does; the query is that of a request.
type Search func(ctx context.Context, by content.Actor, query string) ([]byte, error)

// Service adds to what a plugin may ask. acting says who a call acts for.
type Service func(to grpc.ServiceRegistrar, acting Acting)

// Acting gives who a call acts as. It refuses a plugin that acts for itself
// without having asked for that.
type Acting func(ctx context.Context) (Ticket, error)

// Server answers one process of a plugin.
type Server struct {
	pluginpb.UnimplementedContentServer
	pluginpb.UnimplementedIdentityServer

	o      Options
	Token  string // that each call has to have
	server *grpc.Server
	served sync.WaitGroup
	asked  chan struct{} // one place per call under way

	mu      sync.Mutex
	tickets map[string]Ticket
}

// Ticket lets the plugin act for someone for a short time.
type Ticket struct {
	By    content.Actor
	Until time.Time // zero: the plugin acts for itself, without a ticket
	Depth int       // of answers to answers
}

// Serve answers until Close.
func Serve(o Options) (*Server, error) {
	token, err := wire.Secret(o.Rand)
	if err != nil {
		return nil, err
	}
	a := &Server{o: o, Token: token, asked: make(chan struct{}, maxAsked), tickets: map[string]Ticket{}}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "unix", o.Socket)
	if err != nil {
		return nil, fmt.Errorf("listen for %s: %w", o.Plugin, err)
	}
	a.server = grpc.NewServer(grpc.MaxRecvMsgSize(wire.MaxMessage), grpc.MaxSendMsgSize(wire.MaxMessage),
		grpc.MaxConcurrentStreams(4*maxAsked), grpc.UnaryInterceptor(a.guard), grpc.StreamInterceptor(a.guardStream))
	pluginpb.RegisterContentServer(a.server, a)
	pluginpb.RegisterStateServer(a.server, stateServer{a: a})
	pluginpb.RegisterIdentityServer(a.server, a)
	pluginpb.RegisterSearchServer(a.server, searchServer{a: a})
	pluginpb.RegisterAnnouncementsServer(a.server, announcer{a: a})
	for _, add := range o.Services {
		add(a.server, a.acting)
	}
	a.served.Go(func() { _ = a.server.Serve(ln) }) // until Close
	return a, nil
}

// Socket is where it answers.
func (a *Server) Socket() string { return a.o.Socket }

// Close breaks off what is under way.
func (a *Server) Close() {
	a.server.Stop()
	a.served.Wait()
}

type callerKey struct{}

// guard lets in the process that has the token, finds who it acts for, and
// puts errors into the form that goes over the wire.
func (a *Server) guard(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (answer any, err error) {
	defer a.caught(info.FullMethod, &err)
	ctx, cancel := context.WithTimeout(ctx, askedTime)
	defer cancel()
	ctx, leave, err := a.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return handle(ctx, req)
}

// streamTime bounds a call that brings its values in parts.
const streamTime = 5 * time.Minute

func (a *Server) guardStream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) (err error) {
	defer a.caught(info.FullMethod, &err)
	ctx, cancel := context.WithTimeout(s.Context(), streamTime)
	defer cancel()
	ctx, leave, err := a.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return handle(srv, stream{s, ctx})
}

// stream is a stream with a context of ours.
type stream struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // that is how gRPC hands it on
}

func (s stream) Context() context.Context { return s.ctx }

// caught turns a panic into an error, and an error into what is told.
func (a *Server) caught(method string, err *error) {
	if v := recover(); v != nil {
		a.o.Logger.Error("panic", "part", method, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		*err = status.Error(codes.Internal, "internal")
	}
	if *err == nil {
		return
	}
	told, ours := wire.Status(a.o.Texts, *err)
	if ours {
		a.o.Logger.Error("a call of a plugin failed", "plugin", a.o.Plugin, "call", method, "error", *err)
	}
	*err = told
}

func (a *Server) enter(ctx context.Context) (context.Context, func(), error) {
	md, _ := metadata.FromIncomingContext(ctx)
	if subtle.ConstantTimeCompare([]byte(one(md, "recueil-token")), []byte(a.Token)) != 1 {
		return nil, nil, status.Error(codes.Unauthenticated, "the token is not the one of Configure")
	}
	who, err := a.caller(md)
	if err != nil {
		return nil, nil, err
	}
	select {
	case a.asked <- struct{}{}:
		return context.WithValue(ctx, callerKey{}, who), func() { <-a.asked }, nil
	case <-ctx.Done():
		return nil, nil, status.Error(codes.ResourceExhausted, "too many calls at a time")
	}
}

func one(md metadata.MD, name string) string {
	if v := md.Get(name); len(v) == 1 {
		return v[0]
	}
	return ""
}

// caller is who a call is made for. Without a ticket the plugin acts for
// itself, which it has to have asked for.
func (a *Server) caller(md metadata.MD) (Ticket, error) {
	for _, name := range []string{"recueil-ticket", "recueil-cause"} {
		if id := one(md, name); id != "" {
			return a.redeem(id)
		}
	}
	return Ticket{By: wire.Self(a.o.Plugin), Depth: 1}, nil
}

func (a *Server) redeem(id string) (Ticket, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, ok := a.tickets[id]
	if !ok || time.Now().After(t.Until) {
		return Ticket{}, problem.New(problem.Unauthenticated, "plugin_ticket_over", nil)
	}
	return t, nil
}

// Issue makes a ticket, and what ends it.
func (a *Server) Issue(by content.Actor, depth int, lasts time.Duration) (string, func(), error) {
	id, err := wire.Secret(a.o.Rand)
	if err != nil {
		return "", nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.tickets) >= maxTickets {
		return "", nil, problem.New(problem.Unavailable, "plugin_busy", problem.Args{"plugin": a.o.Plugin}).With("retry_after", 1)
	}
	a.tickets[id] = Ticket{By: by, Until: time.Now().Add(lasts), Depth: depth}
	return id, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.tickets, id)
	}, nil
}

func (a *Server) acting(ctx context.Context) (Ticket, error) {
	t, ok := ctx.Value(callerKey{}).(Ticket)
	if !ok {
		return t, errors.New("a call without a caller")
	}
	alone := t.By.Kind == content.ActorPlugin && t.By.For == "" && t.Until.IsZero()
	if alone && a.o.Manifest.Alone == nil {
		return t, problem.New(problem.Forbidden, "plugin_not_alone", problem.Args{"plugin": a.o.Plugin})
	}
	return t, nil
}
