package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action/noun"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/plugins/host/relay"
	"github.com/recueil-cms/recueil/plugins/host/wire"
	"github.com/recueil-cms/recueil/plugins/manifest"
	"github.com/recueil-cms/recueil/storage/view"
)

// Limits of requests to the routes of a plugin.
const (
	againTime  = 5 * time.Second // for a new process, before a read or a hook is tried again
	ticketTime = time.Minute
	routeTime  = 10 * time.Second
	maxBodyKB  = 1024
)

// PassedOn are the headers of a request that a plugin gets.
var PassedOn = relay.Kept

// Request is a request to a route of a plugin.
type Request struct {
	Plugin, Method string
	Path           string      // below the plugin's address, decoded: "/months/2027-05"
	Query          string      // as sent
	Header         http.Header // of it, those of PassedOn
	Body           io.Reader   // nil: none
	Size           int64       // of the body; -1: not known
	By             content.Actor
}

// Response is the answer of a plugin. Body has to be closed.
type Response struct {
	Status int
	Header http.Header
	Body   io.ReadCloser
	Size   int64 // of the body; -1: not known
}

// Route is where a request goes. MaxBody bounds what the caller sends.
type Route struct {
	MaxBody int64
	ID      RouteID

	plug  *plug
	route manifest.Route
}

// RouteID tells the routes of a node apart. Whoever answers the caller sees to it
// that one caller gets no further than PerHour, if it is not 0.
type RouteID struct {
	Plugin, Method, Path string
	PerHour              int
}

