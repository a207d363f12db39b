package contract

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/recueil-cms/recueil/plugins/host"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/plugins/pluginpb"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// filled puts a value into the places of a path.
func filled(path, value string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = value
		}
	}
	return strings.Join(parts, "/")
}

// request sends a request by way of the site.
func (t *trial) request(ctx context.Context, method, path, query, kind string, body []byte) (int, error) {
	ctx, cancel := within(ctx, t.Patience)
	defer cancel()
	route, err := t.site.Host.Route(ctx, t.m.Name, method, path, robot)
	if err != nil {
		return 0, err
	}
	r := host.Request{Method: method, Path: path, Query: query, Header: http.Header{}, By: robot}
	if body != nil {
		body = body[:min(int64(len(body)), route.MaxBody)]
		r.Body, r.Size = strings.NewReader(string(body)), int64(len(body))
		r.Header.Set("Content-Type", kind)
	}
	answer, err := t.site.Host.Forward(ctx, route, r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return answer.Status, errors.Join(err, answer.Body.Close())
}

// sound makes sure that a request was answered by a plugin that knows what it
// does.
func (t *trial) sound(ctx context.Context, method, path, query, kind string, body []byte) error {
	code, err := t.request(ctx, method, path, query, kind, body)
	switch {
	case err != nil:
		return errors.Join(fmt.Errorf("%s %.100s: %w", method, path, err), t.answers(ctx))
	case code >= 500:
		return fmt.Errorf("%s %.100s?%.60s was answered with %d", method, path, query, code)
	}
	return nil
}

// routes sends each route one request that is meant for it.
func (t *trial) routes(ctx context.Context) (string, error) {
	if len(t.m.Routes) == 0 {
		return "", errApart
	}
	place := "x"
	for i := range t.m.Collections {
		if id, err := t.create(ctx, &t.m.Collections[i]); err == nil {
			place = string(id)
			break
		}
	}
	for _, r := range t.m.Routes {
		if err := t.sound(ctx, r.Method, filled(r.Path, place), "", "application/json", bodyOf(r, "{}")); err != nil {
			return "", err
		}
		if r.Method == http.MethodGet {
			if err := t.sound(ctx, http.MethodHead, filled(r.Path, place), "", "", nil); err != nil {
				return "", err
			}
		}
	}
	return fmt.Sprintf("%d routes", len(t.m.Routes)), nil
}

func bodyOf(r manifest.Route, body string) []byte {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return nil
	}
	return []byte(body)
}

// hostile are values for places and queries.
var hostile = []string{"0", "-1", "no-such-thing", "'; --", "%00", "العربية", strings.Repeat("long", 200), "{}", "a b"}

// routesHostile sends what nobody would send who means well.
func (t *trial) routesHostile(ctx context.Context) (string, error) {
	if len(t.m.Routes) == 0 {
		return "", errApart
	}
	sent := 0
	for _, r := range t.m.Routes {
		for _, value := range hostile {
			query := "x[]=1&page[size]=-1&%zz=" + strings.ReplaceAll(value, " ", "+")
			for _, body := range [][]byte{bodyOf(r, ""), bodyOf(r, "\x00\xff{"), bodyOf(r, strings.Repeat("x", 8<<20))} {
				if err := t.sound(ctx, r.Method, filled(r.Path, value), query, "text/strange", body); err != nil {
					return "", err
				}
				if sent++; body == nil {
					break
				}
			}
		}
	}
	// Many at the same time.
	r := t.m.Routes[0]
	var all sync.WaitGroup
	errs := make([]error, maxTogether)
	for i := range errs {
		all.Go(func() { errs[i] = t.sound(ctx, r.Method, filled(r.Path, "x"), "", "application/json", bodyOf(r, "{}")) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return "", fmt.Errorf("of %d requests at a time: %w", maxTogether, err)
		}
	}
	return fmt.Sprintf("%d requests", sent+maxTogether), t.answers(ctx)
}

// routesSecret calls the plugin's socket as somebody else's process would.
func (t *trial) routesSecret(ctx context.Context) (string, error) {
	if len(t.m.Routes) == 0 {
		return "", errApart
	}
	setup, err := t.setup()
	if err != nil {
		return "", err
	}
	for _, secret := range []string{"", "wrong", setup.HttpSecret + "x"} {
		code, err := t.knock(ctx, setup, secret, "")
		if err != nil {
			return "", err
		}
		if code != http.StatusForbidden {
			return "", fmt.Errorf("a request with the secret %q was answered with %d instead of 403", secret, code)
		}
	}
	return "", nil
}

// routesTicket calls with a ticket that the host does not know, as when a
// request is over before the plugin asks.
func (t *trial) routesTicket(ctx context.Context) (string, error) {
	if len(t.m.Routes) == 0 {
		return "", errApart
	}
	setup, err := t.setup()
	if err != nil {
		return "", err
	}
	code, err := t.knock(ctx, setup, setup.HttpSecret, "no-such-ticket")
	if err != nil {
		return "", errors.Join(err, t.answers(ctx))
	}
	return fmt.Sprint(code), t.answers(ctx)
}

// setup is what the host gave the plugin.
func (t *trial) setup() (*pluginpb.ConfigureRequest, error) {
	for _, c := range t.proxy.seen(configureMethod) {
		r := &pluginpb.ConfigureRequest{}
		if err := proto.Unmarshal(c.request, r); err != nil {
			return nil, err
		}
		if r.HttpSocket != "" {
			return r, nil
		}
	}
	return nil, errors.New("the host gave it no socket for HTTP")
}

// knock sends a request to the first route, past the site.
func (t *trial) knock(ctx context.Context, setup *pluginpb.ConfigureRequest, secret, ticket string) (int, error) {
	ctx, cancel := within(ctx, t.Patience)
	defer cancel()
	r := t.m.Routes[0]
	request, err := http.NewRequestWithContext(ctx, r.Method, "http://plugin"+filled(r.Path, "x"), strings.NewReader(string(bodyOf(r, "{}"))))
	if err != nil {
		return 0, err
	}
	if secret != "" {
		request.Header.Set("Recueil-Secret", secret)
	}
	request.Header.Set("Recueil-Ticket", ticket)
	request.Header.Set("Recueil-Caller", "visitor")
	to := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", setup.HttpSocket)
	}}
	answer, err := to.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return answer.StatusCode, errors.Join(err, answer.Body.Close())
}
