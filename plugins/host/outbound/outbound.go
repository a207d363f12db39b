// Package outbound speaks to other computers for plugins, which have no network
// of their own: only to names that were agreed to, only by HTTPS, and never to
// an address inside somebody's network, whatever a name stands for at the
// moment and wherever an answer redirects to.
package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/asked"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// Limits of what is asked of other computers.
const (
	maxBody      = 3 << 20 // bytes, both ways
	maxHeaders   = 50
	maxRedirects = 5
	maxAtOnce    = 8 // of one plugin
	usualTime    = 10 * time.Second
	longestTime  = 25 * time.Second
)

// Network is the way out. The zero Network is the real one; tests have another.
type Network struct {
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	Dial   func(ctx context.Context, address string) (net.Conn, error)
	TLS    *tls.Config
}

// inside lists networks that are nobody's business, besides those that netip
// knows by name: carriers' own, tests, documentation, and ways around.
var inside = func() []netip.Prefix {
	var out []netip.Prefix
	for _, p := range []string{"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10"} {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}()

// Public reports whether an address is one of the open internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.Zone() != "" {
		return false
	}
	return !slices.ContainsFunc(inside, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Gateway fetches for one plugin.
type Gateway struct {
	plugin string
	hosts  []manifest.Host
	logger *slog.Logger
	client *http.Client
	places chan struct{}
}

// New makes a gateway to the hosts that were agreed to.
func New(plugin string, hosts []manifest.Host, n Network, logger *slog.Logger) *Gateway {
	if n.Lookup == nil {
		n.Lookup = func(ctx context.Context, name string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		}
	}
	if n.Dial == nil {
		n.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{Timeout: usualTime}).DialContext(ctx, "tcp", address)
		}
	}
	g := &Gateway{plugin: plugin, hosts: hosts, logger: logger, places: make(chan struct{}, maxAtOnce)}
	g.client = &http.Client{
		Transport: &http.Transport{
			// The address that was looked at is the one that is dialled: a name
			// that stands for another one a moment later changes nothing.
			DialContext:     func(ctx context.Context, _, address string) (net.Conn, error) { return n.dial(ctx, address) },
			TLSClientConfig: n.TLS, ForceAttemptHTTP2: true, DisableKeepAlives: true,
			TLSHandshakeTimeout: usualTime, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return problem.New(problem.Unavailable, "outbound_redirects", problem.Args{"limit": maxRedirects})
			}
			return g.allowed(r.URL)
		},
	}
	return g
}