// Route finds the route of a request, and refuses callers who may not use it.
// A route that is not there, and a plugin that does not run, are the same.
func (h *Host) Route(ctx context.Context, plugin, method, path string, by content.Actor) (*Route, error) {
	missing := problem.New(problem.NotFound, "plugin_route_missing", problem.Args{"plugin": wire.Clip(plugin, 60)})
	p := h.plug(plugin)
	if p == nil {
		return nil, missing
	}
	want, m, _ := p.news()
	if idle(want) || m == nil {
		return nil, missing
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, r := range m.Routes {
		if r.Method != method || !relay.Fits(r.Path, path) {
			continue
		}
		if err := h.admit(ctx, r, by); err != nil {
			return nil, err
		}
		out := &Route{MaxBody: int64(r.MaxBodyKB) << 10, plug: p, route: r,
			ID: RouteID{Plugin: p.name, Method: r.Method, Path: r.Path, PerHour: r.PerHour}}
		if out.MaxBody == 0 {
			out.MaxBody = maxBodyKB << 10
		}
		return out, nil
	}
	return nil, missing
}

func (h *Host) admit(ctx context.Context, r manifest.Route, by content.Actor) error {
	if r.Access == "anyone" {
		return nil
	}
	if by.Kind == "" || by.Kind == content.ActorVisitor {
		return problem.New(problem.Unauthenticated, "sign_in_first", problem.Args{"collection": r.Path})
	}
	verb, collection, ok := strings.Cut(r.Access, ":")
	if !ok {
		return nil
	}
	policy, err := h.policy(ctx, by)
	if err != nil {
		return err
	}
	if !policy.May(access.Verb(verb), collection) {
		return problem.New(problem.Forbidden, "not_allowed", problem.Args{"verb": verb, "collection": collection})
	}
	return nil
}

// Forward passes a request on and gives the answer as soon as its head is
// there. ctx has to last until the body is closed. A read that meets a process
// at its end is tried once more on the next one.
func (h *Host) Forward(ctx context.Context, route *Route, r Request) (*Response, error) {
	p := route.plug
	places := p.surfaces[wire.HTTP]
	if err := places.Enter(ctx); err != nil {
		return nil, p.busy(err)
	}
	first := p.live()
	out, err := p.forward(ctx, route, r)
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if reads && problem.CodeOf(err) == "plugin_down" && p.comesBack(ctx, first, againTime) {
		out, err = p.forward(ctx, route, r)
	}
	if err != nil {
		places.Leave()
		return nil, err
	}
	out.Body = relay.After(out.Body, places.Leave)
	return out, nil
}

// comesBack waits a while for another process to run, unless none is to be
// started in that time.
func (p *plug) comesBack(ctx context.Context, than *instance, most time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, max(most, p.h.o.Pace.Call))
	defer cancel()
	for {
		_, _, changed := p.news()
		if in := p.live(); in != nil && in != than {
			return true
		}
		if p.restsUntil(ctx) {
			return false
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// forward passes a request to the process that runs now.
func (p *plug) forward(ctx context.Context, route *Route, r Request) (_ *Response, err error) {
	in, leave, err := p.use()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := func() { cancel(nil); leave() }
	defer func() {
		if err != nil {
			done()
		}
	}()
	by, err := p.h.onBehalf(ctx, p.name, r.By)
	if err != nil {
		return nil, err
	}
	ticket, over, err := in.serve.Issue(by, 1, ticketTime)
	if err != nil {
		return nil, err
	}
	request, err := in.request(ctx, r, ticket, by)
	if err != nil {
		over()
		return nil, err
	}
	most := routeTime
	if route.route.TimeoutS > 0 {
		most = time.Duration(route.route.TimeoutS) * time.Second
	}
	most = max(most, p.h.o.Pace.Call)
	begun := time.Now()
	tooLate := time.AfterFunc(most, func() { cancel(errLate) })
	answer, err := in.http.RoundTrip(request) //nolint:bodyclose // whoever has the Response closes it
	tooLate.Stop()
	if err != nil && errors.Is(context.Cause(ctx), errLate) {
		err = errors.Join(errLate, err)
	}
	p.note(wire.HTTP, r.Method+" "+route.route.Path, begun, most, err)
	if err != nil {
		over()
		return nil, p.unanswered(ctx, err)
	}
	return &Response{Status: answer.StatusCode, Header: relay.Tidied(answer.Header), Size: answer.ContentLength,
		Body: relay.After(answer.Body, func() { over(); done() })}, nil
}

// errLate says that a plugin did not answer within the time of its route.
var errLate = errors.New("the plugin took too long")

// unanswered says why there is no answer.
func (p *plug) unanswered(ctx context.Context, err error) error {
	if told, ok := errors.AsType[*problem.Error](err); ok {
		return told // of the caller's body
	}
	if errors.Is(context.Cause(ctx), errLate) {
		return problem.Wrap(err, problem.Unavailable, "plugin_late", problem.Args{"plugin": p.name}).With("retry_after", 2)
	}
	return problem.Wrap(err, problem.Unavailable, "plugin_down", problem.Args{"plugin": p.name}).With("retry_after", 2)
}

// request is what the plugin gets.
func (in *instance) request(ctx context.Context, r Request, ticket string, by content.Actor) (*http.Request, error) {
	out, err := http.NewRequestWithContext(ctx, r.Method, "http://plugin", r.Body)
	if err != nil {
		return nil, fmt.Errorf("pass a request on: %w", err)
	}
	out.URL.Path, out.URL.RawQuery, out.ContentLength = r.Path, r.Query, r.Size
	for _, name := range relay.Kept {
		if v := r.Header.Values(name); len(v) > 0 {
			out.Header[name] = v
		}
	}
	origin := wire.Origin(r.By)
	out.Header.Set("Recueil-Secret", in.httpSecret)
	out.Header.Set("Recueil-Ticket", ticket)
	out.Header.Set("Recueil-Caller", origin.Kind)
	if by.For != "" {
		out.Header.Set("Recueil-User", string(by.For))
	}
	return out, nil
}

// onBehalf gives the actor that a plugin is when it acts for a caller. Whoever
// is no person in particular, or has a token that is narrower than its user,
// is a visitor to it.
func (h *Host) onBehalf(ctx context.Context, name string, by content.Actor) (content.Actor, error) {
	switch by.Kind {
	case content.ActorUser:
		return content.Actor{Kind: content.ActorPlugin, ID: name, For: content.UserID(by.ID)}, nil
	case content.ActorToken:
		var t content.Token
		err := h.o.View.Read(ctx, func(tx *view.Tx) error {
			n, err := tx.Noun(content.NounToken, by.ID)
			if err == nil {
				t, err = noun.Decode[content.Token](n)
			}
			return err
		})
		if err != nil {
			return content.Actor{}, fmt.Errorf("look up the token of a caller: %w", err)
		}
		if len(t.Roles) == 0 {
			return content.Actor{Kind: content.ActorPlugin, ID: name, For: t.User}, nil
		}
	}
	return content.Actor{}, nil
}
