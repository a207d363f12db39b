package outbound

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// gateway reaches one server, whatever is dialled; names have the addresses of
// a test.
func gateway(t *testing.T, names map[string]string) (*Gateway, *[]string) {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/elsewhere":
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/large":
			for range maxBody/1024 + 2 {
				_, _ = w.Write(make([]byte, 1024))
			}
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s %s", r.Method, r.Host, body, r.Header.Get("X-Mine"))
		}
	}))
	t.Cleanup(server.Close)
	var dialled []string
	n := Network{
		Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			var out []netip.Addr
			for _, a := range strings.Fields(names[name]) {
				out = append(out, netip.MustParseAddr(a))
			}
			return out, nil
		},
		Dial: func(ctx context.Context, address string) (net.Conn, error) {
			dialled = append(dialled, address)
			return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
		},
		TLS: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
	}
	hosts := []manifest.Host{{Host: "api.example.org"}, {Host: "*.example.net"}}
	return New("probe", hosts, n, slog.New(slog.NewTextHandler(t.Output(), nil))), &dialled
}

func TestFetch(t *testing.T) {
	g, dialled := gateway(t, map[string]string{"api.example.org": "9.9.9.9", "a.example.net": "2620:fe::fe", "inside.example.net": "10.0.0.1",
		"both.example.net": "9.9.9.9 192.168.1.1", "mapped.example.net": "::ffff:127.0.0.1"})
	got, err := g.Fetch(t.Context(), &pluginpb.FetchRequest{Method: "POST", Url: "https://api.example.org/x", Body: []byte("hello"),
		Headers: []*pluginpb.Header{{Name: "X-Mine", Value: "1"}}})
	if err != nil || got.Status != 200 || string(got.Body) != "POST api.example.org hello 1" {
		t.Fatalf("%+v %v", got, err)
	}
	if (*dialled)[0] != "9.9.9.9:443" {
		t.Errorf("dialled %v", *dialled)
	}
	got, err = g.Fetch(t.Context(), &pluginpb.FetchRequest{Url: "https://api.example.org/elsewhere?to=https://a.example.net/y"})
	if err != nil || got.Url != "https://a.example.net/y" {
		t.Errorf("a redirect to another host that was agreed to: %+v %v", got, err)
	}
	for address, want := range map[string]string{
		"http://api.example.org/":       "outbound_address",
		"https://api.example.org:8443/": "outbound_address",
		"https://me@api.example.org/":   "outbound_address",
		"https://9.9.9.9/":              "outbound_host",
		"https://127.0.0.1/":            "outbound_host",
		"https://example.net/":          "outbound_host",
		"https://evilexample.net/":      "outbound_host",
		"https://elsewhere.example/":    "outbound_host",
		"https://inside.example.net/":   "outbound_inside",
		"https://both.example.net/":     "outbound_inside",
		"https://mapped.example.net/":   "outbound_inside",
		"https://nowhere.example.net/":  "outbound_failed",
		"https://api.example.org/elsewhere?to=https://elsewhere.example/":        "outbound_host",
		"https://api.example.org/elsewhere?to=http://api.example.org/":           "outbound_address",
		"https://api.example.org/elsewhere?to=https://inside.example.net/secret": "outbound_inside",
		"https://api.example.org/loop":                                           "outbound_redirects",
		"https://api.example.org/large":                                          "outbound_large",
		"file:///etc/passwd":                                                     "outbound_address",
	} {
		if _, err := g.Fetch(t.Context(), &pluginpb.FetchRequest{Url: address}); problem.CodeOf(err) != want {
			t.Errorf("%s: %v, not %s", address, err, want)
		}
	}
	for _, header := range []string{"Host", "proxy-authorization", "Connection"} {
		_, err := g.Fetch(t.Context(), &pluginpb.FetchRequest{Url: "https://api.example.org/", Headers: []*pluginpb.Header{{Name: header, Value: "x"}}})
		if problem.CodeOf(err) != "outbound_header" {
			t.Errorf("%s: %v", header, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Fetch(ended, &pluginpb.FetchRequest{Url: "https://api.example.org/"}); err == nil {
		t.Error("an answer for nobody")
	}
}

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{"9.9.9.9": true, "2620:fe::fe": true, "10.1.2.3": false, "127.0.0.1": false, "::1": false,
		"169.254.169.254": false, "172.16.0.1": false, "192.168.0.1": false, "100.64.0.1": false, "0.0.0.0": false, "255.255.255.255": false,
		"224.0.0.1": false, "fd00::1": false, "fe80::1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "::": false} {
		if got := Public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
