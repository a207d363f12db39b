// Package peer carries a growing number between the nodes of a bucket, over a
// connection from each to each: a hint that there is something new, and what
// that is said to be. A number may be lost, come late, twice, without its data
// or from a liar; whoever hears one looks for himself. Nodes find one another by cards in the bucket (see card), and
// whatever fails costs only the hints.
package peer

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/storage"
)

// Limits of what nodes say to each other.
const (
	most      = 64               // nodes told, and connections heard, at once
	patience  = 5 * time.Second  // with a connection that is being made, or a write
	pingEvery = 10 * time.Second // a connection says something so often
	silence   = 3 * pingEvery    // after which a connection is given up
	warnAfter = 4                // calls that failed
	MaxData   = 256 << 10        // bytes that go with a number; more are left out
	keptData  = 1 << 20          // bytes that wait for slow connections,
	keptMost  = 32               // and the numbers that they belong to
	redialMin = 500 * time.Millisecond
	redialMax = 30 * time.Second
	lookPause = time.Second // least pause between looks for other nodes
)

// Options of a node's peers. Listen is required.
type Options struct {
	Node   string // name of this node, for those who read the bucket
	Listen string // host:port to listen on
	// Address is the host:port at which the other nodes reach this one; empty:
	// the one listened on, with Host instead of a host that means any.
	Address string
	Host    string
	Logger  *slog.Logger  // nil: nothing is logged
	Every   time.Duration // pause between looks for other nodes; 0: 30 s
}

// Peers are the other nodes of a bucket, as one node sees them.
type Peers struct {
	bucket   storage.Bucket
	o        Options
	listener net.Listener
	tls      *tls.Config
	id       string
	card     card
	token    []byte
	met      chan struct{} // holds a token when a node has connected: it may be a new one
	patience time.Duration // with who connects

	mu     sync.Mutex
	newest uint64
	recent []message // the last ones, the newest last
	size   int       // bytes of their data
	calls  map[string]*call
}

// Listen begins to listen. Nobody is told before Run is called.
func Listen(ctx context.Context, bucket storage.Bucket, o Options) (*Peers, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Every <= 0 {
		o.Every = 30 * time.Second
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for other nodes: %w", err)
	}
	p := &Peers{bucket: bucket, o: o, listener: listener, met: make(chan struct{}, 1), patience: patience, calls: map[string]*call{}}
	if err := p.introduce(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return p, nil
}

// introduce draws what the other nodes know this one by. It is new at each
// start, so nothing of it has to be kept secret for longer than the node runs.
func (p *Peers) introduce() error {
	address, err := p.address()
	if err != nil {
		return err
	}
	id := make([]byte, 16)
	p.token = make([]byte, tokenSize)
	_, _ = rand.Read(id) // never fails
	_, _ = rand.Read(p.token)
	p.id = hex.EncodeToString(id)
	certificate, print, err := newCertificate()
	if err != nil {
		return err
	}
	p.tls = &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13,
		NextProtos: []string{protocol}, SessionTicketsDisabled: true,
	}
	p.card = card{
		Version: 1, Node: p.o.Node, Address: address,
		Certificate: print, Token: hex.EncodeToString(p.token),
	}
	return nil
}

func (p *Peers) address() (string, error) {
	address := p.o.Address
	if address == "" {
		address = p.listener.Addr().String()
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("address for other nodes: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = p.o.Host
	}
	if host == "" || len(host) > maxHost {
		return "", fmt.Errorf("address for other nodes: host %q is not one that they can reach", host)
	}
	return net.JoinHostPort(host, port), nil
}

// message is a number with its data.
type message struct {
	number uint64
	data   []byte
}

// Tell tells the other nodes of a number and its data, without waiting: who is
// slow hears only the newest. It keeps data.
func (p *Peers) Tell(number uint64, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > p.newest {
		p.newest = number
		p.remember(message{number, data})
	}
	for _, c := range p.calls {
		select {
		case c.news <- struct{}{}:
		default:
		}
	}
}

// remember keeps a message for those who have not been told yet.
func (p *Peers) remember(m message) {
	if len(m.data) > MaxData {
		m.data = nil
	}
	p.recent = append(p.recent, m)
	p.size += len(m.data)
	for len(p.recent) > keptMost || p.size > keptData {
		p.size -= len(p.recent[0].data)
		p.recent = p.recent[1:]
	}
}

// after gives the messages after a number, and the newest number in any case.
func (p *Peers) after(number uint64) []message {
	p.mu.Lock()
	defer p.mu.Unlock()
	from, _ := slices.BinarySearchFunc(p.recent, number+1, func(m message, n uint64) int { return cmp.Compare(m.number, n) })
	if from == len(p.recent) {
		return []message{{number: p.newest}}
	}
	return slices.Clone(p.recent[from:])
}

// Run hears and tells until ctx ends, then it withdraws. heard
// is called from several goroutines, and must not wait. It may be called once.
func (p *Peers) Run(ctx context.Context, heard func(number uint64, data []byte)) error {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	all.Go(func() { p.guard("listen", func() { p.listen(ctx, heard) }) })
	all.Go(func() { p.lookOut(ctx) })
	<-ctx.Done()
	cancel()
	err := p.Close() // what waits for a connection waits for this alone
	all.Wait()
	p.withdraw(context.WithoutCancel(ctx))
	return err
}

// Close ends listening. Run does it, too.
func (p *Peers) Close() error {
	if err := p.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("stop listening for other nodes: %w", err)
	}
	return nil
}

// guard keeps a panic to the goroutine that it happens in: hints may fail.
func (p *Peers) guard(part string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			p.o.Logger.Error("panic", "part", "peers: "+part, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
		}
	}()
	f()
}

func (p *Peers) debug(ctx context.Context, what string, err error) {
	if ctx.Err() == nil && !errors.Is(err, io.EOF) {
		p.o.Logger.DebugContext(ctx, what, "error", err)
	}
}

// pause waits, and tells whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