func (n Network) dial(ctx context.Context, address string) (net.Conn, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	all, err := n.Lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	// One address inside is enough to refuse: names of honest hosts have none.
	for _, a := range all {
		if !Public(a) {
			return nil, problem.New(problem.Forbidden, "outbound_inside", problem.Args{"host": name})
		}
	}
	var errs []error
	for _, a := range all {
		conn, err := n.Dial(ctx, net.JoinHostPort(a.Unmap().String(), port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(append(errs, fmt.Errorf("no address of %s answers", name))...)
}

// allowed refuses addresses that were not agreed to.
func (g *Gateway) allowed(u *url.URL) error {
	name := strings.ToLower(u.Hostname())
	if u.Scheme != "https" || u.User != nil || u.Port() != "" && u.Port() != "443" || name == "" {
		return problem.New(problem.BadRequest, "outbound_address", nil)
	}
	if _, err := netip.ParseAddr(name); err == nil || !slices.ContainsFunc(g.hosts, func(h manifest.Host) bool { return h.Covers(name) }) {
		return problem.New(problem.Forbidden, "outbound_host", problem.Args{"host": name[:min(len(name), 200)], "plugin": g.plugin})
	}
	return nil
}

// Service lets the plugin fetch.
func (g *Gateway) Service(to grpc.ServiceRegistrar, acting asked.Acting) {
	pluginpb.RegisterOutboundServer(to, server{g: g})
}

type server struct {
	pluginpb.UnimplementedOutboundServer
	g *Gateway
}

func (s server) Fetch(ctx context.Context, r *pluginpb.FetchRequest) (*pluginpb.FetchResponse, error) {
	return s.g.Fetch(ctx, r)
}

// forbidden are headers that are the connection's, or say who we are.
var forbidden = []string{"Host", "Connection", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Content-Length", "Forwarded", "X-Forwarded-For", "Via"}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// Fetch asks another computer.
func (g *Gateway) Fetch(ctx context.Context, r *pluginpb.FetchRequest) (*pluginpb.FetchResponse, error) {
	lasts := usualTime
	if r.TimeoutMs > 0 {
		lasts = min(time.Duration(r.TimeoutMs)*time.Millisecond, longestTime)
	}
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	request, err := g.request(ctx, r)
	if err != nil {
		return nil, err
	}
	select {
	case g.places <- struct{}{}:
		defer func() { <-g.places }()
	case <-ctx.Done():
		return nil, problem.New(problem.Limited, "outbound_busy", problem.Args{"limit": maxAtOnce}).With("retry_after", 1)
	}
	begun := time.Now()
	answer, err := g.client.Do(request)
	status := 0
	if err == nil {
		status = answer.StatusCode
	}
	g.logger.Info("a plugin asked another computer", "plugin", g.plugin, "host", request.URL.Hostname(), "method", request.Method,
		"status", status, "ms", time.Since(begun).Milliseconds())
	if err != nil {
		return nil, g.failed(ctx, request.URL.Hostname(), err)
	}
	defer answer.Body.Close()
	return g.read(ctx, answer)
}

func (g *Gateway) request(ctx context.Context, r *pluginpb.FetchRequest) (*http.Request, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	u, err := url.Parse(r.Url)
	if err != nil || !slices.Contains(methods, r.Method) || len(r.Headers) > maxHeaders || len(r.Url) > 4000 {
		return nil, problem.New(problem.BadRequest, "outbound_address", nil)
	}
	if err := g.allowed(u); err != nil {
		return nil, err
	}
	if len(r.Body) > maxBody {
		return nil, problem.New(problem.TooLarge, "outbound_large", problem.Args{"limit": maxBody})
	}
	out, err := http.NewRequestWithContext(ctx, r.Method, u.String(), strings.NewReader(string(r.Body)))
	if err != nil {
		return nil, problem.Wrap(err, problem.BadRequest, "outbound_address", nil)
	}
	for _, h := range r.Headers {
		if slices.Contains(forbidden, http.CanonicalHeaderKey(h.Name)) {
			return nil, problem.New(problem.BadRequest, "outbound_header", problem.Args{"name": h.Name[:min(len(h.Name), 60)]})
		}
		out.Header.Add(h.Name, h.Value)
	}
	if out.Header.Get("User-Agent") == "" {
		out.Header.Set("User-Agent", "Recueil (plugin "+g.plugin+")")
	}
	return out, nil
}

func (g *Gateway) read(ctx context.Context, answer *http.Response) (*pluginpb.FetchResponse, error) {
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	if err != nil {
		return nil, g.failed(ctx, answer.Request.URL.Hostname(), err)
	}
	if len(body) > maxBody {
		return nil, problem.New(problem.TooLarge, "outbound_large", problem.Args{"limit": maxBody})
	}
	out := &pluginpb.FetchResponse{Status: int32(answer.StatusCode), Body: body, Url: answer.Request.URL.String()} //nolint:gosec // three digits
	for name, values := range answer.Header {
		for _, v := range values {
			out.Headers = append(out.Headers, &pluginpb.Header{Name: name, Value: strings.ToValidUTF8(v, "")})
		}
	}
	return out, nil
}

// failed says why there is no answer: what was refused here, or that the other
// side is to blame, without what that says of our network.
func (g *Gateway) failed(ctx context.Context, name string, err error) error {
	if refused, ok := errors.AsType[*problem.Error](err); ok {
		return refused
	}
	code := "outbound_failed"
	if ctx.Err() != nil {
		code = "outbound_late"
	}
	return problem.Wrap(err, problem.Unavailable, code, problem.Args{"host": name}).With("retry_after", 10)
}
