package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// proxy stands between the host and the process: it notes the calls, and does
// to them what a bad network or a fall at the wrong moment would.
type proxy struct {
	to     *grpc.ClientConn
	socket string
	server *grpc.Server
	served sync.WaitGroup

	mu    sync.Mutex
	calls []call
	// lose is asked after each answer whether it is to be lost on its way.
	lose func(c call) bool
}

// call is one call that went through.
type call struct {
	method            string
	request, response []byte
	err               error
	took              time.Duration
}

// maxCalls bounds the calls that are kept.
const maxCalls = 10_000

func newProxy(to *grpc.ClientConn, dir string) (*proxy, error) {
	p := &proxy{to: to, socket: filepath.Join(dir, "front")}
	ln, err := new(net.ListenConfig).Listen(context.Background(), "unix", p.socket)
	if err != nil {
		return nil, fmt.Errorf("listen between host and plugin: %w", err)
	}
	p.server = grpc.NewServer(grpc.ForceServerCodec(bytesCodec{}), grpc.UnknownServiceHandler(p.handle),
		grpc.MaxRecvMsgSize(64<<20), grpc.MaxSendMsgSize(64<<20))
	p.served.Go(func() { _ = p.server.Serve(ln) }) // until close
	return p, nil
}

func (p *proxy) close() {
	p.server.Stop()
	p.served.Wait()
}

// handle passes a call on. Calls of the host have one request.
func (p *proxy) handle(_ any, from grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(from)
	c := call{method: method}
	if err := from.RecvMsg(&c.request); err != nil {
		return err
	}
	begun := time.Now()
	c.err = p.pass(from, &c)
	c.took = time.Since(begun)
	p.mu.Lock()
	if len(p.calls) < maxCalls {
		p.calls = append(p.calls, c)
	}
	lose := p.lose
	p.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	if lose != nil && lose(c) {
		return status.Error(codes.Unavailable, "the answer was lost on purpose")
	}
	if c.response == nil {
		return nil // it was a stream, which has gone already
	}
	return from.SendMsg(&c.response)
}

// pass calls the plugin. The last message of the answer is kept back, so that
// it may be lost.
func (p *proxy) pass(from grpc.ServerStream, c *call) error {
	ctx := from.Context()
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		ctx = metadata.NewOutgoingContext(ctx, md)
	}
	to, err := p.to.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, c.method, grpc.ForceCodec(bytesCodec{}))
	if err != nil {
		return err
	}
	if err := errors.Join(to.SendMsg(&c.request), to.CloseSend()); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for {
		var next []byte
		err := to.RecvMsg(&next)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c.response != nil {
			if err := from.SendMsg(&c.response); err != nil {
				return err
			}
		}
		c.response = next
	}
}

// losing sets what is lost; nil: nothing.
func (p *proxy) losing(lose func(c call) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = lose
}

// seen gives the calls of a method.
func (p *proxy) seen(method string) []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []call
	for _, c := range p.calls {
		if c.method == method {
			out = append(out, c)
		}
	}
	return out
}

// bytesCodec passes messages on as they are.
type bytesCodec struct{}

func (bytesCodec) Marshal(v any) ([]byte, error) {
	b, ok := v.(*[]byte)
	if !ok {
		return nil, fmt.Errorf("pass on a %T", v)
	}
	return *b, nil
}

func (bytesCodec) Unmarshal(raw []byte, v any) error {
	b, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("pass on a %T", v)
	}
	*b = append([]byte{}, raw...)
	return nil
}

func (bytesCodec) Name() string { return "proto" }
